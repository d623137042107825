"""A Type-1 or Type-101 query (Z39.50-2003, 3.7) as a tree of `catalogue.query`.

Every attribute is honoured, or refused with its own diagnostic and the value at fault.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from math import prod
from typing import Any, Final

from catalogue.query import And, AndNot, Found, Near, Or, Query, Relation, Term, UnsupportedSearch
from protocols.z3950.association import ResultSet
from protocols.z3950.databases import is_explain
from protocols.z3950.diagnostics import Bib1, Refused, refusal_of
from protocols.z3950.messages.building_blocks import StringOrNumeric
from protocols.z3950.messages.searching import (
    AttributeElement,
    AttributesPlusTerm,
    ComplexAttributeValue,
    Known,
    Operator,
    ProximityOperator,
    RPNQuery,
    RpnRpnOp,
    RPNStructure,
    Type1,
    Type101,
)
from protocols.z3950.messages.searching import Query as WireQuery
from protocols.z3950.messages.searching import Term as WireTerm
from protocols.z3950.queries.attributes import (
    ALL_RECORDS,
    BIB_1,
    DEFAULT_ACCESS_POINT,
    MASKS,
    OPEN_MASK,
    PROXIMITY_RELATION,
    PROXIMITY_UNIT,
    TABLES,
    TYPE_OF_PART,
    USE,
    AttributeType,
)

_OPERATORS: Final[dict[Operator, type[And] | type[Or] | type[AndNot]]] = {
    Operator.AND: And,
    Operator.OR: Or,
    Operator.AND_NOT: AndNot,
}

#: The longest term.
MOST_CHARACTERS: Final = 1_000

#: The truncation in which ``?3`` means up to three characters: it is searched as terms of none,
#: one, two and three. One operand has at most this many such terms.
Z39_58: Final = 104
MOST_SPELLINGS: Final = 100
_LIMITED: Final = re.compile(r"\?([0-9])")

_ACCESS_POINTS: Final = frozenset(USE.values())
_RPN: Final = (Type1, Type101)


def query_of(query: WireQuery, result_sets: Mapping[str, ResultSet]) -> Query:
    """The tree that the catalogue searches. Raises Refused."""
    rpn = rpn_of(query)
    return _structure(rpn.rpn, rpn.attribute_set, result_sets)


def rpn_of(query: WireQuery) -> RPNQuery:
    """The RPN of a query. Raises Refused for other types; addinfo is the type's number."""
    if isinstance(query, _RPN):
        return query.value
    raise Refused(Bib1.QUERY_TYPE_UNSUPPORTED, type(query).__name__.removeprefix("Type"))


def _structure(
    rpn: RPNStructure, attribute_set: str, result_sets: Mapping[str, ResultSet]
) -> Query:
    """Recursive: the decoder has bounded the depth."""
    if isinstance(rpn, AttributesPlusTerm):
        terms: list[Query] = [*_terms_of(rpn, attribute_set)]
        return reduce(Or, terms)
    if isinstance(rpn, RpnRpnOp):
        if isinstance(rpn.op, ProximityOperator):
            return _near(rpn, rpn.op, attribute_set)
        left = _structure(rpn.rpn1, attribute_set, result_sets)
        right = _structure(rpn.rpn2, attribute_set, result_sets)
        return _OPERATORS[rpn.op](left, right)
    if isinstance(rpn, str):
        found = result_sets.get(rpn)
        if found is None:
            raise Refused(Bib1.NO_SUCH_RESULT_SET, rpn)
        if is_explain([found.database]):
            raise Refused(Bib1.COMBINATION_OF_DATABASES_UNSUPPORTED, found.database)
        return Found(found.records)
    raise Refused(Bib1.RESULT_ATTRIBUTES_UNSUPPORTED, rpn.result_set)


def _near(rpn: RpnRpnOp, op: ProximityOperator, attribute_set: str) -> Near:
    """Two terms near each other (3.7.2): words, or anything within one field."""
    if op.exclusion:
        raise Refused(Bib1.OPERATOR_UNSUPPORTED, "prox with exclusion")
    relation = PROXIMITY_RELATION.get(op.relation_type)
    if relation is None:
        raise Refused(Bib1.PROXIMITY_RELATION_UNSUPPORTED, str(op.relation_type))
    code = op.proximity_unit_code
    unit = PROXIMITY_UNIT.get(code.value) if isinstance(code, Known) else None
    if unit is None:
        raise Refused(Bib1.PROXIMITY_UNIT_UNSUPPORTED, str(code.value))
    left, right = rpn.rpn1, rpn.rpn2
    if not (isinstance(left, AttributesPlusTerm) and isinstance(right, AttributesPlusTerm)):
        raise Refused(Bib1.PROXIMITY_OF_SETS_UNSUPPORTED)
    terms = (term_of(left, attribute_set), term_of(right, attribute_set))
    return Near(*terms, op.distance, op.ordered, unit, relation)


def term_of(operand: AttributesPlusTerm, attribute_set: str) -> Term:
    """The single term of an operand, each attribute honoured or refused. Raises Refused."""
    term, *others = _terms_of(operand, attribute_set)
    if others:
        raise Refused(Bib1.TRUNCATION_UNSUPPORTED, str(Z39_58))
    return term


