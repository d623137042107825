"""How often items were lent there: counted by the other system, or by the loans that come as rows;
seen with the item, and in the list of what is hardly used."""

from __future__ import annotations

from datetime import UTC, datetime

from circulation.items.use import ItemUse, YearOfUse, use_of
from circulation.stock.weeding import Unused, unused_items
from tests.builders.moving import FIRST, HEADERS, LENT, OldSystem

USES = """
[uses]
files = "uses.csv"
key = ["item", "year"]
[uses.fields]
item = "item"
year = "year"
loans = "loans"
renewals = "renewals"
last_lent = "last"
"""
HEADER = ("item", "year", "loans", "renewals", "last")


def use(old: OldSystem, barcode: str) -> ItemUse:
    ((number,),) = old.rows(f"SELECT id FROM items WHERE barcode = '{barcode}'")
    return old.library.read(
        lambda transaction: use_of(transaction, item_id=number, timezone="Europe/Copenhagen")
    )


def unused(old: OldSystem, since: datetime) -> dict[str, Unused]:
    found = old.library.read(
        lambda transaction: unused_items(
            transaction, branch_id=old.library.main.id, not_since=since
        )
    )
    return {each.barcode: each for each in found}


def counted(old: OldSystem, *rows: tuple[str, ...]) -> None:
    old.plan += USES
    old.write("uses", *rows, header=HEADER)


def test_counts_are_by_year_and_what_is_lent_here_comes_on_top(old: OldSystem) -> None:
    counted(
        old,
        ("B1", "2024", "3", "1", "2024-12-31 23:30"),
        ("B1", "2026", "2", "0", "2026-11-01 10:00"),
        ("B1", "", "40", "", ""),
        ("B9", "2024", "1", "", ""),
        ("B2", "many", "1", "", ""),
    )
    found = old.deliver()["uses"]
    assert (found.new, dict(found.reasons)) == (3, {"unknown item": 1, "no number": 1})
    told = use(old, "B1")
    assert told.years == (YearOfUse(None, 40, 0), YearOfUse(2024, 3, 1), YearOfUse(2026, 2, 0))
    assert (told.loans, told.last_lent) == (45, datetime(2026, 11, 1, 9, tzinfo=UTC))
    old.library.pass_time(days=1)
    old.library.check_in("B1")
    old.library.check_out("P1", "B1")
    assert use(old, "B1").loans == 46
    old.write("uses", ("B1", "2026", "4", "0", ""), header=HEADER)
    old.deliver(may_be_shorter=True)
    told = use(old, "B1")  # it has counted up to now, with the loan that was made here meanwhile
    assert (told.loans, told.years[-1]) == (47, YearOfUse(2026, 4, 0))


def test_without_counts_the_loans_that_come_are_counted(more: OldSystem) -> None:
    more.write("history", ("1", "B1", "P1", "2025-03-01", "2025-03-20"))
    more.deliver()
    more.deliver()
    assert use(more, "B1").years == (YearOfUse(2025, 1, 0), YearOfUse(2026, 1, 1))
    assert use(more, "B2") == ItemUse(0, 0, None, ())


def test_with_counts_they_are_in_them_already(more: OldSystem) -> None:
    more.write("history", ("1", "B1", "P1", "2025-03-01", "2025-03-20"))
    counted(more, ("B1", "", "12", "3", ""))
    more.deliver()
    told = use(more, "B1")
    assert (told.loans, told.renewals) == (12, 3)
    assert told.last_lent == datetime(2026, 11, 1, 9, tzinfo=UTC)


def test_what_was_lent_there_is_not_hardly_used(old: OldSystem) -> None:
    old.plan = old.plan.replace('state = "state"', 'state = "state"\ncreated = "born"')
    items = [(*FIRST[:7], "", "2010-01-01")]
    items += [("2" + n, f"A{n}", "t1", "MAIN", "book", "", "", "", "2010-01-01") for n in "1234"]
    header = (*HEADERS["items"], "born")
    old.write("items", *items, header=header)
    old.write("loans")
    counted(
        old,
        ("A1", "2019", "30", "", "2019-05-01"),
        ("A2", "2023", "1", "", ""),
        ("A3", "2025", "1", "", ""),
        ("A4", "", "9", "", "2025-06-01"),
    )
    old.deliver()
    found = unused(old, datetime(2024, 6, 1, tzinfo=UTC))
    assert {name: each.loans for name, each in found.items()} == {"A1": 30, "A2": 1, "B1": 0}
    assert found["A1"].last_lent == datetime(2019, 4, 30, 22, tzinfo=UTC)
    assert "A2" not in unused(old, datetime(2023, 6, 1, tzinfo=UTC))  # in that year: nobody knows


def test_a_loan_that_was_open_the_last_time_is_not_there_twice(more: OldSystem) -> None:
    more.write("loans", LENT)
    more.plan = more.plan.replace(
        'files = "history.csv"\nkey = "id"', 'files = "history.csv"\nkey = ["item", "out"]'
    )
    more.deliver()
    more.write("loans")
    more.write("history", ("1", "B1", "P1", LENT[2], "2026-11-20 15:00"))
    found = more.deliver(may_be_shorter=True)
    assert (found["loans"].gone, found["history"].new) == (1, 1)
    ((checked_in,),) = more.rows("SELECT checked_in FROM loans")
    assert str(checked_in).startswith("2026-11-20")
    assert use(more, "B1").loans == 1
