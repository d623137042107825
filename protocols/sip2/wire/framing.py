"""Segments of a connection -> frames, which end with CR; LF and CRLF are accepted, too. A frame may
come in any number of segments, and a segment may hold many. A frame that is too long is thrown away
completely, so that nobody can fill the memory. Control bytes before a frame, such as the LF of a
CRLF, are not part of it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from protocols.sip2.wire.deviations import ENDED_WITH_CRLF, ENDED_WITH_LF, JOINED, SPLIT, TOO_LONG

_LEADING = bytes(range(33)) + b"\x7f"


class FrameReader:
    """The frames of one connection, `max_frame` bytes long at most.

    `count` is called with the names of deviations (see `protocols.sip2.wire.deviations`).
    """

    def __init__(self, max_frame: int, count: Callable[[str, int], object]) -> None:
        #: The number of bytes fed and not yet taken.
        self.pending = 0
        self._max_frame = max_frame
        self._count = count
        self._frames: deque[bytes] = deque()
        self._partial = b""
        self._is_discarding = False
        self._last = b""

    def feed(self, data: bytes) -> None:
        """Takes in a segment."""
        if b"\n" in data:
            self._count_ends(data)
            data = data.replace(b"\n", b"\r")
        self._last = data[-1:]
        end = data.find(b"\r")
        is_between = not (self._partial or self._is_discarding)
        if is_between and end == len(data) - 1 and 0 < end <= self._max_frame:
            self._frames.append(data[:end])  # a message and nothing else, as nearly always
            self.pending += end
            return
        before = len(self._frames)
        first, *others = data.split(b"\r")
        self._continue(first)
        for piece in others:
            self._end()
            self._continue(piece)
        if self._partial:
            self._count(SPLIT, 1)
        if len(self._frames) - before > 1:
            self._count(JOINED, 1)

    @property
    def has_frame(self) -> bool:
        """Is there a whole frame? It may consist of control bytes alone."""
        return bool(self._frames)

    def take(self) -> bytes | None:
        """The next whole frame, from its first printable byte on; None while there is none."""
        while self._frames:
            raw = self._frames.popleft()
            self.pending -= len(raw)
            frame = raw.lstrip(_LEADING)
            if frame:
                return frame
        return None

    def _count_ends(self, data: bytes) -> None:
        whole = b"\r" + data if self._last == b"\r" else data
        pairs = whole.count(b"\r\n")
        lines = whole.count(b"\n") - pairs
        if pairs:
            self._count(ENDED_WITH_CRLF, pairs)
        if lines:
            self._count(ENDED_WITH_LF, lines)

    def _continue(self, piece: bytes) -> None:
        if not piece or self._is_discarding:
            return
        if len(self._partial) + len(piece) > self._max_frame:
            self._is_discarding = True
            self.pending -= len(self._partial)
            self._partial = b""
            self._count(TOO_LONG, 1)
            return
        self._partial += piece
        self.pending += len(piece)

    def _end(self) -> None:
        if self._partial:
            self._frames.append(self._partial)
            self._partial = b""
        self._is_discarding = False
