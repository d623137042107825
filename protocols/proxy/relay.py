"""One terminal's conversation: where each of its messages goes, and what comes back.

    message -> same as before? -> route -> journal -> disk -> system -> journal -> terminal

A message that changes something and comes again byte for byte, perhaps on a new connection, gets
the answer that it had, or has: the system is not asked twice (`Repeats`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Final, cast

from protocols.hosting.reactor import reactor
from protocols.proxy.finding_out import KNOWABLE, Found, Inquiry
from protocols.proxy.journal.records import Record, text_of
from protocols.proxy.kinds import (
    CHANGING,
    END_OF_SESSION,
    LOGIN,
    MONEY,
    OF_PATRONS,
    code_of,
    text_field,
)
from protocols.proxy.line import CLOSED, Line, Said
from protocols.proxy.proxy import Proxy
from protocols.proxy.routing import is_judged, system_for
from protocols.proxy.session import Asked, TerminalSession
from protocols.proxy.settings import Mode, System, TerminalSettings
from protocols.sip2.codec import open_frame

log = logging.getLogger(__name__)

#: Seconds without a message after which a patron has left a machine.
PATRON_GONE: Final = 300.0

#: Seconds that a message waits for a system to be told of what came before.
BEHIND: Final = 2.0

#: Gives the terminal its answer, without its end; see `TerminalSession`.
Reply = Callable[[bytes | None], object]


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
        mode = self.proxy.mode_of(self.name)
        side = self._side_of(code, body, mode, now)
        sent = text_of(self.proxy.secrets.hidden(body))
        again = 0
        if code in CHANGING:
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
        Exchange(self, asked, sent, (mode, side), reply).begin(again)

    def _logs_in(self, asked: Asked) -> None:
        self.login = asked.raw
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
            found = self._lines[system] = self.proxy.line_to(system, lambda: self.login)
        return found

    def lose(self, system: System) -> None:
        """The line is no good any more."""
        self._lines.pop(system, None)


class Exchange:
    """A message of a terminal on its way, until the terminal has its answer."""

    def __init__(
        self, relay: Relay, asked: Asked, sent: str, modes: tuple[Mode, Mode], reply: Reply
    ) -> None:
        """`sent`: the message as it stands in the journal. `modes`: the terminal's, and that in
        which the patron's session began.
        """
        self.relay = relay
        self.proxy = relay.proxy
        self.asked = asked
        self.sent = sent
        self.code = code_of(asked.frame.body)
        self.mode, self.side = modes
        holder = self.proxy.holder_of(self.code, asked.frame.body)
        self.to: System = system_for(self.code, self.side, holder)
        self.id = 0
        self._reply = reply
        self._began = 0.0
        self._is_second = False
        #: The same message was sent before, and nobody knows what became of it.
        self._is_unknown = self._was_sent = False
        #: Until when it waits for what came before to be told.
        self._patience = 0.0

    def begin(self, again: int = 0) -> None:
        """Writes it down, and goes on when that is on the disk. `again` is the number of the same
        message before, of whose answer nobody knows.
        """
        relay, frame = self.relay, self.asked.frame
        record = cast(
            "Record",
            {
                "kind": "request",
                "terminal": relay.name,
                "connection": relay.number,
                "mode": self.mode,
                "side": self.side,
                "to": self.to,
                "sent": self.sent,
            },
        )
        if again:
            record["again"] = again
            self._is_unknown = True
        if frame.sequence is not None:
            record["seq"] = frame.sequence.decode()
        self._began = reactor.seconds()
        try:
            self.id = self.proxy.journal.put(record, self._written)
        except OSError as error:
            self._written(error)

    def _written(self, failed: OSError | None) -> None:
        if failed is None or self.side == "old":
            # In the mode `old` nothing depends on the journal, and lending goes on without it.
            if self.id and is_judged(self.side, self.to):
                body = self.asked.frame.body
                self.proxy.will_be_judged(self.id, self.relay.name, self.code, body)
            self._patience = reactor.seconds() + BEHIND
            self._ask()
        else:
            self.done(self.proxy.refusal(self.asked), "proxy")

    def _ask(self) -> None:
        body = self.asked.frame.body
        down = self.proxy.is_down(self.to)
        if not down and self.proxy.is_behind(self.to, self.code, body):
            if reactor.seconds() < self._patience:
                reactor.callLater(BEHIND / 40, self._ask)
                return
            down = "has still to be told of what came before"
        if down:
            self._answer_for()
            return
        if self._is_unknown:
            self._is_unknown = False
            if self.code in KNOWABLE:
                self._find_out()
                return
            if self.code == MONEY:
                self.silent(Said(None, "was sent this before, and nobody heard its answer", True))
                self.done(self.proxy.refusal(self.asked), "proxy")
                return
        self.relay.line(self.to).ask(self.asked.raw, self._said, self.relay.session.end)

    def _find_out(self) -> None:
        """Asks whether it was done; if not, it is sent, once more."""
        line = self.relay.line(self.to)
        end = self.relay.session.end

        def found(what: Found) -> None:
            if what.answer:
                self.done(self.asked.sealed(what.answer), self.to)
            elif what.is_known:
                self._is_second = True
                line.ask(self.asked.raw, self._said, end)
            else:
                self.silent(Said(None, "did not say whether it was done", True))
                self._answer_for()

        due = self.proxy.due_of(text_field(self.asked.frame.body, "AB"))
        Inquiry(
            lambda body, done: line.ask(self.asked.sealed(body), done, end),
            self.asked.frame.body,
            due,
            self.proxy.local_date(),
        ).begin(found)

    def _said(self, said: Said) -> None:
        self.proxy.system_answered(self.to, said)
        if said.raw is not None:
            if self.code == LOGIN and self.to == "old":
                self.proxy.logged_in(self.asked.raw)
            self.done(said.raw, self.to)
            return
        if said.was_sent and self.code not in CHANGING and not self._is_second:
            # A line that was closed meanwhile: it asks for nothing but to be opened again.
            self._is_second = True
            self._ask()
            return
        if said.was_sent and self.code in KNOWABLE and said.why == CLOSED and not self._is_second:
            self._is_second = True
            self._find_out()
            return
        self.silent(said)
        self._answer_for()

    def _answer_for(self) -> None:
        """Answers in the system's place, if that is wanted."""
        own = b""
        if self.to == "new" or self.proxy.settings.old.answer_for_it:
            own = self.proxy.off_line(self.relay.name, self.asked)
        if not own:
            self.proxy.repeats.forget(self.relay.name, self.sent)
        self.done(own, "proxy")

    def silent(self, said: Said) -> None:
        """Writes down that the system did not answer."""
        log.warning("%s: the %s system %s", self.relay.name, self.to, said.why)
        self._was_sent = said.was_sent
        if self.id:
            self.proxy.put_silent(self.id, self.to, said.why, was_sent=said.was_sent)

    def done(self, raw: bytes, by: str) -> None:
        """Writes the answer down and gives it to the terminal. `raw` is as it goes on the wire,
        without its end; empty: the terminal gets none.
        """
        if raw:
            body = _body_of(raw)
            milliseconds = round((reactor.seconds() - self._began) * 1000, 2)
            record: dict[str, Any] = {
                "kind": "answer",
                "of": self.id,
                "by": by,
                "ms": milliseconds,
                "sent": text_of(self.proxy.secrets.hidden(body)),
            }
            if by == "proxy" and self.code in CHANGING:
                # What a patron is told in a system's place is all that there is of it.
                self._put(record, lambda failed: self._tell(raw))
                return
            self._put(record)
        self._tell(raw)

    def _tell(self, raw: bytes) -> None:
        if self.code in CHANGING:
            name, now = self.relay.name, reactor.seconds()
            self.proxy.answered(name, self.sent, raw)
            if self._was_sent and self.proxy.repeats.find(name, self.sent, now) is None:
                # The same once more is no new message: it may have been done.
                self.proxy.repeats.begin(name, self.sent, now, self.id)
        self._reply(raw)

    def _put(self, record: dict[str, Any], durable: Any = None) -> None:
        if not self.id:
            if durable is not None:
                durable(None)
            return
        try:
            self.proxy.journal.put(record, durable)
        except OSError as error:
            if durable is not None:
                durable(error)


def _body_of(raw: bytes) -> bytes:
    return open_frame(raw).body


def _sealed_again(asked: Asked, body: bytes) -> bytes:
    """An earlier answer under the number of the message that came again."""
    return asked.sealed(body) if body else b""
