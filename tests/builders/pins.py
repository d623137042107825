"""Hashes of PINs and passwords that are checked at once."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher, Type

_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1, type=Type.ID)


@cache
def hashed(secret: str) -> str:
    """A hash of `circulation.patrons.pins.hash_pin` in all but its cost, which each hash says by
    itself and which whoever checks it must pay: a thousand tests log in."""
    return _HASHER.hash(secret)
