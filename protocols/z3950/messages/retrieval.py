"""Records, and the Retrieval facility (3.2.3)."""

from dataclasses import dataclass, field
from typing import Annotated

from protocols.z3950.messages.building_blocks import (
    ApduSequence,
    DatabaseName,
    DefaultDiagFormat,
    DiagRec,
    ElementSetName,
    OtherInformation,
    ResultSetId,
    Specification,
    SurrogateDiagnostic,
)
from protocols.z3950.wire.asn1 import Alternative, Choice, Explicit, External, Oid, Sequence, Tag

Fragment = Annotated[
    External | bytes,
    Choice("Fragment"),
]


@dataclass(slots=True)
class StartingFragment(Alternative):
    value: Fragment


@dataclass(slots=True)
class IntermediateFragment(Alternative):
    value: Fragment


@dataclass(slots=True)
class FinalFragment(Alternative):
    value: Fragment


Record = Annotated[
    Annotated[External, Explicit(1)]
    | Annotated[SurrogateDiagnostic, Tag(2)]
    | Annotated[StartingFragment, Tag(3)]
    | Annotated[IntermediateFragment, Tag(4)]
    | Annotated[FinalFragment, Tag(5)],
    Choice("Record"),
]


@dataclass(slots=True)
class NamePlusRecord(Sequence):
    """A record, or what stands in its place, with the database it comes from."""

    name: Annotated[str, Tag(0)] | None = field(default=None, kw_only=True)
    record: Annotated[Record, Tag(1)]


@dataclass(slots=True)
class ResponseRecords(Alternative):
    value: list[NamePlusRecord]


@dataclass(slots=True)
class MultipleNonSurDiagnostics(Alternative):
    value: list[DiagRec]


Records = Annotated[
    Annotated[ResponseRecords, Tag(28)]
    | Annotated[DefaultDiagFormat, Tag(130)]
    | Annotated[MultipleNonSurDiagnostics, Tag(205)],
    Choice("Records"),
]


@dataclass(slots=True)
class DatabaseElementSetName(Sequence):
    db_name: DatabaseName
    esn: ElementSetName


ElementSetNames = Annotated[
    Annotated[str, Tag(0)] | Annotated[list[DatabaseElementSetName], Tag(1)],
    Choice("ElementSetNames"),
]


@dataclass(slots=True)
class DatabaseSpecification(Sequence):
    db: Annotated[DatabaseName, Explicit(1)]
    spec: Annotated[Specification, Tag(2)]


@dataclass(slots=True)
class CompSpec(Sequence):
    select_alternative_syntax: Annotated[bool, Tag(1)]
    generic: Annotated[Specification, Tag(2)] | None = None
    db_specific: Annotated[list[DatabaseSpecification], Tag(3)] | None = None
    record_syntax: Annotated[list[Oid], Tag(4)] | None = None


@dataclass(slots=True)
class Range(Sequence):
    starting_position: Annotated[int, Tag(1)]
    number_of_records: Annotated[int, Tag(2)]


@dataclass(slots=True)
class PresentRequest(ApduSequence):
    result_set_id: ResultSetId
    result_set_start_point: Annotated[int, Tag(30)]
    number_of_records_requested: Annotated[int, Tag(29)]
    additional_ranges: Annotated[list[Range], Tag(212)] | None = None
    record_composition: (
        Annotated[ElementSetNames, Tag(19)] | Annotated[CompSpec, Tag(209)] | None
    ) = None
    preferred_record_syntax: Annotated[Oid, Tag(104)] | None = None
    max_segment_count: Annotated[int, Tag(204)] | None = None
    max_record_size: Annotated[int, Tag(206)] | None = None
    max_segment_size: Annotated[int, Tag(207)] | None = None
    other_info: OtherInformation | None = None


@dataclass(slots=True)
class PresentResponse(ApduSequence):
    number_of_records_returned: Annotated[int, Tag(24)]
    next_result_set_position: Annotated[int, Tag(25)]
    present_status: Annotated[int, Tag(27)]
    records: Records | None = None
    other_info: OtherInformation | None = None


@dataclass(slots=True)
class Segment(ApduSequence):
    number_of_records_returned: Annotated[int, Tag(24)]
    segment_records: Annotated[list[NamePlusRecord], Tag(0)]
    other_info: OtherInformation | None = None
