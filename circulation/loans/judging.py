"""What a return would do: it is made, and rolled back.

Where an item goes is found by reading and closing holds in turn, so there is no decision that could
be looked at before it is written (`circulation.loans.lending.judge_loan` gives such a value for a
loan). What is told here and what will be done cannot differ.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from catalogue.database import Database, Transaction
from circulation.kernel.act import Act
from circulation.kernel.engine import Circulation
from circulation.kernel.results import CheckedIn, Desk, Refused
from circulation.loans.returns import check_in

T = TypeVar("T")


class _TakenBack(Exception):
    """Ends the transaction without a trace."""

    def __init__(self, answer: Any) -> None:
        super().__init__("a trial")
        self.answer = answer


def tried(database: Database, work: Callable[[Transaction], T]) -> T:
    """What the work answers, in a transaction of its own that is then taken back.

    On PostgreSQL others go on beside it. SQLite gives one connection at a time the right to write,
    whatever becomes of that in the end, so there the trial takes its turn with the writer: on a
    connection of its own it would wait for the same lock, and could be refused for being late.
    """

    def attempt(transaction: Transaction) -> None:
        raise _TakenBack(work(transaction))

    try:
        database.write(attempt).result()
    except _TakenBack as trial:
        answer: T = trial.answer
        return answer
    raise AssertionError("a trial always ends with an exception")


def judge_return(
    circulation: Circulation, database: Database, *, desk: Desk, now: datetime, **wish: Any
) -> CheckedIn | Refused:
    """What `circulation.loans.returns.check_in` would answer; `wish` is what it is asked besides
    the act."""
    return tried(
        database, lambda transaction: check_in(Act(transaction, circulation, desk, now), **wish)
    )
