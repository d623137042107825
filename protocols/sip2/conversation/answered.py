"""What a terminal was answered, kept for when it asks again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

#: How often the same answer is repeated; terminals give up after three to five times.
MAX_REPEATS: Final = 20


@dataclass(slots=True)
class Answered:
    """The last request: its sequence number and checksum, and the frame that answered it."""

    sequence: bytes
    checksum: bytes
    outgoing: bytes


@dataclass(frozen=True, slots=True)
class Written:
    """A response whose body is written already; `is_again`: it was given before. `is_passing`: it
    says that nothing can be done for now, so the same request, even with the same sequence number,
    is another try, and a login that got it has not failed.
    """

    body: bytes
    is_again: bool = False
    is_passing: bool = False
