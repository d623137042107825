"""What a terminal was answered, kept for when it asks again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

#: How often the same answer is repeated; terminals give up after three to five times.
MAX_REPEATS: Final = 20


@dataclass(slots=True)
class Answered:
    """The last request: its sequence number and body, and the frame that answered it.

    The checksum is that of the body, and not enough: a sum is the same for I0000012 and I0000021,
    and there are terminals that never count their messages.
    """

    sequence: bytes
    body: bytes
    outgoing: bytes


class Written(NamedTuple):
    """A response whose body is written already; `is_again`: it was given before. `is_passing`: it
    says that nothing can be done for now, so the same request, even with the same sequence number,
    is another try, and a login that got it has not failed.
    """

    body: bytes
    is_again: bool = False
    is_passing: bool = False
