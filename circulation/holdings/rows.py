"""Rows of those who are told of holdings: statements, and what their rows are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import delete, func, insert, select, update

from catalogue.change_notes import Aspect
from catalogue.database import (
    Statement,
    change,
    columns,
    lock,
    many,
    many_of,
    one,
    scalar_one,
    send,
    send_many,
)
from catalogue.schema import record_changes
from circulation.holdings.schema import holdings_refused, holdings_sent, holdings_sinks


class Sink(NamedTuple):
    """How far a sink has been told; see `holdings_sinks`."""

    name: str
    agencies: str
    position: int
    full_position: int | None
    full_upto: int | None
    tries: int
    next_try: datetime | None
    problem: str
    told: int
    last_told: datetime | None

    def is_told_of(self, agency: str) -> bool:
        """Is it told of what the agency with that ISIL has?"""
        return not self.agencies or agency in self.agencies.split()


class Sent(NamedTuple):
    """What a sink was told last; see `holdings_sent`."""

    sink: str
    record_id: int
    agency_id: int
    known_as: str
    digest: bytes
    barcodes: str


class RefusedRecord(NamedTuple):
    """A record that a sink would not take."""

    sink: str
    record_id: int
    problem: str
    tries: int
    since: datetime
    next_try: datetime


_HOLDINGS = record_changes.c.aspect == Aspect.HOLDINGS.value


@many(Sink)
def all_sinks() -> Statement:
    """Every sink, by name."""
    return select(*columns(Sink, holdings_sinks)).order_by(holdings_sinks.c.name)


@one(Sink)
def find_sink(*, name: str) -> Statement:
    """The sink of that name."""
    return select(*columns(Sink, holdings_sinks)).where(holdings_sinks.c.name == name)


@lock
def lock_sink(*, name: str) -> Statement:
    """Others who change the sink's row wait."""
    row = select(holdings_sinks.c.name).where(holdings_sinks.c.name == name)
    return row.with_for_update()


@send
def insert_sink(
    *, name: str, agencies: str, position: int, full_position: int, full_upto: int
) -> Statement:
    """A new sink."""
    return insert(holdings_sinks).values(**locals(), tries=0, problem="", told=0)


@send
def set_agencies(*, name: str, agencies: str) -> Statement:
    """It is told of what these have."""
    its = holdings_sinks.c.name == name
    return update(holdings_sinks).where(its).values(agencies=agencies)


@send
def delete_sink(*, name: str) -> Statement:
    """It is none any more."""
    return delete(holdings_sinks).where(holdings_sinks.c.name == name)


@send
def delete_all_sent(*, name: str) -> Statement:
    """What it was told is forgotten."""
    return delete(holdings_sent).where(holdings_sent.c.sink == name)


@send
def delete_all_refused(*, name: str) -> Statement:
    """What it would not take is forgotten."""
    return delete(holdings_refused).where(holdings_refused.c.sink == name)


@many(tuple[int, int])
def changed_records(*, after: int, upto: int, at_most: int) -> Statement:
    """The records that have changed after the one number, up to the other, in their order."""
    return (
        select(record_changes.c.record_id, record_changes.c.number)
        .where(_HOLDINGS, record_changes.c.number > after, record_changes.c.number <= upto)
        .order_by(record_changes.c.number)
        .limit(at_most)
    )


@many_of(tuple[int, int])
def numbers_of(*, record_ids: Sequence[int]) -> Statement:
    """The number of each record's last change."""
    return select(record_changes.c.record_id, record_changes.c.number).where(
        _HOLDINGS, record_changes.c.record_id.in_(record_ids)
    )


@many(RefusedRecord)
def due_again(*, name: str, now: datetime, at_most: int) -> Statement:
    """The records that were refused and are to be tried again."""
    return (
        select(*columns(RefusedRecord, holdings_refused))
        .where(holdings_refused.c.sink == name, holdings_refused.c.next_try <= now)
        .order_by(holdings_refused.c.next_try)
        .limit(at_most)
    )


@many(RefusedRecord)
def refused_records(*, name: str, at_most: int) -> Statement:
    """The records that the sink would not take, the oldest first."""
    return (
        select(*columns(RefusedRecord, holdings_refused))
        .where(holdings_refused.c.sink == name)
        .order_by(holdings_refused.c.since, holdings_refused.c.record_id)
        .limit(at_most)
    )


