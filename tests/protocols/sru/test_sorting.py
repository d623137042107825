"""sortBy and sortKeys, and facets."""

from __future__ import annotations

import pytest
from lxml import etree

from tests.builders.catalogue import a_record
from tests.protocols.sru.stage import (
    FACET,
    VERSIONS,
    WORKS,
    Schemas,
    Stage,
    details,
    numbers,
    titles,
    value,
    version_of,
)

TITLES = [work[1] for work in WORKS]

SORTED = {
    "dc.title": [3, 4, 0, 1, 2],
    "title": [3, 4, 0, 1, 2],
    "dc.title/sort.descending": [2, 1, 0, 4, 3],
    "dc.title/descending/ignoreCase": [2, 1, 0, 4, 3],
    "dc.creator": [1, 3, 0, 2, 4],
    "dc.date": [4, 0, 1, 2, 3],
    "dc.date/sort.descending/sort.missingLow": [3, 2, 1, 0, 4],
}


@pytest.mark.parametrize("keys", SORTED)
@pytest.mark.parametrize("version", VERSIONS)
def test_sort_by(reading: Stage, schemas: Schemas, keys: str, version: str) -> None:
    asked = version_of(version, "searchRetrieve")
    root = schemas.check(reading.ask(query=f"cql.allRecords=1 sortBy {keys}", **asked))
    assert numbers(root) == []
    assert titles(root) == [TITLES[at] for at in SORTED[keys]]


KEYS = {
    "title": [3, 4, 0, 1, 2],
    "title,,0": [2, 1, 0, 4, 3],
    "title,dc": [3, 4, 0, 1, 2],
    "dc.title": [3, 4, 0, 1, 2],
    "title,info:srw/schema/1/dc-v1.1,1,0,highValue": [3, 4, 0, 1, 2],
    '"title",dc,0': [2, 1, 0, 4, 3],
    "date,dc,false,false,lowValue  title": [3, 2, 1, 0, 4],
    "dateIssued,bib": [4, 0, 1, 2, 3],
}


@pytest.mark.parametrize("keys", KEYS)
@pytest.mark.parametrize("version", ["1.1", "2.0"])
def test_sort_keys(reading: Stage, schemas: Schemas, keys: str, version: str) -> None:
    asked = version_of(version, "searchRetrieve")
    root = schemas.check(reading.ask(query="cql.allRecords=1", sortKeys=keys, **asked))
    assert numbers(root) == []
    assert titles(root) == [TITLES[at] for at in KEYS[keys]]


def test_a_page_of_a_sorted_set(reading: Stage, schemas: Schemas) -> None:
    root = schemas.check(
        reading.ask(query="cql.allRecords=1 sortBy dc.title", startRecord="2", maximumRecords="2")
    )
    assert titles(root) == [TITLES[4], TITLES[0]]
    assert value(root, "nextRecordPosition") == "4"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("dc.date", ["1967", "2015", None]),
        ("dc.date/sort.descending", ["2015", "1967", None]),
        ("dc.date/sort.missingLow", [None, "1967", "2015"]),
        ("dc.date/sort.missingHigh", ["1967", "2015", None]),
        ("dc.date/sort.descending/sort.missingLow", ["2015", "1967", None]),
        ("dc.date/sort.descending/sort.missingHigh", [None, "2015", "1967"]),
    ],
)
def test_where_missing_values_go(
    stage: Stage, schemas: Schemas, query: str, expected: list[str | None]
) -> None:
    years = {"Smith of Wootton Major": "1967", "Bøger og læsere": "2015", "Undated": None}
    stage.add_marc(a_record("Undated", year="    "))
    wanted = 'dc.title any "undated wootton bøger"'
    root = schemas.check(stage.ask(query=f"{wanted} sortBy {query}"))
    assert [years[title] for title in titles(root)] == expected


REFUSED = {
    ("a sortBy dc.subject", ""): (88, "dc.subject"),
    ("a sortBy dc.nothing", ""): (88, "dc.nothing"),
    ("a sortBy dc.title/sort.respectCase", ""): (91, "sort.respectcase"),
    ("a sortBy dc.title/sort.ascending/sort.descending", ""): (90, "sort.descending"),
    ("a sortBy dc.title/sort.missingOmit", ""): (92, "sort.missingomit"),
    ("a sortBy dc.title/sort.missingValue=x", ""): (92, "sort.missingvalue"),
    ("a sortBy dc.title/sort.locale=da", ""): (82, "sort.locale"),
    ("a sortBy " + " ".join(["dc.title"] * 9), ""): (84, "8"),
    ("a", " ".join(["title"] * 9)): (84, "8"),
    ("a", "/record/title"): (88, "/record/title"),
    ("a", "title,nothing"): (87, "nothing"),
    ("a", "title,,up"): (90, "up"),
    ("a", "title,,1,1"): (91, "1"),
    ("a", "title,,1,0,abort"): (92, "abort"),
    ("a", 'title,"'): (82, 'title,"'),
    ("a", "a,b,1,0,highValue,x"): (82, "a,b,1,0,highValue,x"),
    ("a sortBy dc.title", "title"): (96, ""),
}


