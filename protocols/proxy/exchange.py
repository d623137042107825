"""A message of a terminal on its way, from the journal to the system that is asked and back."""

from __future__ import annotations

import logging
from typing import Any, Final, cast

from circulation.languages.sentences import Sentence
from protocols.hosting.reactor import reactor
from protocols.proxy.conversation import Reply, Sender
from protocols.proxy.finding_out import KNOWABLE, Found, Inquiry
from protocols.proxy.in_both import InBoth, InParts
from protocols.proxy.journal.records import Record, text_of
from protocols.proxy.kinds import (
    ALL_LOANS,
    CHANGING,
    LOGIN,
    MONEY,
    OF_BOTH,
    STATUS,
    code_of,
    text_field,
)
from protocols.proxy.line import CLOSED, Said
from protocols.proxy.routing import is_judged, system_for
from protocols.proxy.session import Asked
from protocols.proxy.settings import Mode, System
from protocols.sip2.codec import open_frame
from protocols.sip2.wording import Text

log = logging.getLogger(__name__)

#: Seconds that a message waits until the system that is asked was told of what came before about
#: the same item.
BEHIND: Final = 2.0


class Exchange:
    """A message of a terminal on its way, until the terminal has its answer."""

    def __init__(
        self,
        relay: Sender,
        asked: Asked,
        sent: str,
        modes: tuple[Mode, Mode],
        reply: Reply,
        to: System | None = None,
    ) -> None:
        """`sent`: the message as it stands in the journal. `modes`: the terminal's, and that in
        which the patron's session began. `to`: the system, where that is known already.
        """
        self.relay = relay
        self.proxy = relay.proxy
        self.asked = asked
        self.sent = sent
        self.code = code_of(asked.frame.body)
        self.mode, self.side = modes
        holder = self.proxy.holder_of(self.code, asked.frame.body, self.side)
        self.to: System = to or system_for(self.code, self.side, holder)
        self.id = 0
        self.dialect = self.proxy.settings.dialect(relay.settings)
        self._reply = reply
        self._began = 0.0
        self._is_second = False
        #: The same message was sent before, and nobody knows what became of it.
        self._is_unknown = self._was_sent = False
        #: Until when it waits for what came before to be told.
        self._patience = 0.0
        #: Another message about the item came before it, and has no answer yet.
        self._is_early = False
        #: Why what the other system has of the patron was left out of the answer.
        self.without = ""
        #: Of all loans: those that were renewed under requests of their own.
        self.beside: list[str] | None = None

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
            self.proxy.turns.pass_on(again, self.id, self.asked.frame.body)
        except OSError as error:
            self._written(error)

    def _written(self, failed: OSError | None) -> None:
        if failed is None or self.side == "old":
            # In the mode `old` nothing depends on the journal, and lending goes on without it.
            if self.id and is_judged(self.side, self.to):
                body = self.asked.frame.body
                self.proxy.will_be_judged(self.id, self.relay.name, self.code, body)
            self._patience = reactor.seconds() + BEHIND
            self.ask()
        else:
            self.refuse(Text.NOT_FOR_NOW)

    def ask(self) -> None:
        body = self.asked.frame.body
        is_late = reactor.seconds() >= self._patience
        if not self.proxy.turns.take(self.id, self.code, body, is_late=is_late):
            # It has an answer in time, be it that the system was silent.
            reactor.callLater(BEHIND / 40, self.ask)
            self._is_early = True
            return
        if self._is_early:
            self._is_early = is_late = False
            self._patience = reactor.seconds() + BEHIND
        is_in_parts = self.code == ALL_LOANS and self.beside is None and self.proxy.are_mixed
        if is_in_parts and self.relay.is_let_in:
            InParts(self).begin()
            return
        down = self.proxy.is_down(self.to)
        if not down and self.proxy.is_behind(self.to, self.code, body):
            if not is_late:
                reactor.callLater(BEHIND / 40, self.ask)
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
                self.silent(Said(None, Sentence("SYSTEM_WAS_SENT_BEFORE"), True))
                self.refuse(Text.PAID_OR_NOT)
                return
        beside = self.proxy.beside(self.side) if self.code in OF_BOTH else None
        if beside is None:
            self.send(self.asked.raw)
        else:
            InBoth(self, beside).begin()

    def send(self, raw: bytes, to: System | None = None) -> None:
        """Sends the message as it is to be on the wire, to its system or to another."""
        if to is not None:
            self.to = to
        self.relay.line(self.to).ask(raw, self.said, self.relay.session.end)

    def _find_out(self) -> None:
        """Asks whether it was done; if not, it is sent, once more."""
        line = self.relay.line(self.to)
        end = self.relay.session.end

        def found(what: Found) -> None:
            if what.answer:
                self.done(self.asked.sealed(what.answer), self.to)
            elif what.is_known:
                self._is_second = True
                line.ask(self.asked.raw, self.said, end)
            else:
                self.silent(Said(None, Sentence("SYSTEM_DID_NOT_SAY"), True))
                self._answer_for()

        due = self.proxy.due_of(text_field(self.asked.frame.body, "AB"))
        Inquiry(
            lambda body, done: line.ask(self.asked.sealed(body), done, end),
            self.asked.frame.body,
            due,
            self.proxy.local_date(),
        ).begin(found)

    def said(self, said: Said) -> None:
        self.proxy.system_answered(self.to, said)
        if said.raw is not None:
            if self.code == LOGIN and self.to == "old":
                self.proxy.connections.last_login = self.asked.frame.body
            self.done(said.raw, self.to)
            return
        if said.was_sent and self.code not in CHANGING and not self._is_second:
            # A line that was closed meanwhile: it asks for nothing but to be opened again.
            self._is_second = True
            self.ask()
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
            if not self.relay.is_let_in and self.code not in (LOGIN, STATUS):
                self.refuse(Text.NOT_FOR_NOW)
                return
            if self.code == MONEY and self._was_sent:
                self.refuse(Text.PAID_OR_NOT)
                return
            own = self.proxy.off_line(self.to, self.relay.name, self.asked, self.dialect)
        if not own:
            self.proxy.repeats.forget(self.relay.name, self.sent)
        self.done(own, "proxy")

    def refuse(self, text: Text, **facts: str) -> None:
        """Answers no, in the proxy's own words."""
        words = self.proxy.words(text, self.asked.frame.body, **facts)
        self.done(self.proxy.refusal(self.asked, words, self.dialect), "proxy")

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
            if self.without:
                record["without"] = self.without
            if self.beside:
                record["beside"] = self.beside
            if by == "proxy" and self.code in CHANGING:
                # What a patron is told in a system's place is all that there is of it.
                self.put(record, lambda failed: self._tell(raw))
                return
            self.put(record)
        self._tell(raw)

    def _tell(self, raw: bytes) -> None:
        self.proxy.turns.end(self.id, self.asked.frame.body)
        if self.code in CHANGING:
            name, now = self.relay.name, reactor.seconds()
            self.proxy.answered(name, self.sent, raw)
            if self._was_sent and self.proxy.repeats.find(name, self.sent, now) is None:
                # The same once more is no new message: it may have been done.
                self.proxy.repeats.begin(name, self.sent, now, self.id)
        self._reply(raw)

    def put(self, record: dict[str, Any], durable: Any = None) -> None:
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
