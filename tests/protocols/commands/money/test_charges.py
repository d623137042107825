"""`tiro charges`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from circulation.kernel.amounts import MAX_AMOUNT_MINOR_UNITS
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


def _listed(staff: Staff, card: str, *more: str) -> list[Any]:
    charges: list[Any] = staff.json("charges", "--patron", card, *more)["charges"]
    return charges


def _owed(answer: Any) -> dict[str, int]:
    """What an answer says is owed to each agency."""
    told = {each["agency"]: each["fees"]["amount"] for each in answer["owed"]}
    told_too = {each["agency"]: each["compensations"]["amount"] for each in answer["owed"]}
    return {agency: both for agency in told if (both := told[agency] + told_too[agency])}


def test_the_list_has_kind_amount_balance_and_reason(staff: Staff) -> None:
    card = an_overdue_return(staff)
    [line] = _listed(staff, card)
    assert (line["kind"], line["amount"], line["balance"]) == ("late_fee", 12_000, 12_000)
    assert line["reason"] == "returned late"
    assert (line["currency"], line["paid"], len(line["loans"])) == ("DKK", 0, 1)
    text = staff.run("charges", "--patron", card).output
    assert "late_fee" in text
    assert "120.00 DKK" in text
    assert staff.run("charges").exit_code == 2
    assert staff.run("charges", "--patron", "nobody").exit_code == 1
    assert _listed(staff, a_patron(staff.library)) == []


def test_paying_and_paying_again(staff: Staff) -> None:
    card = an_overdue_return(staff)
    arguments = ("charges", "pay", card, "50", "--order", "A-1", "--at", "DK-900101")
    first, again = staff.json(*arguments), staff.json(*arguments)
    assert (_owed(first), first["repeated"]) == ({"DK-900100": 7_000}, False)
    assert (again["payment"], again["repeated"]) == (first["payment"], True)
    refused = staff.json("charges", "pay", card, "90", code=1)
    assert refused["refused"] == ["PAYMENT_TOO_LARGE"]
    undone = staff.json("charges", "reverse", str(first["payment"]), "--reason", "refused")
    assert undone["reversed"]
    assert _owed(staff.json("charges", "pay", card, "120,00")) == {}
    assert _listed(staff, card, "--open") == []


def test_waiving_writing_off_and_giving_back(staff: Staff) -> None:
    card = an_overdue_return(staff)
    [line] = _listed(staff, card)
    reason = ("--reason", "agreed")

    def changed(command: str, *more: str) -> Any:
        return staff.json("charges", command, line["id"], *more, *reason)["charge"]

    waived = changed("waive", "--amount", "20")
    assert (waived["amount"], waived["balance"]) == (10_000, 10_000)
    off = changed("write-off", "--amount", "10.00")
    assert (off["written_off"], off["balance"]) == (1_000, 9_000)
    assert changed("restore")["balance"] == 10_000
    staff.json("charges", "pay", card, "100")
    assert changed("waive", "--amount", "100")["balance"] == -10_000
    assert changed("refund")["balance"] == 0
    assert staff.run("charges", "refund", line["id"], *reason).exit_code == 2
    assert staff.run("charges", "waive", "1", *reason).exit_code == 1


def test_a_charge_is_explained(staff: Staff) -> None:
    card = an_overdue_return(staff)
    [line] = _listed(staff, card)
    staff.json("charges", "pay", card, "20")
    found = staff.json("charges", "explain", line["id"])
    [loan] = found["loans"]
    assert (loan["facts"]["days_late"], loan["facts"]["calendar"]) == (9, "DK-900101")
    assert loan["amount"] == 12_000
    assert loan["rules"]["late_fees"] == {"value": "per_occasion", "rule": {}}
    assert [each["kind"] for each in found["postings"]] == ["creation", "payment"]
    text = staff.run("charges", "explain", line["id"]).output
    assert "120.00 DKK" in text
    assert "-20.00 DKK" in text
    assert "100.00 DKK" in text
    assert staff.run("charges", "explain", "1").exit_code == 1


def test_charging_by_hand_and_what_is_expected(staff: Staff) -> None:
    danish_fees(staff.library)
    card = a_patron(staff.library)
    made = staff.json("charges", "add", card, "administrative", "25", "--reason", "a new card")
    assert (made["charge"]["kind"], made["charge"]["balance"]) == ("administrative", 2_500)
    staff.library.pass_time(days=-60)
    lend(staff.library, card, 2)
    [fee] = staff.json("charges", "expected", card)["fees"]
    assert (fee["amount"], len(fee["loans"])) == (23_000, 2)
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
        staff.json("charges", "waive", str(made.id), "--amount", "10", *reason)
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
    assert made["charge"]["currency"] == "SEK"
    assert staff.json("charges", "pay", card, "4")["amount"]["currency"] == "SEK"
    other = a_patron(staff.library)
    charge(staff.library, other, 500, currency="EUR")
    assert staff.json("charges", "pay", other, "5")["amount"]["currency"] == "EUR"


@pytest.mark.parametrize(
    ("typed", "booked"), [("50", 5_000), ("50.25", 5_025), ("50,25", 5_025), ("0,5", 50)]
)
def test_amounts_are_decimals(staff: Staff, typed: str, booked: int) -> None:
    card = a_patron(staff.library)
    made = staff.json("charges", "add", card, "damage", typed, "--reason", "a lost case")
    assert made["charge"]["balance"] == booked
    assert total(staff.library, card) == booked
    assert _owed(staff.json("charges", "pay", card, typed)) == {}


def test_other_currencies_have_other_decimals(staff: Staff) -> None:
    card = a_patron(staff.library)
    for currency, typed, said in (("JPY", "700", 700), ("KWD", "1.125", 1_125)):
        arguments = ("charges", "add", card, "damage", typed, "--currency", currency)
        assert staff.json(*arguments, "--reason", "x")["charge"]["amount"] == said


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
    assert _listed(staff, card) == []


def test_a_part_of_a_charge_is_in_its_currency(staff: Staff) -> None:
    card = a_patron(staff.library)
    made = staff.json("charges", "add", card, "damage", "700", "--currency", "JPY", "--reason", "x")
    number = made["charge"]["id"]
    refused = staff.run("charges", "waive", number, "--amount", "5.50", "--reason", "x")
    assert refused.exit_code == 2
    assert "no decimals" in refused.output
    too_much = staff.run("charges", "waive", number, "--amount", "701", "--reason", "x")
    assert "701 JPY cannot be taken off a charge of 700 JPY" in too_much.output
    left = staff.json("charges", "waive", number, "--amount", "200", "--reason", "x")["charge"]
    assert (left["balance"], left["currency"]) == (500, "JPY")


def test_people_read_amounts_and_times_in_their_language(
    staff: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = a_patron(staff.library)
    staff.json("charges", "add", card, "damage", "1250,5", "--reason", "x")
    iso = _listed(staff, card)[0]["created"]
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
        assert _listed(staff, card)[0]["created"] == iso


def test_to_whom_it_is_owed_and_who_took_it(staff: Staff) -> None:
    library = staff.library
    school, card = a_school(library), a_patron(library)
    charge_at(library, library.main, card, 5_000)
    charge_at(library, school, card, 1_000)
    listed = _listed(staff, card)
    assert [each["agency"] for each in listed] == ["DK-900100", "DK-900200"]
    at_school = ("charges", "pay", card, "50", "--at", "DK-900201")
    assert staff.json(*at_school, code=1)["refused"] == [
        "PAYMENT_TOO_LARGE",
        "OWED_ELSEWHERE",
    ]
    where = f"{library.main.agency_name} (DK-900100): 50.00 DKK"
    assert where in staff.run(*at_school).output
    agree(library, library.main, school, payments=True)
    assert _owed(staff.json(*at_school)) == {"DK-900200": 1_000}
    found = staff.json("charges", "explain", listed[0]["id"])["postings"]
    [posting] = [each for each in found if each["kind"] == "payment"]
    assert (posting["branch"], posting["agency"]) == ("DK-900201", "DK-900200")
    assert "DK-900201" in staff.run("charges", "explain", listed[0]["id"]).output


def test_what_agencies_took_for_each_other(staff: Staff) -> None:
    library = staff.library
    school, card = a_school(library), a_patron(library)
    agree(library, library.main, school, payments=True)
    charge_at(library, library.main, card, 5_000)
    charge_at(library, school, card, 1_000)
    days = ("--from", "2026-11-01", "--until", "2099-12-31")
    assert staff.json("charges", "collected", *days)["lines"] == []
    payment = staff.json("charges", "pay", card, "60", "--at", "DK-900201")
    money = {"amount": 5_000, "currency": "DKK"}
    taken = {"taken_by": "DK-900200", "owed_to": "DK-900100", "amount": money}
    assert staff.json("charges", "collected", *days)["lines"] == [taken]
    assert "50.00 DKK" in staff.run("charges", "collected", *days).output
    earlier = ("--from", "2020-01-01", "--until", "2020-12-31")
    assert staff.json("charges", "collected", *earlier)["lines"] == []
    reverse = ("charges", "reverse", str(payment["payment"]), "--reason", "refused")
    assert staff.json(*reverse)["reversed"]
    [left] = staff.json("charges", "collected", *days)["lines"]
    assert left["amount"]["amount"] == 0


def test_amounts_at_the_limit_and_above(staff: Staff) -> None:
    card = a_patron(staff.library)
    for _ in range(3):
        staff.json("charges", "add", card, "service", "10000000", "--reason", "copies")
    assert "30000000.00 DKK" in staff.run("patron", "show", card).output
    for command in (("pay", card), ("add", card, "service")):
        more = () if command[0] == "pay" else ("--reason", "copies")
        refused = staff.run("charges", *command, "10000000.01", *more)
        assert refused.exit_code == 2
        assert "the largest amount is 10000000.00 DKK" in refused.output
    assert total(staff.library, card) == 3 * MAX_AMOUNT_MINOR_UNITS
