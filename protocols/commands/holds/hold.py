"""`tiro hold`: placing, changing and cancelling holds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Concatenate, ParamSpec

import click

from catalogue.database import Transaction
from catalogue.items import find_item
from circulation.holds.changing import cancel_hold, change_hold, pause_hold
from circulation.holds.lists import patron_holds
from circulation.holds.placing import place_holds
from circulation.holds.reordering import Move, move_hold
from circulation.holds.results import HoldChanged, HoldKind, HoldsPlaced, QueuedHold, Wanted
from circulation.holds.wishes import HoldChange, HoldWish
from circulation.holds.work_lists import record_queue
from circulation.kernel.act import Act
from circulation.kernel.results import Refused
from circulation.staff.lookups import Seen
from protocols.commands.holds.work import COMMANDS
from protocols.commands.shared.library import as_json, opened, refusal_of, say
from protocols.commands.shared.overriding import override_of, overriding
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.unknown import no_item
from protocols.commands.shared.values import DAY, ISIL, at_branch

P = ParamSpec("P")

_KINDS = click.Choice([kind.value for kind in HoldKind])


@click.group()
def hold() -> None:
    """Place and look after holds. The exit code is 1 where anything was refused."""


@hold.command()
@click.argument("patron")
@click.option("--record", "records", type=int, multiple=True, help="A title, by its number.")
@click.option("--item", "items", multiple=True, metavar="BARCODE", help="Just this item.")
@click.option("--part", default="", help="Only this part of the titles, as of a periodical.")
@click.option("--kind", type=_KINDS, default=HoldKind.NORMAL.value, show_default=True)
@at_branch
@click.option("--pickup", type=ISIL, help="Where to fetch it.  [default: as they prefer]")
@click.option("--from", "activates", type=DAY, help="The first day on which it may be served.")
@click.option("--until", type=DAY, help="The last.  [default: as the rules have it]")
@click.option("--priority", type=int, default=0, help="The smaller goes first.")
@overriding
@as_json
@click.pass_obj
def place(
    settings: Settings,
    /,
    patron: str,
    records: tuple[int, ...],
    items: tuple[str, ...],
    part: str,
    kind: str,
    branch: str,
    activates: date | None,
    until: date | None,
    pickup: str | None,
    priority: int,
    overridden: tuple[str, ...],
    why: str,
    as_json: bool,
) -> None:
    """Place a hold for PATRON on one or more titles or items.

    Several are placed all or none; of --kind parallel any one will do, serial is one after the
    other.
    """
    wanted = [Wanted(record, part=part) for record in records]
    wanted += [Wanted(item=barcode) for barcode in items]
    if not wanted:
        raise click.UsageError("name a title (--record) or an item (--item)")
    wish = HoldWish(
        patron=patron,
        wanted=wanted,
        kind=HoldKind(kind),
        pickup_branch=pickup,
        activates=activates,
        interest_until=until,
        priority=priority,
    )
    with opened(settings) as library:
        override = override_of(library, library.desk(branch), overridden, why)
        answer = library.perform(branch, place_holds, wish._replace(overriding=override))
    if isinstance(answer, Refused):
        _refuse(answer, as_json)
    else:
        say(_placed(answer), as_json)


def _placed(answer: HoldsPlaced) -> list[dict[str, Any]]:
    placed = [_facts(each) for each in answer.holds]
    refused = [
        {"record": wanted.record_id, "item": wanted.item, "part": wanted.part}
        | refusal_of(Refused(refusals))
        for wanted, refusals in answer.refused
    ]
    recalled = [
        {"recalled": each.item, "due": each.due, "was_due": each.previous_due}
        for each in answer.recalled
    ]
    return placed + refused + recalled


def _refuse(refused: Refused, json_wanted: bool) -> None:
    say([refusal_of(refused)], json_wanted)
    raise click.exceptions.Exit(1)


def _facts(queued: QueuedHold) -> dict[str, Any]:
    held = queued.hold
    return {
        "hold": held.id,
        "record": held.record_id,
        "title": held.title,
        "author": held.author,
        "item": held.item,
        "part": held.part,
        "kind": held.kind.value,
        "state": held.state.value,
        "outcome": held.outcome.value if held.outcome else None,
        "pickup": held.pickup_branch.isil,
        "number_in_queue": queued.number_in_queue,
        "days": queued.days,
        "placed": held.placed,
        "from": held.activates,
        "until": held.interest_until,
        "paused_from": held.paused_from,
        "paused_until": held.paused_until,
        "bound_item": held.bound_item,
        "pickup_number": held.number,
        "pickup_until": held.deadline,
    }


@hold.command("list")
@click.argument("patron")
@as_json
@click.pass_obj
def list_(settings: Settings, patron: str, as_json: bool) -> None:
    """List the open holds of PATRON, with their place in the queue and the days it may take."""
    with opened(settings) as library:
        library.patron(patron, Seen.HOLDS)
        found = library.read(
            lambda transaction: patron_holds(
                library.circulation, transaction, patron=patron, now=library.now
            )
        )
    assert not isinstance(found, Refused)
    say([_facts(each) for each in found.holds], as_json)


def _do(
    settings: Settings,
    branch: str,
    json_wanted: bool,
    verb: Callable[Concatenate[Act, P], HoldChanged | Refused],
    /,
    *given: P.args,
    **named: P.kwargs,
) -> None:
    """Does something with one hold of a patron, and says what it is like now."""
    with opened(settings) as library:
        answer = library.perform(branch, verb, *given, **named)
    if isinstance(answer, Refused):
        _refuse(answer, json_wanted)
    else:
        say(_facts(answer.queued), json_wanted)


@hold.command()
@click.argument("patron")
@click.argument("hold_id", type=int)
@at_branch
@click.option("--pickup", type=ISIL, help="Where to fetch it.")
@click.option("--from", "activates", type=DAY, help="The first day on which it may be served.")
@click.option("--until", type=DAY, help="The last.")
@as_json
@click.pass_obj
def change(
    settings: Settings,
    patron: str,
    hold_id: int,
    branch: str,
    pickup: str | None,
    activates: date | None,
    until: date | None,
    as_json: bool,
) -> None:
    """Change a hold; it keeps its place in the queue."""
    wish = HoldChange(patron, hold_id, pickup, activates, until)
    _do(settings, branch, as_json, change_hold, wish)


@hold.command()
@click.argument("patron")
@click.argument("hold_id", type=int)
@at_branch
@click.option("--from", "first", type=DAY, help="The first day of the pause.  [default: today]")
@click.option("--until", "last", type=DAY, help="The last.  [default: until further notice]")
@click.option("--end", is_flag=True, help="End the pause instead.")
@as_json
@click.pass_obj
def pause(
    settings: Settings,
    patron: str,
    hold_id: int,
    branch: str,
    first: date | None,
    last: date | None,
    end: bool,
    as_json: bool,
) -> None:
    """Pass a hold over for some time; it keeps its place in the queue."""
    if end and (first or last):
        raise click.UsageError("--end has no days")
    begin = None if end else (first or datetime.now().date())  # noqa: DTZ005  the wall's own day
    _do(
        settings,
        branch,
        as_json,
        pause_hold,
        patron=patron,
        hold_id=hold_id,
        first=begin,
        last=last,
    )


@hold.command()
@click.argument("patron")
@click.argument("hold_id", type=int)
@at_branch
@click.option("--unobtainable", is_flag=True, help="Because the library cannot get it: say so.")
@as_json
@click.pass_obj
def cancel(
    settings: Settings, patron: str, hold_id: int, branch: str, unobtainable: bool, as_json: bool
) -> None:
    """End a hold."""
    _do(
        settings,
        branch,
        as_json,
        cancel_hold,
        patron=patron,
        hold_id=hold_id,
        unobtainable=unobtainable,
    )


@hold.command()
@click.argument("hold_id", type=int)
@click.argument("number", type=click.IntRange(min=1))
@at_branch
@click.option("--why", required=True, help="Why; kept with the event, as who does it.")
@as_json
@click.pass_obj
def move(
    settings: Settings, hold_id: int, number: int, branch: str, why: str, as_json: bool
) -> None:
    """Put a hold elsewhere in its queue: NUMBER 1 is the next to be served."""
    with opened(settings) as library:
        try:
            answer = library.perform(branch, move_hold, Move(hold_id, number, why))
        except ValueError as error:
            raise click.ClickException(str(error)) from error
    if isinstance(answer, Refused):
        _refuse(answer, as_json)
    else:
        say(_facts(answer), as_json)


@hold.command()
@click.option("--record", type=int, help="The title, by its number.")
@click.option("--item", "barcode", metavar="BARCODE", help="The title of this item.")
@as_json
@click.pass_obj
def queue(settings: Settings, record: int | None, barcode: str | None, as_json: bool) -> None:
    """List the queue of a title: who is served when, and who is passed over and why."""
    if (record is None) == (barcode is None):
        raise click.UsageError("name a title (--record) or an item of it (--item)")
    with opened(settings) as library:

        def work(transaction: Transaction) -> list[dict[str, Any]]:
            record_id = record
            if barcode is not None:
                item = find_item(transaction, barcode)
                if item is None:
                    raise click.ClickException(no_item(transaction, barcode))
                record_id = item.record_id
            assert record_id is not None
            return [
                {"patron": each.patron_name}
                | _facts(each.queued)
                | {"passed_over": each.passed_over.value if each.passed_over else None}
                for each in record_queue(
                    library.circulation, transaction, record_id=record_id, now=library.now
                )
            ]

        say(library.listed(library.read(work)), as_json)


for _command in COMMANDS:
    hold.add_command(_command)
