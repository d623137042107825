"""What a plug-in that sends messages offers: e-mail, texts, Digital Post, paper.

A driver is named in the entry point group ``tiro.notice_channels`` of setup.cfg; a section of
tiro.toml says which channel it serves, and holds its settings:

    [notices.channels.sms]
    driver = "http_sms"
    url = "https://..."

The contract that every driver keeps: tests/contracts/test_notice_channels.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from catalogue.database import Database
from circulation.kernel.engine import Circulation
from circulation.notices.claiming import Outgoing
from circulation.notices.outcomes import Doubtful, NotSent, Outcome, Report, Sent, TryAgain
from protocols.hosting.installed import installed

__all__ = [
    "Call",
    "Channel",
    "Doubtful",
    "Driver",
    "IncomingText",
    "NotSent",
    "Outcome",
    "Outgoing",
    "Received",
    "Report",
    "Sent",
    "Surroundings",
    "TryAgain",
    "driver_names",
    "load_driver",
]

_GROUP = "tiro.notice_channels"


@dataclass(frozen=True, slots=True)
class IncomingText:
    """A text that somebody has sent; `id` is what the gateway calls it, the same when it calls
    again."""

    id: str
    sender: str
    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """An HTTP call of the other side, to ``/notices/CHANNEL`` or below. Header names are in small
    letters; `path` is what follows the channel; `names` are what the caller's certificate calls
    it, where it showed one that was verified."""

    method: str
    path: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    at: datetime
    names: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Received:
    """What a call told, and the answer to it, which goes out when the rest is stored."""

    status: int = 200
    content_type: str = "text/plain; charset=utf-8"
    body: bytes = b""
    reports: Sequence[Report] = field(default=())
    texts: Sequence[IncomingText] = field(default=())


class Channel(Protocol):
    """A channel that is open. Its methods are called in threads, may block, and are never called
    by two threads at once."""

    @property
    def knows_ids(self) -> bool:
        """Can it tell by its id that it has a message already? Then one whose sender died is given
        to it again; else staff must decide."""
        ...

    @property
    def confirms(self) -> bool:
        """Does it tell when somebody has a message? Then one that it has taken has reached nobody
        until it does; else what was taken counts as told, unless it comes back."""
        ...

    @property
    def takes_answers(self) -> bool:
        """Do texts that people send back arrive here (`Received.texts`)? Else no message says that
        it can be answered."""
        ...

    def send(self, message: Outgoing, now: datetime) -> Outcome:
        """Gives the message over. What goes wrong is an `Outcome`, never an exception."""
        ...

    def collect(self, keep: Callable[[Sequence[Report]], None]) -> int:
        """Fetches what became of messages: gives it to `keep`, which returns when it is stored,
        and only then tells the other side so. Gives how many reports; 0 where there are none."""
        ...

    def receive(self, call: Call) -> Received:
        """Answers a call of the other side; 404 where it is called by nobody."""
        ...

    def close(self) -> None:
        """Lets go of connections and files."""
        ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where a channel is opened: relative paths of its settings are taken from `folder`; most need
    neither database nor engine."""

    folder: Path
    database: Database
    circulation: Circulation


class Driver(Protocol):
    """A kind of channel."""

    @property
    def settings(self) -> type[Any]:
        """What its section may hold besides `driver` and `like`: a frozen dataclass."""
        ...

    def open(self, name: str, settings: Any, around: Surroundings) -> Channel:
        """The channel of that name. Raises OSError and ValueError where it cannot be opened."""
        ...


def driver_names() -> list[str]:
    """The names of all drivers that are installed."""
    return list(installed(_GROUP))


def load_driver(name: str) -> Driver:
    """The driver of that name, which alone is loaded. Raises LookupError where there is none."""
    if name not in installed(_GROUP):
        raise LookupError(f"there is no driver {name!r}")
    driver: Driver = installed(_GROUP)[name].load()
    return driver
