"""What `tiro deposit` and `tiro theme` share: items that are together elsewhere for a while."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

import click

from catalogue.database import Transaction
from circulation.booking import collecting, placements
from circulation.booking.lists import items_to_move
from circulation.booking.results import Placement, Station
from circulation.kernel.results import Refused, Stay, StayKind
from circulation.kernel.set_up import SetUp
from protocols.commands.shared.library import accepted, as_json, end_by, opened, refusal_of, say
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import DAY, ISIL, at_branch, several_barcodes

F = TypeVar("F", bound=Callable[..., Any])


def _shown(found: Placement) -> dict[str, Any]:
    return {
        found.kind.value: found.id,
        "name": found.name,
        "of": found.branch.isil,
        "items": found.items,
        "is_at": found.station.branch.isil if found.station else None,
        "place": found.station.place if found.station else None,
        "ends": found.ends,
        "ended": found.closed,
        "loan_days": found.loan_days,
        "stations": [
            {"from": each.first, "branch": each.branch.isil, "place": each.place}
            for each in found.stations
        ],
    }


def _stations(set_up: SetUp, written: Sequence[str]) -> list[Station]:
    """From ``DAY ISIL[ PLACE]``; raises a mistake of the caller."""
    by_isil = {branch.isil: branch for branch in set_up.branches.values()}
    found = []
    for text in written:
        day, _, rest = text.strip().partition(" ")
        isil, _, place = rest.strip().partition(" ")
        try:
            found.append(Station(date.fromisoformat(day), by_isil[isil], place.strip()))
        except (ValueError, KeyError) as error:
            raise click.UsageError(
                f"{text!r} is no station: a day, the ISIL of a branch and perhaps a place, as in "
                '"2027-01-11 DK-900102 Waiting room"'
            ) from error
    return found


@dataclass(frozen=True)
class Wanted:
    """A deposit or theme that is to begin; its stations as they were written."""

    kind: StayKind
    name: str
    stations: tuple[str, ...]
    ends: date | None
    loan_days: int | None = None

    def new(self, set_up: SetUp) -> placements.NewPlacement:
        stations = _stations(set_up, self.stations)
        return placements.NewPlacement(self.kind, self.name, stations, self.ends, self.loan_days)


def create(settings: Settings, wanted: Wanted, branch: str, json_wanted: bool) -> None:
    """Begins a deposit or theme, at once where its first station's day has come."""
    with opened(settings) as library:
        desk = library.desk(branch)

        def work(transaction: Transaction) -> Placement:
            set_up = library.circulation.current_set_up(transaction)
            made = placements.create_placement(
                library.act(transaction, desk), set_up, wanted.new(set_up)
            )
            today = set_up.day(library.now, desk.branch_id)
            placements.move_on(library.act(transaction, desk), set_up, made.id, day=today)
            return placements.find_placement(transaction, set_up, made.id) or made

        try:
            made = library.write(work)
        except ValueError as error:
            raise click.UsageError(str(error)) from error
    say(_shown(made), json_wanted)


STATIONS = click.option(
    "--station",
    "stations",
    multiple=True,
    required=True,
    metavar='"DAY ISIL PLACE"',
    help="Where the items are from that day on; a shelf or another place may follow.",
)
ENDS = click.option("--until", "ends", type=DAY, help="The last day.  [default: ended by hand]")


def _found(transaction: Transaction, set_up: SetUp, kind: StayKind, number: int) -> Placement:
    found = placements.find_placement(transaction, set_up, number)
    if found is None or found.kind is not kind:
        raise click.ClickException(f"there is no {kind.value} {number}")
    return found


def _number_of(kind: StayKind) -> Callable[[F], F]:
    return click.argument("number", type=int, metavar=kind.value.upper())


def _add_list(group: click.Group, kind: StayKind) -> None:
    @group.command("list", help=f"List each {kind.value} that has not ended.")
    @as_json
    @click.pass_obj
    def list_(settings: Settings, as_json: bool) -> None:
        with opened(settings) as library:
            found = library.read(
                lambda transaction: placements.placements(
                    transaction, library.circulation.current_set_up(transaction), kind
                )
            )
        say([_shown(each) for each in found], as_json)


def _add_show(group: click.Group, kind: StayKind) -> None:
    @group.command("show", help=f"Show a {kind.value}.")
    @_number_of(kind)
    @as_json
    @click.pass_obj
    def show(settings: Settings, number: int, as_json: bool) -> None:
        with opened(settings) as library:
            found = library.read(
                lambda transaction: _found(
                    transaction, library.circulation.current_set_up(transaction), kind, number
                )
            )
        say(_shown(found), as_json)


