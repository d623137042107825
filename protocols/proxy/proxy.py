"""What all conversations of the proxy share: journal, state, lines, modes, and what is down."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from protocols.hosting.networks import is_within
from protocols.hosting.reactor import reactor
from protocols.proxy.journal.reading import read_journal
from protocols.proxy.journal.records import Record
from protocols.proxy.journal.secrets import Secrets
from protocols.proxy.journal.writing import Journal
from protocols.proxy.kinds import OF_LOANS, code_of, is_granted, text_field
from protocols.proxy.line import Line
from protocols.proxy.repeats import Repeats
from protocols.proxy.session import Asked
from protocols.proxy.settings import SYSTEMS, Mode, ProxySettings, System, TerminalSettings
from protocols.proxy.state import State
from protocols.proxy.towards import context_towards
from protocols.sip2.codec import MalformedMessage, decode, encode, open_frame
from protocols.sip2.failures import failure_response
from protocols.sip2.wire.text import Dialect

log = logging.getLogger(__name__)

_PLAIN: Final = Dialect()


class Proxy:
    """The proxy of a process."""

    def __init__(
        self, settings: ProxySettings, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.settings = settings
        self.now = now
        self.secrets = Secrets(bytes.fromhex(settings.key))
        self.journal = Journal(settings.journal, now, reactor.callFromThread)
        self.state = State()
        for record in read_journal(settings.journal):
            self.state.take(record)
        self.journal.told = self._told
        self.journal.put({"kind": "start"})
        self.repeats = Repeats(settings.listen.repeats_within)
        self.counts: Counter[str] = Counter()
        self.line_counts: dict[System, Counter[str]] = {each: Counter() for each in SYSTEMS}
        self._contexts = {
            each: context_towards(system)
            for each in SYSTEMS
            if (system := settings.system(each)) is not None
        }

    def _told(self, record: Record) -> None:
        self.state.take(record)

    # Terminals

    def mode_of(self, terminal: str) -> Mode:
        """The mode of a terminal: that of its last flip, or of the settings."""
        mode = self.state.modes.get(terminal)
        if mode is not None:
            return mode
        found = self.settings.by_login(terminal)
        return "old" if found is None else found.mode

    def is_from(self, terminal: TerminalSettings, host: str) -> bool:
        return is_within(terminal.networks, host)

    def holder_of(self, code: str, body: bytes) -> System | None:
        """The system that made the open loan of the item that a message is about."""
        if code not in OF_LOANS:
            return None
        item = self.state.items.get(text_field(body, "AB"))
        return None if item is None else item.holder

    # Systems

    def line_to(self, system: System, login: Callable[[], bytes | None]) -> Line:
        settings = self.settings.system(system)
        assert settings is not None, "no terminal is in a mode that needs it"
        return Line(settings, self._contexts[system], login, self.line_counts[system])

    def waits(self, system: System, body: bytes) -> str:
        """Why the system is not asked now; empty if it is."""
        return ""

    def is_heard(self, system: System) -> None:
        """It has answered."""

    # Answers

    def refusal(self, asked: Asked, text: str = "") -> bytes:
        """The negative answer of its pair; empty where there is none."""
        try:
            request: Any = decode(asked.frame.body, _PLAIN)
            said = failure_response(request, self.local_date(), text)
        except (MalformedMessage, KeyError):
            return b""
        return asked.sealed(encode(said, _PLAIN))

    def local_date(self) -> str:
        """Now, as messages have it."""
        return f"{self.now().astimezone():%Y%m%d    %H%M%S}"

    def answered(self, name: str, body: bytes, raw: bytes) -> None:
        """A message that changes something has its answer: those who ask again get it too."""
        known = self.repeats.find(name, body, reactor.seconds())
        answer = open_frame(raw).body if raw else b""
        if is_granted(code_of(body), answer):
            self.repeats.forget_item(text_field(body, "AB"), body)
        if known is None:
            return
        if is_granted(code_of(body), answer):
            known.answer.append(raw)
        else:
            self.repeats.forget(name, body)
        waiting = known.waiting[:]
        known.waiting.clear()
        for each in waiting:
            each(raw)
