"""Debts to the øre: balances, what was paid there meanwhile, reminders that went out."""

from __future__ import annotations

from circulation.ledger.balances import balances_of
from tests.builders.dunning import danish, run_day
from tests.builders.moving import OldSystem

FEE = ("1", "P1", "F", "25.00", "10.50", "2026-10-01", "late", "")
BILL = ("2", "P1", "L", "299.95", "299.95", "2026-10-02", "", "")
CREDIT = ("3", "P2", "C", "", "-20.00", "2026-10-02", "", "")


def owed(more: OldSystem, name: str) -> list[tuple[int, int]]:
    ((patron_id,),) = more.rows(f"SELECT id FROM patrons WHERE given_name = '{name}'")
    found = more.library.read(lambda t: balances_of(t, patron_id))
    return [(each.fees, each.compensations) for each in found]


def consistent(more: OldSystem) -> None:
    """Charges are the sums of their postings, balances those of the charges."""
    posted = "(SELECT sum(p.amount) FROM charge_postings p WHERE p.charge_id = c.id)"
    assert more.rows(f"SELECT id FROM charges c WHERE balance <> {posted}") == []
    charged = more.rows("SELECT sum(balance) FROM charges")[0][0]
    assert more.rows("SELECT sum(fees + compensations) FROM patron_balances")[0][0] == charged


def test_what_is_owed_is_owed_here(more: OldSystem) -> None:
    more.write("debts", FEE, BILL, CREDIT)
    assert more.deliver()["debts"].new == 3
    assert owed(more, "Ida") == [(1050, 29995)]
    assert owed(more, "Bo") == [(-2000, 0)]
    assert more.rows("SELECT amount, paid FROM charges WHERE kind = 'late_fee'") == [(2500, 1450)]
    consistent(more)


def test_what_is_paid_there_meanwhile_is_paid_here(more: OldSystem) -> None:
    more.write("debts", FEE, BILL, CREDIT)
    more.deliver()
    more.write(
        "debts", (*FEE[:4], "4.25", *FEE[5:]), ("2", "P1", "L", "399.95", "399.95", *BILL[5:])
    )
    found = more.deliver(may_be_shorter=True)["debts"]
    assert (found.changed, found.gone) == (2, 1)
    assert owed(more, "Ida") == [(425, 39995)]
    assert owed(more, "Bo") == [(0, 0)]
    consistent(more)


def test_amounts_that_are_none_are_set_aside(more: OldSystem) -> None:
    more.write(
        "debts",
        (*FEE[:4], "10,50", *FEE[5:]),
        ("2", *FEE[1:4], "10.505", *FEE[5:]),
        ("3", *FEE[1:4], "-1.00", *FEE[5:]),
        ("4", *FEE[1:3], "5.00", "10.00", *FEE[5:]),
    )
    more.deliver()
    told = {(each.place.line, each.reason) for kind, each in more.faults if kind == "debts"}
    assert told == {
        (2, "no amount"),
        (3, "more decimals than the currency has"),
        (4, "a credit is less than nothing, and nothing else is"),
        (5, "more remains than was charged, kept as it is"),
    }
    consistent(more)


def test_the_next_step_of_a_debt_comes_after_those_of_the_other_system(more: OldSystem) -> None:
    danish(more.library)
    more.write("loans")
    more.write("debts", (*BILL[:7], "1"))
    more.deliver()
    more.library.pass_time(days=22)
    counts = run_day(more.library)
    assert counts.get("steps reminder", 0) == 0
    assert counts["steps collection"] == 1


def test_amounts_at_the_limit_and_above(more: OldSystem) -> None:
    """Sums are larger than 32 bits hold."""
    most = "10000000.00"
    more.write(
        "debts",
        *((str(number), *FEE[1:4], most, *FEE[5:]) for number in range(1, 4)),
        ("4", *FEE[1:4], "10000000.01", *FEE[5:]),
        ("5", *FEE[1:4], "99999999999.00", *FEE[5:]),
    )
    assert more.deliver()["debts"].new == 3
    told = {(each.place.line, each.reason) for kind, each in more.faults if kind == "debts"}
    assert {(5, "an amount above the limit"), (6, "an amount above the limit")} <= told
    assert owed(more, "Ida") == [(3_000_000_000, 0)]
    consistent(more)
