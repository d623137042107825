"""scan: terms in order, where the list begins, and that a search finds what was counted."""

from __future__ import annotations

import pytest
from lxml import etree

from tests.protocols.sru.stage import (
    VERSIONS,
    Schemas,
    Stage,
    details,
    numbers,
    value,
    version_of,
)


def terms(root: etree._Element) -> list[tuple[str, int, str]]:
    """Value, number of records and whereInList of each term."""
    found = []
    for term in (each for each in root.iter() if str(each.tag).endswith("}term")):
        if "xcql" in str(term.tag):
            continue
        namespace = str(term.tag).partition("}")[0] + "}"
        found.append(
            (
                term.findtext(f"{namespace}value") or "",
                int(term.findtext(f"{namespace}numberOfRecords") or "-1"),
                term.findtext(f"{namespace}whereInList") or "",
            )
        )
    return found


@pytest.mark.parametrize("version", VERSIONS)
def test_words_from_a_term_on(reading: Stage, schemas: Schemas, version: str) -> None:
    asked = version_of(version, "scan")
    root = schemas.check(reading.ask(scanClause="dc.title=smith", maximumTerms="3", **asked))
    assert terms(root) == [("smith", 1, "inner"), ("soil", 2, "inner"), ("the", 1, "inner")]
    echo = next(each for each in root if "echoed" in str(each.tag))
    namespace = str(root.tag).partition("}")[0] + "}"
    assert echo.findtext(f"{namespace}scanClause") == "dc.title=smith"
    assert echo.findtext(f"{namespace}maximumTerms") == "3"


@pytest.mark.parametrize(
    ("position", "expected"),
    [
        ("0", ["soil", "the", "water"]),
        ("1", ["smith", "soil", "the"]),
        ("2", ["og", "smith", "soil"]),
        ("3", ["of", "og", "smith"]),
        ("4", ["mechanics", "of", "og"]),
    ],
)
def test_where_the_term_stands(
    reading: Stage, schemas: Schemas, position: str, expected: list[str]
) -> None:
    root = schemas.check(
        reading.ask(scanClause="dc.title=Smith", maximumTerms="3", responsePosition=position)
    )
    assert [term for term, _, _ in terms(root)] == expected


def test_position_0_of_a_term_that_is_not_there(reading: Stage, schemas: Schemas) -> None:
    root = schemas.check(
        reading.ask(scanClause="dc.title=smi", maximumTerms="2", responsePosition="0")
    )
    assert [term for term, _, _ in terms(root)] == ["smith", "soil"]


@pytest.mark.parametrize("clause", ['dc.language=""', "dc.language=*", "dc.language=a"])
def test_a_whole_list(reading: Stage, schemas: Schemas, clause: str) -> None:
    root = schemas.check(reading.ask(scanClause=clause))
    assert terms(root) == [("dan", 1, "first"), ("eng", 4, "last")]


def test_the_only_term_and_none(reading: Stage, schemas: Schemas) -> None:
    root = schemas.check(reading.ask(scanClause='dc.title == "^water"'.replace("^", "")))
    assert terms(root) == [("water in the landscape", 1, "last")]
    root = schemas.check(reading.ask(scanClause="dc.title=zz"))
    assert terms(root) == []
    assert numbers(root) == []


def test_whole_fields_and_first_words(reading: Stage, schemas: Schemas) -> None:
    root = schemas.check(reading.ask(scanClause="dc.creator == s", maximumTerms="2"))
    assert [term for term, _, _ in terms(root)] == ["smith anna", "smith carl"]
    root = schemas.check(reading.ask(scanClause="dc.title = ^s"))
    assert [term for term, _, _ in terms(root)] == ["smith", "soil", "water"]


@pytest.mark.parametrize(
    ("clause", "search"),
    [
        ("dc.title = a", 'dc.title = "{}"'),
        ("dc.title == a", 'dc.title == "{}"'),
        ("dc.title = ^a", 'dc.title = "^{}"'),
        ("dc.date = 1", "dc.date = {}"),
        ("bath.isbn = 1", "bath.isbn = {}"),
        ("soil", '"{}"'),
    ],
)
def test_a_search_for_a_term_finds_as_many(
    reading: Stage, schemas: Schemas, clause: str, search: str
) -> None:
    listed = terms(schemas.check(reading.ask(scanClause=clause, maximumTerms="100")))
    assert len(listed) > 1
    for term, count, _ in listed:
        root = schemas.check(reading.ask(query=search.format(term), maximumRecords="0"))
        assert value(root, "numberOfRecords") == str(count), term


REFUSED = {
    ("dc.title < a", ""): (19, "<"),
    ('dc.title any "a b"', ""): (19, "any"),
    ("a and b", ""): (10, "a scan clause is one index, relation and term"),
    ("a sortBy dc.title", ""): (10, "a scan clause is one index, relation and term"),
    ("dc.nothing = a", ""): (16, "dc.nothing"),
    ("cql.allRecords = 1", ""): (16, "cql.allrecords"),
    ("dc.title = a*", ""): (28, "a*"),
    ("dc.title = a^", ""): (31, "a^"),
    ("dc.title =/stem a", ""): (20, "stem"),
    ("dc.title = (", ""): (10, "unexpected '(' at 11"),
    ("a", "maximumTerms=0"): (6, "maximumTerms"),
    ("a", "maximumTerms=1001"): (121, "1000"),
    ("a", "responsePosition=-1"): (6, "responsePosition"),
    ("a", "responsePosition=22"): (120, "22"),
    ("a", "startRecord=1"): (8, "startRecord"),
}


@pytest.mark.parametrize(("clause", "parameter"), REFUSED)
@pytest.mark.parametrize("version", ["1.1", "2.0"])
def test_what_is_refused(
    reading: Stage, schemas: Schemas, clause: str, parameter: str, version: str
) -> None:
    number, told = REFUSED[clause, parameter]
    name, _, given = parameter.partition("=")
    asked = version_of(version, "scan") | ({name: given} if name else {})
    root = schemas.check(reading.ask(scanClause=clause, **asked))
    assert (numbers(root), details(root)) == ([number], [told])
    assert terms(root) == []
