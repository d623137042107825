"""Claimed, lost, missing, suspended; and one event for each change (statements 3 and 17)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from circulation.accounts.loans import LoanPage, PatronLoans, patron_loans
from circulation.accounts.status import patron_status
from circulation.items.availability import circulation_status
from circulation.kernel.events import EventKind
from circulation.kernel.reasons import Reason
from circulation.kernel.results import (
    UNATTENDED,
    CheckedIn,
    CheckedOut,
    ItemState,
    LoanMark,
    PatronStatus,
    Refused,
)
from circulation.loans.lost import (
    Marked,
    claim_returned,
    declare_lost,
    find,
    resume,
    suspend,
    withdraw_claim,
)
from circulation.loans.states import LoanState, write_picture
from tests.builders.circulation import NOON, Library, a_patron, an_item


def do(library: Library, verb: Callable[..., Any], barcode: str, **options: Any) -> Marked:
    answer = library.write(
        lambda transaction: verb(library.act(transaction), item=barcode, **options)
    )
    assert isinstance(answer, Marked), answer
    return answer


def overdue(library: Library, card: str) -> tuple[int, list[bool], int]:
    status = library.read(
        lambda transaction: patron_status(library.act(transaction, UNATTENDED), patron=card)
    )
    lists = [
        library.read(
            lambda transaction, only=only: patron_loans(
                library.act(transaction, UNATTENDED), patron=card, page=LoanPage(only_overdue=only)
            )
        )
        for only in (False, True)
    ]
    assert isinstance(status, PatronStatus)
    everything, only_overdue = lists
    assert isinstance(everything, PatronLoans)
    assert isinstance(only_overdue, PatronLoans)
    assert len(only_overdue.loans) == only_overdue.total
    return status.overdue, [loan.is_overdue for loan in everything.loans], only_overdue.total


def test_a_claim_stops_reminders_and_a_find_proves_it(library: Library) -> None:
    card = a_patron(library)
    barcode = an_item(library, on_loan_to=card)
    library.pass_time(days=40)
    assert overdue(library, card) == (1, [True], 1)
    claimed_at = library.now
    assert do(library, claim_returned, barcode).state is LoanState.CLAIMED_RETURNED
    assert overdue(library, card) == (0, [False], 0)
    library.pass_time(days=30)
    back = library.check_in(barcode)
    assert isinstance(back, CheckedIn)
    assert back.was_marked is LoanMark.CLAIMED_RETURNED
    *_, event = library.events_of(barcode)
    assert (event.at, event.recorded) == (claimed_at, library.now)
    assert event.before == {"state": "CLAIMED_RETURNED"}


def test_a_lost_item_that_is_handed_in_is_found(library: Library) -> None:
    card = a_patron(library)
    barcode = an_item(library, on_loan_to=card)
    do(library, declare_lost, barcode)
    status = library.read(
        lambda transaction: circulation_status(
            library.circulation, transaction, item=barcode, now=library.now
        )
    )
    assert status is not None
    assert (status.state, status.borrower is not None) == (ItemState.LOST, True)
    assert overdue(library, card)[0] == 0
    back = library.check_in(barcode, at=library.other)
    assert isinstance(back, CheckedIn)
    assert back.was_marked is LoanMark.LOST
    again = library.check_out(card, barcode, at=library.other)
    assert isinstance(again, CheckedOut)
    assert do(library, find, barcode).has_changed is False


def test_a_missing_item_is_found_by_whoever_scans_it(library: Library) -> None:
    barcode = an_item(library)
    do(library, declare_lost, barcode)
    status = library.read(
        lambda transaction: circulation_status(
            library.circulation, transaction, item=barcode, now=library.now
        )
    )
    assert status is not None
    assert (status.state, status.since) == (ItemState.MISSING, library.now)
    assert isinstance(library.check_out(a_patron(library), barcode), CheckedOut)
    assert library.events_of(barcode)[-1].before == {"missing_since": library.now.isoformat()}
    library.check_in(barcode)
    do(library, declare_lost, barcode)
    library.check_in(barcode)
    assert library.events_of(barcode)[-1].before == {"missing_since": library.now.isoformat()}


def test_a_suspension_adds_its_days_and_gives_back_the_rest(library: Library) -> None:
    barcode = an_item(library, on_loan_to=a_patron(library))
    due = datetime(2026, 12, 23, 22, 59, 59, tzinfo=UTC)
    first = do(library, suspend, barcode, until=date(2026, 12, 5))
    assert first.loan is not None
    assert first.loan.due == due + timedelta(days=10)
    longer = do(library, suspend, barcode, until=date(2026, 12, 15))
    assert longer.loan is not None
    assert longer.loan.due == due + timedelta(days=20)
    library.pass_time(days=5)
    resumed = do(library, resume, barcode)
    assert resumed.loan is not None
    assert resumed.loan.due == due + timedelta(days=5)
    assert do(library, resume, barcode).has_changed is False
    with pytest.raises(ValueError, match="has passed"):
        do(library, suspend, barcode, until=date(2026, 11, 1))


def test_a_suspension_keeps_the_hour_on_the_wall(sqlite_library: Library) -> None:
    library = sqlite_library
    library.now = datetime(2026, 3, 1, 11, tzinfo=UTC)
    barcode = an_item(library, on_loan_to=a_patron(library))  # due on the last day of winter time
    later = do(library, suspend, barcode, until=date(2026, 3, 2)).loan
    assert later is not None
    assert later.due == datetime(2026, 3, 30, 21, 59, 59, tzinfo=UTC)


def test_a_renewal_gives_all_reasons_and_moves_nothing(library: Library) -> None:
    """Statement 3: all reasons, unchanged due date, window and count enforced."""
    library.policy(loan_days=28, renewals=0, renewal_window_days=5)
    card = a_patron(library, expires=NOON.date())
    barcode = an_item(library)
    assert isinstance(library.check_out(card, barcode), CheckedOut)
    do(library, claim_returned, barcode)
    library.pass_time(days=1)
    answer = library.renew(card, barcode)
    assert isinstance(answer, Refused)
    assert set(answer.reasons) == {
        Reason.PATRON_EXPIRED,
        Reason.MAX_RENEWALS_REACHED,
        Reason.RENEWAL_WINDOW_NOT_OPEN,
        Reason.ITEM_CLAIMED_RETURNED,
    }
    assert answer.loan is not None
    assert answer.loan.due == datetime(2026, 12, 23, 22, 59, 59, tzinfo=UTC)
    assert answer.loan.renewals == 0


def test_every_change_of_state_is_one_event(library: Library) -> None:
    """Statement 17: with actor, device, branch, time, cause, and what held before and after."""
    card = a_patron(library)
    barcode = an_item(library)
    steps: list[tuple[Callable[[], object], EventKind]] = [
        (lambda: library.check_out(card, barcode), EventKind.CHECKED_OUT),
        (
            lambda: do(library, suspend, barcode, until=date(2026, 12, 24)),
            EventKind.LOAN_SUSPENDED,
        ),
        (lambda: do(library, resume, barcode), EventKind.LOAN_RESUMED),
        (lambda: do(library, claim_returned, barcode), EventKind.CLAIMED_RETURNED),
        (lambda: do(library, withdraw_claim, barcode), EventKind.CLAIM_WITHDRAWN),
        (lambda: do(library, declare_lost, barcode), EventKind.DECLARED_LOST),
        (lambda: do(library, find, barcode), EventKind.FOUND),
        (lambda: library.renew(card, barcode), EventKind.RENEWED),
        (lambda: library.check_in(barcode), EventKind.CHECKED_IN),
        (lambda: library.check_in(barcode, at=library.other), EventKind.ITEM_SEEN),
        (lambda: do(library, declare_lost, barcode), EventKind.DECLARED_LOST),
    ]
    for number, (step, kind) in enumerate(steps, 1):
        library.pass_time(days=1)
        step()
        *_, event = events = library.events_of(barcode)
        assert (len(events), event.kind) == (number, kind)
        desk = library.desk()
        assert (event.actor, event.at) == (desk.actor, library.now)
        assert event.device.startswith("machine in ")
        assert event.branch_id in (library.main.id, library.other.id)
        assert event.before or kind in (
            EventKind.CHECKED_OUT,
            EventKind.CHECKED_IN,
            EventKind.ITEM_SEEN,
        )
        assert event.after
    states = [event.after.get("state") for event in events]
    assert states[3:7] == ["CLAIMED_RETURNED", "ON_LOAN", "LOST", "ON_LOAN"]
    assert events[-1].before == {"state": "IN_TRANSIT", "in_transit_to": library.main.id}


def test_unknown_items_and_branches(sqlite_library: Library) -> None:
    library = sqlite_library
    for verb in (claim_returned, withdraw_claim, declare_lost, find, resume):
        answer = library.write(
            lambda transaction, verb=verb: verb(  # type: ignore[misc]
                library.act(transaction), item="nothing"
            )
        )
        assert answer == Refused(answer.refusals)
        assert answer.reasons == (Reason.ITEM_UNKNOWN,)


def test_the_picture_needs_its_marks() -> None:
    with pytest.raises(ValueError, match="no marks"):
        write_picture("nothing here")
