"""Rules on messages: what is accepted, and hours and days at their limits."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from circulation.kernel.results import Branch
from circulation.kernel.rules import Rule
from circulation.notices.kinds import NoticeKind
from circulation.notices.rules import NoticeRules
from circulation.notices.terms import NOTICE_TERMS, parse_quiet
from circulation.notices.times import next_time, quiet_until

COPENHAGEN = "Europe/Copenhagen"


@pytest.mark.parametrize("text", ["22:00-22:00", "00:00-00:00", "22:00", "25:00-08:00", "x"])
def test_hours_that_are_none(text: str) -> None:
    assert parse_quiet(text) is None
    assert "quiet" in NOTICE_TERMS.problems({"quiet": text})


@pytest.mark.parametrize("text", ["22:00-08:00", "08:00-22:00", "00:00-23:59", ""])
def test_hours_that_are_some(text: str) -> None:
    assert NOTICE_TERMS.problems({"quiet": text}) == {}


def at(hour: int, minute: int = 0, second: int = 0) -> datetime:
    """On 25 November by the clock in Copenhagen, which is an hour ahead of UTC."""
    return datetime(2026, 11, 25, hour - 1, minute, second, tzinfo=UTC)


@pytest.mark.parametrize(
    ("quiet", "now", "ends"),
    [
        ("22:00-08:00", at(21, 59, 59), None),
        ("22:00-08:00", at(22), datetime(2026, 11, 26, 7, tzinfo=UTC)),
        ("22:00-08:00", at(7, 59, 59), at(8)),
        ("22:00-08:00", at(8), None),
        ("12:00-13:00", at(11, 59, 59), None),
        ("12:00-13:00", at(12), at(13)),
        ("12:00-13:00", at(12, 59, 59), at(13)),
        ("12:00-13:00", at(13), None),
        ("", at(3), None),
    ],
)
def test_quiet_hours_hold_from_their_first_moment_to_before_their_last(
    quiet: str, now: datetime, ends: datetime | None
) -> None:
    assert quiet_until(now, quiet, COPENHAGEN) == ends


def test_the_next_time_of_day_may_be_now() -> None:
    assert next_time(at(9), "09:00", COPENHAGEN) == at(9)
    assert next_time(at(9, 0, 1), "09:00", COPENHAGEN) == datetime(2026, 11, 26, 8, tzinfo=UTC)


def a_row(
    number: int, *, kind: str | None = None, patron_category: str | None = None, **says: Any
) -> Rule:
    return Rule(number, kind=kind, patron_category=patron_category, says=says)


def test_what_is_kept_shortest_by_any_rule_is_looked_at_first() -> None:
    kind = NoticeKind.HOLD_READY
    built_in = NoticeRules(()).shortest_kept(kind)
    rules = NoticeRules(
        (
            a_row(1, keep_days=built_in - 1),
            a_row(2, kind=kind.value, keep_days=built_in - 2, patron_category="child"),
            a_row(3, kind=NoticeKind.WELCOME.value, keep_days=1),
            a_row(4, kind=kind.value),
        )
    )
    assert rules.shortest_kept(kind) == built_in - 2
    longer = NoticeRules((a_row(1, keep_days=built_in + 1),))
    assert longer.shortest_kept(kind) == built_in


def test_what_nobody_is_told_at_a_branch_who_has_not_asked() -> None:
    """The rules of its agency count, and those of others do not."""
    kind = NoticeKind.LOAN_MADE
    branch = Branch(7, "DK-700100", "Byen", 2, "DK-700000", "Byens biblioteker", "UTC")
    everybody = a_row(1, channels=["email"])
    asked = a_row(2, kind=kind.value, on_request=True)
    of_agency, of_other = asked._replace(agency_id=2), asked._replace(agency_id=3)
    of_branch = asked._replace(branch_id=7, says={"on_request": False})
    adults = asked._replace(patron_category="adult")
    for rules, expected in (
        ((everybody,), False),
        ((everybody, asked), True),
        ((everybody, of_agency), True),
        ((everybody, of_other), False),
        ((everybody, of_agency, of_branch), False),
        ((everybody, adults), False),
        ((everybody._replace(patron_category="adult"), adults), True),
        ((everybody, asked._replace(kind=NoticeKind.ITEM_RETURNED.value)), False),
    ):
        assert NoticeRules(rules).is_on_request(branch, kind) is expected, rules
