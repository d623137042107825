"""What a principal may do, and which reasons may be passed over by whom."""

from __future__ import annotations

import pytest

from circulation.kernel.reasons import Reason
from circulation.kernel.rights import HARD, SOFT, Kind, Principal, Reach, Right, overriding_right
from circulation.loans.wishes import NEVER_OVERRIDDEN


def principal(**reaches: Reach) -> Principal:
    grants = {Right[name]: reach for name, reach in reaches.items()}
    return Principal(Kind.STAFF, 1, "anna", 10, 100, "desk 1", grants)


def test_a_right_holds_where_its_reach_says() -> None:
    anna = principal(
        LEND=Reach(branches=frozenset({100})),
        VIEW_PATRONS=Reach(agencies=frozenset({10})),
        USE_LISTS=Reach(everywhere=True),
    )
    assert anna.may(Right.LEND)
    assert anna.may(Right.LEND, 10, 100)
    assert not anna.may(Right.LEND, 10, 101)
    assert not anna.may(Right.LEND, 10)
    assert anna.may(Right.VIEW_PATRONS, 10, 101)
    assert not anna.may(Right.VIEW_PATRONS, 11)
    assert anna.may(Right.USE_LISTS, 11, 110)
    assert not anna.may(Right.RUN_JOBS)


def test_who_has_no_right_to_waive_waives_nothing() -> None:
    assert principal().limit(Right.WAIVE_FEES) == 0
    assert principal(WAIVE_FEES=Reach(everywhere=True)).limit(Right.WAIVE_FEES) is None
    assert principal(WAIVE_FEES=Reach(everywhere=True, limit=5000)).limit(Right.WAIVE_FEES) == 5000


def test_no_reason_is_soft_and_hard_and_none_of_these_is_never_passed_over() -> None:
    assert not SOFT & HARD
    assert not (SOFT | HARD) & NEVER_OVERRIDDEN


@pytest.mark.parametrize("reason", Reason)
def test_who_is_unknown_or_has_not_shown_who_they_are_is_never_passed_over(reason: Reason) -> None:
    is_about_identity = reason.name.startswith("PIN_") or reason.name.endswith("_UNKNOWN")
    assert not (is_about_identity and overriding_right(reason))
