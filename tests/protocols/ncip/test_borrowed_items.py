"""What has been borrowed through a partner: it comes, it goes home, its owner answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from catalogue.items import find_item
from circulation.interlending.lists import loans_of_request
from circulation.interlending.rows import InterlibraryLoan
from circulation.interlending.states import BorrowingState
from circulation.kernel.reasons import Reason
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
    (found,) = stage.library.read(
        lambda transaction: loans_of_request(transaction, request_id=name)
    )
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


def test_check_in_of_what_the_desk_has_taken_back(stage: Stage) -> None:
    """It is no error, however often it is said: the broker wants to hear that it is done."""
    agreed(stage, delete_on_check_in=False)
    card = a_patron(stage.library)
    accept(stage, card)
    # What nobody has borrowed yet cannot be checked in.
    told = problem_types(stage.ask(service("CheckInItem", item("TEMP-1"))))
    assert told == ["Item Not Checked Out"]
    stage.library.check_out(card, "TEMP-1")
    stage.library.check_in("TEMP-1")
    for _ in range(2):
        answer = stage.ask(service("CheckInItem", item("TEMP-1")))
        assert problem_types(answer) == []
        assert text_of(answer, "ItemId/ItemIdentifierValue") == "TEMP-1"
        assert loan(stage).state is BorrowingState.RETURNED
    stage.ask(service("DeleteItem", item("TEMP-1")))
    assert problem_types(stage.ask(service("CheckInItem", item("TEMP-1")))) == []
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


def renew(stage: Stage, card: str, until: str) -> Any:
    until = f"<DesiredDateDue>{until}</DesiredDateDue>"
    return stage.ask(service("RenewItem", user(card), item("TEMP-1"), until))


def test_it_is_never_too_early_for_the_owner_to_renew(stage: Stage) -> None:
    """By any rule of ours, also while it is asked already."""
    agreed(stage)
    library = stage.library
    library.policy(renewal_window_days=2, loan_days=28, renewals=9)
    card = a_patron(library)
    accept(stage, card, due="2026-12-20T00:00:00Z")
    lent: Any = library.check_out(card, "TEMP-1")
    assert lent.loan.due == datetime(2026, 12, 20, 22, 59, 59, tzinfo=UTC)
    early = library.renew(card, "TEMP-1")
    assert Reason.RENEWAL_WINDOW_NOT_OPEN in early.reasons
    answer = renew(stage, card, "2027-01-10T00:00:00Z")
    assert problem_types(answer) == []
    assert text_of(answer, "DateDue") == "2027-01-10T23:59:59+01:00"
    assert loan(stage).state is BorrowingState.ON_LOAN
    assert loan(stage).due == datetime(2027, 1, 10, 22, 59, 59, tzinfo=UTC)
    again = renew(stage, card, "2027-01-10T00:00:00Z")
    assert text_of(again, "DateDue") == "2027-01-10T23:59:59+01:00"
    status = stage.ask(service("LookupItem", item("TEMP-1")))
    assert text_of(status, "ItemOptionalFields/DateDue") == "2027-01-10T23:59:59+01:00"


def test_for_others_it_is_as_early_as_before(stage: Stage) -> None:
    agreed(stage)
    library = stage.library
    library.policy(renewal_window_days=2, loan_days=28, renewals=9)
    card = a_patron(library)
    ours = an_item(library, on_loan_to=card)
    asked = service("RenewItem", user(card), item(ours))
    assert problem_types(stage.ask(asked)) == ["Item Not Renewable"]


def test_what_was_handed_in_is_not_available_and_nobody_s(stage: Stage) -> None:
    agreed(stage)
    library = stage.library
    card, other = a_patron(library), a_patron(library)
    accept(stage, card)
    library.check_out(card, "TEMP-1")
    library.check_in("TEMP-1")
    status = stage.ask(service("LookupItem", item("TEMP-1")))
    assert text_of(status, "ItemOptionalFields/CirculationStatus") == "Not Available"
    types = "<RequestType>Hold</RequestType><RequestScopeType>Item</RequestScopeType>"
    refused = stage.ask(service("RequestItem", user(other), item("TEMP-1"), types))
    assert problem_types(refused) == ["Item Does Not Circulate"]
