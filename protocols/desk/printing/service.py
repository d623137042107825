"""Looks twice a second for what is to be printed, and has each printer print in a thread.

Several processes may look: a job is claimed by one of them.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

from catalogue.database import DatabaseClosed, DatabaseUnavailable
from circulation.staff.print_jobs import (
    DueJob,
    claim_job,
    job_failed,
    job_printed,
    jobs_to_send,
)
from protocols.desk.printing.sending import NotPrinted, print_out
from protocols.hosting.answering import Lane, Services, Stage

log = logging.getLogger(__name__)

SECONDS: Final = 0.5


class PrintService:
    """Prints until the process ends. `call_later` and `in_thread` are the reactor's."""

    def __init__(
        self,
        services: Services,
        call_later: Callable[..., object],
        in_thread: Callable[..., Any],
    ) -> None:
        self._services = services
        self._call_later = call_later
        self._in_thread = in_thread
        #: Workstations for which a thread prints.
        self._busy: set[int] = set()
        self._is_over = False
        services.before_close(self.end)
        call_later(SECONDS, self._look)

    def end(self) -> None:
        """Nothing more is begun."""
        self._is_over = True

    def _look(self) -> None:
        if self._is_over or self._services.stage is Stage.DRAINING:
            return
        self._services.perform(
            Lane.READ, lambda context: jobs_to_send(context.transaction, context.now), self._found
        )

    def _found(self, jobs: Sequence[DueJob] | None, error: BaseException | None) -> None:
        by_workstation: dict[int, list[DueJob]] = defaultdict(list)
        for job in jobs or ():
            by_workstation[job.workstation_id].append(job)
        for workstation, its in by_workstation.items():
            if workstation not in self._busy:
                self._busy.add(workstation)
                done = self._in_thread(self._print_all, its)
                done.addErrback(self._failed)
                done.addBoth(lambda _, workstation=workstation: self._busy.discard(workstation))
        if not self._is_over:
            self._call_later(SECONDS, self._look)

    def _failed(self, failure: Any) -> None:
        if failure.check(DatabaseClosed, DatabaseUnavailable) is None:  # the log was told of these
            log.error("slips could not be printed: %s", failure.getTraceback())

    def _print_all(self, jobs: Sequence[DueJob]) -> None:
        """The jobs of one printer, in their order; after a failure the others wait as well."""
        for job in jobs:
            if self._is_over or not self._print(job):
                return

    def _print(self, job: DueJob) -> bool:
        write, now = self._services.database.write, self._services.clock
        if not write(lambda transaction: claim_job(transaction, job.id, now())).result():
            return False
        try:
            print_out(job.printer, job.document)
        except NotPrinted as problem:
            why = str(problem)
            log.warning("job %d was not printed: %s", job.id, why)
            self._note(lambda at: write(lambda t: job_failed(t, job.id, job.tries + 1, why, at)))
            return False
        self._note(lambda at: write(lambda transaction: job_printed(transaction, job.id, at)))
        return True

    def _note(self, work: Callable[[datetime], Any]) -> None:
        with suppress(DatabaseClosed):  # then it is printed once more: better twice than never
            work(self._services.clock()).result()
