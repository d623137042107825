"""The copies of a booking: fetching, setting aside, handing out, lending onward, taking back."""

from __future__ import annotations

import click

from circulation.booking.spans import DAYS_AHEAD
from protocols.commands.asking.answers import print_answer, print_stack
from protocols.commands.asking.asked import asked, asks
from protocols.commands.shared.saying import as_json
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import at_branch, several_barcodes

BOOKING = click.argument("booking", type=int, metavar="BOOKING")


@click.command()
@at_branch
@click.option("--days", type=click.IntRange(0), default=DAYS_AHEAD, show_default=True)
@as_json
@click.pass_obj
@asks("show_bookings_to_prepare")
def pick(settings: Settings, branch: str, days: int, as_json: bool) -> None:
    """List what a branch has to set aside for bookings that begin soon."""
    with asked(settings, branch) as asker:
        print_answer(asker.ask("show_bookings_to_prepare", days=days), as_json)


@click.command("set-aside")
@BOOKING
@several_barcodes
@at_branch
@as_json
@click.pass_obj
@asks("set_copies_aside")
def set_aside(
    settings: Settings, booking: int, barcodes: tuple[str, ...], branch: str, as_json: bool
) -> None:
    """Keep copies for a booking, and send them to where they will be handed out."""
    with asked(settings, branch) as asker:
        print_stack(asker.ask("set_copies_aside", booking=booking, items=barcodes), as_json)


@click.command("put-back")
@click.argument("barcode")
@at_branch
@as_json
@click.pass_obj
@asks("put_copy_back")
def put_back(settings: Settings, barcode: str, branch: str, as_json: bool) -> None:
    """Keep a copy for its booking no more."""
    with asked(settings, branch) as asker:
        print_answer(asker.ask("put_copy_back", item=barcode), as_json)


@click.command()
@BOOKING
@click.argument("barcodes", nargs=-1, metavar="[BARCODE...]")
@at_branch
@as_json
@click.pass_obj
@asks("deliver_booking")
def deliver(
    settings: Settings, booking: int, barcodes: tuple[str, ...], branch: str, as_json: bool
) -> None:
    """Lend the set to its borrower: these copies, or all that were set aside."""
    with asked(settings, branch) as asker:
        answer = asker.ask("deliver_booking", booking=booking, items=barcodes or None)
    print_stack(answer, as_json, within="copies")


@click.command()
@BOOKING
@click.argument("pairs", nargs=-1, metavar="[BARCODE=PATRON...]")
@at_branch
@as_json
@click.pass_obj
@asks("lend_booking_onward")
def onward(
    settings: Settings, booking: int, pairs: tuple[str, ...], branch: str, as_json: bool
) -> None:
    """Lend copies onward to pupils; without pairs, to the class of the booking by name."""
    parted = [pair.partition("=") for pair in pairs]
    if not all(sign for _, sign, _ in parted):
        raise click.UsageError("each pair is a barcode, = and a patron")
    pupils = [{"item": barcode, "card": card} for barcode, _, card in parted]
    with asked(settings, branch) as asker:
        print_stack(asker.ask("lend_booking_onward", booking=booking, pupils=pupils), as_json)


@click.command("return")
@BOOKING
@several_barcodes
@at_branch
@click.option("--all", "is_all", is_flag=True, help="No more copies will be asked for.")
@as_json
@click.pass_obj
@asks("return_booking")
def return_(
    settings: Settings,
    booking: int,
    barcodes: tuple[str, ...],
    branch: str,
    is_all: bool,
    as_json: bool,
) -> None:
    """Take copies of a booking back, and say which are missing."""
    with asked(settings, branch) as asker:
        answer = asker.ask("return_booking", booking=booking, items=barcodes, is_all=is_all)
    print_stack(answer, as_json, within="copies")


COPY_COMMANDS = (pick, set_aside, put_back, deliver, onward, return_)
