"""What `tiro deposit` and `tiro theme` share: items that are together elsewhere for a while."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, TypeVar

import click

from circulation.kernel.results import StayKind
from protocols.commands.asking.answers import print_answer, print_stack
from protocols.commands.asking.asked import asked, asks
from protocols.commands.asking.asker import Asker
from protocols.commands.asking.pages import paged, print_page
from protocols.commands.shared.saying import as_json
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import DAY, ISIL, at_branch, several_barcodes

F = TypeVar("F", bound=Callable[..., Any])

STATIONS = click.option(
    "--station",
    "stations",
    multiple=True,
    required=True,
    metavar='"DAY ISIL PLACE"',
    help="Where the items are from that day on; a shelf or another place may follow.",
)
ENDS = click.option("--until", "ends", type=DAY, help="The last day.  [default: ended by hand]")


def stations_in(written: Sequence[str]) -> list[dict[str, str]]:
    """From ``DAY ISIL[ PLACE]``; raises a mistake of the caller."""
    found = []
    for text in written:
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
    return found


def _found(asker: Asker, kind: StayKind, number: int) -> Any:
    """The answer that shows it; a mistake of the caller where it is of the other kind."""
    found = asker.ask("show_placement", placement=number)
    if found["kind"] != kind.value:
        raise click.ClickException(f"there is no {kind.value} {number}")
    return found


def _number_of(kind: StayKind) -> Callable[[F], F]:
    return click.argument("number", type=int, metavar=kind.value.upper())


def _add_list(group: click.Group, kind: StayKind) -> None:
    @group.command("list", help=f"List each {kind.value} that has not ended.")
    @as_json
    @click.pass_obj
    @asks("list_placements")
    def list_(settings: Settings, as_json: bool) -> None:
        with asked(settings) as asker:
            found = asker.ask("list_placements")["placements"]
        its = [each for each in found if each["kind"] == kind.value]
        print_answer({"placements": its}, as_json)


def _add_show(group: click.Group, kind: StayKind) -> None:
    @group.command("show", help=f"Show a {kind.value}.")
    @_number_of(kind)
    @as_json
    @click.pass_obj
    @asks("show_placement")
    def show(settings: Settings, number: int, as_json: bool) -> None:
        with asked(settings) as asker:
            print_answer(_found(asker, kind, number), as_json)


def _add_put(group: click.Group, kind: StayKind) -> None:
    @group.command("put", help=f"Put items into a {kind.value}, on loan or not.")
    @_number_of(kind)
    @several_barcodes
    @at_branch
    @as_json
    @click.pass_obj
    @asks("put_into_placement", "show_placement")
    def put(
        settings: Settings, number: int, barcodes: tuple[str, ...], branch: str, as_json: bool
    ) -> None:
        with asked(settings, branch) as asker:
            _found(asker, kind, number)
            answer = asker.ask("put_into_placement", placement=number, items=barcodes)
        print_stack(answer, as_json)


def _add_take(group: click.Group, kind: StayKind) -> None:
    @group.command("take", help=f"Take an item out of its {kind.value}.")
    @click.argument("barcode")
    @at_branch
    @as_json
    @click.pass_obj
    @asks("take_out")
    def take(settings: Settings, barcode: str, branch: str, as_json: bool) -> None:
        with asked(settings, branch) as asker:
            print_answer(asker.ask("take_out", item=barcode), as_json)


def _add_change(group: click.Group, kind: StayKind) -> None:
    @group.command("change", help=f"Give a {kind.value} other stations and another end.")
    @_number_of(kind)
    @STATIONS
    @ENDS
    @at_branch
    @as_json
    @click.pass_obj
    @asks("change_placement", "show_placement")
    def change(
        settings: Settings,
        number: int,
        stations: tuple[str, ...],
        ends: date | None,
        branch: str,
        as_json: bool,
    ) -> None:
        wish = {"stations": stations_in(stations), "ends": ends}
        with asked(settings, branch) as asker:
            _found(asker, kind, number)
            print_answer(asker.ask("change_placement", placement=number, **wish), as_json)


def _add_end(group: click.Group, kind: StayKind) -> None:
    @group.command("end", help=f"End a {kind.value}: its items are to go home.")
    @_number_of(kind)
    @at_branch
    @as_json
    @click.pass_obj
    @asks("end_placement", "show_placement")
    def end(settings: Settings, number: int, branch: str, as_json: bool) -> None:
        with asked(settings, branch) as asker:
            _found(asker, kind, number)
            print_answer(asker.ask("end_placement", placement=number), as_json)


def _add_to_move(group: click.Group, kind: StayKind) -> None:
    @group.command("to-move", help="List the items that stand in the wrong place.")
    @click.option("--at", "branch", type=ISIL, help="Those that stand at this branch.")
    @paged
    @as_json
    @click.pass_obj
    @asks("show_items_to_move")
    def to_move(settings: Settings, /, branch: str | None, as_json: bool, **page: Any) -> None:
        with asked(settings, branch) as asker:
            found = asker.ask("show_items_to_move", here=branch is not None, **page)
            print_page(asker, found, as_json)


def add_common(group: click.Group, kind: StayKind) -> None:
    """The commands that deposits and themes share."""
    _add_list(group, kind)
    _add_show(group, kind)
    _add_put(group, kind)
    _add_take(group, kind)
    _add_change(group, kind)
    _add_end(group, kind)
    _add_to_move(group, kind)
