"""Wishes: requests for what other libraries are asked for, until it is here.

A RequestId means a case (`circulation.interlending.cases`) by the partner's own name, or by its
number, as it means a hold. When it is here the same RequestId means the hold by which it is kept.
"""

from __future__ import annotations

from circulation.interlending.cases import Case, Outcome, find_case
from circulation.interlending.partner_requests import case_of_request, request_of_case
from circulation.interlending.rows import loan_by_id
from circulation.kernel.results import Branch
from protocols.hosting.answering import Context
from protocols.ncip.messages import Code, RequestId
from protocols.ncip.settings import Partner
from protocols.ncip.subjects.request_ids import HOLD_ID, number_of_hold

#: RequestStatusType of a wish.
REQUESTED, NOT_TO_BE_HAD = Code("Requested Via ILL"), Code("Cannot Fulfill Request")
#: Its copy has come, which is not kept on a shelf.
HAS_COME = Code("Available For Pickup")


def case_meant(request_id: RequestId, caller: Partner, context: Context) -> Case | None:
    """The case that a RequestId means, as long as nothing is kept for it on the hold shelf."""
    value = request_id.request_identifier_value or ""
    named = case_of_request(context.transaction, caller.agency, value)
    case_id = named if named is not None else number_of_hold(value)
    case = None if case_id is None else find_case(context.transaction, case_id=case_id)
    return None if case is None or is_kept(case, context) else case


def is_kept(case: Case, context: Context) -> bool:
    """Is there a hold by which it is kept for the patron, or was?"""
    if case.loan_id is None or case.outcome != Outcome.FILLED.value:
        return False
    loan = loan_by_id(context.transaction, case.loan_id)
    return loan is not None and loan.hold_id is not None


def is_brought_by(case: Case, caller: Partner, context: Context) -> bool:
    """Has the partner brought the wish, under a name of its own?"""
    return request_of_case(context.transaction, caller.agency, case.id) is not None


def case_id_of(case: Case, caller: Partner, context: Context) -> RequestId:
    """The partner's name for the case, else its number."""
    own = request_of_case(context.transaction, caller.agency, case.id)
    if own is not None:
        return RequestId(Code(caller.agency), None, own)
    return RequestId(Code(pickup_of(case, context).agency_isil), HOLD_ID, str(case.id))


def pickup_of(case: Case, context: Context) -> Branch:
    """Where the patron fetches it."""
    return context.circulation.current_set_up(context.transaction).branches[case.branch_id]


def status_of_case(case: Case) -> Code:
    """How far it is, in the words of RequestStatusType."""
    if case.closed is None:
        return REQUESTED
    return HAS_COME if case.outcome == Outcome.FILLED.value else NOT_TO_BE_HAD