@many_of(Sent)
def sent_to(*, record_ids: Sequence[int], name: str) -> Statement:
    """What the sink was told last of the records."""
    return select(*columns(Sent, holdings_sent)).where(
        holdings_sent.c.sink == name, holdings_sent.c.record_id.in_(record_ids)
    )


@scalar_one(int)
def count_waiting(*, after: int) -> Statement:
    """How many records have changed since."""
    return select(func.count()).where(_HOLDINGS, record_changes.c.number > after)


@scalar_one(int)
def count_between(*, after: int, upto: int) -> Statement:
    """How many records have a number between the two."""
    return select(func.count()).where(
        _HOLDINGS, record_changes.c.number > after, record_changes.c.number <= upto
    )


@scalar_one(int)
def count_refused(*, name: str) -> Statement:
    """How many records the sink would not take."""
    return select(func.count()).select_from(holdings_refused).where(holdings_refused.c.sink == name)


# What has become of a batch


class SentKey(NamedTuple):
    """The key of a row of `holdings_sent`."""

    sink: str
    record_id: int
    agency_id: int
    known_as: str


@send_many
def delete_sent(record: SentKey) -> Statement:
    """The sink knows nothing of these."""
    return delete(holdings_sent).where(
        holdings_sent.c.sink == record.sink,
        holdings_sent.c.record_id == record.record_id,
        holdings_sent.c.agency_id == record.agency_id,
        holdings_sent.c.known_as == record.known_as,
    )


@send_many
def insert_sent(record: Sent) -> Statement:
    """The sink knows these."""
    return insert(holdings_sent).values(**record._asdict())


@many(Sent)
def told_as(*, name: str, agency_id: int, known_as: str) -> Statement:
    """What a sink was told under a number of an agency."""
    return select(*columns(Sent, holdings_sent)).where(
        holdings_sent.c.sink == name,
        holdings_sent.c.agency_id == agency_id,
        holdings_sent.c.known_as == known_as,
    )


@change
def advance_sink(
    *,
    name: str,
    position: int,
    full_position: int | None,
    full_upto: int | None,
    told: int,
    last_told: datetime | None,
) -> Statement:
    """Its places, when it has been told."""
    values: dict[str, Any] = {
        "position": position,
        "full_position": full_position,
        "full_upto": full_upto,
        "told": holdings_sinks.c.told + told,
        "last_told": last_told,
        "tries": 0,
        "next_try": None,
        "problem": "",
    }
    return update(holdings_sinks).where(holdings_sinks.c.name == name).values(values)


@send
def postpone_sink(*, name: str, tries: int, next_try: datetime, problem: str) -> Statement:
    """When it is tried again."""
    values = {"tries": tries, "next_try": next_try, "problem": problem}
    return update(holdings_sinks).where(holdings_sinks.c.name == name).values(values)


@send
def put_back_sink(*, name: str, position: int, full_upto: int) -> Statement:
    """All is told again from that place."""
    values = {"full_position": position, "full_upto": full_upto, "next_try": None, "tries": 0}
    return update(holdings_sinks).where(holdings_sinks.c.name == name).values(values)


@send
def insert_refused(
    *,
    sink: str,
    record_id: int,
    problem: str,
    tries: int,
    since: datetime,
    next_try: datetime,
) -> Statement:
    """A record that it would not take."""
    return insert(holdings_refused).values(locals())


@many_of(tuple[int, int])
def tries_of(*, record_ids: Sequence[int], name: str) -> Statement:
    """How often records were refused."""
    return select(holdings_refused.c.record_id, holdings_refused.c.tries).where(
        holdings_refused.c.sink == name, holdings_refused.c.record_id.in_(record_ids)
    )


@many_of(tuple[int, datetime])
def clear_refused(*, record_ids: Sequence[int], name: str) -> Statement:
    """They are not refused any more; gives since when they were."""
    return (
        delete(holdings_refused)
        .where(holdings_refused.c.sink == name, holdings_refused.c.record_id.in_(record_ids))
        .returning(holdings_refused.c.record_id, holdings_refused.c.since)
    )


@change
def try_refused_now(*, name: str, now: datetime) -> Statement:
    """The records that were refused are tried at once."""
    its = holdings_refused.c.sink == name
    return update(holdings_refused).where(its).values(next_try=now)
