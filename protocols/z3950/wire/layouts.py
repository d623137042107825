"""How each message lies on the wire: order, tags and types of the fields (Z39.50-2003, 4.1).

These tables are the standard's ASN.1, written as `layout_types` says; `generator` turns them into
decoders and encoders.
"""

from __future__ import annotations

from typing import Any, Final

from protocols.z3950 import messages as m
from protocols.z3950.messages import NULL
from protocols.z3950.wire.layout_types import (
    ANY,
    BITS,
    BOOLEAN,
    DESCRIPTOR,
    INTEGER,
    OCTETS,
    OID,
    OPTIONAL,
    TEXT,
    TIME,
    VISIBLE,
    Choice,
    Constant,
    Explicit,
    ListOf,
    Tagged,
    Wrapped,
)

# Types that the standard gives a name and a tag of their own

REFERENCE_ID = Tagged(2, OCTETS)
RESULT_SET_ID = Tagged(31, TEXT)
ELEMENT_SET_NAME = Tagged(103, TEXT)
DATABASE_NAME = Tagged(105, TEXT)
ATTRIBUTE_LIST = Tagged(44, ListOf(m.AttributeElement))
ATTRIBUTES_PLUS_TERM = Tagged(102, m.AttributesPlusTerm)
PRESENT_STATUS = Tagged(27, INTEGER)
DELETE_SET_STATUS = Tagged(33, INTEGER)
OTHER_INFO = Tagged(201, ListOf(m.OtherInformationItem))

EXTERNAL_ENCODING = Choice(
    "ExternalEncoding",
    ((1, OCTETS), (0, Wrapped(m.SingleAsn1Type, ANY)), (2, Wrapped(m.Arbitrary, OCTETS))),
)
STRING_OR_NUMERIC = Choice("StringOrNumeric", ((1, TEXT), (2, INTEGER)))
DIAG_REC = Choice("DiagRec", ((None, m.DefaultDiagFormat), (None, m.External)))
TERM = Choice(
    "Term",
    (
        (45, OCTETS),
        (215, INTEGER),
        (216, TEXT),
        (217, Wrapped(m.ObjectIdentifier, OID)),
        (218, Wrapped(m.DateTime, TIME)),
        (219, m.External),
        (220, m.IntUnit),
        (221, Constant(NULL)),
    ),
)
ATTRIBUTE_VALUE = Choice("AttributeValue", ((121, INTEGER), (224, m.ComplexAttributeValue)))
OPERAND = Choice(
    "Operand",
    (
        (None, ATTRIBUTES_PLUS_TERM),
        (None, RESULT_SET_ID),
        (None, Tagged(214, m.ResultSetPlusAttributes)),
    ),
)
RPN_STRUCTURE = Choice("RPNStructure", ((0, OPERAND), (1, m.RpnRpnOp)))
OPERATOR = Choice(
    "Operator",
    (
        (0, Constant(m.Operator.AND)),
        (1, Constant(m.Operator.OR)),
        (2, Constant(m.Operator.AND_NOT)),
        (3, m.ProximityOperator),
    ),
)
PROXIMITY_UNIT = Choice(
    "ProximityUnit", ((1, Wrapped(m.Known, INTEGER)), (2, Wrapped(m.Private, INTEGER)))
)
QUERY = Choice(
    "Query",
    (
        (1, Wrapped(m.Type1, m.RPNQuery)),
        (101, Wrapped(m.Type101, m.RPNQuery)),
        (0, Wrapped(m.Type0, ANY)),
        (2, Wrapped(m.Type2, Explicit(OCTETS))),
        (100, Wrapped(m.Type100, Explicit(OCTETS))),
        (102, Wrapped(m.Type102, Explicit(OCTETS))),
        (104, Wrapped(m.Type104, m.External)),
    ),
)
FRAGMENT = Choice("Fragment", ((None, m.External), (None, OCTETS)))
RECORD = Choice(
    "Record",
    (
        (1, Explicit(m.External)),
        (2, Wrapped(m.SurrogateDiagnostic, DIAG_REC)),
        (3, Wrapped(m.StartingFragment, FRAGMENT)),
        (4, Wrapped(m.IntermediateFragment, FRAGMENT)),
        (5, Wrapped(m.FinalFragment, FRAGMENT)),
    ),
)
RECORDS = Choice(
    "Records",
    (
        (28, Wrapped(m.ResponseRecords, ListOf(m.NamePlusRecord))),
        (130, m.DefaultDiagFormat),
        (205, Wrapped(m.MultipleNonSurDiagnostics, ListOf(DIAG_REC))),
    ),
)
ELEMENT_SET_NAMES = Choice("ElementSetNames", ((0, TEXT), (1, ListOf(m.DatabaseElementSetName))))
SORT_KEY = Choice("SortKey", ((0, TEXT), (1, m.Specification), (2, m.SortAttributes)))

