"""Money: what is owed, payments, waivers, charges by hand."""

from __future__ import annotations

from typing import Any, Final

from circulation.fees.paying import PaymentWish, pay
from circulation.kernel.results import Refused
from circulation.kernel.rights import Principal, Right
from circulation.ledger.balances import balances_of
from circulation.ledger.changes import change_charge, charge_patron
from circulation.ledger.charge_lists import ChargePage, patron_charges
from circulation.ledger.charge_words import charge_text
from circulation.ledger.charges import NewCharge as Charged
from circulation.ledger.money import ChargeLine
from circulation.ledger.orders import MoneyAct
from circulation.ledger.payments import find_payment
from circulation.ledger.postings import find_charge
from circulation.ledger.reversals import reverse_payment
from circulation.patrons.identifiers import PatronPlace
from circulation.staff.lookups import Seen
from protocols.api.authority import must_have_here, note_look, number_of, patron_named
from protocols.api.messages import Reply
from protocols.api.models.common import Money
from protocols.api.models.money import (
    Allocation,
    Charge,
    ChargedLoan,
    ChargePaging,
    NewCharge,
    NewPayment,
    NewWaiver,
    Paid,
    PatronCharges,
    Reversal,
    Settled,
)
from protocols.api.operation import Operation, Request, get, post
from protocols.api.operations.patrons import known_by, owed_of, the_patron
from protocols.api.paging import page_of, start_of
from protocols.api.problems import Outcome, Problem, malformed, refused
from protocols.hosting.answering import Context, Lane

_OF_PATRON: Final = "/patrons/{patron}"


def _debtor(
    request: Request[Any, Any], principal: Principal, context: Context, right: Right
) -> PatronPlace:
    """The patron of the path, with whom the caller may do that. Raises Problem."""
    must_have_here(principal, right)
    place = patron_named(request.path["patron"], principal, context, right)
    request.about = place.id
    return place


def list_charges(
    request: Request[None, ChargePaging], principal: Principal, context: Context
) -> Reply | Problem:
    """A patron's charges, the oldest first, each with the loans that made it."""
    place = the_patron(request, principal, context)
    note_look(request, principal, context, Seen.CHARGES, patron_id=place.id)
    return charges_of(place, request, principal, context)


def charges_of(
    place: PatronPlace,
    request: Request[None, ChargePaging],
    principal: Principal,
    context: Context,
) -> Reply | Problem:
    query, start = request.query, start_of(request.query)
    found = patron_charges(
        context.circulation,
        context.transaction,
        patron=known_by(place),
        now=context.now,
        page=ChargePage(only_open=query.open, start=start, limit=query.limit),
    )
    if isinstance(found, Refused):
        return refused(found, principal, request.language)
    lines = tuple(
        _charge(each, found.creditors[each.charge.agency_id], principal, request.language)
        for each in found.charges
    )
    page = PatronCharges(found.total, owed_of(found.balances, context), lines)
    following = start + len(lines)
    return page_of(request, page, following if following <= found.total and lines else None)


def _charge(line: ChargeLine, agency: str, principal: Principal, language: str) -> Charge:
    charge = line.charge
    can: tuple[tuple[Any, bool], ...] = (
        ("pay", principal.may(Right.TAKE_FEES, charge.agency_id)),
        ("waive", principal.may(Right.WAIVE_FEES, charge.agency_id)),
    )
    return Charge(
        str(charge.id),
        charge.kind.value,
        charge_text(charge.kind, charge.reason, language),
        agency,
        charge.currency,
        charge.amount,
        charge.paid,
        charge.written_off,
        charge.balance,
        charge.reason,
        charge.created,
        tuple(ChargedLoan(each.barcode, each.title, each.amount, each.at) for each in line.loans),
        tuple(name for name, holds in can if holds and charge.balance > 0),
    )


def take_payment(
    request: Request[NewPayment, None], principal: Principal, context: Context
) -> Paid | Problem:
    """Takes a payment, for named charges or the oldest first."""
    place = _debtor(request, principal, context, Right.TAKE_FEES)
    wish = request.body
    charges = tuple(number_of(each, "charges") for each in wish.charges)
    answer = pay(
        context.act(principal.desk),
        PaymentWish(wish.amount, wish.currency, charge=charges or None, method=wish.method),
        patron=known_by(place),
    )
    if isinstance(answer, Refused):
        return refused(answer, principal, request.language)
    return Paid(
        str(answer.payment_id),
        Money(answer.amount, answer.currency),
        tuple(Allocation(str(each.charge_id), each.amount) for each in answer.allocations),
        answer.credit,
        owed_of(answer.balances, context),
        answer.lifted_block,
    )


