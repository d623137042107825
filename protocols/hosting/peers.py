"""The other workers of a supervisor, as far as the one that is asked needs to know them."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

#: What a process has counted, as it can be told as JSON. Numbers in ``added`` only ever grow and
#: are added up over all workers, over those that are gone as well; the rest is for whoever counts
#: to know.
Counts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Worker:
    """One of the workers. `state` is ``starting``, ``ready`` or ``leaving``; `counts` are those it
    told last, which is long ago where it `is_late`, and None where it never told any."""

    worker: int
    pid: int
    state: str
    is_late: bool
    counts: Counts | None


@dataclass(frozen=True, slots=True)
class Told:
    """All workers, the one that asks among them, and the sums of ``added`` of those gone."""

    workers: tuple[Worker, ...]
    gone: dict[str, float]


class Peers(Protocol):
    """The way to the other workers; used in the reactor's thread."""

    def queue(self, name: str) -> tuple[socket.socket, socket.socket]:
        """The ends of a queue that all of them share: messages go into the first and come out of
        the second, each to one of those who read there. Before `follow`. Raises OSError."""

    def count_with(self, count: Callable[[], Counts]) -> None:
        """Says how this process counts, for whoever asks."""

    def ask(self, patience: float, done: Callable[[Told | None], None]) -> None:
        """Calls `done` once: with what all workers have counted, or None where the supervisor did
        not say so within `patience` seconds, half of which the other workers get."""
