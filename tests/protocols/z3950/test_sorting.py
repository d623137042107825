"""Sort on a real database: the order that Present then keeps, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator

import pymarc
import pytest

from catalogue.changes.replacing import replace_record
from protocols.hosting.answering import Lane
from protocols.z3950.handling.presenting import lane_of_present
from protocols.z3950.handling.sorting import SortStatus, lane_of_sort
from protocols.z3950.messages.association import InitializeRequest
from protocols.z3950.messages.building_blocks import DefaultDiagFormat, Specification
from protocols.z3950.messages.result_sets import (
    DatabaseSort,
    MissingValueAction,
    SortAttributes,
    SortKeySpec,
    SortRequest,
    SortResponse,
)
from protocols.z3950.messages.retrieval import PresentRequest, Range
from protocols.z3950.messages.searching import AttributeElement
from protocols.z3950.queries.attributes import BIB_1
from protocols.z3950.records.forms import USMARC
from tests.protocols.z3950.library import (
    INIT,
    NOON,
    WORKS,
    Client,
    Library,
    a_library,
    marc_record,
    records_of,
)
from tests.protocols.z3950.pqf import search

ABORT, NULL = MissingValueAction.ABORT, MissingValueAction.NULL


@pytest.fixture
def library(sqlite_url: str) -> Iterator[Library]:
    with a_library(sqlite_url) as library:
        yield library


@pytest.fixture
def client(library: Library) -> Client:
    client = library.client()
    client.search(search("@attr 1=1016 @attr 2=103 x", result_set_name="all"))
    client.search(search("@attr 1=4 soil", result_set_name="soil"))
    client.search(search("@attr 1=4 water", result_set_name="water"))
    return client


def by_use(use: int, relation: int = 0, case: int = 1, missing: object = None) -> SortKeySpec:
    attributes = SortAttributes(BIB_1, [AttributeElement(1, use)])
    return SortKeySpec(attributes, relation, case, missing)  # type: ignore[arg-type]


def sorted_(client: Client, *keys: SortKeySpec, of: str = "all", to: str = "out") -> SortResponse:
    response = client.send(SortRequest(of.split(), to, list(keys)))
    assert isinstance(response, SortResponse)
    return response


def numbers(client: Client, name: str = "out") -> list[int]:
    """The records of a set in its order, by the number in their control number."""
    kept = client.session.association.result_sets[name]
    response = client.present(PresentRequest(name, 1, len(kept), preferred_record_syntax=USMARC))
    assert response.number_of_records_returned == len(kept)
    read = [next(pymarc.MARCReader(bytes(each))) for each in records_of(response)]  # type: ignore[arg-type]
    return [int(record["001"].data.removeprefix("rec")) for record in read if record]


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (by_use(4), [4, 5, 1, 2, 3]),
        (by_use(4, 1), [3, 2, 1, 5, 4]),
        (by_use(1003), [2, 4, 1, 3, 5]),
        (by_use(31), [5, 1, 2, 3, 4]),
        (by_use(31, 1), [4, 3, 2, 1, 5]),
        (by_use(4, case=0), [4, 5, 1, 2, 3]),
        (SortKeySpec("Title", 0, 0), [4, 5, 1, 2, 3]),
        (SortKeySpec("date", 1, 0), [4, 3, 2, 1, 5]),
        (by_use(31, missing=ABORT), [5, 1, 2, 3, 4]),
    ],
)
def test_a_sorted_set_keeps_its_order(
    client: Client, key: SortKeySpec, expected: list[int]
) -> None:
    response = sorted_(client, key)
    assert response.sort_status == SortStatus.SUCCESS
    assert response.diagnostics is None
    assert response.result_count == 5
    found = numbers(client)
    if key == by_use(1003):  # where ø stands is the catalogue's to say
        assert [each for each in found if each != 4] == [2, 1, 3, 5]
    else:
        assert found == expected


def test_positions_are_those_of_the_order(client: Client) -> None:
    sorted_(client, by_use(31, 1))
    response = client.present(PresentRequest("out", 2, 2, preferred_record_syntax=USMARC))
    assert [next(pymarc.MARCReader(bytes(each)))["001"].data for each in records_of(response)] == [  # type: ignore[arg-type,index]
        "rec3",
        "rec2",
    ]


def test_a_set_may_be_sorted_into_itself_and_searched_in(client: Client) -> None:
    sorted_(client, by_use(31, 1), to="all")
    assert numbers(client, "all") == [4, 3, 2, 1, 5]
    client.search(search("@and @set all @attr 1=4 water", result_set_name="all"))
    assert numbers(client, "all") == [1, 3]


def test_several_sets_become_one_with_each_record_once(client: Client) -> None:
    assert sorted_(client, by_use(31), of="soil water").result_count == 3
    assert numbers(client) == [1, 2, 3]


def test_the_count_is_told_where_that_was_agreed_on(library: Library) -> None:
    client = library.client(InitializeRequest(0b111, INIT.options & ~(1 << 16), 1 << 20, 1 << 20))
    client.search(search("soil", result_set_name="all"))
    assert sorted_(client, by_use(4)) == SortResponse(SortStatus.SUCCESS)


def test_what_has_no_value_stands_last_or_as_less_than_all(library: Library) -> None:
    record = pymarc.Record(force_utf8=True, leader="00000nam a2200000 i 4500")
    record.add_field(pymarc.Field("001", data="rec6"))
    record.add_field(
        pymarc.Field("245", pymarc.Indicators("1", "0"), [pymarc.Subfield("a", "Untitled soil")])
    )
    library.add(record.as_marc())
    client = library.client()
    client.search(search("soil", result_set_name="all"))
    expected = {
        (0, None): [1, 2, 6],
        (1, None): [2, 1, 6],
        (0, NULL): [6, 1, 2],
        (1, NULL): [2, 1, 6],
    }
    for (relation, missing), order in expected.items():
        sorted_(client, by_use(31, relation, missing=missing))
        assert numbers(client) == order
    response = sorted_(client, by_use(31, missing=ABORT))
    assert response.sort_status == SortStatus.FAILURE
    assert numbers(client) == [2, 1, 6]  # unchanged


@pytest.mark.parametrize(
    ("of", "keys", "condition"),
    [
        ("nowhere", [by_use(4)], 30),
        ("", [by_use(4)], 208),
        ("all", [by_use(7)], 207),
        ("all", [SortKeySpec("colour", 0, 1)], 207),
        ("all", [SortKeySpec(Specification(), 0, 1)], 207),
        ("all", [SortKeySpec(SortAttributes(BIB_1, []), 0, 1)], 207),
        ("all", [SortKeySpec(SortAttributes(BIB_1, [AttributeElement(4, 1)]), 0, 1)], 207),
        ("all", [SortKeySpec(SortAttributes("1.2.3", [AttributeElement(1, 4)]), 0, 1)], 121),
        ("all", [SortKeySpec([DatabaseSort("Default", "title")], 0, 1)], 210),
        ("all", [by_use(4), by_use(33)], 212),
        ("all", [by_use(4), SortKeySpec("author", 0, 1), by_use(31)] * 3, 211),
        ("all", [by_use(4, missing=b"zzz")], 213),
        ("all", [by_use(4, 3)], 214),
        ("all", [by_use(4, case=2)], 215),
    ],
)
def test_what_cannot_be_sorted_is_refused_and_nothing_is_changed(
    client: Client, of: str, keys: list[SortKeySpec], condition: int
) -> None:
    sorted_(client, by_use(31))
    response = sorted_(client, *keys, of=of)
    assert (response.sort_status, response.result_set_status) == (SortStatus.FAILURE, 3)
    assert response.diagnostics is not None
    (refused,) = response.diagnostics
    assert isinstance(refused, DefaultDiagFormat)
    assert refused.condition == condition
    assert numbers(client) == [5, 1, 2, 3, 4]


def test_few_records_are_sorted_at_once(client: Client) -> None:
    caller = client.session.association
    assert lane_of_sort(SortRequest(["all"], "all", []), caller) is Lane.READ
    caller.result_sets["all"].records.update(range(10_000))
    assert lane_of_sort(SortRequest(["none", "all"], "all", []), caller) is Lane.WIDE_READ


@pytest.fixture
def in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five records are many: two are put in order by Sort, the others when they are asked for."""
    monkeypatch.setattr("catalogue.searching.sorting.FEW_RECORDS", 1)
    monkeypatch.setattr("catalogue.searching.result_order.FIRST_PIECE", 2)
    monkeypatch.setattr("catalogue.searching.result_order.GROWTH", 1)


