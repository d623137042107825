"""What a person, a program or a partner may do, and with whose patrons and items.

Rights are a closed list. A role is a named set of them (`[roles]` in library.toml); somebody has
a role at a branch, at an agency or everywhere, and a limit on what they may waive. All of it comes
together in a `Principal`: who it is that asks. The server asks `Principal.may` before it does
anything, and answers say what the caller may do next, so that no page offers what would be refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from circulation.kernel.reasons import Reason
from circulation.kernel.results import Desk


class Right(Enum):
    """One thing that somebody may do. The value is what roles and tokens name."""

    def __new__(cls, value: str, about: str) -> Right:
        right = object.__new__(cls)
        right._value_ = value
        right.about = about
        return right

    about: str

    LEND = "lend", "lend, renew, take returns; place, change and cancel holds"
    VIEW_PATRONS = "patrons.view", "find and open patrons, with their loans, holds and charges"
    EDIT_PATRONS = "patrons.edit", "register and change patrons: blocks, cards, guardians, consents"
    VIEW_HISTORY = "patrons.history", "see loans that are over, where a patron keeps them"
    VIEW_PROTECTED_ADDRESSES = "patrons.protected-addresses", "see addresses that are protected"
    ERASE_PATRONS = "patrons.erase", "erase a patron"
    TAKE_FEES = "fees.take", "charge, and take payments"
    WAIVE_FEES = "fees.waive", "waive what is owed, up to a limit of their own"
    REVERSE_FEES = "fees.reverse", "take back payments and waivers"
    OVERRIDE_SOFT = "override.soft", "pass over refusals that are a matter of how much"
    OVERRIDE_HARD = "override.hard", "pass over refusals that concern somebody else, or a rule"
    BACKDATE = "backdate", "say that a return was made earlier"
    REORDER_HOLDS = "holds.reorder", "put a hold elsewhere in its queue"
    CHANGE_ITEMS = "items.change", "change an item: state, price, place, withdrawal"
    CHANGE_MANY_ITEMS = "items.batch", "change many items at once"
    USE_LISTS = "lists", "work by lists: pick list, hold shelf, conflicts, claims"
    EDIT_CATALOGUE = "catalogue.edit", "change records; accession and receiving"
    BOOK = "bookings", "book class sets; deposits and themes"
    VIEW_NOTICES = "notices.view", "see what patrons were told"
    SEND_NOTICES = "notices.send", "write to patrons, send again, release what waits"
    VIEW_REPORTS = "reports", "see statistics, and lists without persons"
    VIEW_RULES = "rules.view", "see rules, and which of them decides"
    EDIT_RULES = "rules.edit", "change library.toml, calendars and closures"
    RUN_JOBS = "jobs", "run the daily jobs"
    OPERATE = "operations", "see machines, partners, events, and what goes wrong"
    VIEW_LOOKUPS = "lookups.view", "see who has looked at whom"
    ADMINISTER_STAFF = "staff.administer", "look after accounts, roles, workstations and tokens"


class Kind(Enum):
    """What asks. The value begins the name under which it stands in events and in logs."""

    STAFF = "staff"
    PATRON = "patron"
    PROGRAM = "program"  # a bot or a web site, with a token of its own
    COMMAND = "command"  # somebody with a shell on the server
    TERMINAL = "terminal"  # a machine with an account of its own, over SIP2
    PARTNER = "partner"  # another library, or a web site, over NCIP


@dataclass(frozen=True, slots=True)
class Reach:
    """Where a right holds: everywhere, or at the agencies and branches with these ids.

    `limit` bounds what may be waived at once, in minor units of the currency; None is no bound.
    """

    everywhere: bool = False
    agencies: frozenset[int] = frozenset()
    branches: frozenset[int] = frozenset()
    limit: int | None = None

    def covers(self, agency_id: int | None = None, branch_id: int | None = None) -> bool:
        """Does it hold there? Without either: does it hold anywhere at all?"""
        if self.everywhere or (agency_id is None and branch_id is None):
            return True
        return agency_id in self.agencies or branch_id in self.branches


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks, and what they may do.

    `name` is what events, logs and other staff are shown: ``anna``. `id` is that of the staff
    account, the patron or the token; None for the command line. `agency_id` and `branch_id` say
    where they work (a patron: where they belong). `device` is the workstation or the program.
    `grants` has the rights that they have at all.
    """

    kind: Kind
    id: int | None
    name: str
    agency_id: int
    branch_id: int
    device: str = ""
    grants: Mapping[Right, Reach] = field(default_factory=dict)

    def may(self, right: Right, agency_id: int | None = None, branch_id: int | None = None) -> bool:
        """Have they that right there? Without a place: anywhere at all?"""
        reach = self.grants.get(right)
        return reach is not None and reach.covers(agency_id, branch_id)

    def limit(self, right: Right) -> int | None:
        """The most that they may do by that right at once; None is no bound."""
        reach = self.grants.get(right)
        return 0 if reach is None else reach.limit

    @property
    def desk(self) -> Desk:
        """Where what they do is done, for the verbs and their events."""
        return Desk(self.name, self.device, self.agency_id, self.branch_id)


def at_command_line(name: str, device: str) -> Principal:
    """Somebody with a shell on the server: there is nothing that they could not do anyway."""
    return Principal(Kind.COMMAND, None, name, 0, 0, device, EVERYTHING)


#: Every right, everywhere.
EVERYTHING: Final = {right: Reach(everywhere=True) for right in Right}

#: Reasons that those may pass over who have `Right.OVERRIDE_SOFT`: a matter of how much.
SOFT = frozenset(
    {
        Reason.PATRON_EXPIRED,
        Reason.TOO_MANY_LOANS,
        Reason.TOO_MANY_LOANS_IN_GROUP,
        Reason.MAX_RENEWALS_REACHED,
        Reason.RENEWAL_WINDOW_NOT_OPEN,
        Reason.ITEM_NOT_AT_HAND,
        Reason.OVERDUE_NOT_RENEWABLE,
        Reason.WANTED_BY_ANOTHER,
        Reason.TOO_MANY_HOLDS,
    }
)
#: Those that need `Right.OVERRIDE_HARD`: somebody else is concerned, or the house said no.
HARD = frozenset(
    {
        Reason.PATRON_BLOCKED,
        Reason.CARD_REPORTED_LOST,
        Reason.CARD_NOT_VALID,
        Reason.ITEM_NOT_LOANABLE,
        Reason.ON_SITE_ONLY,
        Reason.ON_HOLD_FOR_ANOTHER,
        Reason.LOAN_RECALLED,
        Reason.LOAN_SUSPENDED,
        Reason.ITEM_CLAIMED_RETURNED,
        Reason.ITEM_LOST,
        Reason.BOOKED,
        Reason.ON_DISPLAY,
        Reason.NOT_HOLDABLE,
    }
)


def overriding_right(reason: Reason) -> Right | None:
    """The right that it takes to pass over the reason; None where nobody may."""
    if reason in SOFT:
        return Right.OVERRIDE_SOFT
    return Right.OVERRIDE_HARD if reason in HARD else None
