"""What the printers of workstations are to print: kept until it is printed, tried again where it
is not, and given up in the end, with what was wrong.

A job is claimed by whoever prints it; if nothing is heard of it for a minute, it is tried again.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal, NamedTuple

from sqlalchemy import Select, delete, insert, select, update

from catalogue.database import Statement, Transaction, change, columns, many, one, scalar_one
from circulation.kernel.act import Act
from circulation.staff.schema import print_jobs, workstations
from circulation.staff.workstations import Printer, Workstation

#: After each failure the next try comes so much later; after the last there is none.
_PAUSES: Final = tuple(timedelta(seconds=each) for each in (2, 5, 15, 30, 60, 300, 600))
#: How long whoever has claimed a job has for it.
_CLAIMED: Final = timedelta(minutes=1)
#: A slip of yesterday is of no use.
_KEPT: Final = timedelta(days=1)
#: Jobs of a workstation that are shown.
_SHOWN: Final = 20
_AT_ONCE: Final = 50


@dataclass(frozen=True, slots=True)
class Document:
    """What is printed: `big` is the number that the hand looks for, `barcode` is drawn."""

    heading: str
    lines: tuple[str, ...]
    language: str = ""
    big: str = ""
    barcode: str = ""


class PrintJob(NamedTuple):
    """A job as it stands. It waits as long as it has a `next_try`."""

    id: int
    kind: str
    made: datetime
    next_try: datetime | None
    tries: int
    printed: datetime | None
    problem: str

    @property
    def state(self) -> Literal["waiting", "printed", "given_up"]:
        if self.printed is not None:
            return "printed"
        return "given_up" if self.next_try is None else "waiting"


class DueJob(NamedTuple):
    """A job that is to be printed now, and where."""

    id: int
    workstation_id: int
    kind: str
    content: str
    tries: int
    printer_json: str

    @property
    def document(self) -> Document:
        told = json.loads(self.content)
        return Document(**told | {"lines": tuple(told["lines"])})

    @property
    def printer(self) -> Printer:
        return Printer(**json.loads(self.printer_json))


@scalar_one(int)
def _insert(
    *,
    workstation_id: int,
    patron_id: int | None,
    kind: str,
    is_fetched: bool,
    content: str,
    made: datetime,
    next_try: datetime,
    tries: int,
    problem: str,
) -> Statement:
    return insert(print_jobs).values(locals()).returning(print_jobs.c.id)


@many(PrintJob)
def _latest(*, workstation_id: int, at_most: int) -> Statement:
    return (
        select(*columns(PrintJob, print_jobs))
        .where(print_jobs.c.workstation_id == workstation_id)
        .order_by(print_jobs.c.id.desc())
        .limit(at_most)
    )


@one(PrintJob)
def print_job(*, job_id: int, workstation_id: int) -> Statement:
    """A job of that workstation."""
    return select(*columns(PrintJob, print_jobs)).where(
        print_jobs.c.id == job_id, print_jobs.c.workstation_id == workstation_id
    )


def _select_due(now: datetime) -> Select[Any]:
    return (
        select(*columns(DueJob, print_jobs, printer_json=workstations.c.printer))
        .join(workstations, workstations.c.id == print_jobs.c.workstation_id)
        .where(print_jobs.c.next_try <= now)
        .order_by(print_jobs.c.id)
    )


@many(DueJob)
def _to_send(*, now: datetime, at_most: int) -> Statement:
    return _select_due(now).where(print_jobs.c.is_fetched.is_(False)).limit(at_most)


@one(DueJob)
def _to_fetch(*, now: datetime, workstation_id: int) -> Statement:
    return _select_due(now).where(print_jobs.c.workstation_id == workstation_id).limit(1)


@change
def _claim(*, job_id: int, now: datetime, until: datetime) -> Statement:
    return (
        update(print_jobs)
        .where(print_jobs.c.id == job_id, print_jobs.c.next_try <= now)
        .values(next_try=until, tries=print_jobs.c.tries + 1)
    )


@change
def _end(*, job_id: int, printed: datetime) -> Statement:
    ended = {"printed": printed, "next_try": None, "content": None, "problem": ""}
    return update(print_jobs).where(print_jobs.c.id == job_id).values(ended)


@change
def _put_off(*, job_id: int, next_try: datetime | None, problem: str) -> Statement:
    return (
        update(print_jobs)
        .where(print_jobs.c.id == job_id, print_jobs.c.printed.is_(None))
        .values(next_try=next_try, problem=problem)
    )


@change
def _begin_again(*, job_id: int, now: datetime) -> Statement:
    return (
        update(print_jobs)
        .where(print_jobs.c.id == job_id, print_jobs.c.content.is_not(None))
        .values(next_try=now, tries=0)
    )


@change
def _forget(*, made_before: datetime) -> Statement:
    return delete(print_jobs).where(print_jobs.c.made < made_before)


def queue_job(
    act: Act, workstation: Workstation, kind: str, document: Document, patron_id: int | None = None
) -> int:
    """Has the workstation's printer print it; gives the number of the job."""
    return _insert(
        act.transaction,
        workstation_id=workstation.id,
        patron_id=patron_id,
        kind=kind,
        is_fetched=workstation.printer.kind == "cloudprnt",
        content=json.dumps(asdict(document), ensure_ascii=False),
        made=act.now,
        next_try=act.now,
        tries=0,
        problem="",
    )


def latest_jobs(transaction: Transaction, workstation: Workstation) -> list[PrintJob]:
    """The last jobs of a workstation, the newest first."""
    return _latest(transaction, workstation_id=workstation.id, at_most=_SHOWN)


def jobs_to_send(transaction: Transaction, now: datetime) -> list[DueJob]:
    """What is to be sent to printers now, the oldest first."""
    return _to_send(transaction, now=now, at_most=_AT_ONCE)


def job_to_fetch(
    transaction: Transaction, workstation: Workstation, now: datetime
) -> DueJob | None:
    """What the printer of the workstation is to fetch first."""
    return _to_fetch(transaction, now=now, workstation_id=workstation.id)


def claim_job(transaction: Transaction, job_id: int, now: datetime) -> bool:
    """Nobody else prints it for a minute; False where somebody does already."""
    return bool(_claim(transaction, job_id=job_id, now=now, until=now + _CLAIMED))


def job_printed(transaction: Transaction, job_id: int, now: datetime) -> None:
    """It lies beside the printer, and what it said is forgotten here."""
    _end(transaction, job_id=job_id, printed=now)


def job_failed(transaction: Transaction, job_id: int, tries: int, why: str, now: datetime) -> None:
    """The try with this number, from one on, has failed."""
    pause = _PAUSES[tries - 1] if tries <= len(_PAUSES) else None
    next_try = None if pause is None else now + pause
    _put_off(transaction, job_id=job_id, next_try=next_try, problem=why[:500])


def try_job_again(transaction: Transaction, job_id: int, now: datetime) -> bool:
    """Somebody has seen to the printer; False where the job was printed already."""
    return bool(_begin_again(transaction, job_id=job_id, now=now))


def forget_print_jobs(transaction: Transaction, *, now: datetime) -> int:
    """Jobs of yesterday are forgotten, printed or not; gives how many."""
    return _forget(transaction, made_before=now - _KEPT)
