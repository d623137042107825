"""How much each account of a machine has sent, and what it gets wrong, counted by name.

The names are the protocol's own; what is counted is no person's. Processes count in memory and add
up here from time to time.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, insert, select, update

from catalogue.database import Transaction, change, many, send
from circulation.callers.schema import terminal_counts

_COUNT = terminal_counts.c["count"]


class TerminalCount(NamedTuple):
    """An account has done `name` so many `times`, the last time about `last`."""

    account: str
    name: str
    times: int
    last: datetime


_add = change(
    update(terminal_counts)
    .where(
        terminal_counts.c.account == bindparam("of_account"),
        terminal_counts.c.name == bindparam("of_name"),
    )
    .values({_COUNT: _COUNT + bindparam("more"), "last": bindparam("new_last")}),
    "of_account",
    "of_name",
    "more",
    "new_last",
)
_insert = send(
    insert(terminal_counts).values(
        {
            "account": bindparam("new_account"),
            "name": bindparam("new_name"),
            _COUNT: bindparam("new_count"),
            "last": bindparam("new_last"),
        }
    ),
    "new_account",
    "new_name",
    "new_count",
    "new_last",
)
_all = many(
    select(
        terminal_counts.c.account, terminal_counts.c.name, _COUNT, terminal_counts.c.last
    ).order_by(terminal_counts.c.account, terminal_counts.c.name),
    TerminalCount,
)


def add_counts(
    transaction: Transaction, counts: Mapping[tuple[str, str], int], *, now: datetime
) -> None:
    """Adds what was counted since the last time, by (account, name)."""
    for (account, name), count in sorted(counts.items()):
        if not _add(transaction, account, name, count, now):
            _insert(transaction, account, name, count, now)


def all_counts(transaction: Transaction) -> list[TerminalCount]:
    """Everything counted, by account and name."""
    return _all(transaction)
