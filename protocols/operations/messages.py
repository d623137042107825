"""Requests and answers of this room."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from catalogue.database import Sizes


@dataclass(frozen=True, slots=True)
class Identity:
    """Which process answers. `worker` is its number under a supervisor; empty if it runs alone."""

    version: str
    pid: int
    process: str  # what its request ids begin with
    worker: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """What the database says of itself and of background work."""

    sizes: Sizes
    due_notices: int
    open_messages: dict[str, int]
    last_runs: dict[str, datetime]
    seconds: float = 0.0  # it took to answer


@dataclass(frozen=True, slots=True)
class WorkerReport:
    """One of several workers: `state` as its supervisor sees it (``starting``, ``ready`` or
    ``leaving``), and what it says of itself if it `answers`."""

    worker: str
    pid: int
    process: str | None
    state: str
    answers: bool
    stage: str | None
    lag_seconds: float | None


@dataclass(frozen=True, slots=True)
class Health:
    """``/health``: are the processes running? Without `workers`, the one that answers is alone."""

    identity: Identity
    lag_seconds: float
    reasons: tuple[str, ...] = ()
    workers: tuple[WorkerReport, ...] = ()


@dataclass(frozen=True, slots=True)
class Readiness:
    """``/ready``: may it be sent requests? Any of the `reasons` says no."""

    identity: Identity
    stage: str
    revision: str | None
    reasons: tuple[str, ...] = ()
    workers: tuple[WorkerReport, ...] = ()


@dataclass(frozen=True, slots=True)
class Response:
    """An answer over HTTP."""

    status: int
    body: bytes
    media_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
