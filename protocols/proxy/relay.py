"""One terminal's conversation: where each of its messages goes, and what comes back.

    message -> same as before? -> route -> journal -> disk -> system -> journal -> terminal

A message that changes something and comes again byte for byte, perhaps on a new connection, gets
the answer that it had, or has: the system is not asked twice (`Repeats`).
"""

from __future__ import annotations

import logging
from typing import Final

from protocols.hosting.reactor import reactor
from protocols.proxy.conversation import Reply, Sender
from protocols.proxy.exchange import Exchange
from protocols.proxy.journal.records import text_of
from protocols.proxy.kinds import (
    CHANGING,
    END_OF_SESSION,
    LOGIN,
    OF_PATRONS,
    code_of,
    text_field,
)
from protocols.proxy.line import Line
from protocols.proxy.proxy import Proxy
from protocols.proxy.session import Asked, TerminalSession
from protocols.proxy.settings import Mode, System, TerminalSettings
from protocols.sip2.codec import open_frame

log = logging.getLogger(__name__)

#: Seconds without a message after which a patron has left a machine.
PATRON_GONE: Final = 300.0


class Relay:
    """What answers the messages of one connection. `host` is where it comes from."""

    def __init__(self, proxy: Proxy, host: str, number: int, session: TerminalSession) -> None:
        self.proxy = proxy
        self.host = host
        self.number = number
        self.session = session
        self.settings: TerminalSettings | None = proxy.settings.by_address(host)
        self.name = host if self.settings is None else self.settings.login
        #: The 93 of this connection as it came, for the other system and for a new line.
        self.login: bytes | None = None
        self._is_logged_in = False
        self._lines: dict[System, Line] = {}
        self._is_busy = self._is_gone = False
        #: The mode of the patron's session under way, and when it was last heard of.
        self._side: Mode | None = None
        self._patron = ""
        self._heard = 0.0

    def close(self) -> None:
        """The terminal is gone; what it has asked for is done all the same."""
        self._is_gone = True
        if not self._is_busy:
            self._close_lines()

    def _close_lines(self) -> None:
        for line in self._lines.values():
            line.close()

    def answer(self, asked: Asked, reply: Reply) -> None:
        """Answers a message of the terminal: calls `reply` once."""
        self._is_busy = True

        def done(raw: bytes | None) -> None:
            self._is_busy = False
            if raw and code_of(asked.frame.body) == LOGIN:
                self._is_logged_in = raw.startswith(b"941")
            if self._is_gone:
                self._close_lines()
            reply(raw)

        self._answer(asked, done)

    def _answer(self, asked: Asked, reply: Reply) -> None:
        body = asked.frame.body
        code = code_of(body)
        now = reactor.seconds()
        if code == LOGIN:
            self._logs_in(asked)
        if self.settings is None and self.proxy.settings.others == "refused":
            log.warning("a terminal that is not listed was refused: %s at %s", self.name, self.host)
            reply(asked.sealed(b"940") if code == LOGIN else None)
            return
        mode = self.proxy.modes.of(self.name)
        side = self._side_of(code, body, mode, now)
        sent = text_of(self.proxy.secrets.hidden(body))
        self.exchange(self, asked, sent, (mode, side), reply)

    def exchange(
        self,
        sender: Sender,
        asked: Asked,
        sent: str,
        modes: tuple[Mode, Mode],
        reply: Reply,
        to: System | None = None,
    ) -> None:
        """Passes a message on for `sender`, to the system that is asked or to `to`; one that came
        before gets the answer that it had. `sent` is as the journal has it.
        """
        again, now = 0, reactor.seconds()
        if code_of(asked.frame.body) in CHANGING:
            known = self.proxy.repeats.find(self.name, sent, now)
            if known is not None and known.unknown:
                again = known.unknown
            elif known is not None:
                self.proxy.counts["asked again"] += 1
                if known.answer:
                    reply(_sealed_again(asked, known.answer[0]))
                else:
                    known.waiting.append(lambda answer: reply(_sealed_again(asked, answer)))
                return
            self.proxy.repeats.begin(self.name, sent, now)
        Exchange(sender, asked, sent, modes, reply, to).begin(again)

    def beside(self) -> Aside:
        """Lines beside the terminal's own, for what it has asked for in one message."""
        return Aside(self)

    @property
    def is_let_in(self) -> bool:
        """Has a system let it in, or the proxy by its address? Else it is not answered in the place
        of one that is down. Who sends no login has to have been served before.
        """
        if self.login is not None:
            return self._is_logged_in
        return self.settings is not None or self.name in self.proxy.state.served

    def _logs_in(self, asked: Asked) -> None:
        self.login = asked.raw
        self._is_logged_in = False
        name = text_field(asked.frame.body, "CN")
        found = self.proxy.settings.by_login(name)
        if found is not None and found.networks and not self.proxy.is_from(found, self.host):
            log.warning("%s is not called from %s", name, self.host)
            found = None
        self.settings = found
        self.name = name or self.host

    def _side_of(self, code: str, body: bytes, mode: Mode, now: float) -> Mode:
        """The mode that counts: that in which the session of the patron at the machine began."""
        if self._side is not None and now - self._heard > PATRON_GONE:
            self._side = None
        if code in OF_PATRONS:
            patron = text_field(body, "AA")
            if self._side is None or (patron and patron != self._patron):
                self._side, self._patron = mode, patron
            self._heard = now
        side = self._side
        if code == END_OF_SESSION:
            self._side = None
        return mode if side is None else side

    def line(self, system: System) -> Line:
        """This terminal's own line to a system."""
        found = self._lines.get(system)
        if found is None:
            found = self._lines[system] = self.proxy.connections.line(system, lambda: self.login)
        return found


class Aside:
    """Who sends the parts of a message of a terminal, on lines of their own."""

    def __init__(self, relay: Relay) -> None:
        self.proxy, self.name, self.number = relay.proxy, relay.name, relay.number
        self.session, self.settings = relay.session, relay.settings
        self._relay = relay
        self._lines: dict[System, Line] = {}

    @property
    def is_let_in(self) -> bool:
        return self._relay.is_let_in

    def line(self, system: System) -> Line:
        found = self._lines.get(system)
        if found is None:
            login = self._relay.login
            found = self._lines[system] = self.proxy.connections.line(system, lambda: login)
        return found

    def beside(self) -> Aside:
        return self

    def exchange(
        self, body: bytes, of: Asked, modes: tuple[Mode, Mode], to: System, reply: Reply
    ) -> None:
        """Sends a part of the message `of`, without its trailer, to a system."""
        raw = of.sealed(body)
        asked = Asked(raw, open_frame(raw))
        sent = text_of(self.proxy.secrets.hidden(body))
        self._relay.exchange(self, asked, sent, modes, reply, to)

    def close(self) -> None:
        """Nothing follows; what is under way is waited for."""
        for line in self._lines.values():
            line.close()


def _sealed_again(asked: Asked, body: bytes) -> bytes:
    """An earlier answer under the number of the message that came again."""
    return asked.sealed(body) if body else b""
