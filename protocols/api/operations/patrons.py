"""A patron's loans, and who has looked at them."""

from __future__ import annotations

from typing import Final

from circulation.accounts.loans import LoanPage, patron_loans
from circulation.kernel.paging import START, Place
from circulation.kernel.results import Refused
from circulation.kernel.rights import Kind, Principal, Right
from circulation.patrons.identifiers import (
    PatronPlace,
)
from circulation.staff.lookups import NEWEST, Seen, lookups_of_patron
from protocols.api.authority import note_look
from protocols.api.gate import Names, patron_named
from protocols.api.messages import Reply
from protocols.api.models.common import Paging
from protocols.api.models.patrons import LoanPaging, LookUp, LookUps, PatronLoans
from protocols.api.operation import Operation, Request, get
from protocols.api.operations.screen import OF_PATRON, known_by, loan_line, the_patron
from protocols.api.paging import (
    LARGEST,
    no_page_ended_there,
    number_in,
    page_of,
    place_at,
    read_word,
)
from protocols.api.problems import Outcome, Problem, refused
from protocols.hosting.answering import Context


def list_loans(
    request: Request[None, LoanPaging], principal: Principal, context: Context
) -> Reply | Problem:
    """A patron's open loans by due date."""
    return loans_of_patron(the_patron(request, principal, context), request, principal, context)


def loans_of_patron(
    place: PatronPlace,
    request: Request[None, LoanPaging],
    principal: Principal,
    context: Context,
) -> Reply | Problem:
    query = request.query
    after, is_onward = _loan_place_in(query)
    found = patron_loans(
        context.act(principal.desk),
        patron=known_by(place),
        page=LoanPage(query.overdue, 1, query.limit + 1, after, is_onward),
    )
    if isinstance(found, Refused):
        return refused(found, principal, request.language)
    note_look(request, principal, context, Seen.LOANS, patron_id=place.id)
    is_own = principal.kind is Kind.PATRON
    names = Names(Right.VIEW_PATRONS, principal, context, is_own_account=is_own)
    lines = found.loans[: query.limit]
    page = PatronLoans(found.total, tuple(loan_line(each, names) for each in lines))
    following = None
    if len(found.loans) > query.limit:
        last = lines[-1]
        following = (last.loan.due, last.loan.id, last.lent_onward_by is not None)
    return page_of(request, page, following)


def _loan_place_in(query: LoanPaging) -> tuple[Place, bool]:
    """Behind which loan the page begins, and whether that was lent onward. Raises Problem."""
    if query.cursor is None:
        return START, False
    try:
        due, number, is_onward = read_word(query.cursor)
    except (ValueError, TypeError):
        raise no_page_ended_there() from None
    return place_at(due, number, LARGEST), bool(is_onward)


def list_lookups(request: Request[None, Paging], principal: Principal, context: Context) -> Reply:
    """Who has looked at a patron, the newest first."""
    place = patron_named(request, request.path["patron"], principal, context, Right.VIEW_LOOKUPS)
    note_look(request, principal, context, Seen.LOOKUPS, patron_id=place.id)
    before = number_in(request.query, LARGEST) or NEWEST
    found = lookups_of_patron(context.transaction, patron_id=place.id, before=before)
    lines = found[: request.query.limit]
    page = LookUps(
        tuple(
            LookUp(each.at, each.actor_kind, each.actor, each.device, each.what, each.context)
            for each in lines
        )
    )
    return page_of(request, page, lines[-1].id if len(lines) < len(found) else None)


OPERATIONS: Final[tuple[Operation, ...]] = (
    get(
        f"{OF_PATRON}/loans",
        "A patron's loans",
        list_loans,
        PatronLoans,
        query=LoanPaging,
        tag="patrons",
        right=Right.VIEW_PATRONS,
        outcomes=(Outcome.REFUSED, Outcome.CONFLICT),
    ),
    get(
        f"{OF_PATRON}/lookups",
        "Who has looked at a patron",
        list_lookups,
        LookUps,
        query=Paging,
        tag="patrons",
        right=Right.VIEW_LOOKUPS,
    ),
)
