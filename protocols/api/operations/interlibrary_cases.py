"""What patrons want from other libraries: who would be asked and why, what is under way, and what
somebody decides about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from catalogue.records import fetch_records
from circulation.interlending.borrowing import cancel_wish
from circulation.interlending.cases import (
    MOST_LISTED,
    Case,
    attempts_of,
    case_of_title,
    cases_of_branches,
    cases_of_patron,
)
from circulation.interlending.exchanges import exchanges_of_request
from circulation.interlending.offers import accept_offer, decline_offer
from circulation.interlending.ranking import Availability
from circulation.interlending.rota import Sought, ask_another, ranked_for
from circulation.interlending.rows import InterlibraryLoan as Known
from circulation.interlending.states import Obstacle
from circulation.kernel.act import Act
from circulation.kernel.rights import Principal, Right
from circulation.patrons.changes import patron_fields
from circulation.staff.lookups import Seen
from protocols.api.authority import must_work_here, note_look, number_of
from protocols.api.gate import Names, patron_named
from protocols.api.models.interlibrary import InterlibraryLoan
from protocols.api.models.interlibrary_cases import (
    InterlibraryCase,
    InterlibraryCases,
    SupplierQuery,
    Suppliers,
    case_shown,
    suppliers_shown,
)
from protocols.api.models.operating import LoanExchanges, exchange_shown
from protocols.api.operation import Operation, Plain, Request, get, post
from protocols.api.operations.interlibrary import branches_of, loan_meant, loan_shown
from protocols.api.problems import Outcome, Problem
from protocols.hosting.answering import Context, Lane

_LOAN: Final = "/interlibrary-loans/{loan}"


def rank_suppliers(
    request: Request[None, SupplierQuery], principal: Principal, context: Context
) -> Suppliers:
    """Which library would be asked first for a title, and why; nobody is asked. What catalogues
    have said of it is that of the last wish for this title under way."""
    wanted = request.query
    if wanted.patron is None:
        must_work_here(principal, context, Right.LEND)
        sought = Sought(principal.branch_id, "")
    else:
        place = patron_named(request, wanted.patron, principal, context, Right.LEND)
        request.about = place.id
        fields = patron_fields(context.transaction, patron_id=place.id)
        sought = Sought(place.home_branch_id, fields.category if fields else "")
    known = case_of_title(context.transaction, title=_title(wanted, context))
    seen = {} if known is None else _seen(known.ranked)
    found = ranked_for(context.act(), sought, seen=seen)
    return Suppliers(suppliers_shown(each.shown() for each in found))


def _title(wanted: SupplierQuery, context: Context) -> str:
    if wanted.record is None:
        return " ".join(wanted.title.split())
    found = fetch_records(context.transaction, [number_of(wanted.record, "record")])
    return found[0].title if found else ""


def _seen(ranked: list[dict[str, object]]) -> dict[str, Availability]:
    return {str(each["partner"]): Availability(each["availability"]) for each in ranked}


def list_interlibrary_cases(
    request: Plain, principal: Principal, context: Context
) -> InterlibraryCases:
    """What patrons of the caller's branches want from other libraries, and who was asked for it."""
    branches = branches_of(principal, context)
    shown = cases_of_branches(context.transaction, branch_ids=branches, at_most=MOST_LISTED)
    hits = sum(1 for each in shown if each.patron_id is not None)
    note_look(request, principal, context, Seen.LIST, hits=hits)
    return InterlibraryCases(tuple(_shown(each, principal, context) for each in shown))


def list_patron_wishes(request: Plain, principal: Principal, context: Context) -> InterlibraryCases:
    """What a patron wants from other libraries, and who was asked for it."""
    place = patron_named(request, request.path["patron"], principal, context, Right.VIEW_PATRONS)
    request.about = place.id
    found = cases_of_patron(context.transaction, patron_id=place.id)
    return InterlibraryCases(tuple(_shown(each, principal, context) for each in found))


