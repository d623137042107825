"""Bitmaps made by hand are the ones pyroaring makes."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st
from pyroaring import BitMap

from catalogue.bitmaps import merge, serialise, serialise_all

LOWS = st.sets(st.integers(0, 0xFFFF), min_size=1, max_size=60)
CHUNKS = st.integers(0, 0xFFFF)


def ids(chunk: int, lows: set[int]) -> BitMap:
    return BitMap([chunk << 16 | low for low in lows], optimize=False)


@given(CHUNKS, LOWS)
@example(0, set(range(4096)))
@example(3, set(range(4097)))
@example(1, set(range(0x10000)))
def test_serialised_as_pyroaring_does(chunk: int, lows: set[int]) -> None:
    ordered = sorted(lows)
    made = serialise(chunk, ordered)
    assert BitMap.deserialize(made) == ids(chunk, lows)
    if len(lows) <= 4096:
        assert made == ids(chunk, lows).serialize()
    assert serialise_all(chunk, [ordered, ordered[:1]]) == [
        serialise(chunk, ordered),
        serialise(chunk, ordered[:1]),
    ]


@given(CHUNKS, LOWS, LOWS)
@example(0, set(range(4000)), set(range(4000, 8000)))
@example(0, set(range(9000)), {9500})
@example(0, {5}, {5})
@example(0, {0x0102}, {0x0201})
def test_merge_is_union(chunk: int, left: set[int], right: set[int]) -> None:
    merged = merge(serialise(chunk, sorted(left)), serialise(chunk, sorted(right)))
    assert BitMap.deserialize(merged) == ids(chunk, left | right)
