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


class VerificationNeeded(Exception):
    """The verdict on a PIN is not known yet: run `PinVerifier.verify` on this, then try again.

    Neither its text nor its repr shows the PIN or the hash.
    """


def hash_pin(pin: str) -> str:
    """The argon2id hash to store for a PIN; takes about 20 ms of CPU and 19 MiB."""
    raise NotImplementedError


class PinVerifier:
    """Verdicts on PINs, remembered in a bounded cache under a keyed digest."""

    def __init__(self, remembered: int = 65_536) -> None: ...

    def check(self, stored_hash: str, pin: str) -> bool:
        """Is `pin` the one behind `stored_hash`? Raises VerificationNeeded on the first asking."""
        raise NotImplementedError

    def verify(self, needed: VerificationNeeded) -> None:
        """Finds the verdict and remembers it, right or wrong. Slow: call it in a worker thread."""
        raise NotImplementedError
