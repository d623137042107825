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
