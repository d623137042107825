"""`tiro item change` and `withdraw`, of one item and of lists; `tiro hold unfillable`."""

from __future__ import annotations

import getpass
import json
from pathlib import Path

import pytest

from catalogue.items import Item, find_item
from circulation.kernel.events import EventKind, events_of_item
from tests.builders.circulation import a_patron, an_item
from tests.builders.holds import a_copy, a_hold
from tests.builders.staff import Staff


def item_of(staff: Staff, barcode: str) -> Item | None:
    return staff.library.read(lambda transaction: find_item(transaction, barcode))


def test_all_of_an_item_is_changed_in_one_go(staff: Staff) -> None:
    barcode = an_item(staff.library)
    changed = staff.json(
        *("item", "change", barcode, "--barcode", "NEW-1", "--price", "149,95"),
        *("--part", "2", "--material-group", "film", "--call-number", "86.4"),
        *("--at", "DK-900102", "--location", "Film"),
    )
    assert changed["item"]["barcode"] == "NEW-1"
    written = item_of(staff, "NEW-1")
    assert written is not None
    assert (written.price, written.currency, written.part) == (14_995, "DKK", "2")
    assert (written.material_group, written.call_number) == ("film", "86.4")
    assert (written.branch_id, written.location) == (staff.library.other.id, "Film")
    last = staff.library.events_of("NEW-1")[-2:]
    assert [event.kind for event in last] == [EventKind.ITEM_CHANGED, EventKind.ITEM_PLACED]
    assert {event.actor for event in last} == {getpass.getuser()}
    shown = staff.json("item", "show", "NEW-1")
    assert (shown["part"], shown["item"]["home_branch"]["isil"]) == ("2", "DK-900102")
    staff.json("item", "change", "NEW-1", "--part", "2", "--price", "149.95")
    assert len(staff.library.events_of("NEW-1")) == 2
    staff.json("item", "change", "NEW-1", "--price", "", "--part", "")
    bare = item_of(staff, "NEW-1")
    assert bare is not None
    assert (bare.price, bare.currency, bare.part) == (None, None, "")


def test_what_is_wrong_is_told_together_and_nothing_is_changed(staff: Staff) -> None:
    barcode, other = an_item(staff.library), an_item(staff.library)
    changes = ("item", "change", barcode, "--call-number", "X", "--barcode", other)
    [refused] = staff.json(*changes, "--at", "DK-9", "--float-group", "nowhere", code=1)
    rules = [(each["field"], each["rule"]) for each in refused["problem"]["errors"]]
    assert rules == [("body", "unfit"), ("body", "unfit"), ("home_branch", "unknown")]
    [refused] = staff.json(*changes, "--price", "1.000", code=1)
    assert "2 decimals" in refused["problem"]["errors"][0]["text"]
    assert staff.library.events_of(barcode) == []


@pytest.mark.parametrize("separator", [",", ";"])
def test_a_list_of_changes(staff: Staff, tmp_path: Path, separator: str) -> None:
    first, second, third = (an_item(staff.library, call_number="old") for _ in range(3))
    rows = [
        ["item", "price", "call_number"],
        [first, "100.50", "new"],
        [second, "a lot", "new"],
        ["nothing", "1", ""],
        [first, "7", "the second time counts for nothing"],
        [third, "", "-"],
    ]
    file = tmp_path / "changes.csv"
    text = "\r\n".join(separator.join(row) for row in rows)
    file.write_text(f"\ufeff{text}\r\n", encoding="utf-8")
    arguments = ("item", "change", "--file", str(file), "--part", "1")
    dry = staff.json(*arguments, "--dry-run", code=1)
    assert staff.library.events_of(first) == []
    done = staff.json(*arguments, code=1)
    assert done == dry
    assert [each["problem"] is None for each in done] == [True, False, False, True]
    assert "'a lot' is no amount" in done[1]["problem"]["errors"][0]["text"]
    assert done[2]["problem"]["detail"] == "no item has the barcode nothing"
    written, untouched, emptied = (item_of(staff, each) for each in (first, second, third))
    assert written is not None
    assert untouched is not None
    assert emptied is not None
    assert (written.price, written.call_number, written.part) == (10_050, "new", "1")
    assert (untouched.call_number, untouched.part) == ("old", "")
    assert (emptied.call_number, emptied.part) == ("", "1")
    assert staff.json(*arguments, code=1) == done


def test_a_list_of_barcodes_on_standard_input_is_withdrawn(staff: Staff) -> None:
    card = a_patron(staff.library)
    lent, gone = an_item(staff.library, on_loan_to=card), an_item(staff.library, title="Gammel")
    typed = f"{gone}\n\n{lent}\n{gone}\n"
    arguments = ("item", "withdraw", "--file", "-", "--why", "slidt", "--json")
    dry = staff.run(*arguments, "--dry-run", typed=typed)
    assert dry.exit_code == 1
    assert item_of(staff, gone) is not None
    before = item_of(staff, gone)
    assert before is not None
    done = staff.run(*arguments, typed=typed)
    assert done.exit_code == 1
    withdrawn, refused = json.loads(done.stdout)
    assert withdrawn["answer"]["is_done"]
    assert [each["rule"] for each in refused["problem"]["errors"]] == ["on_loan"]
    assert json.loads(dry.stdout)[1] == refused
    assert item_of(staff, gone) is None
    again = staff.run("item", "withdraw", gone)
    assert again.exit_code == 1
    assert f"no item has the barcode {gone}" in again.output


def test_who_withdrew_it_and_why_is_noted(staff: Staff) -> None:
    barcode = an_item(staff.library)
    found = item_of(staff, barcode)
    assert found is not None
    staff.json("item", "withdraw", barcode, "--why", "slidt")
    [event] = staff.library.read(lambda transaction: events_of_item(transaction, item_id=found.id))
    assert (event.kind, event.actor) == (EventKind.ITEM_REMOVED, getpass.getuser())
    assert (event.branch_id, event.after) == (staff.library.main.id, {"why": "slidt"})


def test_slips_of_the_caller(staff: Staff, tmp_path: Path) -> None:
    barcode = an_item(staff.library)
    file = tmp_path / "list.csv"
    file.write_text("item,colour\n1,red\n")
    for arguments, words in (
        (("change", "--file", str(file)), "there is no column 'colour'"),
        (("change", barcode), "say what is to be changed"),
        (("change", barcode, "2", "--barcode", "3"), "exactly one item"),
        (("withdraw",), "name an item"),
    ):
        refused = staff.run("item", *arguments)
        assert refused.exit_code == 2
        assert words in refused.output


def test_holds_that_nothing_can_fill_are_listed(staff: Staff) -> None:
    first = an_item(staff.library, title="Borte")
    second = a_copy(staff.library, first)
    card = a_patron(staff.library)
    held = a_hold(staff.library, card, second, only_item=True).hold
    assert staff.json("hold", "unfillable")["lines"] == []
    staff.json("item", "withdraw", second)
    assert staff.json("hold", "unfillable")["lines"] == []  # the other copy will do
    staff.json("item", "withdraw", first)
    [line] = staff.json("hold", "unfillable", "--at", "DK-900101")["lines"]
    assert (line["hold"], line["title"]) == (str(held.id), "Borte")
    assert line["why"] == "no_copy"
    assert staff.json("hold", "unfillable", "--at", "DK-900102")["lines"] == []
    staff.json("hold", "cancel", card, str(held.id), "--at", "DK-900101", "--unobtainable")
    assert staff.json("hold", "unfillable")["lines"] == []
