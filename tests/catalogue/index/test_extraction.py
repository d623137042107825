"""Extraction: golden records, and which terms they are found under."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.bitmaps import deserialise
from catalogue.index.access_points import ACCESS_POINTS, PRESENT, Kind
from catalogue.index.collecting import Collector, terms_of
from catalogue.index.describing import FORMATS, Description
from catalogue.index.field_texts import texts_of
from catalogue.marc.checking import Refused, accept
from catalogue.marc.iso2709 import build
from tests.builders.catalogue import a_record
from tests.examples import examples

RECORD = a_record(
    title="The Café in Århus :",
    subtitle="a spider-man story /",
    author="O'Brien, Søren, 1901-1980.",
    isbn="0-306-40615-2 (pbk.)",
    subjects=["Danish fiction"],
    year=1984,
    language="dan",
    control_number="no 42",
    not_filed=4,
    fields=[
        ("022", "  ", ["a", "0378-5955"]),
        ("035", "  ", ["a", "(OCoLC)ocm123"]),
        ("041", "1 ", ["a", "dan", "h", "eng"]),
        ("260", "  ", ["a", "Copenhagen :", "b", "Gyldendal,", "c", "1984."]),
        ("490", "1 ", ["a", "Little books ;", "v", "7"]),
        ("520", "  ", ["a", "A summary", "u", "http://hidden.example"]),
        ("700", "12", ["a", "Joyce, James.", "t", "Dubliners.", "l", "Danish"]),
        ("880", "10", ["6", "245-01/$1", "a", "中国"]),
    ],
)


def terms(name: str, kind: Kind, data: bytes = RECORD, record_format: str = "marc21") -> set[str]:
    found = terms_of(record_format, data)[0][ACCESS_POINTS[name].index(kind)]
    return {term.decode() for term in found if term != PRESENT}


def test_title() -> None:
    expected = "the cafe in aarhus arhus a spider man spiderman story dubliners danish 中 国"
    assert terms("title", Kind.WORD) == {*expected.split(), "little", "books"}
    assert {"in aarhus", "in arhus", "aarhus a", "spider man", "spiderman story"} < terms(
        "title", Kind.PAIR
    )
    assert "中 国" in terms("title", Kind.PAIR)
    assert {
        "the cafe in aarhus a spider man story",
        "the cafe in aarhus",
        "cafe in aarhus a spider man story",
        "cafe in aarhus",
        "dubliners danish",
        "dubliners",
    } <= terms("title", Kind.FIELD)
    assert terms("title", Kind.FIRST) == {"the", "cafe", "dubliners", "little", "中"}


def test_author() -> None:
    words = {"obrien", "soeren", "o", "brien", "soren", "1901", "1980", "joyce", "james"}
    assert terms("author", Kind.WORD) == terms("author_personal", Kind.WORD) == words
    assert terms("author", Kind.FIELD) == {
        "obrien soeren 1901 1980",
        "obrien soren 1901 1980",
        "o brien soeren 1901 1980",
        "o brien soren 1901 1980",
        "joyce james",
    }


def test_numbers_and_codes() -> None:
    assert terms("isbn", Kind.NUMBER) == {"9780306406157", "0306406152"}
    assert terms("issn", Kind.NUMBER) == {"03785955"}
    assert terms("local_number", Kind.NUMBER) == {"no42", "ocolcocm123", "ocm123"}
    assert terms("year", Kind.YEAR) == {"1984"}
    assert terms("language", Kind.CODE) == {"dan"}
    assert terms("material_type", Kind.CODE) == {"book"}
    assert terms("record_type", Kind.CODE) == {"a"}
    assert terms("bibliographic_level", Kind.CODE) == {"m"}


def test_other_points() -> None:
    assert terms("subject", Kind.FIELD) == {"danish fiction"}
    assert terms("series", Kind.WORD) == {"little", "books", "7"}
    assert terms("publisher", Kind.WORD) == {"gyldendal"}
    assert terms("place_of_publication", Kind.WORD) == {"copenhagen"}


def test_any_is_the_union_without_addresses() -> None:
    words = terms("any", Kind.WORD)
    for name in ("title", "author", "subject", "series", "publisher"):
        assert terms(name, Kind.WORD) <= words
    assert {"summary", "9780306406157", "03785955"} <= words
    assert "hidden" not in words


def test_presence() -> None:
    found, _ = terms_of("marc21", RECORD)
    assert PRESENT in found[ACCESS_POINTS["isbn"].presence_index]
    assert ACCESS_POINTS["genre"].presence_index not in found


def test_description() -> None:
    assert terms_of("marc21", RECORD)[1] == Description(
        "no 42",
        "The Café in Århus : a spider-man story",
        "O'Brien, Søren, 1901-1980",
        1984,
        b"cafe in aarhus a spider man story",
        b"obrien soeren 1901 1980",
    )


def test_texts_for_verification() -> None:
    assert list(texts_of("marc21", RECORD, "author")) == [
        [
            "obrien soeren 1901 1980",
            "obrien soren 1901 1980",
            "o brien soeren 1901 1980",
            "o brien soren 1901 1980",
        ],
        ["joyce james"],
    ]
    assert ["summary" in text for [text, *_] in texts_of("marc21", RECORD, "any")].count(True) == 1
    assert [texts for texts in texts_of("marc21", RECORD, "name") if "joyce" in texts[0]] == [
        ["joyce james"]
    ]


@pytest.mark.parametrize(
    ("date", "years"),
    [
        ("s1984    ", ["1984"]),
        ("s198u    ", [str(year) for year in range(1980, 1990)]),
        ("c20079999", ["2007"]),
        ("d19901993", ["1990", "1991", "1992", "1993"]),
        ("r20011925", ["2001"]),
        ("nuuuuuuuu", []),
        ("m10002020", ["1000"]),
    ],
)
def test_years(date: str, years: list[str]) -> None:
    data = build(b"00000nam a2200000 a 4500", [(b"008", b"010203" + date.encode() + b"dk ")])
    assert sorted(terms("year", Kind.YEAR, data)) == years


def test_year_of_the_imprint_where_008_has_none() -> None:
    data = build(b"00000nam a2200000 a 4500", [(b"260", b"  \x1fc[c1987]")])
    assert terms("year", Kind.YEAR, data) == {"1987"}
    assert terms_of("marc21", data)[1].year == 1987


@pytest.mark.parametrize(
    ("head", "f007", "form", "expected"),
    [
        (b"am", b"", b" ", {"book"}),
        (b"am", b"", b"o", {"book", "online", "ebook"}),
        (b"am", b"tb", b"d", {"book", "large print"}),
        (b"as", b"", b" ", {"serial", "periodical"}),
        (b"ab", b"", b" ", {"serial", "article"} - {"serial"}),
        (b"im", b"sd", b" ", {"audiobook"}),
        (b"jm", b"sd", b" ", {"music"}),
        (b"gm", b"vd", b" ", {"projected medium", "video"}),
        (b"em", b"", b" ", {"map"}),
    ],
)
def test_material_types(head: bytes, f007: bytes, form: bytes, expected: set[str]) -> None:
    fields = [(b"007", f007)] if f007 else []
    fields.append((b"008", b"010203s1984    dk " + b" " * 5 + form + b" " * 16))
    data = build(b"00000n" + head + b" a2200000 a 4500", fields)
    assert terms("material_type", Kind.CODE, data) == expected


def test_danmarc2() -> None:
    fields = [
        (b"001", b"00\x1fa12345678\x1fb870970"),
        (b"004", b"00\x1frn\x1fae"),
        (b"008", b"00\x1ftm\x1fa2015\x1fldan"),
        (b"009", b"00\x1faa\x1fgxe"),
        (b"021", b"00\x1fe9780306406157"),
        (b"100", b"00\x1faAnd\x1fhAnders"),
        (b"245", b"00\x1faDen \xc2\xa4gr\xc3\xb8nne mand\x1fceventyr"),
        (b"666", b"00\x1ff\xc3\xa6nder"),
        (b"700", b"00\x1f\xc3\xa51\x1faB\x1fhC"),
    ]
    data = build(b"00000n    2200000   4500", fields)
    assert terms("isbn", Kind.NUMBER, data, "danmarc2") == {"9780306406157", "0306406152"}
    assert {"den", "groenne", "gronne", "mand"} < terms("title", Kind.WORD, data, "danmarc2")
    assert terms("material_type", Kind.CODE, data, "danmarc2") == {
        "book",
        "ebook",
        "text",
        "online",
    }
    assert terms("year", Kind.YEAR, data, "danmarc2") == {"2015"}
    assert "aender" in terms("subject", Kind.WORD, data, "danmarc2")
    assert terms_of("danmarc2", data)[1] == Description(
        "12345678",
        "Den grønne mand eventyr",
        "And, Anders",
        2015,
        b"groenne mand eventyr",
        b"and anders",
    )


def test_unimarc() -> None:
    fields = [
        (b"001", b"FRBNF1"),
        (b"100", b"  \x1fa20121025d2010    m  y0frey50      ba"),
        (b"101", b"0 \x1fafre"),
        (b"200", b"1 \x1faLes mis\xc3\xa9rables\x1ferroman"),
        (b"210", b"  \x1faParis\x1fcHachette\x1fd2010"),
        (b"700", b" 1\x1faHugo\x1fbVictor"),
    ]
    data = build(b"00000nam a2200000   4500", fields)
    assert {"les", "miserables"} <= terms("title", Kind.WORD, data, "unimarc")
    assert terms("author", Kind.WORD, data, "unimarc") == {"hugo", "victor"}
    assert terms("language", Kind.CODE, data, "unimarc") == {"fre"}
    assert terms("year", Kind.YEAR, data, "unimarc") == {"2010"}
    assert terms_of("unimarc", data)[1].author == "Hugo, Victor"


def test_collector_gives_sorted_rows_and_is_empty_afterwards() -> None:
    collector = Collector(2)
    collector.add(5, "marc21", RECORD)
    collector.add(9, "marc21", a_record(title="Another café"))
    columns = collector.columns()
    assert [column.access_point for column in columns] == sorted(
        column.access_point for column in columns
    )
    title = next(c for c in columns if c.access_point == ACCESS_POINTS["title"].index(Kind.WORD))
    assert title.terms == sorted(title.terms)
    at = title.terms.index(b"cafe")
    assert title.counts[at] == 2
    assert list(deserialise(title.bitmaps[at])) == [(2 << 16) + 5, (2 << 16) + 9]
    assert collector.columns() == []


CONTENT = st.one_of(
    st.binary(max_size=30),
    st.text(max_size=30).map(lambda text: text.encode("utf-8", "replace")),
    st.builds(
        lambda code, text: b"10\x1f" + code + text.encode("utf-8", "replace"),
        st.sampled_from([b"a", b"t", b"6", b"c", b"x"]),
        st.text(max_size=30),
    ),
)
TAGS = st.sampled_from(b"001 007 008 020 022 035 041 050 100 245 260 600 700 830 880 009".split())


@examples(300)
@given(st.lists(st.tuples(TAGS, CONTENT), max_size=6), st.sampled_from(list(FORMATS)))
def test_every_accepted_record_is_extracted(
    fields: list[tuple[bytes, bytes]], record_format: str
) -> None:
    try:
        data = accept(build(b"00000nam a2200000 a 4500", fields))
    except Refused:
        return
    found, description = terms_of(record_format, data)
    assert all(len(term) <= 240 for terms in found.values() for term in terms)
    assert description.title.isprintable()
    for name in ACCESS_POINTS:
        list(texts_of(record_format, data, name))