@pytest.mark.parametrize(("query", "keys"), REFUSED)
def test_what_is_refused(reading: Stage, schemas: Schemas, query: str, keys: str) -> None:
    number, told = REFUSED[query, keys]
    root = schemas.check(reading.ask(query=query, **({"sortKeys": keys} if keys else {})))
    assert (numbers(root), details(root)) == ([number], [told] if told else [])


# Facets


def facets(root: etree._Element) -> dict[str, list[tuple[str, int, str]]]:
    """By index: the values, their counts, and the queries."""
    return {
        facet.findtext(f"{FACET}index") or "": [
            (
                term.findtext(f"{FACET}actualTerm") or "",
                int(term.findtext(f"{FACET}count") or "-1"),
                term.findtext(f"{FACET}query") or "",
            )
            for term in facet.iter(f"{FACET}term")
        ]
        for facet in root.iter(f"{FACET}facet")
    }


def test_facets_of_a_search(reading: Stage, schemas: Schemas) -> None:
    root = schemas.check(
        reading.ask(query="water or soil", maximumRecords="0", facetLimit="1:dc.subject,2:language")
    )
    found = facets(root)
    assert list(found) == ["dc.subject", "language"]
    assert [(text, count) for text, count, _ in found["dc.subject"]] == [("Hydrology", 2)]
    assert [(text, count) for text, count, _ in found["language"]] == [("eng", 3)]


def test_the_query_of_each_value_finds_as_many(reading: Stage, schemas: Schemas) -> None:
    root = schemas.check(reading.ask(query="cql.allRecords=1", facetLimit="10"))
    found = facets(root)
    assert set(found) >= {"dc.creator", "dc.subject", "dc.date", "dc.language"}
    for values in found.values():
        assert values
        for text, count, query in values:
            again = schemas.check(reading.ask(query=query))
            assert value(again, "numberOfRecords") == str(count), text


def test_paging_through_the_values(reading: Stage, schemas: Schemas) -> None:
    asked = {"query": "cql.allRecords=1", "maximumRecords": "0"}
    whole = facets(schemas.check(reading.ask(facetLimit="9:dc.date", **asked)))["dc.date"]
    assert len(whole) == 5
    for start in (1, 3, 5):
        root = schemas.check(
            reading.ask(facetLimit="2:dc.date", facetStart=f"{start}:dc.date", **asked)
        )
        assert facets(root)["dc.date"] == whole[start - 1 : start + 1]
    assert facets(schemas.check(reading.ask(facetLimit="2", facetStart="9", **asked))) == {}


@pytest.mark.parametrize(
    ("given", "number", "told"),
    [
        ({"facetLimit": "many"}, 6, "facetLimit"),
        ({"facetLimit": "3:dc.title,4"}, 6, "facetLimit"),
        ({"facetLimit": "3:dc.nothing"}, 16, "dc.nothing"),
        ({"facetLimit": "3:rec.id"}, 16, "rec.id"),
        ({"facetLimit": "3", "facetStart": "0"}, 6, "facetStart"),
        ({"facetLimit": "3", "facetSort": "alphanumeric"}, 6, "facetSort"),
    ],
)
def test_facets_that_are_refused(
    reading: Stage, schemas: Schemas, given: dict[str, str], number: int, told: str
) -> None:
    root = schemas.check(reading.ask(query="soil", **given))
    assert (numbers(root), details(root)) == ([number], [told])
    assert facets(root) == {}


def test_a_query_with_prefixes_of_its_own_gets_counts_alone(
    reading: Stage, schemas: Schemas
) -> None:
    query = '> x = "info:srw/cql-context-set/1/dc-v1.1" x.title = soil'
    root = schemas.check(reading.ask(query=query, facetLimit="1:dc.subject"))
    assert facets(root) == {"dc.subject": [("Hydrology", 2, "")]}
