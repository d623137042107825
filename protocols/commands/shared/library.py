"""What most commands share: the library they work on, and how they say what they found."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import ParamSpec, TypeVar

import click

import circulation.assembly  # noqa: F401  the features join before anything is done
from catalogue.database import Database, DatabaseUnavailable, Transaction
from circulation.kernel.act import Act
from circulation.kernel.engine import Circulation
from circulation.kernel.leases import Lease
from circulation.kernel.organisation import desk_at
from circulation.kernel.results import UNATTENDED, Desk
from circulation.kernel.rights import Principal, at_command_line
from circulation.kernel.set_up import all_branches
from circulation.patrons.identifiers import IDENTIFIERS, find_patron
from circulation.patrons.pins import PINS, VerificationNeeded
from circulation.staff.lookups import Seen, looked_at, note_lookups
from protocols.api.unknown import no_branch
from protocols.commands.shared.databases import open_configured
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.wording import remember_zones

P = ParamSpec("P")
T = TypeVar("T")

#: The device that events of the command line name.
DEVICE = "command line"


@dataclass
class Library:
    """The database and the engine of the configuration, and who is working with them.

    `command` is what the log of look-ups calls the command: ``tiro patron show``.
    """

    database: Database
    circulation: Circulation
    now: datetime
    actor: str
    command: str
    _looked_at: set[tuple[int | None, Seen]] = field(default_factory=set)

    def write(self, work: Callable[[Transaction], T]) -> T:
        """The answer of the work, a PIN in it verified here."""
        try:
            return self.database.write(work).result()
        except VerificationNeeded as needed:
            PINS.of(self.circulation).verify(needed)
            return self.database.write(work).result()

    def read(self, work: Callable[[Transaction], T]) -> T:
        return self.database.read(work).result()

    def release(self, lease: Lease) -> None:
        """Give the lease back. If the database cannot be reached, the lease runs out, and the
        error that ended the work is not hidden by another one."""
        with suppress(DatabaseUnavailable):
            self.write(lease.give_back)

    def act(self, transaction: Transaction, desk: Desk = UNATTENDED) -> Act:
        """What is done now at that desk, or at none."""
        return Act(transaction, self.circulation, desk, self.now)

    def desk(self, isil: str, actor: str | None = None) -> Desk:
        """A desk in that branch, of that actor or of whoever is working here; a mistake of the
        caller where there is no such branch."""
        actor = self.actor if actor is None else actor
        desk = self.read(lambda transaction: desk_at(transaction, isil, actor=actor, device=DEVICE))
        if desk is None:
            raise click.UsageError(self.read(lambda transaction: no_branch(transaction, isil)))
        return desk

    def today(self, desk: Desk | None = None) -> date:
        """The date at the desk; without one, the date that has come at every branch."""
        set_up = self.read(self.circulation.current_set_up)
        return set_up.day(self.now, desk and desk.branch_id)

    @property
    def principal(self) -> Principal:
        """Who is working here: they have a shell, so they may do everything."""
        return at_command_line(self.actor, DEVICE)

    def principal_at(self, desk: Desk) -> Principal:
        """The same, at that desk."""
        return replace(self.principal, agency_id=desk.agency_id, branch_id=desk.branch_id)

    def patron(self, identifier: str, seen: Seen = Seen.OPENED) -> int:
        """The patron's id; a mistake of the caller where nobody has that identifier.

        The log of look-ups notes that you looked, and at what.
        """
        return self.write(lambda transaction: self.seen(transaction, identifier, seen))

    def seen(self, transaction: Transaction, identifier: str, seen: Seen) -> int:
        """The same within a transaction that may write."""
        found = find_patron(transaction, identifier, key=IDENTIFIERS.of(self.circulation))
        if found is None:
            raise click.ClickException("no patron has this identifier")
        self.looked_at(transaction, seen, patron_id=found)
        return found

    def looked_at(
        self,
        transaction: Transaction,
        seen: Seen,
        patron_id: int | None = None,
        hits: int | None = None,
        searched: str = "",
    ) -> None:
        """Notes in the log of look-ups that the command shows patrons: once each."""
        if (patron_id, seen) in self._looked_at:
            return
        line = looked_at(
            self.principal,
            seen,
            self.command,
            patron_id=patron_id,
            hits=hits,
            searched=searched,
        )
        note_lookups(transaction, [line], self.now)
        self._looked_at.add((patron_id, seen))


@contextmanager
def opened(settings: Settings, *, is_long: bool = False, mapped: bool = True) -> Iterator[Library]:
    """The library of the configuration, closed at the end; see `open_configured`."""
    circulation = Circulation(settings.foundation.memories)
    database = open_configured(settings, is_long=is_long, mapped=mapped)
    try:
        remember_zones(database.read(all_branches).result())
        command = f"tiro {click.get_current_context().command_path.partition(' ')[2]}"
        yield Library(database, circulation, present(), _user(), command)
    finally:
        database.close()


def present() -> datetime:
    """The time of what a command does."""
    return datetime.now(UTC)


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a user id without a name, as in some containers
        return ""
