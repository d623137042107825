"""The session of one message that came over HTTPS, with its login and password beside it.

It goes through what a connection goes through: the login first, as if it were a 93, then the
message. What a connection would answer with a new question or with silence becomes an error in
words, since here nothing else follows.
"""

from __future__ import annotations

import logging
from typing import Any, Final

from protocols.sip2.codec import Frame
from protocols.sip2.conversation.answered import Written
from protocols.sip2.conversation.pacing import Pace
from protocols.sip2.messages import Login, Request, Response
from protocols.sip2.session import Sip2Session
from protocols.sip2.settings import Account
from protocols.sip2.wire.envelope import Envelope

REFUSED: Final = "Login or password is wrong, or this login is not for SIP2 over HTTPS from here."
TOO_SOON: Final = "This login was tried too often with a wrong password: wait a minute."
NOT_FOR_NOW: Final = "This cannot be answered for the moment. Please try again later."
TOO_LONG: Final = "The message is too long."
CUT_SHORT: Final = "The message is cut short: its fixed fields are not all there."
UNKNOWN: Final = "There is no such message, or it is none that is sent by a terminal."
NOTHING_TO_REPEAT: Final = "Nothing is repeated over HTTPS: send the message itself again."
#: The algorithm "clear text" of 93.
_CLEAR: Final = "0"


class EnvelopedSession(Sip2Session):
    """A connection for one message. `error` says why it is not answered; `is_passing`: that may be
    otherwise in a moment.

    `paces` are those of the accounts, by login: what an account may send in a second is counted
    over all of its messages.
    """

    #: A login with each message is nothing to be told of.
    login_level = logging.DEBUG

    error: str | None = None
    is_passing = False
    _message: str | None = None
    _login_sent: Login | None = None

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._paces: dict[str, Pace] = {}

    def receive(self, envelope: Envelope, paces: dict[str, Pace]) -> None:
        """The message has come, and what goes with it."""
        self._message = envelope.message
        self._login_sent = Login(_CLEAR, _CLEAR, envelope.login, envelope.password)
        self._paces = paces

    @property
    def resumes(self) -> float | None:
        """When the message may be dealt with, where it came faster than its account may send."""
        return self._pace.resumes if self._reader.has_frame else None

    def next_request(self) -> Request | None:
        login, self._login_sent = self._login_sent, None
        if login is not None:
            self._frame = Frame(b"", None, None, True)
            self._request = login
            if self._is_too_soon(login):
                self.error = TOO_SOON
                return None
            return login
        if not self.is_ready:
            return None
        message, self._message = self._message, None
        if message is not None:
            body = message.encode(self.agreed.dialect.charset, "replace")
            if len(body) > self.settings.max_frame:
                self.error = TOO_LONG
                return None
            self._reader.feed(body + b"\r")
        request = super().next_request()
        if request is None and not self._outgoing and self.error is None and self.resumes is None:
            self.error = UNKNOWN
        return request

    def _enter(self, account: Account, device: str, now: float) -> None:
        super()._enter(account, device, now)
        # Characters are for the XML to write.
        self.agreed.dialect = self.agreed.dialect._replace(charset="utf-8")
        if account.messages_per_second is not None:
            self._pace = self._paces.setdefault(account.login, Pace())

    def _answer(self, response: Response | Written) -> None:
        if not isinstance(self._request, Login) or self._message is None:
            super()._answer(response)
            return
        self._request = None
        if isinstance(response, Written):
            self.error, self.is_passing = NOT_FOR_NOW, response.is_passing
        elif not self.is_ready and self.error is None:
            self.error = REFUSED

    def _ask_again(self) -> None:
        if self._frame.checksum is not None:
            super()._ask_again()
        else:
            is_97 = self._frame.body[:2] == b"97"
            self.error = NOTHING_TO_REPEAT if is_97 else CUT_SHORT

    @property
    def answer(self) -> str:
        """The message that answers, without its end."""
        return self.take_outgoing().decode("utf-8", "replace").rstrip("\r\n")
