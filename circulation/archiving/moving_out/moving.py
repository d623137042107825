"""Moves what is long over into files that can be read without Tiro, and then out of the database.

Old events and loans (`old_rows`) are written to a folder first. When all of it is on the disk, the
folder and the digest of its manifest are noted in `moves_out`, and from then on rows are deleted:
those that stand in the files and no others, a few in a transaction, so that a server beside waits
for none of it. Files that are missing then, or are not what was written, end it at once.

It may be stopped at any moment and run again. What was not noted is written anew; what was noted
goes on with the rows that are still there. No row is lost, and none is counted twice: what was lent
is counted among the former use of its item in the transaction that deletes the event.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

from sqlalchemy import delete, insert, select, update

from catalogue.database import (
    Database,
    Statement,
    Transaction,
    change,
    scalars_of,
    send_many,
)
from circulation.archiving.moving_out.files import (
    FORM,
    MovedManifest,
    alone_in,
    finish_files,
    ids_in,
    noted_digest,
    table_of,
    write_files,
)
from circulation.archiving.moving_out.readiness import CannotMoveOut, beginning_of, must_be_ready
from circulation.items.use import count_as_former, undone_loans
from circulation.kernel.engine import Circulation
from circulation.kernel.moves_out import MoveOut, all_moves_out
from circulation.kernel.schema import events, moves_out
from circulation.loans.schema import loans

#: Rows that are deleted in a transaction: some 3 ms, as a writer's turn takes.
AT_ONCE: Final = 60
#: How many times as long as a transaction took others have the database for themselves. SQLite
#: does not queue who waits for the lock: whoever finds it taken sleeps, and looks again.
OTHERS: Final = 4
#: Rows that are looked for at once.
_PAGE: Final = 2_000

#: Takes what is done, with which table, and how many of its rows are done, of how many.
Progress = Callable[[str, str, int, int | None], None]


@dataclass(frozen=True, slots=True)
class Moving:
    """What is moved out of which database, and how: what happened `before` a day, into `folder`.

    `revisions` are those of the tables that are known. `rest` waits for so many
    seconds, after each transaction.
    """

    database: Database
    circulation: Circulation
    folder: Path
    before: date
    now: datetime
    revisions: Collection[str]
    rest: Callable[[float], object] = time.sleep
    tell: Progress = lambda what, table, done, of: None


@send_many
def _note(record: MoveOut) -> Statement:
    return insert(moves_out).values(record._asdict())


@change
def _finish(*, move_id: int, folder: str, finished: datetime) -> Statement:
    done = {"folder": folder, "finished": finished}
    return update(moves_out).where(moves_out.c.id == move_id).values(done)


@scalars_of(int)
def _events_there(*, ids: Sequence[int]) -> Statement:
    return select(events.c.id).where(events.c.id.in_(ids))


@scalars_of(int)
def _loans_there(*, ids: Sequence[int]) -> Statement:
    return select(loans.c.id).where(loans.c.id.in_(ids))


class _Id(NamedTuple):
    id: int


@send_many
def _delete_events(record: _Id) -> Statement:
    return delete(events).where(events.c.id == record.id)


@send_many
def _delete_loans(record: _Id) -> Statement:
    return delete(loans).where(loans.c.id == record.id)


def move_out(moving: Moving) -> MoveOut | None:
    """Moves out what is older than the day, or goes on with that; None where nothing is.

    Raises CannotMoveOut, UnreadableArchive, FileExistsError and what disks raise.
    """
    with alone_in(moving.folder):
        begun = moving.database.read(all_moves_out).result()
        move = next((each for each in begun if each.finished is None), None)
        if move is None:
            move = _write(moving, [each.id for each in begun])
            if move is None:
                return None
        _take_away(moving, move)
        done = move._replace(folder=str(moving.folder), finished=moving.now)
        moving.database.write(
            partial(_finish, move_id=done.id, folder=done.folder, finished=moving.now)
        ).result()
        return done


def _write(moving: Moving, before_it: list[int]) -> MoveOut | None:
    """Writes the files, and notes that they are whole."""

    def ready(transaction: Transaction) -> datetime:
        set_up = moving.circulation.current_set_up(transaction)
        must_be_ready(transaction, set_up, before=moving.before, now=moving.now)
        return beginning_of(moving.before, set_up)

    moment = moving.database.read(ready, wide=True).result()
    manifest = write_files(
        moving.database,
        moving.folder,
        MovedManifest(
            max(moving.revisions), FORM, moving.now.isoformat(), before=moving.before.isoformat()
        ),
        moment,
        lambda table, rows: moving.tell("written", table, rows, None),
    )
    digest = noted_digest(moving.folder)
    if digest is None:
        return None
    move = MoveOut(
        (before_it or [0])[-1] + 1,
        moving.before,
        str(moving.folder),
        digest,
        manifest.rows_of(events.name),
        manifest.rows_of(loans.name),
        moving.now,
        None,
    )

    def note(transaction: Transaction) -> None:
        # Two processes that were at it at once have the same rows in their files.
        if [each.id for each in all_moves_out(transaction)] != before_it:
            raise CannotMoveOut(
                "another process has moved out events meanwhile",
                f"Delete {moving.folder}, and look at `tiro events moved-out`.",
            )
        _note(transaction, [move])

    moving.database.write(note).result()
    return move


def _take_away(moving: Moving, move: MoveOut) -> None:
    """Deletes what is in the files and still in the database."""
    if noted_digest(moving.folder) != move.digest:
        raise CannotMoveOut(
            f"what is older than {move.before} has not left the database yet, and its files are "
            f"not in {moving.folder}",
            f"Run this with {move.folder}, or wherever its files are now. Nothing more is deleted "
            "without them.",
        )
    manifest = finish_files(moving.folder, moving.revisions)
    past = moving.database.read(partial(_read_past, moving.circulation), wide=True).result()
    for name in manifest.files:
        table = table_of(name)
        done = 0
        ids = ids_in(moving.folder / name)
        while page := list(islice(ids, _PAGE)):
            for some in _there(moving.database, table, page):
                _turn(moving, partial(_DELETE[table], ids=some, past=past))
            done += len(page)
            moving.tell("deleted", name, done, manifest.files[name].rows)


def _turn(moving: Moving, delete: Callable[[Transaction], None]) -> None:
    """Deletes some rows and leaves the database to others; the wait for the lock is not counted."""
    begun = 0.0

    def work(transaction: Transaction) -> None:
        nonlocal begun
        begun = time.perf_counter()
        delete(transaction)

    moving.database.write(work).result()
    moving.rest(OTHERS * (time.perf_counter() - begun))


class _Past(NamedTuple):
    """What is known before events are deleted: the events of loans that never were, and the
    timezones of branches."""

    undone: frozenset[int]
    zones: Mapping[int, str]


def _read_past(circulation: Circulation, transaction: Transaction) -> _Past:
    branches = circulation.current_set_up(transaction).branches.values()
    return _Past(
        frozenset(undone_loans(transaction)), {each.id: each.timezone for each in branches}
    )


def _there(database: Database, table: str, ids: Sequence[int]) -> Iterator[list[int]]:
    """Those that are in the database, as many at once as a transaction takes."""
    found = iter(database.read(partial(_THERE[table], ids=ids)).result())
    while some := list(islice(found, AT_ONCE)):
        yield some


def _forget_events(transaction: Transaction, ids: Sequence[int], past: _Past) -> None:
    lent = [each for each in ids if each not in past.undone]
    count_as_former(transaction, lent, past.zones)
    _delete_events(transaction, map(_Id, ids))


def _forget_loans(transaction: Transaction, ids: Sequence[int], past: _Past) -> None:
    _delete_loans(transaction, map(_Id, ids))


_THERE: Final = {"events": _events_there, "loans": _loans_there}
_DELETE: Final = {"events": _forget_events, "loans": _forget_loans}
