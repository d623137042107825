"""Bib-1 diagnostics (Z39.50-2003, appendix 4), and the one that each refusal of the engine becomes.
The additional information is the value at fault, so that a client knows which it was.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from catalogue.query import Part, UnsupportedSearch
from protocols.z3950.messages.building_blocks import DefaultDiagFormat, V2Addinfo, V3Addinfo

#: The diagnostic set (OID.4.1).
BIB_1: Final = "1.2.840.10003.4.1"


class Bib1(IntEnum):
    """The conditions that this server reports, by their numbers in Bib-1."""

    TEMPORARY_SYSTEM_ERROR = 2
    TOO_MANY_OPERATORS = 6
    TOO_MANY_CHARACTERS = 11
    PRESENT_OUT_OF_RANGE = 13
    SYSTEM_ERROR_IN_PRESENTING = 14
    RECORD_OVER_PREFERRED_SIZE = 16
    RECORD_OVER_MAXIMUM_SIZE = 17
    RESULT_SET_EXISTS = 21
    COMBINATION_OF_DATABASES_UNSUPPORTED = 23
    ELEMENT_SET_NAME_NOT_VALID = 25
    RESULT_SET_DELETED_BY_SERVER = 27
    NO_SUCH_RESULT_SET = 30
    QUERY_TYPE_UNSUPPORTED = 107
    MALFORMED_QUERY = 108
    DATABASE_UNAVAILABLE = 109
    OPERATOR_UNSUPPORTED = 110
    ATTRIBUTE_TYPE_UNSUPPORTED = 113
    USE_ATTRIBUTE_UNSUPPORTED = 114
    RELATION_UNSUPPORTED = 117
    STRUCTURE_UNSUPPORTED = 118
    POSITION_UNSUPPORTED = 119
    TRUNCATION_UNSUPPORTED = 120
    ATTRIBUTE_SET_UNSUPPORTED = 121
    COMPLETENESS_UNSUPPORTED = 122
    COMBINATION_UNSUPPORTED = 123
    MALFORMED_TERM = 125
    PROXIMITY_OF_SETS_UNSUPPORTED = 129
    PROXIMITY_RELATION_UNSUPPORTED = 131
    PROXIMITY_UNIT_UNSUPPORTED = 132
    PROXIMITY_UNSUPPORTED_WITH_ATTRIBUTES = 201
    ONLY_STEP_SIZE_ZERO = 205
    CANNOT_SORT_SO = 207
    SORT_WITHOUT_A_SET = 208
    DATABASE_SPECIFIC_SORT_UNSUPPORTED = 210
    TOO_MANY_SORT_KEYS = 211
    DUPLICATE_SORT_KEYS = 212
    MISSING_DATA_ACTION_UNSUPPORTED = 213
    SORT_RELATION_ILLEGAL = 214
    CASE_VALUE_ILLEGAL = 215
    PACKAGE_EXISTS = 218
    PACKAGE_DOES_NOT_EXIST = 219
    PACKAGE_QUOTA_EXCEEDED = 220
    SERVICE_TYPE_UNSUPPORTED = 221
    NOT_AUTHORISED_FOR_SERVICE = 222
    IMMEDIATE_EXECUTION_FAILED = 224
    TERM_TYPE_UNSUPPORTED = 229
    TOO_MANY_RESULTS_TO_SORT = 230
    TERM_LIST_UNSUPPORTED = 232
    POSITION_IN_RESPONSE_UNSUPPORTED = 233
    NOT_AVAILABLE_IN_SYNTAX = 238
    SYNTAX_UNSUPPORTED = 239
    COMP_SPEC_UNSUPPORTED = 244
    RESULT_ATTRIBUTES_UNSUPPORTED = 245
    COMPLEX_ATTRIBUTE_UNSUPPORTED = 246
    MALFORMED_APDU = 1001
    EXTERNAL_OF_ITEM_ORDER_UNSUPPORTED = 1002
    PACKAGE_PARAMETER_MISSING = 1008
    ITEM_ORDER_OID_UNSUPPORTED = 1009
    WRONG_PASSWORD = 1011
    SERVICE_UNSUPPORTED_FOR_DATABASE = 1025
    RECORD_DELETED = 1028
    TOO_MANY_TERMS = 1029
    PACKAGE_FUNCTION_UNSUPPORTED = 1040
    PACKAGE_OID_UNSUPPORTED = 1043
    UPDATE_ACTION_UNSUPPORTED = 1044
    UPDATE_SCHEMA_UNSUPPORTED = 1045
    WAIT_ACTION_UNSUPPORTED = 1047
    PACKAGE_VALUE_UNSUPPORTED = 1057
    SCHEMA_UNSUPPORTED = 1066


#: The condition for each part of a search that the catalogue cannot honour.
CONDITION_OF_PART: Final[dict[Part, Bib1]] = {
    Part.ACCESS_POINT: Bib1.USE_ATTRIBUTE_UNSUPPORTED,
    Part.RELATION: Bib1.RELATION_UNSUPPORTED,
    Part.POSITION: Bib1.POSITION_UNSUPPORTED,
    Part.STRUCTURE: Bib1.STRUCTURE_UNSUPPORTED,
    Part.TRUNCATION: Bib1.TRUNCATION_UNSUPPORTED,
    Part.COMPLETENESS: Bib1.COMPLETENESS_UNSUPPORTED,
    Part.COMBINATION: Bib1.COMBINATION_UNSUPPORTED,
    Part.TERM: Bib1.MALFORMED_TERM,
    Part.PROXIMITY: Bib1.PROXIMITY_UNSUPPORTED_WITH_ATTRIBUTES,
    Part.TOO_COMPLEX: Bib1.TOO_MANY_OPERATORS,
}


class Refused(Exception):
    """A request that is answered with a diagnostic; `addinfo` is the value at fault."""

    def __init__(self, condition: Bib1, addinfo: str = "") -> None:
        super().__init__(f"{condition.name.lower().replace('_', ' ')}: {addinfo}")
        self.condition = condition
        self.addinfo = addinfo


def refusal_of(unsupported: UnsupportedSearch) -> Refused:
    """The same refusal in Bib-1; numbers that the engine does not know are replaced by its
    texts."""
    return Refused(CONDITION_OF_PART[unsupported.part], unsupported.value)


def diagnostic(refused: Refused, version: int) -> DefaultDiagFormat:
    """The record of a refusal, in the form of the version in force."""
    if version >= 3:
        return DefaultDiagFormat(BIB_1, refused.condition, V3Addinfo(refused.addinfo))
    # VisibleString has only the printable characters of ASCII.
    visible = refused.addinfo.encode("ascii", "replace").decode()
    return DefaultDiagFormat(BIB_1, refused.condition, V2Addinfo(visible))
