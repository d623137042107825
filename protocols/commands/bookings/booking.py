"""`tiro booking`: class sets and other copies of a title, booked for a period."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import click

from catalogue.database import Transaction
from catalogue.items import find_item
from circulation.booking import bookings, changes, delivering, lists
from protocols.commands.bookings.answers import NUMBER, answer_of, perform, shown
from protocols.commands.bookings.copies import COPY_COMMANDS
from protocols.commands.shared.library import Library, as_json, opened, say
from protocols.commands.shared.overriding import override_of, overriding
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.unknown import no_item
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
_record = click.option("--record", "record_id", type=int, help="The title, by its number.")


@click.group()
def booking() -> None:
    """Book copies of a title for a period, prepare them, hand them out, take them back.

    The exit code is 1 where anything was refused.
    """


@booking.command()
@click.argument("patron")
@_title
@_record
@_period
@_until
@_copies
@_minimum
@_suppliers
@click.option("--deliver-to", type=ISIL, help="[default: the borrower's branch]")
@click.option("--class", "group_id", type=int, help="The class that it is for, by its number.")
@click.option("--lend-onward", is_flag=True, help="To the class, as soon as it is delivered.")
@click.option("--note", default="")
@at_branch
@overriding
@as_json
@click.pass_obj
def place(
    settings: Settings,
    patron: str,
    item: str | None,
    record_id: int | None,
    first: date | None,
    last: date | None,
    copies: int | None,
    minimum: int | None,
    suppliers: tuple[str, ...],
    deliver_to: str | None,
    group_id: int | None,
    lend_onward: bool,
    note: str,
    branch: str,
    overridden: tuple[str, ...],
    why: str,
    as_json: bool,
) -> None:
    """Book copies for PATRON: a teacher, a class, an institution."""
    if first is None or last is None:
        raise click.UsageError("--from and --until say for which days")
    if (item is None) == (record_id is None):
        raise click.UsageError("--item or --record says which title")
    wish = bookings.BookingWish(
        patron=patron,
        record_id=record_id,
        item=item,
        first=first,
        last=last,
        preferred=copies,
        minimum=minimum,
        suppliers=suppliers or None,
        delivery_branch=deliver_to,
        group_id=group_id,
        lends_onward=lend_onward,
        note=note,
    )
    with opened(settings) as library:
        wish = wish._replace(overriding=override_of(library, library.desk(branch), overridden, why))
        try:
            answer = library.perform(branch, bookings.place_booking, wish)
        except ValueError as error:
            raise click.ClickException(str(error)) from error
    answer_of(answer, as_json)


@booking.command()
@NUMBER
@_period
@_until
@_copies
@_minimum
@_suppliers
@click.option("--note")
@at_branch
@as_json
@click.pass_obj
def change(
    settings: Settings,
    number: int,
    first: date | None,
    last: date | None,
    copies: int | None,
    minimum: int | None,
    suppliers: tuple[str, ...],
    note: str | None,
    branch: str,
    as_json: bool,
) -> None:
    """Change the days, the copies or the note; nothing where it cannot be had so."""
    answer = perform(
        settings,
        branch,
        changes.change_booking,
        booking_id=number,
        changes=changes.BookingChanges(first, last, copies, minimum, suppliers or None, note),
    )
    answer_of(answer, as_json)


@booking.command()
@NUMBER
@click.argument("last", type=DAY, metavar="DAY")
@at_branch
@as_json
@click.pass_obj
def extend(settings: Settings, number: int, last: date, branch: str, as_json: bool) -> None:
    """Let the borrower keep the copies through DAY, with the loans that are out."""
    answer = perform(settings, branch, changes.extend_booking, booking_id=number, last=last)
    answer_of(answer, as_json)


@booking.command()
@NUMBER
@at_branch
@click.option("--refuse", is_flag=True, help="Because the library cannot meet it: say so.")
@click.option("--why", default="", help="Words for the borrower.")
@as_json
@click.pass_obj
def cancel(
    settings: Settings, number: int, branch: str, refuse: bool, why: str, as_json: bool
) -> None:
    """Cancel a booking; what was set aside goes home."""
    cancel_booking = changes.cancel_booking
    answer = perform(settings, branch, cancel_booking, booking_id=number, refused=refuse, why=why)
    answer_of(answer, as_json)


@booking.command()
@NUMBER
@as_json
@click.pass_obj
def show(settings: Settings, number: int, as_json: bool) -> None:
    """Show a booking, and what of it is out."""
    with opened(settings) as library:

        def work(transaction: Transaction) -> dict[str, Any] | None:
            set_up = library.circulation.current_set_up(transaction)
            found = bookings.find_booking(transaction, set_up, number)
            if found is None:
                return None
            out = delivering.out_for(transaction, booking_id=number)
            return shown(found) | {"out": [each._asdict() for each in out]}

        facts = library.read(work)
    if facts is None:
        raise click.ClickException(f"there is no booking {number}")
    say(facts, as_json)


@booking.command("list")
@click.option("--patron", help="Those of a borrower.")
@_title
@click.option("--at", "branch", type=ISIL, help="Those that a branch supplies or hands out.")
@as_json
@click.pass_obj
def list_(
    settings: Settings, patron: str | None, item: str | None, branch: str | None, as_json: bool
) -> None:
    """List open bookings by their first day: of a borrower, of a title, or of a branch."""
    if sum(each is not None for each in (patron, item, branch)) != 1:
        raise click.UsageError("one of --patron, --item and --at says which")
    with opened(settings) as library:
        if patron is not None:
            number = library.patron(patron)
            found = library.read(
                lambda transaction: lists.patron_bookings(library.circulation, transaction, number)
            )
        elif item is not None:
            record = _record_of(library, item)
            found = library.read(
                lambda transaction: lists.title_bookings(library.circulation, transaction, record)
            )
        else:
            desk = library.desk(str(branch))
            found = library.read(
                lambda transaction: lists.branch_bookings(
                    library.circulation, transaction, desk.branch_id
                )
            )
    say([shown(each) for each in found], as_json)


def _record_of(library: Library, barcode: str) -> int:
    found = library.read(lambda transaction: find_item(transaction, barcode))
    if found is None:
        raise click.ClickException(library.read(lambda transaction: no_item(transaction, barcode)))
    return found.record_id


@booking.command()
@click.argument("item", metavar="BARCODE")
@_period
@click.option("--days", type=click.IntRange(1, lists.MOST_DAYS), default=28, show_default=True)
@click.option("--category", default="", help="As patrons of this category may book.")
@as_json
@click.pass_obj
def calendar(
    settings: Settings,
    item: str,
    first: date | None,
    days: int,
    category: str,
    as_json: bool,
) -> None:
    """Show how many copies of a title can be booked on each day."""
    with opened(settings) as library:
        record = _record_of(library, item)
        begins = first or library.today()
        found = library.read(
            lambda transaction: lists.availability_calendar(
                library.act(transaction),
                record_id=record,
                first=begins,
                last=begins + timedelta(days=days - 1),
                category=category,
            )
        )
    if as_json:
        say([each._asdict() for each in found], True)
        return
    for each in found:
        parts = ", ".join(f"{isil} {free}" for isil, free in sorted(each.by_branch.items()))
        click.echo(f"{each.day}  {each.free:4}  {parts}".rstrip())


for command in COPY_COMMANDS:
    booking.add_command(command)
