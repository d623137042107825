"""`tiro hold pick-list`, `fetch`, `shelf` and `unfillable`: the work that holds make."""

from __future__ import annotations

from typing import Any

import click

from catalogue.database import Transaction
from circulation.holds.pick_list import ToFetch, begin_fetching, give_up_fetching, pick_list
from circulation.holds.shelf import clear_shelf, hold_shelf
from circulation.holds.unfillable import UnfillablePage, unfillable_holds
from circulation.kernel.results import Refused
from protocols.commands.shared.library import Library, as_json, opened, refusal_of, say
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import ISIL, at_branch


@click.command()
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
        say(library.listed(lines), as_json)


@click.command("pick-list")
@at_branch
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


@click.command()
@click.argument("barcode")
@at_branch
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
        answer = library.perform(branch, begin_fetching, item=barcode)
    if isinstance(answer, Refused):
        say([refusal_of(answer)], as_json)
        raise click.exceptions.Exit(1)
    say(to_fetch(answer), as_json)


def _give_up(library: Library, barcode: str, branch: str) -> bool:
    desk = library.desk(branch)
    return library.write(
        lambda transaction: give_up_fetching(library.act(transaction, desk), item=barcode)
    )


@click.command()
@at_branch
@click.option("--to-go", is_flag=True, help="Only what does not belong there any more.")
@click.option("--clear", is_flag=True, help="Take that off the shelf, and say where it goes.")
@as_json
@click.pass_obj
def shelf(settings: Settings, branch: str, to_go: bool, clear: bool, as_json: bool) -> None:
    """List what stands on the hold shelf of the branch, by number."""
    with opened(settings) as library:
        desk = library.desk(branch)
        if clear:
            cleared = library.perform(desk, clear_shelf)
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


#: For `tiro hold`.
COMMANDS: tuple[click.Command, ...] = (pick_list_, fetch, shelf, unfillable)
