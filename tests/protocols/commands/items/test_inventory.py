"""`tiro inventory`, `unused` and `yearly`: what they tell has the shape of the API's answers."""

from __future__ import annotations

import json
from dataclasses import fields

from circulation.loans.statistics import count_day
from protocols.api.models.stock import Found, Inventory, NotOnShelf, UnusedItem, YearlyFigures
from tests.builders.circulation import a_patron, an_item
from tests.builders.staff import Staff

AT = ("--at", "DK-900101")


def _names(kind: type) -> set[str]:
    return {each.name for each in fields(kind)}  # type: ignore[arg-type]


def test_shelves_are_scanned_as_a_scanner_types(staff: Staff) -> None:
    library = staff.library
    here, unseen = an_item(library), an_item(library)
    lent = an_item(library, on_loan_to=a_patron(library))
    begun = staff.json("inventory", "begin", "Spring", *AT)
    assert set(begun) == _names(Inventory)
    number = begun["id"]

    said = staff.run("inventory", "scan", number, typed=f"{here}\n{lent}\n\nnothing\n")
    lines = said.output.splitlines()
    assert [line[0] for line in lines] == [" ", "!", "!"], said.output
    assert "should be on loan" in lines[1]
    told = staff.run("inventory", "scan", number, here, "--json")
    [found] = json.loads(told.output)["found"]
    assert set(found) == _names(Found)

    (to_do,) = staff.json("inventory", "to-see-to", number)["lines"]
    assert (to_do["item"], to_do["finding"]) == (lent, "ON_LOAN")
    (not_seen,) = staff.json("inventory", "not-seen", number)["lines"]
    assert set(not_seen) == _names(NotOnShelf)
    assert not_seen["item"] == unseen
    listed = staff.json("inventory", "list", *AT)["inventories"]
    assert [each["id"] for each in listed] == [number]
    assert staff.json("inventory", "missing", number) == {"items": 1}
    assert staff.json("inventory", "close", number)["closed"] is not None
    assert staff.json("inventory", "show", number)["findings"] == {"ON_LOAN": 1, "SEEN": 1}
    assert "closed" in staff.run("inventory", "scan", number, here).output
    assert "/inventories/99" in staff.run("inventory", "show", "99").output


def test_what_is_hardly_used_and_the_year_are_told(staff: Staff) -> None:
    library = staff.library
    item = an_item(library)
    an_item(library, on_loan_to=a_patron(library))
    library.write(lambda transaction: count_day(transaction, library.today))
    (line,) = staff.json("unused", "--since", "2099-01-01", *AT)["lines"]
    assert set(line) == _names(UnusedItem)
    assert line["item"] == item
    figures = staff.json("yearly", str(library.today.year), *AT)
    assert set(figures) == _names(YearlyFigures)
    assert sum(each["loans"] for each in figures["loans"]) == 1
