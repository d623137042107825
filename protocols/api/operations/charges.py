"""A charge: why it is what it is, what is taken off or given back; payments that were none."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from circulation.explaining.charges import ChargeExplained as Known
from circulation.explaining.charges import explain_charge
from circulation.kernel.results import DEFAULT_TIMEZONE
from circulation.kernel.rights import Kind, Principal, Right
from circulation.kernel.set_up import all_branches
from circulation.ledger.balances import balances_of
from circulation.ledger.changes import AboveLimit, Portion, change_charge
from circulation.ledger.collected import collected_for_others
from circulation.ledger.money import Charge
from circulation.ledger.money import Posting as KnownPosting
from circulation.ledger.orders import MoneyAct
from circulation.ledger.payments import find_payment
from circulation.ledger.postings import find_charge
from circulation.ledger.reversals import reverse_payment
from circulation.staff.lookups import Seen
from protocols.api.authority import act_of, note_look, number_of, today_here
from protocols.api.gate import Spot, admit, may_with, must_admit
from protocols.api.models.money import (
    ChargeChange,
    ChargeChanged,
    ChargeExplained,
    CollectedDays,
    CollectedForOthers,
    Posting,
    Reversal,
    Reversed,
    collected_shown,
    loan_reckoned,
    step_shown,
)
from protocols.api.operation import Operation, Plain, Request, get, post
from protocols.api.operations.money import charge_changed, charge_shown, owed_seen
from protocols.api.problems import Outcome, Problem, malformed
from protocols.hosting.answering import Context, Lane

_CHARGE: Final = "/charges/{charge}"


def _must_have(
    right: Right,
    request: Request[Any, Any],
    principal: Principal,
    context: Context,
    patron_id: int | None,
    owed_to: Spot,
) -> None:
    """Raises Problem where the caller has not that right with what is owed there; whoever may not
    see the patron either is not told that it is there."""
    if patron_id is not None and principal.may(right, *owed_to):
        must_admit(patron_id, right, request, principal, context, ours=(owed_to,))
        return
    if may_with(patron_id, Right.VIEW_PATRONS, principal, context):
        raise Problem(Outcome.RIGHT_MISSING, right=right)
    raise Problem(Outcome.NOT_FOUND)


def _spot_of(charge: Charge) -> Spot:
    return Spot(charge.agency_id, charge.branch_id)


def _the_charge(request: Request[Any, Any], context: Context) -> Charge:
    number = number_of(request.path["charge"], None)
    charge = find_charge(context.transaction, charge_id=number)
    if charge is None:
        raise Problem(Outcome.NOT_FOUND)
    request.about = charge.patron_id
    return charge


def explain_charge_of(
    request: Plain, principal: Principal, context: Context
) -> ChargeExplained | Problem:
    """Why a charge is what it is: loans, rules, dates, and all that happened to it."""
    charge = _the_charge(request, context)
    patron_id, ours = charge.patron_id, (_spot_of(charge),)
    right = Right.VIEW_PATRONS
    if patron_id is None:  # erased since
        if not principal.may(right, *_spot_of(charge)):
            raise Problem(Outcome.NOT_FOUND)
    elif admit(patron_id, right, request, principal, context, ours=ours) is None:
        raise Problem(Outcome.NOT_FOUND)
    note_look(request, principal, context, Seen.CHARGES, patron_id=patron_id)
    return explained(charge.id, request, principal, context)


def explained(
    charge_id: int, request: Plain, principal: Principal, context: Context
) -> ChargeExplained:
    """The charge with what is behind it. Patrons are not told who of the staff did what."""
    found = explain_charge(context.circulation, context.transaction, charge_id)
    assert found is not None
    is_staff = principal.kind is not Kind.PATRON
    return ChargeExplained(
        charge_shown(found.charge, principal, context, request.language, found.loans),
        found.branch.isil,
        tuple(map(loan_reckoned, found.loans)),
        tuple(map(loan_reckoned, found.undone)),
        tuple(map(step_shown, found.steps)),
        tuple(_posting(each, found, is_staff) for each in found.postings),
    )


def _posting(posting: KnownPosting, found: Known, is_staff: bool) -> Posting:
    branch = found.places.get(posting.branch_id or 0)
    return Posting(
        str(posting.id),
        posting.kind.value,
        posting.amount,
        None if posting.parent_id is None else str(posting.parent_id),
        None if posting.payment_id is None else str(posting.payment_id),
        posting.at,
        posting.actor if is_staff else "",
        posting.device if is_staff else "",
        branch and branch.isil,
        branch and branch.agency_isil,
        posting.reason,
    )


def _change(
    request: Request[ChargeChange, None],
    principal: Principal,
    context: Context,
    act: MoneyAct,
    right: Right,
) -> ChargeChanged | Problem:
    charge, wish = _the_charge(request, context), request.body
    _must_have(right, request, principal, context, charge.patron_id, _spot_of(charge))
    try:
        answer = change_charge(
            act_of(principal, context, charge.agency_id, charge.branch_id),
            change=act,
            charge_id=charge.id,
            reason=wish.why,
            portion=Portion(wish.amount, principal.limit(right)),
            order_id=wish.order,
        )
    except AboveLimit as error:
        raise Problem(Outcome.RIGHT_MISSING, str(error), right=right) from None
    except ValueError as error:
        raise malformed("amount", "too_much", str(error)) from None
    return charge_changed(answer, request, principal, context)


def waive(
    request: Request[ChargeChange, None], principal: Principal, context: Context
) -> ChargeChanged | Problem:
    """Takes a charge off, or a part of it, as far as the caller's limit goes: it should not have
    been charged. What was paid of it already stays, unless the amount says more."""
    return _change(request, principal, context, MoneyAct.REDUCTION, Right.WAIVE_FEES)


def write_off(
    request: Request[ChargeChange, None], principal: Principal, context: Context
) -> ChargeChanged | Problem:
    """Gives up what is owed of a charge, or a part of it, as far as the caller's limit goes; the
    charge itself stands."""
    return _change(request, principal, context, MoneyAct.WRITE_OFF, Right.WAIVE_FEES)


def restore(
    request: Request[ChargeChange, None], principal: Principal, context: Context
) -> ChargeChanged | Problem:
    """Takes back what was written off of a charge: it is owed again."""
    act, right = MoneyAct.WRITE_OFF_REDUCTION, Right.REVERSE_FEES
    return _change(request, principal, context, act, right)


def refund(
    request: Request[ChargeChange, None], principal: Principal, context: Context
) -> ChargeChanged | Problem:
    """Gives back what was paid too much of a charge."""
    act, right = MoneyAct.REIMBURSEMENT, Right.REVERSE_FEES
    return _change(request, principal, context, act, right)


def reverse(request: Request[Reversal, None], principal: Principal, context: Context) -> Reversed:
    """Undoes a payment that was none: what it paid is owed again."""
    number = number_of(request.path["payment"], None)
    found = find_payment(context.transaction, payment_id=number)
    if found is None or found.patron_id is None:
        raise Problem(Outcome.NOT_FOUND)
    request.about = found.patron_id
    taken_at = Spot(found.agency_id, found.branch_id or 0)
    _must_have(Right.REVERSE_FEES, request, principal, context, found.patron_id, taken_at)
    act = context.act(principal.desk)
    was_paid = reverse_payment(act, payment_id=number, reason=request.body.why)
    balances = balances_of(context.transaction, found.patron_id)
    owed = owed_seen(found.patron_id, balances, principal, context)
    return Reversed(str(number), was_paid, owed)


def show_collected(
    request: Request[None, CollectedDays], principal: Principal, context: Context
) -> CollectedForOthers:
    """What agencies have taken for each other by agreement, less what was taken back. Days are
    those of the first branch by ISIL. The caller sees those lines that concern their agencies."""
    transaction, query = context.transaction, request.query
    zones = [branch.timezone for branch in all_branches(transaction)]
    zone = ZoneInfo(zones[0] if zones else DEFAULT_TIMEZONE)
    last = query.last or today_here(principal, context)
    try:
        since, before = _midnight(query.first, zone), _midnight(last + timedelta(days=1), zone)
    except OverflowError:
        raise malformed("last", "range", "there is no such day") from None
    found = collected_for_others(transaction, since=since, before=before)
    branches = context.circulation.current_set_up(transaction).branches.values()
    seen = {
        each.agency_isil
        for each in branches
        if principal.may(Right.VIEW_REPORTS, each.agency_id, each.id)
    }
    return collected_shown([each for each in found if {each.taken_by, each.owed_to} & seen])


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(0), zone).astimezone(UTC)


def _changing(
    name: str, summary: str, handler: Any, right: Right, outcomes: tuple[Outcome, ...]
) -> Operation:
    return post(
        f"{_CHARGE}/{name}",
        summary,
        handler,
        ChargeChanged,
        body=ChargeChange,
        tag="money",
        right=right,
        lane=Lane.WRITE,
        outcomes=outcomes,
    )


_RULES: Final = (Outcome.REFUSED, Outcome.CONFLICT)

OPERATIONS: Final[tuple[Operation, ...]] = (
    get(
        _CHARGE,
        "Why a charge is what it is",
        explain_charge_of,
        ChargeExplained,
        tag="money",
        right=Right.VIEW_PATRONS,
    ),
    _changing("waivers", "Take a charge off", waive, Right.WAIVE_FEES, _RULES),
    _changing("write-offs", "Give up what is owed", write_off, Right.WAIVE_FEES, _RULES),
    _changing("restorations", "Take back a write-off", restore, Right.REVERSE_FEES, _RULES),
    _changing("refunds", "Give money back", refund, Right.REVERSE_FEES, _RULES),
    post(
        "/payments/{payment}/reversal",
        "Undo a payment",
        reverse,
        Reversed,
        body=Reversal,
        tag="money",
        right=Right.REVERSE_FEES,
        lane=Lane.WRITE,
    ),
    get(
        "/collected",
        "What was taken for others",
        show_collected,
        CollectedForOthers,
        query=CollectedDays,
        tag="money",
        right=Right.VIEW_REPORTS,
        lane=Lane.WIDE_READ,
    ),
)
