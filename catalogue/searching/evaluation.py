"""Searching: a query tree in, the bitmap of the records found out.

`catalogue.searching.matching` says of each term which postings decide it. They are read in as few
statements as possible. The tree is evaluated from the leaves without recursion, so that neither its
depth nor its size does harm; too many operands are refused before anything is read.
"""

from __future__ import annotations

from collections.abc import Iterator

from pyroaring import BitMap

from catalogue.database import Transaction
from catalogue.query import And, AndNot, Found, Near, Or, Part, Query, Term, UnsupportedSearch
from catalogue.searching.lookups import find_match, find_matches
from catalogue.searching.matches import Match
from catalogue.searching.matching import is_wide_term, plan_term
from catalogue.searching.proximity import check_near, find_near

#: Terms and result sets in one query; with as many the tree is at most this deep.
MOST_OPERANDS = 1_000
#: A query with more operands than this is not answered while others wait.
FEW_OPERANDS = 16

_OPERATORS = (And, Or, AndNot)
_OPERANDS = (Term, Found, Near)


def search(transaction: Transaction, query: Query, visible: BitMap | None = None) -> BitMap:
    """The ids of all records that `query` finds; exact, never widened.

    With `visible` (`catalogue.visibility`) those of them that it holds. The bitmap is not to be
    changed: others may get the same. Raises UnsupportedSearch, naming the part at fault, for what
    cannot be honoured.
    """
    if type(query) is Term:
        records = find_match(transaction, plan_term(query))
    else:
        records = _search_tree(transaction, query)
    return records if visible is None else records & visible


def _search_tree(transaction: Transaction, query: Query) -> BitMap:
    steps = _in_order(query)
    matches: list[Match] = []
    for step in steps:
        if isinstance(step, Term):
            matches.append(plan_term(step))
        elif isinstance(step, Near):
            check_near(step)
            matches += (plan_term(step.left), plan_term(step.right))
    found = iter(find_matches(transaction, matches))
    waiting: list[BitMap] = []
    for step in steps:
        if isinstance(step, Term):
            waiting.append(next(found))
            continue
        if isinstance(step, Found):
            waiting.append(step.records)
            continue
        if isinstance(step, Near):
            waiting.append(find_near(transaction, step, next(found) & next(found)))
            continue
        right = waiting.pop()
        left = waiting.pop()
        if isinstance(step, And):
            waiting.append(left & right)
        elif isinstance(step, Or):
            waiting.append(left | right)
        else:
            waiting.append(left - right)
    (records,) = waiting
    return records


def is_wide(query: Query) -> bool:
    """Must the query go to the wide read lane, because it may read many postings or records?

    Decided from the query alone; for a query that `search` will refuse, the answer may be either.
    """
    if type(query) is Term:
        return _is_wide_term(query)
    operands = 0
    for step in _walk(query):
        if isinstance(step, Near):
            return True
        if isinstance(step, _OPERATORS):
            continue
        operands += 1
        if operands > FEW_OPERANDS or (isinstance(step, Term) and _is_wide_term(step)):
            return True
    return False


def names_result_sets(query: Query) -> bool:
    """Does its meaning depend on result sets?"""
    return type(query) is not Term and any(type(step) is Found for step in _walk(query))


def _is_wide_term(term: Term) -> bool:
    try:
        return is_wide_term(term)
    except UnsupportedSearch:
        return False  # the search will say so at once


def _in_order(query: Query) -> list[Query]:
    """The parts of the tree, operands before their operator; refuses too many."""
    steps: list[Query] = []
    operands = 0
    for step in _walk(query):
        if isinstance(step, _OPERANDS):
            operands += 1
        if operands > MOST_OPERANDS or len(steps) > 2 * MOST_OPERANDS:
            raise UnsupportedSearch(Part.TOO_COMPLEX, str(MOST_OPERANDS))
        steps.append(step)
    steps.reverse()
    return steps


def _walk(query: Query) -> Iterator[Query]:
    """Every part of the tree, an operator before its operands and the right one first."""
    waiting = [query]
    while waiting:
        step = waiting.pop()
        yield step
        if isinstance(step, _OPERATORS):
            waiting.append(step.left)
            waiting.append(step.right)