def waive(
    request: Request[NewWaiver, None], principal: Principal, context: Context
) -> Settled | Problem:
    """Gives up what is owed of a charge, or a part of it, as far as the caller's limit goes."""
    place = _debtor(request, principal, context, Right.WAIVE_FEES)
    wish = request.body
    charge = find_charge(context.transaction, charge_id=number_of(wish.charge, "charge"))
    if charge is None or charge.patron_id != place.id:
        raise malformed("charge", "unknown", "the patron has no such charge")
    if not principal.may(Right.WAIVE_FEES, charge.agency_id):
        raise Problem(Outcome.RIGHT_MISSING, right=Right.WAIVE_FEES)
    limit = principal.limit(Right.WAIVE_FEES)
    amount = charge.balance if wish.amount is None else wish.amount
    if limit is not None and amount > limit:
        text = f"you may give up {limit} at once"
        raise Problem(Outcome.RIGHT_MISSING, text, right=Right.WAIVE_FEES)
    try:
        answer = change_charge(
            context.act(principal.desk),
            change=MoneyAct.WRITE_OFF,
            charge_id=charge.id,
            reason=wish.why,
            amount=wish.amount,
        )
    except ValueError as error:
        raise malformed("amount", "too_much", str(error)) from None
    if isinstance(answer, Refused):
        return refused(answer, principal, request.language)
    return _settled(place, context)


def reverse(request: Request[Reversal, None], principal: Principal, context: Context) -> Settled:
    """Undoes a payment that was none: what it paid is owed again."""
    place = _debtor(request, principal, context, Right.REVERSE_FEES)
    payment = number_of(request.body.payment, "payment")
    found = find_payment(context.transaction, payment_id=payment)
    if found is None or found.patron_id != place.id:
        raise malformed("payment", "unknown", "the patron has made no such payment")
    if not principal.may(Right.REVERSE_FEES, found.agency_id):
        raise Problem(Outcome.RIGHT_MISSING, right=Right.REVERSE_FEES)
    reverse_payment(context.act(principal.desk), payment_id=payment, reason=request.body.why)
    return _settled(place, context)


def charge_by_hand(
    request: Request[NewCharge, None], principal: Principal, context: Context
) -> Settled | Problem:
    """Charges a patron for something: a new card, copies, damage."""
    place = _debtor(request, principal, context, Right.TAKE_FEES)
    wish = request.body
    new = Charged(wish.kind, wish.amount, wish.currency, principal.branch_id, wish.reason)
    answer = charge_patron(context.act(principal.desk), place.id, new)
    if isinstance(answer, Refused):
        return refused(answer, principal, request.language)
    return _settled(place, context)


def _settled(place: PatronPlace, context: Context) -> Settled:
    return Settled(owed_of(balances_of(context.transaction, place.id), context))


_RULES: Final = (Outcome.REFUSED, Outcome.CONFLICT)

OPERATIONS: Final[tuple[Operation, ...]] = (
    get(
        f"{_OF_PATRON}/charges",
        "What a patron owes",
        list_charges,
        PatronCharges,
        query=ChargePaging,
        tag="money",
        right=Right.VIEW_PATRONS,
        outcomes=_RULES,
    ),
    post(
        f"{_OF_PATRON}/payments",
        "Take a payment",
        take_payment,
        Paid,
        body=NewPayment,
        tag="money",
        right=Right.TAKE_FEES,
        lane=Lane.WRITE,
        outcomes=_RULES,
    ),
    post(
        f"{_OF_PATRON}/waivers",
        "Give up what is owed",
        waive,
        Settled,
        body=NewWaiver,
        tag="money",
        right=Right.WAIVE_FEES,
        lane=Lane.WRITE,
        outcomes=_RULES,
    ),
    post(
        f"{_OF_PATRON}/reversals",
        "Undo a payment",
        reverse,
        Settled,
        body=Reversal,
        tag="money",
        right=Right.REVERSE_FEES,
        lane=Lane.WRITE,
    ),
    post(
        f"{_OF_PATRON}/charges",
        "Charge a patron",
        charge_by_hand,
        Settled,
        body=NewCharge,
        tag="money",
        right=Right.TAKE_FEES,
        lane=Lane.WRITE,
        outcomes=_RULES,
    ),
)
