"""Notifications of partners: what each does to a loan, as borrower and as lender."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from catalogue.database import Database
from circulation.interlending.rows import InterlibraryLoan, loan_of_request
from circulation.interlending.states import BorrowingState, LendingState, Role
from protocols.ncip.codec import encode
from protocols.ncip.messages import Code
from protocols.ncip.models.circulation import CheckInItem, CheckOutItem
from protocols.ncip.models.interlending import (
    AcceptItem,
    CirculationStatusUpdated,
    ItemCheckedIn,
    ItemCheckedOut,
    ItemRecalled,
    ItemReceived,
    ItemRenewed,
    ItemRequestCancelled,
    ItemRequested,
    ItemShipped,
)
from protocols.ncip.models.lookups import LookupItem
from protocols.ncip.settings import NcipSettings
from tests.builders.circulation import a_library, a_patron, an_item
from tests.builders.holds import holds_of
from tests.protocols.ncip.asking import (
    BY_TITLE,
    CASES,
    DUE,
    HEADER,
    HOLD,
    NOW,
    SHIPPING,
    about,
    item,
    named,
    user,
)
from tests.protocols.ncip.stage import Schemas, Stage, problem_types, text_of
from tests.protocols.ncip.test_services import PARTNER


@pytest.fixture
def stage(database: Database, schemas: Schemas) -> Iterator[Stage]:
    stage = Stage(a_library(database), NcipSettings(partners=(PARTNER,)), schemas)
    yield stage
    stage.close()


def tell(stage: Stage, message: Any) -> list[str]:
    """The problems of the answer; without any it is empty but for its header."""
    answer = stage.schemas.check(stage.answer(encode(message)))[0]
    problems = list(problem_types(answer))
    if not problems and type(message).__name__.startswith(("Item", "Circulation")):
        assert [str(each.tag).rpartition("}")[2] for each in answer] == ["ResponseHeader"]
    return problems


def loan(stage: Stage, name: str, role: Role) -> InterlibraryLoan:
    found = stage.library.read(lambda each: loan_of_request(each, PARTNER.key, role, name))
    assert found is not None
    return found


def requested(card: str, name: str) -> ItemRequested:
    return ItemRequested(
        HEADER,
        user_id=user(card),
        item_id=item(name),
        request_type=HOLD,
        request_scope_type=BY_TITLE,
        item_optional_fields=about("Njals saga"),
    )


def test_borrowed_by_notifications_from_request_to_return(stage: Stage) -> None:
    library = stage.library
    card, name = a_patron(library), "NJAL-1"

    def state() -> BorrowingState:
        found = loan(stage, name, Role.BORROWER).state
        assert isinstance(found, BorrowingState)
        return found

    assert tell(stage, requested(card, name)) == []
    assert state() is BorrowingState.EXPECTED
    shipped = ItemShipped(
        HEADER, request_id=named(name), date_shipped=NOW, shipping_information=SHIPPING
    )
    assert tell(stage, shipped) == []
    assert state() is BorrowingState.SHIPPED
    lent = ItemCheckedOut(
        HEADER, user_id=user(card), item_id=item(name), request_id=named(name), date_due=DUE
    )
    assert tell(stage, lent) == []
    assert loan(stage, name, Role.BORROWER).due == DUE
    accepted = AcceptItem(
        HEADER,
        request_id=named(name),
        requested_action_type=Code("Hold For Pickup"),
        user_id=user(card),
        item_id=item(name),
    )
    assert tell(stage, accepted) == []
    assert len(holds_of(library, card)) == 1
    assert tell(stage, CheckOutItem(HEADER, user_id=user(card), item_id=item(name))) == []
    until = datetime(2027, 1, 20, 12, tzinfo=UTC)
    assert tell(stage, ItemRenewed(HEADER, user(card), item(name), until)) == []
    assert loan(stage, name, Role.BORROWER).due == until
    soon = datetime(2026, 12, 15, 12, tzinfo=UTC)
    assert tell(stage, ItemRecalled(HEADER, user(card), item(name), soon)) == []
    assert loan(stage, name, Role.BORROWER).due == soon
    assert tell(stage, CheckInItem(HEADER, item_id=item(name))) == []
    back = ItemReceived(HEADER, item_id=item(name), request_id=named(name), date_received=NOW)
    assert tell(stage, back) == []
    assert state() is BorrowingState.COMPLETED
    assert tell(stage, LookupItem(HEADER, item(name))) == ["Unknown Item"]


def test_it_does_not_go_home_from_under_its_reader(stage: Stage) -> None:
    accepted, lent = CASES["ItemRenewed"](stage.library)[:2]
    assert tell(stage, accepted) == []
    assert tell(stage, lent) == []
    back = ItemReceived(
        HEADER, item_id=accepted.item_id, request_id=accepted.request_id, date_received=NOW
    )
    assert tell(stage, back) != []
    answer = stage.schemas.check(stage.answer(encode(LookupItem(HEADER, accepted.item_id))))[0]
    assert text_of(answer, "ItemOptionalFields/CirculationStatus") == "On Loan"


def test_a_request_elsewhere_that_comes_to_nothing(stage: Stage) -> None:
    card = a_patron(stage.library)
    assert tell(stage, requested(card, "NJAL-1")) == []
    cancelled = ItemRequestCancelled(
        HEADER, user_id=user(card), request_id=named("NJAL-1"), request_type=HOLD
    )
    assert tell(stage, cancelled) == []
    assert loan(stage, "NJAL-1", Role.BORROWER).closed is not None
    assert tell(stage, requested("NOBODY", "NJAL-2")) != []


def test_what_comes_without_a_word_before_is_expected_from_then_on(stage: Stage) -> None:
    shipped = ItemShipped(
        HEADER,
        request_id=named("SURPRISE"),
        user_id=user("NOBODY"),
        date_shipped=NOW,
        shipping_information=SHIPPING,
        item_optional_fields=about("Njals saga"),
    )
    assert tell(stage, shipped) == []
    found = loan(stage, "SURPRISE", Role.BORROWER)
    assert (found.state, found.title) == (BorrowingState.SHIPPED, "Njals saga")


def test_lent_by_notifications_from_arrival_to_return(stage: Stage) -> None:
    request, lent = CASES["ItemReceived"](stage.library)[:2]
    name = lent.request_id.request_identifier_value
    for message in (request, lent):
        assert tell(stage, message) == []

    def state() -> LendingState:
        found = loan(stage, name, Role.LENDER).state
        assert isinstance(found, LendingState)
        return found

    arrived = ItemReceived(
        HEADER, item_id=lent.item_id, request_id=lent.request_id, date_received=NOW
    )
    assert tell(stage, arrived) == []
    assert state() is LendingState.LENT
    stage.library.pass_time(days=10)
    assert tell(stage, ItemRenewed(HEADER, lent.user_id, lent.item_id, DUE)) == []
    assert tell(stage, ItemCheckedIn(HEADER, lent.user_id, lent.item_id)) == []
    assert state() is LendingState.RETURNING
    assert tell(stage, CheckInItem(HEADER, item_id=lent.item_id)) == []
    assert state() is LendingState.COMPLETED


def test_the_borrower_wants_ours_no_more(stage: Stage) -> None:
    library = stage.library
    (request,) = CASES["RequestItem"](library)
    assert tell(stage, request) == []
    card = request.user_id.user_identifier_value
    cancelled = ItemRequestCancelled(
        HEADER, user_id=request.user_id, request_id=request.request_id, request_type=HOLD
    )
    assert tell(stage, cancelled) == []
    assert holds_of(library, card) == []


def test_the_borrower_has_lost_ours(stage: Stage) -> None:
    *before, told = CASES["CirculationStatusUpdated"](stage.library)
    for message in before:
        assert tell(stage, message) == []
    noted = replace(told, circulation_status=Code("In Process"))
    assert tell(stage, noted) == []  # acknowledged, and no more
    name = before[0].request_id.request_identifier_value
    state = loan(stage, name, Role.LENDER).state
    assert tell(stage, told) == []
    assert loan(stage, name, Role.LENDER).state is not state


@pytest.mark.parametrize(
    "message",
    [
        ItemReceived(HEADER, item_id=item("X"), date_received=NOW),
        ItemCheckedIn(HEADER, item_id=item("X")),
        ItemCheckedOut(HEADER, user_id=user("X"), item_id=item("X"), date_due=DUE),
        ItemRenewed(HEADER, item_id=item("X"), date_due=DUE),
        ItemRecalled(HEADER, item_id=item("X"), date_due=DUE),
        CirculationStatusUpdated(HEADER, item("X"), Code("Lost")),
    ],
    ids=lambda message: type(message).__name__,
)
def test_of_a_loan_that_is_none(stage: Stage, message: Any) -> None:
    assert len(tell(stage, message)) == 1


def test_an_item_of_ours_that_is_not_lent_to_the_partner(stage: Stage) -> None:
    barcode = an_item(stage.library, on_loan_to=a_patron(stage.library))
    assert tell(stage, ItemCheckedIn(HEADER, item_id=item(barcode))) != []
    answer = stage.schemas.check(stage.answer(encode(LookupItem(HEADER, item(barcode)))))[0]
    assert text_of(answer, "ItemOptionalFields/CirculationStatus") == "On Loan"
