"""Bytes of one APDU to its message and back (BER; Z39.50-2003, 4.2.1).

`decode` is total: it returns an `Apdu` or raises `MalformedMessage`, whatever the bytes, and
takes time and memory in proportion to their number. It accepts definite and indefinite lengths
and strings in pieces; `encode` writes definite lengths in their shortest form.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import lru_cache
from typing import Any, Final, TypeVar

from catalogue.generated import OnDemand
from protocols.z3950.messages.apdus import Apdu
from protocols.z3950.messages.retrieval import NamePlusRecord
from protocols.z3950.messages.scanning import ScanRequest
from protocols.z3950.messages.searching import (
    AttributeElement,
    AttributesPlusTerm,
    RPNQuery,
    SearchRequest,
    Type1,
)
from protocols.z3950.wire import ber
from protocols.z3950.wire.asn1 import External, Sequence, Tag
from protocols.z3950.wire.ber import MalformedMessage
from protocols.z3950.wire.generator import Generator
from protocols.z3950.wire.layouts import Tagged, tags_of

__all__ = ["MalformedMessage", "contents", "decode", "encode", "encode_value", "read_value"]

T = TypeVar("T", bound=Sequence)

SEQUENCE = ber.identifier_of(16, constructed=True, universal=True)

#: How many requests are remembered with their octets, and the length of the longest: clients send
#: the same Present, and often the same search, again and again.
REMEMBERED, LONGEST_REMEMBERED = 1_024, 512


# Records: mostly octets in an EXTERNAL, and what stands before those differs from one record to the
# next by the lengths in it alone. Where each of these takes three octets, all grow by one for one
# octet more: as a number, what stands before a record is a linear function of its size.

#: The least size for which it is so, and the most, with what stands before.
_LEAST, _MOST = 256, 65_535


@lru_cache(maxsize=256)
def _before(name: str | None, syntax: str | None) -> tuple[int, int, int]:
    """What stands before `_LEAST` octets as a number, what one octet more adds, and its size."""

    def head(size: int) -> bytes:
        external = External(bytes(size), direct_reference=syntax)
        return encode_value(NamePlusRecord(external, name=name))[:-size]

    least = head(_LEAST)
    number = int.from_bytes(least, "big")
    return number, int.from_bytes(head(_LEAST + 1), "big") - number, len(least)


def _in_two(message: NamePlusRecord) -> tuple[bytes, bytes]:
    """The octets of a record: what stands before its own, and these."""
    external = message.record
    if isinstance(external, External) and external.indirect_reference is None:
        octets = external.encoding
        if isinstance(octets, bytes) and external.data_value_descriptor is None:
            number, step, size = _before(message.name, external.direct_reference)
            count = len(octets)
            if _LEAST <= count <= _MOST - size:
                return (number + (count - _LEAST) * step).to_bytes(size, "big"), octets
    return encode_value(message), b""


_generator = Generator(NamePlusRecord, _in_two)
_decoders = OnDemand(_generator.decoder)
_encoders = OnDemand(_generator.encoder)
_TAGS = tags_of(Apdu)
_apdu_encoders: OnDemand[type[Apdu], Callable[[Any], bytes]] = OnDemand(
    lambda apdu: _generator.encoder(Tagged(Tag(_TAGS[apdu]), apdu))
)
#: The APDU for each identifier.
_APDUS = {
    int.from_bytes(ber.identifier_of(tag, constructed=True), "big"): apdu
    for apdu, tag in _TAGS.items()
}


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
        return known(data[start:end])
    message = _decode(data)
    form = _form_of(message)
    if form is not None:
        _meet(around, form, data)
    return message


# Searches of one term and scans, which a client writes alike but for the term: where everything
# around it is as before, all of it means what it meant before, the lengths of what holds the term
# among it.

#: Makes the message of a term.
_Form = Callable[[bytes], Apdu]
#: Forms by their octets before the term and after it, the latest so many; None where a message was
#: met once: of clients that number their requests, all are.
_FORMS: Final = 1_024
_forms: Final[dict[tuple[bytes, bytes], _Form | None]] = {}
#: The header of a term that is plain octets, but for its length.
_TERM: Final = ber.identifier_of(45, constructed=False)


def _place_of_term(data: bytes) -> tuple[int, int] | None:
    """Where the octets of the last term seem to be, if they are few."""
    start = data.rfind(_TERM) + len(_TERM) + 1
    if start <= len(_TERM) or start > len(data):
        return None
    end = start + data[start - 1]
    return (start, end) if data[start - 1] < 128 and end <= len(data) else None


def _form_of(message: Apdu) -> _Form | None:
    """The form of a search of one term in octets, or of a scan."""
    if isinstance(message, SearchRequest) and isinstance(message.query, Type1):
        rpn = message.query.value
        operand = rpn.rpn
        if isinstance(operand, AttributesPlusTerm) and isinstance(operand.term, bytes):
            return _form_of_search(message, rpn.attribute_set, operand.attributes)
    if isinstance(message, ScanRequest):
        start = message.term_list_and_start_point
        if isinstance(start.term, bytes):
            return _form_of_scan(message, start.attributes)
    return None


def _form_of_search(
    message: SearchRequest, attribute_set: str, attributes: list[AttributeElement]
) -> _Form:
    values = _values_but(message, "query")

    def with_term(term: bytes) -> SearchRequest:
        query = Type1(RPNQuery(attribute_set, AttributesPlusTerm(attributes, term)))
        return SearchRequest(query=query, **values)

    return with_term


def _form_of_scan(message: ScanRequest, attributes: list[AttributeElement]) -> _Form:
    values = _values_but(message, "term_list_and_start_point")

    def with_term(term: bytes) -> ScanRequest:
        start = AttributesPlusTerm(attributes, term)
        return ScanRequest(term_list_and_start_point=start, **values)

    return with_term


def _values_but(message: Apdu, name: str) -> dict[str, Any]:
    """The fields of a message but one."""
    names = (field.name for field in fields(message))
    return {each: getattr(message, each) for each in names if each != name}


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
        is_its_term = _decode(before + other + after) == form(other)
    except MalformedMessage:
        is_its_term = False
    if is_its_term:
        _forms[around] = form


def encode(message: Apdu) -> bytes:
    """The octets of an APDU."""
    return _apdu_encoders[type(message)](message)


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
