"""What comparing needs of the proxy that it belongs to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from protocols.hosting.proxy_control import WARNED_SECONDS
from protocols.hosting.reactor import reactor
from protocols.proxy.journal.records import bytes_of, text_of
from protocols.proxy.line import Said
from protocols.proxy.pool import Pool
from protocols.proxy.proxy import Proxy
from protocols.proxy.reconciling.causes import MAX_REMEDIES, Known
from protocols.proxy.reconciling.pacing import begin_of_night
from protocols.proxy.reconciling.rows import Named
from protocols.proxy.routing import IN_CARE_OF_OLD
from protocols.proxy.seen import Item
from protocols.proxy.settings import SYSTEMS, System
from protocols.proxy.state import State
from protocols.proxy.telling import asked_body

#: The modes in which one system does not hear what the other one does.
_TELLS_NOTHING = frozenset({"old", "new"})
_KEYS = {"item": "AB", "patron": "AA"}


class OfProxy:
    """A `protocols.proxy.reconciling.reconciler.Around`."""

    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy
        settings = proxy.settings
        new = settings.new
        assert new is not None
        own = proxy.connections
        # The account that judges leaves no trace of a look-up at a patron.
        looking = new.judge or new.account
        self._pools: dict[tuple[System, str], Pool] = {
            ("old", "item"): (old := own.pool("old", settings.old.account, size=1)),
            ("old", "patron"): old,
            ("new", "item"): own.pool("new", new.account or new.judge, size=1),
            ("new", "patron"): own.pool("new", looking, size=1),
        }
        self._branches = {each.login: each.branch for each in settings.terminals}

    @property
    def state(self) -> State:
        return self._proxy.state

    def write_down(self, record: dict[str, Any]) -> None:
        self._proxy.write_down(record)

    def later(self, seconds: float, work: Callable[[], object]) -> object:
        return reactor.callLater(seconds, work)

    def monotonic(self) -> float:
        return float(reactor.seconds())

    def local_date(self) -> str:
        return self._proxy.local_date()

    def is_any_down(self) -> bool:
        return any(self._proxy.is_down(each) for each in SYSTEMS)

    def is_busy(self, named: Named) -> bool:
        subject, name = named
        key = (f"{_KEYS[subject]}{name}",)
        if any(each.holds(key) for each in self._proxy.carriers.values()):
            return True
        return subject == "item" and self._proxy.turns.has(name)

    def is_compared(self, named: Named) -> bool:
        """Is it about something of which both systems are told?"""
        if not self._proxy.modes.in_use - _TELLS_NOTHING:
            return False
        return self.branch_of(named) not in self._proxy.modes.left_branches()

    def hidden(self, card: str) -> str:
        """A card as the journal has it."""
        return text_of(self._proxy.secrets.hidden(bytes_of(f"|AA{card}|")))[3:-1]

    def _last_terminal(self, named: Named) -> str:
        item = self.state.items.get(named[1]) if named[0] == "item" else None
        return "" if item is None else item.terminal

    def branch_of(self, named: Named) -> str:
        """The branch of the terminal of the last act; empty where there was none."""
        return self._branches.get(self._last_terminal(named), "")

    def terminal_at(self, named: Named, branch: str) -> str:
        """A terminal of the branch, best that of the last act; empty where there is none."""
        last = self._last_terminal(named)
        if last in self._branches and branch in ("", self._branches[last]):
            return last
        return next((each for each, its in self._branches.items() if its == branch), "")

    def place_of(self, system: System, terminal: str) -> str:
        """The institution id of a terminal as the system calls it."""
        return self._proxy.institution(system, terminal) or self.state.places.get(terminal, "")

    def ask_to_compare(
        self, system: System, named: Named, body: bytes, done: Callable[[Said], object]
    ) -> None:
        terminal = self._last_terminal(named) or next(iter(self._branches), "")
        place = self.place_of(system, terminal) or next(iter(self.state.places.values()), "")

        def told(said: Said) -> None:
            self._proxy.system_answered(system, said)
            done(said)

        pool = self._pools[system, named[0]]
        pool.ask(self._proxy.readable(asked_body(body, place)), told)

    def what_is_known(self, named: Named, branch: str, lent_at: str) -> Known:
        proxy, state = self._proxy, self.state
        row = state.differences.of(named).get("loan")
        tried = 0 if row is None else row.remedies
        if not proxy.settings.reconcile.corrects:
            tried = MAX_REMEDIES
        terminal = self._last_terminal(named)
        is_told = not terminal or proxy.modes.of(terminal) not in _TELLS_NOTHING
        clocks = (proxy.offset(each) for each in SYSTEMS)
        is_clock_wrong = any(abs(each) >= WARNED_SECONDS for each in clocks)
        outcome, item = state.last_outcome(named), Item()
        if named[0] == "item":
            item = state.items.get(named[1], item)
        authority = self._authority(named, branch, lent_at)
        if authority is not None and item.holder is not None:
            authority = item.holder  # it has lent it, whoever looks after the branch now
        return Known(outcome, is_clock_wrong, authority, is_told, item.patron, tried, item.is_in)

    def _authority(self, named: Named, branch: str, lent_at: str) -> System | None:
        """The system that decides about the branch that has lent it, or has it; None where its
        terminals are in the care of both, or where no terminal is known by which the other one
        could be told."""
        proxy = self._proxy
        its = lent_at or self.branch_of(named) or branch
        modes = {proxy.modes.of(each) for each, at in self._branches.items() if at == its}
        modes = modes or set(proxy.modes.in_use)
        if named[0] == "item" and not self.terminal_at(named, branch or its):
            return None
        if modes <= IN_CARE_OF_OLD:
            return "old"
        return None if modes & IN_CARE_OF_OLD else "new"

    def night_began(self) -> datetime | None:
        proxy = self._proxy
        return begin_of_night(proxy.settings.reconcile.hours, proxy.now(), proxy.zone)
