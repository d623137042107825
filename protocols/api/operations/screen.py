"""A patron's first screen, and what it has in common with other looks at a patron."""

from __future__ import annotations

from datetime import date
from hashlib import blake2b
from typing import Any, Final

from circulation.accounts.loans import PatronLoan as KnownLine
from circulation.accounts.status import patron_status_and_loans
from circulation.kernel.results import Borrower, PatronStatus, Refused
from circulation.kernel.rights import Kind, Principal, Right
from circulation.ledger.balances import balances_of
from circulation.ledger.money import Balance
from circulation.loans.privacy import history_days_of_agency
from circulation.patrons.changes import PatronFields, patron_fields
from circulation.patrons.consents import consents_of
from circulation.patrons.guardians import decides_who_sees, guardians_of, wards_of
from circulation.patrons.identifiers import PatronPlace, identifiers_of
from circulation.staff.lookups import Seen
from protocols.api.authority import COVER, note_look, today_here
from protocols.api.gate import (
    Names,
    ground_for,
    id_shown,
    patron_named,
    payment_ground_for,
    sees_addresses,
)
from protocols.api.messages import Reply
from protocols.api.models.answers import Money, Patron, branch_shown, item_shown, loan_shown
from protocols.api.models.screen import (
    Block,
    Counts,
    Details,
    Identifier,
    Owed,
    PatronLoan,
    PatronNext,
    PatronScreen,
    Related,
)
from protocols.api.operation import Operation, Plain, Request, get
from protocols.api.problems import Outcome, Problem, refused
from protocols.hosting.answering import Context

OF_PATRON: Final = "/patrons/{patron}"

#: Loans on the first screen.
_FIRST_PAGE: Final = 20


def the_patron(request: Request[Any, Any], principal: Principal, context: Context) -> PatronPlace:
    """The patron of the path, whom the caller may see."""
    found = patron_named(request, request.path["patron"], principal, context, Right.VIEW_PATRONS)
    request.about = found.id
    return found


def known_by(place: PatronPlace) -> str:
    """What the verbs know the patron by. Raises Problem where there is nothing."""
    if place.identifier is None:
        raise Problem(Outcome.CONFLICT, "the patron has no card or other identifier")
    return place.identifier


def show_patron(request: Plain, principal: Principal, context: Context) -> Reply | Problem:
    """Everything of a patron's first screen in one answer: details, blocks, counts, what is owed,
    and the first page of the loans. The ETag is for changing the details."""
    return screen(the_patron(request, principal, context), request, principal, context)


def screen(
    place: PatronPlace, request: Request[Any, Any], principal: Principal, context: Context
) -> Reply | Problem:
    """The first screen of a patron who was found."""
    transaction = context.transaction
    found = patron_status_and_loans(
        context.act(principal.desk), patron=known_by(place), limit=_FIRST_PAGE
    )
    if isinstance(found, Refused):
        return refused(found, principal, request.language)
    status, listed = found
    id_of = id_shown(context)
    is_own = principal.kind is Kind.PATRON
    names = Names(Right.VIEW_PATRONS, principal, context, is_own_account=is_own)
    fields = patron_fields(transaction, patron_id=place.id)
    assert fields is not None
    note_look(request, principal, context, Seen.OPENED, patron_id=place.id)
    sees = sees_addresses(place.id, principal, context)
    guardians, wards = (
        guardians_of(transaction, patron_id=place.id),
        wards_of(transaction, guardian_id=place.id),
    )
    shown = PatronScreen(
        id=id_of(place.id),
        card=status.patron.card,
        details=_details(status, fields, sees),
        is_expired=status.is_expired,
        blocks=tuple(
            Block(each.reason.name, each.since, each.message, each.agency_isil, each.ends)
            for each in status.blocks
        ),
        denied=tuple(sorted(each.name.lower() for each in status.denied)),
        counts=Counts(
            status.loans,
            status.overdue,
            status.recalled,
            status.holds,
            status.holds_ready,
            status.max_loans,
        ),
        owed=owed_of(balances_of(transaction, place.id), context) if status.has_account else (),
        identifiers=_identifiers(place.id, sees, context),
        guardians=tuple(
            Related(id_of(each.patron_id), each.name, each.sees_account) for each in guardians
        ),
        wards=tuple(Related(id_of(each.patron_id), each.name, each.sees_account) for each in wards),
        consents={each.value: given for each, given in consents_of(transaction, place.id).items()},
        loans=tuple(loan_line(each, names) for each in listed.loans),
        may=_may(status, place, principal, context)
        + _may_decide(fields, principal, today_here(principal, context)),
        history_days=history_days_of_agency(transaction, place.agency_id),
    )
    return Reply(shown, headers=(("ETag", etag(fields)),))


