"""What a plug-in that is told of holdings offers: a data well, a web hook, a file.

A driver is named in the entry point group ``tiro.holdings_sinks`` of setup.cfg; a section of
tiro.toml says what it is called, and holds its settings:

    [holdings.sinks.bibliotek]
    driver = "data_well"
    agencies = ["DK-775100"]
    url = "https://..."

The contract that every driver keeps: tests/contracts/test_holdings_sinks.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from circulation.holdings.states import RecordHoldings
from protocols.hosting.installed import installed

_GROUP = "tiro.holdings_sinks"


class Unavailable(Exception):
    """It is not known to have been told; nothing is wrong with what it was told. It is told again,
    after a while."""


class Refused(Exception):
    """Something of what it was told will not do: which record it is, is found by telling fewer at a
    time. `is_doubtful` where it may be that nothing at all would do now."""

    def __init__(self, why: str, *, is_doubtful: bool = False) -> None:
        super().__init__(why)
        self.is_doubtful = is_doubtful


class Sink(Protocol):
    """Somebody who is told. Each record that it hears of replaces what it knew of it; it may be
    told the same again, and the higher number is the later one."""

    def tell(self, told: Sequence[RecordHoldings], now: datetime) -> None:
        """Tells, and returns when that is durable on the other side. Blocks; raises Unavailable and
        Refused."""
        ...


class Driver(Protocol):
    """A kind of sink."""

    @property
    def settings(self) -> type[Any]:
        """What its section may hold: a frozen dataclass."""
        ...

    def open(self, name: str, settings: Any, folder: Path) -> Sink:
        """A sink of that name; relative paths are below `folder`."""
        ...


def driver_names() -> list[str]:
    """The drivers that are installed."""
    return list(installed(_GROUP))


def load_driver(name: str) -> Driver:
    """The driver of that name."""
    driver: Driver = installed(_GROUP)[name].load()
    return driver
