"""Rows of sources that are harvested: statements, and what their rows are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, delete, func, insert, or_, select, update

from catalogue.database import (
    Statement,
    columns,
    lock,
    many,
    many_of,
    one,
    scalar_one,
    send,
    send_many,
)
from catalogue.schema import records
from circulation.harvesting.schema import harvest_problems, harvest_sources, harvested_records


class ProblemKind(Enum):
    """Why people have to look at something that a source has told."""

    REFUSED = "refused"  # it is no record that can be stored
    AMBIGUOUS = "ambiguous"  # it may be any of several records
    NEEDED = "needed"  # it is withdrawn, and something here needs the record
    KEPT = "kept"  # it is withdrawn; there were too many, or nothing is to be deleted by itself


class Source(NamedTuple):
    """How far a source is harvested; see `harvest_sources`."""

    name: str
    asked: str
    since: datetime | None
    is_wanted: bool
    last_begun: datetime
    list_begun: datetime | None
    list_date: datetime | None
    token: str
    restarts: int
    counts_json: str
    last_finished: datetime | None
    tries: int
    next_try: datetime | None
    problem: str

    @property
    def counts(self) -> dict[str, int]:
        """What has become of the records of the list under way, or of the last one."""
        found: dict[str, int] = json.loads(self.counts_json)
        return found


class HarvestedRecord(NamedTuple):
    """A record that has come under an identifier of a source."""

    source: str
    identifier: str
    record_id: int


class HarvestProblem(NamedTuple):
    """What people have to look at."""

    source: str
    identifier: str
    code: str
    record_id: int | None
    problem: str
    since: datetime

    @property
    def kind(self) -> ProblemKind:
        return ProblemKind(self.code)


_SOURCE = columns(Source, harvest_sources, counts_json=harvest_sources.c.counts)
_PROBLEM = columns(HarvestProblem, harvest_problems, code=harvest_problems.c.kind)


@many(Source)
def all_sources() -> Statement:
    """Every source, by name."""
    return select(*_SOURCE).order_by(harvest_sources.c.name)


@one(Source)
def find_source(*, name: str) -> Statement:
    """The source of that name."""
    return select(*_SOURCE).where(harvest_sources.c.name == name)


@lock
def lock_source(*, name: str) -> Statement:
    """Others who change the source's row wait."""
    row = select(harvest_sources.c.name).where(harvest_sources.c.name == name)
    return row.with_for_update()


@send_many
def insert_sources(record: Source) -> Statement:
    """New sources."""
    return insert(harvest_sources).values(**_values(record))


@send_many
def put_sources(record: Source) -> Statement:
    """How far sources are now."""
    return (
        update(harvest_sources)
        .where(harvest_sources.c.name == record.name)
        .values(**_values(record))
    )


def _values(record: Source) -> dict[str, Any]:
    values = record._asdict()
    return {"counts": values.pop("counts_json"), **values}


@send
def delete_source(*, name: str) -> Statement:
    """It is none any more."""
    return delete(harvest_sources).where(harvest_sources.c.name == name)


# Records


@many_of(HarvestedRecord)
def records_of(*, identifiers: Sequence[str], source: str) -> Statement:
    """The records that have come under these identifiers."""
    return select(*columns(HarvestedRecord, harvested_records)).where(
        harvested_records.c.source == source, harvested_records.c.identifier.in_(identifiers)
    )


@many_of(HarvestedRecord)
def names_of(*, record_ids: Sequence[int]) -> Statement:
    """Under which identifiers, of any source, these records have come."""
    return select(*columns(HarvestedRecord, harvested_records)).where(
        harvested_records.c.record_id.in_(record_ids)
    )


@send_many
def insert_harvested(record: HarvestedRecord) -> Statement:
    """These have come under these identifiers."""
    return insert(harvested_records).values(record._asdict())


@send_many
def delete_harvested(record: HarvestedRecord) -> Statement:
    """They have not."""
    return delete(harvested_records).where(
        harvested_records.c.source == record.source,
        harvested_records.c.identifier == record.identifier,
        harvested_records.c.record_id == record.record_id,
    )


@send
def delete_all_harvested(*, source: str) -> Statement:
    """What has come from the source is forgotten; the records stay."""
    return delete(harvested_records).where(harvested_records.c.source == source)


@scalar_one(int)
def count_harvested(*, source: str) -> Statement:
    """How many records have come from the source."""
    its = harvested_records.c.source == source
    return select(func.count(harvested_records.c.record_id.distinct())).where(its)


class StoredRecord(NamedTuple):
    """A record of the catalogue, as far as the one that comes must be like it."""

    id: int
    format: str
    agency_id: int | None


@many_of(StoredRecord)
def stored_records(*, record_ids: Sequence[int]) -> Statement:
    """Those of these records that are there."""
    return select(*columns(StoredRecord, records)).where(records.c.id.in_(record_ids))


class NumberedRecord(NamedTuple):
    """A record of the catalogue by its control number, and whose it is."""

    id: int
    agency_id: int | None


@many(NumberedRecord)
def records_numbered(*, control_number: str) -> Statement:
    """Those with this control number."""
    return select(*columns(NumberedRecord, records)).where(
        records.c.control_number == control_number
    )


# Problems


@many(HarvestProblem)
def problems_of(*, source: str, after: str, at_most: int) -> Statement:
    """What people have to look at, by identifier, behind the one given."""
    return (
        select(*_PROBLEM)
        .where(*_behind(source, after))
        .order_by(harvest_problems.c.identifier)
        .limit(at_most)
    )


@many(HarvestProblem)
def needed_of(*, source: str, after: str, at_most: int) -> Statement:
    """What the source has withdrawn and was needed here, in the same way."""
    return _of_kinds(ProblemKind.NEEDED).where(*_behind(source, after)).limit(at_most)


@many(HarvestProblem)
def withdrawn_of(*, source: str, after: str, at_most: int) -> Statement:
    """The same, and what was kept."""
    kinds = ProblemKind.NEEDED, ProblemKind.KEPT
    return _of_kinds(*kinds).where(*_behind(source, after)).limit(at_most)


def _of_kinds(*kinds: ProblemKind) -> Select[Any]:
    are = or_(*(harvest_problems.c.kind == each.value for each in kinds))
    return select(*_PROBLEM).where(are).order_by(harvest_problems.c.identifier)


def _behind(source: str, after: str) -> tuple[ColumnElement[bool], ...]:
    return harvest_problems.c.source == source, harvest_problems.c.identifier > after


@many_of(HarvestProblem)
def problems_with(*, identifiers: Sequence[str], source: str) -> Statement:
    """What is wrong with these."""
    return select(*_PROBLEM).where(
        harvest_problems.c.source == source, harvest_problems.c.identifier.in_(identifiers)
    )


@send_many
def delete_problems(record: HarvestProblem) -> Statement:
    """Nothing is wrong with these."""
    return delete(harvest_problems).where(
        harvest_problems.c.source == record.source,
        harvest_problems.c.identifier == record.identifier,
    )


@send_many
def insert_problems(record: HarvestProblem) -> Statement:
    """This is wrong with these."""
    values = record._asdict()
    return insert(harvest_problems).values(kind=values.pop("code"), **values)


@send
def delete_all_problems(*, source: str) -> Statement:
    """Nobody has to look at anything of the source."""
    return delete(harvest_problems).where(harvest_problems.c.source == source)


@scalar_one(int)
def count_problems(*, source: str) -> Statement:
    """How much people have to look at."""
    its = harvest_problems.c.source == source
    return select(func.count()).select_from(harvest_problems).where(its)
