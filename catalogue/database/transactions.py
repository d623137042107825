"""One open transaction of a database, as work is given it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Cursor(Protocol):
    """What both drivers return from ``execute`` (PEP 249)."""

    @property
    def rowcount(self) -> int: ...

    def fetchone(self) -> Any: ...

    def fetchall(self) -> list[Any]: ...


Execute = Callable[[str, Sequence[Any]], Cursor]
ExecuteMany = Callable[[str, Iterable[Sequence[Any]]], object]


class Kept:
    """What a process keeps of a database beyond a snapshot.

    `memory` is by names of the readers' own, who find out what of it a snapshot bears out.
    `read_later` hands in a wide read that may lag, of the process itself; DatabaseClosed.
    """

    __slots__ = ("memory", "read_later")

    def __init__(
        self, read_later: Callable[[Callable[[Transaction], object]], Future[Any]]
    ) -> None:
        self.read_later = read_later
        self.memory: dict[Any, Any] = {}


class Transaction:
    """One open transaction of either database, as work is given it.

    `dialect` is ``"sqlite"`` or ``"postgresql"``. `execute` is the driver's own and takes SQL
    of that dialect; engine code calls statements instead and leaves it alone. `execute_many` is
    ``executemany`` of PEP 249. `memory` is for what was read in this snapshot and stays true as
    long as it lasts, by names of the readers' own; None in a transaction that may change things,
    as is `kept`, what the process keeps of the database.
    `is_alone` where the work shares its transaction with no other, and so has no savepoint.
    `takes_locks` is False for who merely looks (see `looking`).
    """

    __slots__ = ("dialect", "execute", "execute_many", "is_alone", "kept", "memory", "takes_locks")

    def __init__(
        self,
        dialect: str,
        execute: Execute,
        execute_many: ExecuteMany,
        is_alone: bool = False,
        kept: Kept | None = None,
    ) -> None:
        self.dialect = dialect
        self.execute = execute
        self.execute_many = execute_many
        self.is_alone = is_alone
        self.kept = kept
        self.memory: dict[Any, Any] | None = None
        self.takes_locks = True

    def looking(self) -> Transaction:
        """The same transaction for who decides what would be done, and does not do it."""
        looking = Transaction(self.dialect, self.execute, self.execute_many, self.is_alone)
        looking.memory, looking.kept, looking.takes_locks = self.memory, self.kept, False
        return looking

    def whole(self, work: Callable[[], T]) -> T:
        """What the work answers; where it raises, nothing of what it wrote stays, and the rest of
        the transaction does."""
        self.execute("SAVEPOINT whole", ())
        try:
            answer = work()
        except Exception:
            self.execute("ROLLBACK TO SAVEPOINT whole", ())
            self.execute("RELEASE SAVEPOINT whole", ())
            raise
        self.execute("RELEASE SAVEPOINT whole", ())
        return answer

    def undone(self, work: Callable[[], T]) -> T:
        """What the work answers, which happens in this transaction; whatever it writes is undone.

        For transactions that may write. Where the work raises, so does this, and all is undone.
        """
        self.execute("SAVEPOINT undone", ())
        answer = work()
        self.execute("ROLLBACK TO SAVEPOINT undone", ())
        self.execute("RELEASE SAVEPOINT undone", ())
        return answer
