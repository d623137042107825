"""What many answers are made of.

Answers are plain dataclasses: nothing checks them as they leave, but mypy before and the tests.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from circulation.kernel.results import Branch as KnownBranch
from circulation.kernel.results import ChargedFee
from circulation.kernel.results import Item as KnownItem
from circulation.kernel.results import Loan as KnownLoan


@dataclass(frozen=True, slots=True)
class Money:
    """`amount` is in minor units of the currency (ISO 4217): øre, cents."""

    amount: int
    currency: str


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch by its ISIL, and its agency's."""

    isil: str
    name: str
    agency: str


@dataclass(frozen=True, slots=True)
class Coded:
    """Something of the set-up, by its code and what people call it."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Fee:
    """What was charged by this act, more than was charged before."""

    charge: str
    kind: str
    amount: Money


def money(amount: int | None, currency: str | None) -> Money | None:
    return None if amount is None or currency is None else Money(amount, currency)


def branch_shown(branch: KnownBranch) -> Branch:
    return Branch(branch.isil, branch.name, branch.agency_isil)


def fees_shown(charged: Sequence[ChargedFee]) -> tuple[Fee, ...]:
    return tuple(
        Fee(str(each.charge_id), each.kind, Money(each.amount, each.currency)) for each in charged
    )


@dataclass(frozen=True, slots=True)
class Item:
    """A copy: `barcode` is what it is named by, `title_id` the title that it belongs to."""

    barcode: str
    title_id: str
    title: str
    author: str
    material_group: str
    call_number: str
    placement: tuple[str, ...]
    home_branch: Branch


@dataclass(frozen=True, slots=True)
class Patron:
    """A patron as answers name them."""

    id: str
    name: str
    card: str | None


@dataclass(frozen=True, slots=True)
class Loan:
    """A loan as it stands."""

    id: str
    checked_out: datetime
    due: datetime
    renewals: int


def item_shown(item: KnownItem) -> Item:
    return Item(
        item.barcode,
        str(item.record_id),
        item.title,
        item.author,
        item.material_group,
        item.call_number,
        item.placement,
        branch_shown(item.home_branch),
    )


def loan_shown(loan: KnownLoan) -> Loan:
    return Loan(str(loan.id), loan.checked_out, loan.due, loan.renewals)
