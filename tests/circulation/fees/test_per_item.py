"""So much for each item and period: grace, caps, closed days, and whose calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from circulation.calendars.due_dates import end_of_day
from circulation.calendars.opening_hours import OPEN_WEEK, Calendar
from circulation.calendars.rows import Owner, store_special_days
from circulation.fees.lateness import lateness, terms_facts, terms_of_facts, top_fee
from circulation.fees.terms import FeeTerms
from circulation.fees.tiers import Tier
from circulation.kernel.set_up import set_up_changed
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.fees import amounts, fee_rule, hand_in, late_by, lend, total

ZONE = "Europe/Copenhagen"
OPEN = Calendar(ZONE)
#: Closed on Saturdays and Sundays.
WEEKDAYS = Calendar(ZONE, (*OPEN_WEEK[:5], (), ()))
#: A Monday.
DUE = end_of_day(date(2026, 11, 30), ZONE)


def cost(days: float, calendar: Calendar = OPEN, price: int | None = None, **terms: object) -> int:
    found = lateness(
        FeeTerms(**({"late_fees": "per_item", "rate": 100} | terms)),  # type: ignore[arg-type]
        due=DUE,
        at=DUE + timedelta(days=days),
        calendar=calendar,
        price=price,
    )
    return found.amount


@pytest.mark.parametrize(
    ("days", "terms", "amount"),
    [
        (0, {}, 0),
        (0.001, {}, 100),
        (1, {}, 100),
        (10, {}, 1_000),
        (10, {"cap": 450}, 450),
        (2, {"grace_days": 2}, 0),
        (3, {"grace_days": 2}, 100),
        (1, {"period": "week"}, 100),
        (7, {"period": "week"}, 100),
        (8, {"period": "week"}, 200),
        (1, {"period": "hour"}, 2_400),
        (0.05, {"period": "hour"}, 200),
        (2, {"period": "hour", "grace_days": 1}, 2_400),
        (10, {"late_fees": "none"}, 0),
    ],
)
def test_rate_and_period(days: float, terms: dict[str, object], amount: int) -> None:
    assert cost(days, **terms) == amount


def test_the_price_of_the_item_is_a_cap_where_the_rules_say_so() -> None:
    assert cost(10, price=300, price_cap=True) == 300
    assert cost(10, price=300) == 1_000
    assert cost(10, price=None, price_cap=True) == 1_000


def test_closed_days_count_or_not() -> None:
    assert cost(7, WEEKDAYS) == 700
    assert cost(7, WEEKDAYS, closed_days="skip") == 500
    assert cost(6, WEEKDAYS, closed_days="skip") == 400  # back on the Sunday: late until Friday
    assert cost(7, WEEKDAYS, closed_days="skip", grace_days=1) == 400
    assert cost(7, WEEKDAYS, closed_days="skip", period="hour") == 5 * 2_400


def test_a_loan_for_hours_is_a_day_late_within_the_first_day() -> None:
    due = datetime(2026, 11, 30, 14, 0, tzinfo=UTC)
    terms = FeeTerms(late_fees="per_item", rate=100)
    for hours, days in ((1, 1), (24, 1), (25, 2)):
        at = due + timedelta(hours=hours)
        assert lateness(terms, due=due, at=at, calendar=OPEN).days == days


def test_a_day_of_25_hours_is_one_day() -> None:
    due = end_of_day(date(2026, 10, 24), ZONE)
    terms = FeeTerms(late_fees="per_item", rate=100)
    assert lateness(terms, due=due, at=due + timedelta(hours=25), calendar=OPEN).days == 1


@given(
    days=st.integers(0, 800),
    more=st.integers(0, 60),
    rate=st.integers(0, 10_000),
    cap=st.none() | st.integers(0, 50_000),
    grace=st.integers(0, 30),
    closed=st.sampled_from(["count", "skip"]),
    period=st.sampled_from(["hour", "day", "week"]),
    price=st.none() | st.integers(0, 50_000),
)
def test_later_never_costs_less_and_no_cap_is_passed(
    days: int,
    more: int,
    rate: int,
    cap: int | None,
    grace: int,
    closed: str,
    period: str,
    price: int | None,
) -> None:
    terms: dict[str, object] = {
        "rate": rate,
        "cap": cap,
        "grace_days": grace,
        "closed_days": closed,
        "period": period,
        "price_cap": True,
    }
    earlier = cost(days, WEEKDAYS, price, **terms)
    later = cost(days + more, WEEKDAYS, price, **terms)
    assert 0 <= earlier <= later
    assert cap is None or later <= cap
    assert price is None or later <= price


def test_facts_give_the_terms_again() -> None:
    terms = FeeTerms(
        late_fees="per_occasion",
        tiers=(Tier(1, 2_000), Tier(8, 12_000)),
        child_under=14,
        child_tiers=(Tier(1, 0),),
        currency="EUR",
    )
    assert terms_of_facts(terms_facts(terms)) == terms
    assert terms_facts(FeeTerms()) == {}


def test_the_top_of_a_rate_is_its_cap() -> None:
    terms = FeeTerms(late_fees="per_item", rate=100, cap=5_000)
    late = lateness(terms, due=DUE, at=DUE + timedelta(days=3), calendar=OPEN)
    assert (late.amount, top_fee(terms, late, is_child=False)) == (300, 5_000)


def test_each_item_costs_by_itself(sqlite_library: Library) -> None:
    library = sqlite_library
    fee_rule(library, late_fees="per_item", rate=100)
    fee_rule(library, material_group="dvd", rate=500, cap=1_200)
    card = a_patron(library)
    both = [*lend(library, card, 2), *lend(library, card, material_group="dvd")]
    late_by(library, 3)
    hand_in(library, *both)
    assert amounts(library, card) == [300, 300, 1_200]


@pytest.mark.parametrize(("calendar", "days"), [("lending", 10), ("returning", 4), ("home", 4)])
def test_whose_calendar_counts(library: Library, calendar: str, days: int) -> None:
    fee_rule(library, late_fees="per_item", rate=100, closed_days="skip", calendar=calendar)
    card = a_patron(library)
    barcode = an_item(library, home=library.other, on_loan_to=card)
    first = (library.now + timedelta(days=30)).date()
    library.write(
        lambda transaction: store_special_days(
            transaction,
            Owner(None, library.other.id),
            f"{first}..{first + timedelta(days=5)}",
            "closed",
            "moving house",
        )
    )
    library.write(set_up_changed)
    late_by(library, 10)
    hand_in(library, barcode, at=library.other)
    assert total(library, card) == days * 100


def test_next_years_tariff_holds_from_its_day(sqlite_library: Library) -> None:
    library = sqlite_library
    fee_rule(library, late_fees="per_item", rate=100)
    due = library.now + timedelta(days=28)
    fee_rule(library, rate=200, valid_from=(due + timedelta(days=2)).date())
    card = a_patron(library)
    first, second = lend(library, card, 2)
    late_by(library, 1)
    hand_in(library, first)
    library.pass_time(days=1)
    hand_in(library, second)
    assert amounts(library, card) == [100, 400]
