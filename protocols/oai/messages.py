"""Requests and responses of OAI-PMH 2.0, by the names of the standard (clause 4).

Moments are change numbers (`catalogue.changes.numbering`): microseconds since 1970.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import NamedTuple


class ErrorCode(Enum):
    """Error and exception conditions (clause 3.6)."""

    BAD_ARGUMENT = "badArgument"
    BAD_RESUMPTION_TOKEN = "badResumptionToken"  # noqa: S105
    BAD_VERB = "badVerb"
    CANNOT_DISSEMINATE_FORMAT = "cannotDisseminateFormat"
    ID_DOES_NOT_EXIST = "idDoesNotExist"
    NO_RECORDS_MATCH = "noRecordsMatch"
    NO_METADATA_FORMATS = "noMetadataFormats"
    NO_SET_HIERARCHY = "noSetHierarchy"


class Problem(NamedTuple):
    """An error as it is told; `text` is a sentence for people."""

    code: ErrorCode
    text: str


class OaiError(Exception):
    """The request is answered with these errors."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(each.text for each in problems))
        self.problems = problems


# Requests


@dataclass(frozen=True, slots=True)
class Identify:
    """What repository this is."""


@dataclass(frozen=True, slots=True)
class ListMetadataFormats:
    """Which formats there are, of all or of one item."""

    identifier: str | None = None


@dataclass(frozen=True, slots=True)
class ListSets:
    """Which sets there are."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What a list is of, and how far it has been given.

    `first` and `last` are the bounds of the last change: 0 and None where none is given. A list
    that goes on does so behind the record id `after`; it ends with the id `upto`, which is 0 as
    long as the list has not begun. `cursor` records were given before.
    """

    metadata_prefix: str
    set_spec: str = ""
    first: int = 0
    last: int | None = None
    after: int = 0
    upto: int = 0
    cursor: int = 0


@dataclass(frozen=True, slots=True)
class ListIdentifiers:
    """Headers of the records that have changed."""

    listing: Listing


@dataclass(frozen=True, slots=True)
class ListRecords:
    """The records that have changed."""

    listing: Listing


@dataclass(frozen=True, slots=True)
class GetRecord:
    """One record."""

    identifier: str
    metadata_prefix: str


AnyRequest = Identify | ListMetadataFormats | ListSets | ListIdentifiers | ListRecords | GetRecord


@dataclass(frozen=True, slots=True)
class Asked:
    """What came: the address that was asked, the arguments as they stood, and what they mean, or
    what is wrong with them."""

    base_url: str
    arguments: tuple[tuple[str, str], ...]
    request: AnyRequest | None
    problems: tuple[Problem, ...] = ()


# Responses


class MetadataFormat(NamedTuple):
    """A format in which records are given out (clause 3.4)."""

    prefix: str
    schema: str
    namespace: str


class SetEntry(NamedTuple):
    """A set, and what people call it (clause 2.6)."""

    spec: str
    name: str


class Header(NamedTuple):
    """What identifies a record, and when it changed last (clause 2.5)."""

    identifier: str
    number: int
    sets: tuple[str, ...]
    is_deleted: bool


class Entry(NamedTuple):
    """A record: its header, and an XML element in the format asked for, unless it is deleted."""

    header: Header
    metadata: bytes | None


@dataclass(frozen=True, slots=True)
class IdentifyResponse:
    """The repository; `earliest` is the lowest number of any change."""

    name: str
    admin_email: str
    namespace: str
    earliest: int


@dataclass(frozen=True, slots=True)
class ListMetadataFormatsResponse:
    """The formats, at least one."""

    formats: tuple[MetadataFormat, ...]


@dataclass(frozen=True, slots=True)
class ListSetsResponse:
    """The sets, at least one."""

    sets: tuple[SetEntry, ...]


@dataclass(frozen=True, slots=True)
class ListResponse:
    """A part of a list, with metadata or without. `goes_on` is what to ask for next, None at the
    end; `cursor` records were given before."""

    entries: tuple[Entry, ...]
    goes_on: Listing | None
    cursor: int


@dataclass(frozen=True, slots=True)
class GetRecordResponse:
    """The record."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class Failed:
    """What was wrong with the request."""

    problems: tuple[Problem, ...]


AnyResponse = (
    IdentifyResponse
    | ListMetadataFormatsResponse
    | ListSetsResponse
    | ListResponse
    | GetRecordResponse
    | Failed
)


class Response(NamedTuple):
    """A response, and the moment that it may be trusted from: the responseDate."""

    body: AnyResponse
    date: datetime
