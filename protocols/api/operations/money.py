"""Money: what patrons owe and would owe, payments, charges by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from circulation.fees.expected import expected_fees
from circulation.fees.paying import PaymentWish, account_currency, pay
from circulation.kernel.paging import START, Place
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Refusal, Refused
from circulation.kernel.rights import Principal, Right
from circulation.ledger.balances import balances_of
from circulation.ledger.changes import Changed, charge_patron
from circulation.ledger.charge_lists import ChargePage, loans_charged, patron_charges
from circulation.ledger.charge_words import charge_text
from circulation.ledger.charges import NewCharge as Charged
from circulation.ledger.money import Balance
from circulation.ledger.money import Charge as KnownCharge
from circulation.ledger.money import ChargedLoan as KnownLoan
from circulation.patrons.changes import patron_fields
from circulation.patrons.identifiers import PatronPlace
from circulation.staff.lookups import Seen
from protocols.api.authority import act_of, must_have_here, note_look, number_of
from protocols.api.gate import (
    id_shown,
    may_take_payment,
    may_with,
    patron_named,
    payer_named,
    payer_with_card,
)
from protocols.api.messages import Reply
from protocols.api.models.answers import Money
from protocols.api.models.money import (
    Allocation,
    Charge,
    ChargeChanged,
    ChargedLoan,
    ChargePaging,
    Debtor,
    DebtorCard,
    ExpectedFee,
    ExpectedFees,
    ExpectedLoan,
    NewCharge,
    NewPayment,
    Paid,
    PatronCharges,
)
from protocols.api.models.screen import Owed
from protocols.api.operation import Operation, Plain, Request, get, post
from protocols.api.operations.screen import known_by, owed_of, the_patron
from protocols.api.paging import LARGEST, page_of, place_in
from protocols.api.problems import Outcome, Problem, refused
from protocols.hosting.answering import Context, Lane

_OF_PATRON: Final = "/patrons/{patron}"


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
    query = request.query
    after = place_in(query, LARGEST) or START
    found = patron_charges(
        context.circulation,
        context.transaction,
        patron=known_by(place),
        now=context.now,
        page=ChargePage(only_open=query.open, limit=query.limit + 1, after=after),
    )
    if isinstance(found, Refused):
        return refused(found, principal, request.language)
    lines = tuple(
        charge_shown(each.charge, principal, context, request.language, each.loans)
        for each in found.charges[: query.limit]
    )
    fields = patron_fields(context.transaction, patron_id=place.id)
    assert fields is not None
    act = act_of(principal, context, place.agency_id, place.home_branch_id)
    currency = account_currency(act, patron_id=place.id, category=fields.category)
    page = PatronCharges(found.total, currency, owed_of(found.balances, context), lines)
    following = None
    if len(found.charges) > query.limit:
        last = found.charges[query.limit - 1].charge
        following = Place(last.created, last.id)
    return page_of(request, page, following)


def charge_shown(
    charge: KnownCharge,
    principal: Principal,
    context: Context,
    language: str,
    loans: tuple[KnownLoan, ...] | None = None,
) -> Charge:
    """A charge with its loans, which are looked up where they are not given."""
    if loans is None:
        loans = tuple(loans_charged(context.transaction, [charge.id])[charge.id])
    can: tuple[tuple[Any, bool], ...] = (
        ("pay", may_take_payment(charge.agency_id, charge.branch_id, principal, context)),
        ("waive", principal.may(Right.WAIVE_FEES, charge.agency_id, charge.branch_id)),
    )
    set_up = context.circulation.current_set_up(context.transaction)
    return Charge(
        str(charge.id),
        charge.kind.value,
        charge_text(charge.kind, charge.reason, language),
        set_up.agency_isil(charge.agency_id),
        charge.currency,
        charge.amount,
        charge.paid,
        charge.written_off,
        charge.balance,
        charge.reason,
        charge.created,
        tuple(ChargedLoan(each.barcode, each.title, each.amount, each.at) for each in loans),
        tuple(name for name, holds in can if holds and charge.balance > 0),
    )


def find_debtor(
    request: Request[DebtorCard, None], principal: Principal, context: Context
) -> Debtor | Problem:
    """Find by a card the patron who wishes to pay, and what can be paid here. An agreement on
    payments is enough for a patron of another agency, of whom nothing more is shown."""
    must_have_here(principal, Right.TAKE_FEES)
    place = payer_with_card(request, request.body.card, principal, context)
    request.about = place.id
    note_look(request, principal, context, Seen.CHARGES, patron_id=place.id)
    page = ChargePage(collected_at=principal.agency_id, limit=0)
    found = patron_charges(
        context.circulation,
        context.transaction,
        patron=known_by(place),
        now=context.now,
        page=page,
    )
    if isinstance(found, Refused):
        return refused(found, principal, request.language)
    owed = owed_of(found.balances, context)
    return Debtor(id_shown(context)(place.id), found.patron.name, owed)


def take_payment(
    request: Request[NewPayment, None], principal: Principal, context: Context
) -> Paid | Problem:
    """Takes a payment, for named charges or the oldest first."""
    must_have_here(principal, Right.TAKE_FEES)
    place = payer_named(request, request.path["patron"], principal, context)
    request.about = place.id
    wish = request.body
    charges = tuple(number_of(each, "charges") for each in wish.charges)
    answer = pay(
        act_of(principal, context, place.agency_id, place.home_branch_id),
        PaymentWish(
            wish.amount, wish.currency, wish.order, charge=charges or None, method=wish.method
        ),
        patron=known_by(place),
    )
    if isinstance(answer, Refused):
        if not may_with(place.id, Right.VIEW_PATRONS, principal, context):
            answer = _without_debts_elsewhere(answer)
        return refused(answer, principal, request.language)
    return Paid(
        str(answer.payment_id),
        answer.order_id,
        Money(answer.amount, answer.currency),
        tuple(Allocation(str(each.charge_id), each.amount) for each in answer.allocations),
        answer.credit,
        owed_seen(place.id, answer.balances, principal, context),
        answer.lifted_block,
        answer.was_repeated,
    )


def _without_debts_elsewhere(answer: Refused) -> Refused:
    """Return the refusal without what is owed to agencies for which no payment is taken here."""
    kept = [each for each in answer.refusals if each.reason is not Reason.OWED_ELSEWHERE]
    return replace(answer, refusals=tuple(kept) or (Refusal(Reason.NOTHING_OWED),))


def charge_by_hand(
    request: Request[NewCharge, None], principal: Principal, context: Context
) -> ChargeChanged | Problem:
    """Charges a patron for something: a new card, copies, damage."""
    right = Right.TAKE_FEES
    must_have_here(principal, right)
    place = patron_named(request, request.path["patron"], principal, context, right)
    request.about = place.id
    wish = request.body
    act = act_of(principal, context, place.agency_id, place.home_branch_id)
    new = Charged(wish.kind, wish.amount, wish.currency, act.desk.branch_id, wish.reason)
    answer = charge_patron(act, place.id, new, order_id=wish.order)
    return charge_changed(answer, request, principal, context)


def charge_changed(
    answer: Changed | Refused,
    request: Request[Any, None],
    principal: Principal,
    context: Context,
) -> ChargeChanged | Problem:
    """A charge after something was done to it."""
    if isinstance(answer, Refused):
        return refused(answer, principal, request.language)
    charge, transaction = answer.charge, context.transaction
    assert charge.patron_id is not None
    return ChargeChanged(
        charge_shown(charge, principal, context, request.language),
        owed_seen(charge.patron_id, balances_of(transaction, charge.patron_id), principal, context),
        answer.was_repeated,
    )


def owed_seen(
    patron_id: int, balances: tuple[Balance, ...], principal: Principal, context: Context
) -> tuple[Owed, ...]:
    """What is owed to each agency; without the right to see the patron, to those alone for which
    the caller's agency takes payments."""
    if not may_with(patron_id, Right.VIEW_PATRONS, principal, context):
        agreements = context.circulation.current_set_up(context.transaction).agreements
        collected = agreements.collected_at(principal.agency_id)
        balances = tuple(each for each in balances if each.agency_id in collected)
    return owed_of(balances, context)


