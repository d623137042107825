"""Hypothesis strategies for any message, made from the same declarations as the codec."""

from __future__ import annotations

from functools import cache
from typing import Any

from hypothesis import strategies as st

from protocols.z3950.messages.apdus import Apdu
from protocols.z3950.wire.asn1 import Primitive
from protocols.z3950.wire.ber import value
from protocols.z3950.wire.layouts import (
    Constant,
    ListOf,
    OneOf,
    Tagged,
    Type,
    Wrapped,
    fields_of,
    tags_of,
)

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
def _of(kind: Type) -> st.SearchStrategy[Any]:
    if isinstance(kind, Primitive):
        return _PRIMITIVES[kind]
    if isinstance(kind, Tagged):
        return _of(kind.of)
    if isinstance(kind, Wrapped):
        return _of(kind.of).map(kind.by)
    if isinstance(kind, Constant):
        return st.just(kind.value)
    if isinstance(kind, ListOf):
        return st.lists(_of(kind.of), max_size=3)
    if isinstance(kind, OneOf):
        return st.one_of(*(_later(each) for each in kind.alternatives))
    values = {
        field.name: st.none() | _later(field.type) if field.is_optional else _later(field.type)
        for field in fields_of(kind)
    }
    return st.builds(kind, **values)


def _later(kind: Type) -> st.SearchStrategy[Any]:
    return st.deferred(lambda: _of(kind))


def of_kind(message: type) -> st.SearchStrategy[Any]:
    """Any message of one class."""
    return _later(message)


def apdus() -> st.SearchStrategy[Any]:
    """Any APDU that is declared."""
    return st.one_of(*(_later(message) for message in tags_of(Apdu)))
