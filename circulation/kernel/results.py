"""What the verbs of circulation answer: frozen facts, ready to be shown by any protocol.

Nouns (`Branch`, `Item`, `Patron`, `Loan`) are named tuples; the results around them are frozen
dataclasses. All times are aware and in UTC; protocols show them in that of `Branch.timezone`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import NamedTuple

from circulation.kernel.clientele import EVERYBODY, Clientele
from circulation.kernel.reasons import Action, BlockReason, IdentifierBlock, Reason

# Nouns

#: Of a branch whose agency has said nothing else.
DEFAULT_TIMEZONE = "Europe/Copenhagen"


class Desk(NamedTuple):
    """Where and by whom a verb is done: a terminal of a branch, a partner, a staff client.

    `actor` is the login (SIP2 account, NCIP partner, staff member) and `device` the machine; both
    go into the event. `clientele` says who must give a PIN. See
    `circulation.kernel.organisation.desk_at`.

    `follows`: another system has decided on what is done here, charges for it and tells people, but
    for branches that have come over from it (`.elsewhere`). It is written down, and nothing else.
    `scanned_by`: the colleague who made the scan that the actor has sent. `is_machine`: no staff
    are there to ask.
    """

    actor: str
    device: str
    agency_id: int
    branch_id: int
    clientele: Clientele = EVERYBODY
    follows: bool = False
    scanned_by: str = ""
    is_machine: bool = False

    @property
    def machine(self) -> str:
        """The device without the port of its present connection, which changes with each."""
        host, separator, port = self.device.rpartition(":")
        return host if separator and port.isdecimal() else self.device


#: The desk of what is done at none: daily jobs, and commands that concern no branch.
UNATTENDED = Desk("", "", 0, 0)


class Branch(NamedTuple):
    """A branch and what is often needed of its agency."""

    id: int
    isil: str
    name: str
    agency_id: int
    agency_isil: str
    agency_name: str
    timezone: str  # of the agency, as in ``Europe/Copenhagen``


class Item(NamedTuple):
    """A copy and the title it belongs to. `price` is in minor units of `currency`."""

    id: int
    barcode: str
    record_id: int
    title: str
    author: str
    material_group: str
    department: str
    location: str
    sublocation: str
    call_number: str
    price: int | None
    currency: str | None
    home_branch: Branch
    section: str = ""

    @property
    def placement(self) -> tuple[str, ...]:
        """The codes of its place within the branch, the widest first, without empty levels."""
        levels = (self.department, self.location, self.sublocation, self.section)
        return tuple(code for code in levels if code)


class Patron(NamedTuple):
    """The patron whom an answer is about. `identifier` is the one the caller gave.

    `card` is the newest that may be used; None where there is none, or that identifier is blocked.
    """

    id: int
    identifier: str
    name: str
    category: str
    language: str  # BCP 47, as in ``da``
    agency_id: int
    card: str | None


class Loan(NamedTuple):
    """A loan as it stands after the verb (or, in a refusal, as it stood)."""

    id: int
    checked_out: datetime
    due: datetime
    renewals: int


class LoanMark(Enum):
    """What is said of an open loan. The value is what `loans.mark` holds."""

    CLAIMED_RETURNED = "claimed_returned"
    LOST = "lost"


# Refusals


class DebtElsewhere(NamedTuple):
    """The amount that a patron owes to one agency in one currency, in minor units."""

    agency_isil: str
    agency_name: str
    amount: int
    currency: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason, with the fact behind it where there is one."""

    reason: Reason
    block: BlockReason | None = None  # of PATRON_BLOCKED
    # Of TOO_MANY_LOANS, TOO_MANY_LOANS_IN_GROUP, TOO_MANY_HOLDS, MAX_RENEWALS_REACHED, and of
    # DATE_TOO_OLD the days:
    limit: int | None = None
    opens: datetime | None = None  # of RENEWAL_WINDOW_NOT_OPEN: when renewing will be possible
    # Of FEE_NOT_ACKNOWLEDGED the price, of AMOUNT_ABOVE_LIMIT the limit, else what would be taken.
    amount: int | None = None
    currency: str | None = None
    debts: tuple[DebtElsewhere, ...] = ()  # of OWED_ELSEWHERE: where to pay, and how much


