"""What a move leaves behind: no PIN and no national number in any file, answer or table of it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.builders.moving import BO, FIRST, IDA, LENT, OldSystem
from tests.builders.staff import Staff

#: Of no living person, as they are written; and PINs as the other system has them.
NUMBERS = ("0101110000", "010111-0001", "0101110002")
PINS = ("739154", "864207")
SECRETS = (*NUMBERS, "0101110001", *PINS)


def test_neither_pins_nor_national_numbers_are_left_behind(staff: Staff, tmp_path: Path) -> None:
    """They stand where they belong, and in columns where they do not."""
    folder, reports = tmp_path / "old", tmp_path / "reports"
    folder.mkdir()
    old = OldSystem(staff.library, folder)
    one, two, three = NUMBERS
    right = (one, *IDA[1:14], one, PINS[0], "clear", "")
    wrong = [
        (two, "P2", *BO[2:14], two, PINS[1], "sha1", ""),  # no hash of its scheme
        ("3", "P3", three, *BO[3:]),  # in place of a branch
        ("4", "P4", "MAIN", three, *BO[4:]),  # of a category
        ("5", "P5", "MAIN", "A", *BO[4:6], three, *BO[7:]),  # of a day
        ("6", three, "MAIN", "A", *BO[4:12], three, *BO[13:]),  # of a card and a block
        ("7", "P7", *BO[2:14], "0102031234x", PINS[1], PINS[0], PINS[1]),
        (one, "P8", *BO[2:]),  # its key is doubled
    ]
    old.write("patrons", right, *wrong)
    old.write(
        "items", FIRST, ("12", "B2", three, *FIRST[3:]), ("13", three, "t1", three, *[""] * 4)
    )
    old.write("loans", (one, *LENT[1:]), (three, "B2", *LENT[2:4], three, PINS[0], PINS[0]))
    old.read()
    plan, where = str(folder / "plan.toml"), ("--reports", str(reports))
    said = [
        staff.run("move", "load", plan, *where, "--dry-run").output,
        staff.run("move", "load", plan, *where, "--json").output,
        staff.run("move", "load", plan, *where).output,
        staff.run("move", "balance", plan, *where, "--json").output,
        staff.run("move", "balance", plan, *where).output,
        staff.run("move", "wrap-pins").output,
    ]
    assert '"new": 2' in said[1]
    assert '"balances": true' in said[3]
    left = {f"answer {number}": text for number, text in enumerate(said)}
    left |= {path.name: path.read_text(encoding="utf-8") for path in reports.iterdir()}
    assert {"old.set-aside.tsv", "old.balance.tsv"} <= left.keys()
    url = staff.library.database.url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(url)) as database:
        left["the database"] = "\n".join(database.iterdump())
    found = [
        (place, secret) for secret in SECRETS for place, text in left.items() if secret in text
    ]
    assert found == []
