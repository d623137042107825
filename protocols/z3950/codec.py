"""Bytes of one APDU to its message and back (BER; Z39.50-2003, 4.2.1).

`decode` is total: it returns an `Apdu` or raises `MalformedMessage`, whatever the bytes, and
takes time and memory in proportion to their number. It accepts definite and indefinite lengths
and strings in pieces; `encode` writes definite lengths in their shortest form.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from functools import lru_cache
from typing import Any, TypeVar

from catalogue.generated import OnDemand, Source
from protocols.z3950.messages import Apdu
from protocols.z3950.wire import ber
from protocols.z3950.wire.ber import MalformedMessage
from protocols.z3950.wire.generator import Generator
from protocols.z3950.wire.layouts import APDU_TAGS

__all__ = ["MalformedMessage", "contents", "decode", "encode", "encode_value", "read_value"]

T = TypeVar("T")

SEQUENCE = ber.identifier_of(16, constructed=True, universal=True)

#: Requests remembered with their octets, and the octets of the longest: clients send the same
#: Present, and many the same search, again and again.
REMEMBERED, LONGEST_REMEMBERED = 1_024, 512


def _missing(message: str, field: str) -> MalformedMessage:
    return MalformedMessage(f"{message} without {field}")


def _unexpected(message: str) -> MalformedMessage:
    return MalformedMessage(f"{message} holds what it may not")


def _too_deep(message: str) -> MalformedMessage:
    return MalformedMessage(f"too many of {message} inside one another")


def _constant(start: int, end: int, constant: Enum) -> Enum:
    ber.check_null(start, end)
    return constant


def _read_text_segments(data: bytes, start: int, end: int, ends: ber.Ends) -> str:
    octets = ber.read_segments(data, start, end, ends)
    return ber.read_text(octets, 0, len(octets))


#: What the generated source calls in `ber`.
_PRIMITIVES = (
    *("END", "bits", "boolean", "header", "inside", "integer", "oid", "one_value", "read_bits"),
    *("read_boolean", "read_integer", "read_oid", "read_segments", "read_text", "value"),
)
_SOURCE = Source(
    "protocols.z3950",
    {name: getattr(ber, name) for name in _PRIMITIVES}
    | {
        "constant": _constant,
        "missing": _missing,
        "read_text_segments": _read_text_segments,
        "too_deep": _too_deep,
        "unexpected": _unexpected,
    },
)
Generator(_SOURCE)
#: The octets of the tag of each APDU, and which APDU an identifier is that of.
_OCTETS = {message: ber.identifier_of(tag, constructed=True) for message, tag in APDU_TAGS.items()}
_APDUS = {int.from_bytes(octets, "big"): message for message, octets in _OCTETS.items()}


_decoders: OnDemand[type, Callable[..., Any]] = OnDemand(
    lambda kind: _SOURCE.function(f"decode_{kind.__name__}")
)
_encoders: OnDemand[type, Callable[[Any], bytes]] = OnDemand(
    lambda kind: _SOURCE.function(f"encode_{kind.__name__}")
)


def decode(data: bytes) -> Apdu:
    """The message that `data`, exactly one BER value, holds. Raises MalformedMessage.

    The same octets may give the same object again, which is therefore not to be changed.
    """
    return _remembered(data) if len(data) <= LONGEST_REMEMBERED else _decode(data)


def _decode(data: bytes) -> Apdu:
    ends: ber.Ends = {}
    stop = len(data)
    try:
        identifier, start, end, after = ber.header(data, 0, stop, ends)
        kind = _APDUS.get(identifier)
        if kind is None:
            raise MalformedMessage("not an APDU of Z39.50")
        if after != stop:
            raise MalformedMessage("octets after the APDU")
        read: Apdu = _decoders[kind](data, start, end, ends)
        return read
    except IndexError:
        raise MalformedMessage("the APDU ends too early") from None


_remembered = lru_cache(REMEMBERED)(_decode)


def encode(message: Apdu) -> bytes:
    """The octets of an APDU."""
    kind = type(message)
    return ber.value(_OCTETS[kind], _encoders[kind](message))


def contents(message: object) -> bytes:
    """The contents octets of any message of `layouts`, without its header."""
    return _encoders[type(message)](message)


def encode_value(message: object, identifier: bytes = SEQUENCE) -> bytes:
    """Any message of `layouts` or `structures` with its header, a SEQUENCE by default."""
    return ber.value(identifier, contents(message))


def read_value(kind: type[T], data: bytes, identifier: bytes = SEQUENCE) -> T:
    """The message of this kind that `data`, exactly one value, holds. Raises MalformedMessage."""
    ends: ber.Ends = {}
    try:
        found, start, end, after = ber.header(data, 0, len(data), ends)
        if found != int.from_bytes(identifier, "big") or after != len(data):
            raise MalformedMessage(f"not a {kind.__name__}")
        read: T = _decoders[kind](data, start, end, ends)
    except IndexError:
        raise MalformedMessage(f"a {kind.__name__} ends too early") from None
    return read
