"""Diagnostics of CQL and SRU, and the one that each refusal of the engine becomes.

The set is ``info:srw/diagnostic/1``; the standard says what `details` hold for each number.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from catalogue.query import Part


class Srw(IntEnum):
    """The diagnostics that we send."""

    GENERAL_SYSTEM_ERROR = 1
    SYSTEM_TEMPORARILY_UNAVAILABLE = 2
    UNSUPPORTED_OPERATION = 4
    UNSUPPORTED_VERSION = 5
    UNSUPPORTED_PARAMETER_VALUE = 6
    MANDATORY_PARAMETER_NOT_SUPPLIED = 7
    UNSUPPORTED_PARAMETER = 8
    SYNTAX_ERROR = 10
    QUERY_TOO_LONG = 12
    PARENTHESES = 13
    QUOTES = 14
    UNSUPPORTED_CONTEXT_SET = 15
    UNSUPPORTED_INDEX = 16
    UNSUPPORTED_RELATION = 19
    UNSUPPORTED_RELATION_MODIFIER = 20
    UNSUPPORTED_MODIFIER_COMBINATION = 21
    UNSUPPORTED_RELATION_AND_INDEX = 22
    TERM_TOO_LONG = 23
    ESCAPED_NEEDLESSLY = 26
    EMPTY_TERM = 27
    MASKING_UNSUPPORTED = 28
    ANCHORING_UNSUPPORTED = 31
    ANCHOR_POSITION = 32
    ADJACENCY_WITH_MASKING = 33
    TERM_FORMAT = 36
    TOO_MANY_BOOLEANS = 38
    PROXIMITY_UNSUPPORTED = 39
    PROXIMITY_DISTANCE = 41
    PROXIMITY_UNIT = 42
    PROXIMITY_ORDERING = 43
    PROXIMITY_COMBINATION = 44
    BOOLEAN_MODIFIER_UNSUPPORTED = 46
    RESULT_SETS_UNSUPPORTED = 50
    TOO_MANY_MATCHES = 60
    FIRST_RECORD_OUT_OF_RANGE = 61
    RECORD_DOES_NOT_EXIST = 65
    UNKNOWN_SCHEMA = 66
    RECORD_NOT_IN_SCHEMA = 67
    UNSUPPORTED_PACKING = 71
    XPATH_UNSUPPORTED = 72
    SORT_SEQUENCE_UNSUPPORTED = 82
    TOO_MANY_SORT_KEYS = 84
    SORT_SCHEMA_UNSUPPORTED = 87
    SORT_PATH_UNSUPPORTED = 88
    SORT_DIRECTION_UNSUPPORTED = 90
    SORT_CASE_UNSUPPORTED = 91
    SORT_MISSING_VALUE_UNSUPPORTED = 92
    SORT_IN_QUERY_AND_PARAMETER = 96
    STYLESHEETS_UNSUPPORTED = 110
    SCAN_POSITION_OUT_OF_RANGE = 120
    TOO_MANY_TERMS = 121
    UNKNOWN_DATABASE = 235


#: The messages for people.
MESSAGES: Final[dict[int, str]] = {
    Srw.GENERAL_SYSTEM_ERROR: "General system error",
    Srw.SYSTEM_TEMPORARILY_UNAVAILABLE: "System temporarily unavailable",
    Srw.UNSUPPORTED_OPERATION: "Unsupported operation",
    Srw.UNSUPPORTED_VERSION: "Unsupported version",
    Srw.UNSUPPORTED_PARAMETER_VALUE: "Unsupported parameter value",
    Srw.MANDATORY_PARAMETER_NOT_SUPPLIED: "Mandatory parameter not supplied",
    Srw.UNSUPPORTED_PARAMETER: "Unsupported parameter",
    Srw.SYNTAX_ERROR: "Query syntax error",
    Srw.QUERY_TOO_LONG: "Query too long",
    Srw.PARENTHESES: "Invalid or unsupported use of parentheses",
    Srw.QUOTES: "Invalid or unsupported use of quotes",
    Srw.UNSUPPORTED_CONTEXT_SET: "Unsupported context set",
    Srw.UNSUPPORTED_INDEX: "Unsupported index",
    Srw.UNSUPPORTED_RELATION: "Unsupported relation",
    Srw.UNSUPPORTED_RELATION_MODIFIER: "Unsupported relation modifier",
    Srw.UNSUPPORTED_MODIFIER_COMBINATION: "Unsupported combination of relation modifiers",
    Srw.UNSUPPORTED_RELATION_AND_INDEX: "Unsupported combination of relation and index",
    Srw.TERM_TOO_LONG: "Term too long",
    Srw.ESCAPED_NEEDLESSLY: "Non special character escaped in term",
    Srw.EMPTY_TERM: "Empty term unsupported",
    Srw.MASKING_UNSUPPORTED: "Masking character not supported",
    Srw.ANCHORING_UNSUPPORTED: "Anchoring character not supported",
    Srw.ANCHOR_POSITION: "Anchoring character in unsupported position",
    Srw.ADJACENCY_WITH_MASKING: "Combination of proximity/adjacency and masking not supported",
    Srw.TERM_FORMAT: "Term in invalid format for index or relation",
    Srw.TOO_MANY_BOOLEANS: "Too many boolean operators in query",
    Srw.PROXIMITY_UNSUPPORTED: "Proximity not supported",
    Srw.PROXIMITY_DISTANCE: "Unsupported proximity distance",
    Srw.PROXIMITY_UNIT: "Unsupported proximity unit",
    Srw.PROXIMITY_ORDERING: "Unsupported proximity ordering",
    Srw.PROXIMITY_COMBINATION: "Unsupported combination of proximity modifiers",
    Srw.BOOLEAN_MODIFIER_UNSUPPORTED: "Unsupported boolean modifier",
    Srw.RESULT_SETS_UNSUPPORTED: "Result sets not supported",
    Srw.TOO_MANY_MATCHES: "Result set not created: too many matching records",
    Srw.FIRST_RECORD_OUT_OF_RANGE: "First record position out of range",
    Srw.RECORD_DOES_NOT_EXIST: "Record does not exist",
    Srw.UNKNOWN_SCHEMA: "Unknown schema for retrieval",
    Srw.RECORD_NOT_IN_SCHEMA: "Record not available in this schema",
    Srw.UNSUPPORTED_PACKING: "Unsupported record packing",
    Srw.XPATH_UNSUPPORTED: "XPath retrieval unsupported",
    Srw.SORT_SEQUENCE_UNSUPPORTED: "Unsupported sort sequence",
    Srw.TOO_MANY_SORT_KEYS: "Too many sort keys",
    Srw.SORT_SCHEMA_UNSUPPORTED: "Unsupported schema for sort",
    Srw.SORT_PATH_UNSUPPORTED: "Unsupported path for sort",
    Srw.SORT_DIRECTION_UNSUPPORTED: "Unsupported direction value",
    Srw.SORT_CASE_UNSUPPORTED: "Unsupported case value",
    Srw.SORT_MISSING_VALUE_UNSUPPORTED: "Unsupported missing value action",
    Srw.SORT_IN_QUERY_AND_PARAMETER: "Sort specification in both query and sortKeys parameter",
    Srw.STYLESHEETS_UNSUPPORTED: "Stylesheets not supported",
    Srw.SCAN_POSITION_OUT_OF_RANGE: "Response position out of range",
    Srw.TOO_MANY_TERMS: "Too many terms requested",
    Srw.UNKNOWN_DATABASE: "Database does not exist",
}

#: The diagnostic for each part of a search that the catalogue cannot honour. Booleans are counted
#: before the catalogue sees them, so what is too complex for it is the number of records or terms
#: that match.
NUMBER_OF_PART: Final[dict[Part, Srw]] = {
    Part.ACCESS_POINT: Srw.UNSUPPORTED_INDEX,
    Part.RELATION: Srw.UNSUPPORTED_RELATION_AND_INDEX,
    Part.POSITION: Srw.ANCHORING_UNSUPPORTED,
    Part.STRUCTURE: Srw.UNSUPPORTED_RELATION_AND_INDEX,
    Part.TRUNCATION: Srw.MASKING_UNSUPPORTED,
    Part.COMPLETENESS: Srw.UNSUPPORTED_RELATION_AND_INDEX,
    Part.COMBINATION: Srw.UNSUPPORTED_RELATION_AND_INDEX,
    Part.PROXIMITY: Srw.PROXIMITY_UNSUPPORTED,
    Part.TERM: Srw.TERM_FORMAT,
    Part.TOO_COMPLEX: Srw.TOO_MANY_MATCHES,
}


class Refused(Exception):
    """A query that cannot be searched or answered: the number of a diagnostic, and its details."""

    def __init__(self, number: Srw, details: str = "") -> None:
        super().__init__(f"diagnostic {int(number)}: {details}")
        self.number = number
        self.details = details
