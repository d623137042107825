"""Queries in prefix notation, as Z39.50 tools write them, to Type-1 queries.

    @and @attr 1=1003 smith @attr 1=4 "history of soil"

Known are ``@attrset SET`` (at the beginning; ``bib-1`` or an OID), ``@attr [SET] TYPE=VALUE``
before a term or before an operator for all terms below it, ``@and @or @not``, ``@prox EXCLUSION
DISTANCE ORDERED RELATION k|p UNIT``, ``@set NAME``, ``@term general|string|numeric TERM``. A term
with blanks stands in double quotes, where a backslash escapes a quote or a backslash.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from protocols.z3950.messages.searching import (
    AttributeElement,
    AttributesPlusTerm,
    ComplexAttributeValue,
    Known,
    Operator,
    Private,
    ProximityOperator,
    ResultSetPlusAttributes,
    RPNQuery,
    RpnRpnOp,
    RPNStructure,
    Term,
    Type1,
)
from protocols.z3950.queries.attributes import BIB_1

_OPERATORS = {"@and": Operator.AND, "@or": Operator.OR, "@not": Operator.AND_NOT}
_SETS = {"bib-1": BIB_1, "bib1": BIB_1}
_UNIT_KINDS: dict[str, type[Known] | type[Private]] = {
    "k": Known,
    "known": Known,
    "p": Private,
    "private": Private,
}
_OID = re.compile(r"[0-9]+(?:\.[0-9]+)+")
_WORD = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|(\S+))', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
#: Operators inside one another; servers end the association much beyond that.
MOST_NESTED = 200


class QueryError(ValueError):
    """The text is not in prefix notation; the message says where it goes wrong."""


def attributes(text: str) -> list[AttributeElement]:
    """Attributes alone: ``@attr 1=4 @attr 4=2``. Raises QueryError."""
    words = _Words(text)
    found = _attributes(words)
    if words:
        raise QueryError(f"not an attribute: {words.next()}")
    return found


def term(elements: Sequence[AttributeElement], text: str) -> AttributesPlusTerm:
    """A term with its attributes, in UTF-8 as general octets, which every server takes."""
    return AttributesPlusTerm(list(elements), text.encode())


def query(text: str, attribute_set: str = BIB_1) -> Type1:
    """The Type-1 query of a text. Raises QueryError."""
    words = _Words(text)
    if words.peek() == "@attrset":
        words.next()
        attribute_set = _set(words.next())
    rpn = _structure(words, [], 0)
    if words:
        raise QueryError(f"left over: {words.next()}")
    return Type1(RPNQuery(attribute_set, rpn))


class _Words:
    """The words of a text from left to right; one in quotes is never an operator."""

    def __init__(self, text: str) -> None:
        self._words: list[tuple[str, bool]] = []
        for found in _WORD.finditer(text.strip()):
            quoted, plain = found.groups()
            if quoted is not None:
                self._words.append((_ESCAPED.sub(r"\1", quoted), True))
            elif plain.startswith('"'):
                raise QueryError("a quote is not closed")
            else:
                self._words.append((plain, False))
        self._words.reverse()

    def __bool__(self) -> bool:
        return bool(self._words)

    def peek(self) -> str:
        """The next word if it can be an operator; empty for a term in quotes."""
        return "" if not self._words or self._words[-1][1] else self._words[-1][0]

    def next(self) -> str:
        if not self._words:
            raise QueryError("the query ends too early")
        return self._words.pop()[0]


def _set(name: str) -> str:
    found = _SETS.get(name.lower(), name)
    if not _OID.fullmatch(found):
        raise QueryError(f"unknown attribute set: {name}")
    return found


def _attributes(words: _Words) -> list[AttributeElement]:
    found = []
    while words.peek() == "@attr":
        words.next()
        word = words.next()
        attribute_set = None
        if "=" not in word:
            attribute_set, word = _set(word), words.next()
        kind, _, value = word.partition("=")
        if not kind.isdecimal() or not value:
            raise QueryError(f"not an attribute: {word}")
        number = int(value) if value.isdecimal() else ComplexAttributeValue([value])
        found.append(AttributeElement(int(kind), number, attribute_set=attribute_set))
    return found


def _structure(words: _Words, inherited: list[AttributeElement], depth: int) -> RPNStructure:
    if depth > MOST_NESTED:
        raise QueryError("operators are nested too deep")
    own = _attributes(words)
    kinds = {each.attribute_type for each in own}
    elements = [each for each in inherited if each.attribute_type not in kinds] + own
    operator = words.peek()
    if operator in _OPERATORS or operator == "@prox":
        words.next()
        op = _OPERATORS.get(operator) or _proximity(words)
        left = _structure(words, elements, depth + 1)
        return RpnRpnOp(left, _structure(words, elements, depth + 1), op)
    if operator == "@set":
        words.next()
        name = words.next()
        return ResultSetPlusAttributes(name, elements) if elements else name
    if operator == "@term":
        words.next()
        return AttributesPlusTerm(elements, _term(words.next(), words.next()))
    if operator.startswith("@"):
        raise QueryError(f"not known: {operator}")
    return term(elements, words.next())


def _term(kind: str, text: str) -> Term:
    if kind == "general":
        return text.encode()
    if kind == "string":
        return text
    if kind == "numeric" and text.lstrip("-").isdecimal():
        return int(text)
    raise QueryError(f"not a term: @term {kind} {text}")


def _proximity(words: _Words) -> ProximityOperator:
    exclusion, distance, ordered, relation, known, unit = (words.next() for _ in range(6))
    try:
        kind = _UNIT_KINDS[known]
        return ProximityOperator(
            int(distance),
            ordered == "1",
            int(relation),
            kind(int(unit)),
            exclusion=exclusion == "1",
        )
    except (KeyError, ValueError):
        raise QueryError("@prox has exclusion, distance, ordered, relation, k or p, unit") from None
