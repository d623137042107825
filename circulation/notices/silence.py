"""What nobody is to be told of, because another system has told it, or will: loads from it, and
branches that it looks after still.

A load names the rows that it has made, under the name of its batch. Up to a certain time the batch
is silent: what happened to its rows, or came up about them, is withdrawn before it is sent, because
the other system has told it, or will. What comes up later is told as usual.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import delete, func, insert, literal, select, type_coerce, update

from catalogue.database import (
    Statement,
    Transaction,
    change,
    columns,
    many,
    many_of,
    scalar,
    send,
    send_many,
)
from circulation.kernel.reasons import BlockReason
from circulation.kernel.schema import events
from circulation.kernel.set_up import SetUp
from circulation.notices.contents import NOUNS
from circulation.notices.kinds import TRAITS, Basis, NoticeKind
from circulation.notices.rows import Notice
from circulation.notices.schema import silent_batches, silent_rows
from circulation.patrons.schema import patrons


@scalar(datetime)
def _latest() -> Statement:
    return select(func.max(silent_batches.c.until))


@send
def _insert_batch(*, name: str, until: datetime) -> Statement:
    return insert(silent_batches).values(locals())


@scalar(datetime)
def _until(*, name: str) -> Statement:
    return select(silent_batches.c.until).where(silent_batches.c.name == name)


@change
def _set_until(*, name: str, until: datetime) -> Statement:
    return update(silent_batches).where(silent_batches.c.name == name).values(until=until)


@send
def _forget_patrons() -> Statement:
    return delete(silent_rows).where(silent_rows.c.noun == Basis.PATRON.value)


@send
def _insert_patrons(*, batch: str) -> Statement:
    of_batch = type_coerce(batch, silent_rows.c.batch.type)
    rows = select(literal(Basis.PATRON.value), patrons.c.id, of_batch)
    return insert(silent_rows).from_select(["noun", "row_id", "batch"], rows)


class _SilentRow(NamedTuple):
    noun: str
    row_id: int
    batch: str


@send_many
def _insert_rows(record: _SilentRow) -> Statement:
    return insert(silent_rows).values(record._asdict())


@send
def _forget_rows(*, name: str) -> Statement:
    return delete(silent_rows).where(silent_rows.c.batch == name)


@change
def _forget_batch(*, name: str) -> Statement:
    return delete(silent_batches).where(silent_batches.c.name == name)


@send
def forget_silent_patron(*, patron_id: int) -> Statement:
    """The patron is erased, and belongs to no batch any more."""
    return delete(silent_rows).where(
        silent_rows.c.noun == Basis.PATRON.value, silent_rows.c.row_id == patron_id
    )


class _Silent(NamedTuple):
    row_id: int
    batch: str
    until: datetime


def _found(noun: Basis) -> Callable[..., list[_Silent]]:
    @many_of(_Silent)
    def found(*, row_ids: Sequence[int]) -> Statement:
        return (
            select(*columns(_Silent, silent_rows, silent_batches))
            .select_from(silent_rows.join(silent_batches))
            .where(silent_rows.c.noun == noun.value, silent_rows.c.row_id.in_(row_ids))
        )

    return found


_FOUND = {noun: _found(noun) for noun in Basis}


def begin_silent_batch(transaction: Transaction, name: str, *, until: datetime) -> None:
    """Nobody is told of the batch of that name up to `until`. It is a new one, or one that was
    silent up to an earlier time."""
    known = _until(transaction, name=name)
    if known is None:
        _insert_batch(transaction, name=name, until=until)
    elif known < until:
        _set_until(transaction, name=name, until=until)


def silence_all_patrons(transaction: Transaction, name: str, *, until: datetime) -> None:
    """All patrons, with what they have, belong to this batch, and to no other any more: a whole
    library was read from somewhere else."""
    begin_silent_batch(transaction, name, until=until)
    _forget_patrons(transaction)
    _insert_patrons(transaction, batch=name)


def keep_silent(transaction: Transaction, name: str, noun: Basis, ids: Iterable[int]) -> None:
    """These rows belong to the batch, but for those that belong to one already."""
    wanted = sorted(set(ids))
    known = {each.row_id for each in _FOUND[noun](transaction, row_ids=wanted)}
    new = [_SilentRow(noun.value, each, name) for each in wanted if each not in known]
    _insert_rows(transaction, new)


def end_silent_batch(transaction: Transaction, name: str) -> bool:
    """From now on people are told of its rows as usual; False where there is no such batch."""
    _forget_rows(transaction, name=name)
    return _forget_batch(transaction, name=name) == 1


#: Events become notices within minutes, or in the daily job; after days without it, in a week.
_GATHERED_WITHIN = timedelta(days=7)


@many_of(tuple[int, datetime])
def _happened(*, event_ids: Sequence[int]) -> Statement:
    return select(events.c.id, events.c.at).where(events.c.id.in_(event_ids))


class SilentBatch(NamedTuple):
    """A batch of which nobody is told up to a time, and how many rows it has."""

    batch: str
    until: datetime
    rows: int


@many(SilentBatch)
def silent_batch_list() -> Statement:
    """All silent batches, by name."""
    return (
        select(
            *columns(
                SilentBatch,
                silent_batches,
                batch=silent_batches.c.name,
                rows=func.count(silent_rows.c.row_id),
            )
        )
        .select_from(
            silent_batches.outerjoin(silent_rows, silent_rows.c.batch == silent_batches.c.name)
        )
        .group_by(silent_batches.c.name, silent_batches.c.until)
        .order_by(silent_batches.c.name)
    )


#: What another system knows nothing of, and cannot tell: it is told here, whoever looks after the
#: branch.
_KNOWN_HERE_ALONE = frozenset(
    {
        NoticeKind.WELCOME,
        NoticeKind.BALANCE,
        NoticeKind.SUPPLIER_AGREEMENT,
        NoticeKind.SORTER_MESSAGE,
        NoticeKind.SMS_RENEWED,
        NoticeKind.SMS_NOT_UNDERSTOOD,
        NoticeKind.PIN_CHANGED,
        NoticeKind.PURCHASE,
        NoticeKind.STAFF,
        *(kind for kind, trait in TRAITS.items() if trait.basis is Basis.BOOKINGS),
    }
)
_BLOCKS = frozenset({NoticeKind.BLOCKED, NoticeKind.UNBLOCKED})


def _is_known_there(notice: Notice) -> bool:
    """Of blocks those that machines make are carried from one system to the other."""
    if notice.kind in _BLOCKS:
        return bool(notice.facts.get("reason") == BlockReason.SELF_SERVICE.value)
    return notice.kind not in _KNOWN_HERE_ALONE


def silenced(transaction: Transaction, set_up: SetUp, notices: list[Notice]) -> dict[int, str]:
    """The notices of which nobody is told, each with the reason: at least one of their rows is
    silent, or another system looks after the branch in whose name it would be.

    What counts is when it happened; where no event made the notice, when it came up.
    """
    latest = _latest(transaction)
    if latest is None and not set_up.elsewhere:
        return {}
    numbers = sorted({each.cause.event for each in notices if each.cause.event is not None})
    happened = dict(_happened(transaction, event_ids=numbers))
    found = {} if latest is None else _of_batches(transaction, notices, happened, latest)
    for notice in notices:
        at = happened.get(notice.cause.event or 0, notice.created)
        if set_up.elsewhere.has(notice.branch_id, at) and _is_known_there(notice):
            isil = set_up.branches[notice.branch_id].isil
            found[notice.id] = f"the other system looks after {isil}"
    return found


def _of_batches(
    transaction: Transaction,
    notices: list[Notice],
    happened: Mapping[int, datetime],
    latest: datetime,
) -> dict[int, str]:
    asked = [notice for notice in notices if notice.created <= latest + _GATHERED_WITHIN]
    found: dict[int, str] = {}
    for noun in Basis:
        wanted = sorted({each for notice in asked for each in _rows(notice, noun)})
        silent = {each.row_id: each for each in _FOUND[noun](transaction, row_ids=wanted)}
        for notice in asked:
            at = happened.get(notice.cause.event or 0, notice.created)
            for each in filter(None, map(silent.get, _rows(notice, noun))):
                if at <= each.until:
                    found[notice.id] = f"loaded silently with {each.batch}"
    return found


def _rows(notice: Notice, noun: Basis) -> tuple[int, ...]:
    if noun is Basis.PATRON:
        return () if notice.patron_id is None else (notice.patron_id,)
    assert noun.value in NOUNS
    return notice.cause.rows(noun.value)
