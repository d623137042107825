"""What a patron owes, and what was paid for it at the gateway of a web site."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from catalogue.database import Transaction
from circulation.dunning.claim_lists import charges_claimed
from circulation.fees.expected import expected_fees
from circulation.fees.paying import PaymentWish, pay
from circulation.items.facts import ItemFacts, item_facts_by_id
from circulation.kernel.results import Refused
from circulation.ledger.balances import lock_account
from circulation.ledger.charge_lists import ChargePage, patron_charges
from circulation.ledger.charge_words import charge_text
from circulation.ledger.money import Charge, ChargedLoan, ChargeKind, ChargeLine, decimal_of
from circulation.ledger.payments import find_payment, last_payment_of
from circulation.ledger.postings import postings_of
from circulation.patrons.changes import patron_fields
from circulation.staff.lookups import Seen
from protocols.fbs.calls import Request
from protocols.fbs.codec import truth_in
from protocols.fbs.handling.looking import act_for, day_of, known_by, note_look
from protocols.fbs.handling.material import (
    group_names,
    group_told,
    periodical,
    wire_number,
)
from protocols.fbs.problems import no_patron
from protocols.hosting.answering import Context
from protocols.records.naming import record_ids

REGISTERED: Final = "paymentRegistered"
OTHER_ORDER: Final = "paymentRegisteredByDifferentOrderId"
NOT_ALLOWED: Final = "paymentNotAllowedByClient"
#: How such payments were made, in the ledger.
_METHOD: Final = "web"
#: Of a fee that was not charged yet.
_EXPECTED: Final = -1


def list_fees(request: Request, context: Context) -> list[dict[str, Any]]:
    """What the patron owes to the library, the oldest first; on wish what was paid, too, and what a
    web site cannot take money for."""
    paid = truth_in(request.query, "includepaid")
    unpayable = truth_in(request.query, "includenonpayable")
    note_look(request, context, Seen.CHARGES, request.place.id)
    lines = _charges(request, context, only_open=not paid)
    payable = _payable(request, lines, context)
    shown = [
        each
        for each in lines
        if each.charge.kind is not ChargeKind.CREDIT
        and (each.charge.balance > 0 or (paid and each.charge.balance == 0))
        and (unpayable or each.charge.id in payable or each.charge.balance == 0)
    ]
    return _Telling(request, context, shown).fees(payable)


def _charges(request: Request, context: Context, *, only_open: bool) -> Sequence[ChargeLine]:
    """The patron's charges that can be paid at the library."""
    found = patron_charges(
        context.circulation,
        context.transaction,
        patron=known_by(request.place),
        now=context.now,
        page=ChargePage(only_open=only_open, collected_at=request.agency.id),
    )
    if isinstance(found, Refused):
        raise no_patron()
    return found.charges


def _payable(request: Request, lines: Sequence[ChargeLine], context: Context) -> Collection[int]:
    """The charges that a web site may take money for: owed, not handed over for collection, and in
    the currency in which most of it is owed."""
    claimed = charges_claimed(context.transaction, patron_id=request.place.id)
    owed = [each.charge for each in lines if each.charge.balance > 0]
    free = [each for each in owed if each.id not in claimed]
    if not free:
        return frozenset()
    currencies = [each.currency for each in free]
    currency = max(sorted(set(currencies)), key=currencies.count)
    return frozenset(each.id for each in free if each.currency == currency)


def list_expected(request: Request, context: Context) -> list[dict[str, Any]]:
    """What late loans would cost if they came back now."""
    note_look(request, context, Seen.CHARGES, request.place.id)
    found = expected_fees(
        context.circulation,
        context.transaction,
        patron=known_by(request.place),
        now=context.now,
    )
    fields = patron_fields(context.transaction, patron_id=request.place.id)
    if isinstance(found, Refused) or fields is None:
        raise no_patron()
    set_up = context.circulation.current_set_up(context.transaction)
    today = set_up.day(context.now, request.place.home_branch_id).isoformat()
    told = _Telling(request, context, ())
    its = [fee for fee in found.fees if fee.agency_id == request.agency.id]
    told.read([line.item.id for fee in its for line in fee.loans])
    return [
        {
            "feeId": _EXPECTED,
            "amount": float(decimal_of(fee.amount, fee.currency)),
            "payableByClient": False,
            "reasonMessage": charge_text(ChargeKind.LATE_FEE, "", fields.language),
            "type": "fee",
            "creationDate": today,
            "materials": [told.material(line.item.id) for line in fee.loans],
        }
        for fee in its
    ]


def list_transactions(request: Request, context: Context) -> list[dict[str, Any]]:
    """What became of one fee, line by line."""
    note_look(request, context, Seen.CHARGES, request.place.id)
    wanted = request.path["feeId"]
    for each in _charges(request, context, only_open=False):
        if str(wire_number(each.charge.id)) == wanted:
            return [
                {
                    "transactionId": wire_number(line.id),
                    "feeId": wire_number(line.charge_id),
                    "type": line.kind.value,
                    "amount": float(decimal_of(abs(line.amount), each.charge.currency)),
                    "creationTime": line.at.isoformat(),
                    "parentTransactionId": line.parent_id and wire_number(line.parent_id),
                }
                for line in postings_of(context.transaction, charge_id=each.charge.id)
            ]
    return []


# Payments


