"""Bytes of one APDU to its message and back (BER; Z39.50-2003, 4.2.1).

`decode` is total: it returns an `Apdu` or raises `MalformedMessage`, whatever the bytes, and
takes time and memory in proportion to their number. It accepts definite and indefinite lengths
and strings in pieces; `encode` writes definite lengths in their shortest form.
"""

from __future__ import annotations

from dataclasses import fields
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final, NamedTuple, TypeVar

from catalogue.generated import OnDemand
from protocols.z3950.messages.apdus import Apdu
from protocols.z3950.messages.retrieval import NamePlusRecord
from protocols.z3950.messages.searching import (
    AttributesPlusTerm,
    RPNQuery,
    SearchRequest,
    Type1,
)
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


@lru_cache(REMEMBERED)
def _remembered(data: bytes) -> Apdu:
    place = _place_of_term(data)
    if place is None:
        return _decode(data)
    start, end = place
    around = data[:start], data[end:]
    known = _forms.get(around)
    if known is not None:
        return _with_term(known, data[start:end])
    message = _decode(data)
    form = _form_of(message)
    if form is not None:
        _meet(around, form, data)
    return message


# Searches of one term, which a client writes alike but for the term: where everything around it is
# as before, all of it means what it meant before, the lengths of what holds the term among it.


class _Form(NamedTuple):
    """What a search of one term holds, and of its query what stands around the term."""

    values: tuple[Any, ...]
    attribute_set: str
    operand: AttributesPlusTerm


#: Forms by their octets before the term and after it, the latest so many; None where a search was
#: met once: of clients that number their requests, all are.
_FORMS: Final = 1_024
_forms: Final[dict[tuple[bytes, bytes], _Form | None]] = {}
#: The header of a term that is plain octets, but for its length.
_TERM: Final = ber.identifier_of(45, constructed=False)
_NAMES: Final = tuple(field.name for field in fields(SearchRequest) if field.name != "query")
_values_of: Final = attrgetter(*_NAMES)


def _place_of_term(data: bytes) -> tuple[int, int] | None:
    """Where the octets of the last term seem to be, if they are few."""
    start = data.rfind(_TERM) + len(_TERM) + 1
    if start <= len(_TERM) or start > len(data):
        return None
    end = start + data[start - 1]
    return (start, end) if data[start - 1] < 128 and end <= len(data) else None


def _form_of(message: Apdu) -> _Form | None:
    """The form of a search of one term in octets."""
    if isinstance(message, SearchRequest) and isinstance(message.query, Type1):
        rpn = message.query.value
        operand = rpn.rpn
        if isinstance(operand, AttributesPlusTerm) and isinstance(operand.term, bytes):
            return _Form(_values_of(message), rpn.attribute_set, operand)
    return None


def _with_term(form: _Form, term: bytes) -> SearchRequest:
    values, attribute_set, operand = form
    message = object.__new__(SearchRequest)
    for name, value in zip(_NAMES, values, strict=True):
        setattr(message, name, value)
    operand = AttributesPlusTerm(operand.attributes, term)
    message.query = Type1(RPNQuery(attribute_set, operand))
    return message


def _meet(around: tuple[bytes, bytes], form: _Form, data: bytes) -> None:
    """Remembers that a form was met; the second time the form itself, if what stands between is its
    term and nothing else that looks like one."""
    if around not in _forms:
        while len(_forms) >= _FORMS:
            del _forms[next(iter(_forms))]
        _forms[around] = None
        return
    before, after = around
    other = bytes(octet ^ 1 for octet in data[len(before) : len(data) - len(after)])
    try:
        is_its_term = _decode(before + other + after) == _with_term(form, other)
    except MalformedMessage:
        is_its_term = False
    if is_its_term:
        _forms[around] = form


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
