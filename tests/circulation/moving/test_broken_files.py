"""Whatever is wrong with a file: what cannot be taken is set aside with its reason, the rest is in,
and the sheet balances."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from catalogue.database import Transaction
from circulation.moving.balancing.comparing import balance
from circulation.moving.balancing.from_database import sheet_of_database
from circulation.moving.balancing.from_files import sheet_of_files
from circulation.moving.deliveries import Following, take_delivery
from circulation.moving.plans import PlanUnfit
from circulation.moving.rows import Fault
from circulation.patrons.identifiers import IDENTIFIERS
from tests.builders.moving import LENT, OldSystem

ZONE = "Europe/Copenhagen"
HOLD = ("1", "P1", "t1", "MAIN", "2026-11-10", "2", "", "", "")
DEBT = ("1", "P1", "F", "25.00", "10.50", "2026-10-01", "late", "")
TOLD = ("1", "P1", "ODUE", "2026-11-21 08:00", "email", "", "B1")
PAST = ("1", "B3", "P1", "2025-01-01", "2025-01-20")


class _Undone(Exception):
    """Takes everything back."""


class Within:
    """A database whose writes all stand in one transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def write(self, work: Callable[[Transaction], Any]) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(work(self._transaction))
        return future


def differences(old: OldSystem) -> tuple[list[object], int]:
    """What does not balance after the files were taken in, and how many rows are in; undone."""
    found: list[object] = []
    counted = [0]
    aside: dict[tuple[str, tuple[str, int]], str] = {}

    def note(kind: str, fault: Fault) -> None:
        if not fault.is_noted:
            aside[kind, (fault.place.file, fault.place.line)] = fault.reason

    def work(transaction: Transaction) -> None:
        plan = old.read()
        reports = take_delivery(
            Within(transaction),  # type: ignore[arg-type]
            plan,
            old.moving(),
            Following(on_fault=note),
        )
        for each in reports:
            unread = each.reasons["unreadable file"]
            assert each.rows == each.new + each.set_aside - unread, each
        counted[0] = sum(each.new for each in reports)
        files = sheet_of_files(plan, ZONE, aside, IDENTIFIERS.of(old.library.circulation))
        lines = balance(files, sheet_of_database(transaction, plan.source, ZONE))
        found.extend(each for each in lines if each.difference)
        raise _Undone

    with pytest.raises(_Undone):
        old.library.database.write(work).result()
    return found, counted[0]


@pytest.fixture
def whole(more: OldSystem) -> OldSystem:
    more.write("loans", LENT, ("2", "B3", "2026-11-01", "2026-12-01", "0", "", ""))
    more.write("holds", HOLD, ("2", "P2", "t1", "PORT", "2026-11-12", "1", "", "", ""))
    more.write("debts", DEBT)
    more.write("messages", TOLD)
    more.write("history", PAST)
    return more


#: What is put in a file, or in place of a part of it.
WRONG = (
    *(b"\0", b"\xff\xfe", b"\xe6", b'"', b"\r", b"\n", b",", b";", b"\\", b"'", b"\t", b" "),
    *(b"9999-12-31", b"0001-01-01", b"9999-12-31T23:59:00-12:00", b"2026-02-31", b"0000-00-00"),
    *(b"-", b"1e99", b"NaN", b"Infinity", b"9" * 5000, "²".encode(), "٣".encode(), b"-1", b"10000"),
    *(b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\x1a", b"P1", b"B1", b"t9", b"MAIN", b"0102031234"),
)


def broken(data: bytes, choose: random.Random) -> bytes:
    for _ in range(choose.randrange(1, 4)):
        at, length = choose.randrange(len(data) + 1), choose.randrange(12)
        data = data[:at] + choose.choice(WRONG) + data[at + length * choose.randrange(2) :]
        if not choose.randrange(6):
            data = data[: choose.randrange(len(data) + 1)]
    return data


@pytest.mark.parametrize("seed", range(6))
def test_any_damage_is_set_aside_and_the_rest_balances(whole: OldSystem, seed: int) -> None:
    choose = random.Random(seed)
    sound, rows = differences(whole)
    assert (sound, rows) == ([], 12)
    for path in sorted(whole.folder.glob("*.csv")):
        data = path.read_bytes()
        path.write_bytes(broken(data, choose))
        assert differences(whole)[0] == []
        if choose.randrange(2):  # else it stays broken, with the others
            path.write_bytes(data)


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("9999-12-31", None),
        ("0001-01-01", "no such date"),
        ("9999-12-31T23:59:00-12:00", "no such date"),
        ("31-12-2026", "no such date"),
        ("9" * 5000, "no such date"),
    ],
)
def test_days_that_are_none(sqlite_old: OldSystem, cell: str, reason: str | None) -> None:
    old = sqlite_old
    old.write("loans", (*LENT[:3], cell, *LENT[4:]))
    assert dict(old.deliver()["loans"].reasons) == ({reason: 1} if reason else {})


