"""What the commands on bookings share: their options, calling a verb, printing what it answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

import click

from circulation.booking.changes import BookingChanged
from circulation.booking.results import Booking
from circulation.kernel.act import Act
from circulation.kernel.results import Refused
from protocols.commands.shared.library import opened, refusal_of, say
from protocols.commands.shared.settings import Settings

P = ParamSpec("P")
T = TypeVar("T")

NUMBER = click.argument("number", type=int, metavar="BOOKING")


def perform(
    settings: Settings,
    branch: str,
    verb: Callable[Concatenate[Act, P], T],
    /,
    *given: P.args,
    **named: P.kwargs,
) -> T:
    """What a verb answers at a desk of that branch, with a library opened for it alone."""
    with opened(settings) as library:
        return library.perform(branch, verb, *given, **named)


def accepted(answer: T | Refused, json_wanted: bool) -> T:
    """The answer; where it is a refusal, it is printed with its limit, and the command ends."""
    if isinstance(answer, Refused):
        limits = [each.limit for each in answer.refusals if each.limit is not None]
        say(refusal_of(answer) | ({"limit": limits[0]} if limits else {}), json_wanted)
        raise click.exceptions.Exit(1)
    return answer


def answer_of(answer: Booking | BookingChanged | Refused, json_wanted: bool) -> None:
    """Prints what a verb has answered."""
    if isinstance(answer, BookingChanged):
        answer = answer.after
    say(shown(accepted(answer, json_wanted)), json_wanted)


def shown(found: Booking) -> dict[str, Any]:
    """A booking for people and for programs."""
    return {
        "booking": found.id,
        "record": found.record_id,
        "title": found.title,
        "borrower": found.patron_name,
        "class": found.group_name,
        "from": found.first,
        "until": found.last,
        "copies": found.copies,
        "preferred": found.preferred,
        "minimum": found.minimum,
        "delivered_at": found.delivery_branch.isil,
        "state": found.state.value,
        "outcome": found.outcome.value if found.outcome else None,
        "note": found.note,
        "supplies": [
            {
                "from": each.branch.isil,
                "group": each.material_group,
                "copies": each.copies,
                "reserved_from": each.reserved_from,
                "reserved_until": each.reserved_until,
                "set_aside": each.set_aside,
                "delivered": each.delivered,
                "returned": each.returned,
            }
            for each in found.supplies
        ],
    }
