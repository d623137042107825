"""The copies of a booking: fetching, setting aside, handing out, lending onward, taking back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from circulation.booking import delivering, preparing
from circulation.kernel.results import CheckedIn, CheckedOut, Refused, Stay
from circulation.loans.onward import LentOnward
from protocols.commands.bookings.answers import NUMBER, accepted, perform, shown
from protocols.commands.shared.library import as_json, end_by, opened, refusal_of, say
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import at_branch, several_barcodes


@click.command()
@at_branch
@click.option("--days", type=click.IntRange(0), default=preparing.DAYS_AHEAD, show_default=True)
@as_json
@click.pass_obj
def pick(settings: Settings, branch: str, days: int, as_json: bool) -> None:
    """List what a branch has to set aside for bookings that begin soon."""
    with opened(settings) as library:
        desk = library.desk(branch)
        found = library.read(
            lambda transaction: preparing.bookings_to_prepare(
                library.circulation,
                transaction,
                branch_id=desk.branch_id,
                now=library.now,
                days_ahead=days,
            )
        )
    say(
        [
            {
                "booking": each.booking.id,
                "title": each.booking.title,
                "from": each.booking.first,
                "deliver_to": each.booking.delivery_branch.isil,
                "class": each.booking.group_name,
                "copies": each.copies,
                "short": each.short,
                "on_shelf": [copy._asdict() for copy in each.candidates],
            }
            for each in found
        ],
        as_json,
    )


@click.command("set-aside")
@NUMBER
@several_barcodes
@at_branch
@as_json
@click.pass_obj
def set_aside(
    settings: Settings, number: int, barcodes: tuple[str, ...], branch: str, as_json: bool
) -> None:
    """Keep copies for a booking, and send them to where they will be handed out."""
    answers = perform(settings, branch, preparing.set_aside, booking_id=number, barcodes=barcodes)
    answers = accepted(answers, as_json)
    _say_each(barcodes, answers, as_json)


@click.command("put-back")
@click.argument("barcode")
@at_branch
@as_json
@click.pass_obj
def put_back(settings: Settings, barcode: str, branch: str, as_json: bool) -> None:
    """Keep a copy for its booking no more."""
    answer = perform(settings, branch, preparing.put_back, item=barcode)
    answer = accepted(answer, as_json)
    say({"item": barcode, "was_set_aside": answer}, as_json)


@click.command()
@NUMBER
@click.argument("barcodes", nargs=-1, metavar="[BARCODE...]")
@at_branch
@as_json
@click.pass_obj
def deliver(
    settings: Settings, number: int, barcodes: tuple[str, ...], branch: str, as_json: bool
) -> None:
    """Lend the set to its borrower: these copies, or all that were set aside."""
    answer = perform(
        settings,
        branch,
        delivering.deliver_booking,
        booking_id=number,
        barcodes=barcodes or None,
    )
    answer = accepted(answer, as_json)
    say(
        shown(answer.booking)
        | {"items": _each(barcodes, answer.answers), "lent_onward": answer.lent_onward},
        as_json,
    )
    end_by(answer.answers)


@click.command()
@NUMBER
@click.argument("pairs", nargs=-1, metavar="[BARCODE=PATRON...]")
@at_branch
@as_json
@click.pass_obj
def onward(
    settings: Settings, number: int, pairs: tuple[str, ...], branch: str, as_json: bool
) -> None:
    """Lend copies onward to pupils; without pairs, to the class of the booking by name."""
    parted = [pair.partition("=") for pair in pairs]
    if not all(sign for _, sign, _ in parted):
        raise click.UsageError("each pair is a barcode, = and a patron")
    named = [(barcode, patron) for barcode, _, patron in parted]
    answers = perform(
        settings, branch, delivering.lend_booking_onward, booking_id=number, pairs=named
    )
    answers = accepted(answers, as_json)
    _say_each(tuple(answers), tuple(answers.values()), as_json)


@click.command("return")
@NUMBER
@several_barcodes
@at_branch
@click.option("--all", "is_all", is_flag=True, help="No more copies will be asked for.")
@as_json
@click.pass_obj
def return_(
    settings: Settings,
    number: int,
    barcodes: tuple[str, ...],
    branch: str,
    is_all: bool,
    as_json: bool,
) -> None:
    """Take copies of a booking back, and say which are missing."""
    answer = perform(
        settings,
        branch,
        delivering.return_booking,
        booking_id=number,
        barcodes=barcodes,
        is_all=is_all,
    )
    answer = accepted(answer, as_json)
    say(
        shown(answer.booking)
        | {
            "items": _each(barcodes, answer.answers),
            "missing": [each._asdict() for each in answer.missing],
        },
        as_json,
    )
    end_by(answer.answers)


_Answer = CheckedOut | CheckedIn | LentOnward | Stay | Refused


def _each(barcodes: Sequence[str], answers: Sequence[_Answer]) -> list[dict[str, Any]]:
    found = []
    for number, answer in enumerate(answers):
        item = getattr(answer, "item", None)
        barcode = item.barcode if item else barcodes[number] if barcodes else None
        facts: dict[str, Any] = {"item": barcode}
        if isinstance(answer, Refused):
            facts |= refusal_of(answer)
        elif isinstance(answer, CheckedOut):
            facts["due"] = answer.loan.due
        elif isinstance(answer, CheckedIn):
            facts |= {"goes": answer.destination.value, "to": answer.to_branch.isil}
        elif isinstance(answer, LentOnward):
            facts["holder"] = answer.holder.name if answer.holder else None
        else:
            facts |= {"to": answer.branch.isil, "is_at": answer.seen_branch.isil}
        found.append(facts)
    return found


def _say_each(barcodes: Sequence[str], answers: Sequence[_Answer], json_wanted: bool) -> None:
    say(_each(barcodes, answers), json_wanted)
    end_by(answers)


COPY_COMMANDS = (pick, set_aside, put_back, deliver, onward, return_)
