"""The sheet balances to the øre with what was set aside, and shows what does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from circulation.moving.balancing.comparing import Balance, balance
from circulation.moving.balancing.from_database import sheet_of_database
from circulation.moving.balancing.from_files import sheet_of_files
from circulation.moving.set_aside import read_set_aside, writing
from circulation.patrons.identifiers import IDENTIFIERS
from tests.builders.moving import BO, FIRST, HEADERS, IDA, LENT, SECOND, THIRD, OldSystem


def sheet(old: OldSystem, tmp_path: Path) -> list[Balance]:
    """That of the files that were just taken in."""
    path = tmp_path / "aside.tsv"
    with writing(path) as write:
        for kind, fault in old.faults:
            write(kind, fault)
    aside = {(e.kind, (e.file, int(e.line))): e.reason for e in read_set_aside(path)}
    zone = "Europe/Copenhagen"
    files = sheet_of_files(old.read(), zone, aside, IDENTIFIERS.of(old.library.circulation))
    history = old.read().kinds.get("history")
    tells = history is not None and "branch" in history.fields
    found = old.library.read(
        lambda t: sheet_of_database(t, old.read().source, zone, past_at_branch=tells)
    )
    return balance(files, found)


@pytest.fixture
def full(more: OldSystem) -> OldSystem:
    """All kinds, and of each a row that is set aside."""
    more.write("patrons", IDA, BO, ("3", "P3", "NOWHERE", *IDA[3:]), IDA[:5], IDA)
    more.write(
        "items", FIRST, SECOND, THIRD, ("14", "B1", *THIRD[2:]), ("15", "B5", "t9", *THIRD[3:])
    )
    more.write(
        "loans",
        LENT,
        ("2", "B3", "2026-11-01", "2026-12-01", "0", "", ""),
        ("9", "B2", "2026-11-01", "2026-12-01", "0", "", ""),
        ("1", "B9", "2026-11-01", "soon", "0", "", ""),
    )
    more.write(
        "holds",
        ("1", "P1", "t1", "MAIN", "2026-11-10", "2", "", "", ""),
        ("2", "P2", "t1", "PORT", "2026-11-12", "1", "", "", ""),
        ("3", "P9", "t1", "PORT", "2026-11-12", "3", "", "", ""),
        ("4", "P1", "t2", "MAIN", "2026-11-12", "", "shelf", "B2", ""),
    )
    more.write(
        "debts",
        ("1", "P1", "F", "25.00", "10.50", "2026-10-01", "late", ""),
        ("2", "P2", "L", "299.95", "299.95", "2026-10-02", "", ""),
        ("3", "P9", "F", "100.00", "99.99", "2026-10-02", "", ""),
        ("4", "P1", "F", "1.00", "1.0x", "2026-10-02", "", ""),
    )
    more.write("messages", ("1", "P1", "ODUE", "2026-11-21 08:00", "email", "", "B1"))
    more.write("history", ("1", "B3", "P1", "2025-01-01", "2025-01-20"), ("2", "B99", *["x"] * 3))
    more.deliver()
    return more


def test_it_balances_with_what_was_set_aside(full: OldSystem, tmp_path: Path) -> None:
    lines = sheet(full, tmp_path)
    assert [each for each in lines if each.difference] == []
    by_figure = {each[:3]: each[3:] for each in lines}
    assert by_figure["remaining", "DK-900101", "late_fee"] == (
        11049, 9999, 1050, 0, "no amount 0, unknown patron 9999",
    )  # fmt: skip
    assert by_figure["patrons", "DK-900101", "adult"][:3] == (2, 1, 1)
    assert by_figure["loans", "DK-900102", "open"][0] == 2
    assert by_figure["item states", "DK-900102", "for a hold"][:3] == (1, 0, 1)
    assert ("loans due", "DK-900101", "2026-11-20") in by_figure


@pytest.mark.parametrize(
    ("sql", "measures"),
    [
        ("UPDATE charges SET balance = balance + 1, amount = amount + 1 WHERE balance = 1050",
         {"remaining"}),
        ("UPDATE loans SET due = '2026-11-22T10:00:00.000000+00:00' WHERE renewals = 1",
         {"loans due", "loan checksum"}),
        ("UPDATE holds SET priority = 5 WHERE priority = -9999", {"queue checksum"}),
        ("UPDATE patrons SET category = 'child' WHERE given_name = 'Ida'", {"patrons"}),
        ("UPDATE loans SET patron_id = (SELECT max(id) FROM patrons) WHERE renewals = 1",
         {"loan checksum"}),
    ],
)  # fmt: skip
def test_what_does_not_balance_is_seen(
    full: OldSystem, tmp_path: Path, sql: str, measures: set[str]
) -> None:
    full.library.write(lambda transaction: transaction.execute(sql, ()) and None)
    assert {each.measure for each in sheet(full, tmp_path) if each.difference} == measures


def test_another_delivery_balances_too(full: OldSystem, tmp_path: Path) -> None:
    full.write("loans", ("1", "B3", "2026-11-03", "2026-12-03", "0", "", ""))
    full.write("debts", ("1", "P1", "F", "25.00", "0.50", "2026-10-01", "late", ""))
    full.deliver(may_be_shorter=True)
    assert [each for each in sheet(full, tmp_path) if each.difference] == []


@pytest.mark.parametrize("tells_branch", [True, False])
def test_past_loans_are_counted_by_day_and_where_it_is_told_by_branch(
    more: OldSystem, tmp_path: Path, tells_branch: bool
) -> None:
    header = HEADERS["history"]
    if tells_branch:
        more.plan += 'branch = { column = "at", values = "branches" }\n'
        header = (*header, "at")
    at = (("PORT",), ("",)) if tells_branch else ((), ())
    first, second = (
        ("B3", "P1", "2025-01-01 23:30", "2025-01-20"),
        ("B1", "", "2025-01-01", "2025-02-01"),
    )
    more.write("history", ("1", *first, *at[0]), ("2", *second, *at[1]), header=header)
    more.deliver()
    lines = {each[:3]: each for each in sheet(more, tmp_path)}
    assert not any(each.difference for each in lines.values())
    days = {each[1:]: lines[each].database for each in lines if each[0] == "history"}
    port, main = ("DK-900102", "2025-01-01"), ("DK-900101", "2025-01-01")
    assert days == ({port: 1, main: 1} if tells_branch else {("", "2025-01-01"): 2})
    more.library.write(
        lambda t: (
            t.execute(
                "UPDATE loans SET checked_out = '2025-01-05T10:00:00.000000+00:00'"
                " WHERE checked_in IS NOT NULL AND patron_id IS NULL",
                (),
            )
            and None
        )
    )
    assert {each.measure for each in sheet(more, tmp_path) if each.difference} == {"history"}


@pytest.mark.parametrize("loans_by", ["card", "key"])
@pytest.mark.parametrize("debts_by", ["card", "key"])
def test_debts_of_no_branch_are_of_the_home_of_their_patron(
    sqlite_old: OldSystem, tmp_path: Path, loans_by: str, debts_by: str
) -> None:
    old = sqlite_old
    old.plan_more()
    old.plan = old.plan.replace('branch = { constant = "DK-900101" }\n', "")
    if debts_by == "key":
        before, debts = old.plan.split("[debts.fields]\n")
        debts = debts.replace('patron = "card"', 'patron = { column = "card", by = "key" }', 1)
        old.plan = f"{before}[debts.fields]\n{debts}"
    if loans_by == "card":
        old.plan = old.plan.replace(
            'patron = { column = "patron", by = "key" }', 'patron = "patron"'
        )
    ida, bo, nobody = ("P1", "P2", "P9") if debts_by == "card" else ("1", "2", "9")
    old.write("loans", ("P1" if loans_by == "card" else "1", *LENT[1:]))
    old.write(
        "debts",
        ("1", ida, "F", "25.00", "10.50", "2026-10-01", "late", ""),
        ("2", bo, "L", "299.95", "299.95", "2026-10-02", "", ""),
        ("3", nobody, "F", "1.00", "1.00", "2026-10-02", "", ""),
    )
    old.deliver()
    lines = sheet(old, tmp_path)
    assert [each for each in lines if each.difference] == []
    remaining = {each[1:3]: each[3:6] for each in lines if each[0] == "remaining"}
    assert remaining["DK-900101", "late_fee"] == (1050, 0, 1050)
    assert remaining["DK-900102", "compensation"] == (29995, 0, 29995)
