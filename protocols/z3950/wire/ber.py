"""BER (X.690) as Z39.50 uses it: headers, end-of-contents, and the primitive types.

An identifier is the integer its octets spell (0x9F69 for the primitive context tag 105). Every
function raises `MalformedMessage`, or IndexError at the end of the data, for what is not BER.

Indefinite lengths: `header` gives the end of the contents as if the length had been written. It
finds that end in one walk over the value, which also notes in `ends` the ends of the values of
indefinite length inside, so that a message is walked once, however deeply they nest.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final

#: In place of an identifier: there is nothing more in this value.
END = -1

#: The most octets of an identifier; the largest tag of the standard, 1013, takes three.
LONGEST_IDENTIFIER = 4
#: The most octets of a length after the first: four can say 4 GB.
LONGEST_LENGTH = 4
#: The most octets of an INTEGER: no number of the standard needs more.
LONGEST_INTEGER = 8
#: The most octets of an OBJECT IDENTIFIER.
LONGEST_OID = 64
#: The deepest nesting of values of indefinite length.
MOST_NESTED = 1_000

CONSTRUCTED = 0x20

#: Every octet with its bits in the opposite order.
_MIRRORED = bytes(int(f"{octet:08b}"[::-1], 2) for octet in range(256))


class MalformedMessage(ValueError):
    """Bytes that are not an APDU of Z39.50; the text says why, and never what they hold."""


Ends = dict[int, int]


def header(data: bytes, at: int, stop: int, ends: Ends) -> tuple[int, int, int, int]:
    """Reads the header at `at`: (identifier, start and end of the contents, start of the next).

    At `stop` the identifier is `END`. A value that reaches beyond `stop` is malformed.
    """
    if at >= stop:
        return END, at, at, at
    begin = at
    identifier = data[at]
    at += 1
    if identifier & 31 == 31:
        octet = 128
        while octet & 128:
            octet = data[at]
            at += 1
            identifier = identifier << 8 | octet
        if at - begin > LONGEST_IDENTIFIER:
            raise MalformedMessage("a tag is too long")
    length = data[at]
    at += 1
    if length < 128:
        end = at + length
        if end > stop:
            raise MalformedMessage("a value is longer than what holds it")
        return identifier, at, end, end
    if length == 128:
        end = ends.get(at) or end_of_contents(data, begin, at, stop, ends)
        return identifier, at, end, end + 2
    octets = length & 127
    if octets > LONGEST_LENGTH:
        raise MalformedMessage("a length is too long")
    start = at + octets
    end = start + int.from_bytes(data[at:start], "big")
    if end > stop:
        raise MalformedMessage("a value is longer than what holds it")
    return identifier, start, end, end


def end_of_contents(data: bytes, begin: int, at: int, stop: int, ends: Ends) -> int:
    """The end of the contents of a value of indefinite length, whose header is `begin` to `at`."""
    if not data[begin] & CONSTRUCTED:
        raise MalformedMessage("a primitive value of indefinite length")
    opened = [at]
    while opened:
        if at + 2 > stop:
            raise MalformedMessage("a value of indefinite length does not end")
        if data[at] == 0:
            if data[at + 1] != 0:
                raise MalformedMessage("end-of-contents octets with contents")
            ends[opened.pop()] = at
            at += 2
            continue
        start, length = skim(data, at, stop)
        if length >= 0:
            at = start + length
        else:
            opened.append(start)
            at = start
            if len(opened) > MOST_NESTED:
                raise MalformedMessage("values are nested too deep")
    return at - 2


def skim(data: bytes | bytearray, at: int, stop: int) -> tuple[int, int]:
    """Where the contents of the value at `at` begin, and their length; -1 for an indefinite one.
    Raises IndexError if `data` ends (at `stop`) before the header does.
    """
    if at >= stop:
        raise IndexError
    first = data[at]
    begin = at
    at += 1
    if first & 31 == 31:
        while data[at] & 128:
            at += 1
            if at - begin >= LONGEST_IDENTIFIER:
                raise MalformedMessage("a tag is too long")
        at += 1
    length = data[at]
    at += 1
    if length < 128:
        return at, length
    if length == 128:
        if not first & CONSTRUCTED:
            raise MalformedMessage("a primitive value of indefinite length")
        return at, -1
    octets = length & 127
    if octets > LONGEST_LENGTH:
        raise MalformedMessage("a length is too long")
    start = at + octets
    if start > stop:
        raise IndexError
    return start, int.from_bytes(data[at:start], "big")


def inside(data: bytes, start: int, end: int, ends: Ends) -> tuple[int, int, int]:
    """The one value inside an explicit tag: its identifier, start and end of its contents."""
    identifier, inner_start, inner_end, after = header(data, start, end, ends)
    if identifier == END or after != end:
        raise MalformedMessage("an explicit tag must hold one value")
    return identifier, inner_start, inner_end


def one_value(data: bytes, start: int, end: int, ends: Ends) -> bytes:
    """An ANY: the whole value between `start` and `end`, with its end-of-contents octets."""
    inside(data, start, end, ends)
    return data[start:end]


# Reading contents


def read_integer(data: bytes, start: int, end: int) -> int:
    size = end - start
    if size == 1:
        octet = data[start]
        return octet if octet < 128 else octet - 256
    if not 0 < size <= LONGEST_INTEGER:
        raise MalformedMessage(f"an integer of {size} octets")
    return int.from_bytes(data[start:end], "big", signed=True)


def read_boolean(data: bytes, start: int, end: int) -> bool:
    if end - start != 1:
        raise MalformedMessage(f"a boolean of {end - start} octets")
    return data[start] != 0


def check_null(start: int, end: int) -> None:
    if start != end:
        raise MalformedMessage("a null with contents")


def read_text(data: bytes, start: int, end: int) -> str:
    """A character string. Its set is seldom agreed on: UTF-8 if it can be that, else Latin-1."""
    octets = data[start:end]
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets.decode("latin-1")


def read_bits(data: bytes, start: int, end: int) -> int:
    """A bit string as a number whose bit ``1 << n`` is bit n of the string."""
    if start >= end or data[start] > 7 or (data[start] and end - start == 1):
        raise MalformedMessage("a bit string without its count of unused bits")
    used = 8 * (end - start - 1) - data[start]
    bits = int.from_bytes(data[start + 1 : end].translate(_MIRRORED), "little")
    return bits & ((1 << used) - 1)


def read_segments(data: bytes, start: int, end: int, ends: Ends) -> bytes:
    """The octets of a string in constructed form, which is a series of strings."""
    segments = []
    at = start
    while at < end:
        identifier, inner_start, inner_end, at = header(data, at, end, ends)
        if identifier & CONSTRUCTED or identifier > 31:
            raise MalformedMessage("a string in pieces that are not strings")
        segments.append(data[inner_start:inner_end])
    return b"".join(segments)


def read_text_segments(data: bytes, start: int, end: int, ends: Ends) -> str:
    octets = read_segments(data, start, end, ends)
    return read_text(octets, 0, len(octets))


@lru_cache(maxsize=256)
def _oid_of(contents: bytes) -> str:
    if not contents or len(contents) > LONGEST_OID or contents[-1] & 128:
        raise MalformedMessage("not an object identifier")
    arcs = []
    number = 0
    for octet in contents:
        number = number << 7 | octet & 127
        if not octet & 128:
            arcs.append(number)
            number = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))


def read_oid(data: bytes, start: int, end: int) -> str:
    return _oid_of(data[start:end])


# Writing


@lru_cache(maxsize=256)
def oid(dotted: str) -> bytes:
    """The contents of an OBJECT IDENTIFIER written ``1.2.840.10003.3.1``."""
    first, second, *others = map(int, dotted.split("."))
    contents = bytearray()
    for arc in (40 * first + second, *others):
        octets = [arc & 127]
        while arc := arc >> 7:
            octets.append(arc & 127 | 128)
        contents += bytes(reversed(octets))
    return bytes(contents)


class _Octets(dict[int, bytes]):
    """Octets by number: those of the `known` are at hand, any others are made for each that asks.

    Messages are full of them, and to look one up costs less than to call a function.
    """

    def __init__(self, make: Callable[[int], bytes], known: range) -> None:
        super().__init__((number, make(number)) for number in known)
        self._make = make

    def __missing__(self, number: int) -> bytes:
        return self._make(number)


def _length(size: int) -> bytes:
    if size < 128:
        return bytes((size,))
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((0x80 | len(octets),)) + octets


#: The length octets for contents of so many octets, in their shortest form.
LENGTHS: Final = _Octets(_length, range(4096))


def value(identifier: bytes, contents: bytes) -> bytes:
    """A whole value."""
    return identifier + LENGTHS[len(contents)] + contents


def _integer(number: int) -> bytes:
    size = (number if number >= 0 else ~number).bit_length() // 8 + 1
    return bytes((size,)) + number.to_bytes(size, "big", signed=True)


#: Length and contents of an INTEGER.
INTEGERS: Final = _Octets(_integer, range(1024))


def boolean(flag: bool) -> bytes:
    """Length and contents of a BOOLEAN."""
    return b"\x01\xff" if flag else b"\x01\x00"


def bits(number: int) -> bytes:
    """The contents of a BIT STRING of whole octets, at least one."""
    size = max(1, (number.bit_length() + 7) // 8)
    return b"\x00" + number.to_bytes(size, "little").translate(_MIRRORED)


def identifier_of(tag: int, *, constructed: bool, universal: bool = False) -> bytes:
    """The identifier octets of a context tag, or of a universal one."""
    first = (0 if universal else 0x80) | (CONSTRUCTED if constructed else 0)
    if tag < 31:
        return bytes((first | tag,))
    octets = [tag & 127]
    while tag := tag >> 7:
        octets.append(tag & 127 | 128)
    return bytes((first | 31, *reversed(octets)))
