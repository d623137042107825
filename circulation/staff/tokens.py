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


def digest_of(token: str) -> bytes:
    """What the database holds of it."""
    return blake2b(token.encode("utf-8", "surrogatepass"), digest_size=32).digest()
