"""`tiro patron`: look up, register, change, block, and what the law gives a person a right to."""

from __future__ import annotations

from datetime import date
from typing import Any

import click

from circulation.patrons.kinds import PatronKind
from protocols.commands.asking.answers import print_answer
from protocols.commands.asking.asked import asked, asks
from protocols.commands.patrons.addresses import address
from protocols.commands.patrons.blocks import COMMANDS as BLOCKS
from protocols.commands.patrons.cards import card
from protocols.commands.patrons.care import COMMANDS
from protocols.commands.patrons.changes import PATRON, of_patron
from protocols.commands.patrons.find import find
from protocols.commands.shared.asking import secret
from protocols.commands.shared.saying import as_json, silent
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import DAY, ISIL


@click.group()
def patron() -> None:
    """Look up and look after patrons. PATRON is a card number or another identifier."""


@patron.command()
@PATRON
@as_json
@click.pass_obj
@asks("show_patron")
def show(settings: Settings, identifier: str, as_json: bool) -> None:
    """Show what is known of a patron. The log of look-ups notes that you looked."""
    of_patron(settings, identifier, "show_patron", as_json)


@patron.command()
@click.option("--card", required=True)
@click.option("--cpr", "national_id", help="DDMMYY-SSSS; kept as a hash, tells the day of birth.")
@click.option("--given-name", default="", help="Needed for a person.")
@click.option("--family-name", default="", help="Or the name of a company, group or library.")
@click.option("--at", "home_branch", type=ISIL, required=True, help="The home branch.")
@click.option("--category", required=True)
@click.option("--kind", type=click.Choice([kind.value for kind in PatronKind]), default="person")
@click.option("--born", "birth_date", type=DAY)
@click.option("--email", default="")
@click.option("--phone", default="")
@click.option("--language", help="In which to write to them; without it, that of the house.")
@click.option("--municipality", default="", help="Code of where the patron lives.")
@click.option("--expires", type=DAY, help="The last day on which they may borrow.")
@click.option("--note", default="")
@silent
@as_json
@click.pass_obj
@asks("register")
def add(
    settings: Settings, /, home_branch: str, batch: str | None, as_json: bool, **details: Any
) -> None:
    """Register a patron with a first card. All that cannot be so is told together."""
    details |= {"home_branch": home_branch, "silent_batch": batch}
    with asked(settings) as asker:
        print_answer(asker.ask("register", **details), as_json)


@patron.command()
@PATRON
@click.option("--remove", is_flag=True, help="Take the PIN away instead.")
@click.option("--unlock", is_flag=True, help="End the lock-out after wrong PINs instead.")
@as_json
@click.pass_obj
@asks("give_pin", "take_pin", "forgive_wrong_pins")
def pin(settings: Settings, identifier: str, remove: bool, unlock: bool, as_json: bool) -> None:
    """Set a patron's PIN. It is asked for, or read from standard input, never an argument."""
    if remove and unlock:
        raise click.UsageError("--remove and --unlock are two things")
    with asked(settings) as asker:
        its = asker.patron(identifier)
        if unlock:
            answer = asker.ask("forgive_wrong_pins", patron=its)
        elif remove:
            answer = asker.ask("take_pin", patron=its)
        else:
            answer = asker.ask("give_pin", patron=its, pin=secret("PIN"))
    print_answer(answer, as_json)


@patron.command()
@PATRON
@click.option("--from", "first", type=DAY, help="The first day.  [default: today]")
@click.option("--until", "last", type=DAY, help="The last.  [default: until further notice]")
@click.option("--end", is_flag=True, help="The patron is back.")
@as_json
@click.pass_obj
@asks("note_absence", "end_absence")
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
    if end:
        of_patron(settings, identifier, "end_absence", as_json)
    else:
        of_patron(settings, identifier, "note_absence", as_json, first=first, last=last)


@patron.command()
@PATRON
@as_json
@click.pass_obj
@asks("export")
def export(settings: Settings, identifier: str, as_json: bool) -> None:
    """Print all that is held on a patron, as JSON in any case. The log of look-ups notes it."""
    of_patron(settings, identifier, "export", True)


@patron.command()
@PATRON
@click.option("--yes", is_flag=True, help="Do not ask.")
@as_json
@click.pass_obj
@asks("erase")
def erase(settings: Settings, identifier: str, yes: bool, as_json: bool) -> None:
    """Delete a patron and all that is held on them. Loans stay, and name nobody."""
    with asked(settings) as asker:
        its = asker.patron(identifier)
        if not yes:
            click.confirm("Erase this patron for good?", abort=True, err=True)
        print_answer(asker.ask("erase", patron=its), as_json)


@patron.command()
@click.argument("identifier", metavar="PATRON")
@click.option("--end", metavar="ID", help="End one at once: it has to ask again.")
@as_json
@click.pass_obj
@asks("list_apps_of_patron", "end_app_of_patron")
def apps(settings: Settings, identifier: str, end: str | None, as_json: bool) -> None:
    """List the apps that a patron has let work in their name."""
    with asked(settings) as asker:
        its = asker.patron(identifier)
        if end is not None:
            asker.ask("end_app_of_patron", patron=its, app=end)
        print_answer(asker.ask("list_apps_of_patron", patron=its), as_json)


for _command in (find, card, address, *BLOCKS, *COMMANDS):
    patron.add_command(_command)