@dataclass(frozen=True, slots=True)
class Refused:
    """The verb changed nothing; `refusals` holds all reasons, the weightiest first.

    `item` is given where the item is known. `patron` is given where the patron is known and the
    PIN, if one was asked for, was right: a wrong PIN gives nothing away. `loan` is the open loan
    of the item, where it belongs to this patron.
    """

    refusals: tuple[Refusal, ...]
    item: Item | None = None
    patron: Patron | None = None
    loan: Loan | None = None

    @property
    def reasons(self) -> tuple[Reason, ...]:
        return tuple(refusal.reason for refusal in self.refusals)


class ChargedFee(NamedTuple):
    """What a verb has charged: `amount` minor units more than was charged before.

    `kind` is a value of `circulation.ledger.money.ChargeKind`.
    """

    charge_id: int
    kind: str
    amount: int
    currency: str


# Answers of the verbs


class CheckedOut(NamedTuple):
    """The item is on loan to the patron until `loan.due`.

    `overridden` is not empty only where the caller demanded the loan (no block): the refusals
    that would have stopped it otherwise.
    """

    item: Item
    patron: Patron
    loan: Loan
    may_renew: bool  # will a renewal be possible at all by the rules (the count allows one)
    overridden: tuple[Refusal, ...] = ()
    charged: tuple[ChargedFee, ...] = ()


@dataclass(frozen=True, slots=True)
class Renewed:
    """The loan now ends at `loan.due`; `previous_due` is when it would have ended."""

    item: Item
    patron: Patron
    loan: Loan
    previous_due: datetime
    may_renew: bool
    overridden: tuple[Refusal, ...] = ()
    charged: tuple[ChargedFee, ...] = ()  # for being late until now, and for the renewal


@dataclass(frozen=True, slots=True)
class RenewedAll:
    """All open loans of the patron, in order of due date: those renewed, those refused."""

    patron: Patron
    renewed: tuple[Renewed, ...]
    refused: tuple[Refused, ...]


class Destination(Enum):
    """Where an item goes after check-in: always exactly one, and it is always said."""

    SHELF_HERE = "to the shelf of this branch"
    FLOAT_HERE = "to the shelf of this branch, where it belongs from now on"
    TRANSIT_HOME = "in transit to its home branch"
    HOLD_SHELF_HERE = "to the hold shelf of this branch"
    TRANSIT_TO_PICKUP = "in transit to the branch where somebody waits for it"
    PROBLEM_BIN = "to the staff: it cannot be sent where it belongs"


@dataclass(frozen=True, slots=True)
class HeldFor:
    """The hold that an item handed in goes to.

    `is_bound` False: the machine does not bind items to holds, and it is only sent that way.
    `number` and `deadline` are given once it is on the hold shelf; `is_news` tells that it is put
    there now, which is when the patron is told. `waits_until`: the pickup branch is closed in an
    emergency, and the item stays where it is until that day.
    """

    hold_id: int
    patron_id: int
    patron_name: str
    patron_agency_id: int
    pickup_branch: Branch
    is_bound: bool
    number: int | None = None
    deadline: datetime | None = None
    is_news: bool = False
    waits_until: date | None = None


class StayKind(Enum):
    """What sends an item elsewhere for a while."""

    BOOKING = "booking"
    DEPOSIT = "deposit"
    THEME = "theme"


class Stay(NamedTuple):
    """Where an item is to be for a while, other than at home.

    `id` is the number of the booking, deposit or theme and `name` what it is called, empty for a
    booking. `place` is a shelf there, or a place outside of the branch; `until` is the last day,
    where that is known. `loan_days`: None lends it as ever, 0 not at all, else for so many days.
    `is_over`: it is to go home.
    """

    kind: StayKind
    id: int
    name: str
    branch: Branch
    place: str
    seen_branch: Branch  # where it was last
    until: date | None
    loan_days: int | None
    is_over: bool


class Borrower(NamedTuple):
    """Whose loan a check-in ended. `identifier` is their card, None where they have none valid."""

    patron_id: int
    identifier: str | None
    name: str
    agency_id: int


