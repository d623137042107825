"""The APDUs of Z39.50-2003 and what they are made of, by the standard's own names.

Fields are the standard's field names in snake case; those it calls OPTIONAL are None where absent,
and stand last here so that they can have that default. Their order and tags on the wire are in
`layouts`. A CHOICE is told by the Python class of its value; where two alternatives would share
one, each has a wrapper with a `value`. Object identifiers are dotted strings, bit strings are
integers whose bit ``1 << n`` is the standard's bit ``n``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import Final


class Null(Enum):
    """The value of a bare NULL."""

    NULL = "null"


NULL: Final = Null.NULL


# Building blocks


@dataclass(slots=True)
class ObjectIdentifier:
    """An object identifier where the alternative is a character string."""

    value: str


@dataclass(slots=True)
class SingleAsn1Type:
    """Any one BER value, header included."""

    value: bytes


@dataclass(slots=True)
class Arbitrary:
    """The contents of a bit string: the number of unused bits in one octet, then the bits."""

    value: bytes


@dataclass(slots=True)
class External:
    """EXTERNAL: data of a kind that `direct_reference` names; plain bytes are octet-aligned."""

    encoding: bytes | SingleAsn1Type | Arbitrary
    direct_reference: str | None = None
    indirect_reference: int | None = None
    data_value_descriptor: bytes | None = None


StringOrNumeric = str | int


@dataclass(slots=True)
class Unit:
    unit_system: str | None = None
    unit_type: StringOrNumeric | None = None
    unit: StringOrNumeric | None = None
    scale_factor: int | None = None


@dataclass(slots=True)
class IntUnit:
    value: int
    unit_used: Unit


@dataclass(slots=True)
class InfoCategory:
    category_value: int
    category_type_id: str | None = None


@dataclass(slots=True)
class OtherInformationItem:
    """One entry of OtherInformation, which is a list of them."""

    information: str | bytes | External | ObjectIdentifier
    category: InfoCategory | None = None


OtherInformation = list[OtherInformationItem]


# Diagnostics and records (3.2.3.1.6, appendix 4)


@dataclass(slots=True)
class V2Addinfo:
    value: str


@dataclass(slots=True)
class V3Addinfo:
    value: str


@dataclass(slots=True)
class DefaultDiagFormat:
    diagnostic_set_id: str
    condition: int
    addinfo: V2Addinfo | V3Addinfo


DiagRec = DefaultDiagFormat | External


@dataclass(slots=True)
class DiagnosticFormat:
    """One entry of a diag-1 record (OID.4.2), which is a list of them."""

    diagnostic: DefaultDiagFormat | None = None
    message: str | None = None


@dataclass(slots=True)
class SurrogateDiagnostic:
    """A diagnostic that stands in the place of a record, or of a term of a scan."""

    value: DiagRec


@dataclass(slots=True)
class StartingFragment:
    value: External | bytes


@dataclass(slots=True)
class IntermediateFragment:
    value: External | bytes


@dataclass(slots=True)
class FinalFragment:
    value: External | bytes


@dataclass(slots=True)
class NamePlusRecord:
    """A record, or what takes its place, with the database it comes from."""

    record: External | SurrogateDiagnostic | StartingFragment | IntermediateFragment | FinalFragment
    name: str | None = None


@dataclass(slots=True)
class ResponseRecords:
    value: list[NamePlusRecord]


@dataclass(slots=True)
class MultipleNonSurDiagnostics:
    value: list[DiagRec]


Records = ResponseRecords | DefaultDiagFormat | MultipleNonSurDiagnostics


@dataclass(slots=True)
class DatabaseElementSetName:
    db_name: str
    esn: str


ElementSetNames = str | list[DatabaseElementSetName]


@dataclass(slots=True)
class SchemaOid:
    value: str


@dataclass(slots=True)
class SchemaUri:
    value: str


@dataclass(slots=True)
class Specification:
    schema: SchemaOid | SchemaUri | None = None
    element_spec: str | External | None = None


@dataclass(slots=True)
class DatabaseSpecification:
    db: str
    spec: Specification


@dataclass(slots=True)
class CompSpec:
    select_alternative_syntax: bool
    generic: Specification | None = None
    db_specific: list[DatabaseSpecification] | None = None
    record_syntax: list[str] | None = None


# Initialization (3.2.1)


@dataclass(slots=True)
class IdPass:
    group_id: str | None = None
    user_id: str | None = None
    password: str | None = field(default=None, repr=False)


IdAuthentication = str | IdPass | Null | External


@dataclass(slots=True)
class InitializeRequest:
    protocol_version: int
    options: int
    preferred_message_size: int
    exceptional_record_size: int
    id_authentication: IdAuthentication | None = field(default=None, repr=False)
    implementation_id: str | None = None
    implementation_name: str | None = None
    implementation_version: str | None = None
    user_information_field: External | None = None
    other_info: OtherInformation | None = None
    reference_id: bytes | None = None


@dataclass(slots=True)
class InitializeResponse:
    protocol_version: int
    options: int
    preferred_message_size: int
    exceptional_record_size: int
    result: bool
    implementation_id: str | None = None
    implementation_name: str | None = None
    implementation_version: str | None = None
    user_information_field: External | None = None
    other_info: OtherInformation | None = None
    reference_id: bytes | None = None


# Search (3.2.2, 3.7)


@dataclass(slots=True)
class ComplexAttributeValue:
    list_: list[StringOrNumeric]
    semantic_action: list[int] | None = None


@dataclass(slots=True)
class AttributeElement:
    attribute_type: int
    attribute_value: int | ComplexAttributeValue
    attribute_set: str | None = None


@dataclass(slots=True)
class DateTime:
    """A GeneralizedTime, as it was written."""

    value: str


#: General octets (bytes), numeric, characterString, and the rarer kinds.
Term = bytes | int | str | ObjectIdentifier | DateTime | External | IntUnit | Null


@dataclass(slots=True)
class AttributesPlusTerm:
    attributes: list[AttributeElement]
    term: Term


@dataclass(slots=True)
class ResultSetPlusAttributes:
    result_set: str
    attributes: list[AttributeElement]


class Operator(Enum):
    AND = "and"
    OR = "or"
    AND_NOT = "and-not"


@dataclass(slots=True)
class Known:
    """A KnownProximityUnit: 1 character, 2 word, 3 sentence, and so on."""

    value: int


@dataclass(slots=True)
class Private:
    value: int


@dataclass(slots=True)
class ProximityOperator:
    distance: int
    ordered: bool
    relation_type: int
    proximity_unit_code: Known | Private
    exclusion: bool | None = None


@dataclass(slots=True)
class RpnRpnOp:
    rpn1: RPNStructure
    rpn2: RPNStructure
    op: Operator | ProximityOperator


#: A term, the name of a result set (str), a result set with attributes, or an operation.
RPNStructure = AttributesPlusTerm | str | ResultSetPlusAttributes | RpnRpnOp


@dataclass(slots=True)
class RPNQuery:
    attribute_set: str
    rpn: RPNStructure


@dataclass(slots=True)
class Type0:
    """A query of a kind agreed in private: any one BER value."""

    value: bytes


@dataclass(slots=True)
class Type1:
    value: RPNQuery


@dataclass(slots=True)
class Type2:
    """ISO 8777."""

    value: bytes


@dataclass(slots=True)
class Type100:
    """Z39.58."""

    value: bytes


@dataclass(slots=True)
class Type101:
    value: RPNQuery


@dataclass(slots=True)
class Type102:
    """Ranked list."""

    value: bytes


@dataclass(slots=True)
class Type104:
    """Externally defined: CQL, SQL."""

    value: External


Query = Type0 | Type1 | Type2 | Type100 | Type101 | Type102 | Type104


@dataclass(slots=True)
class SearchRequest:
    small_set_upper_bound: int
    large_set_lower_bound: int
    medium_set_present_number: int
    replace_indicator: bool
    result_set_name: str
    database_names: list[str]
    query: Query
    small_set_element_set_names: ElementSetNames | None = None
    medium_set_element_set_names: ElementSetNames | None = None
    preferred_record_syntax: str | None = None
    additional_search_info: OtherInformation | None = None
    other_info: OtherInformation | None = None
    reference_id: bytes | None = None


@dataclass(slots=True)
class SearchResponse:
    result_count: int
    number_of_records_returned: int
    next_result_set_position: int
    search_status: bool
    result_set_status: int | None = None
    present_status: int | None = None
    records: Records | None = None
    additional_search_info: OtherInformation | None = None
    other_info: OtherInformation | None = None
    reference_id: bytes | None = None


# Retrieval (3.2.3)


@dataclass(slots=True)
class Range:
    starting_position: int
    number_of_records: int


@dataclass(slots=True)
class PresentRequest:
    result_set_id: str
    result_set_start_point: int
    number_of_records_requested: int
    additional_ranges: list[Range] | None = None
    record_composition: ElementSetNames | CompSpec | None = None
    preferred_record_syntax: str | None = None
    max_segment_count: int | None = None
    max_record_size: int | None = None
    max_segment_size: int | None = None
    other_info: OtherInformation | None = None
    reference_id: bytes | None = None


@dataclass(slots=True)
class PresentResponse:
    number_of_records_returned: int
    next_result_set_position: int
    present_status: int
    records: Records | None = None
    other_info: OtherInformation | None = None
    reference_id: bytes | None = None


@dataclass(slots=True)
class Segment:
    number_of_records_returned: int
    segment_records: list[NamePlusRecord]
    other_info: OtherInformation | None = None
    reference_id: bytes | None = None


# Result-set-delete (3.2.4)


@dataclass(slots=True)
class DeleteResultSetRequest:
    delete_function: int
    result_set_list: list[str] | None = None
    other_info: OtherInformation | None = None
    reference_id: bytes | None = None


@dataclass(slots=True)
class ListStatus:
    id: str
    status: int


@dataclass(slots=True)
class DeleteResultSetResponse:
    delete_operation_status: int
    delete_list_statuses: list[ListStatus] | None = None
    number_not_deleted: int | None = None
    bulk_statuses: list[ListStatus] | None = None
    delete_message: str | None = None
    other_info: OtherInformation | None = None
    reference_id: bytes | None = None


# Access control and resource control (3.2.5, 3.2.6)


@dataclass(slots=True)
class AccessControlRequest:
    security_challenge: bytes | External
    other_info: OtherInformation | None = None
    reference_id: bytes | None = None


@dataclass(slots=True)
class AccessControlResponse:
    security_challenge_response: bytes | External | None = None
    diagnostic: DiagRec | None = None
    other_info: OtherInformation | None = None
    reference_id: bytes | None = None


@dataclass(slots=True)
class ResourceControlRequest:
    response_required: bool
    suspended_flag: bool | None = None
    resource_report: External | None = None
    partial_results_available: int | None = None
    triggered_request_flag: bool | None = None
    other_info: OtherInformation | None = None
    reference_id: bytes | None = None


@dataclass(slots=True)
class ResourceControlResponse:
    continue_flag: bool
    result_set_wanted: bool | None = None
    other_info: OtherInformation | None = None
    reference_id: bytes | None = None


@dataclass(slots=True)
class TriggerResourceControlRequest:
    requested_action: int
    pref_resource_report_format: str | None = None
    result_set_wanted: bool | None = None
    other_info: OtherInformation | None = None
    reference_id: bytes | None = None


@dataclass(slots=True)
class ResourceReportRequest:
    op_id: bytes | None = None
    pref_resource_report_format: str | None = None
    other_info: OtherInformation | None = None
    reference_id: bytes | None = None


@dataclass(slots=True)
class ResourceReportResponse:
    resource_report_status: int
    resource_report: External | None = None
    other_info: OtherInformation | None = None
    reference_id: bytes | None = None


# Browse (3.2.8.1) and Sort (3.2.7.1)


@dataclass(slots=True)
class ScanRequest:
    database_names: list[str]
    term_list_and_start_point: AttributesPlusTerm
    number_of_terms_requested: int
    attribute_set: str | None = None
    step_size: int | None = None
    preferred_position_in_response: int | None = None
    other_info: OtherInformation | None = None
    reference_id: bytes | None = None


@dataclass(slots=True)
class DatabaseOccurrences:
    db: str
    num: int | None = None
    other_db_info: OtherInformation | None = None


@dataclass(slots=True)
class OccurrenceByAttributes:
    attributes: list[AttributeElement] | None = None
    occurrences: int | list[DatabaseOccurrences] | None = None
    other_occur_info: OtherInformation | None = None


@dataclass(slots=True)
class TermInfo:
    term: Term
    display_term: str | None = None
    suggested_attributes: list[AttributeElement] | None = None
    alternative_term: list[AttributesPlusTerm] | None = None
    global_occurrences: int | None = None
    by_attributes: list[OccurrenceByAttributes] | None = None
    other_term_info: OtherInformation | None = None


@dataclass(slots=True)
class ListEntries:
    entries: list[TermInfo | SurrogateDiagnostic] | None = None
    nonsurrogate_diagnostics: list[DiagRec] | None = None


@dataclass(slots=True)
class ScanResponse:
    scan_status: int
    number_of_entries_returned: int
    step_size: int | None = None
    position_of_term: int | None = None
    entries: ListEntries | None = None
    attribute_set: str | None = None
    other_info: OtherInformation | None = None
    reference_id: bytes | None = None


@dataclass(slots=True)
class SortAttributes:
    id: str
    list_: list[AttributeElement]


SortKey = str | Specification | SortAttributes


@dataclass(slots=True)
class DatabaseSort:
    database_name: str
    db_sort: SortKey


class MissingValueAction(Enum):
    ABORT = "abort"
    NULL = "null"


@dataclass(slots=True)
class SortKeySpec:
    sort_element: SortKey | list[DatabaseSort]
    sort_relation: int
    case_sensitivity: int
    missing_value_action: MissingValueAction | bytes | None = None


@dataclass(slots=True)
class SortRequest:
    input_result_set_names: list[str]
    sorted_result_set_name: str
    sort_sequence: list[SortKeySpec]
    other_info: OtherInformation | None = None
    reference_id: bytes | None = None


@dataclass(slots=True)
class SortResponse:
    sort_status: int
    result_set_status: int | None = None
    diagnostics: list[DiagRec] | None = None
    result_count: int | None = None
    other_info: OtherInformation | None = None
    reference_id: bytes | None = None


# Extended Services (3.2.9) and Duplicate Detection (3.2.7.2)


@dataclass(slots=True)
class Permission:
    allowable_functions: list[int]
    user_id: str | None = None


@dataclass(slots=True)
class ExtendedServicesRequest:
    function: int
    package_type: str
    wait_action: int
    package_name: str | None = None
    user_id: str | None = None
    retention_time: IntUnit | None = None
    permissions: list[Permission] | None = None
    description: str | None = None
    task_specific_parameters: External | None = None
    elements: str | None = None
    other_info: OtherInformation | None = None
    reference_id: bytes | None = None


@dataclass(slots=True)
class ExtendedServicesResponse:
    operation_status: int
    diagnostics: list[DiagRec] | None = None
    task_package: External | None = None
    other_info: OtherInformation | None = None
    reference_id: bytes | None = None


@dataclass(slots=True)
class LevelOfMatch:
    """Per cent."""

    value: int


class MatchFlag(Enum):
    CASE_SENSITIVE = "case sensitive"
    PUNCTUATION_SENSITIVE = "punctuation sensitive"
    RS_DUPLICATES = "duplicates within one result set"


@dataclass(slots=True)
class NumberOfEntries:
    value: int


@dataclass(slots=True)
class PercentOfEntries:
    value: int


class Retention(Enum):
    DUPLICATES_ONLY = "duplicates only"
    DISCARD_RS_DUPLICATES = "discard duplicates within one result set"


class SortPreference(Enum):
    MOST_COMPREHENSIVE = "most comprehensive"
    LEAST_COMPREHENSIVE = "least comprehensive"
    MOST_RECENT = "most recent"
    OLDEST = "oldest"
    LEAST_COST = "least cost"


@dataclass(slots=True)
class DuplicateDetectionRequest:
    input_result_set_ids: list[str]
    output_result_set_name: str
    retention_criteria: list[NumberOfEntries | PercentOfEntries | Retention]
    applicable_portion_of_record: External | None = None
    duplicate_detection_criteria: list[LevelOfMatch | MatchFlag | External] | None = None
    clustering: bool | None = None
    sort_criteria: list[SortPreference | list[str]] | None = None
    other_info: OtherInformation | None = None
    reference_id: bytes | None = None


@dataclass(slots=True)
class DuplicateDetectionResponse:
    status: int
    result_set_count: int | None = None
    diagnostics: list[DiagRec] | None = None
    other_info: OtherInformation | None = None
    reference_id: bytes | None = None


# Termination (3.2.11)


class CloseReason(IntEnum):
    """Why an association ends (3.2.11.1.1)."""

    FINISHED = 0
    SHUTDOWN = 1
    SYSTEM_PROBLEM = 2
    COST_LIMIT = 3
    RESOURCES = 4
    SECURITY_VIOLATION = 5
    PROTOCOL_ERROR = 6
    LACK_OF_ACTIVITY = 7
    PEER_ABORT = 8
    UNSPECIFIED = 9


@dataclass(slots=True)
class Close:
    close_reason: int
    diagnostic_information: str | None = None
    resource_report_format: str | None = None
    resource_report: External | None = None
    other_info: OtherInformation | None = None
    reference_id: bytes | None = None


Apdu = (
    InitializeRequest
    | InitializeResponse
    | SearchRequest
    | SearchResponse
    | PresentRequest
    | PresentResponse
    | DeleteResultSetRequest
    | DeleteResultSetResponse
    | AccessControlRequest
    | AccessControlResponse
    | ResourceControlRequest
    | ResourceControlResponse
    | TriggerResourceControlRequest
    | ResourceReportRequest
    | ResourceReportResponse
    | ScanRequest
    | ScanResponse
    | SortRequest
    | SortResponse
    | Segment
    | ExtendedServicesRequest
    | ExtendedServicesResponse
    | Close
    | DuplicateDetectionRequest
    | DuplicateDetectionResponse
)
