"""What patrons owe, and what is done about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from circulation.dunning.acts import DunningAct
from circulation.kernel.amounts import MAX_AMOUNT_MINOR_UNITS
from circulation.ledger.collected import Collected as Taken
from circulation.ledger.money import ChargedLoan as KnownLoan
from circulation.ledger.money import ChargeKind
from protocols.api.models.answers import Money
from protocols.api.models.common import Number, Paging, Request, Why
from protocols.api.models.screen import Owed

MinorUnits = Annotated[int, Field(ge=1, le=MAX_AMOUNT_MINOR_UNITS)]
Currency = Annotated[str, Field(pattern="^[A-Z]{3}$")]


def _owed_for(kind: ChargeKind) -> ChargeKind:
    if kind is ChargeKind.CREDIT:
        raise ValueError("nobody owes a credit: it is what was paid beforehand")
    return kind


Kind = Annotated[ChargeKind, Field(strict=False), AfterValidator(_owed_for)]
#: Postings are read years later: a blank tells nothing.
Reason = Annotated[Why, Field(pattern=r"\S")]
Order = Annotated[
    str,
    Field(
        min_length=1,
        max_length=100,
        description="a number of the caller's own: done once, however often it is repeated",
    ),
]


class ChargePaging(Paging):
    """Which part of the charges; `open` those alone of which something is owed."""

    open: bool = True


class NewPayment(Request):
    """Money that was taken; for these `charges`, or the oldest first. `method` is how."""

    amount: MinorUnits
    currency: Currency
    charges: Annotated[tuple[Number, ...], Field(max_length=100)] = ()
    method: Annotated[str, Field(max_length=100)] = ""
    order: Order | None = None


class DebtorCard(Request):
    """A card, number or login of somebody who wishes to pay."""

    card: Annotated[str, Field(min_length=1, max_length=500)]


class ChargeChange(Request):
    """What is done to a charge, or to `amount` of it: to all there is, where none is said."""

    amount: MinorUnits | None = None
    why: Reason
    order: Order | None = None


class Reversal(Request):
    """Why a payment was none."""

    why: Reason


class NewCharge(Request):
    """A charge by hand."""

    kind: Kind
    amount: MinorUnits
    currency: Currency
    reason: Reason
    order: Order | None = None


class CollectedDays(Request):
    """From the first day to the last, today where none is said."""

    first: date
    last: date | None = None


@dataclass(frozen=True, slots=True)
class ChargedLoan:
    """A loan that made a charge, or a part of it."""

    barcode: str | None
    title: str | None
    amount: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Charge:
    """A charge as it stands; `balance` is owed of it."""

    id: str
    kind: str
    text: str
    agency: str
    currency: str
    amount: int
    paid: int
    written_off: int
    balance: int
    reason: str
    created: datetime
    loans: tuple[ChargedLoan, ...]
    may: tuple[Literal["pay", "waive"], ...]


@dataclass(frozen=True, slots=True)
class PatronCharges:
    """A page of the charges, the oldest first, and how many there are in all. `currency` is the
    one in which the patron pays here, if nothing else is said."""

    total: int
    currency: str
    owed: tuple[Owed, ...]
    charges: tuple[Charge, ...]


@dataclass(frozen=True, slots=True)
class Debtor:
    """A patron who wishes to pay, and what can be paid here, to each agency."""

    id: str
    name: str
    owed: tuple[Owed, ...]


@dataclass(frozen=True, slots=True)
class Allocation:
    """What of a payment went to which charge."""

    charge: str
    amount: int


@dataclass(frozen=True, slots=True)
class Paid:
    """A payment was taken: `credit` was more than was owed. `repeated`: it was taken before, under
    the same number of the caller's own."""

    payment: str
    order: str
    amount: Money
    allocations: tuple[Allocation, ...]
    credit: int
    owed: tuple[Owed, ...]
    lifted_block: bool
    repeated: bool


