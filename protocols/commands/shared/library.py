"""What most commands share: the library they work on, and how they say what they found."""

from __future__ import annotations

import getpass
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any, Concatenate, ParamSpec, TypeVar

import click

import circulation.assembly  # noqa: F401  the features join before anything is done
from catalogue.database import Database, Transaction
from circulation.kernel.act import Act
from circulation.kernel.engine import Circulation
from circulation.kernel.organisation import desk_at
from circulation.kernel.results import UNATTENDED, Desk, Refused
from circulation.kernel.rights import Principal, at_command_line
from circulation.kernel.set_up import all_branches
from circulation.notices.kinds import Basis
from circulation.notices.silence import begin_silent_batch, keep_silent
from circulation.patrons.changes import patron_fields
from circulation.patrons.identifiers import IDENTIFIERS, find_patron, shown_as
from circulation.patrons.pins import PINS, VerificationNeeded
from circulation.staff.lookups import Seen, looked_at, note_lookups
from protocols.commands.shared.databases import open_configured
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.tables import print_if_it_fits
from protocols.commands.shared.unknown import no_branch
from protocols.commands.shared.wording import for_people, plain, remember_zones
from protocols.hosting.validating import adapter_of

P = ParamSpec("P")
T = TypeVar("T")

#: The device that events of the command line name.
DEVICE = "command line"

#: What is made belongs to a load that nobody is told of.
silent = click.option(
    "--silent", "batch", metavar="BATCH", help="Of a load from another system: tell nobody of it."
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


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

    def keep_silent(
        self, transaction: Transaction, batch: str | None, noun: Basis, ids: Iterable[int]
    ) -> None:
        """What was just made belongs to the batch, where there is one: it is silent up to now."""
        if batch is not None:
            begin_silent_batch(transaction, batch, until=self.now)
            keep_silent(transaction, batch, noun, ids)

    def read(self, work: Callable[[Transaction], T]) -> T:
        return self.database.read(work).result()

    def act(self, transaction: Transaction, desk: Desk = UNATTENDED) -> Act:
        """What is done now at that desk, or at none."""
        return Act(transaction, self.circulation, desk, self.now)

    def perform(
        self,
        at: str | Desk,
        verb: Callable[Concatenate[Act, P], T],
        /,
        *given: P.args,
        **named: P.kwargs,
    ) -> T:
        """What a verb answers at a desk, or at one of the branch with that ISIL."""
        desk = self.desk(at) if isinstance(at, str) else at
        return self.write(lambda transaction: verb(self.act(transaction, desk), *given, **named))

    def desk(self, isil: str, actor: str | None = None) -> Desk:
        """A desk in that branch, of that actor or of whoever is working here; a mistake of the
        caller where there is no such branch."""
        actor = self.actor if actor is None else actor
        desk = self.read(lambda transaction: desk_at(transaction, isil, actor=actor, device=DEVICE))
        if desk is None:
            raise click.UsageError(self.read(lambda transaction: no_branch(transaction, isil)))
        return desk

    def desk_for(self, patron_id: int) -> Desk:
        """A desk in the patron's home branch: who changes a patron from here is told by that."""

        def work(transaction: Transaction) -> Desk:
            fields = patron_fields(transaction, patron_id=patron_id)
            assert fields is not None
            home = self.circulation.current_set_up(transaction).branches[fields.home_branch_id]
            return Desk(self.actor, DEVICE, home.agency_id, home.id)

        return self.read(work)

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

    def listed(self, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The lines of a list; the log of look-ups notes how many of them name a patron."""
        if hits := sum(1 for each in lines if each.get("patron")):
            self.write(lambda transaction: self.looked_at(transaction, Seen.LIST, hits=hits))
        return lines

    def card(self, patron_id: int) -> str:
        """What the patron goes by, whichever identifier was typed."""
        return self.read(lambda transaction: shown_as(transaction, patron_id))


@contextmanager
def opened(settings: Settings, *, is_long: bool = False, mapped: bool = True) -> Iterator[Library]:
    """The library of the configuration, closed at the end; see `open_configured`."""
    configuration = settings.configuration
    circulation = Circulation(configuration.memories)
    database = open_configured(settings, is_long=is_long, mapped=mapped)
    try:
        remember_zones(database.read(all_branches).result())
        command = f"tiro {click.get_current_context().command_path.partition(' ')[2]}"
        yield Library(database, circulation, datetime.now(UTC), _user(), command)
    finally:
        database.close()


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a user id without a name, as in some containers
        return ""


def say(facts: Any, json_wanted: bool) -> None:
    """Prints facts: a dict as lines of name and value, a list of dicts one after the other.

    On a terminal that is wide enough a list is a table. How values are said is the business of
    `protocols.commands.shared.wording`.
    """
    if json_wanted:
        click.echo(json.dumps(plain(facts), ensure_ascii=False, indent=2))
        return
    facts = for_people(facts)
    if facts == []:
        click.echo("none")
    if isinstance(facts, list) and print_if_it_fits([_written(each) for each in facts]):
        return
    for number, each in enumerate(facts if isinstance(facts, list) else [facts]):
        if number:
            click.echo()
        for name, value in _written(each).items():
            gap = " " * max(1, 14 - len(name))
            click.echo(f"{click.style(name + ':', bold=True)}{gap}{value}")


def say_answer(answer: Any) -> None:
    """Prints an answer as the operation of the HTTP API gives it, for programs."""
    shown = adapter_of(type(answer)).dump_python(answer, mode="json")
    click.echo(json.dumps(shown, ensure_ascii=False, indent=2))


def tell(words: str, facts: Mapping[str, Any], json_wanted: bool) -> None:
    """Prints words to people, facts to programs."""
    if json_wanted:
        say(facts, True)
    else:
        click.echo(words)


def _written(facts: Mapping[str, Any]) -> dict[str, str]:
    return {name: _words(value) for name, value in facts.items() if value not in (None, "", [], {})}


def _words(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_words, value))
    if isinstance(value, dict):
        return " ".join(f"{name}={_words(each)}" for name, each in value.items() if each)
    return (
        {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
    )


def refusal_of(refused: Refused) -> dict[str, Any]:
    """Why nothing was done, for people and for programs."""
    return {
        "refused": [refusal.reason.name for refusal in refused.refusals],
        "why": [
            f"{refusal.reason.value}{f' ({refusal.block.value})' if refusal.block else ''}"
            for refusal in refused.refusals
        ],
    }


def accepted(answer: T | Refused, json_wanted: bool) -> T:
    """The answer of a verb; where that is a refusal, it is printed and the command ends with 1."""
    if isinstance(answer, Refused):
        say(refusal_of(answer), json_wanted)
        raise click.exceptions.Exit(1)
    return answer


def end_by(answers: Iterable[object]) -> None:
    """Ends the command with 1 where one of the answers is a refusal."""
    if any(isinstance(answer, Refused) for answer in answers):
        raise click.exceptions.Exit(1)
