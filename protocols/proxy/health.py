"""Whether a system is there. One that cannot be reached is down at once; one that was silent is
asked for its status first, so that a message that it never answers does not make it so. While it is
down it is asked again and again, and it is up with its first answer.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from circulation.languages.sentences import Sentence
from protocols.hosting.reactor import reactor
from protocols.proxy.line import Said
from protocols.proxy.pool import Pool
from protocols.proxy.settings import System, SystemSettings

log = logging.getLogger(__name__)

_STATUS: Final = b"9900802.00"


class Health:
    """That of one system. `changed` is called when it goes and when it comes."""

    def __init__(
        self,
        system: System,
        settings: SystemSettings,
        pool: Pool,
        changed: Callable[[bool], object],
    ) -> None:
        self.is_down = False
        self.why = ""
        self._system = system
        self._settings = settings
        self._pool = pool
        self._changed = changed
        self._is_asking = False
        self._tries = 0

    def heard(self, said: Said) -> None:
        """What came of a message to it."""
        if said.raw is not None:
            if self.is_down:
                self._comes()
        elif isinstance(said.why, Sentence) and said.why.name == "SYSTEM_UNREACHED":
            self._goes(said.why)
        elif said.was_sent and not self.is_down:
            self._ask()

    def _goes(self, why: str) -> None:
        if not self.is_down:
            log.error("the %s system is down: it %s", self._system, why)
            self.is_down, self.why, self._tries = True, why, 0
            self._changed(False)
            self._ask_later()

    def _comes(self) -> None:
        log.warning("the %s system is there again", self._system)
        self.is_down, self.why = False, ""
        self._changed(True)

    def _ask(self) -> None:
        if not self._is_asking:
            self._is_asking = True
            self._pool.ask(_STATUS, self._answered)

    def _ask_later(self) -> None:
        first, most = self._settings.retry_from, self._settings.retry_to
        reactor.callLater(min(most, first * 2 ** min(self._tries, 16)), self._ask)
        self._tries += 1

    def _answered(self, said: Said) -> None:
        self._is_asking = False
        # Any word of it will do, also that it does not know who asks.
        is_there = said.raw is not None or said.why == "refused the login"
        if is_there:
            if self.is_down:
                self._comes()
        elif self.is_down:
            self._ask_later()
        else:
            self._goes(said.why)
