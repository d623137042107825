"""Deposits and themes: items that are together somewhere else for a while."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from circulation.booking.results import Placement as KnownPlacement
from circulation.booking.results import ToMove as KnownToMove
from protocols.api.models.answers import Branch, branch_shown
from protocols.api.models.common import Isil, Paging, Request
from protocols.api.models.desk import Stack

_Name = Annotated[str, Field(min_length=1, max_length=200)]


class StationWish(Request):
    """Where the items are from the day `first` on; `place` is a shelf there, or a place outside."""

    first: date
    branch: Isil
    place: Annotated[str, Field(max_length=200)] = ""


_Stations = Annotated[tuple[StationWish, ...], Field(min_length=1, max_length=100)]


class DepositWish(Request):
    """A deposit with as many stations as it has turns; `ends` is its last day."""

    name: _Name
    stations: _Stations
    ends: date | None = None


class ThemeWish(DepositWish):
    """A theme. `loan_days`: null lends its items as ever, 0 not at all, else for so many days."""

    loan_days: Annotated[int, Field(ge=0, le=1_000)] | None = None


class PlacementChanges(Request):
    """All stations as they are from now on, and the last day."""

    stations: _Stations
    ends: date | None = None


class ItemsWish(Request):
    """Items that are to be there."""

    items: Stack


class ToMovePaging(Paging):
    """Which part of the list; `here` those alone that stand at the caller's branch."""

    here: bool = True


@dataclass(frozen=True, slots=True)
class Station:
    """Where the items are from a day on."""

    first: date
    branch: Branch
    place: str


@dataclass(frozen=True, slots=True)
class Placement:
    """A deposit or a theme. `station` is the one in force."""

    id: str
    kind: Literal["deposit", "theme"]
    name: str
    of: Branch
    items: int
    station: Station | None
    stations: tuple[Station, ...]
    loan_days: int | None
    ends: date | None
    ended: datetime | None


@dataclass(frozen=True, slots=True)
class Placements:
    """Those that have not ended, the oldest first."""

    placements: tuple[Placement, ...]


@dataclass(frozen=True, slots=True)
class TakenOut:
    """The item goes home from its deposit or theme; `was_in` tells whether it was in one."""

    item: str
    was_in: bool


@dataclass(frozen=True, slots=True)
class ToMove:
    """An item that stands in the wrong place. `goes_home`: its stay is over."""

    item: str
    title: str
    call_number: str
    kind: Literal["booking", "deposit", "theme"]
    name: str
    stands_at: Branch
    to: Branch
    place: str
    goes_home: bool
    since: datetime


@dataclass(frozen=True, slots=True)
class ToMoveList:
    """What is to be brought to its station, or home."""

    lines: tuple[ToMove, ...]


def placement_shown(found: KnownPlacement) -> Placement:
    stations = tuple(
        Station(each.first, branch_shown(each.branch), each.place) for each in found.stations
    )
    in_force = None
    if found.station is not None:
        in_force = stations[found.stations.index(found.station)]
    return Placement(
        str(found.id),
        found.kind.value,  # type: ignore[arg-type]
        found.name,
        branch_shown(found.branch),
        found.items,
        in_force,
        stations,
        found.loan_days,
        found.ends,
        found.closed,
    )


def to_move_shown(found: KnownToMove) -> ToMove:
    return ToMove(
        found.barcode,
        found.title,
        found.call_number,
        found.kind.value,
        found.name,
        branch_shown(found.from_branch),
        branch_shown(found.to_branch),
        found.place,
        found.is_over,
        found.since,
    )
