"""How fast another system's files are taken in, and in how much memory.

    python -m tests.bench.bench_move [SHARE [DATABASE-URL]]

SHARE of 200,000 patrons, 500,000 items, 300,000 loans, 50,000 holds and 40,000 debts, drawn by a
seed; something is wrong with one row in a thousand. They are loaded, loaded again, and balanced:
rows a second by the clock and by CPU, and the most memory so far. Without a URL it is a SQLite file
of its own.
"""

from __future__ import annotations

import csv
import pickle
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import insert

from catalogue.database import Database, Statement, migrate, open_database, send_many
from catalogue.schema import records
from circulation.kernel.engine import Circulation
from circulation.moving.balancing.comparing import balance
from circulation.moving.balancing.from_database import sheet_of_database
from circulation.moving.balancing.from_files import sheet_of_files
from circulation.moving.deliveries import Following, take_delivery
from circulation.moving.kinds.table import FIELDS
from circulation.moving.plans import Plan, read_plan
from circulation.moving.rows import Fault, Moving
from circulation.patrons.identifiers import IDENTIFIERS
from tests.bench.bench_patron_search import FAMILY, STREETS, Names
from tests.builders.circulation import a_library
from tests.builders.dunning import danish
from tests.builders.moving import HEADERS, MORE, PLAN

NOW = datetime(2026, 11, 25, 11, tzinfo=UTC)
ZONE = "Europe/Copenhagen"
PATRONS, ITEMS, LOANS, HOLDS, DEBTS = 200_000, 500_000, 300_000, 50_000, 40_000
#: One of so many rows has something wrong.
WRONG = 1_000


class Titled(NamedTuple):
    title: str
    control_number: str


@send_many
def _insert(record: Titled) -> Statement:
    given = {"format": "marc21", "author": "", "data": b"", "created": NOW, "changed": NOW}
    return insert(records).values(record._asdict() | given)