def _identifiers(patron_id: int, with_addresses: bool, context: Context) -> tuple[Identifier, ...]:
    """As they may be shown: an e-mail address is one, too."""
    return tuple(
        Identifier(
            COVER if each.kind == "email" and not with_addresses else each.shown,
            each.kind,
            None if each.blocked is None else each.blocked.value,
            each.expires,
            each.added,
        )
        for each in identifiers_of(context.transaction, patron_id=patron_id)
    )


def _details(status: PatronStatus, fields: PatronFields, with_addresses: bool) -> Details:
    return Details(
        status.patron.name,
        status.given_name,
        status.family_name,
        status.birth_date,
        status.patron.language,
        status.patron.category,
        fields.email if with_addresses else "",
        fields.phone if with_addresses else "",
        status.expires,
        fields.municipality,
        branch_shown(status.home_branch),
        status.note,
        status.has_pin,
        status.is_protected,
    )


def _may(
    status: PatronStatus, place: PatronPlace, principal: Principal, context: Context
) -> tuple[PatronNext, ...]:
    denied = {each.name for each in status.denied}
    lends_here = principal.may(Right.LEND, principal.agency_id, principal.branch_id)
    pays = payment_ground_for(place, principal, context) is not None
    serves = ground_for(place, Right.LEND, principal, context) is not None
    there = place.agency_id, place.home_branch_id
    can: tuple[tuple[PatronNext, bool], ...] = (
        ("lend", lends_here and serves and "CHECK_OUT" not in denied),
        ("renew_all", serves and status.loans > 0),
        ("hold", serves and "HOLD" not in denied),
        ("pay", pays and status.has_account),
        ("edit", principal.may(Right.EDIT_PATRONS, *there)),
        ("block", principal.may(Right.EDIT_PATRONS, *there)),
        ("unblock", principal.may(Right.EDIT_PATRONS, *there) and bool(status.blocks)),
        ("history", principal.may(Right.VIEW_HISTORY, *there)),
    )
    return tuple(name for name, holds in can if holds)


def _may_decide(fields: PatronFields, principal: Principal, today: date) -> tuple[PatronNext, ...]:
    is_own = principal.kind is Kind.PATRON
    return ("decide_who_sees",) if is_own and decides_who_sees(fields.birth_date, today) else ()


def etag(fields: object) -> str:
    """What the details are now, in a word."""
    return f'"{blake2b(repr(fields).encode(), digest_size=12).hexdigest()}"'


def owed_of(balances: tuple[Balance, ...], context: Context) -> tuple[Owed, ...]:
    """What is owed to each agency."""
    set_up = context.circulation.set_up_at_hand(context.transaction)
    return tuple(
        Owed(
            set_up.agency_isil(each.agency_id),
            set_up.agency_name(each.agency_id),
            Money(each.fees, each.currency),
            Money(each.compensations, each.currency),
        )
        for each in balances
    )


def loan_line(line: KnownLine, names: Names) -> PatronLoan:
    def person(borrower: Borrower | None) -> Patron | None:
        if borrower is None:
            return None
        return names.patron(borrower.patron_id, borrower.name, borrower.identifier)

    return PatronLoan(
        item_shown(line.item),
        loan_shown(line.loan),
        line.is_overdue,
        line.is_recalled,
        person(line.lent_onward_to),
        person(line.lent_onward_by),
        None if line.mark is None else line.mark.value,
    )


OPERATIONS: Final[tuple[Operation, ...]] = (
    get(
        OF_PATRON,
        "A patron's first screen",
        show_patron,
        PatronScreen,
        tag="patrons",
        right=Right.VIEW_PATRONS,
        outcomes=(Outcome.REFUSED, Outcome.CONFLICT),
    ),
)
