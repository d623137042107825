"""Which reasons are passed over, and by whom."""

from __future__ import annotations

import pytest

from circulation.kernel.overriding import (
    HARD,
    NO_OVERRIDE,
    SOFT,
    Forbidden,
    Override,
    forbidden_to,
    overriding_right,
)
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Refusal
from circulation.kernel.rights import Kind, Principal, Reach, Right
from tests.walking import each

HERE = Reach(branches=frozenset({100}))


def somebody(*rights: Right, reach: Reach = HERE) -> Principal:
    return Principal(Kind.STAFF, 1, "anna", 10, 100, grants=dict.fromkeys(rights, reach))


def test_no_reason_is_soft_and_hard() -> None:
    assert not SOFT & HARD


@each("reason", list(Reason), str)
def test_each_reason_is_passed_over_by_whoever_has_its_right_and_by_nobody_else(
    reason: Reason,
) -> None:
    right, named = overriding_right(reason), Override(frozenset({reason}), "a school trip")
    both = somebody(Right.OVERRIDE_SOFT, Right.OVERRIDE_HARD)
    left = named.left_of([Refusal(reason)])
    if right is None:
        assert forbidden_to(both, named) == (Forbidden(reason, None),)
        assert left == [Refusal(reason)]
        return
    [other] = {Right.OVERRIDE_SOFT, Right.OVERRIDE_HARD} - {right}
    elsewhere = somebody(right, reach=Reach(branches=frozenset({101})))
    assert forbidden_to(somebody(right), named) == forbidden_to(both, named) == ()
    for nobody in (somebody(), somebody(other), elsewhere):
        assert forbidden_to(nobody, named) == (Forbidden(reason, right),)
    assert left == []


@each("reason", list(Reason), str)
def test_who_is_unknown_or_has_not_shown_who_they_are_is_never_passed_over(reason: Reason) -> None:
    is_about_identity = reason.name.startswith("PIN_") or reason.name.endswith("_UNKNOWN")
    has_it = reason in {Reason.ON_LOAN_TO_ANOTHER, Reason.ALREADY_ON_LOAN_TO_PATRON}
    leaves_no_way = reason is Reason.NO_LOAN_POLICY
    assert not ((is_about_identity or has_it or leaves_no_way) and overriding_right(reason))


def test_whoever_passes_over_a_reason_says_why() -> None:
    with pytest.raises(ValueError, match="why"):
        forbidden_to(somebody(), Override(frozenset({Reason.TOO_MANY_LOANS}), " "))
    assert forbidden_to(somebody(), NO_OVERRIDE) == ()
