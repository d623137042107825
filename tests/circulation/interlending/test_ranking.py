"""Who is asked first, and why."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from pydantic import ValidationError

from circulation.interlending.ranking import Asking, Availability, Candidate, NotAsked, rank
from circulation.interlending.suppliers import SUPPLIER_TERMS, SupplierTerms
from circulation.interlending.terms import CRITERIA, INTERLENDING_TERMS, InterlendingTerms

MONDAY = date(2026, 11, 30)
RULES = InterlendingTerms()


def a_candidate(name: str, **said: Any) -> Candidate:
    known = {each: said.pop(each) for each in ("load", "availability") if each in said}
    return Candidate(name, name.upper(), SUPPLIER_TERMS.validate_python(said), **known)


def order_of(*candidates: Candidate, rules: InterlendingTerms = RULES, **asking: Any) -> list[str]:
    found = rank(candidates, Asking(MONDAY, **asking), rules)
    return [each.partner for each in found if each.position is not None]


@pytest.mark.parametrize(
    ("better", "worse", "decided_by"),
    [
        ({"consortium": True}, {"availability": Availability.ON_SHELF}, "consortium"),
        ({"availability": Availability.ON_SHELF}, {"availability": Availability.HELD}, None),
        (
            {"availability": Availability.UNKNOWN, "load": 9},
            {"availability": Availability.ON_LOAN},
            None,
        ),
        ({"availability": Availability.ON_LOAN}, {"availability": Availability.NOT_HELD}, None),
        ({"load": 1, "days": 9}, {"load": 2}, "load"),
        ({"days": 2, "cost": 500}, {"days": 3}, "days"),
        ({"cost": 100}, {"cost": 101}, "cost"),
        ({"days": 1}, {"closed_days": ["2026-11-30..2026-12-02"]}, "days"),
        ({"days": 1}, {"closed_weekdays": ["mon", "tue"]}, "days"),
        ({}, {}, "name"),
    ],
)
def test_what_decides(
    better: dict[str, Any], worse: dict[str, Any], decided_by: str | None
) -> None:
    one, other = a_candidate("a", **dict(better)), a_candidate("b", **dict(worse))
    first, second = rank([other, one], Asking(MONDAY), RULES)
    assert (first.partner, first.position, first.decided_by) == ("a", 1, "")
    assert (second.partner, second.position) == ("b", 2)
    assert second.decided_by == (decided_by or "availability")


def test_the_rules_name_the_order() -> None:
    cheap, near = a_candidate("cheap", days=9), a_candidate("near", cost=900)
    assert order_of(cheap, near) == ["near", "cheap"]
    by_cost = InterlendingTerms(order=("cost", "days"))
    assert order_of(cheap, near, rules=by_cost) == ["cheap", "near"]


def test_a_catalogue_that_does_not_answer_costs_nothing() -> None:
    silent, unasked = a_candidate("a"), a_candidate("b")
    out = a_candidate("c", availability=Availability.ON_LOAN, consortium=False)
    assert order_of(out, unasked, silent) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("said", "asking", "why"),
    [
        ({}, {"asked": {"x"}}, NotAsked.ASKED_ALREADY),
        ({}, {"only": "y"}, NotAsked.NOT_NAMED),
        ({"closed_for_orders": True}, {}, NotAsked.CLOSED_FOR_ORDERS),
        ({"closed_days": ["01-01..12-31"]}, {}, NotAsked.CLOSED),
        ({"most_open": 2, "load": 2}, {}, NotAsked.BUSY),
    ],
)
def test_who_is_not_asked(said: dict[str, Any], asking: dict[str, Any], why: NotAsked) -> None:
    [found] = rank([a_candidate("x", **dict(said))], Asking(MONDAY, **asking), RULES)
    assert (found.why_not, found.position) == (why, None)


def test_who_is_excluded_by_the_rules() -> None:
    rules = InterlendingTerms(never=("DK-X",))
    [found] = rank([a_candidate("dk-x")], Asking(MONDAY), rules)
    assert found.why_not is NotAsked.EXCLUDED


def test_closed_over_the_new_year_and_around_easter() -> None:
    terms = SupplierTerms(closed_days=("12-24..01-01", "easter-3..easter+1"))
    assert terms.works_from(date(2026, 12, 30)) == 3
    assert terms.works_from(date(2027, 1, 1)) == 1
    assert terms.works_from(date(2027, 1, 2)) == 0
    assert terms.works_from(date(2027, 3, 25)) == 5
    assert SupplierTerms(closed_weekdays=("sat", "sun")).works_from(date(2026, 12, 5)) == 2


@pytest.mark.parametrize(
    "said",
    [
        {"closed_days": ["someday"]},
        {"closed_weekdays": ["Monday"]},
        {"catalogue": "https://example.org"},
        {"catalogue": "sru+https://"},
        {"days": -1},
        {"cost": "free"},
        {"unheard_of": 1},
    ],
)
def test_options_that_cannot_be(said: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SUPPLIER_TERMS.validate_python(said)


@pytest.mark.parametrize("order", [[], ["days", "days"], ["beauty"], "days", ["days", 1]])
def test_an_order_that_cannot_be(order: object) -> None:
    assert INTERLENDING_TERMS.problems({"order": order})


_CANDIDATES = some.lists(
    some.builds(
        lambda name, consortium, days, cost, load, availability, closed: a_candidate(
            name,
            consortium=consortium,
            days=days,
            cost=cost,
            load=load,
            availability=availability,
            closed_for_orders=closed,
        ),
        some.text("abcdefgh", min_size=1, max_size=3),
        some.booleans(),
        some.integers(0, 3),
        some.integers(0, 3),
        some.integers(0, 3),
        some.sampled_from(Availability),
        some.booleans(),
    ),
    unique_by=lambda each: each.partner,
    max_size=8,
)


@given(_CANDIDATES, some.randoms(use_true_random=False), some.permutations(CRITERIA))
def test_the_order_depends_on_nothing_but_what_counts(
    candidates: list[Candidate], chance: Any, order: list[str]
) -> None:
    """Every partner is told of once, in places 1, 2, 3; however they are given; and none stands
    before one that is better by the first criterion on which they differ."""
    rules = InterlendingTerms(order=tuple(order))
    found = rank(candidates, Asking(MONDAY), rules)
    shuffled = list(candidates)
    chance.shuffle(shuffled)
    assert rank(shuffled, Asking(MONDAY), rules) == found
    assert sorted(each.partner for each in found) == sorted(each.partner for each in candidates)
    placed = [each for each in found if each.position is not None]
    assert [each.position for each in placed] == list(range(1, len(placed) + 1))
    weights = {
        "consortium": lambda each: not each.consortium,
        "availability": lambda each: list(Availability).index(each.availability),
        "load": lambda each: each.load,
        "days": lambda each: each.days,
        "cost": lambda each: each.cost,
    }
    keys = [[weights[each](one) for each in order] for one in placed]
    assert keys == sorted(keys)
