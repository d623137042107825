"""Secrets that can be read again: national numbers, and what the staff's authenticators hold.

Identifiers are kept as hashes, which cannot be turned back (see
`circulation.patrons.identifiers`); a letter needs the number itself, and to check a code takes the
secret that it is made of. So these are kept encrypted with AES-256-GCM under a key that stands in
the configuration alone: a copy of the database gives none of them away. Each is bound to its owner,
so that a row moved to another owner cannot be opened.
"""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
_NONCE_BYTES = 12


class Unreadable(ValueError):
    """The secret was sealed under another key, or for another owner."""


class Seal:
    """The key of an installation, of 32 bytes."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"the key that seals must have {KEY_BYTES} bytes")
        self._key = key

    @cached_property
    def _cipher(self) -> AESGCM:
        from cryptography.hazmat.primitives.ciphers.aead import (  # only where it is used
            AESGCM,
        )

        return AESGCM(self._key)

    def __repr__(self) -> str:
        return "<Seal>"

    def sealed(self, secret: str, owner: str) -> bytes:
        """What may stand in the database for the secret; `owner` says whose it is."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret.encode(), owner.encode())

    def opened(self, sealed: bytes, owner: str) -> str:
        """The secret of that owner. Raises Unreadable."""
        from cryptography.exceptions import InvalidTag

        try:
            secret = self._cipher.decrypt(
                sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], owner.encode()
            )
        except (InvalidTag, ValueError):
            raise Unreadable("it was sealed under another key, or for another owner") from None
        return secret.decode()


def of_patron(patron_id: int) -> str:
    """The owner that a patron is."""
    return f"patron {patron_id}"
