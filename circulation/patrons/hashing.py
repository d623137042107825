"""How PINs are hashed: argon2id.

19 MiB, two passes and one lane are the first choice of OWASP's password storage recommendations;
the library's own defaults take eight times as long.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # who only looks at somebody hashes nothing
    from argon2 import PasswordHasher


@cache
def hasher() -> PasswordHasher:
    """What makes the hashes and verifies them."""
    from argon2 import PasswordHasher, Type

    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, type=Type.ID)


def octets(text: str) -> bytes:
    """UTF-8, also of the lone surrogates that stand for undecodable bytes of a client."""
    return text.encode("utf-8", "surrogatepass")


def verifies(stored: str, text: str) -> bool:
    """Is the text behind the hash? A stored hash that is none is wrong for every text."""
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return hasher().verify(stored, octets(text))
    except (VerificationError, InvalidHashError):
        return False
