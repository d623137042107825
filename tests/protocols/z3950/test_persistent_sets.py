"""Persistent result sets: kept for an account, and there in its later associations."""

from __future__ import annotations

from typing import Any

import pytest

from catalogue.changes.deleting import delete_record
from catalogue.searching.kept_sets import MOST_SETS
from protocols.z3950.codec import read_value
from protocols.z3950.messages.extended_services import (
    ExtendedServicesRequest,
    ExtendedServicesResponse,
)
from protocols.z3950.messages.packages import (
    PersistentSetRequest,
    PersistentSetTaskPackage,
    SetToPersist,
)
from protocols.z3950.messages.result_sets import SortAttributes, SortKeySpec, SortRequest
from protocols.z3950.messages.retrieval import PresentRequest
from protocols.z3950.messages.searching import AttributeElement, SearchResponse
from protocols.z3950.queries.attributes import BIB_1
from protocols.z3950.records.forms import USMARC
from protocols.z3950.wire.asn1 import SingleAsn1Type
from tests.protocols.z3950.extended import (
    PERSISTENT_SET,
    TASK_PACKAGE,
    Place,
    a_request,
    failure,
    package,
    send,
)
from tests.protocols.z3950.library import Client, records_of
from tests.protocols.z3950.pqf import search

CREATE, DELETE, MODIFY = 1, 2, 3
REPLACE, APPEND = 1, 2
ALL = "@attr 1=1016 @attr 2=103 x"


def find(client: Client, query: str, name: str) -> int:
    answered = client.send(search(query, result_set_name=name))
    assert isinstance(answered, SearchResponse)
    return answered.result_count


def keep(
    client: Client, source: str | None, how: int | None = None, **fields: Any
) -> ExtendedServicesResponse:
    parameters = PersistentSetRequest(not_to_keep=SetToPersist(source, how))
    return send(client, a_request(PERSISTENT_SET, parameters, **fields))


def forget(client: Client, name: str | None) -> ExtendedServicesResponse:
    request = ExtendedServicesRequest(
        package_type=PERSISTENT_SET, function=DELETE, wait_action=1, package_name=name
    )
    return send(client, request)


def target_part(response: ExtendedServicesResponse) -> tuple[str | None, int | None]:
    """The name and the number of records that the package tells."""
    encoding = package(response).task_specific_parameters.encoding
    assert isinstance(encoding, SingleAsn1Type)
    part = read_value(PersistentSetTaskPackage, encoding.value, TASK_PACKAGE).target_part
    assert part is not None
    return part.target_supplied_result_set, part.number_of_records


def presented(client: Client, name: str) -> list[bytes | int]:
    """The records of a set in its order; in the place of one the condition of its diagnostic."""
    number = count(client, name)
    request = PresentRequest(name, 1, number, preferred_record_syntax=USMARC)
    return list(records_of(client.present(request)))


def count(client: Client, name: str) -> int:
    return find(client, f"@set {name}", "looking")


def test_a_set_is_there_in_a_later_association(place: Place) -> None:
    first = place.client("keeper")
    found = find(first, ALL, "1")
    assert found > 1
    kept = keep(first, "1", package_name="kept")
    assert kept.operation_status == 1
    assert target_part(kept) == ("kept", found)
    assert package(kept).package_name == "kept"
    assert count(first, "kept") == found
    later = place.client("keeper")
    assert count(later, "kept") == found
    assert len(presented(later, "kept")) == found


def test_it_is_the_owners_alone(place: Place) -> None:
    first = place.client("keeper")
    find(first, ALL, "1")
    keep(first, "1", package_name="kept")
    for user in ("collector", "reader", None):
        answered = place.client(user).send(search("@set kept"))
        assert isinstance(answered, SearchResponse)
        assert not answered.search_status


def test_its_order_is_kept_and_a_deleted_record_has_its_place(place: Place) -> None:
    first = place.client("keeper")
    assert find(first, ALL, "1") == 5
    by_title = SortKeySpec(SortAttributes(BIB_1, [AttributeElement(1, 4)]), 0, 1, None)
    first.send(SortRequest(["1"], "sorted", [by_title]))
    before = presented(first, "sorted")
    keep(first, "sorted", package_name="kept")
    assert presented(place.client("keeper"), "kept") == before
    place.circulation.write(
        lambda transaction: delete_record(transaction, 5, now=place.circulation.now)
    )
    after = presented(place.client("keeper"), "kept")
    assert [a == b for a, b in zip(after, before, strict=True)] == [True, False, True, True, True]
    assert isinstance(after[1], int)  # a diagnostic in the place of the record


