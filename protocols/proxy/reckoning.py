"""What shadow has shown, for whoever asks: counted by a process beside the proxy, now and then."""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from protocols.proxy.journal.records import stamp
from protocols.proxy.processes import Process
from protocols.proxy.settings import ProxySettings

log = logging.getLogger(__name__)

#: After so long it is counted anew, if somebody asks.
_FRESH: Final = timedelta(minutes=5)


class Reckoner:
    """`now` gives the time."""

    def __init__(self, settings: ProxySettings, now: Callable[[], datetime]) -> None:
        self._settings = settings
        self._now = now
        self._process: Process | None = None
        self._counted: datetime | None = None
        self._found: dict[str, Any] = {"patterns": [], "gates": {}}

    def answer(self) -> dict[str, Any]:
        """What was counted last, when that was, and whether it is being counted at present."""
        now = self._now()
        if self._process is None and (self._counted is None or now - self._counted > _FRESH):
            self._begin()
        counted = None if self._counted is None else stamp(self._counted)
        return {**self._found, "counted": counted, "is_counting": self._process is not None}

    def readiness_of(self, branch: str) -> dict[str, Any] | None:
        """Return what speaks against switching the branch; None while that is being counted."""
        answer = self.answer()
        found: dict[str, Any] | None = answer["gates"].get(branch)
        return None if answer["is_counting"] else found

    def _begin(self) -> None:
        settings, begun = self._settings, self._now()
        branches = defaultdict(list)
        for each in settings.terminals:
            branches[each.branch].append(each.login)
        module = "protocols.proxy.differences.summary"
        dialect = settings.old.dialect
        habits = json.dumps([dialect.leaves_out, dialect.hold_counts])
        files = (str(settings.journal), str(settings.accepted))
        arguments = (*files, json.dumps(branches), habits)

        def ended(said: bytes, wrong: bytes) -> None:
            self._process = None
            self._counted = begun
            if said:
                self._found = json.loads(said)
            else:
                log.warning("nothing was counted: %s", wrong.decode(errors="replace")[-500:])

        self._process = Process(module, *arguments, ended=ended)

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
