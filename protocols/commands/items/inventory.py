"""`tiro inventory`: shelves are scanned, and what is wrong with them is told."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import Any

import click

from protocols.commands.asking.answers import print_answer
from protocols.commands.asking.asked import asked, asks
from protocols.commands.asking.pages import paged, print_page
from protocols.commands.shared.saying import as_json
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import at_branch

_INVENTORY = click.argument("inventory", type=int, metavar="INVENTORY")


@click.group()
def inventory() -> None:
    """Scan the shelves of a branch, and learn what is missing or in the wrong place."""


@inventory.command()
@click.argument("name")
@click.option("--department", help="These shelves alone; so for the others.")
@click.option("--location")
@click.option("--sublocation")
@click.option("--section")
@click.option("--material-group", metavar="CODE")
@at_branch
@as_json
@click.pass_obj
@asks("begin_inventory")
def begin(settings: Settings, /, branch: str, as_json: bool, **wish: str | None) -> None:
    """Begin an inventory; several people may scan for it."""
    with asked(settings, branch) as asker:
        print_answer(asker.ask("begin_inventory", **wish), as_json)


@inventory.command("list")
@at_branch
@as_json
@click.pass_obj
@asks("list_inventories")
def list_(settings: Settings, branch: str, as_json: bool) -> None:
    """List the inventories of a branch that go on."""
    with asked(settings, branch) as asker:
        print_answer(asker.ask("list_inventories"), as_json)


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


def _looking(name: str, operation: str, about: str) -> None:
    @inventory.command(name, help=about)
    @_INVENTORY
    @as_json
    @click.pass_obj
    @asks(operation)
    def command(settings: Settings, inventory: int, as_json: bool) -> None:
        with asked(settings) as asker:
            print_answer(asker.ask(operation, inventory=inventory), as_json)


def _listing(name: str, operation: str, about: str) -> None:
    @inventory.command(name, help=about)
    @_INVENTORY
    @paged
    @as_json
    @click.pass_obj
    @asks(operation)
    def command(settings: Settings, /, inventory: int, as_json: bool, **page: Any) -> None:
        with asked(settings) as asker:
            print_page(asker, asker.ask(operation, inventory=inventory, **page), as_json)


_looking("show", "show_inventory", "Show an inventory, and how many items were found how.")
_listing("to-see-to", "show_misplaced", "List what was scanned and is not where it belongs.")
_listing("not-seen", "show_not_seen", "List what should stand on the shelves and was not scanned.")
_looking("close", "close_inventory", "End an inventory: nothing more is scanned.")


@inventory.command()
@_INVENTORY
@as_json
@click.pass_obj
@asks("declare_not_seen_missing")
def missing(settings: Settings, inventory: int, as_json: bool) -> None:
    """Declare missing what was not scanned."""
    declared = 0
    with asked(settings) as asker:
        while items := asker.ask("declare_not_seen_missing", inventory=inventory)["items"]:
            declared += items
    print_answer({"items": declared}, as_json)
