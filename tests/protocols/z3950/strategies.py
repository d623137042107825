"""Hypothesis strategies for any message, made from the same layout tables as the codec."""

from __future__ import annotations

from functools import cache
from typing import Any

from hypothesis import strategies as st

from protocols.z3950.wire.ber import value
from protocols.z3950.wire.generator import LAYOUTS
from protocols.z3950.wire.layout_types import (
    Choice,
    Constant,
    Explicit,
    ListOf,
    Primitive,
    Tagged,
    Wrapped,
)
from protocols.z3950.wire.layouts import APDU_TAGS

_OIDS = st.builds(
    lambda first, second, others: ".".join(map(str, (first, second, *others))),
    st.integers(0, 2),
    st.integers(0, 39),
    st.lists(st.integers(0, 1 << 35), max_size=5),
)
_ASCII = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12)
_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)

_PRIMITIVES: dict[Primitive, st.SearchStrategy[Any]] = {
    Primitive.BOOLEAN: st.booleans(),
    Primitive.INTEGER: st.integers(-(1 << 63), (1 << 63) - 1) | st.integers(-2, 2000),
    Primitive.BITS: st.integers(0, (1 << 24) - 1),
    Primitive.OCTETS: st.binary(max_size=12) | st.binary(min_size=200, max_size=300),
    Primitive.OID: _OIDS,
    Primitive.DESCRIPTOR: st.binary(max_size=12),
    Primitive.TIME: _ASCII,
    Primitive.VISIBLE: _ASCII,
    Primitive.TEXT: _TEXT,
    Primitive.ANY: st.binary(max_size=9).map(lambda contents: value(b"\x04", contents)),
}


@cache
def _of(kind: Any) -> st.SearchStrategy[Any]:
    if isinstance(kind, Primitive):
        return _PRIMITIVES[kind]
    if isinstance(kind, Tagged | Explicit):
        return _of(kind.of)
    if isinstance(kind, Wrapped):
        return _of(kind.of).map(kind.by)
    if isinstance(kind, Constant):
        return st.just(kind.value)
    if isinstance(kind, ListOf):
        return st.lists(_of(kind.of), max_size=3)
    if isinstance(kind, Choice):
        return st.one_of(*(_later(each) for _, each in kind.alternatives))
    values = {
        name: st.none() | _later(of) if optional else _later(of)
        for name, _, of, *optional in LAYOUTS[kind]
    }
    return st.builds(kind, **values)


def _later(kind: Any) -> st.SearchStrategy[Any]:
    return st.deferred(lambda: _of(kind))


def of_kind(message: type) -> st.SearchStrategy[Any]:
    """Any message of one class."""
    return _later(message)


def apdus() -> st.SearchStrategy[Any]:
    """Any APDU the tables allow."""
    return st.one_of(*(_later(message) for message in APDU_TAGS))
