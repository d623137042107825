"""Copies of the catalogue: who is told of holdings, and from whom records are harvested."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field

from circulation.harvesting.rows import HarvestProblem, Source
from circulation.holdings.reconciling import Total
from circulation.holdings.rows import RefusedRecord
from circulation.holdings.rows import Sink as SinkRow
from protocols.api.models.common import Request

#: Entries of a list, at most.
Most = Annotated[int, Field(ge=1, le=10_000)]


class AtMost(Request):
    """How many at most."""

    most: Most = 100


@dataclass(frozen=True, slots=True)
class Sink:
    """Who is told of holdings: how many records are to be told, because they have changed and
    because all is told `again`; what it is told and has by our count, with a checksum of it."""

    sink: str
    waiting: int
    again: int
    refused: int
    problem: str
    failed_tries: int
    next_try: datetime | None
    last_told: datetime | None
    records_told: int
    records: int
    items: int
    checksum: str


@dataclass(frozen=True, slots=True)
class Sinks:
    """All who are told, by name."""

    sinks: tuple[Sink, ...]


def sink_shown(row: SinkRow, waiting: tuple[int, int], refused: int, total: Total) -> Sink:
    return Sink(
        row.name,
        *waiting,
        refused,
        row.problem,
        row.tries,
        row.next_try,
        row.last_told,
        row.told,
        total.records,
        total.items,
        total.checksum,
    )


@dataclass(frozen=True, slots=True)
class SinkRefusal:
    """A record that a sink does not take, and why."""

    record: str
    problem: str
    tries: int
    since: datetime
    next_try: datetime


@dataclass(frozen=True, slots=True)
class SinkRefusals:
    """The records that a sink does not take, the oldest first."""

    sink: str
    refused: tuple[SinkRefusal, ...]


def refusal_shown(row: RefusedRecord) -> SinkRefusal:
    return SinkRefusal(str(row.record_id), row.problem, row.tries, row.since, row.next_try)


@dataclass(frozen=True, slots=True)
class TriedAgain:
    """How many records are tried again at once."""

    sink: str
    records: int


class HarvestWish(Request):
    """Whether everything is read once more, as at the first time."""

    from_the_beginning: bool = False


@dataclass(frozen=True, slots=True)
class HarvestSource:
    """From whom records are harvested: since when a list is under way, and when the last one was
    read to its end; `counts` tell what has become of what it told. `records` have come from there
    in all, and `problems` are for people to look at."""

    source: str
    asked: str
    under_way_since: datetime | None
    last_begun: datetime
    last_finished: datetime | None
    changes_since: datetime | None
    counts: Mapping[str, int]
    problem: str
    failed_tries: int
    next_try: datetime | None
    records: int
    problems: int


@dataclass(frozen=True, slots=True)
class HarvestSources:
    """All sources, by name."""

    sources: tuple[HarvestSource, ...]


def source_shown(row: Source, records: int, problems: int) -> HarvestSource:
    return HarvestSource(
        row.name,
        row.asked,
        row.list_begun,
        row.last_begun,
        row.last_finished,
        row.since,
        row.counts,
        row.problem,
        row.tries,
        row.next_try,
        records,
        problems,
    )


@dataclass(frozen=True, slots=True)
class HarvestedProblem:
    """What people have to look at: `kind` is ``refused`` (no record that can be stored),
    ``ambiguous`` (it may be any of several), ``needed`` (withdrawn there, and needed here) or
    ``kept`` (withdrawn there, and nothing is deleted before somebody says so)."""

    identifier: str
    kind: str
    record: str | None
    problem: str
    since: datetime


@dataclass(frozen=True, slots=True)
class HarvestedProblems:
    """The problems of a source, by identifier."""

    source: str
    problems: tuple[HarvestedProblem, ...]


def problem_shown(row: HarvestProblem) -> HarvestedProblem:
    record = None if row.record_id is None else str(row.record_id)
    return HarvestedProblem(row.identifier, row.kind.value, record, row.problem, row.since)
