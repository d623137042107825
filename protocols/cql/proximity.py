"""The boolean ``prox`` of CQL: two words or phrases near each other in one field."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from catalogue.query import Near, Query, Relation, Term, Unit
from protocols.cql.diagnostics import Refused, Srw
from protocols.cql.parser import Modifier

_UNITS: Final = {"word": Unit.WORD, "element": Unit.FIELD}
#: The default distance between the two.
_DISTANCES: Final = {Unit.WORD: 1, Unit.FIELD: 0}
_RELATIONS: Final = {
    "=": Relation.EQUAL,
    "==": Relation.EQUAL,
    "<>": Relation.NOT_EQUAL,
    "<": Relation.LESS,
    "<=": Relation.LESS_OR_EQUAL,
    ">": Relation.GREATER,
    ">=": Relation.GREATER_OR_EQUAL,
}
_ORDERS: Final = {"ordered": True, "unordered": False}
_NUMBER: Final = re.compile("[0-9]{1,6}")


def near_of(left: Query, right: Query, modifiers: Sequence[Modifier]) -> Near:
    """The two terms near each other, as the modifiers say. Raises Refused.

    Without modifiers they are next to each other, in either order. A unit of ``element`` is a
    field.
    """
    if not isinstance(left, Term) or not isinstance(right, Term):
        raise Refused(Srw.PROXIMITY_UNSUPPORTED)
    given: dict[str, Modifier] = {}
    for modifier in modifiers:
        name = modifier.name.removeprefix("cql.")
        kind = "order" if name in _ORDERS else name
        if kind not in ("distance", "unit", "order"):
            raise Refused(Srw.BOOLEAN_MODIFIER_UNSUPPORTED, modifier.name)
        if kind in given:
            raise Refused(Srw.PROXIMITY_COMBINATION, modifier.name)
        given[kind] = modifier
    unit = _unit(given.get("unit"))
    relation, distance = _distance(given.get("distance"), unit)
    order = given.get("order")
    if order is not None and order.comparison:
        raise Refused(Srw.PROXIMITY_ORDERING, order.value)
    is_ordered = order is not None and _ORDERS[order.name.removeprefix("cql.")]
    return Near(left, right, distance, is_ordered, unit, relation)


def _unit(modifier: Modifier | None) -> Unit:
    if modifier is None:
        return Unit.WORD
    unit = _UNITS.get(modifier.value.lower())
    if unit is None or modifier.comparison != "=":
        raise Refused(Srw.PROXIMITY_UNIT, modifier.value)
    return unit


def _distance(modifier: Modifier | None, unit: Unit) -> tuple[Relation, int]:
    if modifier is None:
        return Relation.LESS_OR_EQUAL, _DISTANCES[unit]
    if not _NUMBER.fullmatch(modifier.value):
        raise Refused(Srw.PROXIMITY_DISTANCE, modifier.value)
    return _RELATIONS[modifier.comparison], int(modifier.value)
