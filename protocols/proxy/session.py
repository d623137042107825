"""One terminal's connection to the proxy as a state machine without IO.

It hands out one message at a time, as it came, and writes what it is given as it is: sequence
numbers, checksums, charsets and fields are between the terminal and the system. What is only
between the terminal and the next hop is dealt with here (SIP2 2.12, p. 16): a message whose
checksum is wrong is answered with 96, 97 gets the last answer again, and so does the last message
once more with its sequence number and checksum. Ends of messages are those that the terminal sends.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from protocols.proxy.kinds import NOT_UNDERSTOOD, RESEND
from protocols.sip2.codec import Frame, open_frame, seal
from protocols.sip2.conversation.answered import MAX_REPEATS, Answered
from protocols.sip2.wire.deviations import ENDED_WITH_CRLF
from protocols.sip2.wire.framing import FrameReader
from protocols.sip2.wire.text import Dialect

_CR: Final = b"\r"
_PLAIN: Final = Dialect()


class Asked(NamedTuple):
    """A message of a terminal: as it came, without its end, and what is in it."""

    raw: bytes
    frame: Frame

    def sealed(self, body: bytes) -> bytes:
        """An answer of the proxy's own, with the number and the checksum that are expected."""
        return seal(body, self.frame.sequence, self.frame.checksum is not None, _PLAIN)[:-1]


class TerminalSession:
    """A `protocols.hosting.listening.Session` whose requests are `Asked`, and whose responses are
    messages without their ends; None closes the connection, and b"" is no answer at all.
    """

    def __init__(self, max_frame: int, idle_timeout: float, now: float) -> None:
        self.closing = False
        self.end = _CR
        self.counts: dict[str, int] = {}
        self._idle_timeout = idle_timeout
        self._deadline = now + idle_timeout
        self._reader = FrameReader(max_frame, self._count)
        self._asked: Asked | None = None
        self._answered: Answered | None = None
        self._last_sent = b""
        self._repeats = 0
        self._outgoing: list[bytes] = []

    @property
    def pending(self) -> int:
        return self._reader.pending

    @property
    def deadline(self) -> float:
        return self._deadline

    def _count(self, name: str, count: int) -> None:
        self.counts[name] = self.counts.get(name, 0) + count
        if name == ENDED_WITH_CRLF:
            self.end = b"\r\n"

    def receive_data(self, data: bytes, now: float) -> None:
        self._deadline = now + self._idle_timeout
        self._reader.feed(data)

    def next_request(self) -> Asked | None:
        while not self.closing and (raw := self._reader.take()) is not None:
            frame = open_frame(raw)
            if not frame.is_sound:
                body = seal(NOT_UNDERSTOOD, None, frame.checksum is not None, _PLAIN)
                self._put(body[:-1])
            elif frame.body[:2] == RESEND:
                self._repeat(self._last_sent)
            elif self._is_again(frame):
                self._repeat(self._answered.outgoing if self._answered else b"")
            else:
                self._asked = Asked(raw, frame)
                return self._asked
        return None

    def _is_again(self, frame: Frame) -> bool:
        answered = self._answered
        return (
            answered is not None
            and frame.sequence == answered.sequence
            and frame.checksum is not None
            and frame.body == answered.body
        )

    def send(self, response: Any, now: float) -> None:
        asked, self._asked = self._asked, None
        self._repeats = 0
        if response is None:
            self.closing = True
            return
        if not response:
            return
        frame = asked.frame if asked is not None else None
        self._answered = (
            None
            if frame is None or frame.sequence is None or frame.checksum is None
            else Answered(frame.sequence, frame.body, response)
        )
        self._put(response)

    def _repeat(self, outgoing: bytes) -> None:
        """Sends an answer once more, but not endlessly: a small 97 can ask for a long one."""
        if not outgoing:
            self._put(seal(NOT_UNDERSTOOD, None, False, _PLAIN)[:-1])
        elif self._repeats < MAX_REPEATS:
            self._repeats += 1
            self._put(outgoing)

    def _put(self, outgoing: bytes) -> None:
        self._last_sent = outgoing
        self._outgoing.append(outgoing + self.end)

    def take_outgoing(self) -> bytes:
        outgoing = b"".join(self._outgoing)
        self._outgoing.clear()
        return outgoing

    def expire(self, now: float) -> None:
        """The terminal has been silent for too long."""
        if now >= self._deadline:
            self.closing = True
