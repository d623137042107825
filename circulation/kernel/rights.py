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

from circulation.kernel.results import Desk


class Right(Enum):
    """One thing that somebody may do. The value is what roles and tokens name."""

    LEND = "lend"
    VIEW_PATRONS = "patrons.view"
    EDIT_PATRONS = "patrons.edit"
    VIEW_HISTORY = "patrons.history"
    VIEW_PROTECTED_ADDRESSES = "patrons.protected-addresses"
    ERASE_PATRONS = "patrons.erase"
    TAKE_FEES = "fees.take"
    WAIVE_FEES = "fees.waive"
    REVERSE_FEES = "fees.reverse"
    COLLECT_DEBTS = "fees.collect"
    OVERRIDE_SOFT = "override.soft"
    OVERRIDE_HARD = "override.hard"
    BACKDATE = "backdate"
    REORDER_HOLDS = "holds.reorder"
    CHANGE_ITEMS = "items.change"
    CHANGE_MANY_ITEMS = "items.batch"
    USE_LISTS = "lists"
    EDIT_CATALOGUE = "catalogue.edit"
    EXCHANGE_CATALOGUE = "catalogue.exchange"
    BOOK = "bookings"
    VIEW_NOTICES = "notices.view"
    SEND_NOTICES = "notices.send"
    VIEW_REPORTS = "reports"
    VIEW_RULES = "rules.view"
    EDIT_RULES = "rules.edit"
    RUN_JOBS = "jobs"
    OPERATE = "operations"
    VIEW_LOOKUPS = "lookups.view"
    ADMINISTER_STAFF = "staff.administer"

    @property
    def about(self) -> str:
        """What it lets somebody do, for people."""
        return _ABOUT[self]


_ABOUT: Final = {
    Right.LEND: "lend, renew, take returns; place, change and cancel holds",
    Right.VIEW_PATRONS: "find and open patrons, with their loans, holds and charges",
    Right.EDIT_PATRONS: "register and change patrons: blocks, cards, guardians, consents",
    Right.VIEW_HISTORY: "see loans that are over, where a patron keeps them",
    Right.VIEW_PROTECTED_ADDRESSES: "see addresses that are protected",
    Right.ERASE_PATRONS: "erase a patron",
    Right.TAKE_FEES: "charge, and take payments",
    Right.WAIVE_FEES: "waive what is owed, up to a limit of their own",
    Right.REVERSE_FEES: "take back payments and write-offs, give money back",
    Right.COLLECT_DEBTS: "write the files for the debtor system, and call debts back",
    Right.OVERRIDE_SOFT: "pass over refusals that are a matter of how much",
    Right.OVERRIDE_HARD: "pass over refusals that concern somebody else, or a rule",
    Right.BACKDATE: "say that a return was made earlier, or a loan while the line was down",
    Right.REORDER_HOLDS: "put a hold elsewhere in its queue",
    Right.CHANGE_ITEMS: "change an item: state, price, place, withdrawal",
    Right.CHANGE_MANY_ITEMS: "change many items at once",
    Right.USE_LISTS: "work by lists: pick list, hold shelf, conflicts, claims",
    Right.EDIT_CATALOGUE: "change records; accession and receiving",
    Right.EXCHANGE_CATALOGUE: "see what data wells are told and what is harvested; do it again",
    Right.BOOK: "book class sets; deposits and themes",
    Right.VIEW_NOTICES: "see what patrons were told",
    Right.SEND_NOTICES: "write to patrons, send again, release what waits",
    Right.VIEW_REPORTS: "see statistics, and lists without persons",
    Right.VIEW_RULES: "see rules, and which of them decides",
    Right.EDIT_RULES: "change library.toml, calendars and closures",
    Right.RUN_JOBS: "run the daily jobs",
    Right.OPERATE: "see machines, partners, events, and what goes wrong",
    Right.VIEW_LOOKUPS: "see who has looked at whom",
    Right.ADMINISTER_STAFF: "look after accounts, roles, workstations and tokens",
}


class Kind(Enum):
    """What asks. The value begins the name under which it stands in events and in logs."""

    STAFF = "staff"
    PATRON = "patron"
    PROGRAM = "program"  # a bot or a web site, with a token of its own
    COMMAND = "command"  # somebody with a shell on the server
    TERMINAL = "terminal"  # a machine with an account of its own, over SIP2
    PARTNER = "partner"  # another library, or a web site, over NCIP


#: Callers without a member of staff who could be asked.
MACHINES: Final = frozenset({Kind.PROGRAM, Kind.TERMINAL, Kind.PARTNER})


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
    `grants` has the rights that they have at all. `scanned_by` is the colleague whose scan they
    send on, by their own rights.
    """

    kind: Kind
    id: int | None
    name: str
    agency_id: int
    branch_id: int
    device: str = ""
    grants: Mapping[Right, Reach] = field(default_factory=dict)
    scanned_by: str = ""

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
        return Desk(
            self.name,
            self.device,
            self.agency_id,
            self.branch_id,
            scanned_by=self.scanned_by,
            is_machine=self.kind in MACHINES,
        )


def at_command_line(name: str, device: str) -> Principal:
    """Somebody with a shell on the server: there is nothing that they could not do anyway."""
    return Principal(Kind.COMMAND, None, name, 0, 0, device, EVERYTHING)


#: Every right, everywhere.
EVERYTHING: Final = {right: Reach(everywhere=True) for right in Right}
