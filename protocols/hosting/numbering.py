"""The loop that gives changes their numbers, beside the listeners: one for each process.

Harvesters and data wells read by change numbers (`catalogue.changes.numbering`). Where there are
neither, what has changed is numbered all the same, and does not pile up.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from catalogue.changes.numbering import Numbered
from catalogue.database import DatabaseUnavailable
from circulation.holdings.following import gather, is_waiting
from protocols.hosting.answering import Lane, Services

log = logging.getLogger(__name__)

#: Seconds between two looks for changes.
EVERY: Final = 1.0


class _Loop:
    def __init__(self, services: Services, later: Callable[..., object]) -> None:
        self._services = services
        self._later = later
        self._is_over = False
        services.before_close(self._end)
        later(EVERY, self._look)

    def _look(self) -> None:
        if not self._is_over:
            self._services.perform(
                Lane.READ, lambda context: is_waiting(context.transaction), self._looked
            )

    def _looked(self, is_there: bool | None, error: BaseException | None) -> None:
        if self._is_over:
            return
        if error is not None or not is_there:
            self._rest(error)
            return
        clock = self._services.clock
        self._services.perform(
            Lane.SHORT_WRITE, lambda context: gather(context.transaction, clock), self._numbered
        )

    def _numbered(self, numbered: Numbered | None, error: BaseException | None) -> None:
        if numbered is not None and numbered.is_more and not self._is_over:
            self._later(0.0, self._look)
        else:
            self._rest(error)

    def _rest(self, error: BaseException | None) -> None:
        if error is not None and not isinstance(error, DatabaseUnavailable) and not self._is_over:
            log.error("changes get no numbers for now", exc_info=error)
        if not self._is_over:
            self._later(EVERY, self._look)

    def _end(self) -> None:
        self._is_over = True


def keep_numbered(services: Services, later: Callable[..., object]) -> None:
    """Numbers what changes as long as the process serves. `later` is the reactor's."""
    _Loop(services, later)
