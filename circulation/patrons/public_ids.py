"""Numbers of patrons for addresses that others see: they tell nothing, and cannot be counted up.

A patron's own number tells how many were registered before, and the next one belongs to somebody.
So what leaves the house is that number put through a permutation of 64 bits (four rounds of a
Feistel network over BLAKE2b) under a key that each database has of its own, in thirteen letters and
digits. There is nothing to keep for each patron, and a number that was made up is that of nobody:
only one in 2^33 stands for a number that a patron could have at all.

Where a standard wants a number of JSON, which programs in JavaScript hold exactly up to 2^53, it
is the same with 52 bits (`number`, `with_number`). Of those one in 2^21 stands for a patron's
number, so such a number gives no right by itself.
"""

from __future__ import annotations

import base64
import binascii
from functools import lru_cache
from hashlib import blake2b
from typing import Final

from sqlalchemy import select

from catalogue.database import Statement, Transaction, scalar_one
from circulation.kernel.engine import Circulation, Memory
from circulation.patrons.schema import public_id_key

#: As many letters and digits as 64 bits take.
PATTERN: Final = "^[0-9a-v]{13}$"
_LENGTH: Final = 13
_ROUNDS: Final = range(4)
#: Of numbers, so that they have nothing to do with the texts.
_NUMBER_ROUNDS: Final = range(4, 8)
_HALF: Final = 0xFFFFFFFF
_NUMBER_BITS: Final = 26
_NUMBER_HALF: Final = (1 << _NUMBER_BITS) - 1
#: What the database numbers patrons with.
_LARGEST: Final = 2**31 - 1


@scalar_one(bytes)
def _key() -> Statement:
    return select(public_id_key.c.key)


class PublicIds:
    """The permutation under one key."""

    def __init__(self, key: bytes) -> None:
        self._hash = blake2b(key=key, digest_size=4)
        self.shown = lru_cache(maxsize=10_000)(self._shown)
        self.number = lru_cache(maxsize=10_000)(self._number)

    def _mixed(self, number: int, half: int) -> int:
        mixing = self._hash.copy()
        mixing.update(bytes((number,)) + half.to_bytes(4))
        return int.from_bytes(mixing.digest())

    def _shown(self, patron_id: int) -> str:
        left, right = 0, patron_id
        for number in _ROUNDS:
            left, right = right, left ^ self._mixed(number, right)
        together = (left << 32 | right).to_bytes(8)
        return base64.b32hexencode(together).decode().rstrip("=").lower()

    def meant(self, shown: str) -> int | None:
        """The patron's own number; None for what no patron can have been shown as."""
        if len(shown) != _LENGTH or not shown.isascii() or shown != shown.lower():
            return None
        try:
            together = int.from_bytes(base64.b32hexdecode(shown.upper() + "==="))
        except binascii.Error:
            return None
        left, right = together >> 32, together & _HALF
        for number in reversed(_ROUNDS):
            left, right = right ^ self._mixed(number, left), left
        return right if left == 0 and 0 < right <= _LARGEST and self.shown(right) == shown else None

    def _number(self, patron_id: int) -> int:
        left, right = patron_id >> _NUMBER_BITS, patron_id & _NUMBER_HALF
        for number in _NUMBER_ROUNDS:
            left, right = right, left ^ self._mixed(number, right) & _NUMBER_HALF
        return left << _NUMBER_BITS | right

    def with_number(self, number: int) -> int | None:
        """The patron's own number; None for what no patron can have been given as `number`."""
        left, right = number >> _NUMBER_BITS, number & _NUMBER_HALF
        if not 0 <= left <= _NUMBER_HALF:
            return None
        for each in reversed(_NUMBER_ROUNDS):
            left, right = right ^ self._mixed(each, left) & _NUMBER_HALF, left
        meant = left << _NUMBER_BITS | right
        return meant if 0 < meant <= _LARGEST else None


_KNOWN: Final[Memory[list[PublicIds]]] = Memory(list)


def public_ids(circulation: Circulation, transaction: Transaction) -> PublicIds:
    """Those of this database, whose key is read once in a process."""
    known = _KNOWN.of(circulation)
    if not known:
        known.append(PublicIds(bytes(_key(transaction))))
    return known[0]
