"""What somebody does about interlibrary loans between systems: a wish is sent out, a request of
another library is answered by hand, and what it writes is read."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Final

from circulation.interlending.answering import refuse_demand, supply_copy
from circulation.interlending.asking import Wish, ask
from circulation.interlending.notices import PartnerNoticeKind, tell
from circulation.interlending.remarks import remark, settle_remark, unsettled_remarks
from circulation.interlending.rows import InterlibraryLoan as Known
from circulation.interlending.rows import loan_by_id
from circulation.interlending.states import Obstacle
from circulation.kernel.act import Act
from circulation.kernel.results import Refused
from circulation.kernel.rights import Principal, Right
from circulation.staff.lookups import Seen
from protocols.api.authority import act_with, note_look, number_of
from protocols.api.gate import note_entrance, patron_named
from protocols.api.models.interlibrary import (
    CopySupplied,
    InterlibraryLoan,
    InterlibraryRemark,
    InterlibraryRemarks,
    LetterToPartner,
    PatronsWish,
    RequestRefused,
    remark_shown,
)
from protocols.api.operation import Operation, Plain, Request, get, post
from protocols.api.operations.interlibrary import agency_of, branches_of, loan_meant, loan_shown
from protocols.api.operations.screen import known_by
from protocols.api.problems import Outcome, Problem, refused
from protocols.hosting.answering import Context, Lane

_LOAN: Final = "/interlibrary-loans/{loan}"
_REMARKS: Final = "/interlibrary-loans/remarks"
#: How many are listed at once.
_MOST: Final = 500
_END_OF_DAY: Final = time(21)


def ask_for_title(
    request: Request[PatronsWish, None], principal: Principal, context: Context
) -> InterlibraryLoan | Problem:
    """Asks another library for what a patron wants; the same wish again is the same loan."""
    wish = request.body
    place = patron_named(request, wish.patron, principal, context, Right.LEND)
    request.about = place.id
    before = wish.needed_before
    outcome = ask(
        act_with(place, principal, context),
        patron=known_by(place),
        wish=Wish(
            None if wish.record is None else int(wish.record), wish.title, wish.author, wish.number
        ),
        partner=wish.partner,
        pickup_branch=wish.pickup_branch,
        needed_before=None if before is None else datetime.combine(before, _END_OF_DAY, UTC),
    )
    if isinstance(outcome, Refused):
        return refused(outcome, principal, request.language)
    return _done(outcome, principal, context)


def _done(outcome: Known | Obstacle, principal: Principal, context: Context) -> InterlibraryLoan:
    if isinstance(outcome, Obstacle):
        raise Problem(Outcome.CONFLICT, outcome.value)
    return loan_shown(outcome, principal, context)


def _lent(
    request: Request[CopySupplied, None] | Request[RequestRefused, None],
    principal: Principal,
    context: Context,
) -> tuple[Act, Known]:
    """The loan of the path, which another library has asked us for. Raises Problem."""
    act, loan = loan_meant(request, principal, context)
    if loan.is_borrowed:
        raise Problem(Outcome.CONFLICT, "this was borrowed from another library")
    return act, loan


def supply_to_library(
    request: Request[CopySupplied, None], principal: Principal, context: Context
) -> InterlibraryLoan:
    """The copy that another library has asked for is made: it is told where it can be fetched."""
    act, loan = _lent(request, principal, context)
    return _done(supply_copy(act, loan, url=request.body.url), principal, context)


def refuse_library(
    request: Request[RequestRefused, None], principal: Principal, context: Context
) -> InterlibraryLoan:
    """Another library does not get what it has asked for, and is told why."""
    act, loan = _lent(request, principal, context)
    return _done(refuse_demand(act, loan, request.body.why, request.body.note), principal, context)


def write_to_library(
    request: Request[LetterToPartner, None], principal: Principal, context: Context
) -> InterlibraryLoan:
    """Has the other library read a note about the loan."""
    act, loan = loan_meant(request, principal, context)
    request.about = loan.patron_id
    tell(act, loan, PartnerNoticeKind.NOTED, about={"note": request.body.note})
    return loan_shown(loan, principal, context)


def ask_for_status(request: Plain, principal: Principal, context: Context) -> InterlibraryLoan:
    """Asks the other library how far it is with what we have asked it for."""
    act, loan = loan_meant(request, principal, context)
    request.about = loan.patron_id
    if not loan.is_borrowed:
        raise Problem(Outcome.CONFLICT, "this was not borrowed from another library")
    tell(act, loan, PartnerNoticeKind.STATUS_ASKED)
    return loan_shown(loan, principal, context)


def list_interlibrary_remarks(
    request: Plain, principal: Principal, context: Context
) -> InterlibraryRemarks:
    """What somebody should read about interlibrary loans, and nobody has seen to yet."""
    branches = branches_of(principal, context)
    found = unsettled_remarks(context.transaction, branch_ids=branches, at_most=_MOST)
    note_look(request, principal, context, Seen.LIST, hits=len(found))
    return InterlibraryRemarks(tuple(map(remark_shown, found)))


def settle_interlibrary_remark(
    request: Plain, principal: Principal, context: Context
) -> InterlibraryRemark:
    """Somebody has seen to it."""
    found = remark(context.transaction, remark_id=number_of(request.path["remark"], None))
    if found is None or agency_of(found.branch_id, principal, context) is None:
        raise Problem(Outcome.NOT_FOUND)
    loan = loan_by_id(context.transaction, found.interlibrary_loan_id)
    if loan is not None and loan.patron_id is not None:
        request.about = loan.patron_id
        note_entrance(loan.patron_id, Right.LEND, request, principal, context)
    settle_remark(context.transaction, found.id, context.now)
    return remark_shown(found)


OPERATIONS: Final[tuple[Operation, ...]] = (
    post(
        "/interlibrary-loans",
        "Ask another library for a title",
        ask_for_title,
        InterlibraryLoan,
        body=PatronsWish,
        tag="interlibrary",
        right=Right.LEND,
        lane=Lane.WRITE,
        outcomes=(Outcome.REFUSED, Outcome.CONFLICT),
    ),
    get(
        _REMARKS,
        "What somebody should read about interlibrary loans",
        list_interlibrary_remarks,
        InterlibraryRemarks,
        tag="interlibrary",
        right=Right.LEND,
        lane=Lane.WIDE_READ,
    ),
    post(
        f"{_REMARKS}/{{remark}}/settlement",
        "Say that a remark was seen to",
        settle_interlibrary_remark,
        InterlibraryRemark,
        tag="interlibrary",
        right=Right.LEND,
        lane=Lane.WRITE,
    ),
    *(
        post(
            f"{_LOAN}/{path}",
            title,
            function,
            InterlibraryLoan,
            body=body,
            tag="interlibrary",
            right=Right.LEND,
            lane=Lane.WRITE,
            outcomes=(Outcome.CONFLICT,),
        )
        for path, title, function, body in (
            ("copy", "Supply a copy to another library", supply_to_library, CopySupplied),
            ("refusal", "Refuse what another library asks for", refuse_library, RequestRefused),
            ("messages", "Write to the other library", write_to_library, LetterToPartner),
            ("status-request", "Ask the other library how far it is", ask_for_status, None),
        )
    ),
)
