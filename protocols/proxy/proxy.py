"""What all conversations of the proxy share: journal, state, modes, systems, what is to be told."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from protocols.hosting.networks import is_within
from protocols.hosting.proxy_control import WARNED_SECONDS
from protocols.hosting.reactor import at_turns_end, reactor
from protocols.proxy.carrier import Carrier, Pools
from protocols.proxy.clocks import NOTICED_SECONDS, SystemClock, SystemDates
from protocols.proxy.connections import Connections
from protocols.proxy.health import Health
from protocols.proxy.job import Job, job_of, keys_of
from protocols.proxy.journal.reading import size_after
from protocols.proxy.journal.records import Record, bytes_of, moment_of, text_of
from protocols.proxy.journal.secrets import Secrets
from protocols.proxy.journal.writing import Journal, Known
from protocols.proxy.keeping import Keeper
from protocols.proxy.kinds import (
    CHANGING,
    MONEY,
    OF_LOANS,
    is_granted,
    text_field,
)
from protocols.proxy.line import Said
from protocols.proxy.modes import Modes
from protocols.proxy.off_line import OffLine
from protocols.proxy.reckoning import Reckoner
from protocols.proxy.reconciling.reconciler import Reconciler
from protocols.proxy.repeats import Repeats
from protocols.proxy.routing import IN_CARE_OF_OLD, SIDE, are_mixed, knows_all
from protocols.proxy.session import Asked
from protocols.proxy.settings import (
    SYSTEMS,
    Mode,
    ProxySettings,
    System,
    TerminalSettings,
)
from protocols.proxy.snapshots import Kept, followed, keep_state, kept_state
from protocols.proxy.state import State
from protocols.proxy.tasks import Task
from protocols.proxy.turns import Turns
from protocols.sip2.codec import MalformedMessage, decode, encode, open_frame
from protocols.sip2.failures import failure_response
from protocols.sip2.wire.dates import local_date
from protocols.sip2.wire.text import Dialect
from protocols.sip2.wording import Text, language_of, say

log = logging.getLogger(__name__)

#: Messages whose answer is compared with what the new system would have said.
JUDGED: Final = frozenset({"09", "11", "15", "17", "19", "23", "29", "37", "63", "65"})


class Beside(NamedTuple):
    """A system that may have something of a patron beside the one that is asked. `adds`: debts of
    the one are no debts of the other. `down` says why it is not asked.
    """

    system: System
    adds: bool
    down: str


class Proxy:
    """The proxy of a process."""

    def __init__(
        self, settings: ProxySettings, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.settings = settings
        self.now = now
        self.zone = ZoneInfo(settings.timezone)
        self.secrets = Secrets(bytes.fromhex(settings.key))
        self.state = State()
        self.journal = Journal(
            settings.journal, now, reactor.callFromThread, at_turns_end, self._read
        )
        self.reckoner = Reckoner(settings, now)
        self.modes = Modes(settings, self.state, self.journal)
        self.clocks: dict[System, SystemClock] = {
            each: SystemClock(self.zone, now, partial(self._measured, each)) for each in SYSTEMS
        }
        self.connections = Connections(settings, self._heard)
        self.repeats = Repeats(settings.listen.repeats_within)
        self.turns = Turns()
        self.counts: Counter[str] = Counter()
        #: Messages under way that are to be judged, with their secrets.
        self._bodies: dict[int, bytes] = {}
        self._terminals: dict[int, str] = {}
        self._learned: set[tuple[str, str]] = set()
        self.carriers: dict[System, Carrier] = {}
        self.health: dict[System, Health] = {}
        for each in self.connections.systems:
            self._open(each)
        #: What compares both systems; None where they cannot be compared.
        self.reconciler: Reconciler | None = None
        self.journal.told = self._told
        self.journal.put({"kind": "start"})
        for task in list(self.state.tasks.values()):
            # It may have been told before the process ended; money has a record of its own.
            task.is_unknown = task.is_unknown or task.sent[:2] != MONEY
            self._take_up(job_of(task))
        self._remember_repeats()

    def _read(self) -> Known:
        """Reads the journal: the state that was kept, and what was written since."""
        folder = self.settings.journal
        kept = kept_state(folder)
        read = size_after(folder, kept.place)
        every = round(self.settings.keep_state_after * 1_000_000)
        self.keeper = Keeper(folder, every, read)
        self.state, place, name = followed(folder, kept)
        return Known(place, self.state.last_id, name)

    def _remember_repeats(self) -> None:
        """What terminals may send again, because the process before this one was killed."""
        now, monotonic = self.now(), reactor.seconds()
        for at, terminal, sent, told in self.state.recent:
            age = (now - moment_of(at)).total_seconds()
            if 0 <= age < self.settings.listen.repeats_within:
                begun = self.repeats.begin(terminal, sent, monotonic - age)
                begun.answer.append(self.secrets.opened(bytes_of(told)))
        for number, request in self.state.open.items():
            if request["sent"][:2] in CHANGING:
                self.repeats.begin(request["terminal"], request["sent"], monotonic, number)
                self.turns.leave(number, request["sent"][:2], bytes_of(request["sent"]))

    def _open(self, system: System) -> None:
        settings = self.settings.system(system)
        assert settings is not None
        new = self.settings.new
        own = self.connections.pool(system, settings.account)
        pools = Pools(own, own)
        if system == "new" and new is not None:
            follow = None if new.follow is None else self.connections.pool(system, new.follow)
            judge = None if new.judge is None else self.connections.pool(system, new.judge)
            pools = Pools(follow, own, judge, new.judge_queue)
        self.carriers[system] = Carrier(self, system, settings, pools)
        asking = self.connections.pool(system, settings.account, size=1)
        self.health[system] = Health(
            system, settings, asking, lambda is_up: self._changed(system, is_up)
        )

    # What the journal leads to

    def _told(self, record: Record) -> None:
        made = self.state.take(record)
        self.keeper.grown(self.journal.bytes)
        self.modes.told(record)
        if record["kind"] == "request" and self.reconciler is not None:
            self.reconciler.note(record)
        if record["kind"] == "remedy":
            for task in made:
                self._take_up(job_of(task))
        if record["kind"] != "answer":
            return
        body = self._bodies.pop(record["of"], None)
        terminal = self._terminals.pop(record["of"], "")
        for task in made:
            is_followed = task.to == "new" and task.purpose == "follow"
            judged = body if is_followed and record["by"] == "old" else None
            job = job_of(task, judged)
            if judged is not None and record["by"] == "old":
                answer = bytes_of(record["sent"])
                job.is_proven = self._is_new_pin(self.secrets.hidden(judged), answer)
            self._take_up(job)
            body = None if judged is not None else body
        if body is not None and record["by"] == "old":
            self._judge(record, terminal, body)

    def _take_up(self, job: Job) -> None:
        assert job.task is not None
        carrier = self.carriers.get(job.task.to)
        if carrier is not None:
            carrier.add(job)

    def _judge(self, record: Record, terminal: str, body: bytes) -> None:
        """Asks what the new system would have said, where nothing follows from the message."""
        answer, hidden = bytes_of(record["sent"]), self.secrets.hidden(body)
        is_new = self._is_new_pin(hidden, answer)
        at, keys = (record["of"], 0), keys_of(hidden, answer)
        job = Job(at, keys, terminal, judged=body, is_proven=is_new)
        self.carriers["new"].add(job)

    def _is_new_pin(self, hidden: bytes, answer: bytes) -> bool:
        """Has the old system found a PIN right, which was not learned since the start?"""
        code, known = hidden[:2].decode(), (text_field(hidden, "AA"), text_field(hidden, "AD"))
        is_right = text_field(answer, "CQ") == "Y" or is_granted(code, answer)
        if not all(known) or not is_right or known in self._learned:
            return False
        self._learned.add(known)
        return True

    def will_be_judged(self, request: int, terminal: str, code: str, body: bytes) -> None:
        """The answer of the old system to this is compared with that of the new one."""
        new = self.settings.new
        if new is not None and new.judge is not None and code in JUDGED:
            self._bodies[request] = body
            self._terminals[request] = terminal

    def write_down(self, record: dict[str, Any]) -> None:
        """Writes a record, its messages without their secrets."""
        for name in ("sent", "answer"):
            if name in record:
                record[name] = text_of(self.secrets.hidden(bytes_of(record[name])))
        try:
            self.journal.put(record)
        except OSError:
            # It stands in the log. What was told is told again after the next start.
            self.counts["records that could not be written"] += 1
            self.state.take({"id": self.state.last_id, "at": "", **record})  # type: ignore[typeddict-item]

    # Clocks

    def _heard(self, system: System, request: bytes, answer: bytes, delay: float) -> None:
        self.clocks[system].note_answer(request, answer, delay)

    def _measured(self, system: System, seconds: float) -> None:
        """Write down how far the clock of a system is ahead, where that has changed."""
        known = self.offset(system)
        if abs(seconds - known) < NOTICED_SECONDS:
            return
        self.write_down({"kind": "clock", "system": system, "seconds": round(seconds, 1)})
        if (abs(seconds) >= WARNED_SECONDS) != (abs(known) >= WARNED_SECONDS):
            is_wrong = abs(seconds) >= WARNED_SECONDS
            log.log(
                logging.WARNING if is_wrong else logging.INFO,
                "the clock of the %s system differs by %+.0f seconds; the proxy corrects dates that"
                " it sends there%s",
                system,
                seconds,
                ": set its clock or its time zone, or timezone in proxy.toml" if is_wrong else "",
            )

    def offset(self, system: System) -> float:
        """Seconds that the clock of a system is ahead of the proxy's, as far as is known."""
        return self.state.clocks.get(system, 0.0)

    def dates(self, system: System) -> SystemDates:
        """How the system reads dates. Tiro reads the zone in a date."""
        return SystemDates(self.zone, self.offset(system), is_in_utc=system == "new")

    # What a carrier needs

    def later(self, seconds: float, work: Callable[[], object]) -> object:
        return reactor.callLater(seconds, work)

    def institution(self, system: System, terminal: str) -> str:
        """The place of a terminal as a system calls it; empty: as the terminal does."""
        settings = self.settings.system(system)
        if settings is not None and settings.institution is not None:
            return settings.institution
        found = self.settings.by_login(terminal)
        return found.branch if system == "new" and found is not None else ""

    def number(self, task: Task) -> str:
        return self.journal.number(task.request, task.part)

    def readable(self, body: bytes) -> bytes:
        return self.secrets.opened(body)

    def system_answered(self, system: System, said: Said) -> None:
        self.health[system].heard(said)

    def was_told(self, task: Task) -> None:
        if self.reconciler is not None:
            self.reconciler.was_told(task.sent)

    def _changed(self, system: System, is_up: bool) -> None:
        if is_up:
            self.carriers[system].resume()

    # Terminals

    def settle(self, request: int, who: str, why: str) -> bool:
        """Takes what could not be told off the list of what is for a person; was it there?"""
        is_there = any(key[0] == request for key in self.state.for_a_person)
        if is_there:
            self.journal.put({"kind": "settled", "of": request, "who": who, "why": why})
        return is_there

    def is_from(self, terminal: TerminalSettings, host: str) -> bool:
        return is_within(terminal.networks, host)

    def holder_of(self, code: str, body: bytes, side: Mode) -> System | None:
        """The system that made the open loan of the item that a message is about; None where that
        does not count any more, because no terminal is in the old system's care.
        """
        if code not in OF_LOANS or self.settings.new is None:
            return None
        if side == "new" and not self.modes.in_use & IN_CARE_OF_OLD:
            return None
        item = self.state.items.get(text_field(body, "AB"))
        return None if item is None else item.holder

    def beside(self, side: Mode) -> Beside | None:
        """The system in which a patron may have what the one of this mode is not told of."""
        if self.settings.new is None or knows_all(SIDE[side], self.modes.in_use):
            return None
        other: System = "new" if SIDE[side] == "old" else "old"
        adds = not knows_all(other, self.modes.in_use)
        return Beside(other, adds, self.is_down(other))

    @property
    def are_mixed(self) -> bool:
        """Has each system loans that the other one may know nothing of?"""
        return self.settings.new is not None and are_mixed(self.modes.in_use)

    def seen_on_loan(self, card: str) -> dict[str, System | None]:
        """What a patron was seen to have, and which system has lent it, where that is known."""
        items = self.state.items
        return {each: items[each].holder for each in self.state.loans.get(card, ())}

    def ask(self, system: System, body: bytes, done: Callable[[Said], object]) -> None:
        """Asks a system how things are."""
        self.connections.asking(system).ask(self.readable(body), done)

    def ask_about(
        self,
        system: System,
        terminal: str,
        body: bytes,
        done: Callable[[Said], object],
        *,
        with_pin: bool = False,
    ) -> None:
        """Asks a system about a patron; see `Connections.ask_about`."""

        def told(said: Said) -> None:
            self.system_answered(system, said)
            done(said)

        place = self.institution(system, terminal)
        self.connections.ask_about(system, place, body, told, with_pin=with_pin)

    def words(self, text: Text, body: bytes = b"", **facts: str) -> str:
        """A screen message in the language of the patron who asks (23, 63), else of the house."""
        tag = self.settings.language
        if body[:2] in (b"23", b"63"):
            tag = language_of(body[2:5].decode("latin-1"), tag)
        return say(text, tag, **facts)

    def due_of(self, item: str) -> str:
        """When an item on loan was last said to be due."""
        known = self.state.items.get(item)
        return "" if known is None else known.due

    # Systems

    def put_silent(self, request: int, system: System, why: str, *, was_sent: bool) -> None:
        """Writes down that a system did not answer."""
        self.write_down(
            {"kind": "silent", "of": request, "by": system, "why": why, "was_sent": was_sent}
        )

    def is_down(self, system: System) -> str:
        """Why the system is not asked; empty where it is."""
        health = self.health[system]
        return health.why if health.is_down else ""

    def is_behind(self, system: System, code: str, body: bytes) -> bool:
        """Has the system still to be told of something that came before, about the same item?"""
        if code not in CHANGING or not self.carriers[system].count:
            return False
        return self.carriers[system].holds(keys_of(self.secrets.hidden(body)))

    # Answers

    def off_line(self, system: System, terminal: str, asked: Asked, dialect: Dialect) -> bytes:
        """The proxy's own answer in the place of the system; empty where it has none. `dialect` is
        the terminal's."""
        hidden = self.secrets.hidden(asked.frame.body)
        words = self.words(Text.NOT_FOR_NOW, asked.frame.body)
        answers = OffLine(self.state, system, self.local_date(), words, dialect)
        body = answers.answer(terminal, asked.frame.body, hidden)
        return asked.sealed(body) if body else b""

    def refusal(self, asked: Asked, text: str, dialect: Dialect) -> bytes:
        """The negative answer of its pair, with what the screen says; empty where there is none."""
        try:
            request: Any = decode(asked.frame.body, dialect)
            said = failure_response(request, self.local_date(), text)
        except (MalformedMessage, KeyError):
            return b""
        return asked.sealed(encode(said, dialect))

    def local_date(self) -> str:
        """Now, as messages have it."""
        return local_date(self.now(), self.zone)

    def answered(self, name: str, sent: str, raw: bytes) -> None:
        """A message that changes something has its answer: those who ask again get it too."""
        known = self.repeats.find(name, sent, reactor.seconds())
        answer = open_frame(raw).body if raw else b""
        is_done = is_granted(sent[:2], answer)
        if is_done:
            self.repeats.forget_item(sent)
        if known is None:
            return
        if is_done:
            known.answer.append(answer)
        else:
            self.repeats.forget(name, sent)
        waiting = known.waiting[:]
        known.waiting.clear()
        for each in waiting:
            each(answer)

    def close(self) -> None:
        """Keeps the state, so that the next start is quick, and ends the journal."""
        self.keeper.close()
        self.reckoner.close()
        if self.reconciler is not None:
            self.reconciler.close()
        kept = Kept(self.state, self.journal.place, self.journal.name)
        try:
            keep_state(self.settings.journal, kept)
        except OSError as error:
            log.warning("the state cannot be kept: %s", error)
        self.journal.close()
