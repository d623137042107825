"""Queries of type 104 in CQL (Z39.50-2003, ZIG clarification on CQL): text to tree and order.

The query is an EXTERNAL of the type for CQL, holding a character string, as a value of ASN.1 or as
octets. Its refusals are numbers of SRU's diagnostic set; each becomes a Bib-1 condition.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from catalogue.query import Query
from catalogue.searching.sorting import SortKey
from protocols.cql.diagnostics import Refused as RefusedCql
from protocols.cql.diagnostics import Srw
from protocols.cql.parser import parse
from protocols.cql.sort_order import keys_of_query
from protocols.cql.translation import query_of
from protocols.z3950.diagnostics import Bib1, Refused
from protocols.z3950.messages.searching import Type104
from protocols.z3950.wire.asn1 import External, SingleAsn1Type
from protocols.z3950.wire.ber import header, read_segments

#: The query language CQL among the types of EXTERNAL.
CQL: Final = "1.2.840.10003.16.2"

#: UTF8String, VisibleString and GeneralString, primitive or in segments.
_STRINGS: Final = frozenset((0x0C, 0x2C, 0x1A, 0x3A, 0x1B, 0x3B))

#: The Bib-1 condition for each refusal of a query.
CONDITION: Final[dict[Srw, Bib1]] = {
    Srw.SYNTAX_ERROR: Bib1.MALFORMED_QUERY,
    Srw.QUERY_TOO_LONG: Bib1.MALFORMED_QUERY,
    Srw.PARENTHESES: Bib1.MALFORMED_QUERY,
    Srw.QUOTES: Bib1.MALFORMED_QUERY,
    Srw.UNSUPPORTED_CONTEXT_SET: Bib1.ATTRIBUTE_SET_UNSUPPORTED,
    Srw.UNSUPPORTED_INDEX: Bib1.USE_ATTRIBUTE_UNSUPPORTED,
    Srw.UNSUPPORTED_RELATION: Bib1.RELATION_UNSUPPORTED,
    Srw.UNSUPPORTED_RELATION_MODIFIER: Bib1.RELATION_UNSUPPORTED,
    Srw.UNSUPPORTED_MODIFIER_COMBINATION: Bib1.COMBINATION_UNSUPPORTED,
    Srw.UNSUPPORTED_RELATION_AND_INDEX: Bib1.COMBINATION_UNSUPPORTED,
    Srw.TERM_TOO_LONG: Bib1.TOO_MANY_CHARACTERS,
    Srw.ESCAPED_NEEDLESSLY: Bib1.MALFORMED_TERM,
    Srw.EMPTY_TERM: Bib1.MALFORMED_TERM,
    Srw.MASKING_UNSUPPORTED: Bib1.TRUNCATION_UNSUPPORTED,
    Srw.ANCHORING_UNSUPPORTED: Bib1.POSITION_UNSUPPORTED,
    Srw.ANCHOR_POSITION: Bib1.POSITION_UNSUPPORTED,
    Srw.ADJACENCY_WITH_MASKING: Bib1.COMBINATION_UNSUPPORTED,
    Srw.TERM_FORMAT: Bib1.MALFORMED_TERM,
    Srw.TOO_MANY_BOOLEANS: Bib1.TOO_MANY_OPERATORS,
    Srw.PROXIMITY_UNSUPPORTED: Bib1.PROXIMITY_UNSUPPORTED_WITH_ATTRIBUTES,
    Srw.PROXIMITY_DISTANCE: Bib1.PROXIMITY_RELATION_UNSUPPORTED,
    Srw.PROXIMITY_UNIT: Bib1.PROXIMITY_UNIT_UNSUPPORTED,
    Srw.PROXIMITY_ORDERING: Bib1.PROXIMITY_RELATION_UNSUPPORTED,
    Srw.PROXIMITY_COMBINATION: Bib1.PROXIMITY_UNSUPPORTED_WITH_ATTRIBUTES,
    Srw.BOOLEAN_MODIFIER_UNSUPPORTED: Bib1.OPERATOR_UNSUPPORTED,
    Srw.RESULT_SETS_UNSUPPORTED: Bib1.RESULT_ATTRIBUTES_UNSUPPORTED,
    Srw.SORT_SEQUENCE_UNSUPPORTED: Bib1.CANNOT_SORT_SO,
    Srw.TOO_MANY_SORT_KEYS: Bib1.TOO_MANY_SORT_KEYS,
    Srw.SORT_PATH_UNSUPPORTED: Bib1.CANNOT_SORT_SO,
    Srw.SORT_DIRECTION_UNSUPPORTED: Bib1.SORT_RELATION_ILLEGAL,
    Srw.SORT_CASE_UNSUPPORTED: Bib1.CASE_VALUE_ILLEGAL,
    Srw.SORT_MISSING_VALUE_UNSUPPORTED: Bib1.MISSING_DATA_ACTION_UNSUPPORTED,
}


@dataclass(frozen=True, slots=True)
class CqlSearch:
    """What a query asks for, and the order of the records; without keys there is none."""

    query: Query
    sort_keys: tuple[SortKey, ...]


def cql_search_of(query: Type104) -> CqlSearch:
    """Raises Refused: 107 for another language, 108 for anything that is not CQL."""
    text = _text_of(query.value)
    try:
        parsed = parse(text)
        return CqlSearch(query_of(parsed.tree), keys_of_query(parsed.sort_keys))
    except RefusedCql as refused:
        raise Refused(CONDITION[refused.number], refused.details) from refused


def _text_of(external: External) -> str:
    if external.direct_reference != CQL:
        language = external.direct_reference or "104"
        raise Refused(Bib1.QUERY_TYPE_UNSUPPORTED, language)
    encoding = external.encoding
    octets = encoding if isinstance(encoding, bytes) else b""
    if isinstance(encoding, SingleAsn1Type):
        octets = _string_in(encoding.value)
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets.decode("latin-1")


def _string_in(encoded: bytes) -> bytes:
    ends: dict[int, int] = {}
    found, start, end, _ = header(encoded, 0, len(encoded), ends)
    if found not in _STRINGS:
        raise Refused(Bib1.MALFORMED_QUERY, "not a character string")
    if found & 0x20:
        return read_segments(encoded, start, end, ends)
    return encoded[start:end]
