"""LookupRequest, UpdateRequestItem and requests by the partner's own numbers, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from catalogue.database import Database
from protocols.ncip.codec import encode
from protocols.ncip.models.requests import LookupRequest
from protocols.ncip.settings import NcipSettings
from protocols.ncip.wire.dialects import VERSIONS, Dialect
from tests.builders.circulation import a_library, a_patron, an_item
from tests.builders.holds import a_hold, holds_of
from tests.builders.pins import hashed
from tests.protocols.ncip.asking import HEADER, named
from tests.protocols.ncip.furnishing import request_id, service
from tests.protocols.ncip.stage import (
    PARTNER,
    SETTINGS,
    N,
    Schemas,
    Stage,
    elements,
    item,
    problem_types,
    text_of,
    typed,
    user,
)

LONG_AGO = "<NeedBeforeDate>2020-01-31T00:00:00Z</NeedBeforeDate>"
HOLD = "<RequestType>Hold</RequestType>"


@pytest.fixture
def stage(database: Database, schemas: Schemas) -> Iterator[Stage]:
    stage = Stage(a_library(database), SETTINGS, schemas)
    yield stage
    stage.close()


def request(
    who: str,
    what: str,
    name: str = "R 17",
    more: str = "",
    kind: str = "Hold",
    scope: str = "Bibliographic Item",
) -> str:
    return service(
        "RequestItem",
        who,
        what,
        request_id(name) if name else "",
        elements("RequestType", kind),
        elements("RequestScopeType", scope),
        more,
    )


def change(name: str, more: str) -> str:
    return service("UpdateRequestItem", request_id(name), more)


def look_up(stage: Stage, name: str, path: str) -> str | None:
    return text_of(stage.ask(service("LookupRequest", request_id(name))), path)


def test_a_request_goes_by_the_number_of_the_partner(stage: Stage) -> None:
    library = stage.library
    card, barcode = a_patron(library), an_item(library)
    first, second = (stage.ask(request(user(card), item(barcode))) for _ in range(2))
    for answer in (first, second):
        assert not problem_types(answer)
        assert text_of(answer, "RequestId/RequestIdentifierValue") == "R 17"
    assert len(holds_of(library, card)) == 1
    found = stage.ask(service("LookupRequest", request_id("R 17")))
    assert text_of(found, "UserId/UserIdentifierValue") == card
    assert text_of(found, "RequestStatusType") == "In Process"
    assert text_of(found, "HoldQueuePosition") == "1"
    assert text_of(found, "PickupLocation") == "DK-900101"
    listed = stage.ask(service("LookupUser", user(card), "<RequestedItemsDesired/>"))
    assert text_of(listed, "RequestedItem/RequestId/RequestIdentifierValue") == "R 17"
    library.check_in(barcode)
    assert look_up(stage, "R 17", "RequestStatusType") == "Available For Pickup"
    item_found = stage.ask(service("LookupItem", request_id("R 17")))
    assert text_of(item_found, "ItemId/ItemIdentifierValue") == barcode
    assert text_of(item_found, "HoldPickupDate") == "2026-12-02T23:59:59+01:00"
    gone = service("CancelRequestItem", user(card), request_id("R 17"), HOLD)
    assert not problem_types(stage.ask(gone))
    assert look_up(stage, "R 17", "RequestStatusType") == "Cannot Fulfill Request"
    again = stage.ask(request(user(card), item(barcode)))
    assert not problem_types(again)
    assert len(holds_of(library, card)) == 1


def test_a_number_with_another_user_is_no_repetition(stage: Stage) -> None:
    library = stage.library
    barcode = an_item(library)
    stage.ask(request(user(a_patron(library)), item(barcode)))
    answer = stage.ask(request(user(other := a_patron(library)), item(barcode)))
    assert not problem_types(answer)
    assert len(holds_of(library, other)) == 1


def test_a_repetition_needs_the_right_pin(stage: Stage) -> None:
    library = stage.library
    card, barcode = a_patron(library, pin_hash=hashed("8351")), an_item(library)
    stage.ask(request(user(card), item(barcode)))
    wrong = typed("Barcode Id", card) + typed("PIN", "0000")
    answer = stage.ask(request(wrong, item(barcode)))
    assert problem_types(answer) == ["User Authentication Failed"]


@pytest.mark.parametrize("kind", ["Estimate", "Non-returnable Copy"])
def test_what_is_no_hold(stage: Stage, kind: str) -> None:
    card, barcode = a_patron(stage.library), an_item(stage.library)
    answer = stage.ask(request(user(card), item(barcode), kind=kind))
    assert problem_types(answer) == ["Element Rule Violated"]
    assert holds_of(stage.library, card) == []


def test_requests_of_some_partners_go_first(stage: Stage) -> None:
    stage.use(NcipSettings(partners=(replace(PARTNER, request_priority=-1),)))
    library = stage.library
    barcode, card = an_item(library), a_patron(library)
    a_hold(library, a_patron(library), barcode)
    stage.ask(request(user(card), item(barcode)))
    assert look_up(stage, "R 17", "HoldQueuePosition") == "1"


def test_when_and_where_are_changed(stage: Stage) -> None:
    card, barcode = a_patron(stage.library), an_item(stage.library)
    stage.ask(request(user(card), item(barcode)))
    added = (
        "<AddRequestFields><NeedBeforeDate>2027-01-31T00:00:00+01:00</NeedBeforeDate>"
        "<PickupLocation>DK-900102</PickupLocation></AddRequestFields>"
    )
    answer = stage.ask(change("R 17", added))
    assert text_of(answer, "ItemId/ItemIdentifierValue") == barcode
    assert text_of(answer, "UserId/UserIdentifierValue") == card
    assert look_up(stage, "R 17", "PickupLocation") == "DK-900102"
    assert look_up(stage, "R 17", "NeedBeforeDate") == "2027-01-31T00:00:00+01:00"


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        (
            "<DeleteRequestFields><PickupLocation>x</PickupLocation></DeleteRequestFields>",
            "Unable To Delete Element",
        ),
        (
            "<AddRequestFields><RequestScopeType>Item</RequestScopeType></AddRequestFields>",
            "Unable To Add Element",
        ),
        (
            "<AddRequestFields><PickupLocation>DK-1</PickupLocation></AddRequestFields>",
            "Unknown Agency",
        ),
        (
            f"<AddRequestFields>{LONG_AGO}</AddRequestFields>",
            "Invalid Date",
        ),
    ],
)
def test_what_is_not_changed(stage: Stage, more: str, problem: str) -> None:
    card, barcode = a_patron(stage.library), an_item(stage.library)
    stage.ask(request(user(card), item(barcode)))
    assert problem_types(stage.ask(change("R 17", more))) == [problem]


def test_a_request_by_user_and_item(stage: Stage) -> None:
    library = stage.library
    card, barcode = a_patron(library), an_item(library)
    by_item = service("LookupRequest", user(card), item(barcode), HOLD)
    assert problem_types(stage.ask(by_item)) == ["Unknown Request"]
    stage.ask(request(user(card), item(barcode), name=""))
    assert text_of(stage.ask(by_item), "UserId/UserIdentifierValue") == card
    assert problem_types(stage.ask(service("LookupRequest"))) == ["Needed Data Missing"]
    assert problem_types(stage.ask(service("LookupRequest", request_id("x")))) == [
        "Unknown Request"
    ]


def test_whose_it_is_is_told_to_who_may_know(stage: Stage) -> None:
    stage.use(NcipSettings(partners=(replace(PARTNER, sees_borrowers=False),)))
    library = stage.library
    card, barcode = a_patron(library), an_item(library)
    hold = a_hold(library, card, barcode)
    number = holds_of(library, card)[0].hold.id
    assert hold is not None
    assert look_up(stage, str(number), "RequestStatusType") == "In Process"
    assert look_up(stage, str(number), "UserId/UserIdentifierValue") is None


MOVED = "<AddRequestFields><PickupLocation>DK-900102</PickupLocation></AddRequestFields>"


def pickup_of(stage: Stage, card: str) -> str:
    (queued,) = holds_of(stage.library, card)
    return queued.hold.pickup_branch.isil


def number_of(stage: Stage, card: str) -> str:
    return str(holds_of(stage.library, card)[0].hold.id)


def test_a_hold_that_the_partner_has_not_made_is_not_its_to_move(stage: Stage) -> None:
    library = stage.library
    card, barcode = a_patron(library), an_item(library)
    a_hold(library, card, barcode)
    number = number_of(stage, card)
    answer = stage.ask(change(number, MOVED))
    assert problem_types(answer) == ["Unauthorized Combination Of Element Values For Agency"]
    assert text_of(answer, "Problem/ProblemValue") == number
    assert pickup_of(stage, card) == "DK-900101"
    # Not with somebody else's name either.
    named = service("UpdateRequestItem", user(a_patron(library)), request_id(number), MOVED)
    assert problem_types(stage.ask(named)) == ["Unknown Request"]
    assert pickup_of(stage, card) == "DK-900101"


@pytest.mark.parametrize("by_number", [True, False])
def test_a_hold_is_moved_for_the_user_whom_the_message_names(stage: Stage, by_number: bool) -> None:
    library = stage.library
    card, barcode = a_patron(library), an_item(library)
    a_hold(library, card, barcode)
    what = request_id(number_of(stage, card)) if by_number else item(barcode) + HOLD
    answer = stage.ask(service("UpdateRequestItem", user(card), what, MOVED))
    assert not problem_types(answer)
    assert pickup_of(stage, card) == "DK-900102"


def test_what_the_partner_has_requested_without_a_number_is_its_own(stage: Stage) -> None:
    library = stage.library
    card, barcode = a_patron(library), an_item(library)
    placed = stage.ask(request(user(card), item(barcode), name=""))
    number = text_of(placed, "RequestId/RequestIdentifierValue")
    assert number == number_of(stage, card)
    assert not problem_types(stage.ask(change(number, MOVED)))
    assert pickup_of(stage, card) == "DK-900102"


@pytest.mark.parametrize("agreed", [{"institutions": ("INST-*",)}, {"any_hold": True}])
def test_a_hold_that_the_partner_may_move(stage: Stage, agreed: dict[str, Any]) -> None:
    stage.use(NcipSettings(partners=(replace(PARTNER, **agreed),)))
    library = stage.library
    card, barcode = a_patron(library, "INST-SOUTH"), an_item(library)
    a_hold(library, card, barcode)
    assert not problem_types(stage.ask(change(number_of(stage, card), MOVED)))
    assert pickup_of(stage, card) == "DK-900102"


def look_up_title(stage: Stage, *more: str) -> Any:
    answer = stage.ask(service("LookupRequest", request_id("R 17"), *more))
    assert not problem_types(answer)
    return answer.find(f"{N}ItemOptionalFields/{N}BibliographicDescription")


@pytest.mark.parametrize("scope", ["Bibliographic Item", "Item"])
def test_a_request_is_told_with_its_title(stage: Stage, scope: str) -> None:
    """Whether any copy may serve it or an item is named; the rest where it is asked for."""
    library = stage.library
    card, barcode = (
        a_patron(library),
        an_item(library, author="Pontoppidan, Henrik", title="Lykke-Per"),
    )
    stage.ask(request(user(card), item(barcode), scope=scope))
    assert [(each.tag, each.text) for each in look_up_title(stage)] == [(f"{N}Title", "Lykke-Per")]
    wanted = "<ItemElementType>Bibliographic Description</ItemElementType>"
    described = look_up_title(stage, wanted)
    assert described.findtext(f"{N}Author") == "Pontoppidan, Henrik"
    assert described.findtext(f"{N}Title") == "Lykke-Per"
    found = stage.ask(service("LookupUser", user(card), "<RequestedItemsDesired/>"))
    assert text_of(found, "RequestedItem/Title") == "Lykke-Per"


def test_version_1_tells_the_title_too(stage: Stage) -> None:
    library = stage.library
    card, barcode = a_patron(library), an_item(library, title="Lykke-Per")
    stage.ask(request(user(card), item(barcode)))
    asked = encode(LookupRequest(HEADER, request_id=named("R 17")), Dialect((1, 1), VERSIONS[1, 1]))
    answer = stage.schemas.check(stage.answer(asked))
    assert answer.findtext(".//BibliographicDescription/Title") == "Lykke-Per"