@dataclass(frozen=True, slots=True)
class ChargeChanged:
    """A charge as it stands now, and what is owed in all. `repeated`: it was done before, under the
    same number of the caller's own."""

    charge: Charge
    owed: tuple[Owed, ...]
    repeated: bool


@dataclass(frozen=True, slots=True)
class Reversed:
    """A payment was undone, or (`reversed` is false) had been before; what is owed now."""

    payment: str
    reversed: bool
    owed: tuple[Owed, ...]


@dataclass(frozen=True, slots=True)
class RuleValue:
    """The value of a term, and the rule that gives it: its scope, null where none does."""

    value: Any
    rule: Any


@dataclass(frozen=True, slots=True)
class LoanReckoned:
    """What a loan would cost alone, and what that was reckoned from: dates, days, calendar, and the
    rules that decided. Facts of money are in minor units."""

    loan: str | None
    barcode: str | None
    title: str | None
    amount: int
    facts: Mapping[str, Any]
    rules: Mapping[str, RuleValue]


@dataclass(frozen=True, slots=True)
class DunningStep:
    """What was done about a loan or a charge. `passed`: a later step came in its place."""

    step: str
    does: str
    day: date
    passed: bool
    loan: str | None
    charge: str | None
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Posting:
    """A line of the ledger; `amount` is what it does to the balance, with its sign. `branch` and
    `agency` are where it was done, perhaps for another agency."""

    id: str
    kind: str
    amount: int
    parent: str | None
    payment: str | None
    at: datetime
    actor: str
    device: str
    branch: str | None
    agency: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class ChargeExplained:
    """Why a charge is what it is. `undone` are loans that do not count any more."""

    charge: Charge
    branch: str
    loans: tuple[LoanReckoned, ...]
    undone: tuple[LoanReckoned, ...]
    steps: tuple[DunningStep, ...]
    postings: tuple[Posting, ...]


@dataclass(frozen=True, slots=True)
class ExpectedLoan:
    """An overdue loan, and what it would cost alone; `days` are those that count as late."""

    barcode: str
    title: str | None
    due: datetime
    days: int
    amount: int


@dataclass(frozen=True, slots=True)
class ExpectedFee:
    """One fee that would be charged, for these loans together."""

    agency: str
    currency: str
    amount: int
    loans: tuple[ExpectedLoan, ...]


@dataclass(frozen=True, slots=True)
class ExpectedFees:
    """What a patron would be charged if everything came back now."""

    fees: tuple[ExpectedFee, ...]


@dataclass(frozen=True, slots=True)
class CollectedForOther:
    """`taken_by` owes this to `owed_to` (ISILs of agencies), less what was taken back."""

    taken_by: str
    owed_to: str
    amount: Money


@dataclass(frozen=True, slots=True)
class CollectedForOthers:
    """What agencies have taken for each other, for them to settle."""

    lines: tuple[CollectedForOther, ...]


def loan_reckoned(loan: KnownLoan) -> LoanReckoned:
    facts = dict(loan.facts)
    terms, rules = facts.pop("terms", {}), facts.pop("rules", {})
    return LoanReckoned(
        None if loan.loan_id is None else str(loan.loan_id),
        loan.barcode,
        loan.title,
        loan.amount,
        facts,
        {name: RuleValue(value, rules.get(name)) for name, value in terms.items()},
    )


def step_shown(act: DunningAct) -> DunningStep:
    return DunningStep(
        act.step,
        act.does.value,
        act.day,
        act.is_passed,
        None if act.loan_id is None else str(act.loan_id),
        None if act.charge_id is None else str(act.charge_id),
        {name: value for name, value in act.facts.items() if name != "step"},
    )


def collected_shown(lines: list[Taken]) -> CollectedForOthers:
    return CollectedForOthers(
        tuple(
            CollectedForOther(each.taken_by, each.owed_to, Money(each.amount, each.currency))
            for each in lines
        )
    )
