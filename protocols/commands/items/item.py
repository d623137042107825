"""`tiro item`: what items are doing, what is written of them, and the end of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TextIO

import click

from catalogue.database import Transaction
from catalogue.items import find_item
from circulation.items.availability import circulation_status
from circulation.items.use import use_of
from circulation.kernel.events import events_of_item
from circulation.kernel.results import CirculationStatus, Stay
from protocols.commands.items.stock import Act, Line, change_one, each_of, lines_of, withdraw_one
from protocols.commands.shared.library import as_json, opened, say
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.unknown import no_item
from protocols.commands.shared.values import ISIL
from protocols.commands.shared.wording import money


@click.group()
def item() -> None:
    """Look up, change and withdraw items."""


@item.command()
@click.argument("barcode")
@click.option("--events", "with_events", is_flag=True, help="What has happened to it as well.")
@as_json
@click.pass_obj
def show(settings: Settings, barcode: str, with_events: bool, as_json: bool) -> None:
    """Show an item and its state: where it is, and until when. Not who has it."""
    with opened(settings) as library:

        def work(transaction: Transaction) -> dict[str, Any] | None:
            status = circulation_status(
                library.circulation, transaction, item=barcode, now=library.now
            )
            if status is None:
                return None
            written = find_item(transaction, barcode)
            assert written is not None
            home = library.circulation.current_set_up(transaction).branches[
                status.item.home_branch.id
            ]
            use = use_of(transaction, item_id=status.item.id, timezone=home.timezone)
            facts = _facts(status) | {
                "part": written.part,
                "float_group": written.float_group,
                "loans": use.loans,
                "last_lent": use.last_lent,
            }
            if with_events:
                facts["events"] = [
                    {
                        "at": event.at,
                        "what": event.kind.value,
                        "by": event.actor,
                        "overridden": event.after.get("overridden", []),
                        "why": event.after.get("why", ""),
                    }
                    for event in events_of_item(transaction, item_id=status.item.id)
                ]
            return facts

        facts = library.read(work)
        if facts is None:
            raise click.ClickException(
                library.read(lambda transaction: no_item(transaction, barcode))
            )
        say(facts, as_json)


_ITEMS = click.argument("barcodes", nargs=-1, metavar="[BARCODE]...")
_FILE = click.option(
    "--file",
    "file",
    type=click.File("r", encoding="utf-8-sig"),
    help="A list of items, `-` for standard input: a barcode on each line, or CSV.",
)
_DRY_RUN = click.option("--dry-run", is_flag=True, help="Change nothing: say what would be done.")
_PLACES = (
    click.option("--department", help="Its place within the branch; an empty word for none."),
    click.option("--location"),
    click.option("--sublocation"),
    click.option("--section"),
)


def _places(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(_PLACES):
        command = option(command)
    return command


@item.command()
@_ITEMS
@_FILE
@click.option("--barcode", help="The one that it bears from now on.")
@click.option("--call-number", help="An empty word takes away; so for the others.")
@click.option("--material-group", metavar="CODE")
@click.option("--part", help="Of a serial or a work in volumes.")
@click.option("--price", metavar="AMOUNT", help="Such as 299.95 or 299,95.")
@click.option("--currency", metavar="CODE", help="[default: that of its price, else DKK]")
@click.option("--float-group", metavar="CODE")
@click.option("--at", type=ISIL, help="Another branch, where it belongs from now on.")
@_places
@_DRY_RUN
@as_json
@click.pass_obj
def change(
    settings: Settings,
    /,
    barcodes: tuple[str, ...],
    file: TextIO | None,
    dry_run: bool,
    as_json: bool,
    **given: str | None,
) -> None:
    """Change what is written of items. What is not given stays as it is.

    CSV has a first line with the names of its columns, the first of them `item`: the barcode that
    an item has. The others are barcode (a new one), call_number, material_group, part, price,
    currency, float_group, at (an ISIL), department, location, sublocation and section. An empty
    cell leaves things as they are, a lone - takes them away; options hold for all lines that say
    nothing else. The exit code is 1 where anything could not be done.
    """
    changes = {name: text for name, text in given.items() if text is not None}
    lines = lines_of(barcodes, file, changes)
    if changes.get("barcode") and len(lines) > 1:
        raise click.UsageError("--barcode goes with exactly one item; give others in CSV")
    if not any(line.changes for line in lines):
        raise click.UsageError("say what is to be changed")
    _do(settings, lines, change_one, dry_run, as_json)


@item.command()
@_ITEMS
@_FILE
@click.option("--why", default="", help="Kept with what is noted of it.")
@_DRY_RUN
@as_json
@click.pass_obj
def withdraw(
    settings: Settings,
    barcodes: tuple[str, ...],
    file: TextIO | None,
    why: str,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Take items out of the stock for good. Their records stay.

    Who waits for just such an item waits for any copy of its title; `tiro hold unfillable` lists
    those whom no copy can serve any more. What is on loan, stands ready for somebody, or is owed
    for stays, and the reasons are told. The exit code is 1 where anything could not be done.
    """
    _do(settings, lines_of(barcodes, file, {}), withdraw_one(why), dry_run, as_json)


@item.command()
@click.argument("barcode")
@click.option("--at", type=ISIL, help="Another branch, where it belongs from now on.")
@_places
@as_json
@click.pass_obj
def place(settings: Settings, /, barcode: str, as_json: bool, **given: str | None) -> None:
    """Put an item into another place. What is not given stays; another branch begins with none."""
    changes = {name: text for name, text in given.items() if text is not None}
    _do(settings, [Line(barcode, changes)], change_one, False, as_json)


def _do(settings: Settings, lines: list[Line], act: Act, dry_run: bool, json_wanted: bool) -> None:
    with opened(settings) as library:
        found = list(each_of(library, lines, act, dry_run=dry_run))
        say(found if len(lines) > 1 else found[0], json_wanted)
    if any("refused" in each for each in found):
        raise click.exceptions.Exit(1)


def _stay(stay: Stay) -> dict[str, Any]:
    """Where the item is to be for a while; not whose booking it waits for."""
    return {
        "for": stay.kind.value,
        "name": stay.name,
        "branch": stay.branch.isil,
        "place": stay.place,
        "is_at": stay.seen_branch.isil,
        "until": stay.until,
        "is_lent": stay.loan_days != 0,
        "goes_home": stay.is_over,
    }


def _facts(status: CirculationStatus) -> dict[str, Any]:
    item = status.item
    return {
        "item": item.barcode,
        "title": item.title,
        "author": item.author,
        "record": item.record_id,
        "home": item.home_branch.isil,
        "placement": list(item.placement),
        "call_number": item.call_number,
        "material_group": item.material_group,
        "price": money(item.price, item.currency),
        "currency": item.currency,
        "state": status.state.value,
        "lent": status.loan.checked_out if status.loan else None,
        "due": status.loan.due if status.loan else None,
        "renewals": status.loan.renewals if status.loan else None,
        "overdue": status.is_overdue,
        "to": status.to_branch.isil if status.to_branch else None,
        "since": status.since,
        "holds": status.open_holds,
        "stay": _stay(status.stay) if status.stay else None,
    }
