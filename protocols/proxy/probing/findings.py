"""What a probe has found out about an old system."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Charset = Literal["ascii", "utf-8", "cp850", "windows-1252"]
#: How a system deals with messages whose no block is Y.
NoBlock = Literal["honoured", "ignored", "not tried"]


@dataclass
class Clock:
    """The clock of the system. `offset` is in seconds: positive where it is ahead of ours."""

    offset: float
    is_utc: bool
    #: The same date came for two answers that were seconds apart.
    is_stopped: bool = False


@dataclass
class Speed:
    """Times of answers in seconds, and messages a second over several lines at once."""

    median: float
    slowest: float
    #: Lines open at once -> answers a second.
    by_lines: dict[int, float] = field(default_factory=dict)
    #: The number of lines at which one was refused or stayed without an answer.
    refused_at: int | None = None

    @property
    def lines(self) -> int:
        """Return how many lines at once are of use: more of them must bring a fifth more."""
        best = 1
        for count, rate in sorted(self.by_lines.items()):
            if rate >= 1.2 * self.by_lines.get(best, 0.0):
                best = count
        return best


@dataclass
class Findings:
    """All that was found out. None, and what is missing, stand for what could not be tried."""

    host: str
    port: int
    #: What ends an answer: CR, LF or CRLF.
    line_end: str = ""
    has_checksums: bool = False
    institution: str = ""
    #: Seconds after which a terminal should ask again, by 98.
    timeout_period: float | None = None
    #: Code of a request -> "answered", "refused" (by 96), "no answer"; with "promised" by BX.
    messages: dict[str, str] = field(default_factory=dict)
    promised: dict[str, bool] = field(default_factory=dict)
    clock: Clock | None = None
    charset: Charset | None = None
    currency: str = ""
    #: ``24.BV``: optional fields that the system was not seen to send, though they are of use.
    leaves_out: tuple[str, ...] = ()
    #: One count of all holds, or two: ready and waiting (64).
    hold_counts: Literal["one", "two"] | None = None
    #: The form of due dates (AH), and of the dates of messages, as an example with digits as 9.
    due_form: str = ""
    no_block: NoBlock = "not tried"
    #: The due date of a message with no block = Y is the due date of the loan.
    takes_due_date: bool | None = None
    #: A check-out with no block = Y to a card that is blocked is done.
    ignores_blocks: bool | None = None
    speed: Speed | None = None
    #: What a person has to know or do, in the order in which it was found.
    remarks: list[str] = field(default_factory=list)
