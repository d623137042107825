"""Search on a real database, through octets, session and handlers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from protocols.hosting.answering import Lane
from protocols.z3950.association import Answer, Association
from protocols.z3950.handlers import LOCAL
from protocols.z3950.handling.presenting import lane_of_present
from protocols.z3950.handling.searching import prepare_search
from protocols.z3950.messages.association import (
    Close,
    CloseReason,
    InitializeRequest,
    ResourceReportRequest,
)
from protocols.z3950.messages.building_blocks import DefaultDiagFormat, V2Addinfo
from protocols.z3950.messages.result_sets import (
    DeleteResultSetRequest,
    DeleteResultSetResponse,
    SortKeySpec,
    SortRequest,
    SortResponse,
)
from protocols.z3950.messages.retrieval import PresentRequest
from protocols.z3950.messages.scanning import ScanRequest, ScanResponse
from protocols.z3950.messages.searching import AttributeElement, AttributesPlusTerm, Type1
from protocols.z3950.queries.attributes import USE
from protocols.z3950.records.forms import SUTRS, USMARC, XML
from protocols.z3950.records.retrieval import PresentStatus
from protocols.z3950.settings import Z3950Settings
from tests.protocols.z3950.library import (
    INIT,
    Client,
    Library,
    a_library,
    diagnostic_of,
    marc_record,
    records_of,
)
from tests.protocols.z3950.pqf import search


@pytest.fixture
def library(sqlite_url: str) -> Iterator[Library]:
    with a_library(sqlite_url) as library:
        yield library


@pytest.fixture
def client(library: Library) -> Client:
    return library.client()


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("@attr 1=4 soil", 2),
        ("soil", 2),
        ("smith", 3),
        ("@attr 1=1003 smith", 2),
        ("@and @attr 1=1003 smith @attr 1=4 water", 2),
        ("@not @attr 1=4 water @attr 1=4 soil", 1),
        ("@or @attr 1=21 hydrology @attr 1=21 engineering", 3),
        ("@attr 1=7 9788700000018", 1),
        ("@attr 1=7 978-87-0000-001-8", 1),
        ("@attr 1=12 rec3", 1),
        ("@attr 4=103 @attr 1=12 rec3", 1),
        ("@attr 1=31 @attr 4=4 1990", 1),
        ("@attr 1=31 @attr 2=5 @attr 4=4 1990", 2),
        ("@attr 1=4 @attr 5=1 wat", 2),
        ("@attr 1=4 @attr 5=101 wat#r", 2),
        ("@attr 1=4 @attr 5=104 wa?r", 2),
        ("@attr 1=4 @attr 3=1 @attr 4=1 @attr 6=1 soil", 2),
        ("@attr 1=4 @attr 3=1 @attr 4=1 @attr 6=3 'soil mechanics'", 1),
        ("@attr 1=4 @attr 4=1 'and water'", 1),
        ("@attr 1=4 @attr 5=2 ter", 2),
        ("@attr 1=4 @attr 5=3 ate", 2),
        ("@attr 1=4 @attr 5=102 wa[tx]er", 2),
        ("@attr 1=4 @attr 5=106 w!t*r", 2),
        ("@attr 1=4 @attr 5=105 w!t", 2),
        ("@attr 1=4 @attr 3=2 soil", 2),
        ("@attr 1=4 @attr 4=1 @attr 6=2 'soil mechanics'", 1),
        ("@prox 0 2 0 2 k 2 @attr 1=4 water @attr 1=4 soil", 1),
        ("@prox 0 2 1 2 k 2 @attr 1=4 water @attr 1=4 soil", 0),
        ("@prox 0 0 0 3 k 8 @attr 1=4 water @attr 1=4 landscape", 1),
        ("@attr 1=title soil", 2),
        ("@attr 1=4 bøger", 1),
        ("@attr 1=4 nothing", 0),
    ],
)
def test_searches_that_find(client: Client, text: str, count: int) -> None:
    response = client.search(search(text))
    assert response.search_status, response.records
    assert response.result_count == count
    assert response.number_of_records_returned == 0
    assert response.records is None


def test_searches_and_records_on_each_database(database_url: str) -> None:
    with a_library(database_url) as library:
        client = library.client()
        assert client.search(search("@and @attr 1=1003 smith @attr 1=4 wat")).result_count == 0
        wide = search("@and @attr 1=1003 smith @attr 1=4 @attr 5=1 wat")
        assert client.search(wide).result_count == 2
        response = client.present(PresentRequest("default", 1, 2))
        assert records_of(response) == [marc_record(1), marc_record(3)]
        by_year = SortRequest(["default"], "default", [SortKeySpec("year", 1, 1)])
        assert isinstance(sorted_ := client.send(by_year), SortResponse)
        assert sorted_.sort_status == 0
        response = client.present(PresentRequest("default", 1, 2))
        assert records_of(response) == [marc_record(3), marc_record(1)]
        term = AttributesPlusTerm([AttributeElement(1, 4)], b"smith")
        scanned = client.send(ScanRequest(["Default"], term, 2))
        assert isinstance(scanned, ScanResponse)
        assert scanned.entries is not None
        assert [(each.term, each.global_occurrences) for each in scanned.entries.entries or ()] == [  # type: ignore[union-attr]
            (b"smith", 1),
            (b"soil", 2),
        ]


def test_terms_in_latin_1_find_too(client: Client) -> None:
    request = search("@attr 1=4 x")
    assert isinstance(request.query, Type1)
    assert isinstance(request.query.value.rpn, AttributesPlusTerm)
    request.query.value.rpn.term = "bøger".encode("latin-1")
    assert client.search(request).result_count == 1


@pytest.mark.parametrize("use", [4, 1003, 7, 8, 21, 12, 31, 1016, *USE])
def test_every_use_attribute_is_answered(client: Client, use: int) -> None:
    response = client.search(search(f"@attr 1={use} {'dan' if use == 54 else '1234'}"))
    assert response.search_status, response.records


@pytest.mark.parametrize(
    ("text", "condition", "addinfo"),
    [
        ("@attr 1=9999 soil", 114, "9999"),
        ("@attr 1=4 @attr 2=102 soil", 117, "102"),
        ("@attr 1=4 @attr 2=1 soil", 117, "1"),
        ("@attr 1=4 @attr 4=4 soil", 118, "4"),
        ("@attr 1=4 @attr 2=100 soil", 117, "100"),
        ("@attr 1=4 @attr 3=4 soil", 119, "4"),
        ("@attr 1=4 @attr 5=103 soil", 120, "103"),
        ("@attr 1=7 @attr 5=2 9788700000018", 120, "2"),
        ("@attr 1=4 @attr 6=4 soil", 122, "4"),
        ("@attr 7=1 soil", 113, "7"),
        ("@attr 1=4 '!!'", 125, "!!"),
        ("@set nowhere", 30, "nowhere"),
        ("@and @attr 1=4 soil @attr 1=7 @attr 5=3 97887", 120, "3"),
        ("@prox 0 1 0 2 k 2 @attr 1=4 soil @attr 1=21 water", 201, "title, subject"),
    ],
)
def test_what_cannot_be_honoured_is_refused(
    client: Client, text: str, condition: int, addinfo: str
) -> None:
    response = client.search(search(text))
    assert not response.search_status
    assert response.result_count == 0
    assert response.result_set_status == 3
    assert diagnostic_of(response) == (condition, addinfo)


def test_more_operands_than_the_catalogue_takes_are_refused(client: Client) -> None:
    """Balanced, so that they do not lie too deep: 2,048 terms in one query."""
    texts = ["@attr 1=4 soil"] * 2_048
    while len(texts) > 1:
        texts = [f"@or {left} {right}" for left, right in zip(texts[::2], texts[1::2], strict=True)]
    response = client.search(search(texts[0]))
    assert diagnostic_of(response)[0] == 6


def test_a_failure_inside_is_a_diagnostic_and_the_association_lives_on(
    library: Library, client: Client
) -> None:
    library.database.close()
    response = client.search(search("@attr 1=4 soil"))
    assert diagnostic_of(response) == (2, "")
    scanned = client.send(ScanRequest([], AttributesPlusTerm([], b""), 1))
    assert isinstance(scanned, ScanResponse)
    assert scanned.scan_status == 6


def test_a_fault_in_what_needs_no_database_ends_the_association(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(request: ResourceReportRequest, caller: Association) -> Answer:
        raise ZeroDivisionError

    monkeypatch.setitem(LOCAL, ResourceReportRequest, broken)
    assert client.send(ResourceReportRequest()) == Close(CloseReason.SYSTEM_PROBLEM)
    assert client.session.closing
    assert "ZeroDivisionError" in caplog.text


# Databases and result sets


@pytest.mark.parametrize("names", [["catalogue"], ["DEFAULT"], ["Catalogue", "default"]])
def test_databases_are_known_in_any_case(client: Client, names: list[str]) -> None:
    assert client.search(search("@attr 1=4 soil", database_names=names)).result_count == 2


@pytest.mark.parametrize(
    ("names", "addinfo"), [(["other"], "other"), (["Default", "Other"], "Other"), ([], "")]
)
def test_unknown_databases_are_refused(client: Client, names: list[str], addinfo: str) -> None:
    response = client.search(search("@attr 1=4 soil", database_names=names))
    assert diagnostic_of(response) == (109, addinfo)


def test_databases_are_a_setting(library: Library) -> None:
    client = library.client(databases=("books",))
    assert client.search(search("soil", database_names=["Books"])).search_status
    assert not client.search(search("soil", database_names=["catalogue"])).search_status


def test_result_sets_are_operands(client: Client) -> None:
    client.search(search("@attr 1=4 water", result_set_name="a"))
    client.search(search("@attr 1=1003 smith", result_set_name="b"))
    both = search("@and @set a @set b", result_set_name="c")
    assert client.search(both).result_count == 2
    assert (
        client.search(search("@not @set c @attr 1=4 soil", result_set_name="c")).result_count == 1
    )
    # A set used in its own replacement is not touched while it is read.
    assert client.search(search("@or @set a @set c", result_set_name="a")).result_count == 2


def test_a_set_is_only_replaced_when_that_is_asked_for(client: Client) -> None:
    client.search(search("@attr 1=4 water"))
    response = client.search(search("@attr 1=4 soil", replace_indicator=False))
    assert diagnostic_of(response) == (21, "default")
    assert client.search(search("@set default", result_set_name="x")).result_count == 2


def test_a_failed_search_deletes_the_set_it_was_to_replace(client: Client) -> None:
    client.search(search("@attr 1=4 water"))
    client.search(search("@attr 1=9999 water"))
    assert diagnostic_of(client.search(search("@set default"))) == (30, "default")


def test_the_oldest_result_set_makes_room_and_is_not_just_unknown(library: Library) -> None:
    client = library.client(maximum_result_sets=2)
    for name in ("a", "b", "a", "c"):
        assert client.search(search("soil", result_set_name=name)).search_status
    assert client.search(search("@set a")).search_status  # it was replaced, so b was the oldest
    assert diagnostic_of(client.search(search("@set b"))) == (27, "b")
    assert diagnostic_of(client.search(search("@set nobody"))) == (30, "nobody")
    assert client.search(search("soil", result_set_name="b")).search_status
    assert client.search(search("@set b")).search_status


def test_result_sets_belong_to_one_association(library: Library, client: Client) -> None:
    client.search(search("soil", result_set_name="mine"))
    assert diagnostic_of(library.client().search(search("@set mine"))) == (30, "mine")


def test_all_result_sets_can_be_deleted(client: Client) -> None:
    client.search(search("soil", result_set_name="a"))
    assert client.send(DeleteResultSetRequest(1)) == DeleteResultSetResponse(0)
    assert diagnostic_of(client.search(search("@set a"))) == (30, "a")
    assert client.send(DeleteResultSetRequest(5)) == DeleteResultSetResponse(3)


def test_version_2_gets_its_own_form_of_diagnostics(library: Library) -> None:
    init = InitializeRequest(0b011, 0b11, 1 << 20, 1 << 20)
    response = library.client(init).search(search("@attr 1=9999 x"))
    assert isinstance(response.records, DefaultDiagFormat)
    assert response.records.addinfo == V2Addinfo("9999")


# Records in the response


@pytest.mark.parametrize(
    ("small", "large", "medium", "expected"),
    [
        (0, 1, 0, 0),  # none, as most clients ask
        (2, 3, 0, 2),  # a small set: all
        (3, 4, 1, 2),
        (0, 3, 1, 1),  # a medium one: as many as asked for
        (0, 3, 10, 2),
        (1, 2, 10, 0),  # a large one: none
        (-1, 3, -5, 0),
    ],
)
def test_records_come_along_by_the_bounds_of_the_request(
    client: Client, small: int, large: int, medium: int, expected: int
) -> None:
    response = client.search(
        search(
            "@attr 1=4 soil",
            small_set_upper_bound=small,
            large_set_lower_bound=large,
            medium_set_present_number=medium,
            preferred_record_syntax=USMARC,
        )
    )
    assert response.search_status
    assert response.result_count == 2
    assert response.number_of_records_returned == expected
    if expected:
        assert response.present_status == PresentStatus.SUCCESS
        assert len(records_of(response)) == expected
        assert response.next_result_set_position == (0 if expected == 2 else expected + 1)
    else:
        assert response.present_status is None
        assert response.records is None
        assert response.next_result_set_position == 1


def test_nothing_comes_along_when_nothing_was_found(client: Client) -> None:
    response = client.search(search("nothing", small_set_upper_bound=10, large_set_lower_bound=11))
    assert (response.result_count, response.records) == (0, None)
    assert response.next_result_set_position == 0


def test_each_bound_has_its_element_set(client: Client) -> None:
    fields = {"small_set_element_set_names": "B", "medium_set_element_set_names": "F"}
    fields["preferred_record_syntax"] = SUTRS
    small = search("soil", small_set_upper_bound=5, large_set_lower_bound=6, **fields)
    medium = search("soil", large_set_lower_bound=6, medium_set_present_number=5, **fields)
    brief = records_of(client.search(small))
    full = records_of(client.search(medium))
    assert [len(str(one)) < len(str(other)) for one, other in zip(brief, full, strict=True)] == [
        True, True,
    ]  # fmt: skip


def test_records_that_cannot_come_along_leave_the_search_a_success(client: Client) -> None:
    response = client.search(
        search(
            "soil",
            small_set_upper_bound=5,
            large_set_lower_bound=6,
            preferred_record_syntax="1.2.840.10003.5.100",
        )
    )
    assert response.search_status
    assert response.result_count == 2
    assert response.present_status == PresentStatus.FAILURE
    assert diagnostic_of(response) == (239, "1.2.840.10003.5.100")
    assert response.next_result_set_position == 1


# Lanes


@pytest.mark.parametrize(
    ("text", "fields", "lane"),
    [
        ("@attr 1=4 soil", {}, Lane.READ),
        ("@and @attr 1=4 soil @attr 1=1003 smith", {}, Lane.READ),
        ("@attr 1=4 @attr 5=1 s", {}, Lane.WIDE_READ),
        ("@attr 1=4 @attr 5=101 so#l", {}, Lane.WIDE_READ),
        ("@attr 1=9999 soil", {}, Lane.READ),
        ("@attr 1=4 @attr 2=1 soil", {}, Lane.READ),
        ("soil", {"small_set_upper_bound": 500, "large_set_lower_bound": 501}, Lane.WIDE_READ),
        ("soil", {"small_set_upper_bound": 500}, Lane.WIDE_READ),
        ("soil", {"medium_set_present_number": 500}, Lane.READ),
    ],
)
def test_the_lane_is_known_before_the_search(text: str, fields: dict[str, int], lane: Lane) -> None:
    association = Association(Z3950Settings())
    assert prepare_search(search(text, **fields), association)[0] is lane


def test_many_records_are_not_made_while_others_wait() -> None:
    association = Association(Z3950Settings())
    assert lane_of_present(PresentRequest("default", 1, 10), association) is Lane.READ
    assert lane_of_present(PresentRequest("default", 1, 1_000), association) is Lane.WIDE_READ


def test_wide_searches_are_answered_too(client: Client) -> None:
    assert client.search(search("@attr 1=4 @attr 5=1 s")).result_count == 3


def test_xml_comes_along(client: Client) -> None:
    request = search(
        "@attr 1=7 9788700000018",
        small_set_upper_bound=1,
        large_set_lower_bound=2,
        preferred_record_syntax=XML,
    )
    (record,) = records_of(client.search(request))
    assert b"http://www.loc.gov/MARC21/slim" in bytes(record)


def test_the_association_of_the_library_is_open(client: Client) -> None:
    assert client.session.association.preferred_message_size == 1 << 20
    assert INIT.preferred_message_size > 1 << 20
