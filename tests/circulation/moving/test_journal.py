"""What each row of another system's files becomes, and what is changed when that row changes.

The journals are under tests/transcripts/moving.
``python -m tests.circulation.moving.test_journal`` writes them again: then read what has changed.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

import pytest

from circulation.moving.deliveries import KindReport
from circulation.moving.rows import Fault
from tests.builders.circulation import Library
from tests.builders.dunning import danish
from tests.builders.journal import Days, Journal, must_be_as_written, write_journals
from tests.builders.moving import BO, FIRST, HEADERS, IDA, LENT, SECOND, THIRD, OldSystem
from tests.circulation.moving.test_balancing import sheet
from tests.circulation.moving.test_samples import compared, samples

FOLDER = Path(__file__).parents[2] / "transcripts" / "moving"
EVA = ("3", "P3", "MAIN", "C", "Eva", "Aa", "2015-03-04", "", "", "", "", "", "", "", "", "", "",
       "")  # fmt: skip
#: What the other system has, by kind.
ROWS: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "patrons": (IDA, BO, EVA),
    "items": (FIRST, SECOND, THIRD, ("14", "B4", "t2", "MAIN", "film", "10.00", "", "")),
    "loans": (LENT, ("3", "B4", "2026-11-02 09:00:00", "2026-12-20", "0", "", "")),
    "guardians": (("2", "1"), ("3", "1")),
    "holds": (
        ("h1", "P2", "t1", "MAIN", "2026-10-01", "", "", "", ""),
        ("h2", "P3", "t1", "PORT", "2026-10-02", "", "", "", ""),
        ("h3", "P1", "t2", "PORT", "2026-10-03", "", "shelf", "B3", "2026-11-30"),
    ),
    "debts": (
        ("d1", "P1", "F", "20.00", "15.00", "2026-09-01", "late", ""),
        ("d2", "P1", "C", "-30.00", "-30.00", "2026-09-02", "gift", ""),
        ("d3", "P2", "L", "299.95", "299.95", "2026-09-03", "lost", "1"),
    ),
    "messages": (
        ("m1", "P1", "ODUE", "2026-11-21 08:00", "mail", "Late", "B1"),
        ("m2", "P2", "HOLD", "2026-10-06 08:00", "sms", "Here", ""),
    ),
    "history": (
        ("y1", "B1", "P1", "2026-08-01", "2026-08-20"),
        ("y2", "B2", "P2", "2026-08-02", "2026-08-21"),
        ("y3", "B2", "", "2026-07-02", "2026-07-21"),
    ),
}
#: Lines that say when there was a delivery.
WHEN: Final = re.compile(
    r"~ (moved_deliveries|silent_batches) |[+-] moved_deliveries source=\S+ kind=(delivery|newest) "
)
#: (kind, number of the row, the columns that change); the other rows are as they were at first.
CHANGES: Final[tuple[tuple[str, int, dict[str, str]], ...]] = (
    ("patrons", 0, {"first": "Ina"}),
    ("patrons", 1, {"blocks": "other", "why": "lamp"}),
    ("patrons", 0, {"mail": "", "phone": "99887766"}),
    ("patrons", 1, {"branch": "MAIN", "category": "A", "card": "P2b"}),
    ("patrons", 0, {"street": "Ny 1", "pin": "1234"}),
    ("items", 0, {"price": "5.00"}),
    ("items", 1, {"state": "", "to": ""}),
    ("items", 2, {"state": "", "branch": "MAIN"}),
    ("items", 2, {"barcode": "B3b", "title": "t1"}),
    ("loans", 0, {"due": "2026-12-01", "renewals": "2"}),
    ("loans", 0, {"reminders": "2", "reminded": "2026-11-25"}),
    ("loans", 1, {"patron": "1"}),
    ("holds", 0, {"at": "PORT"}),
    ("holds", 1, {"position": "1"}),
    ("holds", 1, {"state": "shelf", "ready": "B2", "deadline": "2026-12-01"}),
    ("debts", 0, {"left": "5.00"}),
    ("debts", 2, {"text": "drowned", "reminders": ""}),
    ("debts", 0, {"amount": "25.00", "left": "20.00"}),
    ("debts", 1, {"left": "-10.00"}),
    ("messages", 0, {"subject": "Very late"}),
    ("history", 0, {"back": "2026-08-22"}),
)


@contextmanager
def the_old(library: Library) -> Iterator[OldSystem]:
    danish(library)
    with tempfile.TemporaryDirectory() as folder:
        old = OldSystem(library, Path(folder))
        old.plan_more()
        for kind, rows in ROWS.items():
            old.write(kind, *rows)
        yield old


def delivered(
    day: Journal, old: OldSystem, what: str, known: Collection[str] = (), **options: Any
) -> list[str]:
    """Takes in what the files have now, after a rehearsal that changes nothing, and gives the
    answer, of which the lines that are known are not written."""
    options = {"may_be_shorter": True} | options

    quiet = {"advice", "unread_files"}  # in tests of their own, and among the faults
    names = [each.name for each in fields(KindReport) if each.name not in quiet]

    def told(dry_run: bool) -> list[str]:
        reports = old.deliver(dry_run=dry_run, **options)
        facts = [{n: v for n in names if (v := getattr(each, n))} for each in reports.values()]
        counts = [each for each in facts if each.keys() & {"new", "changed", "gone", "stopped"}]
        lines = (", ".join(f"{name}={value}" for name, value in each.items()) for each in counts)
        return [*lines, *(f"{kind} {_told(fault)}" for kind, fault in old.faults)]

    before = len(day.lines)
    rehearsed = day.do("a rehearsal", lambda: told(True), seconds=1)
    assert len(day.lines) == before + 3  # no row follows
    del day.lines[before:]
    answer = day.do(what, lambda: told(False))
    assert answer == rehearsed
    rows = [each for each in day.lines[before + 3 :] if not WHEN.match(each)]
    rows = [re.sub(r" row_id=\d+\b", "", each) for each in rows]
    day.lines[before + 2 :] = [*(f"< {each}" for each in answer if each not in known), *rows]
    before = len(day.lines)
    again = day.do("and once more", lambda: told(False), seconds=1)
    assert not any("kind=" in each and "stopped=" not in each for each in again)
    assert all(WHEN.match(each) for each in day.lines[before + 3 :])
    del day.lines[before:]
    return answer


def _told(fault: Fault) -> str:
    said = " ".join(filter(None, (fault.reason, fault.detail and f"({fault.detail})")))
    return f"{fault.key!r} in line {fault.place.line}{', noted' * fault.is_noted}: {said}"


def row_by_row(library: Library) -> Journal:
    with the_old(library) as old:
        day = Journal(library)
        delivered(day, old, "all files come")
        for kind, number, changed in CHANGES:
            rows = [*ROWS[kind]]
            its = dict(zip(HEADERS[kind], rows[number], strict=True)) | changed
            rows[number] = tuple(its.values())
            for other, theirs in ROWS.items():
                old.write(other, *(rows if other == kind else theirs))
            delivered(day, old, f"row {number} of {kind} has {changed}")
        day.lines += ["", "> the balance sheet", *map(str, sheet(old, old.folder))]
        day.lines += ["", "> the samples"]
        for sample in samples(old):
            told = (sample.key, sample.home, sample.odd, sorted(sample.given))
            day.lines += [str(told), *map(str, compared(old, sample))]
        for kind, rows in ROWS.items():
            old.write(kind, *rows[1:])
            delivered(day, old, f"row 0 of {kind} is gone")
    return day


DAYS: Days = {"row-by-row": row_by_row}


@pytest.mark.parametrize("name", DAYS)
def test_a_delivery_is_as_its_journal_has_it(sqlite_library: Library, name: str) -> None:
    """On SQLite, which uses the number of a deleted row again."""
    must_be_as_written(DAYS[name](sqlite_library), FOLDER / f"{name}.txt")


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    write_journals(DAYS, FOLDER)
