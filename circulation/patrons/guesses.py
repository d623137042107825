"""Guessing PINs with look-ups: what each process remembers of it.

Why, and how it goes together with the tries that are rows, is in `circulation.patrons.pin_rules`.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import datetime
from hashlib import blake2b
from secrets import token_bytes

from circulation.kernel.engine import Memory
from circulation.patrons.pin_settings import USUAL

WINDOW = USUAL.window

#: Different wrong PINs by look-ups of one device, within `WINDOW`: for one patron, and for all.
GUESS_LIMIT = 30
SPRAY_LIMIT = 200

#: In `GuessGuard`, instead of a patron's id: all patrons together.
_ANYBODY = 0


class GuessGuard:
    """How many different wrong PINs each device has sent with look-ups, of late.

    Different ones, because a machine that sends the same PIN with each of its look-ups does not
    guess. Kept in memory: a look-up writes nothing. `remembered` pairs at most are kept.
    """

    def __init__(self, remembered: int = 10_000) -> None:
        self._key = token_bytes(32)
        self._remembered = remembered
        self._tries: OrderedDict[tuple[str, int], dict[bytes, datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def note(self, device: str, patron_id: int, pin: str, now: datetime) -> None:
        """A wrong PIN came with a look-up. The same again, as when work is run anew, is one."""
        data = f"{patron_id} {pin}".encode("utf-8", "surrogatepass")
        digest = blake2b(data, key=self._key, digest_size=16).digest()
        with self._lock:
            for pair in ((device, patron_id), (device, _ANYBODY)):
                tries = self._tries.setdefault(pair, {})
                tries[digest] = now
                self._tries.move_to_end(pair)
            while len(self._tries) > self._remembered:
                self._tries.popitem(last=False)

    def is_stopped(self, device: str, patron_id: int, now: datetime) -> bool:
        """Has the device tried too many within `WINDOW`, on this patron or on all together?"""
        with self._lock:
            return (
                self._count(device, patron_id, now) >= GUESS_LIMIT
                or self._count(device, _ANYBODY, now) >= SPRAY_LIMIT
            )

    def _count(self, device: str, patron_id: int, now: datetime) -> int:
        tries = self._tries.get((device, patron_id))
        if tries is None:
            return 0
        for digest in [digest for digest, at in tries.items() if at <= now - WINDOW]:
            del tries[digest]
        return len(tries)


GUESSES = Memory(GuessGuard)
