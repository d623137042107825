"""The attribute tables, against the catalogue's own tables."""

from __future__ import annotations

from enum import Enum

import pytest

from catalogue.index.access_points import ACCESS_POINTS
from catalogue.query import Completeness, Part, Position, Relation, Structure, Truncation, Unit
from protocols.z3950.queries.attributes import (
    COMPLETENESS,
    DEFAULT_ACCESS_POINT,
    MASKS,
    OPEN_MASK,
    POSITION,
    PROXIMITY_UNIT,
    RELATION,
    STRUCTURE,
    TABLES,
    TRUNCATION,
    TYPE_OF_PART,
    USE,
    AttributeType,
)


def test_every_use_attribute_names_an_access_point() -> None:
    assert set(USE.values()) <= set(ACCESS_POINTS)
    assert DEFAULT_ACCESS_POINT in ACCESS_POINTS


#: Use attributes that stock clients send as they come: YAZ's map of CQL, pazpar2's and metaproxy's
#: settings of CCL, the combined points that desktop programs offer.
SENT_BY_STOCK_CLIENTS = (
    *(1, 2, 3, 4, 6, 7, 8, 9, 12, 21, 30, 31, 33, 54, 58, 62, 63, 1000, 1002, 1003, 1004, 1007),
    *(1016, 1018, 1031, 1033, 1035, 1036, 1044, 1075, 1079),
)


def test_what_stock_clients_send_is_known() -> None:
    assert set(SENT_BY_STOCK_CLIENTS) <= set(USE)
    assert USE[30] == USE[31] == "year"
    assert USE[1035] == USE[1016] == "any"
    # YAZ's map of CQL: "all" is a word list, "any" free-form text, "exact" a string.
    assert {1, 2, 6, 105, 108, 109} <= set(STRUCTURE)


def test_every_access_point_can_be_searched() -> None:
    reached = set(USE.values())
    reached |= {part for name in reached for part in ACCESS_POINTS[name].union_of}
    # The numbers by which records find their authorities: of use to the catalogue alone.
    assert reached == set(ACCESS_POINTS) - {"authority_link"}


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (RELATION, Relation),
        (POSITION, Position),
        (STRUCTURE, Structure),
        (COMPLETENESS, Completeness),
        (TRUNCATION, Truncation),
    ],
)
def test_every_word_of_the_engine_has_a_number(table: dict[int, Enum], words: set[Enum]) -> None:
    assert set(table.values()) == set(words)


def test_masks_are_those_of_the_table() -> None:
    masked = {number for number, word in TRUNCATION.items() if word is Truncation.MASKED}
    assert set(MASKS) == masked
    assert OPEN_MASK in MASKS
    assert set(PROXIMITY_UNIT.values()) == set(Unit)


def test_there_is_a_table_for_every_type() -> None:
    assert len(TABLES) == len(AttributeType)
    assert [kind.value for kind in AttributeType] == list(range(1, len(TABLES) + 1))
    assert TABLES[AttributeType.USE - 1][0] is USE
    assert set(TYPE_OF_PART.values()) == set(AttributeType)
    assert set(TYPE_OF_PART) < set(Part)
