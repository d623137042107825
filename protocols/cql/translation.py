"""CQL -> `catalogue.query`: relations and their modifiers, booleans.

* ``=`` and ``scr``: the words next to each other, as in CQL 1.1, or the value where the index holds
  numbers, years or codes. ``adj`` is the same.
* ``==``, ``exact`` and the modifier ``string``: the whole field.
* ``all``, ``any``: every word, or some word, of the term, each with its own masks and anchors.
* ``<  <=  >  >=  <>  within``: as far as the access point has an order.

Case and accents never make a difference, so ``ignoreCase`` and ``ignoreAccents`` are honoured and
``respectCase`` and ``respectAccents`` are refused.
"""

from __future__ import annotations

from functools import reduce
from typing import Final

from catalogue.index.access_points import Kind, searched_points
from catalogue.query import (
    And,
    AndNot,
    Completeness,
    Or,
    Position,
    Query,
    Relation,
    Structure,
    Term,
    Truncation,
)
from catalogue.searching.evaluation import MOST_OPERANDS
from catalogue.searching.matching import LONGEST_TERM
from protocols.cql.context_sets import EVERY_RECORD, access_point_of
from protocols.cql.diagnostics import Refused, Srw
from protocols.cql.parser import Boolean, Clause, Modifier, Tree
from protocols.cql.proximity import near_of
from protocols.cql.terms import Pattern, pattern_of

#: Relations that ask for an order or a difference.
_ORDER: Final = {
    "<": Relation.LESS,
    "<=": Relation.LESS_OR_EQUAL,
    ">": Relation.GREATER,
    ">=": Relation.GREATER_OR_EQUAL,
    "<>": Relation.NOT_EQUAL,
    "within": Relation.WITHIN,
}
_EQUAL: Final = frozenset(("=", "scr", "adj"))
_WHOLE: Final = frozenset(("==", "exact"))
_WORDS: Final = frozenset(("all", "any"))
#: Relation modifiers that ask for what happens anyway.
_AS_ALWAYS: Final = frozenset(("ignorecase", "ignoreaccents", "masked"))
_MODIFIERS: Final = _AS_ALWAYS | {"unmasked", "word", "string", "regexp", "isodate", "number"}
_CONTRADICTORY: Final = (
    ("masked", "unmasked"),
    ("word", "string"),
    ("masked", "regexp"),
    ("string", "regexp"),
)

#: Together these points hold something of every record.
_EVERY_RECORD: Final = Or(
    Term("record_type", "", Relation.ALWAYS_MATCHES),
    Or(
        Term("any", "", Relation.ALWAYS_MATCHES),
        Term("local_number", "", Relation.ALWAYS_MATCHES),
    ),
)


def query_of(tree: Tree) -> Query:
    """The query that a tree of CQL means. Raises Refused, naming the part at fault."""
    return _query_of(tree, _Budget())


def term_of_scan(clause: Clause) -> Term:
    """The list that a scan clause means, and the place in it; an empty term is the beginning.
    Raises Refused. ``==`` and ``exact`` mean the list of whole fields, ``=`` that of words if there
    is one.
    """
    point = access_point_of(clause.index, clause.context_set)
    relation = _relation_of(clause)
    names = _modifiers_of(clause, point)
    if relation not in _EQUAL and relation not in _WHOLE:
        raise Refused(Srw.UNSUPPORTED_RELATION, clause.relation)
    if point == EVERY_RECORD:
        raise Refused(Srw.UNSUPPORTED_INDEX, clause.index)
    pattern = pattern_of(clause.term, is_masked="unmasked" not in names)
    if pattern.truncation is not None and not pattern.is_anything:
        raise Refused(Srw.MASKING_UNSUPPORTED, clause.term)
    if pattern.is_last:
        raise Refused(Srw.ANCHORING_UNSUPPORTED, clause.term)
    text = "" if pattern.is_anything else pattern.text
    if not _has_words(point):
        return Term(point, text)
    if relation in _WHOLE or "string" in names:
        return Term(
            point, text, structure=Structure.PHRASE, completeness=Completeness.COMPLETE_FIELD
        )
    first = Position.FIRST_IN_FIELD if pattern.is_first else None
    return Term(point, text, structure=Structure.WORD, position=first)


class _Budget:
    """Counts the terms of a query."""

    def __init__(self) -> None:
        self.terms = 0

    def take(self, number: int = 1) -> None:
        self.terms += number
        if self.terms > MOST_OPERANDS:
            raise Refused(Srw.TOO_MANY_BOOLEANS, str(MOST_OPERANDS - 1))


def _query_of(tree: Tree, budget: _Budget) -> Query:
    # A chain of booleans leans to the left and may be long; the right sides are nested no deeper
    # than the parser allows parentheses.
    chain: list[Boolean] = []
    while isinstance(tree, Boolean):
        chain.append(tree)
        tree = tree.left
    query = _clause(tree, budget)
    for boolean in reversed(chain):
        right = _query_of(boolean.right, budget)
        if boolean.operator == "prox":
            query = near_of(query, right, boolean.modifiers)
            continue
        if boolean.modifiers:
            raise Refused(Srw.BOOLEAN_MODIFIER_UNSUPPORTED, boolean.modifiers[0].name)
        if boolean.operator == "and":
            query = And(query, right)
        elif boolean.operator == "or":
            query = Or(query, right)
        else:
            query = AndNot(query, right)
    return query


