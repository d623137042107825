"""Bibliographic records, as MARCXML goes in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field, model_validator

from catalogue.records import Record as KnownRecord
from protocols.api.models.common import Number, Request

BASE64 = "^[A-Za-z0-9+/]+={0,2}$"


class RecordText(Request):
    """One record, in MARCXML or as ISO 2709 in base64."""

    marcxml: Annotated[str, Field(min_length=1, max_length=900_000)] | None = None
    iso2709: Annotated[str, Field(min_length=1, max_length=140_000, pattern=BASE64)] | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> RecordText:
        if (self.marcxml is None) == (self.iso2709 is None):
            raise ValueError("give either marcxml or iso2709")
        return self


class RecordTexts(Request):
    """A small file of records in MARCXML."""

    marcxml: Annotated[str, Field(min_length=1, max_length=900_000)]


class MergeWish(Request):
    """The record that stays, to which items, loans and holds of the other go over."""

    survivor: Number


@dataclass(frozen=True, slots=True)
class Record:
    """A record; `merged_from` is the number that was asked for, where that leads here now."""

    record: str
    merged_from: str | None
    title: str
    author: str
    year: int | None
    control_number: str | None
    format: str
    changed: datetime
    items: tuple[str, ...]


def record_shown(
    record: KnownRecord, asked: int, changed: datetime, items: tuple[str, ...]
) -> Record:
    return Record(
        str(record.id),
        str(asked) if asked != record.id else None,
        record.title,
        record.author,
        record.year,
        record.control_number,
        record.format,
        changed,
        items,
    )


@dataclass(frozen=True, slots=True)
class RecordSource:
    """A record as it is kept: its format, and ISO 2709 in base64."""

    record: str
    format: str
    iso2709: str


@dataclass(frozen=True, slots=True)
class RecordChanged:
    """The record as it is now; `changed` is false where nothing differed."""

    record: str
    title: str
    changed: bool


@dataclass(frozen=True, slots=True)
class Merged:
    """What went over to the record that stays; `closed_holds` are those of patrons who waited for
    both."""

    record: str
    title: str
    merged_from: str
    items: int
    holds: int
    closed_holds: int


@dataclass(frozen=True, slots=True)
class NotLoaded:
    """A record of a file that was refused: its place, from 1, and why."""

    number: int
    why: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """The numbers of the records that were added, in the order of the file."""

    records: tuple[str, ...]
    refused: tuple[NotLoaded, ...]
