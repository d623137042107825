"""Tariffs and rules on money: reading, falling through, coming into force."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from circulation.fees.rules import FEE_RULES, FeeRules, resolve_fees
from circulation.fees.terms import FEE_TERMS, FeeTerms
from circulation.fees.tiers import (
    MOST_DAYS,
    Tier,
    amount_on,
    below,
    exceeding,
    read_tiers,
    tiers_of_text,
    tiers_text,
)
from circulation.kernel.amounts import MAX_AMOUNT_MINOR_UNITS
from circulation.kernel.rules import Case, Rule
from tests.builders.circulation import Library
from tests.builders.fees import ADULT, fee_rule

HERE = Case(1, 10, ("child", "resident"), ("dvd", "av"))
DAY = date(2026, 12, 1)


def row(number: int, **given: Any) -> Rule:
    scope = {name: given.pop(name) for name in Rule._fields[1:-1] if name in given}
    settings = FEE_TERMS.settings
    says = {name: settings[name].loaded(settings[name].stored(given[name])) for name in given}
    return Rule(number, **scope, says=says)


@st.composite
def tariffs(draw: st.DrawFn) -> tuple[Tier, ...]:
    days = sorted(draw(st.sets(st.integers(1, 100), min_size=1, max_size=5)))
    amounts = sorted(draw(st.lists(st.integers(0, 500), min_size=len(days), max_size=len(days))))
    return tuple(Tier(*pair) for pair in zip(days, amounts, strict=True))


@pytest.mark.parametrize(
    "written",
    [
        *(None, [], "1:2", [[1]], [[0, 1]], [[1, -1]], [[1, 2.5]], [[True, 1]], [1, 2]),
        *([[2, 1], [1, 2]], [[1, 2], [2, 1]], [["1", 2]], [[1, 1], [1, 2]], ["12"]),
        *([[MOST_DAYS + 1, 1]], [[1, MAX_AMOUNT_MINOR_UNITS + 1]]),
    ],
)
def test_what_is_no_tariff(written: object) -> None:
    assert read_tiers(written) is None


def test_the_furthest_tariff_there_is() -> None:
    written = [[1, 0], [2, 0], [MOST_DAYS, MAX_AMOUNT_MINOR_UNITS]]
    assert read_tiers(written) == tuple(Tier(*each) for each in written)


@given(tariffs(), tariffs(), st.integers(0, 120))
def test_a_tariff_rises_and_never_passes_its_ceilings(
    tiers: tuple[Tier, ...], ceilings: tuple[Tier, ...], day: int
) -> None:
    assert read_tiers([list(tier) for tier in tiers]) == tiers
    assert tiers_of_text(tiers_text(tiers)) == tiers
    assert amount_on(tiers, day) <= amount_on(tiers, day + 1)
    assert below(tiers, ceilings, day) <= amount_on(ceilings, day)
    assert below(tiers, None, day) == amount_on(tiers, day)
    if exceeding(tiers, ceilings) is None:
        assert below(tiers, ceilings, day) == amount_on(tiers, day)


def test_each_field_comes_from_the_narrowest_row_that_is_in_force() -> None:
    rows = [
        row(1, late_fees="per_occasion", tiers=ADULT, currency="DKK"),
        row(2, agency_id=1, grace_days=2),
        row(3, agency_id=1, patron_category="child", tiers=[[1, 100]]),
        row(4, branch_id=11, grace_days=9),
        row(5, agency_id=1, grace_days=3, valid_from=date(2027, 1, 1)),
    ]
    assert resolve_fees(rows, HERE, DAY) == FeeTerms(
        late_fees="per_occasion", tiers=(Tier(1, 100),), grace_days=2
    )
    assert resolve_fees(rows, HERE, date(2027, 1, 1)).grace_days == 3
    deciding = {
        part.field: part.rule.id
        for part in FEE_RULES.explain(rows, HERE, DAY)
        if part.rule is not None
    }
    assert deciding == {"late_fees": 1, "tiers": 3, "currency": 1, "grace_days": 2}


def test_rules_remember_what_they_said_between_the_days_that_matter() -> None:
    asked = []

    def case(*key: Any) -> Case:
        asked.append(key)
        return HERE

    rules = FeeRules([row(1, rate=1), row(2, rate=2, valid_from=date(2027, 1, 1))])
    days = [DAY, date(2026, 12, 31), date(2027, 1, 1), date(2028, 1, 1)]
    assert [rules.terms(case, (10, "child", "dvd"), day).rate for day in days] == [1, 1, 2, 2]
    assert len(asked) == 2
    assert rules.says == {"rate"}
    assert FeeRules([]).terms(case, (10, "child", "dvd"), DAY) == FeeTerms()


def test_every_field_is_checked() -> None:
    wrong: dict[str, object] = dict.fromkeys(FEE_TERMS.names, object())
    assert set(FEE_TERMS.problems(wrong)) == set(FEE_TERMS.names)
    assert set(FEE_TERMS.problems({"lat_fees": "none"})) == {"lat_fees"}
    assert FEE_TERMS.problems(dict.fromkeys(FEE_TERMS.names)) == {}
    words = {name for name, each in FEE_TERMS.settings.items() if each.words}
    assert set(FEE_TERMS.problems(dict.fromkeys(words, "perhaps"))) == words
    assert FEE_TERMS.problems({"currency": "kr."}).keys() == {"currency"}
    assert FEE_TERMS.problems({"rate": -1, "price_cap": 1}).keys() == {"rate", "price_cap"}


def test_a_rule_replaces_that_of_its_scope_and_date(sqlite_library: Library) -> None:
    library = sqlite_library
    for rate in (1, 2):
        fee_rule(library, rate=rate)
    fee_rule(library, rate=3, valid_from=DAY)
    assert [each.says["rate"] for each in library.read(FEE_RULES.read)] == [2, 3]
    library.write(lambda transaction: FEE_RULES.forget(transaction, valid_from=DAY))
    assert [each.says["rate"] for each in library.read(FEE_RULES.read)] == [2]
    for wrong in ({"rate": "much"}, {"agency_id": 1, "branch_id": 1, "rate": 1}):
        with pytest.raises(ValueError, match=r"rate|agency"):
            library.write(
                lambda transaction, wrong=wrong: FEE_RULES.store(transaction, **wrong)  # type: ignore[misc, arg-type]
            )
