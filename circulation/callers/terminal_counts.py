"""How much each account of a machine has sent, and what it gets wrong, counted by name.

The names are the protocol's own; what is counted is no person's. Processes count in memory and add
up here from time to time.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import insert, select, update

from catalogue.database import Statement, Transaction, change, columns, many, send
from circulation.callers.schema import terminal_counts

#: The name of the count of a message: this and its code. All other counts are deviations.
MESSAGE: Final = "received "
_COUNT = terminal_counts.c["count"]


class TerminalCount(NamedTuple):
    """An account has done `name` so many `times`, the last time about `last`."""

    account: str
    name: str
    times: int
    last: datetime


@change
def _add(*, account: str, name: str, more: int, last: datetime) -> Statement:
    return (
        update(terminal_counts)
        .where(terminal_counts.c.account == account, terminal_counts.c.name == name)
        .values({_COUNT: _COUNT + more, "last": last})
    )


@send
def _insert(*, account: str, name: str, count: int, last: datetime) -> Statement:
    return insert(terminal_counts).values(
        {"account": account, "name": name, _COUNT: count, "last": last}
    )


@many(TerminalCount)
def all_counts() -> Statement:
    """Everything counted, by account and name."""
    return select(*columns(TerminalCount, terminal_counts, times=_COUNT)).order_by(
        terminal_counts.c.account, terminal_counts.c.name
    )


def add_counts(
    transaction: Transaction, counts: Mapping[tuple[str, str], int], *, now: datetime
) -> None:
    """Adds what was counted since the last time, by (account, name)."""
    for (account, name), count in sorted(counts.items()):
        if not _add(transaction, account=account, name=name, more=count, last=now):
            _insert(transaction, account=account, name=name, count=count, last=now)