def draw(folder: Path, share: float) -> int:
    """Writes the files; gives how many titles there must be."""
    choose = random.Random(7)
    patrons, items = int(PATRONS * share), int(ITEMS * share)
    titles = max(items // 3, 1)
    names = Names(FAMILY, "sen").draw(choose, patrons)
    branch = ("MAIN", "PORT")

    def day(back: int) -> date:
        return NOW.date() - timedelta(choose.randrange(back))

    def code(right: str) -> str:
        return right if choose.randrange(WRONG) else "WRONG"

    def all_patrons() -> Iterator[tuple[object, ...]]:
        for number, name in enumerate(names):
            street = f"{choose.choice(STREETS)} {choose.randrange(99)}"
            reached = (f"p{number}@example.org", f"22{number:06}", street, "2610", "Rødovre")
            block = "" if choose.randrange(50) else "other"
            who = (code(choose.choice(branch)), choose.choice("AC"), "Kim", name)
            yield (number, f"P{number}", *who, day(30_000), *reached, block, *[""] * 5)

    def all_items() -> Iterator[tuple[object, ...]]:
        for number in range(items):
            title = f"t{choose.randrange(titles)}"
            price = f"{choose.randrange(500)}.95"
            yield number, f"B{number}", title, code(choose.choice(branch)), "book", price, "", ""

    def all_loans() -> Iterator[tuple[object, ...]]:
        for number in choose.sample(range(items), int(LOANS * share)):
            due = NOW.date() + timedelta(choose.randrange(-30, 28))
            reminders = 1 if due < NOW.date() - timedelta(1) else ""
            borrower = code(str(choose.randrange(patrons)))
            yield (
                borrower,
                f"B{number}",
                f"{day(60)} 10:00:00",
                due,
                choose.randrange(3),
                reminders,
                "",
            )

    def all_holds() -> Iterator[tuple[object, ...]]:
        for number in range(int(HOLDS * share)):
            who, title = f"P{choose.randrange(patrons)}", f"t{choose.randrange(titles)}"
            yield number, who, title, code(choose.choice(branch)), day(90), "", "", "", ""

    def all_debts() -> Iterator[tuple[object, ...]]:
        for number in range(int(DEBTS * share)):
            amount = f"{choose.randrange(1, 500)}.50"
            kind = code(choose.choice("FL"))
            yield number, f"P{choose.randrange(patrons)}", kind, amount, amount, day(400), "", ""

    drawn = {
        "patrons": all_patrons,
        "items": all_items,
        "loans": all_loans,
        "holds": all_holds,
        "debts": all_debts,
        "guardians": lambda: iter(()),
        "messages": lambda: iter(()),
        "history": lambda: iter(()),
    }
    for kind, rows in drawn.items():
        with (folder / f"{kind}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(HEADERS[kind])
            writer.writerows(rows())
    (folder / "plan.toml").write_text(PLAN + MORE, encoding="utf-8")
    return titles


def memory() -> int:
    """The most that this process has had, in MB."""
    status = Path("/proc/self/status").read_text()  # getrusage counts the process before as well
    return next(int(line.split()[1]) for line in status.splitlines() if "VmHWM" in line) // 1024


class Timed:
    """Prints what has been done since the last time."""

    def __init__(self) -> None:
        self._clock, self._cpu = time.perf_counter(), time.process_time()

    def say(self, what: str, rows: int) -> None:
        clock, cpu = time.perf_counter(), time.process_time()
        passed, used = clock - self._clock, cpu - self._cpu
        rates = f"{rows / passed:,.0f} rows/s, {rows / used:,.0f} per CPU second" if rows else ""
        print(f"{what}: {rows:,} rows, {passed:.1f} s, {used:.1f} s of CPU, {rates}, {memory()} MB")
        self._clock, self._cpu = time.perf_counter(), time.process_time()


def deliver(
    database: Database, plan: Plan, moving: Moving
) -> dict[tuple[str, tuple[str, int]], str]:
    """Takes it in; gives what was set aside."""
    aside: dict[tuple[str, tuple[str, int]], str] = {}
    timed, last = Timed(), ["", 0]

    def note(kind: str, fault: Fault) -> None:
        if not fault.is_noted:
            aside[kind, (fault.place.file, fault.place.line)] = fault.reason

    def on_progress(kind: str, done: int, of: int) -> None:
        if kind != last[0] and last[0]:
            timed.say(str(last[0]), int(last[1]))
        last[:] = [kind, done]

    total = Timed()
    found = take_delivery(database, plan, moving, Following(False, note, on_progress))
    timed.say(str(last[0]), int(last[1]))
    total.say("all", sum(each.rows for each in found))
    return aside


def furnish(url: str, titles: int) -> None:
    """A library with so many titles."""
    database = open_database(url, mapped=False)
    danish(a_library(database))
    for first in range(0, titles, 10_000):
        those = range(first, min(first + 10_000, titles))
        numbered = [Titled(f"Title {number}", f"t{number}") for number in those]
        database.write(lambda t, rows=numbered: _insert(t, rows)).result()
    database.close()


def main(share: float, url: str | None) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = url or f"sqlite:///{folder / 'tiro.sqlite'}"
        drawing = [sys.executable, "-m", "tests.bench.bench_move", "draw", str(share), name]
        titles = int(subprocess.run(drawing, check=True, capture_output=True, text=True).stdout)
        migrate(url)
        furnish(url, titles)
        database = open_database(url, mapped=False)
        plan = read_plan(folder / "plan.toml", FIELDS)
        circulation = Circulation()
        set_up = database.read(circulation.current_set_up).result()
        moving = Moving(plan.source, circulation, set_up, "DKK", ZONE, NOW, NOW)
        print(f"before: {memory()} MB")
        aside = deliver(database, plan, moving)
        deliver(database, plan, moving)
        print(f"set aside: {len(aside)}", flush=True)
        database.close()
        (folder / "aside").write_bytes(pickle.dumps(aside))
        subprocess.run(
            [sys.executable, "-m", "tests.bench.bench_move", "sheet", name, url], check=True
        )


def sheet(folder: Path, url: str) -> None:
    """As the command does, in a process of its own."""
    timed, database, circulation = Timed(), open_database(url, mapped=False), Circulation()
    plan, aside = (
        read_plan(folder / "plan.toml", FIELDS),
        pickle.loads((folder / "aside").read_bytes()),
    )
    files = sheet_of_files(plan, ZONE, aside, IDENTIFIERS.of(circulation))
    found = database.read(lambda t: sheet_of_database(t, plan.source, ZONE)).result()
    wrong = [line for line in balance(files, found) if line.difference]
    timed.say(f"balanced but for {len(wrong)} lines", 0)
    database.close()


if __name__ == "__main__" and sys.argv[1:2] == ["draw"]:  # in a process whose memory does not count
    print(draw(Path(sys.argv[3]), float(sys.argv[2])))
elif __name__ == "__main__" and sys.argv[1:2] == ["sheet"]:
    sheet(Path(sys.argv[2]), sys.argv[3])
elif __name__ == "__main__":
    main(
        float(sys.argv[1]) if len(sys.argv) > 1 else 1.0, sys.argv[2] if len(sys.argv) > 2 else None
    )