def test_the_whole_order_is_kept_though_only_its_first_records_were_read(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalogue.searching.sorting.FEW_RECORDS", 1)
    monkeypatch.setattr("catalogue.searching.result_order.FIRST_PIECE", 1)
    first = place.client("keeper")
    find(first, ALL, "1")
    first.send(SortRequest(["1"], "sorted", [SortKeySpec("date", 1, 0)]))
    assert keep(first, "sorted", package_name="kept").operation_status == 1
    before = presented(first, "sorted")
    assert len(before) == 5
    assert presented(place.client("keeper"), "kept") == before
    monkeypatch.setattr("protocols.z3950.extended.persistent_sets.MOST_IN_ORDER", 4)
    assert failure(keep(first, "sorted", package_name="more")) == (230, "4")
    assert keep(first, "1", package_name="more").operation_status == 1


def test_it_is_replaced_and_appended_to(place: Place) -> None:
    client = place.client("keeper")
    soil, water = (find(client, f"@attr 1=4 {word}", word) for word in ("soil", "water"))
    either = find(client, "@or @attr 1=4 soil @attr 1=4 water", "either")
    assert either > soil > 0
    assert water > 0
    keep(client, "soil", package_name="kept")
    appended = keep(client, "water", APPEND, package_name="kept", function=MODIFY)
    assert target_part(appended) == ("kept", either)
    assert count(place.client("keeper"), "kept") == either
    keep(client, "water", REPLACE, package_name="kept", function=MODIFY)
    assert count(client, "kept") == water
    assert count(place.client("keeper"), "kept") == water


def test_sets_in_an_order_are_appended_in_it(place: Place) -> None:
    client = place.client("keeper")
    find(client, ALL, "1")
    for name, relation in (("up", 0), ("down", 1)):
        by_date = SortKeySpec(SortAttributes(BIB_1, [AttributeElement(1, 31)]), relation, 1)
        client.send(SortRequest(["1"], name, [by_date]))
    find(client, "@attr 1=4 soil", "soil")
    keep(client, "soil", package_name="kept")
    keep(client, "down", APPEND, package_name="kept", function=MODIFY)
    soil, down = presented(client, "soil"), presented(client, "down")
    assert presented(place.client("keeper"), "kept") == soil + [
        each for each in down if each not in soil
    ]


def test_a_deleted_one_is_gone_for_good(place: Place) -> None:
    client = place.client("keeper")
    find(client, ALL, "1")
    keep(client, "1", package_name="kept")
    forgotten = forget(client, "kept")
    assert forgotten.operation_status == 1
    assert package(forgotten).package_name == "kept"
    for each in (client, place.client("keeper")):
        answered = each.send(search("@set kept"))
        assert isinstance(answered, SearchResponse)
        assert not answered.search_status
    assert failure(forget(client, "kept")) == (219, "kept")


def test_without_a_name_of_its_own_it_has_that_of_the_set(place: Place) -> None:
    client = place.client("keeper")
    found = find(client, ALL, "mine")
    assert target_part(keep(client, "mine")) == ("mine", found)
    assert count(place.client("keeper"), "mine") == found


def test_what_cannot_be_kept_is_refused_by_name(place: Place) -> None:
    client = place.client("keeper")
    find(client, ALL, "1")
    keep(client, "1", package_name="kept")
    assert failure(keep(client, "1", package_name="kept")) == (218, "kept")
    assert failure(keep(client, "1", package_name="new", function=MODIFY)) == (219, "new")
    assert failure(keep(client, "2", package_name="new")) == (30, "2")
    assert failure(keep(client, None, package_name="new")) == (1008, "originSuppliedResultSet")
    assert failure(keep(client, "1", 3, package_name="new")) == (1057, "3")
    assert failure(keep(client, "1", package_name="n" * 256)) == (1057, "packageName")
    assert failure(forget(client, None)) == (1008, "packageName")


def test_an_account_keeps_so_many(place: Place) -> None:
    client = place.client("keeper")
    find(client, ALL, "1")
    for number in range(MOST_SETS):
        assert keep(client, "1", package_name=str(number)).operation_status == 1
    assert failure(keep(client, "1", package_name="one more")) == (220, "one more")
    assert count(place.client("keeper"), "49") == 5


@pytest.mark.parametrize("user", ["reader", "broker", "cataloguer", None])
def test_who_may_not_keep_sets_is_told_so(place: Place, user: str | None) -> None:
    client = place.client(user)
    find(client, ALL, "1")
    condition, _ = failure(keep(client, "1", package_name="kept"))
    assert condition == 222


def test_it_is_kept_where_the_package_is_not_wanted(place: Place) -> None:
    client = place.client("keeper")
    find(client, ALL, "1")
    assert keep(client, "1", package_name="kept", wait_action=4).task_package is None
    assert count(place.client("keeper"), "kept") == 5
