"""`tiro collection`, and the steps of the flow that `tiro charges explain` tells of."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from pathlib import Path

from circulation.staff.lookups import NEWEST, lookups_of_patron
from tests.builders.circulation import a_patron
from tests.builders.dunning import danish, run_days
from tests.builders.fees import lend, number_of
from tests.builders.staff import Staff

AT = ("--at", "DK-900101")
COLLECTED = 28 + 31 + 14 + 21


def a_debtor(staff: Staff) -> str:
    """Somebody whose debts were handed over today."""
    now = staff.library.now
    staff.library.now = now - timedelta(days=COLLECTED)
    danish(staff.library)
    card = a_patron(staff.library)
    lend(staff.library, card, price=30_000, currency="DKK")
    run_days(staff.library, COLLECTED)
    return card


def test_from_the_list_to_the_file_and_back(staff: Staff, tmp_path: Path) -> None:
    card = a_debtor(staff)
    listed = staff.json("collection", *AT)["claims"]
    assert [(each["kind"], each["amount"]) for each in listed] == [
        ("compensation_unreturned", 38_000),
        ("fee", 23_000),
    ]
    assert staff.json("collection", "--patron", card)["claims"] == listed
    assert "380.00 DKK" in staff.run("collection", *AT).output
    assert [each["file"] for each in listed[0]["told"]] == [None]

    printed = staff.run("collection", "export", *AT).output
    rows = list(csv.DictReader(io.StringIO(printed), delimiter=";"))
    assert [(row["action"], row["amount"], row["debtor"]) for row in rows] == [
        ("create", "38000", card),
        ("create", "23000", card),
    ]
    empty = staff.run("collection", "export", *AT)
    assert (empty.exit_code, empty.stdout) == (0, "")
    [file] = staff.json("collection", "files", *AT)["files"]
    assert file["lines"] == 2

    path = tmp_path / "again.json"
    number = file["id"]
    staff.run("collection", "show", number, "--form", "json", "--output", str(path))
    again = json.loads(path.read_text(encoding="utf-8"))
    assert [str(each["claim"]) for each in again["records"]] == [row["claim"] for row in rows]

    claim = listed[0]["id"]
    withdrawn = staff.json("collection", "withdraw", claim, "--reason", "a mistake")
    assert withdrawn["closed"] is not None
    assert staff.run("collection", "withdraw", claim, "--reason", "again").exit_code == 1
    assert len(staff.json("collection", *AT)["claims"]) == 1
    assert len(staff.json("collection", *AT, "--all")["claims"]) == 2
    [line] = csv.DictReader(
        io.StringIO(staff.run("collection", "export", *AT).output), delimiter=";"
    )
    assert (line["action"], line["reason"]) == ("withdraw", "a mistake")


def test_who_looks_is_noted(staff: Staff) -> None:
    card = a_debtor(staff)
    staff.run("collection", "export", *AT)
    staff.json("collection", "--patron", card)
    patron_id = number_of(staff.library, card)
    seen = staff.library.read(
        lambda transaction: lookups_of_patron(transaction, patron_id=patron_id, before=NEWEST)
    )
    assert [each.context for each in seen] == ["tiro collection", "tiro collection export"]


def test_what_is_asked_wrongly(staff: Staff) -> None:
    assert staff.run("collection").exit_code == 2
    assert staff.run("collection", *AT, "--patron", a_patron(staff.library)).exit_code == 2
    assert staff.run("collection", "--at", "DK-1").exit_code == 2
    assert staff.run("collection", "show", "1").exit_code == 1
    assert staff.json("collection", *AT) == {"claims": []}


def test_a_charge_tells_of_the_steps_that_led_to_it(staff: Staff) -> None:
    card = a_debtor(staff)
    compensation, _ = staff.json("charges", "--patron", card)["charges"]
    steps = staff.json("charges", "explain", compensation["id"])["steps"]
    assert [each["step"] for each in steps if each["loan"]] == [
        "due-soon",
        "overdue-1",
        "overdue-2",
        "recall",
        "bill",
    ]
    assert [each["step"] for each in steps if each["charge"]] == ["bill", "reminder", "collection"]
    recall = next(each["facts"] for each in steps if each["step"] == "recall")
    assert (recall["days"], recall["calendar"], recall["next"]) == (15, "DK-900101", "bill")
    assert recall["flow"] == {}
    text = staff.run("charges", "explain", compensation["id"]).output
    assert "overdue-2" in text
    assert "collection" in text
