"""Nothing is moved out before all is made of it that is to be made; refusals say what to do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from catalogue.database import Database, Statement, send
from circulation.archiving.moving_out.moving import move_out
from circulation.archiving.moving_out.readiness import STAYS, CannotMoveOut
from circulation.jobs.running import run_job
from circulation.kernel.schema import outbox
from tests.builders.circulation import Library, a_library, a_patron, an_item
from tests.builders.holds import a_hold, cancel
from tests.builders.moving_out import moved, moving, rows_in, see_to_the_past

LENT = datetime(2023, 3, 1, 9, tzinfo=UTC)
#: What each job does beforehand; the test leaves out one of them.
JOBS = ("history", "closed-holds", "statistics")


@send
def _empty_outbox() -> Statement:
    return outbox.delete()


@pytest.fixture
def library(database: Database) -> Library:
    """A loan and a hold of long ago, that nothing has been made of."""
    library = a_library(database)
    library.now = LENT
    card, waiting = a_patron(library), a_patron(library)
    barcode = an_item(library, on_loan_to=card)
    hold = a_hold(library, waiting, barcode).hold
    library.pass_time(days=7)
    cancel(library, waiting, hold)
    library.check_in(barcode)
    library.pass_time(days=1)
    library.check_in(barcode)
    library.now = LENT + timedelta(days=900)
    return library


def run(library: Library, job: str) -> None:
    days = [library.now.date()]
    if job == "statistics":
        days = [LENT.date(), (LENT + timedelta(days=7)).date()]
    for day in days:
        run_job(library.circulation, library.database, job, day=day, now=library.now)


@pytest.mark.parametrize(
    ("left_out", "why", "advice"),
    [
        ("outbox", "somebody is still to be told of what happened on 2023-03-01", "start it"),
        ("history", "loans that ended long ago still name", "`tiro jobs run history`"),
        ("closed-holds", "holds that ended long ago still name", "`tiro jobs run closed-holds`"),
        ("statistics", "the loans of 2023-03-01 are not counted", "statistics --date 2023-03-01`"),
    ],
)
def test_something_is_still_to_be_done(
    library: Library, tmp_path: Path, left_out: str, why: str, advice: str
) -> None:
    todo: dict[str, Callable[[], Any]] = {
        "outbox": lambda: library.write(_empty_outbox),
        **{job: lambda job=job: run(library, job) for job in JOBS},  # type: ignore[misc]
    }
    for name, do in todo.items():
        if name != left_out:
            do()
    with pytest.raises(CannotMoveOut, match=why) as refused:
        moved(library, tmp_path / "old")
    assert advice in refused.value.advice
    assert not (tmp_path / "old").exists()
    todo[left_out]()
    assert moved(library, tmp_path / "old") is not None
    assert rows_in(tmp_path / "old")["loans"]


def test_what_is_young_stays(library: Library, tmp_path: Path) -> None:
    see_to_the_past(library)
    latest = (library.now - STAYS).date()
    with pytest.raises(CannotMoveOut, match=f"since {latest} stays"):
        moved(library, tmp_path / "old", before=latest + timedelta(days=1))
    assert moved(library, tmp_path / "old", before=latest) is not None


def test_a_loan_that_goes_on_is_no_reason_to_move_nothing(library: Library, tmp_path: Path) -> None:
    library.now = LENT + timedelta(days=30)
    card = a_patron(library)
    an_item(library, on_loan_to=card)
    library.now = LENT + timedelta(days=900)
    see_to_the_past(library)
    assert move_out(moving(library, tmp_path / "old", before=date(2024, 1, 1))) is not None
