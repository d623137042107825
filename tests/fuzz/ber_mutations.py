"""BER values changed at random whose lengths are right all the same: what gets past the framing."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from random import Random

from tests.fuzz.mutations import mutated


@dataclass
class _Value:
    """One value: identifier octets, and either contents or the values in it."""

    identifier: bytes
    contents: bytes
    parts: list[_Value] | None

    def octets(self, chance: Random) -> bytes:
        inner = (
            self.contents
            if self.parts is None
            else b"".join(part.octets(chance) for part in self.parts)
        )
        if self.parts is not None and chance.random() < 0.1:
            return self.identifier + b"\x80" + inner + b"\0\0"  # of indefinite length
        size = len(inner)
        if size < 128 and chance.random() < 0.95:
            return self.identifier + bytes([size]) + inner
        octets = size.to_bytes(max(1, (size.bit_length() + 7) // 8), "big")
        return self.identifier + bytes([0x80 | len(octets)]) + octets + inner


def _read(data: bytes, at: int, end: int) -> list[_Value]:
    """The values in a stretch, all of definite length. Raises IndexError or ValueError."""
    found = []
    while at < end:
        start = at
        is_constructed = bool(data[at] & 0x20)
        if data[at] & 0x1F == 0x1F:
            at += 1
            while data[at] & 0x80:
                at += 1
        at += 1
        identifier, size = data[start:at], data[at]
        at += 1
        if size & 0x80:
            octets = size & 0x7F
            if octets == 0:
                raise ValueError("of indefinite length")
            size = int.from_bytes(data[at : at + octets], "big")
            at += octets
        if at + size > end:
            raise ValueError("too long")
        parts = _read(data, at, at + size) if is_constructed else None
        found.append(_Value(identifier, data[at : at + size], parts))
        at += size
    return found


def _all(values: list[_Value]) -> list[_Value]:
    found = []
    waiting = values[::-1]
    while waiting:
        found.append(value := waiting.pop())
        if value.parts:
            waiting += value.parts[::-1]
    return found


@lru_cache(1_000)
def _all_of(seed: bytes) -> list[_Value]:
    """All that are in a seed, to be lent: nobody changes them. Raises as `_read` does."""
    return _all(_read(seed, 0, len(seed)))


def mutated_ber(seed: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    """The seed with one to three values changed, dropped, doubled or put elsewhere; now and then,
    and where it cannot be read, as any other bytes are mutated."""
    if chance.random() < 0.15:
        return mutated(seed, chance, others)
    try:
        values = _read(seed, 0, len(seed))
        lent = _all_of(chance.choice(others))
    except (IndexError, ValueError):
        return mutated(seed, chance, others)
    for _ in range(chance.randint(1, 3)):
        _change(chance.choice(_all(values)), chance, lent)
    return b"".join(value.octets(chance) for value in values)


def _change(value: _Value, chance: Random, others: list[_Value]) -> None:
    way = chance.randrange(6)
    if way == 0:
        value.identifier = bytes([value.identifier[0] ^ 1 << chance.randrange(8)])
    elif value.parts is None:
        texts = [each.contents for each in others if each.parts is None] or [b"\0"]
        value.contents = mutated(value.contents, chance, texts)[:5000]
    elif way == 1 and value.parts:
        value.parts.pop(chance.randrange(len(value.parts)))
    elif way == 2 and value.parts:
        value.parts += [chance.choice(value.parts)] * chance.choice((1, 1, 3, 300))
    elif way == 3:
        chance.shuffle(value.parts)
    elif way == 4:  # one within another, deeper and deeper
        inner = _Value(value.identifier, b"", value.parts)
        for _ in range(chance.choice((1, 5, 100))):
            inner = _Value(value.identifier, b"", [inner])
        value.parts = [inner]
    else:
        value.parts.insert(chance.randint(0, len(value.parts)), deepcopy(chance.choice(others)))
