"""What a database of Tiro offers to the engines, whichever it is: see `catalogue.database`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import NamedTuple, Protocol, TypeVar

from catalogue.database.outages import Outage
from catalogue.database.transactions import Transaction

T = TypeVar("T")
Work = Callable[[Transaction], T]
#: Has a function called later.
Call = Callable[[Callable[[], None]], object]


class Following(NamedTuple):
    """A streaming replica, and how many seconds what it tells may be old."""

    url: str
    lag_seconds: float


class Replica(Protocol):
    """What is told of a replica, whatever it does at the moment.

    `lag_seconds`: how much it was behind at the last look; None: nobody knows. `answered` counts
    its reads, `instead` those of the primary, by reason: behind, failed, gone, unknown.
    """

    @property
    def lag_seconds(self) -> float | None: ...

    @property
    def is_in_use(self) -> bool: ...

    @property
    def answered(self) -> int: ...

    @property
    def instead(self) -> Mapping[str, int]: ...


class DatabaseClosed(RuntimeError):
    """Work was handed in after `Database.close`."""


class Database(Protocol):
    """What a database of Tiro offers; each kind passes tests/contracts/test_database.py."""

    dialect: str
    url: str
    #: Work that meets one fails with `DatabaseUnavailable`; the first error begins it.
    outage: Outage
    #: Is a bounded read done at once, in the thread that asks for it?
    reads_here: bool

    @property
    def replica(self) -> Replica | None:
        """Who answers reads that may lag; None: the database itself."""
        ...

    def read(self, work: Work[T], *, wide: bool = False, may_lag: bool = False) -> Future[T]:
        """Runs `work` on a snapshot that holds every write answered so far.

        A bounded read (the default) may run at once in the calling thread; a `wide` one (big
        truncation, sorting, reports) never does. One that `may_lag` (searching) a replica may
        answer: it holds every write that this `Database` has answered and all that such reads of
        it have seen, and may lack what others were answered within the lag that was set.
        """
        ...

    def read_here(self, work: Work[T]) -> T:
        """What a bounded read finds, without a future, where the database `reads_here`."""
        ...

    def write(self, work: Work[T], *, short: bool = False) -> Future[T]:
        """Runs `work` in a transaction; the future is done when that is durable or undone.

        `short` work takes two milliseconds at the most, whatever there is in the database: it may
        run in the thread that called `write_here`, whichever hands it in, and in one transaction
        with other such work. Where that thread does not come to it, another does.
        """
        ...

    def write_here(self, soon: Call, from_thread: Call) -> None:
        """Lets short writes run in the calling thread, where that is of use.

        Called once, by the thread that is to do them. `soon` is given a function to call from
        that same thread when it has done what is at hand; `from_thread` is the same, and may be
        called by any thread. Futures of short writes are done by such calls.
        """
        ...

    def trouble(self) -> str | None:
        """Why nothing can be changed for now; None as long as all is well. Costs no work."""
        ...

    def defer_release(self, later: Callable[[Callable[[], None]], object]) -> None:
        """Lets bounded reads share a snapshot until `later(release)` calls `release`.

        Called once, by the thread that does the bounded reads. `later` is given a function to
        call from that same thread within some 20 ms.
        """
        ...

    def see_others(self) -> None:
        """Bounded reads of this thread see what other processes have committed by now, whatever
        snapshot they share."""
        ...

    def waiting(self) -> int:
        """How much work has been handed in for threads that are all busy; wide reads apart."""
        ...

    def close(self) -> None:
        """Finishes the work handed in, then lets go of the files and connections."""
        ...