def _clause(clause: Clause, budget: _Budget) -> Query:
    point = access_point_of(clause.index, clause.context_set)
    relation = _relation_of(clause)
    names = _modifiers_of(clause, point)
    if len(clause.term) > LONGEST_TERM:
        raise Refused(Srw.TERM_TOO_LONG, str(LONGEST_TERM))
    if point == EVERY_RECORD:
        if relation not in _EQUAL and relation not in _WHOLE:
            raise Refused(Srw.UNSUPPORTED_RELATION_AND_INDEX, clause.relation)
        budget.take(3)
        return _EVERY_RECORD
    if not clause.term.strip():
        raise Refused(Srw.EMPTY_TERM)
    is_masked = "unmasked" not in names
    if "regexp" in names:
        return _expressions(clause, point, relation, budget)
    if relation in _ORDER:
        budget.take()
        pattern = _without_anchor(pattern_of(clause.term, is_masked=is_masked), clause)
        return Term(point, pattern.text, _ORDER[relation], truncation=pattern.truncation)
    if relation in _WORDS:
        words = clause.term.split()
        budget.take(len(words))
        patterns = [pattern_of(word, is_masked=is_masked) for word in words]
        return _words(point, patterns, is_every=relation == "all")
    budget.take()
    is_whole = relation in _WHOLE or "string" in names
    pattern = pattern_of(clause.term, is_masked=is_masked)
    if relation in _WHOLE:
        if pattern.truncation is not None:
            raise Refused(Srw.MASKING_UNSUPPORTED, clause.term)
        _without_anchor(pattern, clause)
    if "word" in names and not is_whole:
        return _word(point, pattern, Structure.WORD_LIST)
    return _word(point, pattern, Structure.PHRASE, is_whole=is_whole)


def _without_anchor(pattern: Pattern, clause: Clause) -> Pattern:
    if pattern.is_first or pattern.is_last:
        raise Refused(Srw.ANCHORING_UNSUPPORTED, clause.term)
    return pattern


def _expressions(clause: Clause, point: str, relation: str, budget: _Budget) -> Query:
    """Words given as regular expressions; a phrase cannot have them."""
    words = clause.term.split()
    if relation in _WHOLE or relation in _ORDER or (relation in _EQUAL and len(words) > 1):
        raise Refused(Srw.UNSUPPORTED_RELATION_MODIFIER, "regexp")
    budget.take(len(words))
    terms: list[Query] = [
        Term(point, word, structure=Structure.WORD, truncation=Truncation.REGULAR_EXPRESSION)
        for word in words
    ]
    return reduce(Or if relation == "any" else And, terms)


def _words(point: str, patterns: list[Pattern], *, is_every: bool) -> Query:
    is_plain = all(each == Pattern(each.text) for each in patterns)
    if is_every and is_plain and _has_words(point):
        text = " ".join(each.text for each in patterns)
        return Term(point, text, structure=Structure.WORD_LIST)
    terms: list[Query] = [_word(point, each, Structure.WORD) for each in patterns]
    return reduce(And if is_every else Or, terms)


def _word(point: str, pattern: Pattern, structure: Structure, *, is_whole: bool = False) -> Term:
    if pattern.is_anything:
        return Term(point, "", Relation.ALWAYS_MATCHES)
    if not pattern.text.strip():
        raise Refused(Srw.EMPTY_TERM)
    if not _has_words(point):
        return Term(point, pattern.text, truncation=pattern.truncation)
    is_phrase = structure is Structure.PHRASE and len(pattern.text.split()) > 1
    if pattern.truncation is Truncation.MASKED and is_phrase:
        raise Refused(Srw.ADJACENCY_WITH_MASKING)
    is_whole = is_whole or (pattern.is_first and pattern.is_last)
    if pattern.is_last and not is_whole:
        raise Refused(Srw.ANCHORING_UNSUPPORTED, pattern.text)
    return Term(
        point,
        pattern.text,
        structure=structure,
        position=Position.FIRST_IN_FIELD if pattern.is_first and not is_whole else None,
        truncation=pattern.truncation,
        completeness=Completeness.COMPLETE_FIELD if is_whole else None,
    )


def _relation_of(clause: Clause) -> str:
    """The relation without the prefix of its set. Raises Refused for an unknown one."""
    relation = clause.relation.removeprefix("cql.")
    if relation in _EQUAL or relation in _WHOLE or relation in _WORDS or relation in _ORDER:
        return relation
    raise Refused(Srw.UNSUPPORTED_RELATION, clause.relation)


def _modifiers_of(clause: Clause, point: str) -> frozenset[str]:
    """The names of the relation's modifiers. Raises Refused for what is not honoured."""
    if not clause.modifiers:
        return frozenset()
    names = frozenset(_modifier_name(each, point) for each in clause.modifiers)
    for one, other in _CONTRADICTORY:
        if one in names and other in names:
            raise Refused(Srw.UNSUPPORTED_MODIFIER_COMBINATION, f"{one}/{other}")
    return names


def _modifier_name(modifier: Modifier, point: str) -> str:
    name = modifier.name.removeprefix("cql.")
    if name not in _MODIFIERS or modifier.comparison:
        raise Refused(Srw.UNSUPPORTED_RELATION_MODIFIER, modifier.name)
    if name in ("isodate", "number"):
        kinds = {kind for each in searched_points(point) for kind in each.kinds} if point else set()
        fitting = {Kind.YEAR} if name == "isodate" else {Kind.YEAR, Kind.NUMBER}
        if not kinds or not kinds <= fitting:
            raise Refused(Srw.UNSUPPORTED_RELATION_MODIFIER, modifier.name)
    return name


def _has_words(point: str) -> bool:
    """Is it searched by words? A point without an index of its own is searched by those of its
    fields."""
    kinds = searched_points(point)[0].kinds
    return not kinds or Kind.WORD in kinds
