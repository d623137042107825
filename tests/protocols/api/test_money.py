"""Money over the API: why a charge is what it is, what is taken off, given back or undone."""

from __future__ import annotations

from typing import Any

import pytest

from circulation.kernel.amounts import MAX_AMOUNT_MINOR_UNITS
from circulation.kernel.rights import Reach, Right
from tests.builders.agencies import a_further_agency, a_school, agree, charge_at
from tests.builders.circulation import a_patron, an_item
from tests.builders.fees import charge, danish_fees, hand_in, late_by, lend, total
from tests.protocols.api.stage import Stage

WHY = {"why": "agreed"}


def _owed(body: Any) -> int:
    [owed] = body["owed"]
    amount: int = owed["fees"]["amount"]
    return amount


def test_a_charge_is_taken_off_given_up_and_owed_again(stage: Stage) -> None:
    library, token = stage.library, stage.a_caller()
    card = a_patron(library)
    path = f"/charges/{charge(library, card, 10_000).id}"
    waived = stage.ask("POST", f"{path}/waivers", WHY | {"amount": 2_000}, token=token)
    assert waived.status == 200, waived.body
    assert (waived.body["charge"]["amount"], _owed(waived.body)) == (8_000, 8_000)
    off = stage.ask("POST", f"{path}/write-offs", WHY | {"amount": 1_000}, token=token)
    assert (off.body["charge"]["written_off"], _owed(off.body)) == (1_000, 7_000)
    restored = stage.ask("POST", f"{path}/restorations", WHY, token=token)
    assert _owed(restored.body) == 8_000
    payments = f"/patrons/{stage.public_id(card)}/payments"
    stage.ask("POST", payments, {"amount": 5_000, "currency": "DKK"}, token=token)
    rest = stage.ask("POST", f"{path}/waivers", WHY, token=token)
    assert (rest.body["charge"]["amount"], rest.body["charge"]["balance"]) == (5_000, 0)
    more = stage.ask("POST", f"{path}/waivers", WHY | {"amount": 5_000}, token=token)
    assert more.body["charge"]["balance"] == -5_000
    refunded = stage.ask("POST", f"{path}/refunds", WHY, token=token)
    assert refunded.body["charge"]["balance"] == 0
    again = stage.ask("POST", f"{path}/refunds", WHY, token=token)
    assert (again.status, again.body["errors"][0]["field"]) == (422, "amount")


@pytest.mark.parametrize("what", ["waivers", "write-offs"])
def test_nobody_gives_up_more_than_their_limit(stage: Stage, what: str) -> None:
    library = stage.library
    reach = Reach(agencies=frozenset({library.main.agency_id}), limit=500)
    token = stage.a_caller(grants={Right.WAIVE_FEES: reach})
    card = a_patron(library)
    path = f"/charges/{charge(library, card, 1_000).id}/{what}"
    told = stage.ask("POST", path, WHY, token=token)
    assert (told.status, told.body["right"]) == (403, "fees.waive")
    assert "5.00 DKK" in told.body["detail"]
    assert stage.ask("POST", path, WHY | {"amount": 500}, token=token).status == 200
    assert total(library, card) == 500


def test_what_is_done_under_one_order_or_key_is_done_once(stage: Stage) -> None:
    library, token = stage.library, stage.a_caller()
    card = a_patron(library)
    path = f"/charges/{charge(library, card, 1_000).id}/write-offs"
    wish = WHY | {"amount": 100, "order": "S 1"}
    told = [stage.ask("POST", path, wish, token=token, key=key) for key in ("a", "a", "b")]
    assert [each.body["repeated"] for each in told] == [False, False, True]
    assert total(library, card) == 900
    other = stage.ask("POST", path, wish | {"amount": 200}, token=token)
    assert (other.status, other.codes) == (409, ["ORDER_ID_TAKEN"])


def test_a_payment_is_undone_once(stage: Stage) -> None:
    library, token = stage.library, stage.a_caller()
    card = a_patron(library)
    charge(library, card, 1_000)
    payments = f"/patrons/{stage.public_id(card)}/payments"
    wish = {"amount": 400, "currency": "DKK", "order": "A-1"}
    paid, again = (stage.ask("POST", payments, wish, token=token).body for _ in range(2))
    assert (paid["order"], paid["repeated"], again["repeated"]) == ("A-1", False, True)
    path = f"/payments/{paid['payment']}/reversal"
    undone = stage.ask("POST", path, WHY, token=token)
    assert (undone.body["reversed"], _owed(undone.body)) == (True, 1_000)
    assert stage.ask("POST", path, WHY, token=token).body["reversed"] is False
    assert stage.ask("POST", "/payments/999/reversal", WHY, token=token).status == 404


