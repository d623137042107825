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
    """A response whose body is written already; `is_again` tells that it was given before.

    One that `is_passing` says that nothing can be done for now: the same request again, even with
    the same sequence number, is another try, and a login that got it is not one that failed.
    """

    body: bytes
    is_again: bool = False
    is_passing: bool = False