def register_payment(request: Request, context: Context) -> list[dict[str, Any]]:
    """Takes down what was paid at the gateway: each fee in full, once for its order id.

    The same order again says the same again. A fee that was paid by another order, or cannot be
    paid by a web site, is not paid once more, and the others are.
    """
    order, wanted = request.body.order_id, list(dict.fromkeys(request.body.fee_ids))
    lock_account(context.transaction, patron_id=request.place.id)
    lines = _charges(request, context, only_open=False)
    its = {wire_number(each.charge.id): each.charge for each in lines}
    payable = _payable(request, lines, context)
    known = [its[each] for each in wanted if each in its]
    before = {
        each.id: payment
        for each in known
        if (payment := _paid_by(context.transaction, each, order)) is not None
    }
    new = [each for each in known if each.id in payable and each.id not in before]
    if new:
        before |= _pay(request, context, new, order, has_begun=bool(before))
    return [_confirmation(each, its.get(each), order, before) for each in wanted]


def refuse_payment(request: Request) -> list[dict[str, Any]]:
    """What is said of payments for a patron who is not there."""
    wanted = dict.fromkeys(request.body.fee_ids)
    return [_confirmation(each, None, request.body.order_id, {}) for each in wanted]


def _confirmation(
    number: int, charge: Charge | None, order: str, paid: Mapping[int, int]
) -> dict[str, Any]:
    told: dict[str, Any] = {"orderId": order, "feeId": number}
    if charge is None:
        return told | {"paymentStatus": NOT_ALLOWED}
    if charge.id in paid:
        return told | {"paymentStatus": REGISTERED, "confirmationId": str(paid[charge.id])}
    is_settled = charge.balance <= 0
    return told | {"paymentStatus": OTHER_ORDER if is_settled else NOT_ALLOWED}


def _paid_by(transaction: Transaction, charge: Charge, order: str) -> int | None:
    """The payment of that order which settled the charge; None where none did."""
    if charge.balance > 0:
        return None
    posting = last_payment_of(transaction, charge_id=charge.id)
    if posting is None or posting.payment_id is None:
        return None
    payment = find_payment(transaction, payment_id=posting.payment_id)
    if payment is None or payment.reversed is not None:
        return None
    is_its = payment.order_id == order or payment.order_id.startswith(f"{order}/")
    return payment.id if is_its else None


def _pay(
    request: Request,
    context: Context,
    charges: Sequence[Charge],
    order: str,
    *,
    has_begun: bool,
) -> dict[int, int]:
    """One payment for all of them; gives its number by charge. An order that comes again with more
    fees than before gets a payment of its own for those, under the order's id and a fee's."""
    ids = tuple(each.id for each in charges)
    order_id = f"{order}/{wire_number(min(ids))}" if has_begun else order
    amount = sum(each.balance for each in charges)
    wish = PaymentWish(
        amount,
        charges[0].currency,
        order_id,
        charge=ids,
        method=_METHOD,
        refuse_overpayment=True,
    )
    answer = pay(act_for(request, context), wish, patron=known_by(request.place))
    if isinstance(answer, Refused):
        return {}
    return dict.fromkeys(ids, answer.payment_id)


# Telling


class _Telling:
    """What is told of fees: read once for all of them."""

    def __init__(self, request: Request, context: Context, lines: Sequence[ChargeLine]) -> None:
        self._context = context
        self._lines = lines
        fields = patron_fields(context.transaction, patron_id=request.place.id)
        self._language = "" if fields is None else fields.language
        set_up = context.circulation.current_set_up(context.transaction)
        self._zone = set_up.branches[request.place.home_branch_id].timezone
        self._items: dict[int, ItemFacts] = {}
        self._records: dict[int, str] = {}
        self._groups = group_names(context)
        self.read([loan.item_id for each in lines for loan in each.loans])

    def read(self, item_ids: Sequence[int | None]) -> None:
        wanted = sorted({each for each in item_ids if each is not None})
        transaction = self._context.transaction
        if wanted:
            found = item_facts_by_id(transaction, item_ids=wanted)
            self._items = {each.id: each for each in found}
            self._records = record_ids(transaction, [each.record_id for each in found])

    def fees(self, payable: Collection[int]) -> list[dict[str, Any]]:
        return [self._fee(each, each.charge.id in payable) for each in self._lines]

    def _fee(self, line: ChargeLine, is_payable: bool) -> dict[str, Any]:
        charge = line.charge
        is_paid = charge.balance == 0
        amount = charge.amount if is_paid else charge.balance
        return {
            "feeId": wire_number(charge.id),
            "amount": float(decimal_of(amount, charge.currency)),
            "payableByClient": is_payable,
            "reasonMessage": charge_text(charge.kind, charge.reason, self._language),
            "type": "compensation" if charge.kind.is_compensation else "fee",
            "creationDate": day_of(charge.created, self._zone),
            "paidDate": self._paid(charge) if is_paid else None,
            "materials": [
                self.material(each.item_id) for each in line.loans if self._is_there(each)
            ],
        }

    def _paid(self, charge: Charge) -> str | None:
        """The day of the last posting: whatever settled it was that."""
        postings = postings_of(self._context.transaction, charge_id=charge.id)
        return day_of(max(each.at for each in postings), self._zone) if postings else None

    def _is_there(self, loan: ChargedLoan) -> bool:
        return loan.item_id in self._items

    def material(self, item_id: int | None) -> dict[str, Any]:
        item = self._items[item_id or 0]
        return {
            "materialItemNumber": item.barcode,
            "recordId": self._records[item.record_id],
            "periodical": periodical(item.part),
            **group_told(item.material_group, self._groups),
        }
