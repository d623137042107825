"""The tables of real works: plausible, without doubles, and fit to show Danish letters."""

from __future__ import annotations

import unicodedata
from collections import Counter

from protocols.demo.works import WORKS, Work
from tests.walking import each

DANISH = tuple(work for work in WORKS if work.language == "dan")
INTERNATIONAL = tuple(work for work in WORKS if work.language != "dan")
LANGUAGES = {"dan", "eng", "ger", "fre", "swe", "nor", "fin", "spa", "ita"}
ORIGINALS = LANGUAGES | {"ara", "cze", "dut", "grc", "ice", "jpn", "per", "por", "rus", "tur"}

each_work = each("work", WORKS, lambda work: work.title)


def is_isbn13(text: str) -> bool:
    """ISO 2108: the digits, weighted 1 and 3 in turn, sum to a multiple of ten."""
    if len(text) != 13 or not text.isdecimal() or not text.startswith(("978", "979")):
        return False
    return (sum(map(int, text[::2])) + 3 * sum(map(int, text[1::2]))) % 10 == 0


def test_the_check_of_the_check_digit_can_fail() -> None:
    assert is_isbn13("9788702098303")
    assert not is_isbn13("9788702098304")
    assert not is_isbn13("9788702089303")
    assert not is_isbn13("8702098303")


@each_work
def test_every_field_is_well_formed(work: Work) -> None:
    assert work.title
    for text in (work.title, work.author, work.publisher, work.dk5, *work.subjects):
        assert text == " ".join(text.split())
        assert unicodedata.is_normalized("NFC", text)
        assert not any(unicodedata.category(letter).startswith("C") for letter in text)
    assert work.author.count(", ") <= 1
    assert work.isbn == "" or is_isbn13(work.isbn)
    assert 1450 <= work.first_published <= work.year <= 2026
    assert work.language in LANGUAGES
    assert work.original_language in ORIGINALS | {""}
    assert work.original_language != work.language
    assert 2 <= len(work.subjects) <= 4
    assert len(set(work.subjects)) == len(work.subjects)
    assert work.audience in ("adult", "children")
    assert work.form in ("fiction", "non-fiction")


@each_work
def test_a_row_without_isbn_is_a_first_edition_and_one_with_is_of_the_age_of_isbns(
    work: Work,
) -> None:
    if work.isbn:
        assert work.year >= 1957  # numbers were given to books still in print in 1970
    else:
        assert work.year == work.first_published or work.original_language


@each_work
def test_dk5_is_a_decimal_class_or_the_mark_of_fiction(work: Work) -> None:
    if work.dk5 == "sk":
        assert (work.language, work.form) == ("dan", "fiction")
    elif work.dk5:
        main, _, rest = work.dk5.partition(".")
        assert main.isdecimal()
        assert len(main) == 2
        assert rest == "" or rest.isdecimal()


def test_fiction_in_danish_is_marked_as_danish_libraries_mark_it() -> None:
    assert all(work.dk5 == "sk" for work in DANISH if work.form == "fiction")


def test_no_work_and_no_isbn_comes_twice() -> None:
    works = Counter((work.title.casefold(), work.author.casefold()) for work in WORKS)
    isbns = Counter(work.isbn for work in WORKS if work.isbn)
    assert [work for work, times in works.items() if times > 1] == []
    assert [isbn for isbn, times in isbns.items() if times > 1] == []


def test_an_author_is_spelled_in_one_way() -> None:
    """Two headings that differ in accents or dots alone would be one person twice."""

    def skeleton(name: str) -> str:
        letters = unicodedata.normalize("NFKD", name.casefold())
        return "".join(letter for letter in letters if letter.isalnum())

    spelled: dict[str, set[str]] = {}
    for work in WORKS:
        spelled.setdefault(skeleton(work.author), set()).add(work.author)
    assert [names for names in spelled.values() if len(names) > 1] == []


def test_there_is_enough_of_everything() -> None:
    assert WORKS == DANISH + INTERNATIONAL
    assert len(WORKS) >= 320
    assert 100 <= len(DANISH) <= 140
    assert sum(bool(work.isbn) for work in WORKS) >= 250
    assert sum(not work.isbn for work in WORKS) <= 60
    languages = Counter(work.language for work in WORKS)
    assert all(languages[language] >= 9 for language in ("eng", "ger", "fre", "swe", "nor"))
    assert sum(work.audience == "children" for work in WORKS) >= 50
    assert sum(work.form == "non-fiction" for work in WORKS) >= 80


def test_danish_letters_and_accents_can_be_searched_for() -> None:
    titles = "".join(work.title for work in WORKS).lower()
    for letter in "æøåäöéßü":
        assert letter in titles
    authors = {work.author for work in WORKS}
    assert {"Høeg, Peter", "Aakjær, Jeppe", "Øvig Knudsen, Peter", "Čapek, Karel"} <= authors
