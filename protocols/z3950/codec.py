"""Bytes of one APDU to its message and back (BER; Z39.50-2003, 4.2.1).

`decode` is total: it returns an `Apdu` or raises `MalformedMessage`, whatever the bytes, and
takes time and memory in proportion to their number. It accepts definite and indefinite lengths
and strings in pieces; `encode` writes definite lengths in their shortest form.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TypeVar

from catalogue.generated import OnDemand
from protocols.z3950.messages.apdus import Apdu
from protocols.z3950.messages.retrieval import NamePlusRecord
from protocols.z3950.wire import ber
from protocols.z3950.wire.asn1 import Sequence
from protocols.z3950.wire.ber import MalformedMessage
from protocols.z3950.wire.generator import Generator
from protocols.z3950.wire.layouts import tags_of

__all__ = ["MalformedMessage", "contents", "decode", "encode", "encode_value", "read_value"]

T = TypeVar("T", bound=Sequence)

SEQUENCE = ber.identifier_of(16, constructed=True, universal=True)

#: How many requests are remembered with their octets, and the length of the longest: clients send
#: the same Present, and often the same search, again and again.
REMEMBERED, LONGEST_REMEMBERED = 1_024, 512


_generator = Generator(NamePlusRecord)
_decoders = OnDemand(_generator.decoder)
_encoders = OnDemand(_generator.encoder)
#: The octets of each APDU's tag, and the APDU for each identifier.
_OCTETS = {apdu: ber.identifier_of(tag, constructed=True) for apdu, tag in tags_of(Apdu).items()}
_APDUS = {int.from_bytes(octets, "big"): apdu for apdu, octets in _OCTETS.items()}


def decode(data: bytes) -> Apdu:
    """The message in `data`, exactly one BER value. Raises MalformedMessage. The same octets may
    give the same object again, so it must not be changed.
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


def contents(message: Sequence) -> bytes:
    """The contents octets of anything of `messages`, without its header."""
    return _encoders[type(message)](message)


def encode_value(message: Sequence, identifier: bytes = SEQUENCE) -> bytes:
    """Anything of `messages` with its header, that of a SEQUENCE by default."""
    return ber.value(identifier, contents(message))


def read_value(kind: type[T], data: bytes, identifier: bytes = SEQUENCE) -> T:
    """The value of this kind in `data`, exactly one. Raises MalformedMessage."""
    ends: ber.Ends = {}
    try:
        found, start, end, after = ber.header(data, 0, len(data), ends)
        if found != int.from_bytes(identifier, "big") or after != len(data):
            raise MalformedMessage(f"not a {kind.__name__}")
        read: T = _decoders[kind](data, start, end, ends)
    except IndexError:
        raise MalformedMessage(f"a {kind.__name__} ends too early") from None
    return read
