"""Taking back what a device has just done (statement 7 of the domain)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from circulation.holds.kinds import HoldKind
from circulation.holds.results import HoldsPlaced, Wanted
from circulation.items.facts import item_facts
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Branch, CheckedOut, Desk, Refused
from circulation.kernel.transport import store_float_group
from circulation.loans.states import LoanState, state_of
from circulation.loans.undo import UNDO_WINDOW, Cancelled, cancel_check_in, cancel_check_out
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.holds import a_hold, ask, holds_of, record_of, shelf


def cancel_out(library: Library, barcode: str, desk: Desk | None = None) -> Cancelled | Refused:
    return library.write(
        lambda transaction: cancel_check_out(
            Act(transaction, library.circulation, desk or library.desk(), library.now), item=barcode
        )
    )


def cancel_in(
    library: Library, barcode: str, *, at: Branch | None = None, patron_id: int | None = None
) -> Cancelled | Refused:
    return library.write(
        lambda transaction: cancel_check_in(
            library.act(transaction, at), item=barcode, patron_id=patron_id
        )
    )


def nothing_to_cancel(answer: Cancelled | Refused) -> bool:
    return isinstance(answer, Refused) and answer.reasons == (Reason.NOTHING_TO_CANCEL,)


def state(library: Library, barcode: str) -> LoanState:
    facts = library.read(lambda transaction: item_facts(transaction, barcode=barcode))
    assert facts is not None
    return state_of(facts, library.now)


def test_a_check_out_that_is_cancelled_never_was(library: Library) -> None:
    """Statement 7: the state before is restored, no hold is captured, nothing is charged."""
    card, waiting = a_patron(library), a_patron(library)
    barcode = an_item(library, on_loan_to=card)
    queued = a_hold(library, waiting, barcode)
    library.pass_time(minutes=1)
    answer = cancel_out(library, barcode)
    assert isinstance(answer, Cancelled), answer
    assert (answer.loan, answer.borrower) == (None, None)
    assert state(library, barcode) is LoanState.ON_SHELF
    assert [each.hold for each in holds_of(library, waiting)] == [queued.hold]
    out, cancelled = library.events_of(barcode)
    assert (out.kind, cancelled.kind) == (EventKind.CHECKED_OUT, EventKind.CHECK_OUT_CANCELLED)
    assert (cancelled.cause, cancelled.loan_id) == (out.id, out.loan_id)


def test_a_check_in_that_is_cancelled_never_was(library: Library) -> None:
    """Statement 7: the loan goes on with its dates; the hold that was captured waits again."""
    card, waiting = a_patron(library), a_patron(library)
    barcode = an_item(library)
    lent = library.check_out(card, barcode)
    assert isinstance(lent, CheckedOut)
    a_hold(library, waiting, barcode)
    library.pass_time(days=3)
    library.check_in(barcode)
    assert state(library, barcode) is LoanState.HELD
    answer = cancel_in(library, barcode)
    assert isinstance(answer, Cancelled), answer
    assert answer.loan == lent.loan
    assert answer.borrower is not None
    assert answer.borrower.identifier == card
    assert state(library, barcode) is LoanState.ON_LOAN
    assert [each.hold.item for each in holds_of(library, waiting)] == [None]
    assert library.check_in(barcode) != answer  # and a real one still catches the hold
    assert state(library, barcode) is LoanState.HELD


def test_a_cancel_that_is_repeated_gets_the_same_answer(sqlite_library: Library) -> None:
    library = sqlite_library
    card = a_patron(library)
    barcode = an_item(library, on_loan_to=card)
    assert cancel_out(library, barcode) == cancel_out(library, barcode)
    library.check_out(card, barcode)
    library.check_in(barcode, at=library.other)
    first = cancel_in(library, barcode, at=library.other)
    assert isinstance(first, Cancelled)
    events = library.events_of(barcode)
    assert cancel_in(library, barcode, at=library.other) == first
    assert library.events_of(barcode) == events


def test_only_the_last_act_of_the_same_device_is_undone(sqlite_library: Library) -> None:
    library = sqlite_library
    card = a_patron(library)
    barcode = an_item(library, on_loan_to=card)
    desk = library.desk()
    for another in (
        Desk("other", desk.device, desk.agency_id, desk.branch_id),
        Desk(desk.actor, "another machine", desk.agency_id, desk.branch_id),
        library.desk(library.other),
    ):
        assert nothing_to_cancel(cancel_out(library, barcode, another))
    library.renew(card, barcode, no_block=True)
    assert nothing_to_cancel(cancel_out(library, barcode))
    assert state(library, barcode) is LoanState.ON_LOAN
    library.check_in(barcode)
    assert nothing_to_cancel(cancel_in(library, barcode, at=library.other))
    assert nothing_to_cancel(cancel_in(library, barcode, patron_id=99))
    assert nothing_to_cancel(cancel_out(library, barcode))
    assert nothing_to_cancel(cancel_out(library, an_item(library)))
    assert cancel_in(library, "nothing") == cancel_out(library, "nothing")
    library.check_in(barcode)  # handed in once more: that was no loan's end
    assert nothing_to_cancel(cancel_in(library, barcode))


def test_a_new_connection_of_the_machine_is_the_same_machine(sqlite_library: Library) -> None:
    library = sqlite_library
    home = library.desk()
    before, after = (
        Desk("kiosk", f"192.0.2.7:{port}", home.agency_id, home.branch_id) for port in (5000, 5001)
    )
    library.desk = lambda branch=None: before  # type: ignore[method-assign,assignment]
    barcode = an_item(library, on_loan_to=a_patron(library))
    assert isinstance(cancel_out(library, barcode, after), Cancelled)


def test_right_after_ends(sqlite_library: Library) -> None:
    library = sqlite_library
    barcode = an_item(library, on_loan_to=a_patron(library))
    library.now += UNDO_WINDOW + timedelta(seconds=1)
    assert nothing_to_cancel(cancel_out(library, barcode))


def test_the_hold_that_was_fulfilled_is_open_again(library: Library) -> None:
    """With its place on the shelf, number and deadline."""
    card = a_patron(library)
    barcode = an_item(library)
    a_hold(library, card, barcode)
    library.check_in(barcode)
    held, on_shelf = holds_of(library, card), shelf(library)
    library.pass_time(hours=1)
    assert isinstance(library.check_out(card, barcode), CheckedOut)
    assert (holds_of(library, card), shelf(library)) == ([], [])
    assert isinstance(cancel_out(library, barcode), Cancelled)
    assert (holds_of(library, card), shelf(library)) == (held, on_shelf)
    assert isinstance(library.check_out(card, barcode), CheckedOut)


@pytest.mark.parametrize("kind", [HoldKind.PARALLEL, HoldKind.SERIAL])
def test_sets_are_as_they_were(library: Library, kind: HoldKind) -> None:
    card = a_patron(library)
    items = [an_item(library) for _ in range(3)]
    wanted = [Wanted(record_of(library, item)) for item in items]
    assert isinstance(ask(library, card, *wanted, kind=kind), HoldsPlaced)
    before = holds_of(library, card)
    library.pass_time(hours=1)
    assert isinstance(library.check_out(card, items[0]), CheckedOut)
    assert holds_of(library, card) != before
    assert isinstance(cancel_out(library, items[0]), Cancelled)
    assert holds_of(library, card) == before


def test_a_hold_placed_anew_meanwhile_stands(sqlite_library: Library) -> None:
    library = sqlite_library
    card = a_patron(library)
    barcode = an_item(library)
    a_hold(library, card, barcode)
    library.check_in(barcode)
    library.policy(loan_days=28, renewals=2, hold_while_on_loan=True)
    library.check_out(card, barcode)
    anew = a_hold(library, card, barcode)
    assert isinstance(cancel_out(library, barcode), Cancelled)
    assert [each.hold.id for each in holds_of(library, card)] == [anew.hold.id]


def test_a_loan_that_was_ended_off_line_goes_on(library: Library) -> None:
    first, second = a_patron(library), a_patron(library)
    barcode = an_item(library)
    lent = library.check_out(first, barcode)
    assert isinstance(lent, CheckedOut)
    library.pass_time(minutes=5)
    library.check_out(second, barcode, no_block=True)
    answer = cancel_out(library, barcode)
    assert isinstance(answer, Cancelled)
    assert answer.loan == lent.loan
    assert answer.borrower is not None
    assert answer.borrower.identifier == first


def test_what_floated_goes_back_to_its_home(sqlite_library: Library) -> None:
    library = sqlite_library
    library.write(
        lambda transaction: store_float_group(
            transaction, "novels", [library.main.id, library.other.id]
        )
    )
    barcode = an_item(library, float_group="novels", on_loan_to=a_patron(library))
    library.check_in(barcode, at=library.other)
    answer = cancel_in(library, barcode, at=library.other)
    assert isinstance(answer, Cancelled)
    assert answer.item.home_branch == library.main
