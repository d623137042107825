"""The target's side of one Z-association, without IO (Z39.50-2003, section 4.2 and table 36).

Octets come in by `receive_data`; whole requests go out by `next_request`, one at a time and in
order, each answered by `send` before the next is given. The states and what may arrive in them
are the table `_NEXT`; what is not in it ends the association with Close (protocolError), and so
does an APDU that cannot be decoded. Close is dealt with here: it is answered with Close, and when
it comes while a request is being answered it does not wait for that answer.
"""

from __future__ import annotations

from collections import deque
from enum import Enum

from protocols.z3950.association import Answer, Association
from protocols.z3950.codec import MalformedMessage, decode, encode
from protocols.z3950.messages.apdus import Apdu
from protocols.z3950.messages.association import (
    Close,
    CloseReason,
    InitializeRequest,
    InitializeResponse,
    ResourceReportRequest,
    TriggerResourceControlRequest,
)
from protocols.z3950.messages.extended_services import ExtendedServicesRequest
from protocols.z3950.messages.result_sets import (
    DeleteResultSetRequest,
    DuplicateDetectionRequest,
    SortRequest,
)
from protocols.z3950.messages.retrieval import PresentRequest
from protocols.z3950.messages.scanning import ScanRequest
from protocols.z3950.messages.searching import SearchRequest
from protocols.z3950.settings import Z3950Settings
from protocols.z3950.wire.framing import ApduStream


class State(Enum):
    IDLE = "before Init"
    OPEN = "after Init"
    CLOSED = "after Close, or a refused Init"

    __hash__ = object.__hash__  # that of Enum is a call for each message


#: Requests that an open association answers, each with its own response.
_ANSWERED: tuple[type[Apdu], ...] = (
    SearchRequest,
    PresentRequest,
    DeleteResultSetRequest,
    ScanRequest,
    SortRequest,
    ExtendedServicesRequest,
    ResourceReportRequest,
    DuplicateDetectionRequest,
)

#: What may arrive in each state, and the state after it. Everything else is a protocol error.
_NEXT: dict[State, dict[type[Apdu], State]] = {
    State.IDLE: {InitializeRequest: State.OPEN, Close: State.CLOSED},
    State.OPEN: {
        Close: State.CLOSED,
        # It has no response, and a target may ignore it (3.2.6.2).
        TriggerResourceControlRequest: State.OPEN,
        **dict.fromkeys(_ANSWERED, State.OPEN),
    },
}

#: The bit of protocolVersion for version 3; versions 1 and 2 are the same (3.2.1.1.1).
_VERSION_3 = 1 << 2

_CLOSE_TAG = b"\xbf\x30"


class Z3950Session:
    """One association; a `protocols.hosting.listening.Session`. Times are monotonic seconds."""

    def __init__(self, settings: Z3950Settings, now: float) -> None:
        self.association = Association(settings)
        self.state = State.IDLE
        self.deadline: float | None = now + settings.idle_timeout
        self._stream = ApduStream(settings.maximum_request_size)
        self._waiting: deque[bytes | MalformedMessage] = deque()
        self._waiting_size = 0
        self._request: Apdu | None = None
        self._outgoing: list[bytes] = []

    @property
    def closing(self) -> bool:
        """Nothing more is read; the connection ends once the outgoing octets are written."""
        return self.state is State.CLOSED

    @property
    def pending(self) -> int:
        """Octets received that have not become a request yet."""
        return len(self._stream) + self._waiting_size

    def receive_data(self, data: bytes, now: float) -> None:
        """Takes octets in; faults in them come to light in the order of requests."""
        if self.closing:
            return
        self.deadline = now + self.association.settings.idle_timeout
        self._stream.feed(data)
        if self._request is not None:
            self._look_for_close()

    def _look_for_close(self) -> None:
        """Cuts up what came while a request is being answered: a Close may overtake it."""
        while not (self._waiting and isinstance(self._waiting[-1], MalformedMessage)):
            try:
                apdu = self._stream.next_apdu()
            except MalformedMessage as error:
                self._waiting.append(error)
                return
            if apdu is None:
                return
            if apdu.startswith(_CLOSE_TAG):
                self._accept(apdu)
                return
            self._waiting.append(apdu)
            self._waiting_size += len(apdu)

    def next_request(self) -> Apdu | None:
        """The next request to answer, or None until more octets come."""
        while self._request is None and self.state is not State.CLOSED:
            try:
                apdu = self._take() if self._waiting else self._stream.next_apdu()
            except MalformedMessage as error:
                self._refuse(error)
                return None
            if apdu is None:
                return None
            self._accept(apdu)
        return self._request

    def _take(self) -> bytes:
        apdu = self._waiting.popleft()
        if isinstance(apdu, MalformedMessage):
            raise apdu
        self._waiting_size -= len(apdu)
        return apdu

    def _accept(self, apdu: bytes) -> None:
        """Decodes an APDU and makes the transition it asks for."""
        try:
            message = decode(apdu)
        except MalformedMessage as error:
            self._refuse(error)
            return
        following = _NEXT[self.state].get(type(message))
        if following is None:
            self._close(
                CloseReason.PROTOCOL_ERROR,
                f"{type(message).__name__} is not expected {self.state.value}",
                message.reference_id,
            )
        elif isinstance(message, Close):
            self._close(CloseReason.FINISHED, None, message.reference_id)
        elif not isinstance(message, TriggerResourceControlRequest):
            self.state = following
            self._request = message

    def _refuse(self, error: MalformedMessage) -> None:
        self._close(CloseReason.PROTOCOL_ERROR, f"malformed APDU: {error}")

    def _close(
        self, reason: CloseReason, information: str | None, reference_id: bytes | None = None
    ) -> None:
        close = Close(reason, information, reference_id=reference_id)
        self._outgoing.append(encode(close))
        self.state = State.CLOSED
        self.deadline = None
        self._waiting.clear()
        self._waiting_size = 0
        self._request = None

    def send(self, answer: Answer, now: float) -> None:
        """Answers the request handed out last; does nothing if Close has come meanwhile."""
        request = self._request
        if request is None:
            return
        self._request = None
        response = answer.response
        for part in (*answer.segments, response):
            part.reference_id = request.reference_id
            self._outgoing.append(encode(part))
        self.deadline = now + self.association.settings.idle_timeout
        if isinstance(response, InitializeResponse):
            association = self.association
            association.version = 3 if response.protocol_version & _VERSION_3 else 2
            association.preferred_message_size = response.preferred_message_size
            association.exceptional_record_size = response.exceptional_record_size
            association.options = int(response.options)  # `&` of flags is slow
            association.account = answer.account
            association.negotiated_charset = answer.record_charset
        for name, result_set in answer.result_sets.items():
            if result_set is None:
                self.association.result_sets.pop(name, None)
            else:
                self.association.keep(name, result_set)
        if answer.closing:
            self.state = State.CLOSED
            self.deadline = None

    speaks_first: bool = True

    def shut_down(self, now: float) -> None:
        """Ends the association because the server ends."""
        if self.state is State.OPEN:
            self._close(CloseReason.SHUTDOWN, "the server is shutting down")
        self.state = State.CLOSED

    def take_outgoing(self) -> bytes:
        """The octets to be written now."""
        outgoing = b"".join(self._outgoing)
        self._outgoing.clear()
        return outgoing

    def expire(self, now: float) -> None:
        """Ends the association when its deadline has passed (lackOfActivity)."""
        if self.deadline is not None and self.deadline <= now:
            self._close(CloseReason.LACK_OF_ACTIVITY, "no request for too long")
