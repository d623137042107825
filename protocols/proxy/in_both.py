"""Messages about a patron who may have something in both systems, on their way."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Protocol

from protocols.proxy.all_loans import CHARGED, OneByOne, Renewed, loans_of
from protocols.proxy.both import Ask, Asking, CannotBePaid, answer_in, shares
from protocols.proxy.conversation import Sender
from protocols.proxy.kinds import MONEY, text_field, with_field
from protocols.proxy.line import Said
from protocols.proxy.merging import with_words, without_page
from protocols.proxy.proxy import Beside, Proxy
from protocols.proxy.session import Asked
from protocols.proxy.settings import Mode, System
from protocols.sip2.codec import open_frame
from protocols.sip2.wire.text import Dialect, written
from protocols.sip2.wording import Text

log = logging.getLogger(__name__)


class Way(Protocol):
    """The message on its way: see `protocols.proxy.exchange`."""

    relay: Sender
    proxy: Proxy
    asked: Asked
    code: str
    mode: Mode
    side: Mode
    to: System
    id: int
    dialect: Dialect
    without: str
    beside: list[str] | None

    def ask(self) -> None: ...

    def send(self, raw: bytes, to: System | None = None) -> None: ...

    def said(self, said: Said) -> None: ...

    def done(self, raw: bytes, by: str) -> None: ...

    def refuse(self, text: Text, **facts: str) -> None: ...

    def put(self, record: dict[str, Any], durable: Any = None) -> None: ...


class InBoth:
    """A message about a patron who may have something in both systems: what they have there (23,
    63) is told as one, and money (37) goes where the debt is.
    """

    def __init__(self, exchange: Way, beside: Beside) -> None:
        self._exchange = exchange
        self._beside = beside
        proxy, terminal = exchange.proxy, exchange.relay.name
        own = exchange.to
        self._body = exchange.asked.frame.body
        self._asking = Asking(
            self._body,
            lambda body, done: proxy.ask_about(own, terminal, body, done, with_pin=True),
            lambda body, done: proxy.ask_about(beside.system, terminal, body, done),
            proxy.later,
        )

    def begin(self) -> None:
        exchange, asking = self._exchange, self._asking
        if exchange.code != MONEY:
            whole = without_page(self._body)
            raw = exchange.asked.raw if whole == self._body else exchange.asked.sealed(whole)
            exchange.relay.line(exchange.to).ask(raw, self._said, exchange.relay.session.end)
        elif self._beside.down:
            asking.alone(self._beside.down, self._pay)
        else:
            asking.owed(self._pay)

    def _said(self, said: Said) -> None:
        """Its own system has answered."""
        mine = answer_in(said)
        if mine is None or mine.is_refused:
            self._exchange.said(said)
            return
        self._exchange.proxy.system_answered(self._exchange.to, said)
        if self._beside.down:
            self._asking.mine, self._asking.why = mine, self._beside.down
            self._both_said(said)
        else:
            self._asking.beside(mine, lambda: self._both_said(said))

    def _both_said(self, said: Said) -> None:
        exchange, asking = self._exchange, self._asking
        assert said.raw is not None
        body = asking.answer(adds=self._beside.adds)
        if asking.theirs is None and asking.why:
            log.warning(
                "%s: the %s system %s", exchange.relay.name, self._beside.system, asking.why
            )
            exchange.without = f"the {self._beside.system} system {asking.why}"
            words = exchange.proxy.words(Text.OTHER_SYSTEM_UNREACHED, self._body)
            body = with_words(body or open_frame(said.raw).body, written(words, exchange.dialect))
        exchange.done(exchange.asked.sealed(body) if body else said.raw, exchange.to)

    def _pay(self) -> None:
        exchange, asking = self._exchange, self._asking
        try:
            first, *others = shares(
                self._body,
                exchange.to,
                asking,
                adds=self._beside.adds,
                hides_debts="64.BV" in exchange.proxy.settings.old.dialect.leaves_out,
            )
        except CannotBePaid as error:
            exchange.refuse(Text.AMOUNT_FITS_NO_DEBT, amounts=" / ".join(error.amounts))
            return
        raw = exchange.asked.raw
        if others and self._beside.adds:
            raw = exchange.asked.sealed(with_field(self._body, b"BV", first.amount.encode()))
        facts: dict[str, Any] = {"kind": "shared", "of": exchange.id, "to": first.system}
        if asking.knows_both:
            facts["adds"] = self._beside.adds
            facts["shares"] = {each.system: each.amount for each in others}

        def written(failed: OSError | None) -> None:
            if failed is not None:
                exchange.refuse(Text.NOT_FOR_NOW)
            else:
                exchange.send(raw, first.system)

        exchange.put(facts, written)


class InParts:
    """All loans of a patron (65), renewed by the systems that have lent them."""

    def __init__(self, exchange: Way) -> None:
        self._exchange = exchange
        proxy, own = exchange.proxy, exchange.to
        other: System = "new" if own == "old" else "old"
        body, terminal = exchange.asked.frame.body, exchange.relay.name

        def asks(system: System) -> Ask:
            down = proxy.is_down(system)
            if down:
                return lambda body, done: done(Said(None, down))
            if system == own:
                # As the terminal asks: what it may not see of a patron is told by nobody else.
                line, end = exchange.relay.line(own), exchange.relay.session.end
                return lambda body, done: line.ask(exchange.asked.sealed(body), done, end)
            return lambda body, done: proxy.ask_about(system, terminal, body, done, with_pin=True)

        self._asking = Asking(body, asks(own), asks(other), proxy.later)

    def begin(self) -> None:
        self._asking.listed(CHARGED, self._listed)

    def _listed(self) -> None:
        exchange = self._exchange
        proxy, body = exchange.proxy, exchange.asked.frame.body
        known = proxy.seen_on_loan(text_field(proxy.secrets.hidden(body), "AA"))
        loans = loans_of(self._asking, exchange.to, known)
        exchange.beside = []
        if self._asking.theirs is None:
            exchange.without = f"the other system {self._asking.why}"
        if loans is None or {*loans.values()} <= {exchange.to}:
            exchange.ask()
            return
        parts, modes = exchange.relay.beside(), (exchange.mode, exchange.side)

        def renew(part: bytes, to: System, done: Callable[[bytes], object]) -> None:
            def told(raw: bytes | None) -> None:
                done(open_frame(raw).body if raw else b"")

            parts.exchange(part, exchange.asked, modes, to, told)

        def renewed(found: Renewed) -> None:
            parts.close()
            if self._asking.mine is None and not found.renewed:
                exchange.ask()  # nobody has said that they may see what they have
                return
            exchange.beside = found.renewed
            said = found.response(body, proxy.local_date(), exchange.dialect)
            exchange.done(exchange.asked.sealed(said), "proxy")

        OneByOne(body, loans, renew).begin(proxy.later, renewed)
