"""A town moves branch by branch, and the other system goes on delivering everything each night."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from circulation.kernel.elsewhere import leave_to_another, take_over
from circulation.kernel.set_up import set_up_changed
from circulation.moving.rows import OURS
from tests.builders.circulation import Branch, Library
from tests.builders.holds import a_hold
from tests.builders.moving import BO, FIRST, IDA, LENT, SECOND, OldSystem

THIRD = ("13", "B3", "t2", "PORT", "film", "", "", "")
NIGHT = ("2", "B2", "2026-11-20 10:00:00", "2026-12-18", "0", "", "")


def _moves(library: Library, branches: Iterable[Branch], verb: Callable[..., bool]) -> None:
    def work(transaction: Any) -> None:
        for branch in branches:
            verb(transaction, branch.id, now=library.now)
        set_up_changed(transaction)

    library.write(work)


@pytest.fixture
def more(more: OldSystem) -> OldSystem:
    """Its debts are of branches, too."""
    fixed = 'branch = { constant = "DK-900101" }'
    more.plan = more.plan.replace(fixed, 'branch = { column = "text", values = "branches" }')
    more.write("items", FIRST, SECOND, THIRD)
    return more


@pytest.fixture
def town(more: OldSystem) -> OldSystem:
    """All has come from the other system, which looks after MAIN; PORT has been taken over."""
    library = more.library
    _moves(library, (library.main, library.other), leave_to_another)
    more.write("loans", LENT, NIGHT)
    more.write("debts", *(_debt(number, at) for number, at in enumerate(("MAIN", "PORT"), 1)))
    more.deliver()
    library.pass_time(days=1)
    _moves(library, (library.other,), take_over)
    library.pass_time(hours=1)
    return more


def _debt(number: int, at: str, left: str = "20.00") -> tuple[str, ...]:
    return (str(number), "P1", "F", "20.00", left, "2026-11-10", at, "")


def _open(old: OldSystem) -> dict[str, str]:
    told = old.rows(
        "SELECT i.barcode, l.due FROM loans l JOIN items i ON i.id = l.item_id"
        " WHERE l.checked_in IS NULL ORDER BY 1"
    )
    return {barcode: str(due)[:10] for barcode, due in told}


def test_what_we_look_after_stays_as_it_is_and_the_rest_is_followed(town: OldSystem) -> None:
    town.write("patrons", (*IDA[:5], "Havn", *IDA[6:]), (*BO[:5], "Havn", *BO[6:]))
    town.write("items", (*FIRST[:5], "1.00", *FIRST[6:]), (*SECOND[:5], "1.00", *SECOND[6:]), THIRD)
    town.write(
        "loans", (*LENT[:3], "2027-01-10", *LENT[4:]), (*NIGHT[:3], "2027-01-10", *NIGHT[4:])
    )
    found = town.deliver()
    assert {name: (each.changed, each.kept) for name, each in found.items() if each.rows} == {
        "patrons": (1, 1),
        "items": (1, 1),
        "loans": (1, 1),
        "debts": (0, 0),
    }
    names = town.rows(
        "SELECT family_name FROM patrons WHERE given_name IN ('Ida', 'Bo') ORDER BY 1"
    )
    assert [name for (name,) in names] == ["Havn", BO[5]]
    prices = town.rows("SELECT barcode, price FROM items ORDER BY 1")
    assert [price for _, price in prices[:2]] == [100, None]
    assert _open(town) == {"B1": "2027-01-10", "B2": "2026-12-18"}


def test_what_is_gone_there_has_not_ended_where_we_look_after_it(town: OldSystem) -> None:
    town.write("loans")
    town.write("debts")
    found = town.deliver(may_be_shorter=True)
    assert (found["loans"].gone, found["loans"].kept) == (1, 1)
    assert _open(town) == {"B2": "2026-12-18"}
    assert (found["debts"].gone, found["debts"].kept) == (1, 1)
    owed = town.rows("SELECT sum(balance) FROM charges")
    assert owed == [(2000,)]


def test_what_we_lent_and_told_is_not_lent_again(town: OldSystem) -> None:
    """B3 was lent here, at PORT, and the other system knows it by now; B2 has come back since."""
    library = town.library
    library.check_in("B2", at=library.other)
    library.check_out("P1", "B3", at=library.other)
    told = ("1", "B3", "2026-11-26 11:00:00", "2026-12-30", "0", "", "")
    town.write("loans", LENT, NIGHT, told)
    found = town.deliver()["loans"]
    assert (found.new, found.kept, found.set_aside) == (0, 1, 0)
    assert set(_open(town)) == {"B1", "B3"}
    again = (*NIGHT[:2], "2026-11-26 12:00:00", *NIGHT[3:])
    town.write("loans", LENT, told, again)
    found = town.deliver()["loans"]
    assert found.reasons == {OURS: 1}, "lent there, and not here: people see to it"
    assert set(_open(town)) == {"B1", "B3"}


def test_what_we_lent_is_ours_whatever_the_other_system_takes_it_for(town: OldSystem) -> None:
    """Told over a line of one account, it may stand there as lent by another branch."""
    town.plan = town.plan.replace(
        'reminded = "reminded"',
        'reminded = "reminded"\nbranch = { column = "at", values = "branches" }',
    )
    head = ("patron", "item", "out", "due", "renewals", "reminders", "reminded", "at")
    first = ((*LENT, "MAIN"), (*NIGHT, "PORT"))
    town.write("patrons", IDA, BO, ("3", "P3", "PORT", *IDA[3:7], "", "", *IDA[9:]))
    town.write("loans", *first, header=head)
    town.deliver()
    library = town.library
    library.check_out("P1", "B3", at=library.other)
    due = _open(town)["B3"]
    a_hold(library, "P3", "B3", at=library.other)
    told = ("1", "B3", "2026-11-26 13:00:00", "2027-03-30", "0", "", "", "MAIN")
    town.write("loans", *first, told, header=head)
    town.write("holds", ("1", "P3", "t2", "MAIN", "2026-11-26", "", "", "", ""))
    found = town.deliver()
    assert (found["loans"].kept, found["holds"].kept) == (2, 1), "that of the night, and B3"
    assert _open(town)["B3"] == due


def test_new_debts_and_holds_of_what_we_look_after_are_set_aside(town: OldSystem) -> None:
    town.write("debts", *(_debt(number, at) for number, at in enumerate(("MAIN", "PORT") * 2, 1)))
    placed = ("t2", "PORT", "2026-11-26", "", "", "", "")
    a_hold(town.library, "P1", "B3", at=town.library.other)
    town.write("holds", ("1", "P1", *placed), ("2", "P2", *placed))
    found = town.deliver()
    assert (found["debts"].new, found["debts"].reasons) == (1, {OURS: 1})
    assert (found["holds"].new, found["holds"].kept, found["holds"].reasons) == (0, 1, {OURS: 1})


def test_past_loans_count_unless_they_were_made_here(town: OldSystem) -> None:
    there = ("1", "B2", "P1", "2026-09-01 10:00", "2026-09-20 10:00")
    here = ("2", "B2", "P1", "2026-11-26 12:30", "2026-11-26 12:45")
    town.write("history", there, here)
    found = town.deliver()["history"]
    assert (found.new, found.kept) == (1, 1)


def test_new_patrons_and_items_are_taken_wherever_they_belong(town: OldSystem) -> None:
    town.write("patrons", IDA, BO, ("3", "P3", "PORT", *IDA[3:7], "", "", *IDA[9:]))
    town.write("items", FIRST, SECOND, THIRD, ("14", "B4", "t1", "PORT", "book", "", "", ""))
    found = town.deliver()
    assert (found["patrons"].new, found["items"].new) == (1, 1)


def test_a_branch_that_goes_back_has_what_was_changed_there_meanwhile(town: OldSystem) -> None:
    changed = (*NIGHT[:3], "2027-01-10", *NIGHT[4:])
    town.write("loans", LENT, changed)
    assert town.deliver()["loans"].kept == 1
    assert town.deliver()["loans"].kept == 1, "however often it comes"
    _moves(town.library, (town.library.other,), leave_to_another)
    assert town.deliver()["loans"].changed == 1
    assert _open(town)["B2"] == "2027-01-10"


def test_what_was_followed_already_comes_again_as_the_same_loan_and_hold(more: OldSystem) -> None:
    """In shadow a loan is booked when it is made; the delivery of the night has it too."""
    library = more.library
    _moves(library, (library.main, library.other), leave_to_another)
    more.deliver()
    library.check_out("P2", "B2")
    a_hold(library, "P1", "B3", at=library.main)
    more.write("loans", LENT, NIGHT)
    waits = ("1", "P1", "t2", "MAIN", "2026-11-26", "", "", "", "")
    more.write("holds", waits)
    found = more.deliver()
    assert (found["loans"].set_aside, found["holds"].set_aside) == (0, 0)
    assert _open(more)["B2"] == "2026-12-18", "as it is due there"
    assert more.rows("SELECT count(*) FROM holds WHERE closed IS NULL") == [(1,)]
    assert more.deliver()["loans"].unchanged == 2
    more.write("loans", LENT)
    more.write("holds")
    found = more.deliver(may_be_shorter=True)
    assert (found["loans"].gone, found["holds"].gone) == (1, 1)
    assert set(_open(more)) == {"B1"}


def test_a_delivery_decides_about_loans_that_were_followed(more: OldSystem) -> None:
    """Of branches that the other system looks after, and of before the files were written."""
    library = more.library
    _moves(library, (library.main, library.other), leave_to_another)
    more.deliver()
    for item in ("B2", "B3"):
        library.check_out("P1", item)
    assert set(_open(more)) == {"B1", "B2", "B3"}
    other = ("2", "B2", "2026-11-20 10:00:00", "2026-12-18", "0", "", "")
    more.write("loans", LENT, other)
    earlier = library.now.timestamp() - 60
    os.utime(more.folder / "loans.csv", (earlier, earlier))
    found = more.deliver()["loans"]
    assert (found.gone, found.set_aside) == (0, 1), "it was written before they were lent"
    more.write("loans", LENT, other, ("9", "B3", *other[2:]), (*other[:3], "soon", *other[4:]))
    found = more.deliver()["loans"]
    assert (found.gone, found.put_off, found.new) == (0, 0, 1), "B3 may be that of a row set aside"
    assert more.rows("SELECT count(*) FROM loans WHERE checked_in IS NULL") == [(3,)]
    more.write("loans", LENT, other)
    found = more.deliver(may_be_shorter=True)["loans"]
    assert (found.gone, found.set_aside) == (1, 0)
    assert _open(more) == {"B1": "2026-11-20", "B2": "2026-12-18"}, "that of the delivery"
    library.check_out("P1", "B3")
    _moves(library, (library.main, library.other), take_over)
    library.pass_time(hours=1)
    assert more.deliver()["loans"].gone == 0
    assert set(_open(more)) == {"B1", "B2", "B3"}, "we look after it"


@pytest.mark.parametrize("has_left", [True, False])
def test_what_has_never_come_over_is_taken_whatever_the_clock_says(
    more: OldSystem, *, has_left: bool
) -> None:
    if has_left:
        library = more.library
        library.pass_time(days=1)
        _moves(library, (library.main,), leave_to_another)
        library.pass_time(days=-1)
    more.deliver()
    more.write("loans", (*LENT[:3], "2027-01-10", *LENT[4:]))
    assert more.deliver()["loans"].changed == 1


def test_the_sheet_of_the_night_says_what_was_kept(town: OldSystem) -> None:
    town.write("loans", LENT, (*NIGHT[:3], "2027-01-10", *NIGHT[4:]))
    assert town.deliver(dry_run=True)["loans"].kept == 1
    assert _open(town)["B2"] == "2026-12-18"