def _terms_of(operand: AttributesPlusTerm, attribute_set: str) -> list[Term]:
    """The terms of an operand, at least one, any of which may match. Raises Refused."""
    given: list[Any] = [None] * len(TABLES)
    mask: int | None = None
    if attribute_set != BIB_1 and not all(each.attribute_set for each in operand.attributes):
        raise Refused(Bib1.ATTRIBUTE_SET_UNSUPPORTED, attribute_set)
    for attribute in operand.attributes:
        if attribute.attribute_set is not None and attribute.attribute_set != BIB_1:
            raise Refused(Bib1.ATTRIBUTE_SET_UNSUPPORTED, attribute.attribute_set)
        number = attribute.attribute_type
        if not 0 < number <= len(TABLES):
            raise Refused(Bib1.ATTRIBUTE_TYPE_UNSUPPORTED, str(number))
        table, unsupported = TABLES[number - 1]
        value: StringOrNumeric
        if isinstance(attribute.attribute_value, int):
            value = attribute.attribute_value
        else:
            value = _simple(attribute.attribute_value)
        meaning = table.get(value) if isinstance(value, int) else _named(number, value)
        if meaning is None:
            raise Refused(unsupported, str(value))
        if given[number - 1] is not None:
            raise Refused(Bib1.COMBINATION_UNSUPPORTED, f"attribute type {number} twice")
        given[number - 1] = meaning
        if number == AttributeType.TRUNCATION and value in MASKS:
            mask = int(value)
    text = text_of(operand.term)
    if len(text) > MOST_CHARACTERS:
        raise Refused(Bib1.TOO_MANY_CHARACTERS, str(MOST_CHARACTERS))
    texts = [text] if mask is None else _masked(text, mask)
    use, *others = given
    if use == ALL_RECORDS:
        if others[0] is not Relation.ALWAYS_MATCHES:
            raise Refused(Bib1.COMBINATION_UNSUPPORTED, "_ALLRECORDS without relation 103")
        use = DEFAULT_ACCESS_POINT
    return [Term(use or DEFAULT_ACCESS_POINT, text, *others) for text in texts]


def _masked(text: str, mask: int) -> list[str]:
    """A term with the engine's signs in place of those of Z39.50, in all its lengths."""
    texts = _spellings(text) if mask == Z39_58 else [text]
    texts = [each.translate(MASKS[mask]) for each in texts]
    return [f"{each}*" for each in texts] if mask == OPEN_MASK else texts


def _spellings(text: str) -> list[str]:
    """``colo?1r`` as ``color`` and ``colo#r``."""
    before, *rest = _LIMITED.split(text)
    if prod(int(most) + 1 for most in rest[::2]) > MOST_SPELLINGS:
        raise Refused(Bib1.TRUNCATION_UNSUPPORTED, str(Z39_58))
    spellings = [before]
    for most, after in zip(rest[::2], rest[1::2], strict=True):
        numbers = range(int(most) + 1)
        spellings = [f"{each}{'#' * number}{after}" for each in spellings for number in numbers]
    return spellings


def _simple(value: ComplexAttributeValue) -> StringOrNumeric:
    """A complex value that says no more than a simple one: one entry, no semantic action."""
    if len(value.list_) != 1 or value.semantic_action:
        raise Refused(Bib1.COMPLEX_ATTRIBUTE_UNSUPPORTED, ",".join(map(str, value.list_)))
    return value.list_[0]


def _named(number: int, name: str) -> str | None:
    """The access point that a string as use attribute names, or `ALL_RECORDS`."""
    if number != AttributeType.USE:
        raise Refused(Bib1.COMPLEX_ATTRIBUTE_UNSUPPORTED, name)
    name = name.lower()
    return name if name in _ACCESS_POINTS or name == ALL_RECORDS else None


def text_of(term: WireTerm) -> str:
    """The characters of a term: octets are read as UTF-8 if possible, else as Latin-1."""
    if isinstance(term, bytes):
        try:
            return term.decode()
        except UnicodeDecodeError:
            return term.decode("latin-1")
    if isinstance(term, str):
        return term
    if isinstance(term, int):
        return str(term)
    raise Refused(Bib1.TERM_TYPE_UNSUPPORTED, type(term).__name__)


def refusal_in(query: WireQuery, unsupported: UnsupportedSearch) -> Refused:
    """What the catalogue could not honour, with the value as the client wrote it."""
    return refusal_among(_attributes(rpn_of(query).rpn), unsupported)


def refusal_among(
    attributes: Iterable[AttributeElement], unsupported: UnsupportedSearch
) -> Refused:
    """The same for the attributes of a single term."""
    refused = refusal_of(unsupported)
    sought = TYPE_OF_PART.get(unsupported.part)
    if sought is None:
        return refused
    table, _ = TABLES[sought - 1]
    for attribute in attributes:
        value = attribute.attribute_value
        if attribute.attribute_type == sought:
            meaning = table.get(value) if isinstance(value, int) else None
            if unsupported.value in (meaning, getattr(meaning, "value", meaning)):
                return Refused(refused.condition, str(value))
    return refused


def _attributes(rpn: RPNStructure) -> Iterator[AttributeElement]:
    waiting = [rpn]
    while waiting:
        part = waiting.pop()
        if isinstance(part, AttributesPlusTerm):
            yield from part.attributes
        elif isinstance(part, RpnRpnOp):
            waiting += [part.rpn2, part.rpn1]
