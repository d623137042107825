"""Attribute combinations of profiles: each is honoured, exactly, or refused with its diagnostic.

The columns are use, relation, position, structure, truncation, completeness; None is left out.
Behind them stand terms with the records they must find, by number, in the library of `library`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pymarc
import pytest

from protocols.z3950.messages.retrieval import PresentRequest
from protocols.z3950.messages.scanning import ScanRequest, ScanResponse, TermInfo
from protocols.z3950.messages.searching import (
    AttributeElement,
    AttributesPlusTerm,
    RPNQuery,
    SearchRequest,
    Type1,
)
from protocols.z3950.records.forms import USMARC
from tests.protocols.z3950.library import Client, a_library, diagnostic_of, records_of
from tests.protocols.z3950.pqf import search


class Row(NamedTuple):
    name: str
    attributes: tuple[int | None, ...]
    terms: dict[str, set[int]]


AUTHOR, TITLE, SUBJECT, ANY = 1003, 4, 21, 1016
KEYWORDS = {
    AUTHOR: {"smith": {1, 3}, "anna smith": {1}, "smit": set()},
    TITLE: {"soil": {1, 2}, "water soil": {1}, "soi": set(), "bøger": {4}, "boeger": {4}},
    SUBJECT: {"hydrology": {1, 3}, "tales": {5}, "hydro": set()},
    ANY: {"smith": {1, 3, 5}, "hydrology smith": {1, 3}},
}
BEGINNINGS = {
    AUTHOR: {"smi": {1, 3}, "øst": {4}, "mit": set()},
    TITLE: {"wat": {1, 3}, "ater": set()},
    SUBJECT: {"hydro": {1, 3}, "fair": {5}},
    ANY: {"engin": {2}, "smit": {1, 3, 5}},
}
EXACT = {
    AUTHOR: {"smith, anna": {1}, "smith": set(), "anna": set()},
    TITLE: {"soil mechanics": {2}, "soil": set(), "mechanics": set()},
    SUBJECT: {"hydrology": {1, 3}, "fairy": set(), "fairy tales": {5}},
}
FIRST_WORDS = {
    AUTHOR: {"smith": {1, 3}, "smith anna": {1}, "anna": set(), "smi": set()},
    TITLE: {"soil": {1, 2}, "soil and": {1}, "water": {3}, "soi": set()},
    SUBJECT: {"fairy": {5}, "tales": set()},
}
FIRST_CHARACTERS = {
    AUTHOR: {"smith a": {1}, "smi": {1, 3}, "anna": set()},
    TITLE: {"soil mec": {2}, "soi": {1, 2}, "wat": {3}},
    SUBJECT: {"fairy ta": {5}, "hyd": {1, 3}, "tales": set()},
}
NAMES = {AUTHOR: "author", TITLE: "title", SUBJECT: "subject", ANY: "any"}
YEARS: dict[int, set[int]] = {1: {1, 5}, 2: {1, 2, 5}, 3: {2}, 4: {2, 3, 4}, 5: {3, 4}}

BATH_LEVEL_0 = [
    Row(f"{NAMES[use]} keyword", (use, 3, 3, 2, 100, 1), KEYWORDS[use])
    for use in (AUTHOR, TITLE, SUBJECT, ANY)
]
BATH_LEVEL_1 = [
    *(
        Row(f"{NAMES[use]} keyword truncated", (use, 3, 3, 2, 1, 1), BEGINNINGS[use])
        for use in (AUTHOR, TITLE, SUBJECT, ANY)
    ),
    *(
        row
        for use in (AUTHOR, TITLE, SUBJECT)
        for row in (
            Row(f"{NAMES[use]} exact", (use, 3, 1, 1, 100, 3), EXACT[use]),
            Row(f"{NAMES[use]} first words", (use, 3, 1, 1, 100, 1), FIRST_WORDS[use]),
            Row(f"{NAMES[use]} first characters", (use, 3, 1, 1, 1, 1), FIRST_CHARACTERS[use]),
        )
    ),
    Row("standard identifier", (1007, 3, 1, 1, 100, 1), {"9788700000025": {2}, "rec3": {3}}),
    *(
        Row(
            f"date of publication, relation {relation}",
            (31, relation, 1, 4, 100, 1),
            {"1990": those},
        )
        for relation, those in YEARS.items()
    ),
]
BATH_LEVEL_2 = [
    Row("material type", (1031, 3, 3, 2, 100, 1), {"book": {1, 2, 3, 4, 5}, "map": set()}),
    Row("language", (54, 3, 3, 2, 100, 1), {"dan": {1, 2, 3, 4, 5}, "eng": set()}),
    Row("date range", (31, 104, 1, 4, 100, 1), {"1980-1995": {1, 2}, "1984 1990": {1, 2}}),
    Row("possessing institution", (1044, 3, 1, 1, 100, 3), {"DK-900100": set()}),
    Row("key title keyword", (33, 3, 3, 2, 100, 1), {"soil": set()}),
]
BATH_BROWSE_AND_CROSS_DOMAIN = [
    Row("unanchored phrase", (TITLE, 3, 3, 1, 100, 1), {"and water": {1}, "water and": set()}),
]
#: What YAZ makes of CQL by its own map, and pazpar2 of CCL by the settings that come with it.
STOCK_CLIENTS = [
    Row("dc.date = in YAZ's map", (30, 3, None, 1, None, 1), {"1990": {2}, "1990-": {2, 3, 4}}),
    Row("dc.date any in YAZ's map", (30, None, None, 105, None, 1), {"1990 1984": {1, 2}}),
    Row("pazpar2's date", (30, 3, None, None, None, None), {"[1990]": {2}, "c1990": {2}}),
    Row("pazpar2's date from", (30, 4, None, None, None, None), {"1990": {2, 3, 4}}),
    Row("dc.language = in YAZ's map", (54, 3, None, 1, None, 1), {"danish": {1, 2, 3, 4, 5}}),
    Row("dc.title any in YAZ's map", (TITLE, None, None, 105, None, 1), {"soil water": {1, 2, 3}}),
    Row("dc.title all in YAZ's map", (TITLE, None, None, 6, None, 1), {"water soil": {1}}),
    Row("dc.description in YAZ's map", (62, 3, None, 1, None, 1), {"soil": set()}),
    Row("anywhere", (1035, None, None, None, None, None), {"smith": {1, 3, 5}}),
    Row("author, title and subject", (1036, None, None, None, None, None), {"smith soil": {1}}),
]
#: What DBC's gateway takes, by https://danbib.dk/understoettelse-danzig-profil.
DANZIG = [
    Row("title whole field", (TITLE, 3, 1, 1, 100, 3), EXACT[TITLE]),
    Row("title phrase", (TITLE, 3, 3, 1, 100, 1), {"in the landscape": {3}, "the in": set()}),
    Row("title phrase truncated", (TITLE, 3, 3, 1, 1, 1), {"and wat": {1}, "wat": {1, 3}}),
    Row("title word", (TITLE, 3, 3, 2, 100, 1), KEYWORDS[TITLE]),
    Row("title word truncated", (TITLE, 3, 3, 2, 1, 1), BEGINNINGS[TITLE]),
    Row("series word", (5, 3, 3, 2, 100, 1), {"soil": set()}),
    Row("uniform title whole field", (6, 3, 1, 1, 100, 3), {"soil": set()}),
    Row("ISBN", (7, 3, 3, 1, 100, 2), {"978-87-0000-001-8": {1}, "8700000019": {1}}),
    Row("ISSN", (8, 3, 3, 1, 100, 2), {"1234-5679": set()}),
    Row("local number", (12, 3, 3, 103, 100, 2), {"rec4": {4}, "rec": set()}),
    Row("local number as holdings are looked up", (12, None, None, 103, None, None), {"rec4": {4}}),
    *(Row(f"class {use}", (use, 3, 1, 1, 100, 3), {"55.4": set()}) for use in (13, 14, 16, 17, 20)),
    Row("local class phrase", (20, 3, 3, 1, 100, 1), {"55.4": set()}),
    Row("subject word", (SUBJECT, 3, 3, 2, 100, 1), KEYWORDS[SUBJECT]),
    Row("author word", (AUTHOR, 3, 3, 2, 100, 1), KEYWORDS[AUTHOR]),
    Row("author phrase", (AUTHOR, 3, 3, 1, 100, 1), {"smith carl": {3}, "carl smith": set()}),
    Row("any word", (ANY, 3, 3, 2, 100, 1), KEYWORDS[ANY]),
    Row("publisher word", (1018, 3, 3, 2, 100, 1), {"soil": set()}),
    Row("year", (31, 3, 3, 4, 100, 1), {"1990": {2}}),
    Row("long title of the old map", (TITLE, None, 1, 1, None, 3), {"soil mechanics": {2}}),
]
ALL = {
    f"{profile}: {row.name}": row
    for profile, rows in (
        ("Bath A0", BATH_LEVEL_0),
        ("Bath A1", BATH_LEVEL_1),
        ("Bath A2", BATH_LEVEL_2),
        ("Bath C", BATH_BROWSE_AND_CROSS_DOMAIN),
        ("danZIG", DANZIG),
        ("stock clients", STOCK_CLIENTS),
    )
    for row in rows
}
#: Combinations of the profiles that are refused: the value at fault and its diagnostic.
REFUSED = {
    "NAL call number": ((18, 3, 1, 1, 100, 3), 114, "18"),
    "a year that is a name": ((31, 3, 3, 101, 100, 1), 118, "101"),
    "a title that is a year": ((4, 3, 3, 4, 100, 1), 118, "4"),
    "a title less than": ((4, 1, 3, 2, 100, 1), 117, "1"),
}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Client]:
    path = tmp_path_factory.mktemp("profiles") / "tiro.sqlite"
    path.write_bytes(sqlite_template.read_bytes())
    with a_library(f"sqlite:///{path}") as library:
        yield library.client()


def asked(attributes: tuple[int | None, ...], term: str) -> SearchRequest:
    given = [
        f"@attr {kind}={value}" for kind, value in enumerate(attributes, 1) if value is not None
    ]
    return search(f"{' '.join(given)} '{term}'")


@pytest.mark.parametrize("row", ALL.values(), ids=ALL)
def test_a_combination_finds_exactly_what_it_means(client: Client, row: Row) -> None:
    for term, expected in row.terms.items():
        response = client.search(asked(row.attributes, term))
        assert response.search_status, response.records
        found = set()
        if response.result_count:
            present = PresentRequest(
                "default", 1, response.result_count, preferred_record_syntax=USMARC
            )
            for data in records_of(client.present(present)):
                record = next(pymarc.MARCReader(bytes(data)))  # type: ignore[arg-type]
                assert record is not None
                found.add(int(record["001"].data.removeprefix("rec")))
        assert found == expected, term


@pytest.mark.parametrize(("attributes", "condition", "addinfo"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_honoured_is_named(
    client: Client, attributes: tuple[int | None, ...], condition: int, addinfo: str
) -> None:
    response = client.search(asked(attributes, "1990"))
    assert diagnostic_of(response) == (condition, addinfo)


BROWSE = [
    (TITLE, 1, 1, 3), (AUTHOR, 1, 1, 3), (SUBJECT, 1, 1, 3),
    (TITLE, 3, 2, 1), (SUBJECT, 3, 2, 1), (AUTHOR, 3, 2, 1), (ANY, 3, 2, 1),
]  # fmt: skip


@pytest.mark.parametrize(("use", "position", "structure", "completeness"), BROWSE)
@pytest.mark.parametrize("is_short", [False, True])
@pytest.mark.parametrize("preferred", [0, 1])
def test_the_browse_lists_of_bath(
    client: Client, use: int, position: int, structure: int, completeness: int,
    is_short: bool, preferred: int,
) -> None:  # fmt: skip
    """With all six attributes, or with no more than the three that need to be sent."""
    attributes = [(1, use), (3, position), (4, structure)]
    if not is_short:
        attributes += [(2, 3), (5, 100), (6, completeness)]
    elements = [AttributeElement(kind, value) for kind, value in attributes]
    scan = ScanRequest(
        ["Default"],
        AttributesPlusTerm(elements, b"h"),
        2,
        step_size=0,
        preferred_position_in_response=preferred,
    )
    response = client.send(scan)
    assert isinstance(response, ScanResponse)
    assert response.number_of_entries_returned == 2
    assert response.entries is not None
    for entry in response.entries.entries or ():
        assert isinstance(entry, TermInfo)
        assert isinstance(entry.term, bytes)
        same = Type1(RPNQuery("1.2.840.10003.3.1", AttributesPlusTerm(elements, entry.term)))
        found = client.search(search("x", query=same))
        assert found.search_status, found.records
        assert found.result_count >= (entry.global_occurrences or 0) > 0
