"""The simulated year at a smaller scale: whatever happens in it, what was promised holds."""

from __future__ import annotations

import re
import shutil
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select, update

from catalogue.database import Database, Statement, Transaction, many, open_database, send
from circulation.ledger.schema import patron_balances
from circulation.notices.schema import notices
from tests.simulation.report import report
from tests.simulation.watching import Watch
from tests.simulation.year import FIRST_DAY, Year, simulate


@many(tuple[int | None])
def _messages() -> Statement:
    return select(notices.c.message_id).where(notices.c.message_id.is_not(None)).distinct()


#: From the first loan to collection it takes 94 days.
DAYS = 150


def lived(database: Database, *, seed: int = 1, days: int = DAYS, patrons: int = 80) -> Year:
    """The beginning of a year, with holidays and the closure of a branch."""
    return simulate(
        database, patrons=patrons, items=patrons * 6, loans=patrons * 8, seed=seed, days=days
    )


def test_a_year_holds_on_both_databases(database: Database) -> None:
    year = lived(database)
    text, is_sound = report(year)
    assert is_sound, text
    # And it was a year in which all of it happened.
    for counted in (
        "dunning: loans billed",
        "reminders: steps reminder",
        "reminders: debts for collection",
        "debts: patrons blocked",
        "blocks lifted by a payment",
        "messages sent",
        "renew",
        "loans moved by the closure",
    ):
        assert year.counts[counted], counted
    told = dict(re.findall(r"^  (\w+) +\d+ +(\d+)$", text, re.MULTILINE))
    assert int(told["due_soon"])  # withdrawn: it was returned before the message was sent


def test_the_same_seed_is_the_same_year(sqlite_template: Path, tmp_path: Path) -> None:
    counts = []
    for number, seed in enumerate((3, 3, 4)):
        copy = shutil.copy(sqlite_template, tmp_path / f"{number}.sqlite")
        database = open_database(f"sqlite:///{copy}")
        counts.append(lived(database, seed=seed, days=40, patrons=20).counts)
        database.close()
    assert counts[0] == counts[1] != counts[2]


def test_the_report_finds_what_does_not_hold(sqlite_url: str) -> None:
    database = open_database(sqlite_url)
    year = lived(database, days=40, patrons=30)
    assert report(year)[1]

    owes_more = send(lambda: update(patron_balances).values(fees=patron_balances.c.fees + 100))
    database.write(owes_more).result()
    text, is_sound = report(year)
    assert not is_sound
    assert "DOES NOT HOLD  ledger sums agree" in text
    year.watch.twice.append("somebody was told something twice")
    assert "DOES NOT HOLD  nobody was told of one event twice" in report(year)[0]
    database.close()


def test_the_watch_finds_messages_that_are_not_so(sqlite_url: str) -> None:
    """What was sent is taken for sent now, when much of it has come back."""
    database = open_database(sqlite_url)
    lived(database, days=25, patrons=30)  # and nothing of it is anonymised yet
    watch = Watch()

    def look_again(transaction: Transaction) -> None:
        ids = [int(row[0]) for row in _messages(transaction)]
        watch.read_post(transaction, FIRST_DAY + timedelta(25), ids)
        watch.read_post(transaction, FIRST_DAY + timedelta(25), ids)

    database.read(look_again).result()
    assert any("which has ended" in each for each in watch.stale)
    assert watch.twice
    database.close()
