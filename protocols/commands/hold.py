"""`tiro hold`: placing, changing and cancelling holds, and the work that they make."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import click

from catalogue.items import find_item
from catalogue.statements import Transaction
from circulation.holds.changing import cancel_hold, change_hold, pause_hold
from circulation.holds.lists import patron_holds
from circulation.holds.pick_list import ToFetch, begin_fetching, give_up_fetching, pick_list
from circulation.holds.placing import place_holds
from circulation.holds.results import HoldChanged, HoldKind, HoldsPlaced, QueuedHold, Wanted
from circulation.holds.shelf import clear_shelf, hold_shelf
from circulation.holds.unfillable import UnfillablePage, unfillable_holds
from circulation.holds.work_lists import record_queue
from circulation.results import Refused
from protocols.command_line import Settings
from protocols.commands.library import Library, as_json, opened, refusal_of, say
from protocols.commands.unknown import no_item
from protocols.commands.values import DAY, ISIL

_at = click.option("--at", "branch", type=ISIL, required=True, help="The branch where it is done.")
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
@_at
@click.option("--pickup", type=ISIL, help="Where to fetch it.  [default: as they prefer]")
@click.option("--from", "activates", type=DAY, help="The first day on which it may be served.")
@click.option("--until", type=DAY, help="The last.  [default: as the rules have it]")
@click.option("--priority", type=int, default=0, help="The smaller goes first.")
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
    with opened(settings) as library:
        desk = library.desk(branch)
        answer = library.write(
            lambda transaction: place_holds(
                library.circulation,
                transaction,
                desk=desk,
                patron=patron,
                wanted=wanted,
                kind=HoldKind(kind),
                pickup_branch=pickup,
                activates=activates,
                interest_until=until,
                priority=priority,
                now=library.now,
            )
        )
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
        found = library.read(
            lambda transaction: patron_holds(
                library.circulation, transaction, patron=patron, now=library.now
            )
        )
    if isinstance(found, Refused):
        raise click.ClickException("no patron has this identifier")
    say([_facts(each) for each in found.holds], as_json)


def _do(
    settings: Settings,
    verb: Callable[..., HoldChanged | Refused],
    patron: str,
    hold_id: int,
    branch: str,
    json_wanted: bool,
    **options: Any,
) -> None:
    """Does something with one hold of a patron, and says what it is like now."""
    with opened(settings) as library:
        desk = library.desk(branch)
        answer = library.write(
            lambda transaction: verb(
                library.circulation,
                transaction,
                desk=desk,
                patron=patron,
                hold_id=hold_id,
                now=library.now,
                **options,
            )
        )
    if isinstance(answer, Refused):
        _refuse(answer, json_wanted)
    else:
        say(_facts(answer.queued), json_wanted)


@hold.command()
@click.argument("patron")
@click.argument("hold_id", type=int)
@_at
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
    changes = {"pickup_branch": pickup, "activates": activates, "interest_until": until}
    _do(settings, change_hold, patron, hold_id, branch, as_json, **changes)


@hold.command()
@click.argument("patron")
@click.argument("hold_id", type=int)
@_at
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
    _do(settings, pause_hold, patron, hold_id, branch, as_json, first=begin, last=last)


@hold.command()
@click.argument("patron")
@click.argument("hold_id", type=int)
@_at
@click.option("--unobtainable", is_flag=True, help="Because the library cannot get it: say so.")
@as_json
@click.pass_obj
def cancel(
    settings: Settings, patron: str, hold_id: int, branch: str, unobtainable: bool, as_json: bool
) -> None:
    """End a hold."""
    _do(settings, cancel_hold, patron, hold_id, branch, as_json, unobtainable=unobtainable)


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

        say(library.read(work), as_json)


# The work that holds make


@hold.command()
@click.option("--at", "branch", type=ISIL, help="To be fetched there.  [default: anywhere]")
@as_json
@click.pass_obj
def unfillable(settings: Settings, branch: str | None, as_json: bool) -> None:
    """List the holds that nothing can fill, and why: no copy is left that could serve them.

    They stay open until somebody gets another copy, or ends them with `tiro hold cancel
    --unobtainable`. The job `unfillable-holds` tells their patrons, once.
    """
    with opened(settings) as library:
        branch_id = None if branch is None else library.desk(branch).branch_id
        lines: list[dict[str, Any]] = []
        after: int | None = 0
        while after is not None:

            def work(transaction: Transaction, after: int = after) -> UnfillablePage:
                return unfillable_holds(
                    library.circulation, transaction, pickup_branch_id=branch_id, after=after
                )

            page = library.read(work)
            lines += [
                {
                    "hold": each.hold.id,
                    "record": each.hold.record_id,
                    "title": each.hold.title,
                    "author": each.hold.author,
                    "part": each.hold.part,
                    "patron": each.patron_name,
                    "pickup": each.hold.pickup_branch.isil,
                    "placed": each.hold.placed,
                    "until": each.hold.interest_until,
                    "why": each.why.value,
                }
                for each in page.holds
            ]
            after = page.next
        say(lines, as_json)


@hold.command("pick-list")
@_at
@click.option("--unmarked", is_flag=True, help="Only what nobody has gone for.")
@as_json
@click.pass_obj
def pick_list_(settings: Settings, branch: str, unmarked: bool, as_json: bool) -> None:
    """List what to fetch from the shelves of the branch."""
    with opened(settings) as library:
        desk = library.desk(branch)
        found = library.read(
            lambda transaction: pick_list(
                transaction, branch_id=desk.branch_id, now=library.now, only_unmarked=unmarked
            )
        )
    say([to_fetch(line) for line in found], as_json)


def to_fetch(line: ToFetch) -> dict[str, Any]:
    """A line of the pick list."""
    return {
        "item": line.item,
        "title": line.title,
        "author": line.author,
        "location": line.location,
        "sublocation": line.sublocation,
        "call_number": line.call_number,
        "hold": line.hold_id,
        "pickup": line.pickup_branch.isil,
        "fetched_by": line.fetched_by,
        "fetched_since": line.fetched_since,
    }


@hold.command()
@click.argument("barcode")
@_at
@click.option("--give-up", is_flag=True, help="Take the mark off again: it was not found.")
@as_json
@click.pass_obj
def fetch(settings: Settings, barcode: str, branch: str, give_up: bool, as_json: bool) -> None:
    """Mark an item of the pick list: somebody has gone to fetch it."""
    with opened(settings) as library:
        if give_up:
            was_marked = _give_up(library, barcode, branch)
            say({"item": barcode, "was_marked": was_marked}, as_json)
            return
        desk = library.desk(branch)
        answer = library.write(
            lambda transaction: begin_fetching(
                library.circulation, transaction, desk=desk, item=barcode, now=library.now
            )
        )
    if isinstance(answer, Refused):
        _refuse(answer, as_json)
    else:
        say(to_fetch(answer), as_json)


def _give_up(library: Library, barcode: str, branch: str) -> bool:
    desk = library.desk(branch)
    return library.write(
        lambda transaction: give_up_fetching(transaction, desk=desk, item=barcode, now=library.now)
    )


@hold.command()
@_at
@click.option("--to-go", is_flag=True, help="Only what does not belong there any more.")
@click.option("--clear", is_flag=True, help="Take that off the shelf, and say where it goes.")
@as_json
@click.pass_obj
def shelf(settings: Settings, branch: str, to_go: bool, clear: bool, as_json: bool) -> None:
    """List what stands on the hold shelf of the branch, by number."""
    with opened(settings) as library:
        desk = library.desk(branch)
        if clear:
            cleared = library.write(
                lambda transaction: clear_shelf(
                    library.circulation, transaction, desk=desk, now=library.now
                )
            )
            lines: list[dict[str, Any]] = [
                {
                    "item": each.item.barcode,
                    "title": each.item.title,
                    "goes": each.destination.value,
                    "to": each.to_branch.isil,
                    "pickup_number": each.held_for.number if each.held_for else None,
                }
                for each in cleared
            ]
        else:
            found = library.read(
                lambda transaction: hold_shelf(
                    transaction, branch_id=desk.branch_id, now=library.now, only_to_go=to_go
                )
            )
            lines = [
                {
                    "number": each.number,
                    "item": each.item,
                    "title": each.hold.title,
                    "hold": each.hold.id,
                    "until": each.deadline,
                    "is_to_go": each.is_to_go,
                }
                for each in found
            ]
    say(lines, as_json)
