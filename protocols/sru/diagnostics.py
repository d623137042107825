"""SRU diagnostics, and which of them the engine's refusals become.

The set is ``info:srw/diagnostic/1``; what `details` hold for each number is the standard's to say.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from catalogue.query import Part, UnsupportedSearch
from protocols.sru.cql import CqlError
from protocols.sru.messages import Diagnostic

#: Before a number, the identifier of a diagnostic.
SET: Final = "info:srw/diagnostic/1/"


class Sru(IntEnum):
    """The diagnostics this server gives."""

    GENERAL_SYSTEM_ERROR = 1
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


#: What people are told.
MESSAGES: Final[dict[int, str]] = {
    Sru.GENERAL_SYSTEM_ERROR: "General system error",
    Sru.UNSUPPORTED_OPERATION: "Unsupported operation",
    Sru.UNSUPPORTED_VERSION: "Unsupported version",
    Sru.UNSUPPORTED_PARAMETER_VALUE: "Unsupported parameter value",
    Sru.MANDATORY_PARAMETER_NOT_SUPPLIED: "Mandatory parameter not supplied",
    Sru.UNSUPPORTED_PARAMETER: "Unsupported parameter",
    Sru.SYNTAX_ERROR: "Query syntax error",
    Sru.QUERY_TOO_LONG: "Query too long",
    Sru.PARENTHESES: "Invalid or unsupported use of parentheses",
    Sru.QUOTES: "Invalid or unsupported use of quotes",
    Sru.UNSUPPORTED_CONTEXT_SET: "Unsupported context set",
    Sru.UNSUPPORTED_INDEX: "Unsupported index",
    Sru.UNSUPPORTED_RELATION: "Unsupported relation",
    Sru.UNSUPPORTED_RELATION_MODIFIER: "Unsupported relation modifier",
    Sru.UNSUPPORTED_MODIFIER_COMBINATION: "Unsupported combination of relation modifiers",
    Sru.UNSUPPORTED_RELATION_AND_INDEX: "Unsupported combination of relation and index",
    Sru.TERM_TOO_LONG: "Term too long",
    Sru.ESCAPED_NEEDLESSLY: "Non special character escaped in term",
    Sru.EMPTY_TERM: "Empty term unsupported",
    Sru.MASKING_UNSUPPORTED: "Masking character not supported",
    Sru.ANCHORING_UNSUPPORTED: "Anchoring character not supported",
    Sru.ANCHOR_POSITION: "Anchoring character in unsupported position",
    Sru.ADJACENCY_WITH_MASKING: "Combination of proximity/adjacency and masking not supported",
    Sru.TERM_FORMAT: "Term in invalid format for index or relation",
    Sru.TOO_MANY_BOOLEANS: "Too many boolean operators in query",
    Sru.PROXIMITY_UNSUPPORTED: "Proximity not supported",
    Sru.PROXIMITY_DISTANCE: "Unsupported proximity distance",
    Sru.PROXIMITY_UNIT: "Unsupported proximity unit",
    Sru.PROXIMITY_ORDERING: "Unsupported proximity ordering",
    Sru.PROXIMITY_COMBINATION: "Unsupported combination of proximity modifiers",
    Sru.BOOLEAN_MODIFIER_UNSUPPORTED: "Unsupported boolean modifier",
    Sru.RESULT_SETS_UNSUPPORTED: "Result sets not supported",
    Sru.TOO_MANY_MATCHES: "Result set not created: too many matching records",
    Sru.FIRST_RECORD_OUT_OF_RANGE: "First record position out of range",
    Sru.RECORD_DOES_NOT_EXIST: "Record does not exist",
    Sru.UNKNOWN_SCHEMA: "Unknown schema for retrieval",
    Sru.RECORD_NOT_IN_SCHEMA: "Record not available in this schema",
    Sru.UNSUPPORTED_PACKING: "Unsupported record packing",
    Sru.XPATH_UNSUPPORTED: "XPath retrieval unsupported",
    Sru.SORT_SEQUENCE_UNSUPPORTED: "Unsupported sort sequence",
    Sru.TOO_MANY_SORT_KEYS: "Too many sort keys",
    Sru.SORT_SCHEMA_UNSUPPORTED: "Unsupported schema for sort",
    Sru.SORT_PATH_UNSUPPORTED: "Unsupported path for sort",
    Sru.SORT_DIRECTION_UNSUPPORTED: "Unsupported direction value",
    Sru.SORT_CASE_UNSUPPORTED: "Unsupported case value",
    Sru.SORT_MISSING_VALUE_UNSUPPORTED: "Unsupported missing value action",
    Sru.SORT_IN_QUERY_AND_PARAMETER: "Sort specification in both query and sortKeys parameter",
    Sru.STYLESHEETS_UNSUPPORTED: "Stylesheets not supported",
    Sru.SCAN_POSITION_OUT_OF_RANGE: "Response position out of range",
    Sru.TOO_MANY_TERMS: "Too many terms requested",
    Sru.UNKNOWN_DATABASE: "Database does not exist",
}

#: What a part of a search that the catalogue cannot honour is. Too many booleans are counted before
#: the catalogue sees them, so what is too complex for it are the records or terms they match.
NUMBER_OF_PART: Final[dict[Part, Sru]] = {
    Part.ACCESS_POINT: Sru.UNSUPPORTED_INDEX,
    Part.RELATION: Sru.UNSUPPORTED_RELATION_AND_INDEX,
    Part.POSITION: Sru.ANCHORING_UNSUPPORTED,
    Part.STRUCTURE: Sru.UNSUPPORTED_RELATION_AND_INDEX,
    Part.TRUNCATION: Sru.MASKING_UNSUPPORTED,
    Part.COMPLETENESS: Sru.UNSUPPORTED_RELATION_AND_INDEX,
    Part.COMBINATION: Sru.UNSUPPORTED_RELATION_AND_INDEX,
    Part.PROXIMITY: Sru.PROXIMITY_UNSUPPORTED,
    Part.TERM: Sru.TERM_FORMAT,
    Part.TOO_COMPLEX: Sru.TOO_MANY_MATCHES,
}


class Refused(Exception):
    """A request that is answered with a diagnostic instead of what it asks for."""

    def __init__(self, number: Sru | int, details: str = "") -> None:
        super().__init__(f"SRU diagnostic {int(number)}: {details}")
        self.diagnostic = Diagnostic(int(number), details)


def diagnostic_of(error: UnsupportedSearch | CqlError | Refused) -> Diagnostic:
    """What a client is told of a search that was refused."""
    if isinstance(error, Refused):
        return error.diagnostic
    if isinstance(error, CqlError):
        return Diagnostic(error.number, error.details)
    return Diagnostic(NUMBER_OF_PART[error.part], error.value)
