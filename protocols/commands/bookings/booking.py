"""`tiro booking`: class sets and other copies of a title, booked for a period."""

from __future__ import annotations

from datetime import date
from typing import Any

import click

from circulation.booking.spans import MOST_DAYS
from protocols.commands.asking.answers import print_answer
from protocols.commands.asking.asked import asked, asks
from protocols.commands.asking.asker import Asker
from protocols.commands.bookings.copies import BOOKING, COPY_COMMANDS
from protocols.commands.shared.overriding import override_wish, overriding
from protocols.commands.shared.saying import as_json
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import DAY, ISIL, at_branch

_period = click.option("--from", "first", type=DAY, help="The first day on which they are wanted.")
_until = click.option("--until", "last", type=DAY, help="The last day.")
_copies = click.option("--copies", type=click.IntRange(1), help="How many are preferred.")
_minimum = click.option("--minimum", type=click.IntRange(1), help="How many will do.")
_suppliers = click.option(
    "--supplier", "suppliers", multiple=True, type=ISIL, help="Ask these branches, in order."
)
_title = click.option(
    "--item", metavar="BARCODE", help="The title, by the barcode of one of its copies."
)


@click.group()
def booking() -> None:
    """Book copies of a title for a period, prepare them, hand them out, take them back.

    The exit code is 1 where anything was refused.
    """


@booking.command()
@click.argument("card", metavar="PATRON")
@_title
@click.option("--record", "title", help="The title, by its number.")
@_period
@_until
@_copies
@_minimum
@_suppliers
@click.option("--deliver-to", type=ISIL, help="[default: the borrower's branch]")
@click.option("--class", "group", help="The class that it is for, by its number.")
@click.option(
    "--lend-onward", "lends_onward", is_flag=True, help="To the class, as soon as it is delivered."
)
@click.option("--note")
@at_branch
@overriding
@as_json
@click.pass_obj
@asks("book")
def place(
    settings: Settings,
    /,
    first: date | None,
    last: date | None,
    item: str | None,
    title: str | None,
    suppliers: tuple[str, ...],
    branch: str,
    overridden: tuple[str, ...],
    why: str,
    as_json: bool,
    **wish: Any,
) -> None:
    """Book copies for PATRON: a teacher, a class, an institution."""
    if first is None or last is None:
        raise click.UsageError("--from and --until say for which days")
    if (item is None) == (title is None):
        raise click.UsageError("--item or --record says which title")
    wish |= {"first": first, "last": last, "item": item, "title": title}
    wish |= {"override": override_wish(overridden, why)}
    with asked(settings, branch) as asker:
        print_answer(asker.ask("book", suppliers=suppliers or None, **wish), as_json)


@booking.command()
@BOOKING
@_period
@_until
@_copies
@_minimum
@_suppliers
@click.option("--note")
@at_branch
@as_json
@click.pass_obj
@asks("change_booking")
def change(
    settings: Settings,
    /,
    suppliers: tuple[str, ...],
    branch: str,
    as_json: bool,
    **changes: Any,
) -> None:
    """Change the days, the copies or the note; nothing where it cannot be had so."""
    with asked(settings, branch) as asker:
        answer = asker.ask("change_booking", suppliers=suppliers or None, **changes)
    print_answer(answer, as_json)


@booking.command()
@BOOKING
@click.argument("last", type=DAY, metavar="DAY")
@at_branch
@as_json
@click.pass_obj
@asks("extend_booking")
def extend(settings: Settings, booking: int, last: date, branch: str, as_json: bool) -> None:
    """Let the borrower keep the copies through DAY, with the loans that are out."""
    with asked(settings, branch) as asker:
        print_answer(asker.ask("extend_booking", booking=booking, last=last), as_json)


@booking.command()
@BOOKING
@at_branch
@click.option("--refuse", is_flag=True, help="Because the library cannot meet it: say so.")
@click.option("--why", default="", help="Words for the borrower.")
@as_json
@click.pass_obj
@asks("cancel_booking")
def cancel(
    settings: Settings, booking: int, branch: str, refuse: bool, why: str, as_json: bool
) -> None:
    """Cancel a booking; what was set aside goes home."""
    with asked(settings, branch) as asker:
        answer = asker.ask("cancel_booking", booking=booking, refused=refuse, why=why)
    print_answer(answer, as_json)


@booking.command()
@BOOKING
@as_json
@click.pass_obj
@asks("show_booking")
def show(settings: Settings, booking: int, as_json: bool) -> None:
    """Show a booking, and what of it is out."""
    with asked(settings) as asker:
        print_answer(asker.ask("show_booking", booking=booking), as_json)


@booking.command("list")
@click.option("--patron", help="Those of a borrower.")
@_title
@click.option("--at", "branch", type=ISIL, help="Those that a branch supplies or hands out.")
@as_json
@click.pass_obj
@asks("list_bookings", "show_item")
def list_(
    settings: Settings, patron: str | None, item: str | None, branch: str | None, as_json: bool
) -> None:
    """List open bookings by their first day: of a borrower, of a title, or of a branch."""
    if sum(each is not None for each in (patron, item, branch)) != 1:
        raise click.UsageError("one of --patron, --item and --at says which")
    with asked(settings, branch) as asker:
        which: dict[str, str] = {}
        if patron is not None:
            which["patron"] = asker.patron(patron)
        elif item is not None:
            which["title"] = _title_of(asker, item)
        print_answer(asker.ask("list_bookings", **which), as_json)


def _title_of(asker: Asker, item: str) -> str:
    return str(asker.ask("show_item", item=item)["item"]["title_id"])


@booking.command()
@click.argument("item", metavar="BARCODE")
@_period
@click.option("--days", type=click.IntRange(1, MOST_DAYS), default=28, show_default=True)
@click.option("--category", default="", help="As patrons of this category may book.")
@as_json
@click.pass_obj
@asks("show_booking_calendar", "show_item")
def calendar(
    settings: Settings, /, item: str, first: date | None, as_json: bool, **window: Any
) -> None:
    """Show how many copies of a title can be booked on each day."""
    with asked(settings) as asker:
        title = _title_of(asker, item)
        answer = asker.ask("show_booking_calendar", title=title, first=first, **window)
    if as_json:
        print_answer(answer, True)
        return
    for each in answer["days"]:
        parts = ", ".join(f"{isil} {free}" for isil, free in sorted(each["by_branch"].items()))
        click.echo(f"{each['day']}  {each['free']:4}  {parts}".rstrip())


for command in COPY_COMMANDS:
    booking.add_command(command)
