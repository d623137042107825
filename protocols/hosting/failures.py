"""What a request came to whose work failed: the same for all protocols, each has a table of it."""

from __future__ import annotations

from collections.abc import Hashable
from enum import Enum
from typing import Final

from catalogue.database import DatabaseUnavailable, OutcomeUnknown


class Failure(Enum):
    """How the work of a request failed, for what its caller may be told."""

    PASSING = "nothing was done, and it can be tried again soon"
    UNKNOWN = "it may have been done or not: the caller is never told that it was refused"
    FAULT = "nothing was done, by a fault of ours"

    @property
    def is_logged(self) -> bool:
        """Whether the error is for the log: of the others the database has told it."""
        return self is Failure.FAULT


class NoAnswer:
    """In place of a response: the line is closed, and the caller sends its request again."""


NO_ANSWER: Final = NoAnswer()
#: Requests that are remembered as open.
_MOST_OPEN: Final = 10_000


def failure_of(error: BaseException) -> Failure:
    """Return how work failed that left this error."""
    if isinstance(error, OutcomeUnknown):
        return Failure.UNKNOWN
    return Failure.PASSING if isinstance(error, DatabaseUnavailable) else Failure.FAULT


class OpenRequests:
    """Requests of this process whose outcome is not known; used in the reactor's thread.

    Who repeats one while the database still cannot be reached is not refused: the first may have
    been done.
    """

    def __init__(self) -> None:
        self._open: dict[int, None] = {}

    def failure_of(self, error: BaseException, request: Hashable) -> Failure:
        """Return how the work of a request failed; `request` is equal where it is repeated."""
        failure = failure_of(error)
        if failure is Failure.UNKNOWN:
            self.add(request)
        elif failure is Failure.PASSING and request in self:
            return Failure.UNKNOWN
        return failure

    def add(self, request: Hashable) -> None:
        """Remember a request whose outcome is not known."""
        self._open[hash(request)] = None  # it may hold a PIN
        if len(self._open) > _MOST_OPEN:
            del self._open[next(iter(self._open))]

    def __contains__(self, request: Hashable) -> bool:
        return hash(request) in self._open
