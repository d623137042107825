"""Bookings: placed all or none, listed, changed and given up, each by who may."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from catalogue.database import Transaction
from circulation.patrons.groups import add_group, join_group
from tests.builders.bookings import a_set
from tests.builders.circulation import an_item
from tests.builders.fees import number_of
from tests.protocols.fbs.stage import AGENCY, Stage, Told

PATH = "v1/{}/patrons/{}/bookings"


def a_wish(stage: Stage, record: str, first: int = 10, last: int = 12, **more: Any) -> Any:
    today = stage.library.today
    return {
        "recordId": record,
        "preferredMaterials": 2,
        "minimumMaterials": 1,
        "period": {
            "from": (today + timedelta(days=first)).isoformat(),
            "to": (today + timedelta(days=last)).isoformat(),
        },
        "patronGroupId": 0,
        "automaticForwardLoan": False,
        "requestedFromBranchId": "DK-900101",
        "deliverBranchId": "DK-900102",
    } | more


def book(stage: Stage, card: str, *wishes: Any) -> Told:
    return stage.of_patron("POST", card, PATH, {"bookings": list(wishes)})


@pytest.fixture
def record(stage: Stage) -> str:
    return stage.record_of(a_set(stage.library, 3)[0])


def test_a_booking_is_placed_changed_and_given_up(stage: Stage, record: str) -> None:
    card = stage.a_patron()
    [answer] = book(stage, card, a_wish(stage, record, note="3b")).body
    assert answer["result"] == "success"
    placed = answer["booking"]
    assert (placed["state"], placed["note"], placed["patronGroupId"]) == ("active", "3b", 0)
    assert placed["requestedFromBranchId"] == "DK-900101"
    assert placed["deliverBranchId"] == "DK-900102"
    assert stage.of_patron("GET", card, PATH).body == [placed]
    changed = placed | {"preferredMaterials": 3, "note": "3c"}
    [answer] = stage.of_patron("PUT", card, PATH, {"bookings": [changed]}).body
    assert answer == {"result": "success", "booking": changed}
    [answer] = stage.of_patron("PUT", card, PATH, {"bookings": [changed | {"bookingId": "7"}]}).body
    assert answer == {"result": "notUpdatable"}
    shown = stage.ask(
        "GET", f"{AGENCY}/catalog/bookingInformation/{record}/v3", session=stage.session
    ).body
    assert shown == [
        {
            "branchId": "DK-900101",
            "grossNumberAvailable": 3,
            "bookingInfo": [{"preferredMaterials": 3, "period": placed["period"]}],
        }
    ]
    told = stage.of_patron("DELETE", card, PATH, bookingid=[placed["bookingId"], "7", "x"])
    assert told.status in (200, 204)
    assert stage.of_patron("GET", card, PATH).body == []


def test_all_or_none(stage: Stage, record: str) -> None:
    card = stage.a_patron()
    other = stage.record_of(an_item(stage.library))
    wishes = [
        a_wish(stage, record),
        a_wish(stage, record, preferredMaterials=9, minimumMaterials=9),
        a_wish(stage, other),
        a_wish(stage, "99999999"),
        a_wish(stage, record, first=12, last=10),
        a_wish(stage, record, patronGroupId=4711),
    ]
    assert [each["result"] for each in book(stage, card, *wishes).body] == [
        *("success", "notEnoughMaterials", "patronDoesNotHavePermission"),
        *("other", "other", "other"),
    ]
    assert stage.of_patron("GET", card, PATH).body == []


def test_the_same_twice_is_two_bookings_while_there_are_copies(stage: Stage, record: str) -> None:
    card = stage.a_patron()
    wish = a_wish(stage, record, preferredMaterials=2, minimumMaterials=2)
    assert [each["result"] for each in book(stage, card, wish).body] == ["success"]
    assert [each["result"] for each in book(stage, card, wish).body] == ["notEnoughMaterials"]


def test_bookings_of_others_are_not_there(stage: Stage, record: str) -> None:
    card, other = stage.a_patron(), stage.a_patron()
    [answer] = book(stage, other, a_wish(stage, record)).body
    theirs = answer["booking"]
    assert stage.of_patron("GET", card, PATH).body == []
    [answer] = stage.of_patron("PUT", card, PATH, {"bookings": [theirs | {"note": "mine"}]}).body
    assert answer == {"result": "notUpdatable"}
    stage.of_patron("DELETE", card, PATH, bookingid=[theirs["bookingId"]])
    assert stage.of_patron("GET", other, PATH).body == [theirs]


def test_a_patron_names_a_class_of_their_own_alone(stage: Stage, record: str) -> None:
    library = stage.library
    teacher = stage.a_patron()

    def work(transaction: Transaction) -> tuple[int, int]:
        own = add_group(transaction, library.main.agency_id, "9b")
        foreign = add_group(transaction, library.main.agency_id, "9c")
        join_group(library.act(transaction), own, number_of(library, teacher))
        return own, foreign

    own, foreign = library.write(work)
    token = stage.a_token(teacher)
    path = "v1/agencyid/patrons/patronid/bookings"

    def result(group: int) -> str:
        wish = a_wish(stage, record, patronGroupId=group, automaticForwardLoan=True)
        told = stage.ask("POST", path, {"bookings": [wish]}, token=token)
        return str(told.body[0]["result"])

    assert result(foreign) == "other"
    assert result(own) == "success"
    [answer] = book(stage, teacher, a_wish(stage, record, 30, 31, patronGroupId=foreign)).body
    assert answer["result"] == "success"


def test_who_may_book_is_told(stage: Stage) -> None:
    card = stage.a_patron()
    assert stage.of_patron("GET", card, "{}/patrons/{}/v4").body["patron"]["allowBookings"] is False
    a_set(stage.library, 1)
    assert stage.of_patron("GET", card, "{}/patrons/{}/v4").body["patron"]["allowBookings"] is True


@pytest.mark.parametrize(
    "more",
    [
        {"requestedFromBranchId": "DK-1"},
        {"period": {"from": "2026-02-31", "to": "2026-03-01"}},
        {"period": {"from": "2026-03-01"}},
        {"preferredMaterials": "two"},
        {"preferredMaterials": -1},
    ],
)
def test_what_cannot_be_read(stage: Stage, record: str, more: dict[str, Any]) -> None:
    card = stage.a_patron()
    assert book(stage, card, a_wish(stage, record, **more)).status == 400
    assert stage.of_patron("GET", card, PATH).body == []
