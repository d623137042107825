"""The rules on money: rows with a scope, and each field from the narrowest row that sets it.

Rows and scopes are as in `circulation.kernel.policy`; besides, a row may hold from a day on
(`valid_from`), so that next year's tariff can be written before the new year. Of two rows with
one scope the one that came into force later decides, field by field.
All amounts are in minor units.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from catalogue.database import Transaction
from circulation.fees.schema import fee_rules
from circulation.fees.tiers import MOST, Tiers, read_tiers, tiers_of_text, tiers_text
from circulation.kernel.policy import Case, lineage, narrowness
from circulation.kernel.scoped_rows import ScopedRows, check_rule
from circulation.kernel.set_up import SetUp, SetUpPart


class FeeRow(NamedTuple):
    """A rule as it is stored: its scope (None holds for any), then its fields (None says nothing).

    `agency_id` and `branch_id` exclude each other. The fields are those of `FeeTerms`; tariffs
    are texts (see `circulation.fees.tiers`).
    """

    id: int
    agency_id: int | None
    branch_id: int | None
    patron_category: str | None
    material_group: str | None
    valid_from: date | None
    late_fees: str | None
    currency: str | None
    grace_days: int | None
    closed_days: str | None
    calendar: str | None
    rate: int | None
    period: str | None
    cap: int | None
    price_cap: bool | None
    tiers: str | None
    ceilings: str | None
    child_under: int | None
    child_tiers: str | None
    child_ceilings: str | None
    group_date: str | None
    occasion: str | None
    accrues_while_marked: bool | None
    compensation: str | None
    replacement: int | None
    handling: int | None
    bill_fee: str | None
    refund_days: int | None
    loan_fee: int | None
    renewal_fee: int | None
    hold_fee: int | None
    block_threshold: int | None
    block_days: int | None
    block_counts_compensation: bool | None
    partial_payment: bool | None
    overpayment: str | None


@dataclass(frozen=True, slots=True)
class FeeTerms:
    """What the rules say of money for one patron category and material group at one branch.

    * `late_fees`: ``none``; ``per_item``, so much for each item and period; ``per_occasion``, one
      fee for all that was lent together, due together and handed in together (the Danish way);
    * `currency`: ISO 4217, of all amounts;
    * `grace_days`: late days that cost nothing, and are not counted beyond it either;
      `closed_days`: do days on which the branch is closed ``count`` as late, or are they left out
      (``skip``), by the `calendar` of the branch that lent (``lending``), of that where the item
      was handed in (``returning``), or where it belongs (``home``);
    * per item: `rate` for each `period` begun (``hour``, ``day``, ``week``), up to `cap`, and with
      `price_cap` up to the price of the item;
    * per occasion: `tiers` by days late, `child_tiers` for those who were under `child_under`
      years old on the due date; whatever the tariffs, never above `ceilings` (`child_ceilings`);
    * `group_date`: items were lent together that have one date of ``loan``, or one date of the
      last ``renewal`` (or suspension, or loan); `occasion`: they were handed in together on one
      ``day``, or in one ``session`` at one machine;
    * `accrues_while_marked`: are days late counted on after an item was declared lost, or claimed
      returned and found again;
    * `compensation` for what is lost or billed: ``none``; the item's ``price``, or `replacement`
      where it has none; ``fixed``, always `replacement`; and `handling` on top. `bill_fee`: what
      late fee comes with the bill: ``none``, what has ``accrued``, or the ``top`` of the tariff.
      `refund_days`: a compensation that was paid is given back if the item turns up within so
      many days of the payment; None is always;
    * `loan_fee`, `renewal_fee`, `hold_fee`: what lending, renewing, and placing a hold cost;
    * `block_threshold`: who owes as much in fees, was warned in writing `block_days` ago and owes
      it still is blocked; None blocks nobody. `block_counts_compensation` counts compensations
      too, for which Danish law gives no ground by itself;
    * `partial_payment`: may a charge be paid in part; `overpayment`: is more than is owed refused
      (``refuse``) or kept for the patron (``credit``).
    """

    late_fees: str = "none"
    currency: str = "DKK"
    grace_days: int = 0
    closed_days: str = "count"
    calendar: str = "lending"
    rate: int = 0
    period: str = "day"
    cap: int | None = None
    price_cap: bool = False
    tiers: Tiers = ()
    ceilings: Tiers | None = None
    child_under: int | None = None
    child_tiers: Tiers | None = None
    child_ceilings: Tiers | None = None
    group_date: str = "loan"
    occasion: str = "day"
    accrues_while_marked: bool = False
    compensation: str = "none"
    replacement: int = 0
    handling: int = 0
    bill_fee: str = "none"
    refund_days: int | None = None
    loan_fee: int = 0
    renewal_fee: int = 0
    hold_fee: int = 0
    block_threshold: int | None = None
    block_days: int = 7
    block_counts_compensation: bool = False
    partial_payment: bool = True
    overpayment: str = "refuse"


FIELDS = FeeRow._fields[6:]
SCOPE = FeeRow._fields[1:6]
#: The fields that hold tariffs.
TARIFFS = ("tiers", "ceilings", "child_tiers", "child_ceilings")
_DEFAULTS = FeeTerms()

#: What the fields with a closed list of words may say.
WORDS: dict[str, tuple[str, ...]] = {
    "late_fees": ("none", "per_item", "per_occasion"),
    "closed_days": ("count", "skip"),
    "calendar": ("lending", "returning", "home"),
    "period": ("hour", "day", "week"),
    "group_date": ("loan", "renewal"),
    "occasion": ("day", "session"),
    "compensation": ("none", "price", "fixed"),
    "bill_fee": ("none", "accrued", "top"),
    "overpayment": ("refuse", "credit"),
}
_SPANS = {"grace_days": 365, "child_under": 120, "refund_days": 3_650, "block_days": 365}
_FLAGS = ("price_cap", "accrues_while_marked", "block_counts_compensation", "partial_payment")


def fee_rule_problems(terms: Mapping[str, object]) -> dict[str, str]:
    """What is wrong with the fields of a rule: a sentence for each field at fault.

    Tariffs are pairs here (see `circulation.fees.tiers.read_tiers`).
    """
    problems = {}
    for name, value in terms.items():
        if name not in FIELDS:
            problems[name] = f"{name}: rules on fees have no such field"
        elif value is not None and (problem := _problem(name, value)):
            problems[name] = problem
    return problems


def _problem(name: str, value: object) -> str | None:
    if name in WORDS:
        words = WORDS[name]
        return None if value in words else f"{name} is {' or '.join(words)}, not {value!r}"
    if name in TARIFFS:
        if read_tiers(value) is None:
            return f"{name} is pairs of a day and an amount, both rising: [[1, 2000], [8, 12000]]"
        return None
    if name == "currency":
        is_code = isinstance(value, str) and len(value) == 3 and value.isascii() and value.isupper()
        return None if is_code else f"currency is a code of three letters, DKK, not {value!r}"
    if name in _FLAGS:
        return None if type(value) is bool else f"{name} must be true or false, not {value!r}"
    most = _SPANS.get(name, MOST)
    if type(value) is not int or not 0 <= value <= most:
        return f"{name} is a whole number from 0 to {most}, not {value!r}"
    return None


def stored_value(name: str, value: Any) -> Any:
    """A field as its column holds it."""
    return tiers_text(value) if name in TARIFFS and value is not None else value


def said_value(name: str, value: Any) -> Any:
    """A field as a rule says it, from its column: tariffs as pairs."""
    if name in TARIFFS and value is not None:
        return [list(tier) for tier in tiers_of_text(value)]
    return value


@dataclass(frozen=True, slots=True)
class ExplainedFee:
    """One field, its value, and the row that decided; None where the built-in default did."""

    field: str
    value: Any
    row: FeeRow | None


def explain_fees(rows: Iterable[FeeRow], case: Case, day: date) -> list[ExplainedFee]:
    """Each field of `FeeTerms` on that day with the row that decides it."""
    fitting = [
        (fit, row.valid_from or date.min, row)
        for row in rows
        if (row.valid_from is None or row.valid_from <= day)
        and (fit := narrowness(row, case)) is not None
    ]
    fitting.sort(key=lambda found: found[2].id)
    fitting.sort(key=lambda found: found[:2], reverse=True)
    explained = []
    for name in FIELDS:
        deciding = next((row for *_, row in fitting if getattr(row, name) is not None), None)
        if deciding is None:
            value = getattr(_DEFAULTS, name)
        else:
            value = getattr(deciding, name)
            value = tiers_of_text(value) if name in TARIFFS else value
        explained.append(ExplainedFee(name, value, deciding))
    return explained


def resolve_fees(rows: Iterable[FeeRow], case: Case, day: date) -> FeeTerms:
    """What the rules say on that day; see `explain_fees` for why."""
    return FeeTerms(**{part.field: part.value for part in explain_fees(rows, case, day)})


#: What rules on money are remembered for: branch x category x material group, so many at most.
_TERMS_KEPT = 20_000


class FeeRules:
    """All rules on money of one set-up. Never changed, but for what it remembers.

    `says` holds the fields that any row sets: a verb that costs nothing anywhere asks no further.
    """

    __slots__ = ("_starts", "_terms", "rows", "says")

    def __init__(self, rows: Iterable[FeeRow]) -> None:
        self.rows = tuple(rows)
        self.says = frozenset(
            name for name in FIELDS if any(getattr(row, name) is not None for row in self.rows)
        )
        self._starts = sorted({row.valid_from for row in self.rows if row.valid_from is not None})
        self._terms: dict[tuple[int, str, str, int], FeeTerms] = {}

    def terms(
        self, case: Callable[[int, str, str], Case], key: tuple[int, str, str], day: date
    ) -> FeeTerms:
        """What the rules say of the branch, category and group of the key; `case` is asked of it
        where that is not known yet."""
        if not self.rows:
            return _DEFAULTS
        # Between two days on which rules come into force nothing changes.
        known = (*key, bisect_right(self._starts, day))
        terms = self._terms.get(known)
        if terms is None:
            if len(self._terms) >= _TERMS_KEPT:
                self._terms.clear()
            terms = self._terms[known] = resolve_fees(self.rows, case(*key), day)
        return terms


_rows = ScopedRows(fee_rules, FeeRow, SCOPE)
read_fee_rules = _rows.read


def store_fee_rule(
    transaction: Transaction,
    *,
    agency_id: int | None = None,
    branch_id: int | None = None,
    patron_category: str | None = None,
    material_group: str | None = None,
    valid_from: date | None = None,
    **terms: Any,
) -> int:
    """Stores the rule of one scope, in place of what that scope had; gives the row's id.

    `terms` are fields of `circulation.fees.rules.FeeTerms`, tariffs as pairs. Raises ValueError
    with all that is wrong with them. Needs `circulation.kernel.set_up.set_up_changed` afterwards.
    """
    scope = (agency_id, branch_id, patron_category, material_group, valid_from)
    check_rule(fee_rule_problems(terms), agency_id, branch_id)
    values = [stored_value(name, terms.get(name)) for name in FIELDS]
    return _rows.store(transaction, scope, values)


def forget_fee_rule(
    transaction: Transaction,
    *,
    agency_id: int | None = None,
    branch_id: int | None = None,
    patron_category: str | None = None,
    material_group: str | None = None,
    valid_from: date | None = None,
) -> None:
    """Removes the rule of one scope, where there is one; see `store_fee_rule`."""
    scope = (agency_id, branch_id, patron_category, material_group, valid_from)
    _rows.forget(transaction, scope)


FEES = SetUpPart("fees", lambda transaction: FeeRules(read_fee_rules(transaction)))


def fee_terms(
    set_up: SetUp, branch_id: int, patron_category: str, material_group: str, day: date
) -> FeeTerms:
    """What the rules on money say on that day, remembered."""
    key = (branch_id, patron_category, material_group)
    return FEES.of(set_up).terms(set_up.case, key, day)


def agency_fee_terms(set_up: SetUp, agency_id: int, patron_category: str, day: date) -> FeeTerms:
    """What the rules on money say of the agency as a whole: payments, blocks for debt."""

    def case(key: int, patron_category: str, material_group: str) -> Case:
        return Case(-key, 0, lineage(set_up.categories, patron_category), (material_group,))

    # Its key is negative, so that it is not taken for a branch.
    return FEES.of(set_up).terms(case, (-agency_id, patron_category, ""), day)
