"""What only one process does at a time: whoever holds the lease of its name.

A lease is a row that says who and until when. Its holder renews it while it works and gives it back
at the end; if it dies, the lease runs out and another takes over. The clocks of the hosts need to
agree to within a few seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, insert, or_, select, update

from catalogue.database import Statement, Transaction, change, scalar, send
from circulation.kernel.schema import leases

#: Seconds for which a lease is taken, and after which one of a holder that died has run out.
SECONDS: Final = 60.0


@change
def _renew(*, name: str, holder: str, present: datetime, until: datetime) -> Statement:
    return (
        update(leases)
        .where(leases.c.name == name, or_(leases.c.holder == holder, leases.c.until <= present))
        .values(holder=holder, until=until)
    )


@scalar(str)
def _holder(*, name: str) -> Statement:
    return select(leases.c.holder).where(leases.c.name == name)


@send
def _insert(*, name: str, holder: str, until: datetime) -> Statement:
    return insert(leases).values(locals())


@send
def _give_back(*, name: str, holder: str) -> Statement:
    return delete(leases).where(leases.c.name == name, leases.c.holder == holder)


class LeaseTaken(Exception):
    """Somebody else is at it; `holder` says who."""

    def __init__(self, name: str, holder: str) -> None:
        super().__init__(f"{name}: {holder} is at it")
        self.name = name
        self.holder = holder


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to do what `name` says, wanted by `holder`: a process, by its host and number."""

    name: str
    holder: str
    seconds: float = SECONDS

    def hold(self, transaction: Transaction, now: datetime) -> None:
        """Takes or renews it. Raises LeaseTaken."""
        until = now + timedelta(seconds=self.seconds)
        if _renew(transaction, name=self.name, holder=self.holder, present=now, until=until):
            return
        holder = _holder(transaction, name=self.name)
        if holder is not None:
            raise LeaseTaken(self.name, holder)
        # Where two insert at once, one fails and is run again.
        _insert(transaction, name=self.name, holder=self.holder, until=until)

    def give_back(self, transaction: Transaction) -> None:
        """Another may take it now. Nothing happens where it is not held."""
        _give_back(transaction, name=self.name, holder=self.holder)
