"""Queries in prefix notation, as yaz-client takes them: ``@and @attr 1=4 soil smith``."""

from __future__ import annotations

import shlex

from protocols.z3950 import messages as m
from protocols.z3950.attributes import BIB_1

_OPERATORS = {"@and": m.Operator.AND, "@or": m.Operator.OR, "@not": m.Operator.AND_NOT}


def query(text: str, attribute_set: str = BIB_1) -> m.Type1:
    """The Type-1 query of a text; ``@set NAME`` is a result set."""
    words = shlex.split(text)
    rpn = _structure(words)
    assert not words, f"left over: {words}"
    return m.Type1(m.RPNQuery(attribute_set, rpn))


def _structure(words: list[str]) -> m.RPNStructure:
    attributes: list[m.AttributeElement] = []
    while (word := words.pop(0)) == "@attr":
        kind, _, number = words.pop(0).partition("=")
        value = int(number) if number.isdigit() else m.ComplexAttributeValue([number])
        attributes.append(m.AttributeElement(int(kind), value))
    if word == "@prox":
        exclusion, distance, ordered, relation, known, unit = (words.pop(0) for _ in range(6))
        assert known == "k"
        op = m.ProximityOperator(
            int(distance), ordered == "1", int(relation), m.Known(int(unit)), exclusion == "1"
        )
        left = _structure(words)
        return m.RpnRpnOp(left, _structure(words), op)
    if word in _OPERATORS:
        left = _structure(words)
        return m.RpnRpnOp(left, _structure(words), _OPERATORS[word])
    if word == "@set":
        return words.pop(0)
    return m.AttributesPlusTerm(attributes, word.encode())


def search(text: str, **fields: object) -> m.SearchRequest:
    """A search that asks for no records, with some `fields` of the request set otherwise."""
    values: dict[str, object] = {
        "small_set_upper_bound": 0,
        "large_set_lower_bound": 1,
        "medium_set_present_number": 0,
        "replace_indicator": True,
        "result_set_name": "default",
        "database_names": ["Default"],
        "query": query(text),
        **fields,
    }
    return m.SearchRequest(**values)  # type: ignore[arg-type]
