"""Bytes changed at random, for any format: a seed, and what may be done to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Final

#: Octets that mean something somewhere: lengths, tags, ends, escapes, beginnings of UTF-8.
_ODD: Final = (
    *(b"\x00", b"\x7f", b"\x80", b"\x84\xff\xff\xff\xff", b"\xff", b"\xa0\x80", b"\x30\x80"),
    *(b"\x00\x00", b"\x1b$1", b"\x1d", b"\x1e", b"\x1f", b"\r", b"\n", b"|", b'"', b"\\", b"*"),
    *(b"<", b">", b"&", b"&#0;", b"]]>", b"<!DOCTYPE a [", b"\xc3", b"\xed\xa0\x80", b"\xf0\x9f"),
    *(b"(", b")", b"/", b"=", b"99999", b"-1", b" " * 300),
)
#: No seed grows beyond this; a parser has its own limits besides.
MOST: Final = 100_000


def mutated(seed: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    """The seed, changed in one to four ways; `others` lend pieces."""
    for _ in range(chance.randint(1, 4)):
        seed = chance.choice(_WAYS)(seed, chance, others)
    return seed[:MOST]


def _place(data: bytes, chance: Random) -> int:
    return chance.randint(0, len(data))


def _another_byte(data: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    at = _place(data, chance)
    return data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]


def _another_bit(data: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    if not data:
        return data
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]


def _something_odd(data: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    at = _place(data, chance)
    return data[:at] + chance.choice(_ODD) + data[at + chance.randint(0, 2) :]


def _piece_lost(data: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    at = _place(data, chance)
    return data[:at] + data[at + chance.randint(1, 40) :]


def _cut_short(data: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    return data[: _place(data, chance)]


def _piece_again(data: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    at = _place(data, chance)
    piece = data[at : at + chance.choice((1, 4, 16, 64))]
    return data[:at] + piece * chance.randint(2, 200) + data[at:]


def _piece_elsewhere(data: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    start, at = _place(data, chance), _place(data, chance)
    return data[:at] + data[start : start + chance.randint(1, 60)] + data[at:]


def _end_of_another(data: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    other = chance.choice(others)
    return data[: _place(data, chance)] + other[_place(other, chance) :]


def _middle_of_another(data: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    other, at = chance.choice(others), _place(data, chance)
    start = _place(other, chance)
    return data[:at] + other[start : start + chance.randint(1, 200)] + data[at:]


def _other_digits(data: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    return bytes(
        chance.choice(b"0123456789") if 48 <= byte < 58 and chance.random() < 0.2 else byte
        for byte in data[:4000]
    )


_WAYS: Final[tuple[Callable[[bytes, Random, Sequence[bytes]], bytes], ...]] = (
    _another_byte,
    _another_bit,
    _something_odd,
    _something_odd,
    _piece_lost,
    _cut_short,
    _piece_again,
    _piece_elsewhere,
    _end_of_another,
    _middle_of_another,
    _other_digits,
)
