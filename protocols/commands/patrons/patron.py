"""`tiro patron`: look up, register, change, block, and what the law gives a person a right to."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import click

from catalogue.database import Transaction
from circulation.accounts.status import patron_status
from circulation.holds.absences import Absence, absence_of, set_absence
from circulation.kernel.organisation import find_branch
from circulation.kernel.results import Refused
from circulation.kernel.rights import Right
from circulation.notices.kinds import Basis
from circulation.patrons.changes import patron_fields
from circulation.patrons.checking import PatronUnfit
from circulation.patrons.consents import consents_of
from circulation.patrons.contacts import preferences_of
from circulation.patrons.guardians import guardians_of, wards_of
from circulation.patrons.identifiers import (
    IdentifierTaken,
    NoIdentifierKey,
    shown_as,
)
from circulation.patrons.personal_erasure import StillNeeded, erase_person
from circulation.patrons.personal_export import export_person
from circulation.patrons.pin_rules import unlock_pin
from circulation.patrons.registering import NewPatron, PatronKind, register_patron, set_pin
from circulation.staff.lookups import Seen
from circulation.staff.patron_pins import choose_pin
from protocols.commands.patrons.addresses import address, address_facts
from protocols.commands.patrons.blocks import COMMANDS as BLOCKS
from protocols.commands.patrons.cards import card
from protocols.commands.patrons.care import COMMANDS
from protocols.commands.patrons.changes import contact_facts, identifier_facts
from protocols.commands.patrons.find import find
from protocols.commands.shared.asking import secret
from protocols.commands.shared.library import Library, as_json, opened, say, silent, tell
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import DAY, ISIL
from protocols.commands.shared.wording import plain


@click.group()
def patron() -> None:
    """Look up and look after patrons. PATRON is a card number or another identifier."""


@patron.command()
@click.argument("identifier", metavar="PATRON")
@as_json
@click.pass_obj
def show(settings: Settings, identifier: str, as_json: bool) -> None:
    """Show what is known of a patron. The log of look-ups notes that you looked."""
    with opened(settings) as library:
        patron_id = library.patron(identifier)
        say(
            library.read(lambda transaction: _facts(library, transaction, patron_id, identifier)),
            as_json,
        )


def _facts(
    library: Library, transaction: Transaction, patron_id: int, identifier: str
) -> dict[str, Any]:
    status = patron_status(library.act(transaction), patron=identifier)
    if isinstance(status, Refused):
        raise click.ClickException("no patron has this identifier")
    fields = patron_fields(transaction, patron_id=patron_id)
    assert fields is not None
    where = status.patron.agency_id, status.home_branch.id
    sees = not fields.is_protected or library.principal.may(Right.VIEW_PROTECTED_ADDRESSES, *where)
    preferences = preferences_of(transaction, patron_id)
    absence = absence_of(transaction, patron_id=patron_id)
    return {
        "patron": shown_as(transaction, patron_id),
        "name": status.patron.name,
        "category": status.patron.category,
        "home": status.home_branch.isil,
        "language": status.patron.language,
        "born": status.birth_date,
        "municipality": fields.municipality,
        "protected": fields.is_protected,
        "email": fields.email if sees else "",
        "phone": fields.phone if sees else "",
        "addresses": address_facts(transaction, patron_id) if sees else [],
        "expires": status.expires,
        "note": status.note,
        "has_pin": status.has_pin,
        "identifiers": identifier_facts(transaction, patron_id),
        "contacts": contact_facts(transaction, patron_id) if sees else [],
        "pickup_branch_id": preferences.pickup_branch_id,
        "interest_days": preferences.interest_days,
        "guardians": [each.name for each in guardians_of(transaction, patron_id=patron_id)],
        "children": [each.name for each in wards_of(transaction, guardian_id=patron_id)],
        "consents": [each.value for each in consents_of(transaction, patron_id)],
        "absent": absence._asdict() if absence else None,
        "blocks": [
            {
                "reason": each.reason.value,
                "agency": each.agency_isil,
                "since": each.since,
                "message": each.message,
            }
            for each in status.blocks
        ],
        "may_not": sorted(action.value for action in status.denied),
        "loans": status.loans,
        "overdue": status.overdue,
    }


@patron.command()
@click.option("--card", required=True)
@click.option("--cpr", "national_id", help="DDMMYY-SSSS; kept as a hash, tells the day of birth.")
@click.option("--given-name", required=True)
@click.option("--family-name", default="")
@click.option("--at", "home", type=ISIL, required=True, help="The home branch.")
@click.option("--category", required=True)
@click.option("--kind", type=click.Choice([kind.value for kind in PatronKind]), default="person")
@click.option("--born", type=DAY)
@click.option("--email", default="")
@click.option("--phone", default="")
@click.option("--language", help="In which to write to them; without it, that of the house.")
@click.option("--municipality", default="", help="Code of where the patron lives.")
@click.option("--expires", type=DAY, help="The last day on which they may borrow.")
@click.option("--note", default="")
@silent
@as_json
@click.pass_obj
def add(
    settings: Settings,
    /,
    card: str,
    home: str,
    kind: str,
    born: date | None,
    expires: date | None,
    batch: str | None,
    as_json: bool,
    **details: Any,
) -> None:
    """Register a patron with a first card. All that cannot be so is told together."""
    with opened(settings) as library:
        desk = library.desk(home)

        def work(transaction: Transaction) -> dict[str, Any]:
            branch = find_branch(transaction, isil=home)
            assert branch is not None
            patron_id = register_patron(
                library.act(transaction, desk),
                NewPatron(
                    home_branch=branch.id,
                    card=card,
                    kind=PatronKind(kind),
                    birth_date=born,
                    expires=expires,
                    **details,
                ),
            )
            library.keep_silent(transaction, batch, Basis.PATRON, [patron_id])
            return _facts(library, transaction, patron_id, card)

        try:
            say(library.write(work), as_json)
        except (PatronUnfit, IdentifierTaken, NoIdentifierKey) as error:
            raise click.ClickException(str(error)) from error


@patron.command()
@click.argument("identifier", metavar="PATRON")
@click.option("--remove", is_flag=True, help="Take the PIN away instead.")
@click.option("--unlock", is_flag=True, help="End the lock-out after wrong PINs instead.")
@as_json
@click.pass_obj
def pin(settings: Settings, identifier: str, remove: bool, unlock: bool, as_json: bool) -> None:
    """Set a patron's PIN. It is asked for, or read from standard input, never an argument."""
    if remove and unlock:
        raise click.UsageError("--remove and --unlock are two things")
    with opened(settings) as library:
        patron_id = library.patron(identifier)
        desk = library.desk_for(patron_id)
        if unlock:
            was_locked = library.perform(desk, unlock_pin, patron_id)
            say({"patron": library.card(patron_id), "had_failed_tries": was_locked}, as_json)
            return
        if remove:
            library.perform(desk, set_pin, patron_id, None)
        else:
            try:
                library.perform(desk, choose_pin, patron_id, secret("PIN"))
            except PatronUnfit as error:
                raise click.ClickException(str(error)) from error
        say({"patron": library.card(patron_id), "has_pin": not remove}, as_json)


