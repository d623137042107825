"""At the desk: lending, returning, renewing, taking back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from circulation.kernel.reasons import Reason
from circulation.kernel.results import CheckedIn as KnownReturn
from circulation.kernel.results import CheckedOut as KnownLoan
from circulation.kernel.results import Refused, RenewedAll
from circulation.kernel.results import Renewed as KnownRenewal
from circulation.kernel.rights import Principal, Right
from circulation.loans.batches import borrower_of
from circulation.loans.lending import check_out
from circulation.loans.off_line import Source
from circulation.loans.renewals import renew, renew_all
from circulation.loans.returns import check_in
from circulation.loans.undo import cancel_check_in, cancel_check_out
from circulation.loans.waiting import try_item
from circulation.loans.wishes import LoanWish, OffLineReturn, Reporting
from circulation.loans.wishes import RenewalWish as LongerLoan
from protocols.api.authority import must_have_here, override_of
from protocols.api.gate import (
    Names,
    Spot,
    must_admit,
    note_entrance,
    patron_named,
    patron_shown,
    served_card,
)
from protocols.api.models.answers import branch_shown, fees_shown, item_shown, loan_shown
from protocols.api.models.desk import (
    AllRenewalsWish,
    CheckedIn,
    CheckedOut,
    CheckinWish,
    CheckoutWish,
    ForPatron,
    HeldFor,
    Next,
    RenewalWish,
    Renewed,
    StackResult,
    StackResults,
    Undone,
    UndoWish,
)
from protocols.api.operation import Request, post
from protocols.api.operations.items import refused_item
from protocols.api.operations.printing import print_what_goes_on
from protocols.api.problems import Outcome, Problem, reasons_of, refused
from protocols.api.unknown import near_items
from protocols.hosting.answering import Context, Lane

#: Moments outside these have no UTC form in every time zone; the loan rules refuse both.
_EARLIEST: Final = datetime(1900, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(9999, 1, 1, tzinfo=UTC)


def identifier_of(
    wish: ForPatron,
    request: Request[Any, Any],
    principal: Principal,
    context: Context,
    right: Right = Right.LEND,
) -> str:
    """What the verbs know the patron by. Raises Problem where the caller may not serve them."""
    if wish.card is not None:
        return served_card(request, wish.card, principal, context, right)
    assert wish.patron is not None
    found = patron_named(request, wish.patron, principal, context, right)
    if found.identifier is None:
        raise Problem(Outcome.CONFLICT, "the patron has no card or other identifier")
    return found.identifier


def lend(
    request: Request[CheckoutWish, None], principal: Principal, context: Context
) -> CheckedOut | Problem:
    """Lends an item to a patron. A loan that costs something needs `accept_fee`; one that has
    happened already needs the right to date back."""
    must_have_here(principal, Right.LEND)
    wish = request.body
    answer = check_out(
        context.act(principal.desk),
        LoanWish(
            identifier_of(wish, request, principal, context),
            wish.item.strip(),
            fee_acknowledged=wish.accept_fee or False,
            overriding=override_of(wish.override, principal),
            no_block=wish.happened is not None,
            happened=moment_said(wish.happened, principal),
            reporting=Reporting(Source.API.value if wish.happened else ""),
        ),
    )
    if isinstance(answer, Refused):
        return refused(answer, principal, request.language)
    if wish.happened is not None:
        try_item(context.act(principal.desk), answer.item.barcode)
    request.about = answer.patron.id
    return lent(answer, request, principal, context)


def lent(
    answer: KnownLoan, request: Request[Any, Any], principal: Principal, context: Context
) -> CheckedOut:
    """A loan that was made, as answers show it."""
    must_admit(answer.patron.id, Right.LEND, request, principal, context)
    may: tuple[Next, ...] = ("undo", "check_in", "renew")
    return CheckedOut(
        item_shown(answer.item),
        patron_shown(answer.patron, context),
        loan_shown(answer.loan),
        answer.may_renew,
        reasons_of(answer.overridden, principal, request.language),
        fees_shown(answer.charged),
        may if answer.may_renew else may[:2],
    )


def take_back(
    request: Request[CheckinWish, None], principal: Principal, context: Context
) -> CheckedIn | Problem:
    """Takes an item back, and says where it goes. `at` and `happened` need the right to date
    back."""
    must_have_here(principal, Right.LEND)
    wish = request.body
    happened = moment_said(wish.happened, principal)
    answer = check_in(
        context.act(principal.desk),
        item=wish.item.strip(),
        returned=moment_said(wish.at, principal),
        off_line=OffLineReturn(happened),
    )
    if isinstance(answer, Refused):
        return refused(answer, principal, request.language)
    if happened is not None:
        try_item(context.act(principal.desk), answer.item.barcode)
    request.about = answer.borrower.patron_id if answer.borrower else None
    return returned(answer, request, principal, context)


def moment_said(at: datetime | None, principal: Principal) -> datetime | None:
    """When something was done, where the caller may say so. Raises Problem."""
    if at is None:
        return None
    must_have_here(principal, Right.BACKDATE)
    return min(max(at, _EARLIEST), _LATEST).astimezone(UTC)


def returned(
    answer: KnownReturn, request: Request[Any, Any], principal: Principal, context: Context
) -> CheckedIn:
    """An item that was handed in, as answers show it. Any desk takes an item back; patrons are
    named to who may see them."""
    names = Names(Right.VIEW_PATRONS, principal, context)
    borrower, held = None, None
    if (known := answer.borrower) is not None:
        note_entrance(known.patron_id, Right.LEND, request, principal, context)
        borrower = names.patron(known.patron_id, known.name, known.identifier)
    if (waiting := answer.held_for) is not None:
        note_entrance(waiting.patron_id, Right.LEND, request, principal, context)
        shown = names.patron(waiting.patron_id, waiting.patron_name, None)
        held = HeldFor(
            str(waiting.hold_id),
            None if shown is None else shown.id,
            None if shown is None else shown.name,
            branch_shown(waiting.pickup_branch),
            waiting.number,
            waiting.deadline,
            waiting.waits_until,
        )
    may: tuple[Next, ...] = ("print",) if held is not None else ()
    may += ("undo",) if answer.was_on_loan else ()
    return CheckedIn(
        item_shown(answer.item),
        answer.destination.name,  # type: ignore[arg-type]
        branch_shown(answer.to_branch),
        answer.was_on_loan,
        answer.was_overdue,
        borrower,
        None if answer.loan is None else loan_shown(answer.loan),
        held,
        fees_shown(answer.charged),
        may + (("open_patron",) if borrower is not None else ()),
        print_what_goes_on(answer, principal, context),
        answer.is_before_loan,
        answer.is_past,
    )


def prolong(
    request: Request[RenewalWish, None], principal: Principal, context: Context
) -> Renewed | Problem:
    """Renews the loan of an item, for whoever has it."""
    must_have_here(principal, Right.LEND)
    act, wish = context.act(principal.desk), request.body
    borrower = borrower_of(act, wish.item.strip())
    if isinstance(borrower, Refused):
        return refused(borrower, principal, request.language)
    if refused_item(request, wish.item.strip(), principal, context, Right.LEND) is not None:
        raise Problem(Outcome.RIGHT_MISSING, right=Right.LEND)
    answer = renew(
        act,
        LongerLoan(
            borrower,
            wish.item.strip(),
            fee_acknowledged=wish.accept_fee or False,
            seen=wish.seen,
            overriding=override_of(wish.override, principal),
        ),
    )
    if isinstance(answer, Refused):
        return refused(answer, principal, request.language)
    request.about = answer.patron.id
    return prolonged(answer, request, principal, context)


def prolonged(
    answer: KnownRenewal, request: Request[Any, Any], principal: Principal, context: Context
) -> Renewed:
    """A loan that was renewed, as answers show it. A guest is not named."""
    home = answer.item.home_branch
    admitted = must_admit(
        answer.patron.id,
        Right.LEND,
        request,
        principal,
        context,
        ours=(Spot(home.agency_id, home.id),),
    )
    may: tuple[Next, ...] = ("check_in", "renew")
    return Renewed(
        item_shown(answer.item),
        patron_shown(answer.patron, context) if admitted.is_named else None,
        loan_shown(answer.loan),
        answer.previous_due,
        answer.may_renew,
        reasons_of(answer.overridden, principal, request.language),
        fees_shown(answer.charged),
        may if answer.may_renew else may[:1],
    )


def prolong_all(
    request: Request[AllRenewalsWish, None], principal: Principal, context: Context
) -> StackResults | Problem:
    """Renews what can be renewed of a patron's loans, the items not being at hand."""
    must_have_here(principal, Right.LEND)
    answer = renew_all(
        context.act(principal.desk),
        patron=identifier_of(request.body, request, principal, context),
        fee_acknowledged=request.body.accept_fee or False,
    )
    if isinstance(answer, Refused):
        return refused(answer, principal, request.language)
    request.about = answer.patron.id
    return all_prolonged(answer, request, principal, context)


