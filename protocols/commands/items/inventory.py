"""`tiro inventory`: shelves are scanned, and what is wrong with them is told."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import Any

import click

from protocols.commands.asking.asked import asked, asks
from protocols.commands.asking.asker import Asker
from protocols.commands.asking.described import Noun
from protocols.commands.asking.pages import paged
from protocols.commands.shared.saying import as_json
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import at_branch

_INVENTORY = click.argument("inventory", type=int, metavar="INVENTORY")
inventory = Noun(
    "inventory",
    help="Scan the shelves of a branch, and learn what is missing or in the wrong place.",
)
inventory.ask(
    "begin",
    "begin_inventory",
    "Begin an inventory; several people may scan for it.",
    click.argument("name"),
    click.option("--department", help="These shelves alone; so for the others."),
    click.option("--location"),
    click.option("--sublocation"),
    click.option("--section"),
    click.option("--material-group", metavar="CODE"),
    at_branch,
)
inventory.ask("list", "list_inventories", "List the inventories of a branch that go on.", at_branch)


@inventory.command()
@_INVENTORY
@click.argument("barcodes", nargs=-1, metavar="[BARCODE]...")
@as_json
@click.pass_obj
@asks("scan_shelf")
def scan(settings: Settings, inventory: int, barcodes: tuple[str, ...], as_json: bool) -> None:
    """Scan items at the shelves; without arguments, line by line as a scanner types them.

    Each is answered at once: whether it is where it belongs, and what is to be done if not.
    """
    with asked(settings) as asker:
        for barcode in barcodes or _typed():
            answer = asker.ask("scan_shelf", inventory=inventory, items=[barcode])
            _tell(answer, as_json)


def _typed() -> Iterable[str]:
    for line in sys.stdin.buffer:  # a scanner that sends nonsense is no reason to end
        if barcode := line.decode("utf-8", "replace").strip():
            yield barcode


def _tell(answer: Any, json_wanted: bool) -> None:
    """One line for a scan, at once."""
    if json_wanted:
        click.echo(json.dumps(answer, ensure_ascii=False))
    else:
        [found] = answer["found"]
        mark = " " if found["finding"] == "SEEN" else "!"
        belongs = "" if found["belongs"] is None else found["belongs"]["isil"]
        words = (found["item"], found["title"], found["text"], belongs, *found["placement"])
        click.echo(f"{mark} {' | '.join(filter(None, words))}")
    sys.stdout.flush()


inventory.ask(
    "show", "show_inventory", "Show an inventory, and how many items were found how.", _INVENTORY
)
inventory.ask(
    "to-see-to",
    "show_misplaced",
    "List what was scanned and is not where it belongs.",
    _INVENTORY,
    paged,
)
inventory.ask(
    "not-seen",
    "show_not_seen",
    "List what should stand on the shelves and was not scanned.",
    _INVENTORY,
    paged,
)
inventory.ask("close", "close_inventory", "End an inventory: nothing more is scanned.", _INVENTORY)


@inventory.doing("missing", "declare_not_seen_missing", _INVENTORY)
def _missing(asker: Asker, inventory: int) -> Any:
    """Declare missing what was not scanned."""
    declared = 0
    while items := asker.ask("declare_not_seen_missing", inventory=inventory)["items"]:
        declared += items
    return {"items": declared}
