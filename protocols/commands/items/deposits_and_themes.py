"""What `tiro deposit` and `tiro theme` share: items that are together elsewhere for a while."""

from __future__ import annotations

from datetime import date
from typing import Any

import click

from circulation.kernel.results import StayKind
from protocols.commands.asking.answers import print_stack
from protocols.commands.asking.asker import Asker
from protocols.commands.asking.described import Noun, Work
from protocols.commands.asking.pages import paged
from protocols.commands.shared.values import DAY, ISIL, ITEM, at_branch, several_items

STATIONS = click.option(
    "--station",
    "stations",
    multiple=True,
    required=True,
    metavar='"DAY ISIL PLACE"',
    help="Where the items are from that day on; a shelf or another place may follow.",
)
ENDS = click.option("--until", "ends", type=DAY, help="The last day.  [default: ended by hand]")


def stations_in(stations: tuple[str, ...], **wish: Any) -> dict[str, Any]:
    """Read each ``DAY ISIL[ PLACE]``. Raises click.UsageError."""
    found = []
    for text in stations:
        day, _, rest = text.strip().partition(" ")
        isil, _, place = rest.strip().partition(" ")
        try:
            first = date.fromisoformat(day)
        except ValueError:
            isil = ""
        if not isil:
            raise click.UsageError(
                f"{text!r} is no station: a day, the ISIL of a branch and perhaps a place, as in "
                '"2027-01-11 DK-900102 Waiting room"'
            )
        found.append({"first": first.isoformat(), "branch": isil, "place": place.strip()})
    return wish | {"stations": found}


def add_common(noun: Noun, kind: StayKind) -> None:
    """Add the commands that deposits and themes share."""
    called = kind.value
    number = click.argument("placement", type=int, metavar=called.upper())

    def show(asker: Asker, placement: int) -> Any:
        found = asker.ask("show_placement", placement=placement)
        if found["kind"] != called:
            raise click.ClickException(f"there is no {called} {placement}")
        return found

    def of_kind(operation: str) -> Work:
        def ask(asker: Asker, placement: int, **wish: Any) -> Any:
            show(asker, placement)
            return asker.ask(operation, placement=placement, **wish)

        return ask

    def list_(asker: Asker) -> Any:
        found = asker.ask("list_placements")["placements"]
        return {"placements": [each for each in found if each["kind"] == called]}

    noun.ask("list", "list_placements", f"List each {called} that has not ended.", work=list_)
    noun.ask("show", "show_placement", f"Show a {called}.", number, work=show)
    noun.ask(
        "put",
        "put_into_placement show_placement",
        f"Put items into a {called}, on loan or not.",
        number,
        several_items,
        at_branch,
        work=of_kind("put_into_placement"),
        printer=print_stack,
    )
    noun.ask("take", "take_out", f"Take an item out of its {called}.", ITEM, at_branch)
    noun.ask(
        "change",
        "change_placement show_placement",
        f"Give a {called} other stations and another end.",
        number,
        STATIONS,
        ENDS,
        at_branch,
        wish=stations_in,
        work=of_kind("change_placement"),
    )
    noun.ask(
        "end",
        "end_placement show_placement",
        f"End a {called}: its items are to go home.",
        number,
        at_branch,
        work=of_kind("end_placement"),
    )
    _add_list_to_move(noun)


def _add_list_to_move(noun: Noun) -> None:
    """Add the list of what stands in the wrong place."""
    noun.ask(
        "to-move",
        "show_items_to_move",
        "List the items that stand in the wrong place.",
        click.option("--at", "branch", type=ISIL, help="Those that stand at this branch."),
        paged,
        wish=lambda **wish: wish | {"here": wish["branch"] is not None},
    )
