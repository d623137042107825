"""The nouns of what is owed and paid. Amounts are in minor units of a currency (ISO 4217)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any, NamedTuple

from circulation.kernel.results import DebtElsewhere, Patron, Refused

#: Of an agency that has said nothing else.
DEFAULT_CURRENCY = "DKK"
#: Digits after the point, of the currencies that do not have two (ISO 4217).
# fmt: off
EXPONENTS: dict[str, int] = {
    **dict.fromkeys((
        "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND",
        "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}
# fmt: on


def exponent_of(currency: str) -> int:
    """How many digits of an amount in minor units stand after the point."""
    return EXPONENTS.get(currency, 2)


def decimal_of(amount: int, currency: str) -> Decimal:
    """Minor units as a number with all its digits: 20.00."""
    return Decimal(amount).scaleb(-exponent_of(currency))


def decimal_text(amount: int, currency: str) -> str:
    """Minor units as a decimal: ``20.00``."""
    return f"{decimal_of(amount, currency):f}"


def amount_text(amount: int, currency: str) -> str:
    """For people: ``20.00 DKK``."""
    return f"{decimal_text(amount, currency)} {currency}"


def debts_text(debts: Iterable[DebtElsewhere]) -> str:
    """Return the agencies and amounts for people: ``Greve (DK-725300): 20.00 DKK``."""
    return "; ".join(
        f"{each.agency_name} ({each.agency_isil}): {amount_text(each.amount, each.currency)}"
        for each in debts
    )


class ChargeKind(Enum):
    """What a charge is for. The value is what `charges.kind` holds.

    The kinds of SIP2 (CG) and more, so that each protocol can tell its own from them.
    """

    LATE_FEE = "late_fee"
    COMPENSATION = "compensation"  # for what was not returned
    DAMAGE = "damage"  # compensation for what was returned damaged
    PROCESSING = "processing"
    LOAN_FEE = "loan_fee"  # of lending or renewing
    HOLD_FEE = "hold_fee"
    ADMINISTRATIVE = "administrative"  # a new card, a reminder
    SERVICE = "service"  # copies, use of computers
    OTHER = "other"
    CREDIT = "credit"  # paid beforehand: its balance is never positive

    @property
    def is_compensation(self) -> bool:
        """Compensations alone never exclude a patron from borrowing."""
        return self in (ChargeKind.COMPENSATION, ChargeKind.DAMAGE)


class PostingKind(Enum):
    """What one line of the ledger does. The value is what `charge_postings.kind` holds."""

    CREATION = "creation"  # a later one raises the charge, or takes a reduction back
    REDUCTION = "reduction"
    CANCELLATION = "cancellation"  # a reduction to nothing: it should not have been charged
    PAYMENT = "payment"
    PAYMENT_REDUCTION = "payment_reduction"  # the payment failed, or was put to another charge
    REIMBURSEMENT = "reimbursement"  # money given back
    WRITE_OFF = "write_off"  # given up
    WRITE_OFF_REDUCTION = "write_off_reduction"


class Charge(NamedTuple):
    """A charge as it stands: ``balance = amount - paid - written_off`` is owed of it.

    A negative balance is owed to the patron.
    """

    id: int
    patron_id: int | None
    agency_id: int  # to whom it is owed
    branch_id: int  # whose rules made it
    kind: ChargeKind
    currency: str
    amount: int  # after reductions
    paid: int
    written_off: int
    balance: int
    reason: str
    created: datetime


class Posting(NamedTuple):
    """A line of the ledger; `amount` is what it does to the balance, with its sign."""

    id: int
    charge_id: int
    kind: PostingKind
    amount: int
    parent_id: int | None
    payment_id: int | None
    at: datetime
    actor: str
    device: str
    branch_id: int | None
    reason: str


class Balance(NamedTuple):
    """What a patron owes to one agency in one currency, fees and compensations apart."""

    agency_id: int
    currency: str
    fees: int
    compensations: int

    @property
    def total(self) -> int:
        return self.fees + self.compensations


class ChargedLoan(NamedTuple):
    """A loan that made a charge, or a part of it.

    `amount` is what it would cost alone; `facts` is what that was reckoned from: dates, days,
    calendar, and the rules that decided. Loan and item are None once they were cut from the
    patron.
    """

    loan_id: int | None
    item_id: int | None
    barcode: str | None
    title: str | None
    amount: int
    at: datetime
    facts: dict[str, Any]


class ChargeLine(NamedTuple):
    """A line of a patron's list of charges."""

    charge: Charge
    loans: tuple[ChargedLoan, ...]


@dataclass(frozen=True, slots=True)
class PatronCharges:
    """A page of a patron's charges, the oldest first, and how many there are in all.

    `balances` are those of all charges, whatever the page shows. `creditors` are the ISILs of the
    agencies to which anything of it is owed, by id.
    """

    patron: Patron
    total: int
    charges: tuple[ChargeLine, ...]
    balances: tuple[Balance, ...]
    creditors: Mapping[int, str]


class Allocation(NamedTuple):
    """What of a payment went to which charge."""

    charge_id: int
    amount: int


@dataclass(frozen=True, slots=True)
class Paid:
    """A payment was taken. `payment_id` confirms it: the same for every repetition.

    `credit` is what was more than was owed, kept for the patron. `balances` are those after the
    payment, to all agencies, of which `collected` are those that the desk takes payments for.
    `was_repeated` tells that this order id had been paid before: nothing was done.
    `lifted_block`: the patron had been blocked for debt until now.
    """

    payment_id: int
    order_id: str
    patron: Patron
    amount: int
    currency: str
    allocations: tuple[Allocation, ...]
    credit: int
    balances: tuple[Balance, ...]
    collected: frozenset[int]
    was_repeated: bool = False
    lifted_block: bool = False


PaymentResult = Paid | Refused
