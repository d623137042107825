"""`tiro move balance` fails on what figures do not see, until the plan waives it by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.builders.moving import BO, HEADERS, IDA, OldSystem
from tests.builders.staff import Staff

HEADER = (*HEADERS["patrons"], "sex", "opacnote", "expires")


@pytest.fixture
def old(staff: Staff, tmp_path: Path) -> OldSystem:
    folder = tmp_path / "old"
    folder.mkdir()
    old = OldSystem(staff.library, folder)
    old.plan_more()
    old.read()
    return old


def balance(staff: Staff, old: OldSystem, code: int = 1) -> Any:
    """What is told after the files were loaded."""
    old.read()
    plan = str(old.folder / "plan.toml")
    assert staff.run("move", "load", plan, "--shorter").exit_code == 0
    return balanced(staff, old, code)


def balanced(staff: Staff, old: OldSystem, code: int = 1) -> Any:
    said = staff.run("move", "balance", str(old.folder / "plan.toml"), "--json")
    assert said.exit_code == code, said.output
    return json.loads(said.stdout)


def found(told: Any) -> set[tuple[str, str, int]]:
    return {(each["what"], each["detail"], each["number"]) for each in told["findings"]}


def test_columns_that_nothing_reads_are_waived_by_name(staff: Staff, old: OldSystem) -> None:
    old.write("patrons", (*IDA, "F", "", ""), (*BO, "M", "call first", ""), header=HEADER)
    told = balance(staff, old)
    assert told["balances"] is True
    assert found(told) == {("unread column", "sex", 2), ("unread column", "opacnote", 1)}
    assert "call first" not in str(told)
    assert 'write waived = ["sex"] in [patrons]' in told["findings"][0]["do"]
    old.plan = old.plan.replace("[patrons]\n", '[patrons]\nwaived = ["sex", "opacnote"]\n')
    assert found(balance(staff, old, code=0)) == set()


def test_a_waiver_of_what_does_not_exist_is_an_error(staff: Staff, old: OldSystem) -> None:
    old.plan = old.plan.replace(
        "[patrons]\n", '[patrons]\nwaived = ["sexx", "card", "born: old"]\n'
    )
    told = balance(staff, old)
    assert found(told) == {("waiver of nothing", "sexx", 1), ("waiver of nothing", "card", 1)}
    assert "the plan reads that column" in str(told)


def test_days_that_cannot_be_right_are_named_with_their_rows(staff: Staff, old: OldSystem) -> None:
    old.plan = old.plan.replace('pin = "pin"', 'pin = "pin"\nexpires = "expires"')
    born = ("1899-12-30", "2045-01-01", "1890-01-01", "0000-00-00", "1980-05-12", "1980-05-12")
    ends = ("2030-01-01", "9999-12-31", "", "", "1899-12-30", "2020-01-01")
    rows = [
        (str(n), f"P{n}", *IDA[2:6], day, *IDA[7:], "", "", ends[n]) for n, day in enumerate(born)
    ]
    old.write("patrons", *rows, header=HEADER)
    told = balance(staff, old)
    assert found(told) == {
        ("impossible date", "born: 1899-12-30 (birth_date)", 1),
        ("impossible date", "born: in the future (birth_date)", 1),
        ("impossible date", "born: born more than 125 years ago (birth_date)", 1),
        ("impossible date", "born: 0000-00-00 (birth_date)", 1),
        ("impossible date", "expires: 1899-12-30 (expires)", 1),
        ("expired", "expires: expired (expires)", 1),
    }
    (expired,) = (each for each in told["findings"] if each["what"] == "expired")
    assert (expired["file"], expired["rows"]) == ("patrons.csv", "7")
    waived = 'waived = ["expires: expired", "born: in the future"]'
    old.plan = old.plan.replace("[patrons]\n", f"[patrons]\n{waived}\n")
    old.plan = 'empty = ["1899-12-30", "0000-00-00"]\n' + old.plan
    left = {("impossible date", "born: born more than 125 years ago (birth_date)", 1)}
    assert found(balance(staff, old)) == left


def test_the_title_behind_a_queue_checksum_is_named(staff: Staff, old: OldSystem) -> None:
    old.write(
        "holds",
        ("h1", "P1", "t1", "MAIN", "2026-11-10", "1", "", "", ""),
        ("h2", "P2", "t1", "PORT", "2026-11-12", "2", "", "", ""),
        ("h3", "P2", "t2", "PORT", "2026-11-12", "1", "", "", ""),
    )
    assert balance(staff, old, code=0)["balances"] is True
    staff.library.write(
        lambda t: t.execute("UPDATE holds SET priority = 5 WHERE priority = -9999", ()) and None
    )
    told = balanced(staff, old)
    assert found(told) == {("queue in another order", "Title t1 (t1)", 2)}
    assert told["findings"][0]["rows"] == (
        "hold h1: 1 in the files, 2 here; hold h2: 2 in the files, 1 here"
    )
    text = (old.folder / "old.findings.tsv").read_text(encoding="utf-8")
    assert "Title t1 (t1)" in text


def test_a_file_of_which_nothing_was_taken_is_no_balance(staff: Staff, old: OldSystem) -> None:
    (old.folder / "guardians.csv").unlink()
    old.plan = old.plan.replace('checked_in = "back"', 'checked_in = "bakc"')
    old.read()
    plan = str(old.folder / "plan.toml")
    said = staff.run("move", "load", plan)
    assert said.exit_code == 1
    assert "guardians.csv" in said.output
    told = balanced(staff, old)
    assert told["balances"] is True  # nothing is on either side
    assert found(told) == {
        ("unreadable file", "No such file or directory", 1),
        ("unreadable file", "it has no column bakc", 1),
    }