def list_expected(request: Plain, principal: Principal, context: Context) -> ExpectedFees | Problem:
    """What a patron would be charged if everything came back now, and for what."""
    place = the_patron(request, principal, context)
    note_look(request, principal, context, Seen.CHARGES, patron_id=place.id)
    return expected_of(place, request, principal, context)


def expected_of(
    place: PatronPlace, request: Plain, principal: Principal, context: Context
) -> ExpectedFees | Problem:
    found = expected_fees(
        context.circulation, context.transaction, patron=known_by(place), now=context.now
    )
    if isinstance(found, Refused):
        return refused(found, principal, request.language)
    set_up = context.circulation.current_set_up(context.transaction)
    return ExpectedFees(
        tuple(
            ExpectedFee(
                set_up.agency_isil(fee.agency_id),
                fee.currency,
                fee.amount,
                tuple(
                    ExpectedLoan(
                        each.item.barcode, each.item.title, each.loan.due, each.days, each.amount
                    )
                    for each in fee.loans
                ),
            )
            for fee in found.fees
        )
    )


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
        "/debtors",
        "Find a patron who wishes to pay",
        find_debtor,
        Debtor,
        body=DebtorCard,
        lane=Lane.READ,
        is_once=False,
        tag="money",
        right=Right.TAKE_FEES,
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
    get(
        f"{_OF_PATRON}/charges/expected",
        "What a patron would owe",
        list_expected,
        ExpectedFees,
        tag="money",
        right=Right.VIEW_PATRONS,
        lane=Lane.WIDE_READ,
        outcomes=_RULES,
    ),
    post(
        f"{_OF_PATRON}/charges",
        "Charge a patron",
        charge_by_hand,
        ChargeChanged,
        body=NewCharge,
        tag="money",
        right=Right.TAKE_FEES,
        lane=Lane.WRITE,
        outcomes=_RULES,
    ),
)
