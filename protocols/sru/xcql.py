"""A query as XML (XCQL), which the schema of SRU 1.x demands wherever a request is echoed.

Only 1.x has it; 2.0 echoes the query as it was written.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from protocols.cql.parser import Boolean, Clause, Modifier, Tree
from protocols.sru.text import escaped

NAMESPACE: Final = "http://www.loc.gov/zing/cql/xcql/"
#: Queries nested deeper are left out: readers could not cope with them.
DEEPEST: Final = 50


def operand(tree: Tree) -> str:
    """The content of an ``xQuery`` or operand, in the namespace declared as ``xcql``; or None if
    the tree is too deep."""
    return _operand(tree) if _depth(tree) <= DEEPEST else ""


def search_clause(clause: Clause) -> str:
    """The content of an ``xScanClause``."""
    relation = _element("value", clause.relation) + _modifiers(clause.modifiers)
    return (
        _element("index", clause.index or "cql.serverChoice")
        + f"<xcql:relation>{relation}</xcql:relation>"
        + _element("term", clause.term)
    )


def _operand(tree: Tree) -> str:
    if isinstance(tree, Clause):
        return f"{_prefixes(tree)}<xcql:searchClause>{search_clause(tree)}</xcql:searchClause>"
    boolean = _element("value", tree.operator) + _modifiers(tree.modifiers)
    return (
        f"<xcql:triple><xcql:boolean>{boolean}</xcql:boolean>"
        f"<xcql:leftOperand>{_operand(tree.left)}</xcql:leftOperand>"
        f"<xcql:rightOperand>{_operand(tree.right)}</xcql:rightOperand></xcql:triple>"
    )


def _prefixes(clause: Clause) -> str:
    if clause.context_set is None:
        return ""
    prefix, dot, _ = clause.index.partition(".")
    told = _element("name", prefix if dot else "") + _element("identifier", clause.context_set)
    return f"<xcql:prefixes><xcql:prefix>{told}</xcql:prefix></xcql:prefixes>"


def _modifiers(modifiers: Sequence[Modifier]) -> str:
    if not modifiers:
        return ""
    return f"<xcql:modifiers>{''.join(map(_modifier, modifiers))}</xcql:modifiers>"


def _modifier(modifier: Modifier) -> str:
    told = _element("type", modifier.name)
    if modifier.comparison:
        told += _element("comparison", modifier.comparison) + _element("value", modifier.value)
    return f"<xcql:modifier>{told}</xcql:modifier>"


def _element(name: str, text: str) -> str:
    return f"<xcql:{name}>{escaped(text)}</xcql:{name}>"


def _depth(tree: Tree) -> int:
    deepest = 0
    waiting = [(tree, 1)]
    while waiting:
        step, depth = waiting.pop()
        deepest = max(deepest, depth)
        if isinstance(step, Boolean):
            waiting += [(step.left, depth + 1), (step.right, depth + 1)]
    return deepest
