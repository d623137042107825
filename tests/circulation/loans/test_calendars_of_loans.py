"""Loans and the calendar of the branch that lends."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.database import Transaction
from circulation.calendars.due_dates import end_of_day, local_date, moved_past_closing
from circulation.calendars.opening_hours import Calendar
from circulation.calendars.rows import Owner, store_special_days, store_week
from circulation.kernel.loan_lengths import loan_due, renewal_due
from circulation.kernel.policy import LoanTerms
from circulation.kernel.reasons import Reason
from circulation.kernel.results import CheckedOut, Refusal, Refused, Renewed
from circulation.kernel.set_up import set_up_changed
from tests.builders.circulation import Library, a_patron, an_item
from tests.circulation.calendars.test_opening_hours import (
    CALENDARS,
    COPENHAGEN,
    MOMENTS,
    WEEKDAYS_ONLY,
)

FRIDAY = datetime(2026, 11, 27, 12, 0, 30, tzinfo=UTC)
CALENDAR = Calendar(COPENHAGEN, WEEKDAYS_ONLY)


def day_due(terms: LoanTerms, expires: date | None = None, at: datetime = FRIDAY) -> date | None:
    due = loan_due(at, terms, CALENDAR, expires)
    return None if due is None else local_date(due, COPENHAGEN)


def test_statement_2_a_due_date_on_a_closed_day_moves_to_the_next_open_one() -> None:
    assert day_due(LoanTerms(loan_days=7)) == date(2026, 12, 4)
    assert day_due(LoanTerms(loan_days=8)) == date(2026, 12, 7)
    assert day_due(LoanTerms(loan_days=8, closed_days="keep")) == date(2026, 12, 5)


def test_statement_2_never_past_the_card_if_so_set() -> None:
    terms = LoanTerms(loan_days=8, within_card=True)
    assert day_due(terms, expires=date(2026, 12, 5)) == date(2026, 12, 5)
    assert day_due(terms, expires=date(2027, 12, 5)) == date(2026, 12, 7)
    assert day_due(LoanTerms(loan_days=8), expires=date(2026, 12, 5)) == date(2026, 12, 7)
    # A loan that was forced on a card that has expired is not due before it was made.
    assert day_due(terms, expires=date(2026, 11, 1)) == date(2026, 12, 7)


@pytest.mark.parametrize(
    ("until", "at", "due"),
    [
        ("06-25", FRIDAY, date(2027, 6, 25)),
        ("06-26", FRIDAY, date(2027, 6, 28)),  # 26 June 2027 is a Saturday
        ("11-27", FRIDAY, date(2026, 11, 27)),
        ("2026-12-01", FRIDAY, date(2026, 12, 1)),
        ("2026-11-01", FRIDAY, None),
    ],
)
def test_a_loan_until_a_date(until: str, at: datetime, due: date | None) -> None:
    assert day_due(LoanTerms(loan_until=until), at=at) == due


def test_loans_for_hours_keep_to_the_opening_hours() -> None:
    def wall(terms: LoanTerms) -> str:
        due = loan_due(FRIDAY, terms, CALENDAR, None)
        assert due is not None
        return due.astimezone(ZoneInfo(COPENHAGEN)).strftime("%a %H:%M:%S")

    assert wall(LoanTerms(loan_hours=3)) == "Fri 16:01:00"
    assert wall(LoanTerms(loan_hours=6)) == "Mon 10:00:00"
    assert wall(LoanTerms(loan_hours=6, closed_days="keep")) == "Fri 19:01:00"


def test_a_renewal_counts_from_today_or_from_the_due_date() -> None:
    due = end_of_day(date(2026, 12, 4), COPENHAGEN)
    for start, expected in (("today", date(2026, 12, 7)), ("due", date(2026, 12, 14))):
        terms = LoanTerms(loan_days=20, renewal_days=10, renewal_from=start)
        renewed = renewal_due(FRIDAY, due, terms, CALENDAR, None)
        assert renewed is not None
        assert local_date(renewed, COPENHAGEN) == expected
    late = due + timedelta(days=10)
    overdue = renewal_due(late, due, LoanTerms(loan_days=7, renewal_from="due"), CALENDAR, None)
    assert overdue == end_of_day(date(2026, 12, 21), COPENHAGEN)


TERMS = st.builds(
    LoanTerms,
    loan_days=st.integers(0, 60),
    within_card=st.booleans(),
    closed_days=st.sampled_from(["push", "keep"]),
) | st.builds(LoanTerms, loan_hours=st.integers(0, 60))


@given(CALENDARS, TERMS, MOMENTS, st.none() | st.integers(0, 90))
def test_no_due_date_lies_in_the_past_or_where_nobody_is_there(
    calendar: Calendar, terms: LoanTerms, at: datetime, card_days: int | None
) -> None:
    today = local_date(at, calendar.timezone)
    expires = None if card_days is None else today + timedelta(days=card_days)
    due = loan_due(at, terms, calendar, expires)
    assert due is not None
    assert due >= at
    last = None if expires is None else end_of_day(expires, calendar.timezone)
    if terms.within_card and last is not None:
        assert due <= last
    if terms.closed_days == "push" and due != last and any(calendar.week):
        day = local_date(due, calendar.timezone)
        assert calendar.is_open(day) or calendar.is_open_at(due)
        assert moved_past_closing(due, calendar) == due  # once moved it stays


# On a real library


def close_weekends(library: Library, **special: str) -> None:
    def work(transaction: Transaction) -> None:
        agency = Owner(library.main.agency_id, None)
        store_week(transaction, agency, dict.fromkeys(range(5), "10:00-18:00"))
        for days, hours in special.items():
            here = Owner(None, library.main.id)
            store_special_days(transaction, here, days.replace("_", "-"), hours, "")
        set_up_changed(transaction)

    library.write(work)


def due_day(answer: Any) -> date:
    assert isinstance(answer, CheckedOut | Renewed), answer
    return local_date(answer.loan.due, COPENHAGEN)


def test_statement_2_on_both_databases_by_the_branch_that_lends(library: Library) -> None:
    """The calendar of the checkout branch decides, not that of the item's home."""
    close_weekends(library, **{"2026-12-04": ""})
    library.policy(loan_days=9)  # a Wednesday, so a Friday
    card, barcode = a_patron(library), an_item(library)
    assert due_day(library.check_out(card, barcode, at=library.other)) == date(2026, 12, 4)
    assert due_day(library.check_out(card, an_item(library))) == date(2026, 12, 7)
    assert due_day(library.check_out(card, an_item(library, home=library.other))) == date(
        2026, 12, 7
    )
    library.policy(loan_days=9, closed_days="keep")
    assert due_day(library.check_out(card, an_item(library))) == date(2026, 12, 4)


def test_a_renewal_goes_by_the_calendar_and_the_card(library: Library) -> None:
    close_weekends(library)
    library.policy(loan_days=3, renewals=5, within_card=True)
    card = a_patron(library, expires=date(2026, 12, 12))
    barcode = an_item(library, on_loan_to=card)
    library.pass_time(days=7)  # a Wednesday, so until a Saturday
    assert due_day(library.renew(card, barcode)) == date(2026, 12, 7)
    library.pass_time(days=7)
    assert due_day(library.renew(card, barcode)) == date(2026, 12, 12)
    refused = library.renew(card, barcode)
    assert isinstance(refused, Refused)
    assert refused.refusals == (Refusal(Reason.RENEWAL_WINDOW_NOT_OPEN),)


def test_a_rule_until_a_date_that_has_passed_lends_nothing(sqlite_library: Library) -> None:
    library = sqlite_library
    library.policy(loan_until="2026-06-25")
    refused = library.check_out(a_patron(library), an_item(library))
    assert isinstance(refused, Refused)
    assert refused.reasons == (Reason.NO_LOAN_POLICY,)
