"""Two systems that call their rows by the same keys move into one library of two agencies, which
has no flow of reminders.

The journal is tests/transcripts/moving/two-systems.txt;
``python -m tests.circulation.moving.test_two_systems`` writes it again: read what has changed.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

import pytest

from circulation.patrons.identifiers import IDENTIFIERS, IdentifierKey
from circulation.patrons.personal_erasure import erase_person
from tests.builders.agencies import a_further_agency
from tests.builders.circulation import Library
from tests.builders.fees import charge, number_of
from tests.builders.journal import Days, Journal, must_be_as_written, write_journals
from tests.builders.moving import OldSystem
from tests.circulation.moving.test_all_fields import (
    change,
    plan_all,
    read_row,
    tell_sheets,
    write,
)
from tests.circulation.moving.test_journal import FOLDER, delivered

#: Kind: its rows. What a system calls by a number of ours begins with its letter.
ROWS: Final[dict[str, tuple[str, ...]]] = {
    "patrons": (
        "1; card=?1; given_name=One; consents=keep_history",
        "2; card=?2; given_name=Two; home_branch=DK-900301",
        "3; card=?3; given_name=Three",
        "4; card=?4; given_name=Four",
    ),
    "items": (
        "1; barcode=?B1",
        "2; barcode=?B2; branch=DK-900301",
        "3; barcode=?B3; state=missing",
        "4; barcode=?B4; record=t2",
        "5; barcode=?B5; state=transit; transit_to=DK-900301",
    ),
    "uses": ("1; item=?B1; loans=3", "3; item=?B3; loans=2"),
    "loans": (
        "1; patron=?1; item=?B1; reminders=1",
        "2; patron=?2; item=?B2; branch=DK-900301",
    ),
    "holds": (
        "1; patron=?1; record=t1; position=3",
        "2; patron=?2; record=t2; state=shelf; ready=?B4; pickup_branch=DK-900301",
        "3; patron=?3; record=t1; state=transit; ready=?B5; pickup_branch=DK-900301",
        "4; patron=?3; item=?B1",
    ),
    "debts": (
        "1; patron=?1; remaining=5; reminders=1",
        "2; patron=?1; remaining=7; branch=DK-900301",
        "3; patron=?2; kind=compensation; remaining=9; collected=1",
    ),
    "messages": ("1; patron=?1", "2; patron=?2; item=?B2"),
    "history": ("1x; item=?B1; patron=?1", "2x; item=?B2; patron=?2; branch=DK-900301"),
    "guardians": ("1; patron=?2; guardian=?1",),
}
#: What the second system says of its rows afterwards.
CHANGES: Final = (
    ("patrons", "1", "note=seen"),
    ("items", "3", "state=available; price=5"),
    ("uses", "1", "loans=9"),
    ("loans", "1", "due=2026-12-09"),
    ("holds", "1", "state=shelf; ready=4; shelf_number=5"),
    ("holds", "2", "state=waiting; ready="),
    ("holds", "3", "state=waiting; ready="),
    ("debts", "1", "remaining=6"),
    ("debts", "2", "remaining=8"),
    ("debts", "3", "remaining=1"),
    ("guardians", "1", "sees_account=1"),
)
#: Fields by which the second system names rows by its own keys.
BY_KEY: Final = ("patron", "item", "guardian", "ready")


def _rows(kind: str, letter: str) -> list[dict[str, str]]:
    found = []
    for text in ROWS[kind]:
        row = read_row(kind, text.replace("?", letter))
        for name in BY_KEY if letter == "N" else ():
            row[name] = row.get(name, "").removeprefix("N").removeprefix("B")
        found.append(row)
    return found


def two_systems(library: Library) -> Journal:
    IDENTIFIERS.put(library.circulation, IdentifierKey(b"k" * 16))
    a_further_agency(library)
    first = plan_all(ROWS)
    second = first.replace('"old"', '"new"')
    for name in BY_KEY:
        second = second.replace(f'{name} = "{name}"', f'{name} = {{column="{name}", by="key"}}')
    with tempfile.TemporaryDirectory() as folder:
        old = OldSystem(library, Path(folder), first)
        day = Journal(library)

        def writes(letter: str, *left_out: str) -> None:
            for kind in ROWS:
                write(old, kind, [] if kind in left_out else _rows(kind, letter))

        writes("O", "debts")
        delivered(day, old, "all of the first system come, but for debts")
        charge(library, "O1", 300, currency="EUR")
        day.skip()
        writes("O")
        delivered(day, old, "its debts come")
        tell_sheets(day, old)
        old.plan = second
        writes("N")
        delivered(day, old, "all of the second system come")
        tell_sheets(day, old)
        for kind in ROWS:
            rows = _rows(kind, "N")
            for its, key, changed in CHANGES:
                if its == kind:
                    change(rows, key, changed)
            write(old, kind, rows)
        delivered(day, old, "its rows have changed")
        number = number_of(library, "N4")
        library.pass_time(days=1)
        day.do("a patron of the second is erased", lambda: _erases(library, number))
        writes("N", *ROWS)
        delivered(day, old, "it has nothing any more")
        old.plan = first
        writes("O")
        delivered(day, old, "the first comes again as it was")
        tell_sheets(day, old)
    return day


def _erases(library: Library, number: int) -> None:
    library.write(lambda t: erase_person(library.act(t), number))


DAYS: Days = {"two-systems": two_systems}


@pytest.mark.parametrize("name", DAYS)
def test_what_comes_is_as_its_journal_has_it(sqlite_library: Library, name: str) -> None:
    must_be_as_written(DAYS[name](sqlite_library), FOLDER / f"{name}.txt")


if __name__ == "__main__":
    write_journals(DAYS, FOLDER)
