"""What several jobs would do for a day, seen without doing it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any

from catalogue.database import Database, Transaction
from circulation.jobs.table import JOBS
from circulation.kernel.engine import Circulation
from circulation.kernel.jobs import Doing


class _Seen(Exception):
    """Rolls back what several jobs have done, and holds what was seen of it."""

    def __init__(self, what: Any) -> None:
        super().__init__()
        self.what = what


def foresee(
    circulation: Circulation,
    database: Database,
    names: Iterable[str],
    *,
    day: date,
    now: datetime,
    look: Callable[[Transaction], Any],
) -> Any:
    """What `look` sees after these jobs, which are run to the end and then rolled back.

    It is all one transaction, and others wait for it where the database has one writer.
    """

    def work(transaction: Transaction) -> None:
        for name in names:
            after: int | None = 0
            while after is not None:
                after = JOBS[name].step(Doing(circulation, transaction, day, now, after)).goes_on
        raise _Seen(look(transaction))

    try:
        database.write(work).result()
    except _Seen as seen:
        return seen.what
    raise AssertionError("the work ends by raising")
