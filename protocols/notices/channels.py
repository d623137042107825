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
    """A text that somebody has sent; `id` is the gateway's name for it, the same if it calls
    again."""

    id: str
    sender: str
    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """An HTTP call from the other side, to ``/notices/CHANNEL`` or below. Header names are in lower
    case; `path` is what follows the channel; `names` are those in the caller's certificate, if it
    showed one that was verified."""

    method: str
    path: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    at: datetime
    names: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Received:
    """What a call said, and the answer to it, which goes out when the rest is stored."""

    status: int = 200
    content_type: str = "text/plain; charset=utf-8"
    body: bytes = b""
    reports: Sequence[Report] = field(default=())
    texts: Sequence[IncomingText] = field(default=())


class Channel(Protocol):
    """An open channel. Its methods are called in threads, may block, and are never called by two
    threads at once."""

    @property
    def knows_ids(self) -> bool:
        """Does it recognise a message by its id? Then one whose sender died is given to it again;
        otherwise staff must decide."""
        ...

    @property
    def confirms(self) -> bool:
        """Does it say when somebody has received a message? Until it does, a message that it has
        taken has reached nobody; with other channels what was taken counts as received, unless it
        comes back."""
        ...

    @property
    def takes_answers(self) -> bool:
        """Do texts that people send back arrive here (`Received.texts`)? If not, no message says
        that it can be answered."""
        ...

    def send(self, message: Outgoing, now: datetime) -> Outcome:
        """Hands the message over. What goes wrong is an `Outcome`, never an exception."""
        ...

    def collect(self, keep: Callable[[Sequence[Report]], None]) -> int:
        """Fetches what became of messages: hands it to `keep`, which returns once it is stored, and
        only then confirms it to the other side. Returns the number of reports."""
        ...

    def receive(self, call: Call) -> Received:
        """Answers a call from the other side; 404 if nobody calls this channel."""
        ...

    def close(self) -> None:
        """Closes connections and files."""
        ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where a channel is opened: relative paths in its settings start at `folder`; most channels
    need neither database nor engine. `fonts` are the library's own, for what is put on paper."""

    folder: Path
    database: Database
    circulation: Circulation
    fonts: tuple[Path, ...] = ()


class Driver(Protocol):
    """A kind of channel."""

    @property
    def settings(self) -> type[Any]:
        """The class of its settings besides `driver` and `like`: a frozen dataclass."""
        ...

    def open(self, name: str, settings: Any, around: Surroundings) -> Channel:
        """The channel with that name. Raises OSError and ValueError if it cannot be opened."""
        ...


def driver_names() -> list[str]:
    """The names of all installed drivers."""
    return list(installed(_GROUP))


def load_driver(name: str) -> Driver:
    """Loads only the driver with that name. Raises LookupError if there is none."""
    if name not in installed(_GROUP):
        raise LookupError(f"there is no driver {name!r}")
    driver: Driver = installed(_GROUP)[name].load()
    return driver
