"""Each work as a MARC 21 record: sound to the byte, and saying what the row says."""

from __future__ import annotations

import io

import pytest
from pymarc import MARCReader, Record

from protocols.demo.records import AGENCY, fixed_data, marc_record, nonfiling_characters
from protocols.demo.works import WORKS, Work
from tests.walking import each

each_work = each("number work", list(enumerate(WORKS, 1)), lambda case: case[1].title)


def read(raw: bytes) -> Record:
    records = list(MARCReader(io.BytesIO(raw)))
    assert len(records) == 1
    assert records[0] is not None
    return records[0]


def work(**changes: object) -> Work:
    row = Work(
        "De syv søstre",
        "Riley, Lucinda",
        2016,
        2014,
        "dan",
        "9788763844116",
        "Cicero",
        ("søstre", "slægter"),
        "adult",
        "fiction",
        "sk",
        "eng",
    )
    return row._replace(**changes)  # type: ignore[arg-type]


@each_work
def test_leader_and_directory_agree_with_the_bytes(number: int, work: Work) -> None:
    raw = marc_record(work, number)
    assert raw[-2:] == b"\x1e\x1d"
    assert int(raw[:5]) == len(raw)
    assert raw[5:12] == b"nam a22"
    assert raw[20:24] == b"4500"
    base = int(raw[12:17])
    directory, end = raw[24 : base - 1], raw[base - 1 : base]
    assert end == b"\x1e"
    assert len(directory) % 12 == 0
    at = 0
    tags = []
    for entry in (directory[i : i + 12] for i in range(0, len(directory), 12)):
        tags.append(entry[:3])
        length, start = int(entry[3:7]), int(entry[7:12])
        assert start == at
        field = raw[base + start : base + start + length]
        assert field[-1:] == b"\x1e"
        assert b"\x1e" not in field[:-1]
        at += length
    assert base + at + 1 == len(raw)
    assert tags == sorted(tags)


@each_work
def test_the_record_says_what_the_row_says(number: int, work: Work) -> None:
    record = read(marc_record(work, number))
    assert record["001"].data == f"demo{number:04d}"
    assert record["003"].data == AGENCY
    assert len(record["005"].data) == 16
    assert [field["a"] for field in record.get_fields("020")] == ([work.isbn] if work.isbn else [])
    assert [field["a"] for field in record.get_fields("100")] == (
        [work.author] if work.author else []
    )
    title = record["245"]
    shown = ": ".join(value.rstrip(" :/") for value in title.get_subfields("a", "b"))
    assert shown.removesuffix(".") == work.title.removesuffix(".")
    assert ("c" in title.subfields_as_dict()) == bool(work.author)
    assert title.indicator1 == ("1" if work.author else "0")
    imprint = record["264"]
    assert imprint["c"] == f"{work.year}."
    assert imprint.get_subfields("b") == ([f"{work.publisher},"] if work.publisher else [])
    assert [field["a"] for field in record.get_fields("653")] == list(work.subjects)
    assert [(field["a"], field["2"]) for field in record.get_fields("084")] == (
        [(work.dk5, "dk5")] if work.dk5 else []
    )
    assert [(field["a"], field["h"]) for field in record.get_fields("041")] == (
        [(work.language, work.original_language)] if work.original_language else []
    )
    assert [record[tag]["b"] for tag in ("336", "337", "338")] == ["txt", "n", "nc"]


@each_work
def test_008_is_forty_characters_with_the_row_in_the_right_places(number: int, work: Work) -> None:
    fixed = read(marc_record(work, number))["008"].data
    assert len(fixed) == 40
    assert fixed.isascii()
    assert fixed[6] in "rs"
    assert fixed[7:11] == str(work.year)
    assert fixed[11:15] == (str(work.first_published) if fixed[6] == "r" else "    ")
    assert fixed[15:18] == ("dk " if work.language == "dan" else "xx ")
    assert fixed[22] == {"adult": "e", "children": "j"}[work.audience]
    assert fixed[29:32] == "000"
    assert fixed[33] == {"fiction": "1", "non-fiction": "0"}[work.form]
    assert fixed[35:38] == work.language
    assert fixed[39] == "d"


def test_a_reprint_in_its_own_language_keeps_its_first_year() -> None:
    reprint = work(title="Lykke-Per", year=2019, first_published=1898, original_language="")
    assert fixed_data(reprint)[6:15] == "r20191898"
    assert fixed_data(work())[6:15] == "s2016    "
    first = work(year=1898, first_published=1898, original_language="")
    assert fixed_data(first)[6:15] == "s1898    "


@pytest.mark.parametrize(
    ("title", "language", "skipped"),
    [
        ("Den afrikanske Farm", "dan", 4),
        ("De måske egnede", "dan", 3),
        ("En landsby i Vestafrika", "dan", 3),
        ("Det", "dan", 0),
        ("Dengang", "dan", 0),
        ("I røg og damp", "dan", 0),
        ("The Hobbit", "eng", 4),
        ("A Doll's House", "eng", 2),
        ("Animal Farm", "eng", 0),
        ("Die Blechtrommel", "eng", 0),
        ("Die Blechtrommel", "ger", 4),
        ("Le Petit Prince", "fre", 3),
        ("L'Étranger", "fre", 2),
        ("Les Fleurs du mal", "fre", 4),
        ("La sombra del viento", "spa", 3),
        ("Il nome della rosa", "ita", 3),
        ("En biodlares död", "swe", 3),
        ("Et dukkehjem", "nor", 3),
        ("Die Sleeping", "fin", 0),
    ],
)
def test_a_leading_article_does_not_file(title: str, language: str, skipped: int) -> None:
    assert nonfiling_characters(title, language) == skipped
    record = read(marc_record(work(title=title, language=language), 1))
    assert record["245"].indicator2 == str(skipped)


def test_a_title_with_a_subtitle_and_without_an_author() -> None:
    with_both = read(marc_record(work(title="Marie: en roman"), 7))["245"]
    assert str(with_both) == "=245  10$aMarie :$ben roman /$cLucinda Riley."
    alone = read(marc_record(work(title="Danmarks kystklitter", author=""), 7))
    assert str(alone["245"]) == "=245  00$aDanmarks kystklitter."
    asks = read(marc_record(work(title="Kender du Danmarks fugle?", author=""), 7))
    assert str(asks["245"]) == "=245  00$aKender du Danmarks fugle?"


def test_one_name_alone_is_a_forename_heading() -> None:
    assert read(marc_record(work(author="Voltaire"), 7))["100"].indicator1 == "0"
    assert read(marc_record(work(), 7))["100"].indicator1 == "1"


def test_danish_letters_are_utf_8_in_the_bytes() -> None:
    raw = marc_record(work(title="Æblerne på Ærø", author="Ågård, Søren"), 1)
    assert raw[9:10] == b"a"
    for text in ("Æblerne på Ærø", "Ågård, Søren", "Søren Ågård", "søstre", "slægter"):
        assert text.encode() in raw
    assert read(raw)["100"]["a"] == "Ågård, Søren"


def test_the_same_row_makes_the_same_bytes() -> None:
    assert marc_record(WORKS[0], 1) == marc_record(WORKS[0], 1)
    assert marc_record(WORKS[0], 1) != marc_record(WORKS[0], 2)
