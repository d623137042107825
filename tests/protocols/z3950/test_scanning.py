"""Scan on a real database: which terms, where the asked one stands, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from protocols.hosting.answering import Lane
from protocols.z3950.handling.scanning import ScanStatus, prepare_scan
from protocols.z3950.messages.association import InitializeRequest
from protocols.z3950.messages.building_blocks import DefaultDiagFormat
from protocols.z3950.messages.scanning import ScanRequest, ScanResponse, TermInfo
from protocols.z3950.messages.searching import AttributesPlusTerm
from protocols.z3950.queries.attributes import BIB_1
from tests.protocols.z3950.library import INIT, Client, Library, a_library
from tests.protocols.z3950.pqf import query, search


@pytest.fixture
def library(sqlite_url: str) -> Iterator[Library]:
    with a_library(sqlite_url) as library:
        yield library


@pytest.fixture
def client(library: Library) -> Client:
    return library.client()


def request(text: str, number: int = 5, position: int | None = 1, **fields: object) -> ScanRequest:
    rpn = query(text).value.rpn
    assert isinstance(rpn, AttributesPlusTerm)
    values: dict[str, object] = {
        "database_names": ["Default"],
        "term_list_and_start_point": rpn,
        "number_of_terms_requested": number,
        "attribute_set": BIB_1,
        "preferred_position_in_response": position,
        **fields,
    }
    return ScanRequest(**values)  # type: ignore[arg-type]


def scanned(client: Client, asked: ScanRequest) -> ScanResponse:
    response = client.send(asked)
    assert isinstance(response, ScanResponse)
    return response


def terms(response: ScanResponse) -> list[str]:
    assert response.entries is not None
    assert response.entries.nonsurrogate_diagnostics is None
    found = []
    for entry in response.entries.entries or ():
        assert isinstance(entry, TermInfo)
        found.append(entry.term.decode() if isinstance(entry.term, bytes) else str(entry.term))
    assert len(found) == response.number_of_entries_returned
    return found


def refusal(response: ScanResponse) -> tuple[int, str]:
    assert response.scan_status == ScanStatus.FAILURE
    assert response.entries is not None
    assert response.entries.nonsurrogate_diagnostics is not None
    (refused,) = response.entries.nonsurrogate_diagnostics
    assert isinstance(refused, DefaultDiagFormat)
    return refused.condition, refused.addinfo.value


def test_terms_from_the_one_asked_for_on(client: Client) -> None:
    response = scanned(client, request("@attr 1=4 smith", 3))
    assert terms(response) == ["smith", "soil", "the"]
    assert (response.scan_status, response.position_of_term) == (ScanStatus.SUCCESS, 1)
    assert response.step_size == 0


@pytest.mark.parametrize(
    ("position", "expected"),
    [
        (0, ["soil", "the", "water"]),
        (1, ["smith", "soil", "the"]),
        (2, ["og", "smith", "soil"]),
        (3, ["of", "og", "smith"]),
        (4, ["mechanics", "of", "og"]),
    ],
)
def test_the_term_stands_where_the_client_wants_it(
    client: Client, position: int, expected: list[str]
) -> None:
    response = scanned(client, request("@attr 1=4 smith", 3, position))
    assert terms(response) == expected
    assert response.position_of_term == position


def test_a_term_that_is_not_there_stands_for_the_next(client: Client) -> None:
    assert terms(scanned(client, request("@attr 1=4 soap", 2, 1))) == ["soil", "the"]
    # Just before the first entry: the list begins behind the place.
    assert terms(scanned(client, request("@attr 1=4 soap", 2, 0))) == ["soil", "the"]
    response = scanned(client, request("@attr 1=4 soap", 2, 2))
    assert terms(response) == ["smith", "soil"]
    assert response.position_of_term == 2


def test_the_ends_of_the_list_are_told(client: Client) -> None:
    response = scanned(client, request("@attr 1=4 wootton", 3))
    assert terms(response) == ["wootton"]
    assert response.scan_status == ScanStatus.PARTIAL_5
    response = scanned(client, request("@attr 1=4 zzz", 3))
    assert terms(response) == []
    assert response.position_of_term == 1
    response = scanned(client, request("@attr 1=4 and", 3, 3))
    assert terms(response) == ["and"]
    assert response.position_of_term == 1


@pytest.mark.parametrize(
    "attributes",
    ["@attr 1=4", "@attr 1=1003", "@attr 1=21", "@attr 1=1016", "@attr 1=4 @attr 4=1 @attr 6=3",
     "@attr 1=4 @attr 3=1 @attr 4=1", "@attr 1=1003 @attr 3=1 @attr 4=1", "@attr 1=31",
     "@attr 1=21 @attr 3=1 @attr 4=1", "@attr 1=7", "@attr 1=12 @attr 4=103", "@attr 1=1001"],
)  # fmt: skip
def test_each_term_is_found_as_often_as_the_scan_says(client: Client, attributes: str) -> None:
    response = scanned(client, request(f"{attributes} ''", 20))
    assert response.entries is not None
    assert response.entries.entries
    for entry in response.entries.entries:
        assert isinstance(entry, TermInfo)
        assert isinstance(entry.term, bytes)
        found = client.search(search(f"{attributes} '{entry.term.decode()}'"))
        assert found.search_status, found.records
        assert found.result_count == entry.global_occurrences


def test_a_character_string_is_answered_with_character_strings(client: Client) -> None:
    asked = request("@attr 1=4 x")
    asked.term_list_and_start_point.term = "bøger"
    response = scanned(client, asked)
    assert response.entries is not None
    (first, *_) = response.entries.entries or ()
    assert isinstance(first, TermInfo)
    assert isinstance(first.term, str)


@pytest.mark.parametrize(
    ("asked", "condition", "addinfo"),
    [
        (request("@attr 1=9999 x"), 114, "9999"),
        (request("@attr 1=4 @attr 2=1 x"), 117, "1"),
        (request("@attr 1=4 @attr 5=1 x"), 120, "1"),
        (request("@attr 1=4 @attr 4=4 x"), 118, "4"),
        (request("@attr 9=1 x"), 113, "9"),
        (request("@attr 1=4 x", step_size=1), 205, "1"),
        (request("@attr 1=4 x", 5, 7), 233, "7"),
        (request("@attr 1=4 x", 5, -1), 233, "-1"),
        (request("@attr 1=4 x", 0), 233, "1"),
        (request("@attr 1=4 x", 1_000), 1029, "999"),
        (request("@attr 1=4 x", attribute_set="1.2.840.10003.3.15"), 121, "1.2.840.10003.3.15"),
        (request("@attr 1=4 x", database_names=["IR-Explain-1"]), 232, "IR-Explain-1"),
    ],
)
def test_what_cannot_be_scanned_is_refused(
    client: Client, asked: ScanRequest, condition: int, addinfo: str
) -> None:
    assert refusal(scanned(client, asked)) == (condition, addinfo)


def test_what_a_client_leaves_out_is_ours_to_choose(client: Client) -> None:
    response = scanned(client, request("@attr 1=4 smith", 2, None, attribute_set=None))
    assert terms(response) == ["smith", "soil"]
    assert response.position_of_term == 1


def test_terms_that_do_not_fit_into_the_message_are_left_for_the_next(library: Library) -> None:
    init = InitializeRequest(0b111, INIT.options, 100, 100)
    response = scanned(library.client(init), request("@attr 1=4 ''", 20))
    assert response.scan_status == ScanStatus.PARTIAL_2
    assert 0 < response.number_of_entries_returned < 10


@pytest.mark.parametrize(
    ("asked", "lane"),
    [
        (request("@attr 1=4 x", 20), Lane.READ),
        (request("@attr 1=31 1990", 20), Lane.READ),
        (request("@attr 1=9999 x"), Lane.READ),
        (request("@attr 1=4 x", 500), Lane.WIDE_READ),
        (request("@attr 1=1007 x"), Lane.WIDE_READ),
        (request("@attr 1=4 @attr 4=1 x"), Lane.WIDE_READ),
    ],
)
def test_what_may_take_long_does_not_keep_others_waiting(
    client: Client, asked: ScanRequest, lane: Lane
) -> None:
    assert prepare_scan(asked, client.session.association)[0] is lane
