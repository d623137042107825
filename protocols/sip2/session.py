"""One terminal's connection as a state machine without IO (SIP2 2.12, chapters 2 and 5).

A connection awaits its login; after a good one it is ready; after too many bad ones, or too long
a silence, it is closing:

    state           event                     next state
    awaiting login  login accepted            ready
    awaiting login  login refused             awaiting login
    awaiting login  login refused too often   closing
    ready           login accepted            ready: a terminal may log in again
    ready           login refused             awaiting login: the old account counts no more
    ready           login refused too often   closing
    any             deadline passed           closing

Until it is ready only a Login (93) and an SC Status (99) are handed out; whatever else is asked is
answered here, negatively and by its own pair.

Error detection is automatic: after a frame with a checksum the answers carry one, after a frame
without they do not. A frame whose sum is wrong, or whose message is cut short, is answered with
96. The previous frame once more, same sequence number and same checksum, is the retry of a
terminal that missed its answer: it gets that answer again and nothing is done twice. 97 repeats
the last frame sent, byte for byte. Unknown messages are ignored, as the standard demands.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import cast

from protocols.sip2.codec import (
    Frame,
    MalformedMessage,
    decode,
    encode,
    open_frame,
    seal,
)
from protocols.sip2.dates import utc_date
from protocols.sip2.failures import failure_response
from protocols.sip2.layouts import LAYOUTS
from protocols.sip2.messages import (
    REQUESTS,
    EndPatronSession,
    Login,
    LoginResponse,
    PatronInformation,
    PatronStatusRequest,
    Request,
    RequestACSResend,
    RequestSCResend,
    Response,
    SCStatus,
)
from protocols.sip2.settings import Account, Sip2Settings
from protocols.sip2.text import MAX_VALUE
from protocols.sip2.wording import Text, say

log = logging.getLogger(__name__)


class State(Enum):
    AWAITING_LOGIN = "awaiting login"
    READY = "ready"
    CLOSING = "closing"


class Event(Enum):
    LOGIN_ACCEPTED = "login accepted"
    LOGIN_REFUSED = "login refused"
    LOGIN_REFUSED_TOO_OFTEN = "login refused too often"
    DEADLINE_PASSED = "deadline passed"


TRANSITIONS: dict[tuple[State, Event], State] = {
    (State.AWAITING_LOGIN, Event.LOGIN_ACCEPTED): State.READY,
    (State.AWAITING_LOGIN, Event.LOGIN_REFUSED): State.AWAITING_LOGIN,
    (State.AWAITING_LOGIN, Event.LOGIN_REFUSED_TOO_OFTEN): State.CLOSING,
    (State.AWAITING_LOGIN, Event.DEADLINE_PASSED): State.CLOSING,
    (State.READY, Event.LOGIN_ACCEPTED): State.READY,
    (State.READY, Event.LOGIN_REFUSED): State.AWAITING_LOGIN,
    (State.READY, Event.LOGIN_REFUSED_TOO_OFTEN): State.CLOSING,
    (State.READY, Event.DEADLINE_PASSED): State.CLOSING,
    (State.CLOSING, Event.DEADLINE_PASSED): State.CLOSING,
}

#: How often the same answer is sent again; terminals give up after three to five times.
MAX_REPEATS = 20

#: The codes of the messages that a terminal may send; all others are ignored.
_TAKEN = frozenset(
    code.encode()
    for code, layout in LAYOUTS.items()
    if layout.message in REQUESTS or layout.message is RequestACSResend
)
_LEADING = bytes(range(33)) + b"\x7f"


@dataclass(slots=True)
class _Answered:
    """The last request: what it was known by, and the frame it was answered with."""

    sequence: bytes
    checksum: bytes
    outgoing: bytes


class Sip2Session:
    """A `protocols.listening.Session`. `now` is monotonic seconds, `clock` gives the time of day.

    `account` is that of the last good login, and `device` the location code (CP) given with it,
    or else `peer`, the other end's address. `language` is the code that the terminal's patron has
    chosen (23, 63), ``000`` if none.
    """

    def __init__(
        self, settings: Sip2Settings, now: float, clock: Callable[[], datetime], peer: str = ""
    ) -> None:
        self.settings = settings
        self.state = State.AWAITING_LOGIN
        self.account: Account | None = None
        self.device = peer
        self.language = "000"
        self.pending = 0
        self.deadline: float | None = now + settings.login_timeout
        self._clock = clock
        self._peer = peer
        self._dialect = settings.first_dialect()
        self._width: int | None = None
        self._bad_logins = 0
        self._repeats = 0
        self._frames: deque[bytes] = deque()
        self._partial = b""
        self._is_discarding = False
        self._request: Request | None = None
        self._frame = Frame(b"", None, None, True)
        self._answered: _Answered | None = None
        self._last_sent = b""
        self._outgoing: list[bytes] = []

    @property
    def closing(self) -> bool:
        return self.state is State.CLOSING

    # Bytes in: frames end with CR; LF and CRLF are taken as well

    def receive_data(self, data: bytes, now: float) -> None:
        if self.state is State.READY:
            self.deadline = now + self.settings.idle_timeout
        first, *others = data.replace(b"\n", b"\r").split(b"\r")
        self._continue_frame(first)
        for piece in others:
            self._end_frame()
            self._continue_frame(piece)

    def _continue_frame(self, piece: bytes) -> None:
        if not piece or self._is_discarding:
            return
        if len(self._partial) + len(piece) > self.settings.max_frame:
            self._is_discarding = True
            self.pending -= len(self._partial)
            self._partial = b""
            log.debug("%s sent a frame that is too long", self)
            return
        self._partial += piece
        self.pending += len(piece)

    def _end_frame(self) -> None:
        if self._partial:
            self._frames.append(self._partial)
            self._partial = b""
        self._is_discarding = False

    # Requests out

    def next_request(self) -> Request | None:
        while self._frames and self.state is not State.CLOSING:
            frame = self._frames.popleft()
            self.pending -= len(frame)
            request = self._admit(frame)
            if request is not None:
                return request
        return None

    def _admit(self, raw: bytes) -> Request | None:
        """The request in a frame, unless the session can answer it or must ignore it."""
        frame = open_frame(raw.lstrip(_LEADING))
        self._frame = frame
        if not frame.is_sound:
            self._ask_again()
            return None
        answered = self._answered
        if (
            answered is not None
            and frame.sequence == answered.sequence
            and frame.checksum == answered.checksum
        ):
            self._repeat(answered.outgoing)
            return None
        if frame.body[:2] not in _TAKEN:
            log.debug("%s sent a message that is not known", self)
            return None
        try:
            message = decode(frame.body, self._dialect)
        except MalformedMessage as malformed:
            log.debug("%s sent a malformed message: %s", self, malformed)
            self._ask_again()
            return None
        if isinstance(message, RequestACSResend):
            if self._last_sent:
                self._repeat(self._last_sent)
            else:
                self._ask_again()
            return None
        request = cast("Request", message)
        if self._is_admitted(request):
            self._note(request)
            self._request = request
            return request
        text = say(Text.LOGIN_FIRST, "en")
        self._answer(failure_response(request, utc_date(self._clock()), text))
        return None

    def _is_admitted(self, request: Request) -> bool:
        if self.state is State.READY or isinstance(request, Login):
            return True
        return isinstance(request, SCStatus) and self.settings.status_before_login

    def _note(self, message: Request) -> None:
        """Keeps what later answers depend on."""
        if isinstance(message, SCStatus):
            self._width = message.max_print_width
        elif isinstance(message, PatronStatusRequest | PatronInformation):
            self.language = message.language
        elif isinstance(message, EndPatronSession):
            self.language = "000"

    # Responses in, bytes out

    def send(self, response: Response, now: float) -> None:
        request = self._request
        if isinstance(request, Login) and isinstance(response, LoginResponse):
            self._logged_in(request, response.ok, now)
        self._answer(response)

    def _answer(self, response: Response) -> None:
        self._request = None
        self._repeats = 0
        frame = self._frame
        body = encode(response, self._dialect, self._width)
        outgoing = seal(body, frame.sequence, frame.checksum is not None, self._dialect)
        self._answered = (
            None
            if frame.sequence is None or frame.checksum is None
            else _Answered(frame.sequence, frame.checksum, outgoing)
        )
        self._put(outgoing)

    def _ask_again(self) -> None:
        """96, which carries no sequence number."""
        body = encode(RequestSCResend(), self._dialect)
        self._put(seal(body, None, self._frame.checksum is not None, self._dialect))

    def _repeat(self, outgoing: bytes) -> None:
        """Sends a frame once more, but not without end: a small 97 can ask for a long answer."""
        if self._repeats < MAX_REPEATS:
            self._repeats += 1
            self._put(outgoing)

    def _put(self, outgoing: bytes) -> None:
        self._last_sent = outgoing
        self._outgoing.append(outgoing)

    def take_outgoing(self) -> bytes:
        outgoing = b"".join(self._outgoing)
        self._outgoing.clear()
        return outgoing

    # Logins and deadlines

    def _logged_in(self, request: Login, ok: bool, now: float) -> None:
        account = self.settings.by_login.get(request.login_user_id) if ok else None
        if account is not None:
            self._bad_logins = 0
            self.account = account
            self.device = (request.location_code or self._peer)[:MAX_VALUE]
            self._dialect = account.dialect(self.settings.delimiter)
            self.deadline = now + self.settings.idle_timeout
            self._happens(Event.LOGIN_ACCEPTED)
            log.info("%s has logged in", self)
            return
        log.warning("%s: login refused", self)
        self._bad_logins += 1
        self.account = None
        self.deadline = now + self.settings.login_timeout
        is_last = self._bad_logins >= self.settings.login_tries
        self._happens(Event.LOGIN_REFUSED_TOO_OFTEN if is_last else Event.LOGIN_REFUSED)

    def expire(self, now: float) -> None:
        """The login or the next message did not come in time. SIP2 has no word for that."""
        log.info("%s was silent for too long", self)
        self._happens(Event.DEADLINE_PASSED)

    def _happens(self, event: Event) -> None:
        self.state = TRANSITIONS[self.state, event]

    def __str__(self) -> str:
        return f"{self.account.login if self.account else 'a terminal'} at {self._peer or '?'}"
