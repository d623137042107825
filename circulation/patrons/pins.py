"""PINs: hashed slowly, checked without ever hashing in the caller's thread.

`PinVerifier.check` looks the verdict up in memory. Where it is not known it raises
`VerificationNeeded`; the caller runs `PinVerifier.verify` on that in a worker thread and then
does its work again from the start:

    def answer(work):
        try:
            return database.write(work).result()
        except VerificationNeeded as needed:
            pins.verify(needed)                 # 20 ms of CPU: in a worker thread
            return database.write(work).result()
"""

from __future__ import annotations

import hmac
import secrets
import threading
from base64 import b64encode
from collections import OrderedDict
from hashlib import blake2b
from typing import TYPE_CHECKING

from circulation.kernel.engine import Memory
from circulation.patrons.foreign_pins import is_behind, is_foreign
from circulation.patrons.hashing import hasher, octets, verifies

if TYPE_CHECKING:
    from argon2 import PasswordHasher

#: Octets of salt and hash in what the hasher makes.
_SALT, _HASH = 16, 32
_RIGHT, _WRONG = b"\x01", b"\x00"
#: Own hashes of foreign PINs that were right, kept until somebody can store them.
_WAITING = 4_096


class VerificationNeeded(Exception):
    """The verdict on a PIN is not known yet: run `PinVerifier.verify` on this, then try again.

    Neither its text nor its repr shows the PIN or the hash.
    """

    __slots__ = ("_pin", "_stored_hash")

    def __init__(self, stored_hash: str, pin: str) -> None:
        super().__init__("a PIN must be verified first")
        self._stored_hash = stored_hash
        self._pin = pin

    def __reduce__(self) -> tuple[type[Exception], tuple[str]]:
        # Pickled into a log or another process, it must not carry the secret along.
        return RuntimeError, (str(self),)


def hash_pin(pin: str) -> str:
    """The argon2id hash to store for a PIN; takes about 20 ms of CPU and 19 MiB.

    Raises ValueError for an empty PIN.
    """
    if not pin:
        raise ValueError("a PIN must not be empty")
    return hasher().hash(octets(pin))


class PinVerifier:
    """Verdicts on PINs, remembered in a bounded cache under a keyed digest.

    The digest covers the stored hash, so a changed PIN is unknown again by itself; its key is
    made anew with each process, so that a memory image of the cache is of no use elsewhere.
    `remembered` is how many verdicts are kept; the one unused for longest goes first.
    """

    def __init__(self, remembered: int = 65_536) -> None:
        self._key = secrets.token_bytes(32)
        self._remembered = remembered
        self._verdicts: OrderedDict[bytes, bytes] = OrderedDict()
        self._own: OrderedDict[bytes, str] = OrderedDict()
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"<PinVerifier with {len(self._verdicts)} verdicts>"

    def __len__(self) -> int:
        return len(self._verdicts)

    def check(self, stored_hash: str, pin: str) -> bool:
        """Is `pin` the one behind `stored_hash`? Raises VerificationNeeded on the first asking."""
        digest = self._digest(stored_hash, pin)
        with self._lock:
            verdict = self._verdicts.get(digest)
            if verdict is not None:
                self._verdicts.move_to_end(digest)
        if verdict is None:
            raise VerificationNeeded(stored_hash, pin)
        return hmac.compare_digest(verdict, _RIGHT)

    def decoy(self, name: str, like: PasswordHasher | None = None) -> str:
        """What stands for the stored hash of whoever has none: it takes as long to check as one of
        the hasher that it is `like`, by default as that of a PIN, and no PIN is behind it. The same
        for the same name, as long as the process lives."""
        like = like or hasher()
        digest = blake2b(octets(name), key=self._key, digest_size=_SALT + _HASH).digest()
        salt, found = (
            b64encode(part).rstrip(b"=").decode() for part in (digest[:_SALT], digest[_SALT:])
        )
        costs = f"m={like.memory_cost},t={like.time_cost},p={like.parallelism}"
        return f"$argon2id$v=19${costs}${salt}${found}"

    def verify(self, needed: VerificationNeeded) -> None:
        """Finds the verdict and remembers it, right or wrong. Slow: call it in a worker thread.

        A stored hash that is none counts as wrong for every PIN. A right PIN behind the hash of
        another system is hashed anew: see `own_hash`.
        """
        stored, pin = needed._stored_hash, needed._pin
        if not is_foreign(stored):
            self._remember(stored, pin, verifies(stored, pin))
            return
        is_right = is_behind(stored, pin)
        self._remember(stored, pin, is_right)
        if is_right:
            own = hash_pin(pin)
            self._remember(own, pin, True)
            with self._lock:
                self._own[self._digest(stored, pin)] = own
                while len(self._own) > _WAITING:
                    self._own.popitem(last=False)

    def hashed(self, pin: str) -> str:
        """The hash to store for a PIN that is right, known to be so from now on. Slow, as
        `hash_pin` is."""
        stored = hash_pin(pin)
        self._remember(stored, pin, True)
        return stored

    def own_hash(self, foreign: str, pin: str) -> str | None:
        """What is to be stored in place of another system's hash, of a PIN that was right; None
        where that is not known any more."""
        with self._lock:
            return self._own.get(self._digest(foreign, pin))

    def _remember(self, stored_hash: str, pin: str, is_right: bool) -> None:
        digest = self._digest(stored_hash, pin)
        with self._lock:
            self._verdicts[digest] = _RIGHT if is_right else _WRONG
            self._verdicts.move_to_end(digest)
            while len(self._verdicts) > self._remembered:
                self._verdicts.popitem(last=False)

    def _digest(self, stored_hash: str, pin: str) -> bytes:
        # A hash holds no NUL, so no other pair of hash and PIN gives the same bytes.
        data = octets(f"{stored_hash}\0{pin}")
        return blake2b(data, key=self._key, digest_size=32).digest()


PINS = Memory(PinVerifier)
