"""The login by prompts of terminals that were built for a telnet line.

    < login:
    > kiosk
    < password:
    > secret
    < Login OK.  Initiating SIP

Then the terminal sends SIP2 messages, 99 first as a rule.
"""

from __future__ import annotations

import re
from typing import Any, Final

from protocols.sip2.codec import Frame
from protocols.sip2.conversation.answered import Written
from protocols.sip2.messages import Login, Request, Response
from protocols.sip2.session import Sip2Session

ASK_LOGIN: Final = b"login: "
ASK_PASSWORD: Final = b"password: "
ACCEPTED: Final = b"Login OK.  Initiating SIP\r\n"
REFUSED: Final = b"Invalid login\r\n"
#: What a telnet client negotiates (RFC 854) was not typed by anybody.
_NEGOTIATION: Final = re.compile(rb"\xff(?:[\xfb-\xfe].|\xfa.*?\xff\xf0|[\xf0-\xfa])", re.DOTALL)
#: The algorithm "clear text" of 93.
_CLEAR: Final = "0"


class PromptedSession(Sip2Session):
    """A connection that begins with prompts; after them it is like all others."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._is_prompting = True
        self._typed: str | None = None
        self._outgoing.append(ASK_LOGIN)

    def _admit(self, raw: bytes) -> Request | None:
        if not self._is_prompting:
            return super()._admit(raw)
        self._frame = Frame(b"", None, None, True)
        text = _NEGOTIATION.sub(b"", raw).decode(self.settings.charset, "replace").strip()
        if self._typed is None:
            self._typed = text or None
            self._outgoing.append(ASK_PASSWORD if text else ASK_LOGIN)
            return None
        login = Login(_CLEAR, _CLEAR, self._typed, text)
        self._typed = None
        if self._is_too_soon(login):
            return None
        self._request = login
        return login

    def _answer(self, response: Response | Written) -> None:
        if not self._is_prompting:
            super()._answer(response)
            return
        self._request = None
        self._is_prompting = not self.is_ready
        if self._is_prompting:
            self._outgoing.append(REFUSED + (b"" if self.closing else ASK_LOGIN))
        else:
            self._outgoing.append(ACCEPTED)
