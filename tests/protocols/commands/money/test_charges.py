"""`tiro charges`."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.builders.agencies import a_school, agree, charge_at
from tests.builders.circulation import ZONE, a_patron
from tests.builders.fees import charge, danish_fees, fee_rule, hand_in, late_by, lend, total
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
    assert (line["type"], line["amount"], line["balance"]) == ("late_fee", "120.00", "120.00")
    assert line["reason"] == "returned late"
    assert (line["currency"], line["paid"], len(line["items"])) == ("DKK", "0.00", 1)
    text = staff.run("charges", "--patron", card).output
    assert "late_fee" in text
    assert "120.00 DKK" in text
    assert staff.run("charges").exit_code == 2
    assert staff.run("charges", "--patron", "nobody").exit_code == 1
    assert staff.json("charges", "--patron", a_patron(staff.library)) == []


def test_paying_and_paying_again(staff: Staff) -> None:
    card = an_overdue_return(staff)
    arguments = ("charges", "pay", card, "50", "--order", "A-1", "--at", "DK-900101")
    first, again = staff.json(*arguments), staff.json(*arguments)
    assert (first["owed"], first["repeated"], again["repeated"]) == ("70.00", False, True)
    assert again["payment"] == first["payment"]
    refused = staff.json("charges", "pay", card, "90", code=1)
    assert refused["refused"] == ["PAYMENT_TOO_LARGE"]
    undone = staff.json("charges", "reverse", str(first["payment"]), "--reason", "refused")
    assert undone["reversed"]
    assert staff.json("charges", "pay", card, "120,00")["owed"] == "0.00"
    assert staff.json("charges", "--patron", card, "--open") == []


def test_waiving_writing_off_and_giving_back(staff: Staff) -> None:
    card = an_overdue_return(staff)
    [line] = staff.json("charges", "--patron", card)
    number = str(line["charge"])
    reason = ("--reason", "agreed")
    waived = staff.json("charges", "waive", number, "--amount", "20", *reason)
    assert (waived["amount"], waived["balance"]) == ("100.00", "100.00")
    off = staff.json("charges", "write-off", number, "--amount", "10.00", *reason)
    assert (off["written_off"], off["balance"]) == ("10.00", "90.00")
    assert staff.json("charges", "restore", number, *reason)["balance"] == "100.00"
    staff.json("charges", "pay", card, "100")
    assert staff.json("charges", "waive", number, *reason)["balance"] == "-100.00"
    assert staff.json("charges", "refund", number, *reason)["balance"] == "0.00"
    assert staff.run("charges", "refund", number, *reason).exit_code == 1
    assert staff.run("charges", "waive", "1", *reason).exit_code == 1


def test_a_charge_is_explained(staff: Staff) -> None:
    card = an_overdue_return(staff)
    [line] = staff.json("charges", "--patron", card)
    number = str(line["charge"])
    staff.json("charges", "pay", card, "20")
    found = staff.json("charges", "explain", number)
    [loan] = found["loans"]
    assert (loan["days_late"], loan["calendar"], loan["alone"]) == (9, "DK-900101", "120.00")
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
    made = staff.json("charges", "add", card, "administrative", "25", "--reason", "a new card")
    assert (made["type"], made["balance"]) == ("administrative", "25.00")
    charge(staff.library, card, 100)
    assert len(staff.json("charges", "--patron", card, "--limit", "1")) == 1
    staff.library.pass_time(days=-60)
    lend(staff.library, card, 2)
    [fee] = staff.json("charges", "expected", card)
    assert (fee["amount"], len(fee["items"])) == ("230.00", 2)
    assert staff.run("charges", "expected", "nobody").exit_code == 1


@pytest.mark.parametrize("command", ["pay", "add", "waive", "write-off", "restore", "refund"])
def test_what_is_asked_for_under_one_order_is_done_once(staff: Staff, command: str) -> None:
    card = a_patron(staff.library)
    made = charge(staff.library, card, 1_000)
    reason = ("--reason", "agreed")
    if command == "restore":
        staff.json("charges", "write-off", str(made.id), *reason)
    if command == "refund":
        staff.json("charges", "pay", card, "10")
        staff.json("charges", "waive", str(made.id), *reason)
    arguments = {
        "pay": (card, "1"),
        "add": (card, "service", "1", *reason),
    }.get(command, (str(made.id), "--amount", "1", *reason))
    first, again = (staff.json("charges", command, *arguments, "--order", "S 1") for _ in range(2))
    assert (first.pop("repeated"), again.pop("repeated")) == (False, True)
    assert first == again
    other = [each if each != "1" else "2" for each in arguments]
    refused = staff.json("charges", command, *other, "--order", "S 1", code=1)
    assert refused["refused"] == ["ORDER_ID_TAKEN"]


def test_an_amount_is_in_the_currency_of_the_account(staff: Staff) -> None:
    fee_rule(staff.library, currency="SEK")
    card = a_patron(staff.library)
    made = staff.json("charges", "add", card, "service", "10", "--reason", "copies")
    assert made["currency"] == "SEK"
    assert staff.json("charges", "pay", card, "4")["currency"] == "SEK"
    other = a_patron(staff.library)
    charge(staff.library, other, 500, currency="EUR")
    assert staff.json("charges", "pay", other, "5")["currency"] == "EUR"


@pytest.mark.parametrize(
    ("typed", "booked"), [("50", 5_000), ("50.25", 5_025), ("50,25", 5_025), ("0,5", 50)]
)
def test_amounts_are_decimals(staff: Staff, typed: str, booked: int) -> None:
    card = a_patron(staff.library)
    made = staff.json("charges", "add", card, "damage", typed, "--reason", "a lost case")
    assert made["balance"] == f"{booked / 100:.2f}"
    assert total(staff.library, card) == booked
    assert staff.json("charges", "pay", card, typed)["owed"] == "0.00"


def test_other_currencies_have_other_decimals(staff: Staff) -> None:
    card = a_patron(staff.library)
    for currency, typed, said in (("JPY", "700", "700"), ("KWD", "1.125", "1.125")):
        arguments = ("charges", "add", card, "damage", typed, "--currency", currency)
        assert staff.json(*arguments, "--reason", "x")["amount"] == said


@pytest.mark.parametrize(
    ("typed", "currency", "words"),
    [
        ("-5", "DKK", "'-5' is no amount such as 299.95 or 299,95"),
        ("0", "DKK", "more than nothing"),
        ("0,00", "DKK", "more than nothing"),
        ("1.000", "DKK", "an amount in DKK has 2 decimals: '1.000' has 3"),
        ("5.5", "JPY", "an amount in JPY has no decimals"),
        ("1.234,50", "DKK", "is no amount"),
        ("fifty", "DKK", "is no amount"),
        ("50", "kr", "three letters"),
    ],
)
def test_what_is_no_amount_is_refused(staff: Staff, typed: str, currency: str, words: str) -> None:
    card = a_patron(staff.library)
    for command in (("add", "--reason", "x", "--", card, "damage"), ("pay", "--", card)):
        refused = staff.run("charges", command[0], "--currency", currency, *command[1:], typed)
        assert refused.exit_code == 2
        assert words in " ".join(refused.output.split())
    assert staff.json("charges", "--patron", card) == []


def test_a_part_of_a_charge_is_in_its_currency(staff: Staff) -> None:
    card = a_patron(staff.library)
    made = staff.json("charges", "add", card, "damage", "700", "--currency", "JPY", "--reason", "x")
    number = str(made["charge"])
    refused = staff.run("charges", "waive", number, "--amount", "5.50", "--reason", "x")
    assert refused.exit_code == 2
    assert "no decimals" in refused.output
    too_much = staff.run("charges", "waive", number, "--amount", "701", "--reason", "x")
    assert "701 JPY cannot be taken off a charge of 700 JPY" in too_much.output
    left = staff.json("charges", "waive", number, "--amount", "200", "--reason", "x")
    assert (left["balance"], left["currency"]) == ("500", "JPY")


def test_people_read_amounts_and_times_in_their_language(
    staff: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = a_patron(staff.library)
    staff.json("charges", "add", card, "damage", "1250,5", "--reason", "x")
    iso = staff.json("charges", "--patron", card)[0]["created"]
    local = datetime.fromisoformat(iso).astimezone(ZONE)
    for language, amount, created in (
        ("da_DK.UTF-8", "1250,50 kr.", f"{local.day}.{local.month}.{local.year} {local:%H.%M}"),
        ("en_GB.UTF-8", "1250.50 DKK", f"{local.day} {local:%b %Y %H:%M}"),
    ):
        monkeypatch.setenv("LC_ALL", language)
        said = staff.run("charges", "--patron", card).output
        assert amount in said
        assert created in said
        assert iso not in said
        assert staff.json("charges", "--patron", card)[0]["created"] == iso


def test_to_whom_it_is_owed_and_who_took_it(staff: Staff) -> None:
    library = staff.library
    school, card = a_school(library), a_patron(library)
    charge_at(library, library.main, card, 5_000)
    charge_at(library, school, card, 1_000)
    listed = staff.json("charges", "--patron", card)
    assert [each["creditor"] for each in listed] == ["DK-900100", "DK-900200"]
    at_school = ("charges", "pay", card, "50", "--at", "DK-900201")
    assert staff.json(*at_school, code=1)["refused"] == ["PAYMENT_TOO_LARGE"]
    agree(library, library.main, school, payments=True)
    assert staff.json(*at_school)["owed"] == "10.00"
    number = str(listed[0]["charge"])
    shown = staff.run("charges", "explain", number).output
    assert "taken by DK-900200 for DK-900100" in shown
    [posting] = [
        each
        for each in staff.json("charges", "explain", number)["postings"]
        if each["kind"] == "payment"
    ]
    assert posting["branch"] == "DK-900201"


def test_what_agencies_took_for_each_other(staff: Staff) -> None:
    library = staff.library
    school, card = a_school(library), a_patron(library)
    agree(library, library.main, school, payments=True)
    charge_at(library, library.main, card, 5_000)
    charge_at(library, school, card, 1_000)
    days = ("--from", "2026-11-01", "--until", "2099-12-31")
    assert staff.json("charges", "collected", *days) == []
    payment = staff.json("charges", "pay", card, "60", "--at", "DK-900201")
    taken = {"taken_by": "DK-900200", "owed_to": "DK-900100", "amount": "50.00 DKK"}
    assert staff.json("charges", "collected", *days) == [taken]
    assert staff.json("charges", "collected", "--from", "2020-01-01", "--until", "2020-12-31") == []
    reverse = ("charges", "reverse", str(payment["payment"]), "--reason", "refused")
    assert staff.json(*reverse)["reversed"]
    [left] = staff.json("charges", "collected", *days)
    assert left["amount"] == "0.00 DKK"