@patron.command()
@click.argument("identifier", metavar="PATRON")
@click.option("--from", "first", type=DAY, help="The first day.  [default: today]")
@click.option("--until", "last", type=DAY, help="The last.  [default: until further notice]")
@click.option("--end", is_flag=True, help="The patron is back.")
@as_json
@click.pass_obj
def absent(
    settings: Settings,
    identifier: str,
    first: date | None,
    last: date | None,
    end: bool,
    as_json: bool,
) -> None:
    """A patron is away: their holds are passed over and keep their places."""
    if end and (first or last):
        raise click.UsageError("--end has no days")
    with opened(settings) as library:
        patron_id = library.patron(identifier)
        desk = library.desk_for(patron_id)
        absence = None if end else Absence(first or library.today(), last)
        try:
            library.write(
                lambda transaction: set_absence(library.act(transaction, desk), patron_id, absence)
            )
        except ValueError as error:
            raise click.UsageError(str(error)) from error
        facts = absence._asdict() if absence else None
        say({"patron": library.card(patron_id), "absent": facts}, as_json)


@patron.command()
@click.argument("identifier", metavar="PATRON")
@as_json
@click.pass_obj
def export(settings: Settings, identifier: str, as_json: bool) -> None:
    """Print all that is held on a patron, as JSON in any case. The log of look-ups notes it."""
    with opened(settings) as library:
        patron_id = library.patron(identifier, Seen.EXPORT)
        found = library.read(lambda transaction: export_person(transaction, patron_id))
        click.echo(json.dumps(plain(found), ensure_ascii=False, indent=2))


@patron.command()
@click.argument("identifier", metavar="PATRON")
@click.option("--yes", is_flag=True, help="Do not ask.")
@as_json
@click.pass_obj
def erase(settings: Settings, identifier: str, yes: bool, as_json: bool) -> None:
    """Delete a patron and all that is held on them. Loans stay, and name nobody."""
    with opened(settings) as library:
        patron_id = library.patron(identifier)
        if not yes:
            click.confirm("Erase this patron for good?", abort=True, err=True)
        try:
            desk = library.desk_for(patron_id)
            library.perform(desk, erase_person, patron_id)
        except StillNeeded as error:
            raise click.ClickException(str(error)) from error
        tell("erased", {"patron": identifier, "erased": True}, as_json)


for _command in (find, card, address, *BLOCKS, *COMMANDS):
    patron.add_command(_command)
