"""How fast the files of another system are surveyed, and in how much memory.

    python -m tests.bench.bench_survey [ROWS]

ROWS (1,000,000) of the patrons and loans of a Koha, drawn by a seed, with Koha's own columns, and
its plan: `tiro move survey` in a process of its own, by the clock, by CPU, and its most memory.
"""

from __future__ import annotations

import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

from tests.bench.bench_patron_search import FAMILY, STREETS, Names

#: Columns of Koha's `borrowers` with something in them, of all that there are.
PATRONS = (
    *("borrowernumber", "cardnumber", "surname", "firstname", "title", "othernames", "initials"),
    *("address", "address2", "city", "state", "zipcode", "country", "email", "phone", "mobile"),
    *("dateofbirth", "branchcode", "categorycode", "dateenrolled", "dateexpiry", "gonenoaddress"),
    *("lost", "debarred", "debarredcomment", "borrowernotes", "sex", "password", "userid"),
    *("opacnote", "contactnote", "privacy", "lastseen", "updated_on"),
)
LOANS = (
    *("issue_id", "borrowernumber", "itemnumber", "date_due", "branchcode", "returndate"),
    *(
        "lastreneweddate",
        "renewals_count",
        "auto_renew",
        "timestamp",
        "issuedate",
        "onsite_checkout",
    ),
)
TIRO = (sys.executable, "-m", "protocols.commands.command_line")
#: The most that is allowed.
SECONDS, MEGABYTES = 60, 300


def draw_patrons(choose: random.Random, number: int) -> Iterator[Sequence[object]]:
    names = Names(FAMILY, "sen").draw(choose, number)
    day = date(2026, 11, 25)
    branches = [f"BR{each:02}" for each in range(30)]
    for each, name in enumerate(names):
        born = day - timedelta(choose.randrange(36_000))
        enrolled = day - timedelta(choose.randrange(7_000))
        street = f"{choose.choice(STREETS)} {choose.randrange(99)}"
        place = (
            street,
            "",
            choose.choice(("Rødovre", "Køge", "Ærøskøbing")),
            "",
            2000 + each % 999,
        )
        phone = f"22{each:06}"
        yield (
            *(each, f"P{each:08}", name, f"Kim {each % 700}", "", "", ""),
            *(*place, "", f"p{each}@example.org", "", phone),
            *(born.strftime("%d/%m/%Y"), choose.choice(branches), choose.choice(("PT", "J", "S"))),
            *(enrolled.strftime("%d/%m/%Y"), (enrolled + timedelta(9_000)).strftime("%d/%m/%Y"), 0),
            *(0, "", "", "" if each % 20 else "owes a book", choose.choice("MF")),
            *(f"$2a$08${each:053}", f"kim{each}", "", "", each % 3, ""),
            f"25/11/2026 {each % 24:02}:{each % 60:02}",
        )  # fmt: skip


def draw_loans(choose: random.Random, number: int) -> Iterator[Sequence[object]]:
    day = date(2026, 11, 25)
    for each in range(number):
        out = day - timedelta(choose.randrange(60))
        clock = f"{choose.randrange(8, 20):02}:{choose.randrange(60):02}:{choose.randrange(60):02}"
        due = f"{out + timedelta(30)} 22:59:59"
        yield (
            *(each, choose.randrange(number), each * 3, due, f"BR{each % 30:02}", "", ""),
            *(each % 4, 0, f"{out} {clock}", f"{out} {clock}", 0),
        )


def draw(folder: Path, rows: int) -> None:
    choose = random.Random(5)
    files = (("borrowers", PATRONS, draw_patrons), ("issues", LOANS, draw_loans))
    for name, header, drawn in files:
        with (folder / f"{name}.csv").open("w", encoding="cp1252", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(header)
            writer.writerows(drawn(choose, rows // 2))


def main(rows: int = 1_000_000) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        draw(folder, rows)
        size = sum(each.stat().st_size for each in folder.iterdir()) / 1e6
        command = [*TIRO, "move", "survey", name, "--like", "koha"]
        began = time.perf_counter()
        with subprocess.Popen([*command, "--json"], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            told = json.loads(process.stdout.read())
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        passed, cpu = time.perf_counter() - began, used.ru_utime + used.ru_stime
    counted = sum(each["rows"] for each in told["files"])
    assert counted == rows, counted
    print(
        f"{counted:,} rows, {size:.0f} MB: {passed:.1f} s, {cpu:.1f} s of CPU,"
        f" {used.ru_maxrss / 1024:.0f} MB"
        f" (at most {SECONDS} s, {MEGABYTES} MB); {len(told['unread_columns'])} unread columns,"
        f" {len(told['codes_without_a_value'])} codes, {len(told['advice'])} pieces of advice"
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
