"""`tiro charges`."""

from __future__ import annotations

import pytest

from tests.builders.circulation import a_patron
from tests.builders.fees import charge, danish_fees, fee_rule, hand_in, late_by, lend
from tests.builders.staff import Staff


def an_overdue_return(staff: Staff) -> str:
    danish_fees(staff.library)
    card = a_patron(staff.library)
    staff.library.pass_time(days=-100)
    [book] = lend(staff.library, card)
    late_by(staff.library, 9)
    hand_in(staff.library, book)
    return card


def test_the_list_has_type_amount_balance_and_reason(staff: Staff) -> None:
    card = an_overdue_return(staff)
    [line] = staff.json("charges", "--patron", card)
    assert (line["type"], line["amount"], line["balance"]) == ("late_fee", 12_000, 12_000)
    assert line["reason"] == "returned late"
    assert (line["currency"], line["paid"], len(line["items"])) == ("DKK", 0, 1)
    text = staff.run("charges", "--patron", card).output
    assert "late_fee" in text
    assert staff.run("charges").exit_code == 2
    assert staff.run("charges", "--patron", "nobody").exit_code == 1
    assert staff.json("charges", "--patron", a_patron(staff.library)) == []


def test_paying_and_paying_again(staff: Staff) -> None:
    card = an_overdue_return(staff)
    arguments = ("charges", "pay", card, "5000", "--order", "A-1", "--at", "DK-900101")
    first, again = staff.json(*arguments), staff.json(*arguments)
    assert (first["owed"], first["repeated"], again["repeated"]) == (7_000, False, True)
    assert again["payment"] == first["payment"]
    refused = staff.json("charges", "pay", card, "9000", code=1)
    assert refused["refused"] == ["PAYMENT_TOO_LARGE"]
    undone = staff.json("charges", "reverse", str(first["payment"]), "--reason", "refused")
    assert undone["reversed"]
    assert staff.json("charges", "pay", card, "12000")["owed"] == 0
    assert staff.json("charges", "--patron", card, "--open") == []


def test_waiving_writing_off_and_giving_back(staff: Staff) -> None:
    card = an_overdue_return(staff)
    [line] = staff.json("charges", "--patron", card)
    number = str(line["charge"])
    reason = ("--reason", "agreed")
    waived = staff.json("charges", "waive", number, "--amount", "2000", *reason)
    assert (waived["amount"], waived["balance"]) == (10_000, 10_000)
    off = staff.json("charges", "write-off", number, "--amount", "1000", *reason)
    assert (off["written_off"], off["balance"]) == (1_000, 9_000)
    assert staff.json("charges", "restore", number, *reason)["balance"] == 10_000
    staff.json("charges", "pay", card, "10000")
    assert staff.json("charges", "waive", number, *reason)["balance"] == -10_000
    assert staff.json("charges", "refund", number, *reason)["balance"] == 0
    assert staff.run("charges", "refund", number, *reason).exit_code == 1
    assert staff.run("charges", "waive", "1", *reason).exit_code == 1


def test_a_charge_is_explained(staff: Staff) -> None:
    card = an_overdue_return(staff)
    [line] = staff.json("charges", "--patron", card)
    number = str(line["charge"])
    staff.json("charges", "pay", card, "2000")
    found = staff.json("charges", "explain", number)
    [loan] = found["loans"]
    assert (loan["days_late"], loan["calendar"], loan["alone"]) == (9, "DK-900101", 12_000)
    assert loan["rules"]["late_fees"] == {"value": "per_occasion", "rule": {}}
    assert [each["kind"] for each in found["postings"]] == ["creation", "payment"]
    text = staff.run("charges", "explain", number).output
    assert "120.00 DKK" in text
    assert "-20.00 DKK" in text
    assert "100.00 DKK" in text
    assert staff.run("charges", "explain", "1").exit_code == 1


def test_charging_by_hand_and_what_is_expected(staff: Staff) -> None:
    danish_fees(staff.library)
    card = a_patron(staff.library)
    made = staff.json("charges", "add", card, "administrative", "2500", "--reason", "a new card")
    assert (made["type"], made["balance"]) == ("administrative", 2_500)
    charge(staff.library, card, 100)
    assert len(staff.json("charges", "--patron", card, "--limit", "1")) == 1
    staff.library.pass_time(days=-60)
    lend(staff.library, card, 2)
    [fee] = staff.json("charges", "expected", card)
    assert (fee["amount"], len(fee["items"])) == (23_000, 2)
    assert staff.run("charges", "expected", "nobody").exit_code == 1


@pytest.mark.parametrize("command", ["pay", "add", "waive", "write-off", "restore", "refund"])
def test_what_is_asked_for_under_one_order_is_done_once(staff: Staff, command: str) -> None:
    card = a_patron(staff.library)
    made = charge(staff.library, card, 1_000)
    reason = ("--reason", "agreed")
    if command == "restore":
        staff.json("charges", "write-off", str(made.id), *reason)
    if command == "refund":
        staff.json("charges", "pay", card, "1000")
        staff.json("charges", "waive", str(made.id), *reason)
    arguments = {
        "pay": (card, "100"),
        "add": (card, "service", "100", *reason),
    }.get(command, (str(made.id), "--amount", "100", *reason))
    first, again = (staff.json("charges", command, *arguments, "--order", "S 1") for _ in range(2))
    assert (first.pop("repeated"), again.pop("repeated")) == (False, True)
    assert first == again
    other = [each if each != "100" else "200" for each in arguments]
    refused = staff.json("charges", command, *other, "--order", "S 1", code=1)
    assert refused["refused"] == ["ORDER_ID_TAKEN"]


def test_an_amount_is_in_the_currency_of_the_account(staff: Staff) -> None:
    fee_rule(staff.library, currency="SEK")
    card = a_patron(staff.library)
    made = staff.json("charges", "add", card, "service", "1000", "--reason", "copies")
    assert made["currency"] == "SEK"
    assert staff.json("charges", "pay", card, "400")["currency"] == "SEK"
    other = a_patron(staff.library)
    charge(staff.library, other, 500, currency="EUR")
    assert staff.json("charges", "pay", other, "500")["currency"] == "EUR"
