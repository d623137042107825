"""Secrets that the engine gives out: tokens, keys of workstations, secrets of programs.

Each has 256 bits of chance, so a plain digest is enough to keep it by: nobody finds it by trying,
and it is looked up by its digest, in whose comparison no time can be measured.
"""

from __future__ import annotations

from hashlib import blake2b
from secrets import token_urlsafe


def new_token() -> str:
    """43 characters of A-Z, a-z, 0-9, ``-`` and ``_``."""
    return token_urlsafe(32)


def digest_of(token: str, realm: str = "") -> bytes:
    """What the database holds of it. A token is good in its realm alone: in another it is nobody's.

    `realm` has 16 bytes at the most.
    """
    told = token.encode("utf-8", "surrogatepass")
    return blake2b(told, digest_size=32, person=realm.encode()).digest()