class CheckedIn(NamedTuple):
    """The item was handed in.

    `was_on_loan` is False where no loan was open: a normal outcome, that still has a destination.
    `to_branch` is where it goes: this branch, but for TRANSIT_HOME and TRANSIT_TO_PICKUP.
    `held_for` is the hold that it goes to, for HOLD_SHELF_HERE and TRANSIT_TO_PICKUP.
    """

    item: Item
    destination: Destination
    to_branch: Branch
    was_on_loan: bool
    borrower: Borrower | None
    loan: Loan | None  # the loan just ended
    was_overdue: bool
    held_for: HeldFor | None = None
    # It was claimed returned, or lost, until now: the claim was right, the lost thing is found.
    was_marked: LoanMark | None = None
    # Of a terminal that sorts: the bin, and the number of the rule that names it.
    sort_bin: str | None = None
    sort_rule: int | None = None
    charged: tuple[ChargedFee, ...] = ()  # the borrower, for being late
    stay: Stay | None = None  # a booking, deposit or theme that decides where its shelf is
    # The return was dated before the loan, and is recorded at the time of the loan.
    is_before_loan: bool = False
    # It was reported late: the item has been returned or lent again since, and stays there.
    is_past: bool = False


# Answers of the look-ups


@dataclass(frozen=True, slots=True)
class Block:
    """`agency_id` and `agency_isil` say whose it is; None where it concerns all agencies. `ends` is
    the day on which it is lifted; None: until staff lift it."""

    reason: BlockReason
    since: datetime
    message: str
    agency_id: int | None = None
    agency_isil: str | None = None
    ends: date | None = None


class PatronStatus(NamedTuple):
    """Everything SIP2 24/64 and NCIP LookupUserResponse say about a patron, money apart.

    Where the patron's address `is_protected`, there is no `email` and no `phone` here: whoever may
    see them reads `circulation.patrons.changes.patron_fields`.
    `blocks` are those that concern the agency that asks, at the command line all of them. `denied`
    is what the patron may not do there now, from blocks, expiry and the identifier used; for the
    command line, at the patron's own agency.
    `loans` and `overdue` count what others have lent onward to the patron, too; `onward_loans` are
    those alone. `max_loans` is the general limit for the patron's own at their home branch, None
    where there is none. `recalled` counts loans that somebody waits for, `holds_ready` the `holds`
    for which an item lies ready. Without `has_account` the patron has never owed anything.
    """

    patron: Patron
    given_name: str
    family_name: str
    birth_date: date | None
    email: str
    phone: str
    home_branch: Branch
    expires: date | None
    is_expired: bool
    note: str
    has_pin: bool
    identifier_kind: str
    identifier_blocked: IdentifierBlock | None
    blocks: tuple[Block, ...]
    denied: frozenset[Action]
    loans: int
    overdue: int
    max_loans: int | None
    onward_loans: int = 0
    recalled: int = 0
    has_account: bool = True
    holds: int = 0
    holds_ready: int = 0
    is_protected: bool = False

    @property
    def has_too_many_loans(self) -> bool:
        own = self.loans - self.onward_loans
        return self.max_loans is not None and own >= self.max_loans

    @property
    def is_card_reported_lost(self) -> bool:
        if self.identifier_blocked in (IdentifierBlock.LOST, IdentifierBlock.STOLEN):
            return True
        return BlockReason.CARD_STOLEN in [block.reason for block in self.blocks]


class ItemState(Enum):
    """What the item is doing; computed, never stored."""

    AVAILABLE = "available"
    ON_LOAN = "on loan"
    IN_TRANSIT = "in transit"
    CLAIMED_RETURNED = "on loan, and the patron says that it was returned"
    LOST = "on loan, and lost"
    MISSING = "not to be found"
    ON_HOLD_SHELF = "on the hold shelf"  # or set aside for a booking
    GOES_BACK = "to go back to the library that it was borrowed from"


class CirculationStatus(NamedTuple):
    """An item and its state: SIP2 18, NCIP LookupItemResponse, OPAC holdings.

    `loan` and `borrower` are given for ON_LOAN, CLAIMED_RETURNED and LOST, `to_branch` for
    IN_TRANSIT, `since` for IN_TRANSIT and MISSING, `stay` where the item is not to be at home now.
    `recalled` is when a loan was recalled, `properties` what machines wrote down of the item.
    `open_holds` counts those on the title. `not_for_loan` says why the item is not lent, whatever
    the rules are. Callers decide who may see the borrower.
    """

    item: Item
    state: ItemState
    loan: Loan | None = None
    borrower: Borrower | None = None
    is_overdue: bool = False
    to_branch: Branch | None = None
    since: datetime | None = None
    open_holds: int = 0
    stay: Stay | None = None
    recalled: datetime | None = None
    properties: str | None = None
    not_for_loan: str = ""