_LAST = (("other_info", None, OTHER_INFO, OPTIONAL),)
_REFERENCE_ID = ("reference_id", None, REFERENCE_ID, OPTIONAL)
_IMPLEMENTATION = (
    ("implementation_id", 110, TEXT, OPTIONAL),
    ("implementation_name", 111, TEXT, OPTIONAL),
    ("implementation_version", 112, TEXT, OPTIONAL),
    ("user_information_field", 11, Explicit(m.External), OPTIONAL),
)

LAYOUTS: Final[dict[type, tuple[tuple[Any, ...], ...]]] = {
    m.External: (
        ("direct_reference", None, OID, OPTIONAL),
        ("indirect_reference", None, INTEGER, OPTIONAL),
        ("data_value_descriptor", None, DESCRIPTOR, OPTIONAL),
        ("encoding", None, EXTERNAL_ENCODING),
    ),
    m.Unit: (
        ("unit_system", 1, Explicit(TEXT), OPTIONAL),
        ("unit_type", 2, STRING_OR_NUMERIC, OPTIONAL),
        ("unit", 3, STRING_OR_NUMERIC, OPTIONAL),
        ("scale_factor", 4, INTEGER, OPTIONAL),
    ),
    m.IntUnit: (("value", 1, INTEGER), ("unit_used", 2, m.Unit)),
    m.InfoCategory: (("category_type_id", 1, OID, OPTIONAL), ("category_value", 2, INTEGER)),
    m.OtherInformationItem: (
        ("category", 1, m.InfoCategory, OPTIONAL),
        (
            "information",
            None,
            Choice(
                "Information",
                ((2, TEXT), (3, OCTETS), (4, m.External), (5, Wrapped(m.ObjectIdentifier, OID))),
            ),
        ),
    ),
    m.DefaultDiagFormat: (
        ("diagnostic_set_id", None, OID),
        ("condition", None, INTEGER),
        (
            "addinfo",
            None,
            Choice(
                "Addinfo",
                ((None, Wrapped(m.V2Addinfo, VISIBLE)), (None, Wrapped(m.V3Addinfo, TEXT))),
            ),
        ),
    ),
    m.DiagnosticFormat: (
        (
            "diagnostic",
            1,
            Choice("DefaultDiagRec", ((1, m.DefaultDiagFormat),)),  # the explicit ones are left out
            OPTIONAL,
        ),
        ("message", 2, TEXT, OPTIONAL),
    ),
    m.NamePlusRecord: (("name", 0, TEXT, OPTIONAL), ("record", 1, RECORD)),
    m.DatabaseElementSetName: (("db_name", None, DATABASE_NAME), ("esn", None, ELEMENT_SET_NAME)),
    m.Specification: (
        (
            "schema",
            None,
            Choice("Schema", ((1, Wrapped(m.SchemaOid, OID)), (300, Wrapped(m.SchemaUri, TEXT)))),
            OPTIONAL,
        ),
        ("element_spec", 2, Choice("ElementSpec", ((1, TEXT), (2, m.External))), OPTIONAL),
    ),
    m.DatabaseSpecification: (("db", 1, Explicit(DATABASE_NAME)), ("spec", 2, m.Specification)),
    m.CompSpec: (
        ("select_alternative_syntax", 1, BOOLEAN),
        ("generic", 2, m.Specification, OPTIONAL),
        ("db_specific", 3, ListOf(m.DatabaseSpecification), OPTIONAL),
        ("record_syntax", 4, ListOf(OID), OPTIONAL),
    ),
    m.IdPass: (
        ("group_id", 0, TEXT, OPTIONAL),
        ("user_id", 1, TEXT, OPTIONAL),
        ("password", 2, TEXT, OPTIONAL),
    ),
    m.InitializeRequest: (
        _REFERENCE_ID,
        ("protocol_version", 3, BITS),
        ("options", 4, BITS),
        ("preferred_message_size", 5, INTEGER),
        ("exceptional_record_size", 6, INTEGER),
        (
            "id_authentication",
            7,
            Choice(
                "IdAuthentication",
                ((None, VISIBLE), (None, m.IdPass), (None, Constant(NULL)), (None, m.External)),
            ),
            OPTIONAL,
        ),
        *_IMPLEMENTATION,
        *_LAST,
    ),
    m.InitializeResponse: (
        _REFERENCE_ID,
        ("protocol_version", 3, BITS),
        ("options", 4, BITS),
        ("preferred_message_size", 5, INTEGER),
        ("exceptional_record_size", 6, INTEGER),
        ("result", 12, BOOLEAN),
        *_IMPLEMENTATION,
        *_LAST,
    ),
    m.ComplexAttributeValue: (
        ("list_", 1, ListOf(STRING_OR_NUMERIC)),
        ("semantic_action", 2, ListOf(INTEGER), OPTIONAL),
    ),
    m.AttributeElement: (
        ("attribute_set", 1, OID, OPTIONAL),
        ("attribute_type", 120, INTEGER),
        ("attribute_value", None, ATTRIBUTE_VALUE),
    ),
    m.AttributesPlusTerm: (("attributes", None, ATTRIBUTE_LIST), ("term", None, TERM)),
    m.ResultSetPlusAttributes: (
        ("result_set", None, RESULT_SET_ID),
        ("attributes", None, ATTRIBUTE_LIST),
    ),
    m.ProximityOperator: (
        ("exclusion", 1, BOOLEAN, OPTIONAL),
        ("distance", 2, INTEGER),
        ("ordered", 3, BOOLEAN),
        ("relation_type", 4, INTEGER),
        ("proximity_unit_code", 5, PROXIMITY_UNIT),
    ),
    m.RpnRpnOp: (
        ("rpn1", None, RPN_STRUCTURE),
        ("rpn2", None, RPN_STRUCTURE),
        ("op", 46, OPERATOR),
    ),
    m.RPNQuery: (("attribute_set", None, OID), ("rpn", None, RPN_STRUCTURE)),
    m.SearchRequest: (
        _REFERENCE_ID,
        ("small_set_upper_bound", 13, INTEGER),
        ("large_set_lower_bound", 14, INTEGER),
        ("medium_set_present_number", 15, INTEGER),
        ("replace_indicator", 16, BOOLEAN),
        ("result_set_name", 17, TEXT),
        ("database_names", 18, ListOf(DATABASE_NAME)),
        ("small_set_element_set_names", 100, ELEMENT_SET_NAMES, OPTIONAL),
        ("medium_set_element_set_names", 101, ELEMENT_SET_NAMES, OPTIONAL),
        ("preferred_record_syntax", 104, OID, OPTIONAL),
        ("query", 21, QUERY),
        ("additional_search_info", 203, ListOf(m.OtherInformationItem), OPTIONAL),
        *_LAST,
    ),
    m.SearchResponse: (
        _REFERENCE_ID,
        ("result_count", 23, INTEGER),
        ("number_of_records_returned", 24, INTEGER),
        ("next_result_set_position", 25, INTEGER),
        ("search_status", 22, BOOLEAN),
        ("result_set_status", 26, INTEGER, OPTIONAL),
        ("present_status", None, PRESENT_STATUS, OPTIONAL),
        ("records", None, RECORDS, OPTIONAL),
        ("additional_search_info", 203, ListOf(m.OtherInformationItem), OPTIONAL),
        *_LAST,
    ),
    m.Range: (("starting_position", 1, INTEGER), ("number_of_records", 2, INTEGER)),
    m.PresentRequest: (
        _REFERENCE_ID,
        ("result_set_id", None, RESULT_SET_ID),
        ("result_set_start_point", 30, INTEGER),
        ("number_of_records_requested", 29, INTEGER),
        ("additional_ranges", 212, ListOf(m.Range), OPTIONAL),
        (
            "record_composition",
            None,
            Choice("RecordComposition", ((19, ELEMENT_SET_NAMES), (209, m.CompSpec))),
            OPTIONAL,
        ),
        ("preferred_record_syntax", 104, OID, OPTIONAL),
        ("max_segment_count", 204, INTEGER, OPTIONAL),
        ("max_record_size", 206, INTEGER, OPTIONAL),
        ("max_segment_size", 207, INTEGER, OPTIONAL),
        *_LAST,
    ),
    m.PresentResponse: (
        _REFERENCE_ID,
        ("number_of_records_returned", 24, INTEGER),
        ("next_result_set_position", 25, INTEGER),
        ("present_status", None, PRESENT_STATUS),
        ("records", None, RECORDS, OPTIONAL),
        *_LAST,
    ),
    m.Segment: (
        _REFERENCE_ID,
        ("number_of_records_returned", 24, INTEGER),
        ("segment_records", 0, ListOf(m.NamePlusRecord)),
        *_LAST,
    ),
    m.DeleteResultSetRequest: (
        _REFERENCE_ID,
        ("delete_function", 32, INTEGER),
        ("result_set_list", None, ListOf(RESULT_SET_ID), OPTIONAL),
        *_LAST,
    ),
    m.ListStatus: (("id", None, RESULT_SET_ID), ("status", None, DELETE_SET_STATUS)),
    m.DeleteResultSetResponse: (
        _REFERENCE_ID,
        ("delete_operation_status", 0, INTEGER),
        ("delete_list_statuses", 1, ListOf(m.ListStatus), OPTIONAL),
        ("number_not_deleted", 34, INTEGER, OPTIONAL),
        ("bulk_statuses", 35, ListOf(m.ListStatus), OPTIONAL),
        ("delete_message", 36, TEXT, OPTIONAL),
        *_LAST,
    ),
    m.AccessControlRequest: (
        _REFERENCE_ID,
        (
            "security_challenge",
            None,
            Choice("SecurityChallenge", ((37, OCTETS), (0, Explicit(m.External)))),
        ),
        *_LAST,
    ),
    m.AccessControlResponse: (
        _REFERENCE_ID,
        (
            "security_challenge_response",
            None,
            Choice("SecurityChallengeResponse", ((38, OCTETS), (0, Explicit(m.External)))),
            OPTIONAL,
        ),
        ("diagnostic", 223, DIAG_REC, OPTIONAL),
        *_LAST,
    ),
    m.ResourceControlRequest: (
        _REFERENCE_ID,
        ("suspended_flag", 39, BOOLEAN, OPTIONAL),
        ("resource_report", 40, Explicit(m.External), OPTIONAL),
        ("partial_results_available", 41, INTEGER, OPTIONAL),
        ("response_required", 42, BOOLEAN),
        ("triggered_request_flag", 43, BOOLEAN, OPTIONAL),
        *_LAST,
    ),
    m.ResourceControlResponse: (
        _REFERENCE_ID,
        ("continue_flag", 44, BOOLEAN),
        ("result_set_wanted", 45, BOOLEAN, OPTIONAL),
        *_LAST,
    ),
    m.TriggerResourceControlRequest: (
        _REFERENCE_ID,
        ("requested_action", 46, INTEGER),
        ("pref_resource_report_format", 47, OID, OPTIONAL),
        ("result_set_wanted", 48, BOOLEAN, OPTIONAL),
        *_LAST,
    ),
    m.ResourceReportRequest: (
        _REFERENCE_ID,
        ("op_id", 210, OCTETS, OPTIONAL),
        ("pref_resource_report_format", 49, OID, OPTIONAL),
        *_LAST,
    ),
    m.ResourceReportResponse: (
        _REFERENCE_ID,
        ("resource_report_status", 50, INTEGER),
        ("resource_report", 51, Explicit(m.External), OPTIONAL),
        *_LAST,
    ),
    m.ScanRequest: (
        _REFERENCE_ID,
        ("database_names", 3, ListOf(DATABASE_NAME)),
        ("attribute_set", None, OID, OPTIONAL),
        ("term_list_and_start_point", None, ATTRIBUTES_PLUS_TERM),
        ("step_size", 5, INTEGER, OPTIONAL),
        ("number_of_terms_requested", 6, INTEGER),
        ("preferred_position_in_response", 7, INTEGER, OPTIONAL),
        *_LAST,
    ),
    m.DatabaseOccurrences: (
        ("db", None, DATABASE_NAME),
        ("num", 1, INTEGER, OPTIONAL),
        ("other_db_info", None, OTHER_INFO, OPTIONAL),
    ),
    m.OccurrenceByAttributes: (
        ("attributes", 1, Explicit(ATTRIBUTE_LIST), OPTIONAL),
        (
            "occurrences",
            None,
            Choice("Occurrences", ((2, Explicit(INTEGER)), (3, ListOf(m.DatabaseOccurrences)))),
            OPTIONAL,
        ),
        ("other_occur_info", None, OTHER_INFO, OPTIONAL),
    ),
    m.TermInfo: (
        ("term", None, TERM),
        ("display_term", 0, TEXT, OPTIONAL),
        ("suggested_attributes", None, ATTRIBUTE_LIST, OPTIONAL),
        ("alternative_term", 4, ListOf(ATTRIBUTES_PLUS_TERM), OPTIONAL),
        ("global_occurrences", 2, INTEGER, OPTIONAL),
        ("by_attributes", 3, ListOf(m.OccurrenceByAttributes), OPTIONAL),
        ("other_term_info", None, OTHER_INFO, OPTIONAL),
    ),
    m.ListEntries: (
        (
            "entries",
            1,
            ListOf(
                Choice("Entry", ((1, m.TermInfo), (2, Wrapped(m.SurrogateDiagnostic, DIAG_REC))))
            ),
            OPTIONAL,
        ),
        ("nonsurrogate_diagnostics", 2, ListOf(DIAG_REC), OPTIONAL),
    ),
    m.ScanResponse: (
        _REFERENCE_ID,
        ("step_size", 3, INTEGER, OPTIONAL),
        ("scan_status", 4, INTEGER),
        ("number_of_entries_returned", 5, INTEGER),
        ("position_of_term", 6, INTEGER, OPTIONAL),
        ("entries", 7, m.ListEntries, OPTIONAL),
        ("attribute_set", 8, OID, OPTIONAL),
        *_LAST,
    ),
    m.SortAttributes: (("id", None, OID), ("list_", None, ATTRIBUTE_LIST)),
    m.DatabaseSort: (("database_name", None, DATABASE_NAME), ("db_sort", None, SORT_KEY)),
    m.SortKeySpec: (
        (
            "sort_element",
            None,
            Choice("SortElement", ((1, SORT_KEY), (2, ListOf(m.DatabaseSort)))),
        ),
        ("sort_relation", 1, INTEGER),
        ("case_sensitivity", 2, INTEGER),
        (
            "missing_value_action",
            3,
            Choice(
                "MissingValueAction",
                (
                    (1, Constant(m.MissingValueAction.ABORT)),
                    (2, Constant(m.MissingValueAction.NULL)),
                    (3, OCTETS),
                ),
            ),
            OPTIONAL,
        ),
    ),
    m.SortRequest: (
        _REFERENCE_ID,
        ("input_result_set_names", 3, ListOf(TEXT)),
        ("sorted_result_set_name", 4, TEXT),
        ("sort_sequence", 5, ListOf(m.SortKeySpec)),
        *_LAST,
    ),
    m.SortResponse: (
        _REFERENCE_ID,
        ("sort_status", 3, INTEGER),
        ("result_set_status", 4, INTEGER, OPTIONAL),
        ("diagnostics", 5, ListOf(DIAG_REC), OPTIONAL),
        ("result_count", 6, INTEGER, OPTIONAL),
        *_LAST,
    ),
    m.Permission: (("user_id", 1, TEXT, OPTIONAL), ("allowable_functions", 2, ListOf(INTEGER))),
    m.ExtendedServicesRequest: (
        _REFERENCE_ID,
        ("function", 3, INTEGER),
        ("package_type", 4, OID),
        ("package_name", 5, TEXT, OPTIONAL),
        ("user_id", 6, TEXT, OPTIONAL),
        ("retention_time", 7, m.IntUnit, OPTIONAL),
        ("permissions", 8, ListOf(m.Permission), OPTIONAL),
        ("description", 9, TEXT, OPTIONAL),
        ("task_specific_parameters", 10, m.External, OPTIONAL),
        ("wait_action", 11, INTEGER),
        ("elements", None, ELEMENT_SET_NAME, OPTIONAL),
        *_LAST,
    ),
    m.ExtendedServicesResponse: (
        _REFERENCE_ID,
        ("operation_status", 3, INTEGER),
        ("diagnostics", 4, ListOf(DIAG_REC), OPTIONAL),
        ("task_package", 5, m.External, OPTIONAL),
        *_LAST,
    ),
    m.DuplicateDetectionRequest: (
        _REFERENCE_ID,
        ("input_result_set_ids", 3, ListOf(TEXT)),
        ("output_result_set_name", 4, TEXT),
        ("applicable_portion_of_record", 5, m.External, OPTIONAL),
        (
            "duplicate_detection_criteria",
            6,
            ListOf(
                Choice(
                    "DuplicateDetectionCriterion",
                    (
                        (1, Wrapped(m.LevelOfMatch, INTEGER)),
                        (2, Constant(m.MatchFlag.CASE_SENSITIVE)),
                        (3, Constant(m.MatchFlag.PUNCTUATION_SENSITIVE)),
                        (4, m.External),
                        (5, Constant(m.MatchFlag.RS_DUPLICATES)),
                    ),
                )
            ),
            OPTIONAL,
        ),
        ("clustering", 7, BOOLEAN, OPTIONAL),
        (
            "retention_criteria",
            8,
            ListOf(
                Choice(
                    "RetentionCriterion",
                    (
                        (1, Wrapped(m.NumberOfEntries, INTEGER)),
                        (2, Wrapped(m.PercentOfEntries, INTEGER)),
                        (3, Constant(m.Retention.DUPLICATES_ONLY)),
                        (4, Constant(m.Retention.DISCARD_RS_DUPLICATES)),
                    ),
                )
            ),
        ),
        (
            "sort_criteria",
            9,
            ListOf(
                Choice(
                    "SortCriterion",
                    (
                        (1, Constant(m.SortPreference.MOST_COMPREHENSIVE)),
                        (2, Constant(m.SortPreference.LEAST_COMPREHENSIVE)),
                        (3, Constant(m.SortPreference.MOST_RECENT)),
                        (4, Constant(m.SortPreference.OLDEST)),
                        (5, Constant(m.SortPreference.LEAST_COST)),
                        (6, ListOf(TEXT)),
                    ),
                )
            ),
            OPTIONAL,
        ),
        *_LAST,
    ),
    m.DuplicateDetectionResponse: (
        _REFERENCE_ID,
        ("status", 3, INTEGER),
        ("result_set_count", 4, INTEGER, OPTIONAL),
        ("diagnostics", 5, ListOf(DIAG_REC), OPTIONAL),
        *_LAST,
    ),
    m.Close: (
        _REFERENCE_ID,
        ("close_reason", 211, INTEGER),
        ("diagnostic_information", 3, TEXT, OPTIONAL),
        ("resource_report_format", 4, OID, OPTIONAL),
        ("resource_report", 5, Explicit(m.External), OPTIONAL),
        *_LAST,
    ),
}

#: The context tag of each APDU; all are IMPLICIT.
APDU_TAGS: Final[dict[type[m.Apdu], int]] = {
    m.InitializeRequest: 20,
    m.InitializeResponse: 21,
    m.SearchRequest: 22,
    m.SearchResponse: 23,
    m.PresentRequest: 24,
    m.PresentResponse: 25,
    m.DeleteResultSetRequest: 26,
    m.DeleteResultSetResponse: 27,
    m.AccessControlRequest: 28,
    m.AccessControlResponse: 29,
    m.ResourceControlRequest: 30,
    m.ResourceControlResponse: 31,
    m.TriggerResourceControlRequest: 32,
    m.ResourceReportRequest: 33,
    m.ResourceReportResponse: 34,
    m.ScanRequest: 35,
    m.ScanResponse: 36,
    m.SortRequest: 43,
    m.SortResponse: 44,
    m.Segment: 45,
    m.ExtendedServicesRequest: 46,
    m.ExtendedServicesResponse: 47,
    m.Close: 48,
    m.DuplicateDetectionRequest: 49,
    m.DuplicateDetectionResponse: 50,
}