def test_numbers_that_are_none(sqlite_old: OldSystem) -> None:
    old = sqlite_old
    old.write(
        "loans", *(("1", f"B{n}", *LENT[2:4], wrong, "", "") for n, wrong in ((1, "9" * 5000),))
    )
    assert dict(old.deliver()["loans"].reasons) == {"cannot be read": 1}


def test_a_key_that_no_text_holds(old: OldSystem) -> None:
    path = old.folder / "patrons.csv"
    path.write_bytes(path.read_bytes().replace(b"\n1,", b"\n1\0,").replace(b"\r\n1,", b"\r\n1\0,"))
    found = old.deliver()["patrons"]
    assert (found.new, dict(found.reasons)) == (1, {"no key": 1})


def test_a_line_without_an_end_costs_one_row(sqlite_old: OldSystem) -> None:
    old = sqlite_old
    path = old.folder / "items.csv"
    lines = path.read_bytes().splitlines()
    lines.insert(2, b"x" * 3_000_000 + b"," * 7)
    lines.insert(4, b'9,"' + b"y" * 200_000 + b'",t1,MAIN,book,,,')
    path.write_bytes(b"\n".join(lines) + b"\n")
    found = old.deliver()["items"]
    assert found.new == 3
    assert [(each.place.line, each.detail) for kind, each in old.faults if kind == "items"] == [
        (3, "a line of more than 1,000,000 characters"),
        (5, "a cell that is too long"),
    ]


def test_a_file_in_another_encoding_is_told_as_a_whole(sqlite_old: OldSystem) -> None:
    old = sqlite_old
    path = old.folder / "items.csv"
    path.write_bytes(path.read_text(encoding="utf-8").encode("utf-16"))
    assert dict(old.deliver()["items"].reasons) == {"unreadable file": 1}
    old.plan = old.plan.replace('files = "items.csv"', 'files = "items.csv"\nencoding = "utf-16"')
    assert old.deliver()["items"].new == 3
    path.write_bytes(path.read_bytes()[:-5])  # within a character
    found = old.deliver(may_be_shorter=True)["items"]
    assert (found.gone, found.unchanged, found.set_aside) == (0, 2, 1)


def test_files_that_are_not_there(sqlite_old: OldSystem) -> None:
    old = sqlite_old
    old.plan = old.plan.replace('"items.csv"', '"item*s-*.csv"')
    (old.folder / "loans.csv").unlink()
    found = old.deliver()
    assert found["patrons"].new == 2
    told = {(kind, *each) for kind, each in old.faults if not each.is_noted}
    assert told == {
        ("items", ("item*s-*.csv", 0), "", "unreadable file", "no file has that name", False, ""),
        ("loans", ("loans.csv", 0), "", "unreadable file", "FileNotFoundError", False, ""),
    }


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ('source = "old"', 'source = "old"\nencoding = "klingon"', "no encoding 'klingon'"),
        ('source = "old"', 'source = "old"\ntimezone = "Mars/Olympus"', "no time zone"),
        ('key = "id"', 'key = "id"\ndelimiter = "\\""', "delimiter"),
    ],
)
def test_plans_that_cannot_be_followed(
    sqlite_old: OldSystem, right: str, wrong: str, said: str, tmp_path: Path
) -> None:
    sqlite_old.plan = sqlite_old.plan.replace(right, wrong, 1)
    with pytest.raises(PlanUnfit, match=said):
        sqlite_old.read()
