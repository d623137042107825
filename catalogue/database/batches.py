"""What shares a commit: jobs, and how each of them ended."""

from __future__ import annotations

import sqlite3
from concurrent.futures import Future
from typing import Any

from catalogue.database.contract import Work
from catalogue.database.sqlite_files import outage_of
from catalogue.database.transactions import Transaction

Job = tuple[Work[Any], Future[Any]]
#: The answer of a job, what it gave, and how it failed.
Outcome = tuple[Future[Any], Any, BaseException | None]


class Batch:
    """The jobs that were run, in a transaction, and how each of them ended. Or no job, where what
    it `ends_with` is all."""

    def __init__(self, ends_with: str = "COMMIT") -> None:
        self.ends_with = ends_with
        self.transaction: Transaction | None = None
        self.jobs: list[Job] = []
        self.outcomes: list[Outcome] = []

    def tell(self) -> None:
        for answer, result, error in self.outcomes:
            if error is None:
                answer.set_result(result)
            else:
                answer.set_exception(error)


def outcome_of(job: Job, transaction: Transaction) -> Outcome:
    """Runs a job. Raises only what has made SQLite undo more than it."""
    work, answer = job
    try:
        return answer, work(transaction), None
    except BaseException as error:
        if isinstance(error, sqlite3.Error) and outage_of(error) is not None:
            raise
        return answer, None, error


def outcome_in_savepoint(job: Job, transaction: Transaction) -> Outcome:
    """The same; what a job that fails has done is undone."""
    execute = transaction.execute
    execute("SAVEPOINT job", ())
    outcome = outcome_of(job, transaction)
    if outcome[2] is not None:
        execute("ROLLBACK TO job", ())
    execute("RELEASE job", ())
    return outcome
