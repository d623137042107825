"""Odd patrons of each branch, as the files have them and as they are here."""

from __future__ import annotations

import pytest

from circulation.moving.balancing.file_rows import FileRows
from circulation.moving.balancing.samples import Sample, choose
from circulation.moving.balancing.samples_here import Compared, compare
from circulation.patrons.identifiers import IDENTIFIERS
from tests.builders.moving import BO, IDA, LENT, OldSystem

ZONE = "Europe/Copenhagen"


def samples(old: OldSystem, per_branch: int = 50) -> list[Sample]:
    plan, stored = old.read(), IDENTIFIERS.of(old.library.circulation).stored
    aside = {
        (kind, (each.place.file, each.place.line)): each.reason
        for kind, each in old.faults
        if not each.is_noted
    }
    rows = FileRows(plan, ZONE, stored)
    return choose(plan, rows, aside, old.library.today, per_branch=per_branch)


def compared(old: OldSystem, sample: Sample) -> list[Compared]:
    found = old.library.read(lambda t: compare(t, sample, old.read().source, ZONE))
    assert found is not None
    return found


@pytest.fixture
def full(more: OldSystem) -> OldSystem:
    more.write("patrons", IDA, BO, ("3", "P3", "NOWHERE", *IDA[3:]))
    more.write("guardians", ("2", "1"))
    more.write("holds", ("1", "P2", "t1", "PORT", "2026-11-12", "1", "", "", ""))
    more.write(
        "debts",
        ("1", "P1", "F", "25.00", "10.50", "2026-10-01", "late", ""),
        ("2", "P2", "C", "-20.00", "-20.00", "2026-10-02", "", ""),
    )
    more.deliver()
    return more


def test_both_ways_are_the_same(full: OldSystem) -> None:
    ida, bo = samples(full)
    assert (ida.home, ida.odd) == ("DK-900101", ("is a guardian", "owes something", "reminded"))
    assert bo.odd == ("a credit", "blocked", "has a guardian")
    for each in (ida, bo):
        assert [line for line in compared(full, each) if line.differs] == []
    told = {(line.what, line.files) for line in compared(full, ida)}
    assert ("loan", "B1: 2026-11-20, renewed 1") in told
    assert ("debt", "late_fee of 2026-10-01: 10.50") in told
    assert ("address", "Søgade 3, 2610, Rødovre") in told
    told = {(line.what, line.files) for line in compared(full, bo)}
    assert {("guardian", "1"), ("hold", "t1: waiting, DK-900102")} < told
    assert {("block", "excluded"), ("debt", "credit of 2026-10-02: -20.00")} < told


@pytest.mark.parametrize(
    ("sql", "line"),
    [
        ("UPDATE loans SET renewals = 2", ("loan", "B1: 2026-11-20, renewed 1")),
        ("DELETE FROM loans", ("loan", "B1: 2026-11-20, renewed 1")),
        ("UPDATE patrons SET email = 'x@example.org'", ("email", "ida@example.org")),
        ("DELETE FROM patron_addresses", ("address", "Søgade 3, 2610, Rødovre")),
        ("UPDATE patrons SET birth_date = '1980-05-11'", ("birth_date", "1980-05-12")),
        ("UPDATE charges SET paid = 2500, balance = 0 WHERE kind = 'late_fee'",
         ("debt", "late_fee of 2026-10-01: 10.50")),
    ],
)  # fmt: skip
def test_what_is_not_the_same_is_marked(full: OldSystem, sql: str, line: tuple[str, str]) -> None:
    full.library.write(lambda t: t.execute(sql, ()) and None)
    ida = samples(full)[0]
    wrong = [each[:2] for each in compared(full, ida) if each.differs]
    assert wrong[:1] == [line]


def test_the_rare_are_among_few(sqlite_old: OldSystem) -> None:
    """Of a thousand patrons of a branch ten are chosen: whoever is blocked is one of them."""
    plain = [(str(n), f"P{n}", "MAIN", *IDA[3:]) for n in range(10, 400)]
    blocked = ("9", "P9", "MAIN", *IDA[3:12], "excluded", *IDA[13:])
    sqlite_old.write("patrons", IDA, BO, *plain, blocked)
    sqlite_old.write("loans", LENT, *[("400", f"B{n}", *LENT[2:]) for n in range(2, 30)])
    sqlite_old.deliver()
    chosen = samples(sqlite_old, per_branch=10)
    assert sum(each.home == "DK-900101" for each in chosen) == 10
    assert {"1", "2", "9"} < {each.key for each in chosen}
    assert [each.key for each in samples(sqlite_old, per_branch=10)] == [e.key for e in chosen]


def test_neither_pins_nor_national_numbers_are_told(full: OldSystem) -> None:
    number, pin = "0102031234", "827ccb0eea8a706c4c34a16891f84e7b"
    full.write("patrons", (*IDA[:14], "", pin, "md5", ""), (*BO[:14], "", pin, "md5", ""))
    full.write("patrons", (*IDA[:1], number, *IDA[2:15], pin, "md5", ""), BO)
    full.deliver(may_be_shorter=True)
    told = repr([(each, compared(full, each)) for each in samples(full)])
    assert number not in told
    assert pin not in told