def _shown(case: Case, principal: Principal, context: Context) -> InterlibraryCase:
    transaction, patron = context.transaction, None
    shown = Names((Right.LEND, Right.VIEW_PATRONS), principal, context).id_of(case.patron_id)
    branches = context.circulation.current_set_up(transaction).branches
    if case.patron_id is not None and shown is not None:
        fields = patron_fields(transaction, patron_id=case.patron_id)
        name = "" if fields is None else fields.name
        patron = shown, name
    its = attempts_of(transaction, case_id=case.id)
    loans = [loan_shown(each, principal, context) for each in its]
    return case_shown(case, branches[case.branch_id].isil, patron, loans)


def list_loan_exchanges(request: Plain, principal: Principal, context: Context) -> LoanExchanges:
    """What was exchanged with the other library about a loan, without what was said in it."""
    _, loan = loan_meant(request, principal, context)
    request.about = loan.patron_id
    found = exchanges_of_request(context.transaction, loan.request_id)
    return LoanExchanges(
        tuple(exchange_shown(each) for each in found if each.partner == loan.partner)
    )


def accept_terms(request: Plain, principal: Principal, context: Context) -> InterlibraryLoan:
    """What another library offers is accepted: it is asked once more, on its terms."""
    return _decided(accept_offer, request, principal, context)


def decline_terms(request: Plain, principal: Principal, context: Context) -> InterlibraryLoan:
    """What another library offers is not accepted: it is told, and the next is asked."""
    return _decided(decline_offer, request, principal, context)


def ask_next_library(request: Plain, principal: Principal, context: Context) -> InterlibraryLoan:
    """The library that was asked is waited for no longer: it is told, and the next is asked, whose
    loan the answer is."""
    return _decided(ask_another, request, principal, context)


def cancel_request(request: Plain, principal: Principal, context: Context) -> InterlibraryLoan:
    """Nobody wants it any more: the library that was asked is told, and no other is."""
    return _decided(cancel_wish, request, principal, context)


def _decided(
    decide: Callable[[Act, Known], Known | Obstacle],
    request: Plain,
    principal: Principal,
    context: Context,
) -> InterlibraryLoan:
    act, loan = loan_meant(request, principal, context)
    request.about = loan.patron_id
    if not loan.is_borrowed:
        raise Problem(Outcome.CONFLICT, "this was not borrowed from another library")
    outcome = decide(act, loan)
    if isinstance(outcome, Obstacle):
        raise Problem(Outcome.CONFLICT, outcome.value)
    return loan_shown(outcome, principal, context)


OPERATIONS: Final[tuple[Operation, ...]] = (
    get(
        "/interlibrary-loans/suppliers",
        "Which library would be asked, and why",
        rank_suppliers,
        Suppliers,
        query=SupplierQuery,
        tag="interlibrary",
        right=Right.LEND,
        lane=Lane.WIDE_READ,
    ),
    get(
        "/interlibrary-loans/cases",
        "What patrons want from other libraries",
        list_interlibrary_cases,
        InterlibraryCases,
        tag="interlibrary",
        right=Right.LEND,
        lane=Lane.WIDE_READ,
    ),
    get(
        "/patrons/{patron}/wishes",
        "What a patron wants from other libraries",
        list_patron_wishes,
        InterlibraryCases,
        tag="patrons",
        right=Right.VIEW_PATRONS,
    ),
    get(
        f"{_LOAN}/exchanges",
        "What was exchanged about a loan",
        list_loan_exchanges,
        LoanExchanges,
        tag="interlibrary",
        right=Right.LEND,
        lane=Lane.WIDE_READ,
    ),
    *(
        post(
            f"{_LOAN}/{path}",
            title,
            function,
            InterlibraryLoan,
            tag="interlibrary",
            right=Right.LEND,
            lane=Lane.WRITE,
            outcomes=(Outcome.CONFLICT,),
        )
        for path, title, function in (
            ("acceptance", "Accept what the other library offers", accept_terms),
            ("decline", "Decline what the other library offers", decline_terms),
            ("next", "Ask the next library", ask_next_library),
            ("cancellation", "Cancel what was asked for", cancel_request),
        )
    ),
)
