"""Bitmaps made by hand hold what those of pyroaring do, and beyond a few ids are the same."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st
from pyroaring import BitMap

from catalogue.bitmaps import (
    FEW,
    array_head,
    cardinality,
    deserialise,
    join,
    merge,
    serialise,
    serialise_ids,
)

LOWS = st.sets(st.integers(0, 0xFFFF), min_size=1, max_size=60)
CHUNKS = st.integers(0, 0xFFFF)


def ids(chunk: int, lows: set[int]) -> BitMap:
    return BitMap([chunk << 16 | low for low in lows], optimize=False)


@given(CHUNKS, LOWS)
@example(0, set(range(4096)))
@example(3, set(range(4097)))
@example(1, set(range(0x10000)))
@example(0xFFFF, {0xFFFF})
@example(0, {0})
@example(0, {0, 12346})  # the ids that look most like a bitmap of nothing
@example(0, {1, 2, 3, 4})
def test_more_than_a_few_are_serialised_as_pyroaring_does(chunk: int, lows: set[int]) -> None:
    ordered = sorted(lows)
    made = serialise(chunk, ordered)
    assert deserialise(made) == ids(chunk, lows)
    if len(lows) <= FEW:
        assert len(made) == 4 * len(lows)
        assert serialise_ids(ids(chunk, lows)) == made
    elif len(lows) <= 4096:
        assert made == serialise_ids(ids(chunk, lows)) == ids(chunk, lows).serialize()
    head = array_head(chunk, len(lows))
    assert bool(head) == (len(lows) <= 4096)
    assert len(lows) <= FEW or made.startswith(head)
    runs = ids(chunk, lows)
    runs.run_optimize()
    for each in (made, ids(chunk, lows).serialize(), runs.serialize()):
        assert cardinality(each) == len(lows)
        assert deserialise(each) == ids(chunk, lows)


def test_nothing_is_read_in_either_form() -> None:
    for nothing in (BitMap().serialize(), serialise_ids(BitMap())):
        assert deserialise(nothing) == BitMap()
        assert cardinality(nothing) == 0
        assert deserialise(merge(nothing, serialise(3, [5]))) == ids(3, {5})


@given(CHUNKS, LOWS, LOWS)
@example(0, set(range(4000)), set(range(4000, 8000)))
@example(0, set(range(9000)), {9500})
@example(0, {5}, {5})
@example(0, {0x0102}, {0x0201})
def test_merge_is_union(chunk: int, left: set[int], right: set[int]) -> None:
    made = serialise(chunk, sorted(left)), serialise(chunk, sorted(right))
    before = ids(chunk, left).serialize(), ids(chunk, right).serialize()
    for merged in (merge(*made), merge(*before), merge(made[0], before[1])):
        assert deserialise(merged) == ids(chunk, left | right)
        assert cardinality(merged) == len(left | right)
    if len(left | right) <= FEW:
        assert merge(*made) == serialise(chunk, sorted(left | right))


@given(st.lists(st.tuples(CHUNKS, LOWS), max_size=6))
@example([(0, {1}), (1, {2, 3}), (0xFFFF, {0, 0xFFFF})])
@example([(1, {1}), (0, {2})])
@example([(1, {1}), (1, {2})])
@example([(0, set(range(5000))), (1, set(range(4096))), (2, set(range(0x10000)))])
def test_join_is_union(parts: list[tuple[int, set[int]]]) -> None:
    parts = [(chunk, lows) for chunk, lows in parts if lows]
    expected = BitMap().union(*[ids(chunk, lows) for chunk, lows in parts])
    assert join([serialise(chunk, sorted(lows)) for chunk, lows in parts]) == expected
    assert join([ids(chunk, lows).serialize() for chunk, lows in parts]) == expected
