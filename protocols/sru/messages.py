"""The requests and responses of SRU 1.1, 1.2 and 2.0, one form for all versions.

Fields have the standard's names in snake case. The codec leaves out what a version has no place
for; where names differ (recordPacking of 1.x is recordXMLEscaping of 2.0) those of 2.0 are used
here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum


class Version(Enum):
    """A version of the protocol, by the value of its parameter ``version``."""

    V1_1 = "1.1"
    V1_2 = "1.2"
    V2_0 = "2.0"


#: What a request for an unknown version is told.
HIGHEST_VERSION = Version.V2_0


class Escaping(Enum):
    """How a record stands in the response: as XML, or as text that is XML when unescaped."""

    XML = "xml"
    STRING = "string"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A diagnostic of the set ``info:srw/diagnostic/1``; the message comes from its number."""

    number: int
    details: str = ""


# Requests


@dataclass(slots=True)
class Request:
    """What the operations have in common.

    `database` is the name in the path, as written; `base_url` is where we were reached, without a
    query; `problems` are faults of the parameters, for which the request is not carried out.
    `given` holds the parameters that were understood, as they were written.
    """

    version: Version
    database: str
    base_url: str
    given: Mapping[str, str] = field(default_factory=dict)
    problems: list[Diagnostic] = field(default_factory=list)
    media_type: str = "text/xml"
    escaping: Escaping = Escaping.XML


@dataclass(slots=True)
class ExplainRequest(Request):
    """What is there, and what can be done with it?"""


@dataclass(slots=True)
class SearchRetrieveRequest(Request):
    """Search, and return some of the records found; `maximum_records` None leaves their number to
    us."""

    query: str = ""
    start_record: int = 1
    maximum_records: int | None = None
    record_schema: str = ""
    sort_keys: str = ""
    facet_limit: str = ""
    facet_start: str = ""
    facet_sort: str = ""


@dataclass(slots=True)
class ScanRequest(Request):
    """Terms around the one in `scan_clause`, which has `response_position`, counted from 1."""

    scan_clause: str = ""
    response_position: int = 1
    maximum_terms: int | None = None


# Responses


@dataclass(slots=True)
class RecordEntry:
    """A record, or the diagnostic in its place. `position` 0: it is in no result set."""

    schema: str
    data: bytes | Diagnostic
    position: int = 0
    identifier: str = ""


@dataclass(slots=True)
class ExplainResponse:
    """`record` is the ZeeRex record, in UTF-8."""

    request: ExplainRequest
    record: RecordEntry
    diagnostics: Sequence[Diagnostic] = ()


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A value, the number of records that have it, and the query and address that find them.

    The last two are empty if there is no such query.
    """

    text: str
    count: int
    query: str
    url: str


@dataclass(frozen=True, slots=True)
class Facet:
    """The commonest values of an index in the records found. There is at least one."""

    index: str
    relation: str
    values: Sequence[FacetValue]


@dataclass(slots=True)
class SearchRetrieveResponse:
    """`next_record_position` None: no more records. `x_query` is the query as XCQL, if it is CQL.

    `number_of_records` is the exact count.
    """

    request: SearchRetrieveRequest
    number_of_records: int = 0
    records: Sequence[RecordEntry] = ()
    next_record_position: int | None = None
    diagnostics: Sequence[Diagnostic] = ()
    x_query: str = ""
    facets: Sequence[Facet] = ()


@dataclass(frozen=True, slots=True)
class ScanTerm:
    """A term of the list; `where_in_list` is first, last, only, inner, or empty if unknown."""

    value: str
    number_of_records: int
    where_in_list: str = ""


@dataclass(slots=True)
class ScanResponse:
    """`x_scan_clause` is the clause as XCQL, if it is one."""

    request: ScanRequest
    terms: Sequence[ScanTerm] = ()
    diagnostics: Sequence[Diagnostic] = ()
    x_scan_clause: str = ""


AnyRequest = ExplainRequest | SearchRetrieveRequest | ScanRequest
AnyResponse = ExplainResponse | SearchRetrieveResponse | ScanResponse
