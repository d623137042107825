"""Three days of the rehearsal: ``make cut-over`` is the whole. And does its checker see faults?"""

from __future__ import annotations

import json
import re
import shlex
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from shutil import copytree

import pytest

from tests.cut_over.__main__ import options
from tests.cut_over.campaign import SHORT, Draw, rehearse
from tests.cut_over.checker import Figures, figures
from tests.cut_over.nights import read_nights
from tests.cut_over.old_system.character import Character
from tests.cut_over.old_system.store import DATABASE
from tests.cut_over.replaying import Journal, Lists, Span, read

_FOREIGN = Character(
    clock=-4500,
    checksums=False,
    crlf=True,
    dates="european",
    hold_counts="one",
    own_renewals=True,
    own_fines=True,
    login="closes once",
)


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What three days have left, with kills, faults and an old system that does much in ways of
    its own."""
    folder = tmp_path_factory.mktemp("rehearsal")
    draw = Draw(days=3, acts=60, kills=3, character=_FOREIGN, compares_every=3)
    done = rehearse(folder, replace(draw, **SHORT))
    assert sum(sum(each.deaths.values()) for each in done.machines.values()) >= 3
    return folder


def test_nothing_is_lost_refused_done_or_told_twice(rehearsal: Path) -> None:
    found = figures(rehearsal)
    assert found.is_sound, found.text()
    assert found.changes > 50
    assert found.messages > 20
    assert len(read_nights(rehearsal)) == 4


@pytest.mark.parametrize("night", [1, -1])
def test_where_the_systems_differ_and_no_list_says_so_is_a_fault(
    rehearsal: Path, tmp_path: Path, night: int
) -> None:
    copied = _copied(rehearsal, tmp_path)
    path = copied / "nights.jsonl"
    nights = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    nights[night]["differences"].append(["item", "I00001", "loan", "None", "('P1', '20270101')"])
    path.write_text("\n".join(map(json.dumps, nights)), encoding="utf-8")
    found = figures(copied)
    (case,) = found.unequal_unlisted if night == -1 else found.unexplained
    assert "I00001" in case


def test_a_difference_is_explained_while_a_list_names_it() -> None:
    lists = Lists()
    row = {"subject": "item", "name": "I1", "unequal": {"loan": {"old": ["IN", ""]}}}
    lists.compared({"id": 1, **row})
    lists.compared({"id": 3, **row, "unequal": {}})
    assert lists.names("loan", "I1", ["P1"], 2)
    assert not lists.names("loan", "I1", ["P1"], 3)
    lists.for_a_person((4, 0, "old"), Span(5, "11", "I1", "P1"))
    assert lists.names("loan", "I1", ["P1"], 5)
    assert not lists.names("debt", "P1", (), 5), "a loan that was refused explains no debt"
    lists.taken(6, "I1", "old")
    assert not lists.names("loan", "I1", ["P1"], 6)
    lists.for_a_person((7, 0, "old"), Span(8, "37", "", "P1"))
    assert lists.names("debt", "P1", (), 8)
    lists.settled(9, 7)
    assert not lists.names("debt", "P1", (), 9), "settled, and unequal all the same"
    of_patron = {"loans": {"old": ["HAS", "I2, I3 + 4"], "new": ["HAS", ""]}}
    lists.compared({"id": 10, "subject": "patron", "name": "P1", "unequal": of_patron})
    assert lists.names("loan", "I2", ["P1"], 10)
    assert not lists.names("loan", "I2", ["P2"], 10)


# What the checker must see


def _copied(rehearsal: Path, folder: Path) -> Path:
    copied = folder / "copied"
    copytree(rehearsal, copied)
    path = copied / "new" / "tiro.toml"  # with the database of the copy
    path.write_text(path.read_text().replace(str(rehearsal), str(copied)))
    return copied


@contextmanager
def _changed(folder: Path, system: str = "new") -> Iterator[sqlite3.Connection]:
    name = DATABASE if system == "old" else "tiro.sqlite"
    with closing(sqlite3.connect(folder / system / name)) as connection:
        yield connection
        connection.commit()


def _last(folder: Path, code: str) -> tuple[str, str]:
    """Item and card of the last act of that kind that was granted, and is not undone since. What a
    list names is told to people already."""
    journal: Journal = read(folder / "proxy" / "journal")
    named = journal.lists.items(journal.last_id)
    seen = named | journal.listed["old"] | journal.listed["new"]
    for act in reversed(journal.acts):
        if act.code == code and act.is_granted and act.item not in seen:
            return act.item, act.card
        seen.add(act.item)
    raise AssertionError(f"no {code} was granted")


def _a_loan_is_dropped(folder: Path) -> None:
    item, _ = _last(folder, "11")
    with _changed(folder) as new:
        new.execute(
            "UPDATE loans SET checked_in = due WHERE checked_in IS NULL"
            " AND item_id = (SELECT id FROM items WHERE barcode = ?)",
            (item,),
        )


def _an_act_is_dropped(folder: Path) -> None:
    item, _ = _last(folder, "09")
    with _changed(folder) as new:
        new.execute(
            "UPDATE events SET kind = 'item_seen' WHERE kind = 'checked_in'"
            " AND item_id = (SELECT id FROM items WHERE barcode = ?)",
            (item,),
        )


def _an_act_is_done_again(folder: Path) -> None:
    item, _ = _last(folder, "11")
    with _changed(folder, "old") as old:
        old.execute(
            "INSERT INTO events (kind, item, card, login, at) SELECT kind, item, card, login, at"
            " FROM events WHERE kind = 'checked_out' AND item = ?",
            (item,),
        )


def _a_letter_goes_out_again(folder: Path) -> None:
    with _changed(folder, "old") as old:
        old.execute(
            "INSERT INTO letters (card, kind, step, item, of_day) SELECT card, kind, step, item,"
            " of_day FROM letters WHERE kind = 'loan_made' LIMIT 1"
        )


def _a_letter_never_goes_out(folder: Path) -> None:
    with _changed(folder, "old") as old:
        old.execute("DELETE FROM letters WHERE kind = 'loan_made'")
    with _changed(folder) as new:
        new.execute(
            "UPDATE notices SET why = 'the other system looks after DK-900101',"
            " state = 'withdrawn' WHERE kind = 'loan_made'"
        )


def _a_due_date_moves(folder: Path) -> None:
    item, _ = _last(folder, "11")
    with _changed(folder) as new:
        new.execute(
            "UPDATE loans SET due = '2027-03-01 12:00:00' WHERE checked_in IS NULL"
            " AND item_id = (SELECT id FROM items WHERE barcode = ?)",
            (item,),
        )


def _a_debt_grows(folder: Path) -> None:
    with _changed(folder) as new:
        new.execute(
            "UPDATE patron_balances SET fees = fees + 100 WHERE patron_id ="
            " (SELECT max(patron_id) FROM patron_balances WHERE fees > 0)"
        )


def _an_answer_was_never_written_down(folder: Path) -> None:
    path = folder / "terminals.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines()
    heard = next(json.loads(line) for line in reversed(lines) if '"answer": "121' in line)
    heard["answer"] = heard["answer"].replace("|AH2", "|AH3")
    path.write_text("\n".join([*lines, json.dumps(heard)]), encoding="utf-8")


def _somebody_is_refused(folder: Path) -> None:
    journal = sorted((folder / "proxy" / "journal").glob("*.journal"))[-1]
    lines = journal.read_text(encoding="utf-8").splitlines()
    place = next(number for number, line in enumerate(lines) if '"sent":"101' in line)
    lines[place] = lines[place].replace('"sent":"101', '"sent":"100')
    journal.write_text("\n".join([*lines, ""]), encoding="utf-8")


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        (_a_loan_is_dropped, lambda found: found.differing),
        (_an_act_is_dropped, lambda found: found.lost),
        (_an_act_is_done_again, lambda found: found.done_twice),
        (_a_letter_goes_out_again, lambda found: found.told_twice),
        (_a_letter_never_goes_out, lambda found: found.told_by_nobody),
        (_a_due_date_moves, lambda found: found.differing),
        (_a_debt_grows, lambda found: found.differing),
        (_an_answer_was_never_written_down, lambda found: found.lost),
        (_somebody_is_refused, lambda found: found.refused),
    ],
)
def test_the_checker_sees_a_fault(
    rehearsal: Path,
    tmp_path: Path,
    fault: Callable[[Path], None],
    seen: Callable[[Figures], list[str]],
) -> None:
    copied = _copied(rehearsal, tmp_path)
    assert figures(copied).is_sound
    fault(copied)
    found = figures(copied)
    assert seen(found), found.text()


def test_the_calls_in_the_document_are_calls_of_it() -> None:
    path = Path(__file__).parents[2] / "docs" / "changing-systems.md"
    calls = re.findall(r'make cut-over CUT_OVER_OPTIONS="([^"]*)"', path.read_text("utf-8"))
    assert len(calls) == 3
    for call in calls:
        assert options().parse_args(shlex.split(call)).days < 60
