"""What a terminal was answered, kept for when it asks again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

#: How often the same answer is sent again; terminals give up after three to five times.
MAX_REPEATS: Final = 20


@dataclass(slots=True)
class Answered:
    """The last request: what it was known by, and the frame it was answered with."""

    sequence: bytes
    checksum: bytes
    outgoing: bytes


@dataclass(frozen=True, slots=True)
class Written:
    """A response whose body is written already; `is_again` tells that it was given before."""

    body: bytes
    is_again: bool = False