def test_what_is_owed_to_another_agency_is_theirs_to_give_up(stage: Stage) -> None:
    library = stage.library
    school, card = a_school(library), a_patron(library)
    charge_at(library, school, card, 1_000)
    token = stage.a_caller()
    listed = stage.ask("GET", f"/patrons/{stage.public_id(card)}/charges", token=token)
    [line] = listed.body["charges"]
    assert (line["agency"], line["may"]) == ("DK-900200", [])
    told = stage.ask("POST", f"/charges/{line['id']}/waivers", WHY, token=token)
    assert (told.status, told.body["right"]) == (403, "fees.waive")
    assert total(library, card) == 1_000


def test_a_payment_of_what_is_owed_elsewhere_says_where_to_pay(stage: Stage) -> None:
    library = stage.library
    school, card = a_school(library), a_patron(library)
    charge_at(library, school, card, 1_000)
    path = f"/patrons/{stage.public_id(card)}/payments"
    body = {"amount": 1_000, "currency": "DKK"}
    told = stage.ask("POST", path, body, token=stage.a_caller())
    [reason] = told.body["reasons"]
    assert (told.status, reason["code"]) == (409, "OWED_ELSEWHERE")
    assert f"{school.agency_name} (DK-900200): 10.00 DKK" in reason["text"]


def test_what_would_be_charged_and_why_something_was(stage: Stage) -> None:
    library, token = stage.library, stage.a_caller()
    danish_fees(library)
    card = a_patron(library)
    [book] = lend(library, card)
    late_by(library, 9)
    expected = f"/patrons/{stage.public_id(card)}/charges/expected"
    [fee] = stage.ask("GET", expected, token=token).body["fees"]
    assert (fee["agency"], fee["amount"], fee["currency"]) == ("DK-900100", 12_000, "DKK")
    assert [(each["barcode"], each["days"]) for each in fee["loans"]] == [(book, 9)]
    own = stage.a_patron_caller(card)
    assert stage.ask("GET", "/self/charges/expected", token=own).body["fees"] == [fee]
    hand_in(library, book)
    listed = stage.ask("GET", f"/patrons/{stage.public_id(card)}/charges", token=token).body
    assert listed["currency"] == "DKK"
    path = f"charges/{listed['charges'][0]['id']}"
    why = stage.ask("GET", f"/{path}", token=token).body
    [loan] = why["loans"]
    assert (loan["facts"]["days_late"], loan["rules"]["late_fees"]["value"]) == (9, "per_occasion")
    [posting] = why["postings"]
    assert (posting["kind"], posting["actor"]) == ("creation", "kiosk")
    mine = stage.ask("GET", f"/self/{path}", token=own).body
    assert (mine["loans"], mine["postings"][0]["actor"]) == (why["loans"], "")


def test_agencies_see_what_was_taken_for_them(stage: Stage) -> None:
    library, token = stage.library, stage.a_caller()
    school, card = a_school(library), a_patron(library)
    charge_at(library, school, card, 1_000)
    charges = f"/patrons/{stage.public_id(card)}/charges"
    assert "pay" not in stage.ask("GET", charges, token=token).body["charges"][0]["may"]
    agree(library, library.main, school, payments=True)
    assert "pay" in stage.ask("GET", charges, token=token).body["charges"][0]["may"]
    payments = f"/patrons/{stage.public_id(card)}/payments"
    stage.ask("POST", payments, {"amount": 1_000, "currency": "DKK"}, token=token)
    path = f"/collected?first={library.today.isoformat()}"
    [line] = stage.ask("GET", path, token=token).body["lines"]
    money = {"amount": 1_000, "currency": "DKK"}
    assert line == {"taken_by": "DK-900100", "owed_to": "DK-900200", "amount": money}
    assert stage.ask("GET", path, token=stage.a_caller(agency=4_711)).body["lines"] == []
    assert stage.ask("GET", "/collected?first=no", token=token).status == 422