def _add_put(group: click.Group, kind: StayKind) -> None:
    @group.command("put", help=f"Put items into a {kind.value}, on loan or not.")
    @_number_of(kind)
    @several_barcodes
    @at_branch
    @as_json
    @click.pass_obj
    def put(
        settings: Settings, number: int, barcodes: tuple[str, ...], branch: str, as_json: bool
    ) -> None:
        with opened(settings) as library:
            desk = library.desk(branch)

            def work(transaction: Transaction) -> list[Stay | Refused] | Refused:
                set_up = library.circulation.current_set_up(transaction)
                _found(transaction, set_up, kind, number)
                return collecting.put_into(
                    library.act(transaction, desk),
                    placement_id=number,
                    barcodes=barcodes,
                )

            answers = accepted(library.write(work), as_json)
        say(
            [
                {"item": barcode}
                | (
                    refusal_of(answer)
                    if isinstance(answer, Refused)
                    else {"is_to_be_at": answer.branch.isil, "is_at": answer.seen_branch.isil}
                )
                for barcode, answer in zip(barcodes, answers, strict=True)
            ],
            as_json,
        )
        end_by(answers)


def _add_take(group: click.Group, kind: StayKind) -> None:
    @group.command("take", help=f"Take an item out of its {kind.value}.")
    @click.argument("barcode")
    @at_branch
    @as_json
    @click.pass_obj
    def take(settings: Settings, barcode: str, branch: str, as_json: bool) -> None:
        with opened(settings) as library:
            answer = library.perform(branch, collecting.take_out, item=barcode)
        say({"item": barcode, "was_taken_out": accepted(answer, as_json)}, as_json)


def _add_change(group: click.Group, kind: StayKind) -> None:
    @group.command("change", help=f"Give a {kind.value} other stations and another end.")
    @_number_of(kind)
    @STATIONS
    @ENDS
    @at_branch
    @as_json
    @click.pass_obj
    def change(
        settings: Settings,
        number: int,
        stations: tuple[str, ...],
        ends: date | None,
        branch: str,
        as_json: bool,
    ) -> None:
        with opened(settings) as library:
            desk = library.desk(branch)

            def work(transaction: Transaction) -> Placement | None:
                set_up = library.circulation.current_set_up(transaction)
                _found(transaction, set_up, kind, number)
                return placements.change_placement(
                    library.act(transaction, desk),
                    set_up,
                    placement_id=number,
                    stations=_stations(set_up, stations),
                    ends=ends,
                    today=set_up.day(library.now, desk.branch_id),
                )

            try:
                changed = library.write(work)
            except ValueError as error:
                raise click.UsageError(str(error)) from error
        if changed is None:
            raise click.ClickException(f"the {kind.value} {number} has ended")
        say(_shown(changed), as_json)


def _add_end(group: click.Group, kind: StayKind) -> None:
    @group.command("end", help=f"End a {kind.value}: its items are to go home.")
    @_number_of(kind)
    @at_branch
    @as_json
    @click.pass_obj
    def end(settings: Settings, number: int, branch: str, as_json: bool) -> None:
        with opened(settings) as library:
            desk = library.desk(branch)

            def work(transaction: Transaction) -> Placement:
                set_up = library.circulation.current_set_up(transaction)
                _found(transaction, set_up, kind, number)
                placements.end_placement(library.act(transaction, desk), set_up, number)
                return _found(transaction, set_up, kind, number)

            ended = library.write(work)
        say(_shown(ended), as_json)


def _add_to_move(group: click.Group, kind: StayKind) -> None:
    @group.command("to-move", help="List the items that stand in the wrong place.")
    @click.option("--at", "branch", type=ISIL, help="Those that stand at this branch.")
    @click.option("--after", type=int, default=0, help="Those after the item with this number.")
    @as_json
    @click.pass_obj
    def to_move(settings: Settings, branch: str | None, after: int, as_json: bool) -> None:
        with opened(settings) as library:
            branch_id = library.desk(branch).branch_id if branch else None
            found = library.read(
                lambda transaction: items_to_move(
                    transaction,
                    library.circulation.current_set_up(transaction),
                    branch_id=branch_id,
                    after=after,
                )
            )
        say(
            [
                {
                    "item": each.barcode,
                    "number": each.item_id,
                    "title": each.title,
                    "call_number": each.call_number,
                    "for": each.kind.value,
                    "name": each.name,
                    "stands_at": each.from_branch.isil,
                    "to": each.to_branch.isil,
                    "place": each.place,
                    "goes_home": each.is_over,
                    "since": each.since,
                }
                for each in found
            ],
            as_json,
        )


def add_common(group: click.Group, kind: StayKind) -> None:
    """The commands that deposits and themes share."""
    _add_list(group, kind)
    _add_show(group, kind)
    _add_put(group, kind)
    _add_take(group, kind)
    _add_change(group, kind)
    _add_end(group, kind)
    _add_to_move(group, kind)
