"""What staff have to see to, at the branch where they work."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from circulation.callers.machine_refusals import machine_refusals_at
from circulation.dunning.unwarned import unwarned_debtors
from circulation.kernel.results import LoanMark
from circulation.kernel.rights import Principal, Right
from circulation.loans import work_lists
from circulation.loans.conflicts import (
    branch_of_conflict,
    patron_of_conflict,
    reopen_conflict,
    settle_conflict,
)
from circulation.loans.off_line import Reported
from circulation.loans.waiting import find_waiting, try_one
from circulation.moving.off_line.block_list import barred_cards
from circulation.staff.lookups import Seen
from protocols.api.authority import (
    branch_or_all,
    must_have_here,
    must_work_here,
    note_look,
    number_of,
)
from protocols.api.gate import Names, note_entrance, refused_card
from protocols.api.messages import Reply
from protocols.api.models.answers import Branch, Money, branch_shown
from protocols.api.models.lists import (
    BarredCard,
    BarredCards,
    ClaimsPaging,
    Conflict,
    ConflictPaging,
    Conflicts,
    Late,
    LateTransits,
    ListPaging,
    Missing,
    MissingItems,
    Overdue,
    OverdueLoans,
    SettlingWish,
    TransitPaging,
    TriedAct,
    Unsolved,
    UnsolvedAtMachines,
    Unwarned,
    UnwarnedDebtors,
)
from protocols.api.operation import Operation, Plain, Request, get, post
from protocols.api.paging import (
    LARGEST,
    LARGEST_OF_FEW,
    no_page_ended_there,
    page_of,
    place_in,
    spot_in,
)
from protocols.api.problems import Outcome, Problem, reason_said
from protocols.hosting.answering import Context, Lane

Listing = Request[None, ListPaging]


def _asked(request: Request[None, Any], principal: Principal, largest: int = LARGEST_OF_FEW) -> Any:
    """What a list is asked for: that of the branch where the caller works. Raises Problem."""
    must_have_here(principal, Right.USE_LISTS)
    query = request.query
    return {
        "branch_id": branch_or_all(principal, Right.USE_LISTS),
        "after": place_in(query, largest),
        "limit": query.limit,
    }


def show_overdue(request: Listing, principal: Principal, context: Context) -> Reply:
    """Loans of the branch beyond their due date, the oldest first."""
    asked = _asked(request, principal, LARGEST)
    found = work_lists.overdue_loans(context.transaction, now=context.now, **asked)
    names = Names(Right.USE_LISTS, principal, context)
    lines = tuple(
        Overdue(
            each.barcode,
            each.title,
            each.due,
            each.renewals,
            names.patron(each.patron_id, each.patron_name, None),
            _branch(each.branch_id, context),
            each.checked_out,
            each.co_patron_id is not None,
        )
        for each in found.lines
    )
    note_look(request, principal, context, Seen.LIST, hits=len(found.lines))
    return page_of(request, OverdueLoans(lines), found.next)


def _branch(branch_id: int, context: Context) -> Branch:
    return branch_shown(context.circulation.current_set_up(context.transaction).branches[branch_id])


def show_claims(
    request: Request[None, ClaimsPaging], principal: Principal, context: Context
) -> Reply:
    """Items on loan that are lost or claimed returned: to be searched for."""
    asked, wanted = _asked(request, principal), request.query.mark
    mark = None if wanted is None else LoanMark(wanted)
    found = work_lists.lost_and_claimed(context.transaction, mark=mark, **asked)
    note_look(request, principal, context, Seen.LIST, hits=len(found.lines))
    return page_of(request, _missing(found.lines, principal, context), found.next)


def show_missing(request: Listing, principal: Principal, context: Context) -> Reply:
    """Items that nobody has on loan and nobody can find, the oldest first."""
    found = work_lists.items_missing(context.transaction, **_asked(request, principal))
    note_look(request, principal, context, Seen.LIST, hits=len(found.lines))
    return page_of(request, _missing(found.lines, principal, context), found.next)


def _missing(
    lines: tuple[work_lists.MissingItem, ...], principal: Principal, context: Context
) -> MissingItems:
    names = Names(Right.USE_LISTS, principal, context)
    return MissingItems(
        tuple(
            Missing(
                each.barcode,
                each.title,
                each.since,
                None if each.mark is None else each.mark.value,
                names.patron(each.patron_id, each.patron_name, None),
                _branch(each.branch_id, context),
            )
            for each in lines
        )
    )


def show_transits(
    request: Request[None, TransitPaging], principal: Principal, context: Context
) -> Reply:
    """Items sent to the branch a week ago or more, or so many days, that have not arrived."""
    found = work_lists.transits_overdue(
        context.transaction,
        sent_before=context.now - timedelta(days=request.query.days),
        **_asked(request, principal),
    )
    branches = context.circulation.current_set_up(context.transaction).branches

    def branch(number: int) -> Any:
        return branch_shown(branches[number]) if number in branches else None

    lines = tuple(
        Late(
            each.barcode,
            each.title,
            each.since,
            branch(each.from_branch_id),
            branch(each.to_branch_id),
            each.reason,
        )
        for each in found.lines
    )
    return page_of(request, LateTransits(lines), found.next)


def show_conflicts(
    request: Request[None, ConflictPaging], principal: Principal, context: Context
) -> Reply:
    """Return off-line acts to see to, the oldest first, or those that were done or settled."""
    read = work_lists.settled_acts if request.query.settled else work_lists.no_block_conflicts
    found = read(context.transaction, **_asked(request, principal))
    names = Names(Right.USE_LISTS, principal, context)
    lines = tuple(_off_line_act(each, names, request.language, context) for each in found.lines)
    note_look(request, principal, context, Seen.LIST, hits=len(found.lines))
    return page_of(request, Conflicts(lines), found.next)


def _off_line_act(
    act: work_lists.Conflict, names: Names, language: str, context: Context
) -> Conflict:
    """Return an act as the list shows it. The remark may name the patron, so it is hidden too."""
    patron = names.patron(act.patron_id, act.patron_name, None)
    is_named = act.patron_id is None or patron is not None
    return Conflict(
        str(act.id),
        act.noted,
        act.barcode,
        act.title,
        patron,
        tuple(reason.name for reason in act.reasons),
        tuple(reason_said(reason, language) for reason in act.reasons),
        _branch(act.branch_id, context),
        act.act,
        names.identifier(act.patron_identifier),
        act.happened,
        act.due,
        act.state,  # type: ignore[arg-type]
        act.source,
        act.remark if is_named else None,
        act.amount,
        act.tried,
        act.settled,
    )


def show_unwarned(request: Listing, principal: Principal, context: Context) -> Reply:
    """Debts of the branch's patrons that would block, but no warning has reached anybody: send it
    again where there is an address, or block by hand."""
    asked = _asked(request, principal, LARGEST)
    found = unwarned_debtors(context.transaction, now=context.now, **asked)
    names = Names(Right.USE_LISTS, principal, context)
    lines = tuple(
        Unwarned(
            names.patron(each.patron_id, each.patron_name, None),
            each.agency,
            Money(each.amount, each.currency),
            each.since,
            None if each.notice_id is None else str(each.notice_id),
            each.state,
            each.why,
        )
        for each in found.lines
    )
    note_look(request, principal, context, Seen.LIST, hits=len(lines))
    return page_of(request, UnwarnedDebtors(lines), found.next)


_WHY_BARRED: Final[dict[str, Any]] = {"L": "lost", "B": "barred", "E": "expired"}


def show_barred_cards(request: Listing, principal: Principal, context: Context) -> Reply:
    """Cards that the agency of the branch may not lend to today, for programs that lend while the
    line is down: all that were lost, and those of patrons who are blocked or have expired. They are
    cards of patrons whom the agency serves: its own, and those of agencies in an agreement."""
    must_work_here(principal, context, Right.USE_LISTS)
    limit, (after, *_) = request.query.limit, spot_in(request.query) or ("",)
    if "\0" in after:
        raise no_page_ended_there()
    set_up = context.circulation.current_set_up(context.transaction)
    desk = principal.desk
    agency_id = set_up.branches[desk.branch_id].agency_id
    found = barred_cards(
        context.transaction,
        agency_id=agency_id,
        served=sorted(set_up.agreements.served_at(agency_id)),
        day=set_up.day(context.now, desk.branch_id),
        after=after,
        at_most=limit + 1,
    )
    lines = tuple(BarredCard(each.card, _WHY_BARRED[each.why]) for each in found[:limit])
    note_look(request, principal, context, Seen.LIST, hits=len(lines))
    following = (lines[-1].card,) if len(found) > limit else None
    return page_of(request, BarredCards(lines), following)


def settle(request: Request[SettlingWish, None], principal: Principal, context: Context) -> None:
    """Take an off-line act off the list: staff have dealt with it, and say how."""
    number = _act_in(request, principal, context)
    remark = request.body.reason.strip() or None
    if not settle_conflict(context.act(principal.desk), number, remark):
        raise Problem(Outcome.NOT_FOUND)


def reopen_act(request: Plain, principal: Principal, context: Context) -> None:
    """Undo the settling of an off-line act: it is on the list again."""
    number = _act_in(request, principal, context)
    if not reopen_conflict(context.act(principal.desk), number):
        raise Problem(Outcome.NOT_FOUND)


#: What else than lending staff must be allowed to do, to have an act of another kind done.
_RIGHT_TO_TRY: Final = {Reported.PAYMENT.value: Right.TAKE_FEES}


def try_act_again(request: Plain, principal: Principal, context: Context) -> TriedAct:
    """Try an open off-line act again, as it was reported. What waits for it is tried too. An act
    of a patron whom the caller may not serve stays open."""
    number = _act_in(request, principal, context)
    waiting = find_waiting(context.transaction, act_id=number)
    if waiting is None:
        raise Problem(Outcome.NOT_FOUND)
    right = _RIGHT_TO_TRY.get(waiting.act, Right.LEND)
    must_have_here(principal, right)
    card = waiting.patron_identifier
    refused = refused_card(request, card, principal, context, right) if card else None
    refused = refused or try_one(context.act(principal.desk), number)
    reasons = () if refused is None else refused.reasons
    return TriedAct(
        "done" if refused is None else "open",
        tuple(reason.name for reason in reasons),
        tuple(reason_said(reason, request.language) for reason in reasons),
    )


def _act_in(request: Request[Any, None], principal: Principal, context: Context) -> int:
    """Return the number of the off-line act in the path, and note the look at its patron.

    Raises Problem where the caller may not see to it.
    """
    must_have_here(principal, Right.USE_LISTS)
    number = number_of(request.path["conflict"], None, LARGEST_OF_FEW)
    branches = context.circulation.current_set_up(context.transaction).branches
    branch = branches.get(branch_of_conflict(context.transaction, conflict_id=number) or 0)
    if branch is None or not principal.may(Right.USE_LISTS, branch.agency_id, branch.id):
        raise Problem(Outcome.NOT_FOUND)
    patron_id = patron_of_conflict(context.transaction, conflict_id=number)
    if patron_id is not None:
        note_entrance(patron_id, Right.LEND, request, principal, context)
    return number


def show_machines(request: Plain, principal: Principal, context: Context) -> UnsolvedAtMachines:
    """What machines of the branch refused to patrons within half an hour, the newest first."""
    must_have_here(principal, Right.VIEW_PATRONS)
    found = machine_refusals_at(context.transaction, principal.branch_id, context.now)
    names = Names(Right.VIEW_PATRONS, principal, context)
    note_look(request, principal, context, Seen.LIST, hits=len(found))
    return UnsolvedAtMachines(
        tuple(
            Unsolved(
                str(each.id),
                each.at,
                each.machine,
                each.barcode,
                each.title,
                names.patron(each.patron_id, each.patron_name, None),
                tuple(reason.name for reason in each.reasons),
                tuple(reason_said(reason, request.language) for reason in each.reasons),
            )
            for each in found
        )
    )


def a_list(
    name: str, summary: str, handler: Any, answer: Any, query: Any = ListPaging
) -> Operation:
    """A list of the branch where the caller works."""
    return get(
        f"/lists/{name}",
        summary,
        handler,
        answer,
        query=query,
        tag="lists",
        right=Right.USE_LISTS,
        lane=Lane.WIDE_READ,
    )


OPERATIONS: Final[tuple[Operation, ...]] = (
    a_list("overdue", "Overdue loans", show_overdue, OverdueLoans),
    a_list("claims", "Lost, or claimed returned", show_claims, MissingItems, ClaimsPaging),
    a_list("missing", "Not to be found", show_missing, MissingItems),
    a_list("transits", "Not arrived", show_transits, LateTransits, TransitPaging),
    a_list("unwarned", "Debts without a warning", show_unwarned, UnwarnedDebtors),
    a_list("barred-cards", "Cards not to be lent to off line", show_barred_cards, BarredCards),
    a_list("conflicts", "Off-line acts to see to", show_conflicts, Conflicts, ConflictPaging),
    post(
        "/lists/conflicts/{conflict}/settle",
        "Settle an off-line act",
        settle,
        None,
        body=SettlingWish,
        status=204,
        tag="lists",
        right=Right.USE_LISTS,
    ),
    post(
        "/lists/conflicts/{conflict}/reopen",
        "Undo the settling of an off-line act",
        reopen_act,
        None,
        status=204,
        tag="lists",
        right=Right.USE_LISTS,
    ),
    post(
        "/lists/conflicts/{conflict}/try",
        "Try an off-line act again",
        try_act_again,
        TriedAct,
        tag="lists",
        right=Right.USE_LISTS,
    ),
    get(
        "/lists/machines",
        "What machines could not solve",
        show_machines,
        UnsolvedAtMachines,
        tag="lists",
        right=Right.VIEW_PATRONS,
        lane=Lane.WIDE_READ,
    ),
)
