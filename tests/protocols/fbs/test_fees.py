"""Fees, and payments that a web site says were made."""

from __future__ import annotations

from typing import Any

import pytest

from circulation.dunning.claims import ClaimKind
from circulation.ledger.money import ChargeKind
from tests.builders.circulation import an_item
from tests.builders.fees import charge, charges_of, danish_fees, late_by, paid, total
from tests.protocols.fbs.stage import Stage

FEES = "{}/patron/{}/fees/v2"
PAY = "v1/{}/patron/{}/payment"


def fees(stage: Stage, card: str, **query: str) -> list[dict[str, Any]]:
    told = stage.of_patron("GET", card, FEES, **query)
    assert told.status == 200, told
    found: list[dict[str, Any]] = told.body
    return found


def pay(stage: Stage, card: str, order: str, *ids: int) -> list[tuple[str, str | None]]:
    told = stage.of_patron("POST", card, PAY, {"orderId": order, "feeIds": list(ids)})
    assert told.status == 200, told
    assert [each["feeId"] for each in told.body] == list(ids)
    assert {each["orderId"] for each in told.body} <= {order}
    return [(each["paymentStatus"], each.get("confirmationId")) for each in told.body]


def test_a_late_fee_and_what_it_is_for(stage: Stage) -> None:
    danish_fees(stage.library)
    card = stage.a_patron(language="da")
    item = an_item(stage.library, on_loan_to=card, material_group="book")
    late_by(stage.library, 10)
    stage.library.check_in(item)
    stage.sites.clear()
    [its] = fees(stage, card)
    assert its["amount"] == total(stage.library, card) / 100
    assert (its["type"], its["payableByClient"]) == ("fee", True)
    assert its["reasonMessage"] == "Gebyr for sen aflevering"
    [material] = its["materials"]
    assert material["materialItemNumber"] == item
    assert material["recordId"] == stage.record_of(item)


def test_what_is_paid_and_what_is_not(stage: Stage) -> None:
    card = stage.a_patron()
    charge(stage.library, card, 2050)
    charge(stage.library, card, 10000, kind=ChargeKind.COMPENSATION)
    paid(stage.library, card, 2050)
    assert [(each["amount"], each["type"]) for each in fees(stage, card)] == [
        (100.0, "compensation")
    ]
    found = fees(stage, card, includepaid="true")
    assert [(each["amount"], each.get("paidDate")) for each in found] == [
        (20.5, "2026-11-25"),
        (100.0, None),
    ]
    for wrong in ("yes", "1"):
        assert stage.of_patron("GET", card, FEES, includepaid=wrong).status == 400


def test_an_order_is_paid_once(stage: Stage) -> None:
    card = stage.a_patron()
    for amount in (2000, 3000):
        charge(stage.library, card, amount)
    ids = [each["feeId"] for each in fees(stage, card)]
    first = pay(stage, card, "dibs-1", *ids)
    assert [status for status, _ in first] == ["paymentRegistered"] * 2
    assert first[0][1] is not None
    assert pay(stage, card, "dibs-1", *ids) == first
    assert pay(stage, card, "dibs-1", ids[1]) == first[1:]
    assert total(stage.library, card) == 0
    assert pay(stage, card, "dibs-2", *ids) == [("paymentRegisteredByDifferentOrderId", None)] * 2


def test_an_order_that_comes_again_with_more_pays_the_rest(stage: Stage) -> None:
    card = stage.a_patron()
    for amount in (2000, 3000):
        charge(stage.library, card, amount)
    first, second = (each["feeId"] for each in fees(stage, card))
    begun = pay(stage, card, "dibs-1", first)
    whole = pay(stage, card, "dibs-1", first, second)
    assert [status for status, _ in whole] == ["paymentRegistered"] * 2
    assert whole[:1] == begun
    assert pay(stage, card, "dibs-1", first, second) == whole
    assert total(stage.library, card) == 0


