"""A SIP2 client: the terminal's side of a connection, out of the same codec as the server's.

    with Sip2Client(open_line("sip.example.org", 6001)) as client:
        client.ask(Login("0", "0", "kiosk", "secret"))
        status = client.ask(SCStatus("0", 80, "2.00"))
        print(status.library_name)

Requests are the messages of `protocols.sip2.messages`, and so are the answers. With error detection
(SIP2 2.12, p. 16) a message that gets no answer, or a 96, is sent again with the same bytes, so
that the server can tell that it is the same; an answer whose checksum is wrong is asked for again
with 97; an answer to an earlier message is thrown away. Without it a message is sent again, too,
and only its code gives away an answer that comes too late.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from enum import IntEnum
from typing import Any, Final, Self, cast, overload

from protocols.sip2.asking.line import Line
from protocols.sip2.codec import decode, encode, open_frame, seal
from protocols.sip2.fields import Fields
from protocols.sip2.messages import (
    LAYOUTS,
    REQUESTS,
    ACSStatus,
    BlockPatron,
    Checkin,
    CheckinResponse,
    Checkout,
    CheckoutResponse,
    EndPatronSession,
    EndSessionResponse,
    FeePaid,
    FeePaidResponse,
    Hold,
    HoldResponse,
    ItemInformation,
    ItemInformationResponse,
    ItemStatusUpdate,
    ItemStatusUpdateResponse,
    Login,
    LoginResponse,
    PatronEnable,
    PatronEnableResponse,
    PatronInformation,
    PatronInformationResponse,
    PatronStatusRequest,
    PatronStatusResponse,
    Renew,
    RenewAll,
    RenewAllResponse,
    RenewResponse,
    Request,
    RequestACSResend,
    Response,
    SCStatus,
    answer_code,
)
from protocols.sip2.wire.text import Dialect

_LEADING: Final = bytes(range(33))

_ASKS_AGAIN: Final = b"96"
#: Request -> the code of its answer.
ANSWERED_BY: Final[dict[type, bytes]] = {
    layout.message: answer_code(code).encode()
    for code, layout in LAYOUTS.items()
    if layout.message in REQUESTS
}


class NoAnswer(Exception):
    """No answer came in time, however often the message was sent."""


class OffLine(Exception):
    """The server has answered with a 98 that it is off line (`status`)."""

    def __init__(self, status: ACSStatus) -> None:
        super().__init__(" ".join(status.screen_message) or "the server is off line")
        self.status = status


class Summary(IntEnum):
    """The lists of 64, by their position in the summary of 63."""

    HOLD_ITEMS = 0
    OVERDUE_ITEMS = 1
    CHARGED_ITEMS = 2
    FINE_ITEMS = 3
    RECALL_ITEMS = 4
    UNAVAILABLE_HOLD_ITEMS = 5
    FEES = 6  # an extension: Gossip, FOLIO and Tiro

    @property
    def summary(self) -> str:
        """The ten characters of the field."""
        return "Y".rjust(self + 1).ljust(10)


#: The attribute of 64 that holds a list.
_LISTS: Final = {
    Summary.HOLD_ITEMS: "hold_items",
    Summary.OVERDUE_ITEMS: "overdue_items",
    Summary.CHARGED_ITEMS: "charged_items",
    Summary.FINE_ITEMS: "fine_items",
    Summary.RECALL_ITEMS: "recall_items",
    Summary.UNAVAILABLE_HOLD_ITEMS: "unavailable_hold_items",
    Summary.FEES: "fees",
}


class Sip2Client:
    """Speaks over a `Line`, which it closes at the end of a ``with`` block.

    A message is sent up to `retries` times more if no answer comes within the line's timeout.
    `line` can be used in between to send what no well-behaved terminal would.
    """

    def __init__(
        self,
        line: Line,
        *,
        dialect: Dialect | None = None,
        error_detection: bool = True,
        retries: int = 3,
    ) -> None:
        self.line = line
        self.dialect = dialect or Dialect()
        self.error_detection = error_detection
        self.retries = retries
        self._sequence = 9

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.line.close()

    @overload
    def ask(self, request: Login) -> LoginResponse: ...
    @overload
    def ask(self, request: SCStatus) -> ACSStatus: ...
    @overload
    def ask(self, request: PatronStatusRequest | BlockPatron) -> PatronStatusResponse: ...
    @overload
    def ask(self, request: PatronInformation) -> PatronInformationResponse: ...
    @overload
    def ask(self, request: PatronEnable) -> PatronEnableResponse: ...
    @overload
    def ask(self, request: ItemInformation) -> ItemInformationResponse: ...
    @overload
    def ask(self, request: ItemStatusUpdate) -> ItemStatusUpdateResponse: ...
    @overload
    def ask(self, request: Checkout) -> CheckoutResponse: ...
    @overload
    def ask(self, request: Checkin) -> CheckinResponse: ...
    @overload
    def ask(self, request: Renew) -> RenewResponse: ...
    @overload
    def ask(self, request: RenewAll) -> RenewAllResponse: ...
    @overload
    def ask(self, request: Hold) -> HoldResponse: ...
    @overload
    def ask(self, request: FeePaid) -> FeePaidResponse: ...
    @overload
    def ask(self, request: EndPatronSession) -> EndSessionResponse: ...
    def ask(self, request: Request) -> Response:
        """The answer to a request.

        Raises NoAnswer, OffLine, LineError, and MalformedMessage for an answer that cannot be read.
        """
        frame = self.frame(request)
        body = self.exchange(frame, ANSWERED_BY[type(request)])
        answer = cast("Response", decode(body, self.dialect))
        if isinstance(answer, ACSStatus) and not isinstance(request, SCStatus):
            raise OffLine(answer)
        return answer

    def frame(self, request: Request) -> bytes:
        """The bytes of a request, with the next sequence number if there is error detection."""
        self._sequence = (self._sequence + 1) % 10
        return self._sealed(encode(request, self.dialect), b"%d" % self._sequence)

    def _sealed(self, body: bytes, sequence: bytes | None) -> bytes:
        return seal(body, sequence, self.error_detection, self.dialect)

    def exchange(self, frame: bytes, expected: bytes) -> bytes:
        """Sends a whole frame until an answer with the code `expected` comes, or a 98 instead.
        Returns the answer without its sequence number and checksum. Raises NoAnswer and LineError.
        """
        self.line.drain()
        sequence = open_frame(frame.rstrip()).sequence
        for _ in range(1 + self.retries):
            self.line.send(frame)
            answer = self._awaited(sequence, (expected, b"98"))
            if answer is not None:
                return answer
        raise NoAnswer(f"no answer to a {frame[:2].decode()}")

    def _awaited(self, sequence: bytes | None, expected: tuple[bytes, ...]) -> bytes | None:
        """The next answer to this message; None if the message must be sent again."""
        end = time.monotonic() + self.line.timeout
        complaints = 0
        while (raw := self.line.frame(max(end - time.monotonic(), 0.0))) is not None:
            answer = open_frame(raw.lstrip(_LEADING))
            if not answer.is_sound and complaints < self.retries:
                complaints += 1
                self.line.send(self._sealed(encode(RequestACSResend(), self.dialect), None))
                continue
            if answer.body[:2] == _ASKS_AGAIN:
                return None
            is_late = answer.sequence is not None and answer.sequence != sequence
            if answer.is_sound and not is_late and answer.body[:2] in expected:
                return answer.body
        return None

    # Lists

    def all_lines(
        self, request: PatronInformation, which: Summary, page: int = 20
    ) -> Iterator[str | Fields]:
        """A whole list of a patron, asked for in pages of this length (BP, BQ). Yields texts, or
        for `Summary.FEES` the fields of each fee. A server that does not know pages sends all at
        once, and that is the end.
        """
        start, last = 1, None
        while True:
            answer = self.ask(
                replace(
                    request,
                    summary=which.summary,
                    start_item=str(start),
                    end_item=str(start + page - 1),
                )
            )
            lines: tuple[Any, ...] = getattr(answer, _LISTS[which])
            if lines == last:
                return
            yield from lines
            if len(lines) != page:
                return
            start, last = start + page, lines
