"""The keys of one kind of a delivery, each in eight bytes: a set of half a million takes forty MB.

Of a key its hash is kept, of 64 bits, under the secret of this process.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left


class KeySet:
    """First keys are added, then `close` puts them in order, then they are asked for."""

    def __init__(self) -> None:
        self._hashes = array("q")
        self._taken = bytearray()

    def add(self, key: str) -> None:
        self._hashes.append(hash(key))

    def close(self) -> None:
        """All are there."""
        self._hashes = array("q", sorted(self._hashes))
        self._taken = bytearray(len(self._hashes))

    def __contains__(self, key: str) -> bool:
        return self._place(key) is not None

    def take(self, key: str) -> bool:
        """Is it there, and asked for the first time?"""
        place = self._place(key)
        if place is None or self._taken[place]:
            return False
        self._taken[place] = 1
        return True

    def _place(self, key: str) -> int | None:
        sought = hash(key)
        place = bisect_left(self._hashes, sought)
        return place if place < len(self._hashes) and self._hashes[place] == sought else None