def all_prolonged(
    answer: RenewedAll, request: Request[Any, Any], principal: Principal, context: Context
) -> StackResults:
    """The loans that were renewed, and those that were not."""
    done = [
        StackResult(each.item.barcode, renewed=prolonged(each, request, principal, context))
        for each in answer.renewed
    ]
    not_done = [
        StackResult(
            each.item.barcode if each.item else "",
            reasons=reasons_of(each.refusals, principal, request.language),
        )
        for each in answer.refused
    ]
    return together(done + not_done)


def undo(
    request: Request[UndoWish, None], principal: Principal, context: Context
) -> Undone | Problem:
    """Takes back what this desk did last with an item, within a quarter of an hour."""
    must_have_here(principal, Right.LEND)
    act, item = context.act(principal.desk), request.body.item.strip()
    if refused_item(request, item, principal, context, Right.LEND) is not None:
        raise Problem(Outcome.RIGHT_MISSING, right=Right.LEND)
    done, answer = "check_out", cancel_check_out(act, item=item)
    if isinstance(answer, Refused):
        done, again = "check_in", cancel_check_in(act, item=item)
        if isinstance(again, Refused):
            return refused(answer, principal, request.language)
        answer = again
    borrower, shown = answer.borrower, None
    if borrower is not None:
        note_entrance(borrower.patron_id, Right.LEND, request, principal, context)
        names = Names(Right.VIEW_PATRONS, principal, context)
        shown = names.patron(borrower.patron_id, borrower.name, borrower.identifier)
    return Undone(
        done,  # type: ignore[arg-type]
        item_shown(answer.item),
        None if answer.loan is None else loan_shown(answer.loan),
        shown,
    )


