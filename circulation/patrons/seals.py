"""National numbers that can be read again, for who must write to them and nobody else.

Identifiers are kept as hashes, which cannot be turned back (see
`circulation.patrons.identifiers`); a letter needs the number itself. So a second copy is kept,
encrypted with AES-256-GCM under a key that stands in the configuration alone: a copy of the
database gives no number away. Each copy is bound to its patron, so that a row moved to another
patron cannot be opened.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
_NONCE_BYTES = 12


class NumberUnreadable(ValueError):
    """The number was sealed under another key, or for another patron."""


class NumberSeal:
    """The key of an installation, of 32 bytes."""

    __slots__ = ("_cipher",)

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"the key that seals national numbers must have {KEY_BYTES} bytes")
        from cryptography.hazmat.primitives.ciphers.aead import (  # only where it is used
            AESGCM,
        )

        self._cipher: AESGCM = AESGCM(key)

    def __repr__(self) -> str:
        return "<NumberSeal>"

    def sealed(self, number: str, patron_id: int) -> bytes:
        """What may stand in the database for the patron's ten digits."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, number.encode(), _bound(patron_id))

    def opened(self, sealed: bytes, patron_id: int) -> str:
        """The ten digits. Raises NumberUnreadable."""
        from cryptography.exceptions import InvalidTag

        try:
            number = self._cipher.decrypt(
                sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _bound(patron_id)
            )
        except (InvalidTag, ValueError):
            raise NumberUnreadable("a national number was sealed under another key") from None
        return number.decode()


def _bound(patron_id: int) -> bytes:
    return b"patron %d" % patron_id
