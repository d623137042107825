"""Whether a delivery is older than one that was taken, or of another library.

An older delivery would undo what has happened since: its files are those of an earlier delivery,
byte for byte, or the newest date in them is before that of the last one. In a delivery of another
library hardly any row has the card or barcode that it has here. Both are refused by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import delete, insert, select

from catalogue.database import Statement, Transaction, columns, many, many_of, send
from catalogue.schema import items
from circulation.moving.keys import Moved
from circulation.moving.plans import Plan
from circulation.moving.schema import moved_deliveries
from circulation.moving.sources.opening import open_source, require_inside
from circulation.moving.sources.rows import UnreadableFile
from circulation.moving.values import Formats, Unreadable
from circulation.patrons.schema import patron_identifiers

#: Fields with times that have been, by which the age of a delivery is told.
_HAPPENED: Final = (
    *(("loans", "checked_out"), ("holds", "placed"), ("debts", "created"), ("messages", "sent")),
    *(("history", "checked_in"), ("patrons", "created")),
)
#: The newest loan may have ended before the next delivery, and no other been made.
_TOLERANCE: Final = timedelta(hours=12)
#: What a row goes by, of kinds that stay.
NUMBERS: Final = {"patrons": "card", "items": "barcode"}
#: Rows from which it is told that a delivery is of another library, and the least share of them
#: that must be there, and have the numbers that they have here.
_MANY: Final = 20
_LEAST_THERE: Final = 0.1
_LEAST_SAME: Final = 0.5
_CHUNK: Final = 1_000_000


class OlderDelivery(Exception):
    """The files are older than those that were taken last."""


class Delivered(NamedTuple):
    """The files of a delivery: the kinds that are in it whole, what they are known by, and the
    newest time in them."""

    kinds: str
    digest: str
    newest: datetime | None


class _Taken(NamedTuple):
    kind: str
    rows: int  # the number of the delivery
    at: datetime


@many(_Taken)
def _all_taken(*, source: str) -> Statement:
    its = moved_deliveries
    return select(*columns(_Taken, its)).where(its.c.source == source).order_by(its.c.rows)


def _taken(transaction: Transaction, source: str, prefix: str) -> list[_Taken]:
    """Return the rows of that prefix, by the numbers of the deliveries."""
    return [e for e in _all_taken(transaction, source=source) if e.kind.startswith(prefix)]


@send
def _forget(*, source: str, kind: str) -> Statement:
    its = moved_deliveries.c
    return delete(moved_deliveries).where(its.source == source, its.kind == kind)


@send
def _insert(*, source: str, kind: str, rows: int, at: datetime) -> Statement:
    return insert(moved_deliveries).values(locals())


def examine_delivery(plan: Plan, formats: Formats, now: datetime) -> Delivered | None:
    """Return what the files of the plan are known by; None where no kind is whole."""
    kinds = sorted(name for name, its in plan.kinds.items() if its.delivery == "whole")
    if not kinds:
        return None
    digest = blake2b(digest_size=16)
    for kind in kinds:
        for path in plan.paths(kind):
            with suppress(UnreadableFile, OSError):
                require_inside(path, plan)
                _add_file(digest.update, path)
    times = [time for kind, name in _HAPPENED if (time := _newest(plan, kind, name, formats, now))]
    its = blake2b(" ".join(kinds).encode(), digest_size=4).hexdigest()
    return Delivered(its, digest.hexdigest(), max(times, default=None))


def _add_file(update: Callable[[bytes], None], path: Path) -> None:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            update(chunk)
    update(b"\0")


def _newest(plan: Plan, kind: str, name: str, formats: Formats, now: datetime) -> datetime | None:
    """Return the newest time in a field of the kind that is not in the future."""
    its = plan.kinds.get(kind)
    field = its.fields.get(name) if its is not None else None
    if its is None or field is None or len(field.column) != 1 or its.format != "csv":
        return None
    newest, latest = None, now + timedelta(days=1)
    for path in plan.paths(kind):
        with suppress(UnreadableFile, OSError, UnicodeError, ValueError):
            source = open_source(path, plan, its)
            at = [*source.columns].index(field.column[0])
            lines = source.lines()
            while batch := [*islice(lines, 5_000)]:
                for text in {line.cells[at].strip() for line in batch if not line.fault}:
                    with suppress(Unreadable):
                        time = formats.time_of(text)[0]
                        if time <= latest and (newest is None or time > newest):
                            newest = time
    return newest


def check_age(transaction: Transaction, source: str, its: Delivered, timezone: str) -> None:
    """Raise OlderDelivery where another delivery was taken since, or newer dates."""

    def said(time: datetime) -> str:
        return f"{time.astimezone(ZoneInfo(timezone)):%Y-%m-%d %H:%M}"

    taken = _taken(transaction, source=source, prefix=f"delivery {its.kinds} ")
    for each in taken[:-1]:
        if each.kind.endswith(its.digest):
            raise OlderDelivery(
                f"these are the files that were taken on {said(each.at)}, and others were taken on "
                f"{said(taken[-1].at)}"
            )
    if taken and taken[-1].kind.endswith(its.digest):
        return
    for before in _taken(transaction, source=source, prefix=f"newest {its.kinds}"):
        if its.newest is not None and its.newest < before.at - _TOLERANCE:
            raise OlderDelivery(
                f"the newest date in these files is {said(its.newest)}, and in those that were "
                f"taken last it was {said(before.at)}"
            )


def note_taken(transaction: Transaction, source: str, its: Delivered, now: datetime) -> None:
    """Remember the delivery as the last one that was taken."""
    name, newest = f"delivery {its.kinds} {its.digest}", f"newest {its.kinds}"
    taken = _taken(transaction, source=source, prefix=f"delivery {its.kinds} ")
    _forget(transaction, source=source, kind=name)
    number = taken[-1].rows + (taken[-1].kind != name) if taken else 1
    _insert(transaction, source=source, kind=name, rows=number, at=now)
    if its.newest is not None:
        _forget(transaction, source=source, kind=newest)
        _insert(transaction, source=source, kind=newest, rows=0, at=its.newest)


class _Number(NamedTuple):
    row_id: int
    number: str


@many_of(_Number)
def _cards(*, row_ids: Sequence[int]) -> Statement:
    its = patron_identifiers.c
    return select(
        *columns(_Number, patron_identifiers, row_id=its.patron_id, number=its.identifier)
    ).where(its.patron_id.in_(row_ids))


@many_of(_Number)
def _barcodes(*, row_ids: Sequence[int]) -> Statement:
    its = items.c
    return select(*columns(_Number, items, row_id=its.id, number=its.barcode)).where(
        its.id.in_(row_ids)
    )


def check_numbers(
    transaction: Transaction, kind: str, known: Sequence[Moved], numbers: Mapping[str, str]
) -> str:
    """Return what says that the rows are of another library; empty if nothing does. `known` are
    rows that were taken before, `numbers` the cards or barcodes of those that are in the files."""
    if len(known) < _MANY:
        return ""
    there = [each for each in known if each.key in numbers]
    if len(there) < len(known) * _LEAST_THERE:
        return f"{len(there):,} of {len(known):,} known rows are in it: it is of another library"
    find = _cards if kind == "patrons" else _barcodes
    ours = {
        (each.row_id, each.number) for each in find(transaction, row_ids=[e.row_id for e in there])
    }
    same = sum((each.row_id, numbers[each.key]) in ours for each in there)
    if len(there) >= _MANY and same < len(there) * _LEAST_SAME:
        number = NUMBERS[kind]
        return (
            f"{same:,} of {len(there):,} known rows have the {number} that they have here: it is "
            "of another library"
        )
    return ""
