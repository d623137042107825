"""`tiro sorter explain`: the bin, the destination and the rule, as staff ask for them."""

from __future__ import annotations

from typing import Any

import pytest

from catalogue.database import Transaction
from circulation.callers.sorting import SortRule, store_sort_rule
from circulation.callers.terminals import Terminal, store_profile, store_terminal
from circulation.kernel.set_up import set_up_changed
from tests.builders.circulation import a_patron, an_item
from tests.builders.holds import a_hold
from tests.builders.staff import Staff

HASH = "$argon2id$x"
ACCOUNT = f"""
[[sip2.accounts]]
login = "own-sorter"
password = "{HASH}"
branch = "DK-900102"
profile = "lyngsoe"
sorting = "main"
alert_types = ["01", "99"]
"""


@pytest.fixture
def sorters(staff: Staff) -> Staff:
    library = staff.library

    def work(transaction: Transaction) -> None:
        rules = (
            SortRule("main", 1, "1", held=True, destination="HOLD_SHELF_HERE"),
            SortRule("main", 2, "2", to_branch_id=library.other.id),
            SortRule("main", 3, "3", home_branch_id=library.main.id, material_group="film"),
            SortRule("main", 4, "9"),
        )
        for rule in rules:
            store_sort_rule(transaction, rule)
        store_profile(transaction, "gates", {"kind": "sorter"})
        store_terminal(
            transaction,
            Terminal(
                login="sorter",
                password=HASH,
                branch_id=library.main.id,
                profile="gates",
                sorting="main",
                own={"holds": "refuse"},
            ),
        )
        set_up_changed(transaction)

    library.write(work)
    with staff.configuration.open("a") as file:
        file.write(ACCOUNT)
    return staff


def explained(staff: Staff, item: str, *options: str, code: int = 0) -> Any:
    arguments = ("--terminal", "sorter", *options)
    return staff.json("sorter", "explain", item, *arguments, code=code)


def test_the_bin_the_destination_and_the_rule(sorters: Staff) -> None:
    library = sorters.library
    item = an_item(library, title="Sult")
    assert explained(sorters, item) == {
        "item": item,
        "bin": "9",
        "reasons": [],
        "title": "Sult",
        "destination": "SHELF_HERE",
        "to": {"isil": "DK-900101", "name": "Hovedbiblioteket", "agency": "DK-900100"},
        "is_held": False,
        "alert": None,
        "scheme": "main",
        "rule": 4,
        "conditions": {},
        "passed_over": [
            {"rule": 1, "bin": "1", "hindrance": "destination"},
            {"rule": 2, "bin": "2", "hindrance": "to"},
            {"rule": 3, "bin": "3", "hindrance": "group"},
        ],
    }
    away = explained(sorters, an_item(library, home=library.other))
    assert (away["bin"], away["destination"], away["alert"]) == ("2", "TRANSIT_HOME", "04")
    assert (away["rule"], away["conditions"]) == (2, {"to": "DK-900102"})
    printed = sorters.run("sorter", "explain", item, "--terminal", "sorter").output
    assert "bin:           9\n" in printed
    assert "destination:   SHELF_HERE\n" in printed
    assert "rule:          4\n" in printed


def test_it_changes_nothing_and_holds_are_seen(sorters: Staff) -> None:
    library = sorters.library
    item = an_item(library, on_loan_to=a_patron(library))
    a_hold(library, a_patron(library), item)
    before = library.events_of(item)
    refused = explained(sorters, item, code=1)
    assert ([each["code"] for each in refused["reasons"]], refused["bin"]) == (
        ["ON_HOLD_FOR_ANOTHER"],
        "9",
    )
    told = sorters.json("sorter", "explain", item, "--terminal", "own-sorter", "--at", "DK-900101")
    assert (told["bin"], told["is_held"], told["alert"]) == ("1", True, "01")
    assert told["rule"] == 1
    assert told["conditions"] == {"destination": "HOLD_SHELF_HERE", "hold": True}
    assert library.events_of(item) == before


def test_an_account_of_the_file_and_the_alerts_it_knows(sorters: Staff) -> None:
    item = an_item(sorters.library)
    told = sorters.json("sorter", "explain", item, "--terminal", "own-sorter")
    assert (told["destination"], told["to"]["isil"]) == ("TRANSIT_HOME", "DK-900101")
    assert told["alert"] == "99"  # the machine does not know 04


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("I1", "--terminal", "nobody"), "there is no terminal with the login nobody"),
        (("I1", "--terminal", "sorter", "--at", "DK-0"), "there is no branch with the ISIL DK-0"),
        (("I1",), "--terminal"),
    ],
)
def test_what_cannot_be_asked(sorters: Staff, arguments: tuple[str, ...], said: str) -> None:
    result = sorters.run("sorter", "explain", *arguments)
    assert result.exit_code in (1, 2)
    assert said in result.output


def test_an_unknown_item(sorters: Staff) -> None:
    told = explained(sorters, "nothing", code=1)
    assert ([each["code"] for each in told["reasons"]], told["bin"]) == (["ITEM_UNKNOWN"], "9")