def test_what_was_paid_otherwise_does_not_keep_the_rest_from_being_paid(stage: Stage) -> None:
    card = stage.a_patron()
    for amount in (2000, 3000):
        charge(stage.library, card, amount)
    first, second = (each["feeId"] for each in fees(stage, card))
    paid(stage.library, card, 2000)
    assert [status for status, _ in pay(stage, card, "dibs-1", first, second, 17)] == [
        "paymentRegisteredByDifferentOrderId",
        "paymentRegistered",
        "paymentNotAllowedByClient",
    ]


def test_an_order_of_somebody_else(stage: Stage) -> None:
    card, other = stage.a_patron(), stage.a_patron()
    for each in (card, other):
        charge(stage.library, each, 2000)
    [its], [theirs] = ([each["feeId"] for each in fees(stage, patron)] for patron in (card, other))
    assert pay(stage, card, "dibs-1", theirs) == [("paymentNotAllowedByClient", None)]
    pay(stage, card, "dibs-1", its)
    assert pay(stage, other, "dibs-1", theirs) == [("paymentNotAllowedByClient", None)]
    assert total(stage.library, other) == 2000


def test_what_is_in_collection_is_not_for_a_web_site(stage: Stage) -> None:
    from circulation.dunning.claims import open_claim
    from circulation.dunning.debt_facts import DebtRow

    library, card = stage.library, stage.a_patron()
    charge(library, card, 2000)
    [line] = charges_of(library, card)
    its = line.charge

    def claim(transaction: Any) -> None:
        told: dict[str, Any] = dict.fromkeys(DebtRow._fields)
        told |= {name: getattr(its, name) for name in its._fields if name in told}
        told |= {"charge_id": its.id, "kind": its.kind, "balance": its.balance}
        debt = DebtRow(**{name: told[name] for name in DebtRow._fields})
        open_claim(library.act(transaction), debt, its.patron_id or 0)

    library.write(claim)
    assert fees(stage, card) == []
    [shown] = fees(stage, card, includenonpayable="true")
    assert shown["payableByClient"] is False
    assert pay(stage, card, "dibs-1", shown["feeId"]) == [("paymentNotAllowedByClient", None)]
    assert ClaimKind.of(its.kind)


def test_a_patron_who_is_not_there(one_stage: Stage) -> None:
    its = PAY.format("DK-900100", 4711)
    body = {"orderId": "dibs-1", "feeIds": [1, 2]}
    told = one_stage.ask("POST", its, body, session=one_stage.session)
    assert [each["paymentStatus"] for each in told.body] == ["paymentNotAllowedByClient"] * 2
    its = FEES.format("DK-900100", 4711)
    assert one_stage.ask("GET", its, session=one_stage.session).body == []


@pytest.mark.parametrize(
    "body",
    [
        {"orderId": "x"},
        {"feeIds": [1]},
        {"orderId": "", "feeIds": [1]},
        {"orderId": "x", "feeIds": ["one"]},
        {"orderId": "x", "feeIds": [1.5]},
        {"orderId": "x", "feeIds": [-1]},
        {"orderId": "x", "feeIds": 1},
        {"orderId": None, "feeIds": []},
    ],
)
def test_a_payment_that_cannot_be_read(one_stage: Stage, body: dict[str, Any]) -> None:
    card = one_stage.a_patron()
    charge(one_stage.library, card, 2000)
    assert one_stage.of_patron("POST", card, PAY, body).status == 400
    assert total(one_stage.library, card) == 2000


def test_what_it_would_cost_now_and_what_became_of_a_fee(stage: Stage) -> None:
    danish_fees(stage.library)
    card = stage.a_patron()
    item = an_item(stage.library, on_loan_to=card, material_group="book")
    late_by(stage.library, 10)
    stage.sites.clear()
    [expected] = stage.of_patron("GET", card, "{}/patron/{}/fee/expected-fees/v1").body
    assert (expected["feeId"], expected["payableByClient"]) == (-1, False)
    stage.library.check_in(item)
    [its] = fees(stage, card)
    assert its["amount"] == expected["amount"]
    pay(stage, card, "dibs-1", its["feeId"])
    path = f"{{}}/patron/{{}}/fee/{its['feeId']}/transactions/v1"
    found = stage.of_patron("GET", card, path).body
    assert [(each["type"], each["amount"]) for each in found] == [
        ("creation", its["amount"]),
        ("payment", its["amount"]),
    ]
