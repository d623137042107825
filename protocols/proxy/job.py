"""What is to be told to a system, or judged by it, and the order in which."""

from __future__ import annotations

from dataclasses import dataclass, field

from protocols.proxy.journal.records import bytes_of
from protocols.proxy.kinds import text_field
from protocols.proxy.tasks import Task


@dataclass(slots=True, order=True)
class Job:
    """Something to be told, or judged, or both; `at` is the order."""

    at: tuple[int, int]
    keys: tuple[str, ...] = field(compare=False)
    terminal: str = field(compare=False)
    task: Task | None = field(compare=False, default=None)
    #: The terminal's message with its secrets, which is in no journal; None if it is not judged.
    judged: bytes | None = field(compare=False, default=None)
    #: The old system has found its PIN right.
    is_proven: bool = field(compare=False, default=False)
    tries: int = field(compare=False, default=0)
    is_ready: bool = field(compare=False, default=False)
    is_asked: bool = field(compare=False, default=False)
    is_counted: bool = field(compare=False, default=False)
    is_dated: bool = field(compare=False, default=False)


def keys_of(sent: bytes, answer: bytes = b"") -> tuple[str, ...]:
    """What the order is kept for: the item and the patron."""
    keys = []
    for code in ("AB", "AA"):
        value = text_field(sent, code) or text_field(answer, code)
        if value:
            keys.append(f"{code}{value}")
    return tuple(keys)


def job_of(task: Task, judged: bytes | None = None) -> Job:
    """The job to tell of something."""
    keys = keys_of(bytes_of(task.sent), bytes_of(task.answer))
    return Job((task.request, task.part), keys, task.terminal, task, judged, tries=task.tries)
