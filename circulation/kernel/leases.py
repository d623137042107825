"""What only one process does at a time: whoever holds the lease of its name.

A lease is a row that says who and until when. Its holder renews it while it works and gives it back
at the end; if it dies, the lease runs out and another takes over. The clocks of the hosts need to
agree to within a few seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, delete, insert, or_, select, update

from catalogue.database import Transaction, change, scalar, send
from circulation.kernel.schema import leases

#: Seconds for which a lease is taken, and after which one of a holder that died has run out.
SECONDS: Final = 60.0

_renew = change(
    update(leases)
    .where(
        leases.c.name == bindparam("of_name"),
        or_(leases.c.holder == bindparam("new_holder"), leases.c.until <= bindparam("present")),
    )
    .values(holder=bindparam("new_holder"), until=bindparam("new_until")),
    "of_name",
    "new_holder",
    "present",
    "new_until",
)
_holder = scalar(select(leases.c.holder).where(leases.c.name == bindparam("of_name")), "of_name")
_insert = send(
    insert(leases).values(
        name=bindparam("new_name"), holder=bindparam("new_holder"), until=bindparam("new_until")
    ),
    "new_name",
    "new_holder",
    "new_until",
)
_give_back = send(
    delete(leases).where(
        leases.c.name == bindparam("of_name"), leases.c.holder == bindparam("of_holder")
    ),
    "of_name",
    "of_holder",
)


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
        if _renew(transaction, self.name, self.holder, now, until):
            return
        holder = _holder(transaction, self.name)
        if holder is not None:
            raise LeaseTaken(self.name, holder)
        # Where two insert at once, one fails and is run again.
        _insert(transaction, self.name, self.holder, until)

    def give_back(self, transaction: Transaction) -> None:
        """Another may take it now. Nothing happens where it is not held."""
        _give_back(transaction, self.name, self.holder)
