"""Result-set-delete, Sort and Duplicate Detection (3.2.4, 3.2.7)."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Annotated

from protocols.z3950.messages.building_blocks import (
    ApduSequence,
    DatabaseName,
    DiagRec,
    OtherInformation,
    ResultSetId,
    Specification,
)
from protocols.z3950.messages.searching import AttributeList
from protocols.z3950.wire.asn1 import Alternative, Choice, External, Oid, Sequence, Tag


@dataclass(slots=True)
class DeleteResultSetRequest(ApduSequence):
    delete_function: Annotated[int, Tag(32)]
    result_set_list: list[ResultSetId] | None = None
    other_info: OtherInformation | None = None


@dataclass(slots=True)
class ListStatus(Sequence):
    id: ResultSetId
    status: Annotated[int, Tag(33)]


@dataclass(slots=True)
class DeleteResultSetResponse(ApduSequence):
    delete_operation_status: Annotated[int, Tag(0)]
    delete_list_statuses: Annotated[list[ListStatus], Tag(1)] | None = None
    number_not_deleted: Annotated[int, Tag(34)] | None = None
    bulk_statuses: Annotated[list[ListStatus], Tag(35)] | None = None
    delete_message: Annotated[str, Tag(36)] | None = None
    other_info: OtherInformation | None = None


@dataclass(slots=True)
class SortAttributes(Sequence):
    id: Oid
    list_: AttributeList


SortKey = Annotated[
    Annotated[str, Tag(0)] | Annotated[Specification, Tag(1)] | Annotated[SortAttributes, Tag(2)],
    Choice("SortKey"),
]


@dataclass(slots=True)
class DatabaseSort(Sequence):
    database_name: DatabaseName
    db_sort: SortKey


class MissingValueAction(Enum):
    ABORT = 1
    NULL = 2


@dataclass(slots=True)
class SortKeySpec(Sequence):
    sort_element: Annotated[SortKey, Tag(1)] | Annotated[list[DatabaseSort], Tag(2)]
    sort_relation: Annotated[int, Tag(1)]
    case_sensitivity: Annotated[int, Tag(2)]
    missing_value_action: (
        Annotated[MissingValueAction | Annotated[bytes, Tag(3)], Tag(3)] | None
    ) = None


@dataclass(slots=True)
class SortRequest(ApduSequence):
    input_result_set_names: Annotated[list[str], Tag(3)]
    sorted_result_set_name: Annotated[str, Tag(4)]
    sort_sequence: Annotated[list[SortKeySpec], Tag(5)]
    other_info: OtherInformation | None = None


@dataclass(slots=True)
class SortResponse(ApduSequence):
    sort_status: Annotated[int, Tag(3)]
    result_set_status: Annotated[int, Tag(4)] | None = None
    diagnostics: Annotated[list[DiagRec], Tag(5)] | None = None
    result_count: Annotated[int, Tag(6)] | None = None
    other_info: OtherInformation | None = None


@dataclass(slots=True)
class LevelOfMatch(Alternative):
    """Per cent."""

    value: int


class MatchFlag(Enum):
    CASE_SENSITIVE = 2
    PUNCTUATION_SENSITIVE = 3
    RS_DUPLICATES = 5


@dataclass(slots=True)
class NumberOfEntries(Alternative):
    value: int


@dataclass(slots=True)
class PercentOfEntries(Alternative):
    value: int


class Retention(Enum):
    DUPLICATES_ONLY = 3
    DISCARD_RS_DUPLICATES = 4


class SortPreference(Enum):
    MOST_COMPREHENSIVE = 1
    LEAST_COMPREHENSIVE = 2
    MOST_RECENT = 3
    OLDEST = 4
    LEAST_COST = 5


@dataclass(slots=True)
class DuplicateDetectionRequest(ApduSequence):
    input_result_set_ids: Annotated[list[str], Tag(3)]
    output_result_set_name: Annotated[str, Tag(4)]
    applicable_portion_of_record: Annotated[External, Tag(5)] | None = field(
        default=None, kw_only=True
    )
    duplicate_detection_criteria: (
        Annotated[
            list[Annotated[LevelOfMatch, Tag(1)] | MatchFlag | Annotated[External, Tag(4)]], Tag(6)
        ]
        | None
    ) = field(default=None, kw_only=True)
    clustering: Annotated[bool, Tag(7)] | None = field(default=None, kw_only=True)
    retention_criteria: Annotated[
        list[Annotated[NumberOfEntries, Tag(1)] | Annotated[PercentOfEntries, Tag(2)] | Retention],
        Tag(8),
    ]
    sort_criteria: Annotated[list[SortPreference | Annotated[list[str], Tag(6)]], Tag(9)] | None = (
        None
    )
    other_info: OtherInformation | None = None


@dataclass(slots=True)
class DuplicateDetectionResponse(ApduSequence):
    status: Annotated[int, Tag(3)]
    result_set_count: Annotated[int, Tag(4)] | None = None
    diagnostics: Annotated[list[DiagRec], Tag(5)] | None = None
    other_info: OtherInformation | None = None
