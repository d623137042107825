"""Holds that come from another system: order, what is ready, what has ended there."""

from __future__ import annotations

from catalogue.database import Transaction
from circulation.holds.lists import find_hold
from circulation.holds.shelf import hold_shelf
from circulation.kernel.results import CheckedIn, CheckedOut
from tests.builders.circulation import a_patron
from tests.builders.holds import a_hold
from tests.builders.moving import OldSystem

FIRST = ("1", "P1", "t1", "MAIN", "2026-11-10", "2", "", "", "")
SECOND = ("2", "P2", "t1", "PORT", "2026-11-12", "1", "", "", "")
ON_SHELF = ("3", "P1", "t1", "MAIN", "2026-11-01", "", "shelf", "B2", "2026-11-30")


def test_the_order_is_that_of_the_other_system_and_before_all_of_here(more: OldSystem) -> None:
    more.write("holds", FIRST, SECOND)
    more.deliver()
    library = more.library
    a_hold(library, a_patron(library), "B1")

    def numbers(transaction: Transaction) -> list[int | None]:
        ids = [row[0] for row in more.rows("SELECT id FROM holds ORDER BY placed")]
        found = [
            find_hold(library.circulation, transaction, hold_id=each, now=library.now)
            for each in ids
        ]
        return [each[0].number_in_queue for each in found if each is not None]

    assert library.read(numbers) == [2, 1, 3]


def test_what_lies_ready_is_fetched_as_usual(more: OldSystem) -> None:
    more.write("holds", ON_SHELF)
    assert more.deliver()["holds"].new == 1
    library = more.library
    (shelved,) = library.read(lambda t: hold_shelf(t, branch_id=library.main.id, now=library.now))
    assert (shelved.item, shelved.number) == ("B2", 1)
    assert str(shelved.deadline)[:16] == "2026-11-30 22:59"
    assert isinstance(library.check_out("P1", "B2"), CheckedOut)
    assert more.rows("SELECT outcome FROM holds") == [("fulfilled",)]


def test_what_is_on_its_way_is_shelved_where_it_arrives(more: OldSystem) -> None:
    more.write("holds", (*ON_SHELF[:6], "transit", "B2", ""))
    more.deliver()
    assert more.rows("SELECT reason FROM transits") == [("pickup",)]
    assert isinstance(more.library.check_in("B2"), CheckedIn)
    assert more.rows("SELECT number FROM captures") == [(1,)]


def test_what_cannot_be_ready_is_set_aside(more: OldSystem) -> None:
    more.write(
        "holds",
        (*ON_SHELF[:7], "B1", ""),
        ("4", *ON_SHELF[1:7], "B77", ""),
        ("5", *ON_SHELF[1:7], "", ""),
        ("6", "P1", "t9", *ON_SHELF[3:6], "", "", ""),
        (*ON_SHELF[:3], "MAIN", "2026-11-01", "", "lying", "", ""),
    )
    more.deliver()
    told = {(each.place.line, each.reason) for kind, each in more.faults if kind == "holds"}
    assert told == {
        (2, "the item is on loan already"),
        (3, "unknown item"),
        (4, "nothing there"),
        (5, "unknown record"),
        (6, "unknown code"),
    }


def test_what_is_gone_is_cancelled_and_frees_its_item(more: OldSystem) -> None:
    more.write("holds", FIRST, ON_SHELF)
    more.deliver()
    more.write("holds", FIRST)
    assert more.deliver(may_be_shorter=True)["holds"].gone == 1
    assert more.rows("SELECT outcome FROM holds WHERE closed IS NOT NULL") == [("cancelled",)]
    assert more.rows("SELECT count(*) FROM captures") == [(0,)]


def test_one_that_has_come_to_the_shelf(more: OldSystem) -> None:
    more.write("holds", FIRST)
    more.deliver()
    more.write("holds", (*FIRST[:6], "shelf", "B2", "2026-12-01"))
    assert more.deliver()["holds"].changed == 1
    assert more.rows("SELECT number FROM captures") == [(1,)]
    assert more.deliver()["holds"].unchanged == 1