def test_an_agreement_on_payments_shows_what_can_be_paid_and_no_more(stage: Stage) -> None:
    library = stage.library
    school, card = a_school(library), a_patron(library)
    agree(library, library.main, school, payments=True)
    third = a_further_agency(library)
    charge_at(library, library.main, card, 1_000)
    charge_at(library, third, card, 7_700)
    item = an_item(library, on_loan_to=card)
    library.pass_time(days=60)
    token = stage.a_caller(agency=school.agency_id, branch_id=school.id)
    found = stage.ask("POST", "/debtors", {"card": card}, token=token)
    [owed] = found.body["owed"]
    assert (owed["agency"], owed["fees"]["amount"]) == ("DK-900100", 1_000)
    assert (found.body["id"], found.body["name"]) == (stage.public_id(card), "Ida Ørsted")
    of_patron = f"/patrons/{found.body['id']}"
    too_much = {"amount": 8_700, "currency": "DKK"}
    refused = stage.ask("POST", f"{of_patron}/payments", too_much, token=token)
    assert refused.codes == ["PAYMENT_TOO_LARGE"]
    by_hand = {"kind": "other", "amount": 100, "currency": "DKK", "reason": "copies"}
    assert stage.ask("POST", f"{of_patron}/charges", by_hand, token=token).status == 404
    assert stage.ask("POST", f"/items/{item}/bill", token=token).status == 403
    paid = stage.ask("POST", f"{of_patron}/payments", too_much | {"amount": 1_000}, token=token)
    assert paid.status == 200
    assert [(each["agency"], each["fees"]["amount"]) for each in paid.body["owed"]] == [
        ("DK-900100", 0)
    ]
    nothing = stage.ask("POST", f"{of_patron}/payments", too_much, token=token)
    assert nothing.codes == ["NOTHING_OWED"]
    for path in ("", "/charges", "/loans"):
        assert stage.ask("GET", f"{of_patron}{path}", token=token).status == 404
    stranger = stage.a_caller(agency=third.agency_id, branch_id=third.id)
    for body in ({"card": card}, {"card": "NOBODY"}):
        assert stage.ask("POST", "/debtors", body, token=stranger).status == 404


def test_a_page_of_charges_begins_where_the_last_ended_whatever_was_paid(stage: Stage) -> None:
    library, token = stage.library, stage.a_caller()
    card = a_patron(library)
    numbers = [str(charge(library, card, 1_000).id) for _ in range(3)]
    path = f"/patrons/{stage.public_id(card)}"
    first = stage.ask("GET", f"{path}/charges?limit=1", token=token)
    assert [each["id"] for each in first.body["charges"]] == numbers[:1]
    paid = {"amount": 1_000, "currency": "DKK", "charges": numbers[:1]}
    assert stage.ask("POST", f"{path}/payments", paid, token=token).status == 200
    following = first.headers["Link"].partition(">")[0].removeprefix("</api/v1")
    second = stage.ask("GET", following, token=token)
    assert [each["id"] for each in second.body["charges"]] == numbers[1:2]
    following = second.headers["Link"].partition(">")[0].removeprefix("</api/v1")
    last = stage.ask("GET", following, token=token)
    assert ([each["id"] for each in last.body["charges"]], "Link" in last.headers) == (
        numbers[2:],
        False,
    )


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"kind": "credit"}, "kind"),  # it could never be paid
        ({"currency": "dkk"}, "currency"),
        ({"reason": " \n"}, "reason"),
    ],
)
def test_a_charge_that_nobody_could_pay_is_refused(
    stage: Stage, wrong: dict[str, str], field: str
) -> None:
    token = stage.a_caller()
    charges = f"/patrons/{stage.public_id(a_patron(stage.library))}/charges"
    wish = {"kind": "service", "amount": 100, "currency": "DKK", "reason": "copies"}
    assert stage.ask("POST", charges, wish, token=token).status == 200
    told = stage.ask("POST", charges, wish | wrong, token=token)
    assert (told.status, told.body["errors"][0]["field"]) == (422, field), told.body
    assert stage.ask("GET", charges, token=token).body["total"] == 1


def test_amounts_at_the_limit_and_above(stage: Stage) -> None:
    token, card = stage.a_caller(), a_patron(stage.library)
    charges = f"/patrons/{stage.public_id(card)}/charges"
    wish = {"kind": "service", "currency": "DKK", "reason": "copies"}
    for number in (1, 2, 3):
        most = wish | {"amount": MAX_AMOUNT_MINOR_UNITS}
        told = stage.ask("POST", charges, most, token=token)
        assert (told.status, _owed(told.body)) == (200, number * MAX_AMOUNT_MINOR_UNITS)
    for beyond in (MAX_AMOUNT_MINOR_UNITS + 1, 2**31, 2**63, 10**30):
        told = stage.ask("POST", charges, wish | {"amount": beyond}, token=token)
        assert (told.status, told.body["errors"][0]["field"]) == (422, "amount")
    listed = stage.ask("GET", charges, token=token).body
    assert (listed["total"], _owed(listed)) == (3, 3 * MAX_AMOUNT_MINOR_UNITS)
