"""`tiro item`: what items are doing, what is written of them, and the end of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TextIO

import click

from protocols.commands.asking.answers import Outcome, print_answer, print_each
from protocols.commands.asking.asked import asked, asks
from protocols.commands.asking.described import Noun
from protocols.commands.items.stock import Line, changed, lines_of
from protocols.commands.shared.saying import as_json
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import ISIL, ITEM

item = Noun("item", help="Look up, change and withdraw items.")
item.ask(
    "show",
    "show_item",
    """Show an item and its state: where it is, who has it and until when.

    The log of look-ups notes whose loan you saw.
    """,
    ITEM,
)
item.ask("events", "show_item_events", "Show what has happened to an item, and who did it.", ITEM)
item.ask("use", "show_use", "Show how often an item was lent, when last, and in which years.", ITEM)
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
@click.option("--not-for-loan", metavar="WHY", help="It is not lent until this is empty.")
@click.option("--at", type=ISIL, help="Another branch, where it belongs from now on.")
@_places
@_DRY_RUN
@as_json
@click.pass_obj
@asks("alter_item", "show_item")
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
    currency, float_group, not_for_loan (why it is not lent), at (an ISIL), department, location,
    sublocation and section. An empty cell leaves things as they are, a lone - takes them away;
    options hold for all lines that say nothing else. The exit code is 1 where anything could not be
    done.
    """
    changes = {name: text for name, text in given.items() if text is not None}
    lines = lines_of(barcodes, file, changes)
    if changes.get("barcode") and len(lines) > 1:
        raise click.UsageError("--barcode goes with exactly one item; give others in CSV")
    if not any(line.changes for line in lines):
        raise click.UsageError("say what is to be changed")
    _change(settings, lines, dry_run, as_json)


@item.command()
@_ITEMS
@_FILE
@click.option("--why", default="", help="Kept with what is noted of it.")
@_DRY_RUN
@as_json
@click.pass_obj
@asks("withdraw_items")
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
    lines = lines_of(barcodes, file, {})
    wish = {"why": why or None, "dry_run": dry_run}
    with asked(settings) as asker:
        if len(lines) == 1:
            print_answer(asker.ask("withdraw_items", items=[lines[0].item], **wish), as_json)
            return
        done = [
            Outcome(each.item, *asker.attempt("withdraw_items", items=[each.item], **wish))
            for each in lines
        ]
    print_each(done, as_json)


@item.command()
@click.argument("barcode")
@click.option("--at", type=ISIL, help="Another branch, where it belongs from now on.")
@_places
@as_json
@click.pass_obj
@asks("alter_item")
def place(settings: Settings, /, barcode: str, as_json: bool, **given: str | None) -> None:
    """Put an item into another place. What is not given stays; another branch begins with none."""
    changes = {name: text for name, text in given.items() if text is not None}
    _change(settings, [Line(barcode, changes)], False, as_json)


def _change(settings: Settings, lines: list[Line], dry_run: bool, as_json: bool) -> None:
    with asked(settings) as asker:
        done = [changed(asker, each, dry_run=dry_run) for each in lines]
    if len(done) > 1 or done[0].problem is not None:
        print_each(done, as_json)
    else:
        print_answer(done[0].answer, as_json)
