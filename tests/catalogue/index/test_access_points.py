"""The table of access points holds together."""

from __future__ import annotations

import pytest

from catalogue.index.access_points import (
    ACCESS_POINTS,
    ROWS,
    AccessPoint,
    Kind,
    searched_points,
)
from catalogue.index.describing import FORMATS
from catalogue.index.selection import notation_of, plan_for, selections


def test_names_and_numbers_are_unique_and_small() -> None:
    assert len(ACCESS_POINTS) == len(ROWS) == len({row.number for row in ROWS})
    indexes = [row.index(kind) for row in ROWS for kind in row.kinds]
    assert len(indexes) == len(set(indexes))
    assert all(0 < number < 2**15 for number in indexes)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_point_has_indexes_and_fields_or_parts(row: AccessPoint) -> None:
    assert [bool(row.kinds), bool(row.union_of), bool(row.within)].count(True) == 1
    assert bool(row.marc21 or row.danmarc2) != bool(row.union_of)
    for part in searched_points(row.name):
        assert part.kinds or part.within
    if row.within:
        assert Kind.WORD in ACCESS_POINTS[row.within].kinds


def test_stored_numbers_have_not_moved() -> None:
    """Databases hold these: a change needs a migration, not a new expectation here."""
    assert ACCESS_POINTS["any"].index(Kind.WORD) == 10
    assert ACCESS_POINTS["title"].index(Kind.PAIR) == 21
    assert ACCESS_POINTS["isbn"].index(Kind.NUMBER) == 75
    assert ACCESS_POINTS["possessing_institution"].index(Kind.NUMBER) == 405


@pytest.mark.parametrize("record_format", FORMATS)
def test_fields_of_every_format_compile(record_format: str) -> None:
    plan = plan_for(record_format, FORMATS[record_format].kept)
    assert plan.tags
    for row in ROWS:
        for selection in selections(notation_of(row, record_format)):
            assert selection.tag.isdigit()
            assert selection.skip_indicator in (0, 1, 2)
