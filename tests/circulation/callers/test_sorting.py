"""Into which bin a sorter drops what is handed in."""

from __future__ import annotations

from typing import Any

import pytest

from catalogue.database import Transaction
from circulation.callers.sorting import SortRule, hindrance, sort, sort_refused, store_sort_rule
from circulation.callers.terminals import Terminal, store_terminal
from circulation.kernel.act import Act
from circulation.kernel.results import Branch, CheckedIn, Desk, Destination, Item
from circulation.kernel.set_up import set_up_changed
from circulation.loans.returns import check_in
from tests.builders.circulation import Library, a_patron, an_item

HERE = Branch(1, "DK-900101", "Here", 1, "DK-900100", "Agency", "Europe/Copenhagen")
THERE = HERE._replace(id=2, isil="DK-900102", name="There")
GROUPS = {"dvd": "av", "av": None}


def item(**facts: Any) -> Item:
    whole: dict[str, Any] = {
        "id": 1,
        "barcode": "I1",
        "record_id": 1,
        "title": "T",
        "author": "A",
        "material_group": "dvd",
        "department": "Adults",
        "location": "Fiction",
        "sublocation": "Crime",
        "call_number": "61.35 Holm",
        "price": None,
        "currency": None,
        "home_branch": HERE,
        "section": "Display",
    }
    return Item(**whole | facts)


@pytest.mark.parametrize(
    ("condition", "stops"),
    [
        ({}, None),
        ({"destination": "SHELF_HERE"}, None),
        ({"destination": "HOLD_SHELF_HERE"}, "destination"),
        ({"to_branch_id": 1}, None),
        ({"to_branch_id": 2}, "to"),
        ({"material_group": "dvd"}, None),
        ({"material_group": "av"}, None),
        ({"material_group": "book"}, "group"),
        ({"department": "Adults", "section": "Display"}, None),
        ({"department": "Children"}, "department"),
        ({"section": "Stacks"}, "section"),
        ({"call_number_from": "61", "call_number_to": "61"}, None),
        ({"call_number_from": "61.4"}, "call_number_from"),
        ({"call_number_to": "61.3"}, None),
        ({"call_number_to": "60"}, "call_number_to"),
        ({"home_branch_id": 1}, None),
        ({"home_branch_id": 2}, "home"),
        ({"held": False}, None),
        ({"held": True}, "hold"),
    ],
)
def test_each_condition(condition: dict[str, Any], stops: str | None) -> None:
    rule = SortRule("s", 1, "1", **condition)
    assert hindrance(rule, item(), Destination.SHELF_HERE, HERE, GROUPS) == stops


def test_an_item_without_a_call_number_is_in_no_range() -> None:
    rule = SortRule("s", 1, "1", call_number_to="99")
    bare = item(call_number="")
    assert hindrance(rule, bare, Destination.SHELF_HERE, HERE, {}) == "call_number_to"


@pytest.mark.parametrize("destination", Destination)
def test_a_hold_is_whether_somebody_waits_here_or_elsewhere(destination: Destination) -> None:
    is_held = destination in (Destination.HOLD_SHELF_HERE, Destination.TRANSIT_TO_PICKUP)
    for held in (True, False):
        stops = hindrance(SortRule("s", 1, "1", held=held), item(), destination, HERE, {})
        assert stops == (None if held is is_held else "hold")


def test_the_first_rule_that_holds_decides() -> None:
    rules = [
        SortRule("s", 1, "holds", destination="HOLD_SHELF_HERE"),
        SortRule("s", 2, "films", material_group="av"),
        SortRule("s", 3, "there", to_branch_id=2),
    ]
    found = sort(rules, item(), Destination.TRANSIT_HOME, THERE, GROUPS)
    assert found is not None
    assert found.bin == "films"
    book = item(material_group="book")
    assert sort(rules, book, Destination.SHELF_HERE, HERE, GROUPS) is None
    assert sort([], book, Destination.SHELF_HERE, HERE, GROUPS) is None


def test_what_is_not_taken_back_has_a_bin_too() -> None:
    rules = [
        SortRule("s", 1, "films", material_group="film"),
        SortRule("s", 2, "shelf", destination="SHELF_HERE"),
        SortRule("s", 3, "staff", destination="PROBLEM_BIN"),
        SortRule("s", 4, "rest"),
    ]

    def bin_of(rules: list[SortRule], found: Item | None) -> str | None:
        rule = sort_refused(rules, found, HERE, {})
        return None if rule is None else rule.bin

    assert bin_of(rules, None) == "staff"
    assert bin_of(rules, item()) == "staff"
    assert bin_of(rules, item(material_group="film")) == "films"
    assert bin_of(rules[3:], None) == "rest"
    assert bin_of(rules[:2], None) is None


def test_a_sorter_is_told_the_bin_and_the_rule(sqlite_library: Library) -> None:
    library = sqlite_library

    def set_up(transaction: Transaction) -> None:
        store_sort_rule(transaction, SortRule("main", 1, "7", to_branch_id=library.other.id))
        store_sort_rule(transaction, SortRule("main", 2, "9"))
        store_terminal(
            transaction,
            Terminal(
                login="sorter",
                password="$argon2id$x",
                branch_id=library.main.id,
                sorting="main",
            ),
        )
        set_up_changed(transaction)

    library.write(set_up)

    def sorted_by(login: str, barcode: str) -> tuple[str | None, int | None]:
        desk = Desk(login, "a machine", library.main.agency_id, library.main.id)
        answer = library.write(
            lambda transaction: check_in(
                Act(transaction, library.circulation, desk, library.now), item=barcode
            )
        )
        assert isinstance(answer, CheckedIn)
        return answer.sort_bin, answer.sort_rule

    away = an_item(library, home=library.other)
    at_home = an_item(library, on_loan_to=a_patron(library))
    assert sorted_by("sorter", away) == ("7", 1)
    assert sorted_by("sorter", at_home) == ("9", 2)
    assert sorted_by("desk", at_home) == (None, None)
