"""Interlibrary loans: what is under way, what goes home, what an owner has said."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any, Final

from circulation.callers.partners import PARTNERS
from circulation.interlending.borrowing import send_home
from circulation.interlending.lists import loans_of_request, open_loans
from circulation.interlending.notices import notices_of, waiting_notices
from circulation.interlending.owners import grant_renewal, refuse_renewal
from circulation.interlending.rows import InterlibraryLoan as Known
from circulation.interlending.rows import loan_by_id
from circulation.interlending.states import Obstacle
from circulation.kernel.act import Act
from circulation.kernel.rights import Principal, Right
from circulation.staff.lookups import Seen
from protocols.api.authority import act_of, note_look, number_of
from protocols.api.gate import Names, Spot, admit
from protocols.api.models.interlibrary import (
    InterlibraryLoan,
    InterlibraryLoans,
    InterlibraryQuery,
    OwnersAnswer,
    WaitingPartners,
    interlibrary_shown,
    waiting_shown,
)
from protocols.api.operation import Operation, Plain, Request, get, post
from protocols.api.problems import Outcome, Problem, malformed
from protocols.hosting.answering import Context, Lane

_LOAN: Final = "/interlibrary-loans/{loan}"
#: When a day of an owner's ends that is said without a time of day.
_END_OF_DAY: Final = time(21)


def list_interlibrary_loans(
    request: Request[None, InterlibraryQuery], principal: Principal, context: Context
) -> InterlibraryLoans:
    """Interlibrary loans of the caller's branches, and what their partners were told."""
    wanted, transaction = request.query.request, context.transaction
    found = (
        open_loans(transaction)
        if wanted is None
        else loans_of_request(transaction, request_id=wanted)
    )
    shown = [each for each in found if agency_of(each.branch_id, principal, context) is not None]
    hits = sum(1 for each in shown if each.patron_id is not None)
    note_look(request, principal, context, Seen.LIST, hits=hits)
    return InterlibraryLoans(tuple(loan_shown(each, principal, context) for each in shown))


def agency_of(branch_id: int, principal: Principal, context: Context) -> int | None:
    """The agency of the branch that a loan is of, where the caller lends there."""
    branch = context.circulation.current_set_up(context.transaction).branches.get(branch_id)
    if branch is None or not principal.may(Right.LEND, branch.agency_id, branch.id):
        return None
    return branch.agency_id


def branches_of(principal: Principal, context: Context) -> list[int]:
    """The branches where the caller lends."""
    branches = context.circulation.current_set_up(context.transaction).branches
    return [each for each in branches if agency_of(each, principal, context) is not None]


def loan_shown(loan: Known, principal: Principal, context: Context) -> InterlibraryLoan:
    patron = Names((Right.LEND, Right.VIEW_PATRONS), principal, context).id_of(loan.patron_id)
    if patron is None and loan.patron_id is not None:
        loan = loan._replace(user="")
    return interlibrary_shown(loan, patron, notices_of(context.transaction, loan_id=loan.id))


def _borrowed(
    request: Request[OwnersAnswer, None] | Plain, principal: Principal, context: Context
) -> tuple[Act, Known]:
    """The loan of the path, which is from another library. Raises Problem."""
    act, loan = loan_meant(request, principal, context)
    if not loan.is_borrowed:
        raise Problem(Outcome.CONFLICT, "this was not borrowed from another library")
    request.about = loan.patron_id
    return act, loan


def loan_meant(
    request: Request[Any, Any], principal: Principal, context: Context
) -> tuple[Act, Known]:
    """The loan of the path, locked, of a branch where the caller lends. Raises Problem."""
    loan = loan_by_id(context.transaction, number_of(request.path["loan"], None))
    agency = None if loan is None else agency_of(loan.branch_id, principal, context)
    if loan is None or agency is None:
        raise Problem(Outcome.NOT_FOUND)
    ours = (Spot(agency, loan.branch_id),)
    admit(loan.patron_id, Right.LEND, request, principal, context, ours=ours)
    return act_of(principal, context, agency, loan.branch_id), loan


def _done(outcome: Known | Obstacle, principal: Principal, context: Context) -> InterlibraryLoan:
    if isinstance(outcome, Obstacle):
        raise Problem(Outcome.CONFLICT, outcome.value)
    return loan_shown(outcome, principal, context)


def send_item_home(request: Plain, principal: Principal, context: Context) -> InterlibraryLoan:
    """What was borrowed goes back to its owner: the temporary item is no more."""
    act, loan = _borrowed(request, principal, context)
    return _done(send_home(act, loan), principal, context)


def answer_for_owner(
    request: Request[OwnersAnswer, None], principal: Principal, context: Context
) -> InterlibraryLoan:
    """Says what the owner has answered to a renewal, where it was asked by other means."""
    act, loan = _borrowed(request, principal, context)
    until = request.body.until
    if request.body.refused:
        if until is not None:
            raise malformed("until", "contradiction", "the owner refuses, or lends it until then")
        return _done(refuse_renewal(act, loan), principal, context)
    due = None if until is None else datetime.combine(until, _END_OF_DAY, UTC)
    return _done(grant_renewal(act, loan, due=due), principal, context)


def list_waiting_partners(
    request: Plain, principal: Principal, context: Context
) -> WaitingPartners:
    """The partners that are still to be told something."""
    set_up = context.circulation.current_set_up(context.transaction)
    partners, branches = PARTNERS.of(set_up), set_up.branches

    def concerns(key: str) -> bool:
        branch = branches.get(partners[key].branch_id) if key in partners else None
        if branch is not None:
            return principal.may(Right.OPERATE, branch.agency_id, branch.id)
        return principal.grants[Right.OPERATE].everywhere

    found = waiting_notices(context.transaction)
    return waiting_shown(each for each in found if concerns(each.partner))


OPERATIONS: Final[tuple[Operation, ...]] = (
    get(
        "/interlibrary-loans",
        "Interlibrary loans",
        list_interlibrary_loans,
        InterlibraryLoans,
        query=InterlibraryQuery,
        tag="interlibrary",
        right=Right.LEND,
        lane=Lane.WIDE_READ,
    ),
    get(
        "/interlibrary-loans/waiting",
        "Partners that are to be told something",
        list_waiting_partners,
        WaitingPartners,
        tag="interlibrary",
        right=Right.OPERATE,
        lane=Lane.WIDE_READ,
    ),
    post(
        f"{_LOAN}/return",
        "Send an item home",
        send_item_home,
        InterlibraryLoan,
        tag="interlibrary",
        right=Right.LEND,
        lane=Lane.WRITE,
        outcomes=(Outcome.CONFLICT,),
    ),
    post(
        f"{_LOAN}/owner-answers",
        "Say what the owner has answered",
        answer_for_owner,
        InterlibraryLoan,
        body=OwnersAnswer,
        tag="interlibrary",
        right=Right.LEND,
        lane=Lane.WRITE,
        outcomes=(Outcome.CONFLICT,),
    ),
)
