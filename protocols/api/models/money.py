"""What patrons owe, and what is done about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from circulation.ledger.money import ChargeKind
from protocols.api.models.common import Money, Number, Paging, Request, Why
from protocols.api.models.patrons import Owed

MinorUnits = Annotated[int, Field(ge=1, le=10**9)]
Currency = Annotated[str, Field(pattern="^[A-Z]{3}$")]
Kind = Annotated[ChargeKind, Field(strict=False)]


class ChargePaging(Paging):
    """Which part of the charges; `open` those alone of which something is owed."""

    open: bool = True


class NewPayment(Request):
    """Money that was taken; for these `charges`, or the oldest first. `method` is how."""

    amount: MinorUnits
    currency: Currency
    charges: Annotated[tuple[Number, ...], Field(max_length=100)] = ()
    method: Annotated[str, Field(max_length=100)] = ""


class NewWaiver(Request):
    """What is given up of a charge: all that is owed of it, where no amount is said."""

    charge: Number
    amount: MinorUnits | None = None
    why: Why


class Reversal(Request):
    """A payment that was none: what it paid is owed again."""

    payment: Number
    why: Why


class NewCharge(Request):
    """A charge by hand."""

    kind: Kind
    amount: MinorUnits
    currency: Currency
    reason: Why


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
    """A page of the charges, the oldest first, and how many there are in all."""

    total: int
    owed: tuple[Owed, ...]
    charges: tuple[Charge, ...]


@dataclass(frozen=True, slots=True)
class Allocation:
    """What of a payment went to which charge."""

    charge: str
    amount: int


@dataclass(frozen=True, slots=True)
class Paid:
    """A payment was taken: `credit` was more than was owed."""

    payment: str
    amount: Money
    allocations: tuple[Allocation, ...]
    credit: int
    owed: tuple[Owed, ...]
    lifted_block: bool


@dataclass(frozen=True, slots=True)
class Settled:
    """What is owed now."""

    owed: tuple[Owed, ...]
