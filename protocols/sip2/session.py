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
    any             farewell said             closing: the server ends, see below

Until it is ready only a Login (93) and an SC Status (99) are handed out; whatever else is asked
gets its negative answer here. A terminal that needs no login is ready with the first message
(`protocols.sip2.terminals.entrance`), and a port with prompts has its own way to a login
(`protocols.sip2.prompts`).

Error detection is automatic: the answer to a frame with a checksum has one, and the answer to a
frame without has none. A frame whose checksum is wrong, or whose message is cut short, is answered
with 96. The previous frame once more, with the same sequence number and checksum, is the retry of a
terminal that missed its answer: it gets that answer again and nothing is done twice. 97 repeats the
last frame sent, byte for byte. Unknown messages are ignored, as the standard demands.
`protocols.sip2.handling.once` recognises other retries.

A terminal that says in 99 that it speaks protocol 1.00 is answered in that, until it sends a 93,
which that version lacks. When the server ends, the next message of each terminal is answered with a
98 that says so, whatever it was: the library system never speaks first.

Deviations from the standard are counted for the account (`protocols.sip2.wire.deviations`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

from protocols.hosting.throttle import FailedLogins
from protocols.sip2.codec import (
    Frame,
    MalformedMessage,
    decode,
    encode,
    has_control_bytes,
    masked,
    open_frame,
    seal,
    without_national_numbers,
)
from protocols.sip2.conversation.agreed import Agreed
from protocols.sip2.conversation.answered import MAX_REPEATS, Answered, Written
from protocols.sip2.conversation.pacing import Pace
from protocols.sip2.conversation.states import TRANSITIONS, Event, State
from protocols.sip2.failures import failure_response
from protocols.sip2.messages import (
    Login,
    LoginResponse,
    Request,
    RequestACSResend,
    RequestSCResend,
    Response,
    SCStatus,
)
from protocols.sip2.settings import Account, Sip2Settings
from protocols.sip2.terminals.accounts import Accounts
from protocols.sip2.terminals.entrance import Entrance
from protocols.sip2.terminals.tally import COUNTED_AS, Tally
from protocols.sip2.wire.dates import local_date
from protocols.sip2.wire.deviations import (
    BEFORE_LOGIN,
    CONTROL_BYTES,
    CUT_SHORT,
    LOGIN_TOO_SOON,
    SENT_AGAIN,
    SLOWED_DOWN,
    UNKNOWN_MESSAGE,
    WRONG_CHECKSUM,
)
from protocols.sip2.wire.framing import FrameReader
from protocols.sip2.wire.text import MAX_VALUE
from protocols.sip2.wording import Text, language_of, say

log = logging.getLogger(__name__)


class Sip2Session:
    """A `protocols.hosting.listening.Session` with a `Farewell`.

    `now` is monotonic seconds, `clock` gives the time of day. `account` is that of the last good
    login, and `device` the location code (CP) given with it, or else the other end's address, as
    `entrance` has it.
    """

    #: At which level the log is told of a login.
    login_level: int = logging.INFO

    def __init__(
        self,
        settings: Sip2Settings,
        now: float,
        clock: Callable[[], datetime],
        entrance: Entrance | None = None,
        tally: Tally | None = None,
    ) -> None:
        self.settings = settings
        self.tally = Tally() if tally is None else tally
        self.state = State.AWAITING_LOGIN
        self.is_ready = self.closing = False  # by its state: each message asks several times
        self.entrance = entrance or Entrance(settings, Accounts(settings), "", FailedLogins())
        self.accounts = self.entrance.accounts
        self._login: str | None = None
        self._peer = self.device = self.entrance.peer
        self.agreed = Agreed(settings.first_dialect())
        self._deadline = now + settings.login_timeout
        self._now = now
        self._pace = Pace()
        self._clock = clock
        self._is_draining = False
        self._bad_logins = 0
        self._repeats = 0
        self._reader = FrameReader(settings.max_frame, self.count)
        self._request: Request | None = None
        self._frame = Frame(b"", None, None, True)
        self._answered: Answered | None = None
        self._last_sent = b""
        self._outgoing: list[bytes] = []
        #: Told of each frame that comes (``>``) and goes (``<``): see `recording`.
        self.record: Callable[[str, bytes], object] | None = None

    @property
    def pending(self) -> int:
        return self._reader.pending

    @property
    def deadline(self) -> float | None:
        """When the terminal has been silent for too long, or its messages need wait no more."""
        resumes = self._pace.resumes
        return self._deadline if resumes is None else min(resumes, self._deadline)

    # Bytes in, requests out

    def receive_data(self, data: bytes, now: float) -> None:
        self._now = now
        if self.is_ready:
            self._deadline = now + self.settings.idle_timeout
        self._reader.feed(data)

    def next_request(self) -> Request | None:
        while not self.closing and self._reader.has_frame:
            if self._is_held():
                return None
            raw = self._reader.take()
            if raw is None:
                return None
            request = self._admit(raw)
            if request is not None:
                return request
        return None

    def _is_held(self) -> bool:
        """Has the terminal sent more than its account may, so that the rest must wait?"""
        account = self.account
        rate = account.messages_per_second if account is not None else None
        was_held = self._pace.resumes is not None
        if rate is None and not was_held:
            return False
        is_held = self._pace.is_held(rate, self._now)
        if is_held and not was_held:
            self.count(SLOWED_DOWN)
        return is_held

    def _admit(self, raw: bytes) -> Request | None:
        """The request in a frame, unless the session can answer it or must ignore it."""
        if self.record is not None:
            self.record(">", raw)
        frame = open_frame(raw)
        self._frame = frame
        if not frame.is_sound:
            self.count(WRONG_CHECKSUM)
            self._ask_again()
            return None
        answered = self._answered
        if (
            answered is not None
            and frame.sequence == answered.sequence
            and frame.checksum is not None
            and frame.body == answered.body
        ):
            self.count(SENT_AGAIN)
            self._repeat(answered.outgoing)
            return None
        request = self._read(raw, frame)
        if request is None or (isinstance(request, Login) and self._is_too_soon(request)):
            return None
        if self._is_admitted(request):
            self.agreed.note(request)
            self._request = request
            return request
        self.count(BEFORE_LOGIN)
        text = say(Text.LOGIN_FIRST, "en")
        self._answer(failure_response(request, local_date(self._clock(), self.accounts.zone), text))
        return None

    def _read(self, raw: bytes, frame: Frame) -> Request | None:
        """The request in a sound frame, unless it is none or the session is about to end."""
        counted_as = COUNTED_AS.get(frame.body[:2])
        if counted_as is None:
            log.debug("%s sent a message that is not known", self)
            self.count(UNKNOWN_MESSAGE)
            return None
        if not self.is_ready and frame.body[:2] != b"93":
            self._enter_without_login()
        self.count(counted_as)
        if log.isEnabledFor(logging.DEBUG):
            self._trace(">", frame.body)
        if self._is_draining:
            self._answer(failure_response(SCStatus("0", None, ""), "", self._say(Text.SERVER_ENDS)))
            self._happens(Event.FAREWELL_SAID)
            return None
        notes: list[str] = []
        try:
            message: Any = decode(frame.body, self.agreed.dialect, notes)
        except MalformedMessage as malformed:
            log.debug("%s sent a malformed message: %s", self, malformed)
            self.count(CUT_SHORT)
            self._ask_again()
            return None
        if has_control_bytes(raw):
            notes.append(CONTROL_BYTES)
        for note in notes:
            self.count(note)
        if isinstance(message, RequestACSResend):
            if self._last_sent:
                self._repeat(self._last_sent)
            else:
                self._ask_again()
            return None
        request: Request = message
        return request

    def _is_admitted(self, request: Request) -> bool:
        if self.is_ready or isinstance(request, Login):
            return True
        return isinstance(request, SCStatus) and self.entrance.may_ask_status()

    # Responses in, bytes out

    @property
    def request_body(self) -> bytes:
        """The bytes of the request under way, without its sequence number and checksum."""
        return self._frame.body

    def count(self, name: str, count: int = 1) -> None:
        """Counts for the account, or for nobody before the login; nothing for one that judges."""
        account = self.account
        if account is not None and account.judges:
            return
        self.tally.add(account.login if account is not None else "", name, count)

    speaks_first: bool = False

    def shut_down(self, now: float) -> None:
        """The server ends: the next message is answered with a 98 that says so, and is the last."""
        self._is_draining = True

    def send(self, response: Response | Written, now: float) -> None:
        self._now = now
        request = self._request
        if isinstance(request, Login) and isinstance(response, LoginResponse):
            self.entrance.tried(request.login_user_id, response.ok, now)
            self._logged_in(request, response.ok, now)
        self._answer(response)

    def _answer(self, response: Response | Written) -> None:
        self._request = None
        self._repeats = 0
        frame = self._frame
        if isinstance(response, Written):
            body = response.body
            if response.is_again:
                self.count(SENT_AGAIN)
        else:
            body = self.agreed.writer()(response)
        outgoing = seal(body, frame.sequence, frame.checksum is not None, self.agreed.dialect)
        if log.isEnabledFor(logging.DEBUG):
            self._trace("<", body)
        self._answered = (
            None
            if frame.sequence is None
            or frame.checksum is None
            or (isinstance(response, Written) and response.is_passing)
            else Answered(frame.sequence, frame.body, outgoing)
        )
        self._put(outgoing)

    def _trace(self, direction: str, sent: bytes) -> None:
        """At the level debug all messages are logged, with passwords and PINs masked."""
        shown = without_national_numbers(masked(sent, self.agreed.dialect.delimiter.encode()))
        log.debug("%s %s %s", self, direction, shown.decode("latin-1"))

    def _ask_again(self) -> None:
        """96, which carries no sequence number."""
        body = encode(RequestSCResend(), self.agreed.dialect)
        self._put(seal(body, None, self._frame.checksum is not None, self.agreed.dialect))

    def _repeat(self, outgoing: bytes) -> None:
        """Sends a frame once more, but not endlessly: a small 97 can ask for a long answer."""
        if self._repeats < MAX_REPEATS:
            self._repeats += 1
            self._put(outgoing)

    def _put(self, outgoing: bytes) -> None:
        self._last_sent = outgoing
        self._outgoing.append(outgoing)
        if self.record is not None:
            self.record("<", outgoing)

    def take_outgoing(self) -> bytes:
        outgoing = b"".join(self._outgoing)
        self._outgoing.clear()
        return outgoing

    # Logins and deadlines

    @property
    def account(self) -> Account | None:
        """The account of the last good login as it is now; None also if it was removed, or no
        longer admits this terminal."""
        return None if self._login is None else self.entrance.account(self._login)

    def _is_too_soon(self, request: Login) -> bool:
        """Was this login tried too often? Then it is refused without looking at the password."""
        is_held = self.entrance.is_held(request.login_user_id, self._now)
        if is_held:
            self.count(LOGIN_TOO_SOON)
            self._logged_in(request, False, self._now)
            self._answer(LoginResponse(ok=False))
        return is_held

    def _enter_without_login(self) -> None:
        account = self.entrance.without_login()
        if account is not None:
            self._enter(account, self._peer, self._now)
            log.info("%s needs no login", self)

    def _enter(self, account: Account, device: str, now: float) -> None:
        self._bad_logins = 0
        self._login = account.login
        self.device = device[:MAX_VALUE]
        self.agreed.dialect = account.dialect(self.settings.delimiter)
        self._deadline = now + self.settings.idle_timeout
        self._happens(Event.LOGIN_ACCEPTED)

    def _logged_in(self, request: Login, ok: bool, now: float) -> None:
        account = self.accounts.by_login.get(request.login_user_id) if ok else None
        if account is not None:
            self._enter(account, request.location_code or self._peer, now)
            log.log(self.login_level, "%s has logged in", self)
            return
        log.warning("%s: login refused", self)
        self._bad_logins += 1
        self._login = None
        self._deadline = now + self.settings.login_timeout
        is_last = self._bad_logins >= self.settings.login_tries
        self._happens(Event.LOGIN_REFUSED_TOO_OFTEN if is_last else Event.LOGIN_REFUSED)

    def expire(self, now: float) -> None:
        """The login or the next message did not come in time, for which SIP2 has no message.

        Or it is time to go on with what was sent too fast.
        """
        self._now = now
        if now < self._deadline:
            return
        log.info("%s was silent for too long", self)
        self._happens(Event.DEADLINE_PASSED)

    def _say(self, text: Text) -> str:
        account = self.account
        return say(text, language_of(self.agreed.language, account.language if account else "en"))

    def _happens(self, event: Event) -> None:
        self.state = TRANSITIONS[self.state, event]
        self.is_ready, self.closing = self.state is State.READY, self.state is State.CLOSING

    def __str__(self) -> str:
        return f"{self.account.login if self.account else 'a terminal'} at {self._peer or '?'}"
