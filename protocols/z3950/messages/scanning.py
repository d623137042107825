"""The Browse facility (3.2.8.1)."""

from dataclasses import dataclass, field
from typing import Annotated

from protocols.z3950.messages.building_blocks import (
    ApduSequence,
    DatabaseName,
    DiagRec,
    OtherInformation,
    SurrogateDiagnostic,
)
from protocols.z3950.messages.searching import AttributeList, AttributesPlusTerm, Term
from protocols.z3950.wire.asn1 import Explicit, Oid, Sequence, Tag


@dataclass(slots=True)
class ScanRequest(ApduSequence):
    database_names: Annotated[list[DatabaseName], Tag(3)]
    attribute_set: Oid | None = field(default=None, kw_only=True)
    term_list_and_start_point: Annotated[AttributesPlusTerm, Tag(102)]
    step_size: Annotated[int, Tag(5)] | None = field(default=None, kw_only=True)
    number_of_terms_requested: Annotated[int, Tag(6)]
    preferred_position_in_response: Annotated[int, Tag(7)] | None = None
    other_info: OtherInformation | None = None


@dataclass(slots=True)
class DatabaseOccurrences(Sequence):
    db: DatabaseName
    num: Annotated[int, Tag(1)] | None = None
    other_db_info: OtherInformation | None = None


@dataclass(slots=True)
class OccurrenceByAttributes(Sequence):
    attributes: Annotated[AttributeList, Explicit(1)] | None = None
    occurrences: (
        Annotated[int, Explicit(2)] | Annotated[list[DatabaseOccurrences], Tag(3)] | None
    ) = None
    other_occur_info: OtherInformation | None = None


@dataclass(slots=True)
class TermInfo(Sequence):
    term: Term
    display_term: Annotated[str, Tag(0)] | None = None
    suggested_attributes: AttributeList | None = None
    alternative_term: Annotated[list[Annotated[AttributesPlusTerm, Tag(102)]], Tag(4)] | None = None
    global_occurrences: Annotated[int, Tag(2)] | None = None
    by_attributes: Annotated[list[OccurrenceByAttributes], Tag(3)] | None = None
    other_term_info: OtherInformation | None = None


@dataclass(slots=True)
class ListEntries(Sequence):
    entries: (
        Annotated[
            list[Annotated[TermInfo, Tag(1)] | Annotated[SurrogateDiagnostic, Tag(2)]], Tag(1)
        ]
        | None
    ) = None
    nonsurrogate_diagnostics: Annotated[list[DiagRec], Tag(2)] | None = None


@dataclass(slots=True)
class ScanResponse(ApduSequence):
    step_size: Annotated[int, Tag(3)] | None = field(default=None, kw_only=True)
    scan_status: Annotated[int, Tag(4)]
    number_of_entries_returned: Annotated[int, Tag(5)]
    position_of_term: Annotated[int, Tag(6)] | None = None
    entries: Annotated[ListEntries, Tag(7)] | None = None
    attribute_set: Annotated[Oid, Tag(8)] | None = None
    other_info: OtherInformation | None = None