def page(client: Client, start: int, number: int) -> list[int]:
    wanted = PresentRequest("out", start, number, preferred_record_syntax=USMARC)
    read = [next(pymarc.MARCReader(bytes(each))) for each in records_of(client.present(wanted))]  # type: ignore[arg-type]
    return [int(record["001"].data.removeprefix("rec")) for record in read if record]


@pytest.mark.usefixtures("in_pieces")
def test_a_large_set_is_put_in_order_as_far_as_it_is_read(client: Client) -> None:
    assert sorted_(client, by_use(31, 1)).result_count == 5
    caller = client.session.association
    assert lane_of_present(PresentRequest("out", 1, 2), caller) is Lane.READ
    assert lane_of_present(PresentRequest("out", 2, 2), caller) is Lane.WIDE_READ
    further = PresentRequest("out", 1, 1, additional_ranges=[Range(4, 1)])
    assert lane_of_present(further, caller) is Lane.WIDE_READ
    assert page(client, 4, 1) == [1]
    assert lane_of_present(further, caller) is Lane.READ
    assert page(client, 3, 3) == [2, 1, 5]
    assert page(client, 1, 2) == [4, 3]


@pytest.mark.usefixtures("in_pieces")
def test_each_record_comes_once_whatever_changes_between_pages(
    library: Library, client: Client
) -> None:
    sorted_(client, by_use(31, 1))
    assert page(client, 1, 2) == [4, 3]
    latest, last = (
        marc_record(number).replace(f"s{WORKS[number - 1][4]}".encode(), year)
        for number, year in ((5, b"s2030"), (4, b"s1700"))
    )
    library.database.write(lambda t: replace_record(t, 5, latest, now=NOON)).result()
    library.database.write(lambda t: replace_record(t, 4, last, now=NOON)).result()
    assert page(client, 1, 5) == [4, 3, 5, 2, 1]
    sorted_(client, by_use(31, 1))
    assert page(client, 1, 5) == [5, 3, 2, 1, 4]
