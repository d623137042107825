"""What has been borrowed through a partner: it comes, it goes home, its owner answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from catalogue.items import find_item
from circulation.interlending.lists import loans_of_request
from circulation.interlending.rows import InterlibraryLoan
from circulation.interlending.states import BorrowingState
from protocols.ncip.settings import NcipSettings
from tests.builders.circulation import a_patron, an_item
from tests.builders.holds import holds_of
from tests.protocols.ncip.furnishing import described, request_id, service
from tests.protocols.ncip.stage import HEADER, PARTNER, Stage, item, problem_types, text_of, user

OTHER = replace(PARTNER, agency="DK-710200", name="Another", delete_on_check_in=True)


def agreed(stage: Stage, **changes: Any) -> None:
    stage.use(NcipSettings(partners=(replace(PARTNER, **changes), OTHER)))


def accept(
    stage: Stage, card: str, *more: str, name: str = "REQ-1", barcode: str = "TEMP-1", due: str = ""
) -> list[str]:
    parts = (
        request_id(name),
        "<RequestedActionType>Hold For Pickup</RequestedActionType>",
        user(card),
        item(barcode),
        f"<DateForReturn>{due}</DateForReturn>" if due else "",
        f"<ItemOptionalFields>{described('Njals saga', 'Ukendt')}</ItemOptionalFields>",
    )
    return list(problem_types(stage.ask(service("AcceptItem", *parts, *more))))


def loan(stage: Stage, name: str = "REQ-1") -> InterlibraryLoan:
    (found,) = stage.library.read(lambda transaction: loans_of_request(transaction, name))
    return found


def is_there(stage: Stage, barcode: str = "TEMP-1") -> bool:
    return stage.library.read(lambda transaction: find_item(transaction, barcode)) is not None


def test_check_in_takes_away_what_is_agreed(stage: Stage) -> None:
    agreed(stage, delete_on_check_in=True)
    card = a_patron(stage.library)
    assert accept(stage, card) == []
    stage.library.check_out(card, "TEMP-1")
    assert problem_types(stage.ask(service("CheckInItem", item("TEMP-1")))) == []
    assert not is_there(stage)
    assert loan(stage).state is BorrowingState.COMPLETED


def test_check_in_leaves_it_where_nothing_is_agreed(stage: Stage) -> None:
    agreed(stage)
    card = a_patron(stage.library)
    accept(stage, card)
    stage.library.check_out(card, "TEMP-1")
    stage.ask(service("CheckInItem", item("TEMP-1")))
    assert is_there(stage)
    assert loan(stage).state is BorrowingState.RETURNED
    for _ in range(2):  # said again it gets the same answer
        assert problem_types(stage.ask(service("DeleteItem", item("TEMP-1")))) == []
        assert not is_there(stage)


def test_nobody_takes_away_what_another_has_brought_or_what_is_ours(stage: Stage) -> None:
    agreed(stage)
    ours, card = an_item(stage.library), a_patron(stage.library)
    accept(stage, card)
    other = HEADER.replace("DK-710100", "DK-710200")
    for barcode in ("TEMP-1", ours):
        stage.ask(f"<CheckInItem>{other}{item(barcode)}</CheckInItem>")
        assert is_there(stage, barcode)


def test_what_the_patron_has_does_not_go_home(stage: Stage) -> None:
    agreed(stage)
    card = a_patron(stage.library)
    accept(stage, card)
    stage.library.check_out(card, "TEMP-1")
    assert problem_types(stage.ask(service("DeleteItem", item("TEMP-1")))) != []
    assert is_there(stage)


def test_the_agreement_makes_the_item(stage: Stage) -> None:
    agreed(
        stage,
        item_type="ill",
        item_location="Counter",
        title_prefix="[ILL] ",
        pickup=("HARBOUR=DK-900102",),
    )
    card = a_patron(stage.library)
    place = "<PickupLocation>harbour</PickupLocation>"
    assert accept(stage, card, place) == []
    (queued,) = holds_of(stage.library, card)
    assert queued.hold.title == "[ILL] Njals saga"
    assert queued.hold.pickup_branch.isil == "DK-900102"
    assert accept(
        stage, card, "<PickupLocation>moon</PickupLocation>", name="REQ-2", barcode="TEMP-2"
    ) == ["Unknown Agency"]
    assert not is_there(stage, "TEMP-2")


@pytest.mark.parametrize(("policy", "is_bound"), [("owner", True), ("rules", False)])
def test_due_dates(stage: Stage, policy: str, is_bound: bool) -> None:
    agreed(stage, due_dates=policy)
    card, due = a_patron(stage.library), stage.library.now + timedelta(days=10)
    accept(stage, card, due=due.isoformat())
    lent: Any = stage.library.check_out(card, "TEMP-1")
    assert (lent.loan.due <= due) is is_bound


def test_a_barcode_that_is_in_use_makes_nothing(stage: Stage) -> None:
    agreed(stage)
    ours, card = an_item(stage.library), a_patron(stage.library)
    assert accept(stage, card, barcode=ours) == ["Cannot Accept Item"]
    assert holds_of(stage.library, card) == []


def test_an_unknown_user_makes_nothing(stage: Stage) -> None:
    agreed(stage)
    assert accept(stage, "nobody") == ["Unknown User"]
    assert not is_there(stage)


def test_the_owner_recalls(stage: Stage) -> None:
    agreed(stage)
    card = a_patron(stage.library)
    accept(stage, card)
    lent: Any = stage.library.check_out(card, "TEMP-1")
    soon = stage.library.now + timedelta(days=9)
    recalled = stage.ask(
        service(
            "RecallItem", item("TEMP-1"), f"<DesiredDateDue>{soon.isoformat()}</DesiredDateDue>"
        )
    )
    assert problem_types(recalled) == []
    assert text_of(recalled, "DateDue") is not None
    after = loan(stage)
    assert (after.state, after.due) == (BorrowingState.RECALLED, soon)
    assert soon < lent.loan.due