def not_done(
    barcode: str, answer: Refused, principal: Principal, context: Context, language: str
) -> StackResult:
    """Why nothing became of an item of a stack, and what may have been meant."""
    near: tuple[str, ...] = ()
    if Reason.ITEM_UNKNOWN in answer.reasons:
        near = tuple(near_items(context.transaction, barcode))
    reasons = reasons_of(answer.refusals, principal, language)
    return StackResult(barcode, reasons=reasons, near=near)


def together(results: list[StackResult]) -> StackResults:
    """What became of a stack, with how many were done and refused."""
    not_done = sum(bool(each.reasons) for each in results)
    return StackResults(len(results) - not_done, not_done, tuple(results))


#: What the rules may say of a loan.
RULES: Final = (Outcome.REFUSED, Outcome.NOT_FOUND, Outcome.CONFLICT)

OPERATIONS: Final = (
    post(
        "/checkouts",
        "Lend an item",
        lend,
        CheckedOut,
        body=CheckoutWish,
        tag="desk",
        right=Right.LEND,
        outcomes=RULES,
    ),
    post(
        "/checkins",
        "Take an item back",
        take_back,
        CheckedIn,
        body=CheckinWish,
        tag="desk",
        right=Right.LEND,
        outcomes=RULES[:1],
    ),
    post(
        "/renewals",
        "Renew a loan",
        prolong,
        Renewed,
        body=RenewalWish,
        tag="desk",
        right=Right.LEND,
        outcomes=RULES[:1],
    ),
    post(
        "/renewals/all",
        "Renew all loans of a patron",
        prolong_all,
        StackResults,
        body=AllRenewalsWish,
        tag="desk",
        right=Right.LEND,
        lane=Lane.WRITE,
        outcomes=RULES,
    ),
    post(
        "/undo",
        "Take back what this desk did last with an item",
        undo,
        Undone,
        body=UndoWish,
        tag="desk",
        right=Right.LEND,
        outcomes=RULES[:1],
    ),
)
