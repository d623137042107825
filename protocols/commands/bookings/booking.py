"""`tiro booking`: class sets and other copies of a title, booked for a period."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any

import click

from circulation.booking.spans import DAYS_AHEAD, MOST_DAYS
from protocols.commands.asking.answers import print_answer, print_stack
from protocols.commands.asking.asker import Asker
from protocols.commands.asking.described import Noun
from protocols.commands.shared.overriding import overriding
from protocols.commands.shared.values import CARD, DAY, ISIL, ITEM, at_branch, flag, several_items

booking = Noun(
    "booking",
    help="""Book copies of a title for a period, prepare them, hand them out, take them back.

    The exit code is 1 where anything was refused.
    """,
)
_BOOKING = click.argument("booking", type=int, metavar="BOOKING")
_FROM = click.option("--from", "first", type=DAY, help="The first day on which they are wanted.")
_UNTIL = click.option("--until", "last", type=DAY, help="The last day.")
_COPIES = click.option("--copies", type=click.IntRange(1), help="How many are preferred.")
_MINIMUM = click.option("--minimum", type=click.IntRange(1), help="How many will do.")
_SUPPLIERS = click.option(
    "--supplier", "suppliers", multiple=True, type=ISIL, help="Ask these branches, in order."
)
_TITLE = click.option(
    "--item", metavar="BARCODE", help="The title, by the barcode of one of its copies."
)
_print_copies = partial(print_stack, within="copies")


def _placed(**wish: Any) -> dict[str, Any]:
    if wish["first"] is None or wish["last"] is None:
        raise click.UsageError("--from and --until say for which days")
    if (wish["item"] is None) == (wish["title"] is None):
        raise click.UsageError("--item or --record says which title")
    return _supplied(**wish)


def _supplied(suppliers: tuple[str, ...], **wish: Any) -> dict[str, Any]:
    return wish | {"suppliers": suppliers or None}


booking.ask(
    "place",
    "book",
    "Book copies for PATRON: a teacher, a class, an institution.",
    CARD,
    _TITLE,
    click.option("--record", "title", help="The title, by its number."),
    _FROM,
    _UNTIL,
    _COPIES,
    _MINIMUM,
    _SUPPLIERS,
    click.option("--deliver-to", type=ISIL, help="[default: the borrower's branch]"),
    click.option("--class", "group", help="The class that it is for, by its number."),
    flag("--lend-onward", "lends_onward", about="To the class, as soon as it is delivered."),
    click.option("--note"),
    at_branch,
    overriding,
    wish=_placed,
)
booking.ask(
    "change",
    "change_booking",
    "Change the days, the copies or the note; nothing where it cannot be had so.",
    _BOOKING,
    _FROM,
    _UNTIL,
    _COPIES,
    _MINIMUM,
    _SUPPLIERS,
    click.option("--note"),
    at_branch,
    wish=_supplied,
)
booking.ask(
    "extend",
    "extend_booking",
    "Let the borrower keep the copies through DAY, with the loans that are out.",
    _BOOKING,
    click.argument("last", type=DAY, metavar="DAY"),
    at_branch,
)
booking.ask(
    "cancel",
    "cancel_booking",
    "Cancel a booking; what was set aside goes home.",
    _BOOKING,
    at_branch,
    flag("--refuse", "refused", about="Because the library cannot meet it: say so."),
    click.option("--why", default="", help="Words for the borrower."),
)
booking.ask("show", "show_booking", "Show a booking, and what of it is out.", _BOOKING)


def _one_kind(patron: str | None, item: str | None, branch: str | None) -> dict[str, Any]:
    if sum(each is not None for each in (patron, item, branch)) != 1:
        raise click.UsageError("one of --patron, --item and --at says which")
    return {"patron": patron, "item": item, "branch": branch}


def _title_of(asker: Asker, item: str) -> str:
    return str(asker.ask("show_item", item=item)["item"]["title_id"])


@booking.doing(
    "list",
    "list_bookings show_item",
    click.option("--patron", help="Those of a borrower."),
    _TITLE,
    click.option("--at", "branch", type=ISIL, help="Those that a branch supplies or hands out."),
    wish=_one_kind,
)
def _list(asker: Asker, patron: str | None, item: str | None) -> Any:
    """List open bookings by their first day: of a borrower, of a title, or of a branch."""
    title = None if item is None else _title_of(asker, item)
    return asker.ask("list_bookings", patron=patron, title=title)


def _print_calendar(answer: Mapping[str, Any], as_json: bool) -> None:
    if as_json:
        print_answer(answer, True)
        return
    for each in answer["days"]:
        parts = ", ".join(f"{isil} {free}" for isil, free in sorted(each["by_branch"].items()))
        click.echo(f"{each['day']}  {each['free']:4}  {parts}".rstrip())


@booking.doing(
    "calendar",
    "show_booking_calendar show_item",
    ITEM,
    _FROM,
    click.option("--days", type=click.IntRange(1, MOST_DAYS), default=28, show_default=True),
    click.option("--category", default="", help="As patrons of this category may book."),
    printer=_print_calendar,
)
def _calendar(asker: Asker, item: str, first: date | None, **window: Any) -> Any:
    """Show how many copies of a title can be booked on each day."""
    title = _title_of(asker, item)
    return asker.ask("show_booking_calendar", title=title, first=first, **window)


booking.ask(
    "pick",
    "show_bookings_to_prepare",
    "List what a branch has to set aside for bookings that begin soon.",
    at_branch,
    click.option("--days", type=click.IntRange(0), default=DAYS_AHEAD, show_default=True),
)
booking.ask(
    "set-aside",
    "set_copies_aside",
    "Keep copies for a booking, and send them to where they will be handed out.",
    _BOOKING,
    several_items,
    at_branch,
    printer=print_stack,
)
booking.ask("put-back", "put_copy_back", "Keep a copy for its booking no more.", ITEM, at_branch)
booking.ask(
    "deliver",
    "deliver_booking",
    "Lend the set to its borrower: these copies, or all that were set aside.",
    _BOOKING,
    click.argument("items", nargs=-1, metavar="[BARCODE...]"),
    at_branch,
    wish=lambda items, **wish: wish | {"items": items or None},
    printer=_print_copies,
)


def _pupils(pairs: tuple[str, ...], **wish: Any) -> dict[str, Any]:
    parted = [pair.partition("=") for pair in pairs]
    if not all(sign for _, sign, _ in parted):
        raise click.UsageError("each pair is a barcode, = and a patron")
    return wish | {"pupils": [{"item": barcode, "card": card} for barcode, _, card in parted]}


booking.ask(
    "onward",
    "lend_booking_onward",
    "Lend copies onward to pupils; without pairs, to the class of the booking by name.",
    _BOOKING,
    click.argument("pairs", nargs=-1, metavar="[BARCODE=PATRON...]"),
    at_branch,
    wish=_pupils,
    printer=print_stack,
)
booking.ask(
    "return",
    "return_booking",
    "Take copies of a booking back, and say which are missing.",
    _BOOKING,
    several_items,
    at_branch,
    flag("--all", "is_all", about="No more copies will be asked for."),
    printer=_print_copies,
)
