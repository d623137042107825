"""`tiro inventory`: shelves are scanned, and what is wrong with them is told."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

import click

from catalogue.database import Transaction
from circulation.kernel.act import Act
from circulation.kernel.paging import MOST, PAGE
from circulation.kernel.results import Desk, Refused
from circulation.stock import inventory as engine
from protocols.api.models.stock import (
    DeclaredMissing,
    Found,
    Inventory,
    found_shown,
    inventory_shown,
    not_seen_shown,
    to_see_to_shown,
)
from protocols.commands.shared.library import DEVICE, Library, as_json, opened, say, shape_of
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import at_branch

T = TypeVar("T")

_NUMBER = click.argument("number", type=int, metavar="INVENTORY")
_AFTER = click.option("--after", default=0, help="Those after the item with this number.")
_LIMIT = click.option("--limit", type=click.IntRange(1, MOST), default=PAGE, show_default=True)


@click.group()
def inventory() -> None:
    """Scan the shelves of a branch, and learn what is missing or in the wrong place."""


@inventory.command()
@click.argument("name")
@click.option("--department", default="", help="These shelves alone; so for the others.")
@click.option("--location", default="")
@click.option("--sublocation", default="")
@click.option("--section", default="")
@click.option("--material-group", default="", metavar="CODE")
@at_branch
@as_json
@click.pass_obj
def begin(settings: Settings, /, name: str, branch: str, as_json: bool, **shelf: str) -> None:
    """Begin an inventory; several people may scan for it."""
    with opened(settings) as library:
        begun = library.perform(branch, engine.begin_inventory, name, engine.Shelf(**shelf))
        say(shape_of(_shown(library, begun)), as_json)


@inventory.command("list")
@at_branch
@as_json
@click.pass_obj
def list_(settings: Settings, branch: str, as_json: bool) -> None:
    """List the inventories of a branch that go on."""
    with opened(settings) as library:
        desk = library.desk(branch)
        found = library.read(
            lambda transaction: engine.open_inventories(transaction, branch_id=desk.branch_id)
        )
        say([shape_of(_shown(library, each)) for each in found], as_json)


@inventory.command()
@_NUMBER
@as_json
@click.pass_obj
def show(settings: Settings, number: int, as_json: bool) -> None:
    """Show an inventory, and how many items were found how."""
    with opened(settings) as library:
        say(shape_of(_shown(library, _named(library, number))), as_json)


@inventory.command()
@_NUMBER
@click.argument("barcodes", nargs=-1, metavar="[BARCODE]...")
@as_json
@click.pass_obj
def scan(settings: Settings, number: int, barcodes: tuple[str, ...], as_json: bool) -> None:
    """Scan items at the shelves; without arguments, line by line as a scanner types them.

    Each is answered at once: whether it is where it belongs, and what is to be done if not.
    """
    with opened(settings) as library:
        known = _named(library, number)
        if known.closed is not None:
            raise click.ClickException("the inventory is closed")
        set_up = library.read(library.circulation.current_set_up)
        for barcode in barcodes or _typed():
            library.now = datetime.now(UTC)
            answer = _do(library, known, partial(_scan, known, barcode))
            if isinstance(answer, Refused):
                _tell(Found(barcode, None, "no item has this barcode"), as_json)
            else:
                _tell(found_shown(answer, set_up), as_json)


def _scan(known: engine.Inventory, barcode: str, act: Act) -> engine.Scanned | Refused:
    return engine.scan_item(act, known, barcode)


def _typed() -> Iterable[str]:
    for line in sys.stdin.buffer:  # a scanner that sends nonsense is no reason to end
        if barcode := line.decode("utf-8", "replace").strip():
            yield barcode


def _tell(found: Found, json_wanted: bool) -> None:
    """One line for a scan, at once."""
    if json_wanted:
        click.echo(json.dumps(shape_of(found), ensure_ascii=False))
    else:
        mark = " " if found.finding == "SEEN" else "!"
        belongs = "" if found.belongs is None else found.belongs.isil
        words = (found.item, found.title, found.text, belongs, *found.placement)
        click.echo(f"{mark} {' | '.join(filter(None, words))}")
    sys.stdout.flush()


@inventory.command("to-see-to")
@_NUMBER
@_AFTER
@_LIMIT
@as_json
@click.pass_obj
def to_see_to(settings: Settings, number: int, after: int, limit: int, as_json: bool) -> None:
    """List what was scanned and is not where it belongs."""
    with opened(settings) as library:
        known = _named(library, number)
        found = library.read(
            lambda transaction: engine.to_see_to(transaction, known, after=after, limit=limit)
        )
        say([shape_of(to_see_to_shown(each)) | {"after": each.item_id} for each in found], as_json)


@inventory.command("not-seen")
@_NUMBER
@_AFTER
@_LIMIT
@as_json
@click.pass_obj
def not_seen(settings: Settings, number: int, after: int, limit: int, as_json: bool) -> None:
    """List what should stand on the shelves and was not scanned."""
    with opened(settings) as library:
        known = _named(library, number)
        found = library.read(
            lambda transaction: engine.not_seen(transaction, known, after=after, limit=limit)
        )
        say([shape_of(not_seen_shown(each)) | {"after": each.item_id} for each in found], as_json)


@inventory.command()
@_NUMBER
@as_json
@click.pass_obj
def missing(settings: Settings, number: int, as_json: bool) -> None:
    """Declare missing what was not scanned."""
    with opened(settings) as library:
        known, declared = _named(library, number), 0
        while done := _do(library, known, lambda act: engine.declare_not_seen_missing(act, known)):
            declared += done
        say(shape_of(DeclaredMissing(declared)), as_json)


@inventory.command()
@_NUMBER
@as_json
@click.pass_obj
def close(settings: Settings, number: int, as_json: bool) -> None:
    """End an inventory: nothing more is scanned."""
    with opened(settings) as library:
        known = _named(library, number)
        _do(library, known, lambda act: engine.close_inventory(act, known))
        say(shape_of(_shown(library, _named(library, number))), as_json)


def _named(library: Library, number: int) -> engine.Inventory:
    found = library.read(lambda transaction: engine.inventory_of(transaction, inventory_id=number))
    if found is None:
        raise click.ClickException(f"there is no inventory {number}")
    return found


def _do(library: Library, known: engine.Inventory, verb: Callable[[Act], T]) -> T:
    """What a verb answers at a desk of the inventory's branch."""
    branches = library.read(library.circulation.current_set_up).branches
    home = branches[known.branch_id]
    desk = Desk(library.actor, DEVICE, home.agency_id, home.id)
    return library.write(lambda transaction: verb(library.act(transaction, desk)))


def _shown(library: Library, found: engine.Inventory) -> Inventory:
    def work(transaction: Transaction) -> Inventory:
        set_up = library.circulation.current_set_up(transaction)
        counts = engine.findings_of(transaction, inventory_id=found.id)
        return inventory_shown(found, counts, set_up)

    return library.read(work)
