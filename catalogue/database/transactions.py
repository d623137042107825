"""One open transaction of a database, as work is given it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol


class Cursor(Protocol):
    """What both drivers return from ``execute`` (PEP 249)."""

    @property
    def rowcount(self) -> int: ...

    def fetchone(self) -> Any: ...

    def fetchall(self) -> list[Any]: ...


Execute = Callable[[str, Sequence[Any]], Cursor]
ExecuteMany = Callable[[str, Iterable[Sequence[Any]]], object]


class Transaction:
    """One open transaction of either database, as work is given it.

    `dialect` is ``"sqlite"`` or ``"postgresql"``. `execute` is the driver's own and takes SQL
    of that dialect; engine code calls statements instead and leaves it alone. `execute_many` is
    ``executemany`` of PEP 249. `memory` is for what was read in this snapshot and stays true as
    long as it lasts, by names of the readers' own; None in a transaction that may change things.
    `is_alone` where the work shares its transaction with no other, and so has no savepoint.
    `takes_locks` is False for who merely looks (see `looking`).
    """

    __slots__ = ("dialect", "execute", "execute_many", "is_alone", "memory", "takes_locks")

    def __init__(
        self, dialect: str, execute: Execute, execute_many: ExecuteMany, is_alone: bool = False
    ) -> None:
        self.dialect = dialect
        self.execute = execute
        self.execute_many = execute_many
        self.is_alone = is_alone
        self.memory: dict[Any, Any] | None = None
        self.takes_locks = True

    def looking(self) -> Transaction:
        """The same transaction for who decides what would be done, and does not do it."""
        looking = Transaction(self.dialect, self.execute, self.execute_many, self.is_alone)
        looking.memory, looking.takes_locks = self.memory, False
        return looking
