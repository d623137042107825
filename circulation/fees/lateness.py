"""What one overdue loan costs by itself. Pure: no database and no clock."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from circulation.calendars.due_dates import end_of_day, local_date
from circulation.calendars.opening_hours import Calendar
from circulation.fees.terms import TARIFFS, FeeTerms
from circulation.fees.tiers import Tier, Tiers, below
from circulation.patrons.traits import age_on

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Lateness:
    """How late, and what that costs.

    `days` are those counted as late, after the grace; `closed` those left out because the branch
    was closed. `periods` is what the rate was multiplied with.
    """

    amount: int
    days: int
    closed: int = 0
    periods: int | None = None


def lateness(
    terms: FeeTerms,
    *,
    due: datetime,
    at: datetime,
    calendar: Calendar,
    price: int | None = None,
    is_child: bool = False,
) -> Lateness:
    """What a loan due at `due` costs that came back at `at`; nothing where it was not late.

    `calendar` is the one that the rules name, `price` that of the item; `is_child` gives the
    tariff for children (see `child_on`).
    """
    if at <= due or terms.late_fees == "none":
        return Lateness(0, 0)
    begun, closed = _days_begun(terms, due, at, calendar)
    days = max(begun - closed - terms.grace_days, 0)
    if terms.late_fees == "per_item":
        periods = _periods(terms, due, at, days, closed)
        amount = terms.rate * periods
        if terms.cap is not None:
            amount = min(amount, terms.cap)
        if terms.price_cap and price is not None:
            amount = min(amount, price)
        return Lateness(amount, days, closed, periods)
    tiers, ceilings = tariff(terms, is_child=is_child)
    return Lateness(below(tiers, ceilings, days), days, closed)


def child_on(terms: FeeTerms, due_date: date, born: date | None) -> bool:
    """Was somebody born on that day a child, for the tariff, when the loan fell due?"""
    if born is None or terms.child_under is None:
        return False
    return age_on(due_date, born) < terms.child_under


def tariff(terms: FeeTerms, *, is_child: bool) -> tuple[Tiers, Tiers | None]:
    """The tariff and the ceilings; for a child those for children, where the rules have any."""
    if not is_child:
        return terms.tiers, terms.ceilings
    tiers = terms.tiers if terms.child_tiers is None else terms.child_tiers
    return tiers, terms.ceilings if terms.child_ceilings is None else terms.child_ceilings


def top_fee(terms: FeeTerms, late: Lateness, *, is_child: bool) -> int:
    """The most that lateness costs: what a bill charges where the rules say so."""
    if terms.late_fees == "per_item":
        return late.amount if terms.cap is None else max(late.amount, terms.cap)
    tiers, ceilings = tariff(terms, is_child=is_child)
    return below(tiers, ceilings, max((tier.day for tier in tiers), default=0))


def _days_begun(
    terms: FeeTerms, due: datetime, at: datetime, calendar: Calendar
) -> tuple[int, int]:
    """Days late that have begun, and how many of them were closed and are not counted."""
    first, last = local_date(due, calendar.timezone), local_date(at, calendar.timezone)
    days = (last - first).days
    closed = 0
    if terms.closed_days == "skip":
        closed = days - calendar.open_days_between(first, last)
    if due != end_of_day(first, calendar.timezone):
        zone = ZoneInfo(calendar.timezone)  # of the wall clock: a day may have 23 hours
        days = math.ceil((_wall(at, zone) - _wall(due, zone)) / _DAY)
    return days, min(closed, days)


def _wall(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)


def _periods(terms: FeeTerms, due: datetime, at: datetime, days: int, closed: int) -> int:
    if terms.period == "hour":
        left_out = (closed + terms.grace_days) * _DAY
        return max(math.ceil((at - due - left_out) / timedelta(hours=1)), 0)
    return math.ceil(days / 7) if terms.period == "week" else days


def terms_facts(terms: FeeTerms) -> dict[str, Any]:
    """The fields that say something of their own, as JSON can hold them."""
    usual = FeeTerms()
    return {name: value for name, value in asdict(terms).items() if value != getattr(usual, name)}


def terms_of_facts(facts: dict[str, Any]) -> FeeTerms:
    """What `terms_facts` wrote; fields that rules have no more are left out."""
    known = {field.name for field in fields(FeeTerms)}
    said = {name: value for name, value in facts.items() if name in known}
    for name in TARIFFS:
        if said.get(name) is not None:
            said[name] = tuple(Tier(*pair) for pair in said[name])
    return FeeTerms(**said)
