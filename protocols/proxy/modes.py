"""In which mode each terminal is, and how that is changed."""

from __future__ import annotations

from typing import Final

from circulation.languages.sentences import Sentence, listed
from protocols.proxy.journal.records import Record
from protocols.proxy.journal.writing import Journal
from protocols.proxy.routing import SIDE
from protocols.proxy.settings import MODES, Mode, ProxySettings
from protocols.proxy.state import State


class CannotFlip(Exception):
    """The terminal cannot be in that mode; the message says why."""


class Modes:
    """Those of all terminals."""

    def __init__(self, settings: ProxySettings, state: State, journal: Journal) -> None:
        self._settings = settings
        self._state = state
        self._journal = journal
        self._listed: Final = {each.login: each for each in settings.terminals}
        self._in_use: frozenset[Mode] | None = None

    def of(self, terminal: str) -> Mode:
        """The mode of a terminal: that of its last flip, or of the settings."""
        mode = self._state.modes.get(terminal)
        if mode is not None and (mode == "old" or self._settings.new is not None):
            return mode
        found = self._listed.get(terminal)
        return "old" if found is None else found.mode

    @property
    def in_use(self) -> frozenset[Mode]:
        """The modes that terminals are in; one that is not listed counts once it was on line."""
        if self._in_use is None:
            seen = {*self._listed, *self._state.logins}
            self._in_use = frozenset(map(self.of, seen))
        return self._in_use

    def told(self, record: Record) -> None:
        """A record was written."""
        if record["kind"] == "flip" or record.get("sent", "")[:3] == "941":
            self._in_use = None

    def may_flip(self, terminal: str, mode: str) -> Mode:
        """The mode that is meant. Raises CannotFlip where the terminal cannot be in it."""
        wanted: Mode | None = next((each for each in MODES if each == mode), None)
        new = self._settings.new
        if wanted is None:
            raise CannotFlip(Sentence("NO_MODE", value=repr(mode), known=listed(MODES)))
        if terminal not in self._listed:
            raise CannotFlip(Sentence("NO_TERMINAL", value=repr(terminal)))
        if wanted != "old" and new is None:
            raise CannotFlip(Sentence("NO_NEW"))
        if wanted == "shadow" and new is not None and new.follow is None:
            raise CannotFlip(Sentence("SHADOW_NEEDS"))
        if wanted == "new with write-back" and self._settings.old.account is None:
            raise CannotFlip(Sentence("WRITE_BACK_NEEDS"))
        return wanted

    def comes_over(self, terminal: str, mode: Mode) -> bool:
        """Return whether the terminal would come into the care of the new system."""
        return SIDE[self.of(terminal)] == "old" and SIDE[mode] == "new"

    def branch_of(self, terminal: str) -> str:
        """Return the branch of a terminal that is listed."""
        return self._listed[terminal].branch

    def left_branches(self) -> list[str]:
        """Return the branches of which the old system is told nothing any more."""
        modes: dict[str, set[Mode]] = {}
        for login, each in self._listed.items():
            modes.setdefault(each.branch, set()).add(self.of(login))
        return sorted(branch for branch, its in modes.items() if its == {"new"})

    def flip(self, terminal: str, mode: str, who: str, why: str, despite: str = "") -> None:
        """Change the mode of a terminal from its next message on.

        Args:
            terminal: The login of the terminal.
            mode: The mode.
            who: Who wishes it.
            why: Why.
            despite: Why although its branch is not ready.

        Raises:
            CannotFlip: The terminal cannot be in that mode.
            OSError: The journal cannot be written.
        """
        wanted = self.may_flip(terminal, mode)
        record: Record = {
            "kind": "flip",
            "terminal": terminal,
            "before": self.of(terminal),
            "to": wanted,
            "who": who,
            "why": why,
        }
        if despite and self.comes_over(terminal, wanted):
            record["despite"] = despite
        self._journal.put(record)
