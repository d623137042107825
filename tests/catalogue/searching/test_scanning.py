"""Lists of terms: their order, their counts, their ends, and that a search agrees with them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyroaring import BitMap

from catalogue.database import Database, open_database
from catalogue.index.access_points import ACCESS_POINTS, Kind, searched_points
from catalogue.index.folding import PHRASE_BYTES
from catalogue.query import Completeness, Part, Position, Structure, Term, UnsupportedSearch
from catalogue.searching.evaluation import search
from catalogue.searching.scanning import MOST_ENTRIES, ScanPage, scan
from tests.builders.catalogue import a_record, add_records
from tests.examples import examples

LONG = "a history of the " + "very " * 60

RECORDS = [
    a_record("Soil mechanics", "Smith, John", "0-306-40615-2", ["Soils"], 1999),
    a_record("The soil of Mars", "Doe, Jane, 1970-", year=2001, not_filed=4, language="ger"),
    a_record("Spider-man and the soil", "Man, Spider", year=2005, language="dan"),
    a_record("Mechanics of soil", "Smith, John", year=2010, subjects=["Soils", "Århus"]),
    a_record("Moby Dick", "Melville, Herman", subtitle="or the whale", year=1851),
    a_record(LONG + "end", year=2015),
    a_record(LONG + "other end", year=2016),
    a_record(LONG + "other end", year=2017, not_filed=2),
    a_record(
        "Numbers",
        control_number="ocm123",
        isbn="978-0-306-40615-7 junk",
        fields=[
            ("022", "  ", ["a", "1234-5679"]),
            ("022", "  ", ["a", "x 123-456789"]),
            ("020", "  ", ["a", "12345678 9 v. 2"]),
            ("035", "  ", ["a", "(OCoLC)12345678901"]),
            ("010", "  ", ["a", "   85-2 "]),
            ("082", "04", ["a", "813.54"]),
            ("600", "10", ["a", "Smith, John"]),
        ],
    ),
]

PHRASE, WORD = Structure.PHRASE, Structure.WORD
FIRST, WHOLE = Position.FIRST_IN_FIELD, Completeness.COMPLETE_FIELD


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Database]:
    path = tmp_path_factory.mktemp("scanning") / "tiro.sqlite"
    shutil.copy(sqlite_template, path)
    database = open_database(f"sqlite:///{path}")
    database.write(lambda t: add_records(t, RECORDS)).result()
    yield database
    database.close()


def page_of(
    database: Database,
    point: str,
    text: str,
    *,
    before: int = 0,
    after: int = 20,
    visible: BitMap | None = None,
    **attributes: Any,
) -> ScanPage:
    term = Term(point, text, **attributes)
    return database.read(
        lambda t: scan(t, term, before=before, after=after, visible=visible)
    ).result()


def shown(page: ScanPage) -> list[tuple[str, int]]:
    return [tuple(entry) for entry in page.entries]


def test_words_in_order_with_counts(library: Database) -> None:
    page = page_of(library, "title", "Mob", after=4)
    assert shown(page) == [("moby", 1), ("numbers", 1), ("of", 5), ("or", 1)]
    assert (page.position, page.is_start, page.is_end, page.is_cut) == (0, False, False, False)


def test_both_directions(library: Database) -> None:
    page = page_of(library, "title", "moby", before=2, after=2)
    assert shown(page) == [("mars", 1), ("mechanics", 2), ("moby", 1), ("numbers", 1)]
    assert page.position == 2


def test_the_ends_are_told(library: Database) -> None:
    assert page_of(library, "language", "", before=5, after=5).entries == [
        ("dan", 1),
        ("eng", 7),
        ("ger", 1),
    ]
    page = page_of(library, "language", "", before=5, after=5)
    assert (page.position, page.is_start, page.is_end) == (0, True, True)
    page = page_of(library, "language", "eng", before=1, after=2)
    assert (page.position, page.is_start, page.is_end) == (1, True, True)
    page = page_of(library, "language", "eng", before=0, after=1)
    assert (page.is_start, page.is_end) == (False, False)
    page = page_of(library, "language", "zzz", before=1, after=9)
    assert (shown(page), page.position, page.is_start, page.is_end) == (
        [("ger", 1)],
        1,
        False,
        True,
    )


def test_nothing_asked_for_is_nothing(library: Database) -> None:
    page = page_of(library, "title", "soil", before=0, after=0)
    assert page.entries == []


def test_whole_fields(library: Database) -> None:
    page = page_of(library, "title", "Mob", after=3, structure=PHRASE)
    assert shown(page) == [("moby dick", 1), ("moby dick or the whale", 1), ("numbers", 1)]
    for options in ({"position": FIRST}, {"completeness": WHOLE}, {"structure": Structure.NAME}):
        assert page_of(library, "title", "Mob", after=3, **options).entries == page.entries
    assert ("soil of mars", 1) in shown(page_of(library, "title", "soil", structure=PHRASE))
    assert shown(page_of(library, "author", "smith", after=1, structure=PHRASE)) == [
        ("smith john", 2)
    ]


def test_first_words(library: Database) -> None:
    page = page_of(library, "title", "s", structure=WORD, position=FIRST)
    assert shown(page) == [("soil", 2), ("spider", 1), ("spiderman", 1), ("the", 1)]


def test_a_long_field_is_cut_and_found_as_it_is_listed(library: Database) -> None:
    page = page_of(library, "title", "a history", after=1, structure=PHRASE)
    [(term, hits)] = shown(page)
    assert (LONG + "other end").startswith(term)
    assert len(term.encode()) <= PHRASE_BYTES
    assert hits == 3
    found = library.read(lambda t: search(t, page.search._replace(text=term))).result()
    assert len(found) == hits


def test_a_long_field_is_asked_for_where_it_stands_in_the_list(library: Database) -> None:
    for asked in (LONG + "end", LONG + "m", LONG):
        page = page_of(library, "title", asked, before=9, after=1, structure=PHRASE)
        assert page.position == 0
        assert [hits for _, hits in shown(page)] == [3]


def test_a_field_is_cut_behind_a_word(sqlite_url: str) -> None:
    database = open_database(sqlite_url)
    try:
        titles = [f"{'x' * before} {'Ж' * 30} {'жж ' * 90}" for before in range(1, 9)]
        database.write(lambda t: add_records(t, [a_record(title) for title in titles])).result()
        page = page_of(database, "title", "x", after=20, structure=PHRASE)
        assert len(page.entries) == len(titles)
        for term, hits in page.entries:
            query = page.search._replace(text=term)
            assert database.read(lambda t, q=query: len(search(t, q))).result() == hits == 1
            first = query._replace(position=FIRST, completeness=None)
            assert database.read(lambda t, q=first: len(search(t, q))).result() >= 1
    finally:
        database.close()


def test_a_union_counts_each_record_once(library: Database) -> None:
    assert shown(page_of(library, "name", "smith", after=1)) == [("smith", 3)]
    assert ("0306406152", 2) in shown(page_of(library, "standard_identifier", "0"))


def test_what_a_search_reads_otherwise_is_counted_as_it_does(library: Database) -> None:
    for point in ("isbn", "issn", "standard_identifier"):
        page = page_of(library, point, "", after=100)
        assert page.entries
        for entry in page.entries:
            query = page.search._replace(text=entry.term)
            assert library.read(lambda t, q=query: len(search(t, q))).result() == entry.hits


def test_only_what_is_visible_counts(library: Database) -> None:
    visible = BitMap([1, 4])
    page = page_of(library, "title", "m", before=3, after=9, visible=visible)
    assert shown(page) == [("mechanics", 2), ("of", 1), ("soil", 2)]
    assert (page.position, page.is_start, page.is_end) == (0, True, True)
    page = page_of(library, "title", "of", before=9, after=1, visible=visible)
    assert shown(page) == [("mechanics", 2), ("of", 1)]
    assert page_of(library, "name", "", visible=visible).entries == [("john", 2), ("smith", 2)]
    assert page_of(library, "title", "", visible=BitMap()).entries == []


def test_a_page_that_would_read_too_much_says_so(
    library: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalogue.searching.scanning.MOST_SCANNED", 8)
    monkeypatch.setattr("catalogue.searching.scanning._FIRST_ROWS", 4)
    page = page_of(library, "title", "", after=20, visible=BitMap([3]))
    assert page.is_cut
    assert not page.is_end


def test_chunks_of_a_term_are_counted_together(sqlite_url: str) -> None:
    database = open_database(sqlite_url)
    try:
        for first_id in (1, 70_000, 140_000):
            database.write(lambda t, n=first_id: add_records(t, RECORDS[:3], first_id=n)).result()
        assert shown(page_of(database, "title", "soil", after=1)) == [("soil", 9)]
        for at_once in (2, 3, 4, 256):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("catalogue.searching.scanning._FIRST_ROWS", at_once)
                patch.setattr("catalogue.searching.scanning._MOST_ROWS", at_once)
                everything = BitMap(range(200_000))
                page = page_of(database, "title", "of", before=9, after=9, visible=everything)
            assert page.entries == page_of(database, "title", "of", before=9, after=9).entries
    finally:
        database.close()


@pytest.mark.parametrize(
    ("point", "options", "part"),
    [
        ("nowhere", {}, Part.ACCESS_POINT),
        ("note", {}, Part.ACCESS_POINT),
        ("any", {"structure": PHRASE}, Part.STRUCTURE),
        ("any", {"completeness": WHOLE}, Part.COMPLETENESS),
        ("any", {"position": FIRST}, Part.POSITION),
        ("author", {"position": FIRST, "structure": WORD}, Part.POSITION),
        ("title", {"position": Position.FIRST_IN_SUBFIELD}, Part.POSITION),
        ("title", {"completeness": Completeness.COMPLETE_SUBFIELD}, Part.COMPLETENESS),
        ("title", {"completeness": WHOLE, "structure": WORD}, Part.COMBINATION),
        ("title", {"structure": Structure.YEAR}, Part.STRUCTURE),
        ("name", {"structure": PHRASE}, Part.STRUCTURE),
        ("isbn", {"structure": Structure.NAME}, Part.STRUCTURE),
        ("year", {"text": "next"}, Part.TERM),
        ("title", {"text": "x" * 1001}, Part.TERM),
        ("title", {"after": MOST_ENTRIES + 1}, Part.TOO_COMPLEX),
    ],
)
def test_refused(library: Database, point: str, options: dict[str, object], part: Part) -> None:
    options = {"text": "soil", **options}
    with pytest.raises(UnsupportedSearch) as refused:
        page_of(library, point, **options)  # type: ignore[arg-type]
    assert refused.value.part is part


def test_no_negative_pages(library: Database) -> None:
    with pytest.raises(ValueError, match="negative"):
        page_of(library, "title", "soil", before=-1)


def lists() -> Iterator[tuple[str, Structure | None, Position | None]]:
    """Every list there is: point, structure, position."""
    for name in ACCESS_POINTS:
        if ACCESS_POINTS[name].within:
            continue
        kinds = [set(point.kinds) for point in searched_points(name)]
        common = set.intersection(*kinds)
        if Kind.WORD not in common:
            yield name, None, None
            continue
        yield name, None, None
        if Kind.FIELD in common:
            yield name, PHRASE, None
        if Kind.FIRST in common:
            yield name, WORD, FIRST


@pytest.mark.parametrize(("name", "structure", "position"), list(lists()))
def test_every_list_agrees_with_the_search(
    library: Database, name: str, structure: Structure | None, position: Position | None
) -> None:
    """Each term finds as many records as its list says; the list is in order, whatever page."""
    options = {"structure": structure, "position": position}
    whole = page_of(library, name, "", before=5, after=500, **options)
    assert whole.is_start
    assert whole.is_end
    terms = [entry.term for entry in whole.entries]
    assert terms == sorted(set(terms), key=str.encode)
    for at, entry in enumerate(whole.entries):
        query = whole.search._replace(text=entry.term)
        assert library.read(lambda t, q=query: len(search(t, q))).result() == entry.hits > 0
        page = page_of(library, name, entry.term, before=2, after=2, **options)
        assert page.entries == whole.entries[max(0, at - 2) : at + 2]
        assert page.position == min(at, 2)


@examples(60)
@given(st.text(max_size=12), st.sampled_from(["title", "name", "isbn", "subject", "udc"]))
def test_any_text_has_its_place(library: Database, text: str, name: str) -> None:
    everything = page_of(library, name, "", after=500).entries
    page = page_of(library, name, text, before=500, after=500)
    assert page.entries == everything
    assert page.is_start
    assert page.is_end


def test_on_both_databases(database: Database) -> None:
    for first_id in (1, 70_000):
        database.write(lambda t, n=first_id: add_records(t, RECORDS[:4], first_id=n)).result()
    page = page_of(database, "title", "mechanics", before=1, after=2)
    assert shown(page) == [("mars", 2), ("mechanics", 4), ("of", 4)]
    visible = BitMap([1, 4, 70_000])
    page = page_of(database, "title", "mechanics", before=1, after=2, visible=visible)
    assert shown(page) == [("mechanics", 3), ("of", 1)]
