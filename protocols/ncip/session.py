"""NCIP over raw TCP, without IO: documents in, documents out (Z39.83-1-2012, 7).

One message is in work at a time. A second one that comes before the first is answered is refused,
as the standard says: the answer to the first is followed by the Problem Protocol Error, and the
connection ends. Each answer ends with a line feed, for clients that read line by line.

| state | bytes | silence |
|---|---|---|
| idle | a document is handed out | `idle_seconds`, then the connection ends |
| receiving | | `message_seconds` from the first byte: Problem, and the connection ends |
| answering | a second message: Problem after the answer, and the end | nothing is due |
| lost | a Problem is sent, and the connection ends | |
"""

from __future__ import annotations

from protocols.ncip.codec import encode
from protocols.ncip.messages import Refusal
from protocols.ncip.problems.problem_types import ProblemType
from protocols.ncip.problems.problems import problem
from protocols.ncip.wire.framing import DocumentScanner, Unframeable


class NcipSession:
    """One connection. Requests and responses are the bytes of documents."""

    def __init__(
        self, now: float, idle_seconds: float = 300.0, message_seconds: float = 30.0
    ) -> None:
        self.closing = False
        self.deadline: float | None = now + idle_seconds
        self._idle_seconds = idle_seconds
        self._message_seconds = message_seconds
        self._scanner = DocumentScanner()
        self._is_receiving = False
        self._is_answering = False
        self._now = now
        self._outgoing: list[bytes] = []

    @property
    def pending(self) -> int:
        """The number of bytes that have arrived and were not handed out."""
        return self._scanner.held

    def receive_data(self, data: bytes, now: float) -> None:
        """Takes bytes in; `next_request` looks at them."""
        self._now = now
        if not self.closing:
            self._scanner.feed(data)

    def next_request(self) -> bytes | None:
        """The next whole document; None while there is none."""
        if self.closing or self._is_answering:
            return None
        try:
            document = self._scanner.next_document()
        except Unframeable as error:
            self._refuse(ProblemType.INVALID_MESSAGE_SYNTAX, str(error))
            return None
        if document is not None:
            self._is_answering = True
            self._is_receiving = False
            self.deadline = None
            return document
        is_receiving = self._scanner.held > 0
        if not is_receiving:
            self.deadline = self._now + self._idle_seconds
        elif not self._is_receiving:
            self.deadline = self._now + self._message_seconds
        self._is_receiving = is_receiving
        return None

    def send(self, response: bytes, now: float) -> None:
        """Answers the last document of `next_request`."""
        self._now = now
        self._is_answering = False
        self._outgoing.append(response + b"\n")
        if self._scanner.has_begun():
            self._refuse(ProblemType.PROTOCOL_ERROR, "a message before the answer to the last")
        else:
            self.deadline = now + self._idle_seconds

    def take_outgoing(self) -> bytes:
        """The bytes to write now: a whole answer in one piece."""
        outgoing = b"".join(self._outgoing)
        self._outgoing.clear()
        return outgoing

    def expire(self, now: float) -> None:
        """Silence within a message is answered; silence between two just ends the connection."""
        if self._is_receiving:
            self._refuse(ProblemType.INVALID_MESSAGE_SYNTAX, "the message did not end in time")
        self.closing = True

    def _refuse(self, kind: ProblemType, why: str) -> None:
        """Sends the Problem that ends the connection."""
        refusal = Refusal(None, (problem(kind, why),))
        self._outgoing.append(encode(refusal) + b"\n")
        self.closing = True
        self.deadline = None
