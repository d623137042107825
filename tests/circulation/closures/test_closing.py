"""Emergency closures: seen beforehand, done in one transaction, taken back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from circulation.calendars.due_dates import end_of_day, local_date
from circulation.calendars.rows import closure_rows
from circulation.closures.closing import (
    Closure,
    close_branch,
    lift_closure,
    preview_closure,
)
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, events_of_hold
from circulation.kernel.reasons import Reason
from circulation.kernel.results import CheckedOut, Refused
from circulation.kernel.set_up import read_set_up
from circulation.loans.lost import (
    Marked,
    claim_returned,
    declare_lost,
    find,
    resume,
    suspend,
    withdraw_claim,
)
from circulation.loans.returns import check_in
from circulation.loans.undo import cancel_check_in
from circulation.notices.kinds import NoticeKind
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.holds import a_hold, shelf
from tests.builders.notices import EMAIL, rule, sent
from tests.circulation.loans.test_calendars_of_loans import close_weekends, due_day

COPENHAGEN = "Europe/Copenhagen"
MONDAY, TUESDAY = date(2026, 12, 7), date(2026, 12, 8)


def preview(library: Library, **options: Any) -> Closure:
    given: dict[str, Any] = {"branch": "DK-900101", "first": MONDAY, "last": TUESDAY} | options
    closure = library.read(lambda transaction: preview_closure(transaction, **given))
    assert isinstance(closure, Closure)
    return closure


def close(library: Library, **options: Any) -> Closure:
    given: dict[str, Any] = {
        "branch": "DK-900101",
        "first": MONDAY,
        "last": TUESDAY,
        "reason": "Vandskade",
    } | options
    closure = library.write(lambda transaction: close_branch(library.act(transaction), **given))
    assert isinstance(closure, Closure)
    return closure


def lend(library: Library, days: int, **where: Any) -> tuple[str, str]:
    library.policy(loan_days=days)
    card, barcode = a_patron(library), an_item(library)
    assert isinstance(library.check_out(card, barcode, **where), CheckedOut)
    return card, barcode


def due_of(library: Library, barcode: str) -> datetime:
    loan = library.events_of(barcode)[-1].after["due"]
    return datetime.fromisoformat(loan)


def test_a_closure_moves_what_falls_due_meanwhile(library: Library) -> None:
    close_weekends(library)
    _, before = lend(library, 9)  # Friday 4 December
    _, first = lend(library, 12)  # Monday
    _, last = lend(library, 13)  # Tuesday
    _, after = lend(library, 14)  # Wednesday
    _, elsewhere = lend(library, 12, at=library.other)
    planned = preview(library)
    assert [each.barcode for each in planned.loans] == [first, last]
    assert planned.reopens == date(2026, 12, 9)
    assert all_closures_in(library) == 0
    assert close(library) == planned
    wednesday = end_of_day(date(2026, 12, 9), COPENHAGEN)
    for barcode in (first, last):
        assert due_of(library, barcode) == wednesday
        event = library.events_of(barcode)[-1]
        assert event.kind is EventKind.LOAN_REDATED
        assert event.actor == "kiosk"
        assert event.before["due"] < event.after["due"]
    for barcode in (before, after, elsewhere):
        assert library.events_of(barcode)[-1].kind is EventKind.CHECKED_OUT
    # What is lent from now on keeps clear of it.
    assert due_day(library.check_out(a_patron(library), an_item(library))) == date(2026, 12, 9)


def all_closures_in(library: Library) -> int:
    return len(library.read(closure_rows))


def test_announcing_it_again_takes_up_only_what_came_between(library: Library) -> None:
    _, early = lend(library, 12)
    close(library)
    version = library.read(read_set_up).version
    again = close(library)
    assert again.loans == again.pickups == ()
    assert all_closures_in(library) == 1
    assert library.read(read_set_up).version == version
    assert len(library.events_of(early)) == 2


def test_a_later_closure_moves_what_an_earlier_one_has_moved(library: Library) -> None:
    _, barcode = lend(library, 12)
    close(library)
    assert local_date(due_of(library, barcode), COPENHAGEN) == date(2026, 12, 9)
    close(library, first=date(2026, 12, 9), last=date(2026, 12, 10))
    assert local_date(due_of(library, barcode), COPENHAGEN) == date(2026, 12, 11)


def test_loans_for_hours_go_to_the_next_opening(sqlite_library: Library) -> None:
    library = sqlite_library
    close_weekends(library)
    library.policy(loan_hours=2)
    barcode = an_item(library, on_loan_to=a_patron(library))
    today = local_date(library.now, COPENHAGEN)
    close(library, first=today, last=today)
    assert due_of(library, barcode) == datetime.fromisoformat("2026-11-26T10:00:00+01:00")


def test_a_closure_moves_the_deadlines_of_the_pickup_shelf(library: Library) -> None:
    barcode = an_item(library, on_loan_to=a_patron(library))
    hold = a_hold(library, a_patron(library), barcode)
    library.check_in(barcode)
    seventh_day = local_date(library.now, COPENHAGEN) + timedelta(days=7)
    [on_shelf] = shelf(library)
    assert on_shelf.deadline == end_of_day(seventh_day, COPENHAGEN)
    closure = close(library, first=seventh_day, last=seventh_day)
    [pickup] = closure.pickups
    assert (pickup.barcode, pickup.id) == (barcode, hold.hold.id)
    [on_shelf] = shelf(library)
    assert on_shelf.deadline == end_of_day(seventh_day + timedelta(days=1), COPENHAGEN)
    event = library.read(lambda transaction: events_of_hold(transaction, hold_id=hold.hold.id))[-1]
    assert event.kind is EventKind.HOLD_CHANGED
    assert event.after["deadline"] == on_shelf.deadline.isoformat()


def suspended(act: Act, *, item: str) -> Marked | Refused:
    return suspend(act, item=item, until=act.now.date() + timedelta(days=5))


@pytest.mark.parametrize(
    ("do", "undo"),
    [
        (claim_returned, withdraw_claim),
        (declare_lost, find),
        (suspended, resume),
        (check_in, cancel_check_in),
    ],
)
def test_a_loan_that_goes_on_is_not_due_while_its_branch_is_closed(
    library: Library, do: Callable[..., Any], undo: Callable[..., Any]
) -> None:
    rule(library, "email", kind=NoticeKind.DATES_MOVED)
    card = a_patron(library, email=EMAIL)
    library.policy(loan_days=1)
    late = an_item(library, on_loan_to=card)
    library.pass_time(days=3)
    library.policy(loan_days=(MONDAY - library.today).days)
    barcode = an_item(library, on_loan_to=card)
    for each in (barcode, late):
        library.write(lambda transaction, each=each: do(library.act(transaction), item=each))
    assert close(library).loans == ()
    for each in (barcode, late):
        answer = library.write(
            lambda transaction, each=each: undo(library.act(transaction), item=each)
        )
        assert answer.loan is not None
        is_late = each == late
        assert (local_date(answer.loan.due, COPENHAGEN) == date(2026, 12, 9)) is not is_late
        last = library.events_of(each)[-1].kind
        assert (last is EventKind.LOAN_REDATED) is not is_late
    [message] = sent(library)
    assert "senest 9. december 2026" in message.body


def test_a_lifted_closure_brings_nothing_forward(library: Library) -> None:
    _, barcode = lend(library, 12)
    close(library)
    due = due_of(library, barcode)
    options: dict[str, Any] = {
        "branch": "DK-900101",
        "first": MONDAY,
        "last": TUESDAY,
    }
    assert library.write(lambda transaction: lift_closure(library.act(transaction), **options))
    assert not library.write(lambda transaction: lift_closure(library.act(transaction), **options))
    assert due_of(library, barcode) == due
    assert all_closures_in(library) == 0
    library.policy(loan_days=12)
    assert due_day(library.check_out(a_patron(library), an_item(library))) == MONDAY


def test_a_branch_that_opens_no_more_moves_nothing(sqlite_library: Library) -> None:
    library = sqlite_library
    _, barcode = lend(library, 12)
    close_weekends(library, **{"2026-12-01..2040-12-31": ""})
    closure = close(library)
    assert closure.reopens is None
    assert closure.loans == ()
    assert len(library.events_of(barcode)) == 1


def test_closures_that_cannot_be(sqlite_library: Library) -> None:
    library = sqlite_library
    refused = library.read(
        lambda transaction: preview_closure(transaction, branch="DK-1", first=MONDAY, last=TUESDAY)
    )
    assert isinstance(refused, Refused)
    assert refused.reasons == (Reason.BRANCH_UNKNOWN,)
    for last in (MONDAY - timedelta(days=1), MONDAY + timedelta(days=500)):
        with pytest.raises(ValueError, match="lasts from"):
            preview(library, last=last)
    for first in (date.min, date.max):
        with pytest.raises(ValueError, match="no branch is open"):
            preview(library, first=first, last=first)
