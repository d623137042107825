"""What a partner may know of people, items and requests and do with them, and on what grounds.

A partner is another agency. It may know and change nothing of a person unless one of these holds:

* the person's PIN is in the message, and is right;
* the person is of the partner's own agency: the partner's name is the ISIL of the home agency;
* the agreement with the partner names that agency (`Partner.serves`);
* the person is one of the institutions of the partner, which borrow through it.

Items belong to agencies likewise. A partner may deal with what it has brought, or was lent through
its own requests. `protocols.ncip.handling.authority` says which service demands what.
"""

from __future__ import annotations

from typing import Any

from catalogue.items import find_item
from circulation.interlending.rows import InterlibraryLoan, loan_of_barcode, loan_of_request
from circulation.interlending.states import Role
from circulation.items.availability import circulation_status
from circulation.kernel.results import Borrower
from circulation.patrons.identifiers import IDENTIFIERS, find_patron
from circulation.patrons.kinds import PatronKind
from circulation.patrons.registering import home_of, home_of_known
from protocols.hosting.answering import Context
from protocols.ncip.messages import Problem
from protocols.ncip.settings import Partner
from protocols.ncip.subjects.users import named_user


def is_agreed(identifier: str, caller: Partner, context: Context) -> bool:
    """May the partner see and serve whoever has this identifier without a PIN? An institution of
    the partner counts even before it is registered; an unknown identifier does not, unless every
    agency is agreed.
    """
    if caller.serves_all:
        return True
    stored = IDENTIFIERS.of(context.circulation).stored(identifier)
    home = home_of_known(context.transaction, stored)
    if home is None:
        return caller.is_institution(identifier)
    return _is_home_agreed(*home, caller, context, identifier)


def is_patron_agreed(
    patron_id: int, caller: Partner, context: Context, identifier: str | None = None
) -> bool:
    """The same for the patron with this id, who goes by `identifier` if that is given."""
    if caller.serves_all:
        return True
    home = home_of(context.transaction, patron_id)
    return home is not None and _is_home_agreed(*home, caller, context, identifier)


def _is_home_agreed(
    branch_id: int, kind: PatronKind, caller: Partner, context: Context, identifier: str | None
) -> bool:
    if caller.serves_agency(agency_of_branch(branch_id, context)):
        return True
    return (
        identifier is not None and kind is PatronKind.LIBRARY and caller.is_institution(identifier)
    )


def may_name(patron_id: int, identifier: str, caller: Partner, context: Context) -> bool:
    """May an answer about an item name its borrower, or who is waiting for it?"""
    return caller.sees_borrowers and is_patron_agreed(patron_id, caller, context, identifier)


def borrower_told(borrower: Borrower | None, caller: Partner, context: Context) -> str | None:
    """The card of whoever has, or had, an item, if the answer may name them."""
    if borrower is None or borrower.identifier is None:
        return None
    is_told = may_name(borrower.patron_id, borrower.identifier, caller, context)
    return borrower.identifier if is_told else None


def may_be_told_of(request: Any, identifier: str, caller: Partner, context: Context) -> bool:
    """May the answer tell of the user with this identifier, by agreement or by a PIN?

    A PIN in a request was checked before the request was carried out.
    """
    if is_agreed(identifier, caller, context):
        return True
    if not getattr(request, "authentication_input", ()):
        return False
    user = named_user(request)
    if isinstance(user, Problem) or user.pin is None:
        return False
    key, transaction = IDENTIFIERS.of(context.circulation), context.transaction
    typed = find_patron(transaction, user.identifier, key=key)
    return typed is not None and typed == find_patron(transaction, identifier, key=key)


def agency_of_branch(branch_id: int, context: Context) -> str:
    """The ISIL of the branch's agency."""
    set_up = context.circulation.set_up_at_hand(context.transaction)
    return set_up.branches[branch_id].agency_isil


def serves_some(caller: Partner, context: Context) -> bool:
    """Is there an agency here whose users the partner may see and serve without a PIN?"""
    set_up = context.circulation.set_up_at_hand(context.transaction)
    return any(caller.serves_agency(each.agency_isil) for each in set_up.branches.values())


def serves_here(caller: Partner, context: Context) -> bool:
    """May the partner serve the agency of the branch that does its work?"""
    set_up = context.circulation.set_up_at_hand(context.transaction)
    branch = set_up.branch_at(caller.branch)
    return branch is not None and caller.serves_agency(branch.agency_isil)


def is_brought_by(barcode: str, caller: Partner, context: Context) -> bool:
    """Is it an item of another library that the partner has brought and that is here?"""
    loan = _open_loan(barcode, caller, context)
    return loan is not None and loan.is_borrowed and loan.item_id is not None


def is_item_agreed(barcode: str, caller: Partner, context: Context) -> bool:
    """May the partner change the item: is its agency agreed, or has the partner brought it?

    An unknown item cannot be changed, but the service has to say so.
    """
    if caller.serves_all:
        return True
    item = find_item(context.transaction, barcode)
    if item is None or caller.serves_agency(agency_of_branch(item.branch_id, context)):
        return True
    return is_brought_by(barcode, caller, context)


def is_loan_agreed(barcode: str, caller: Partner, context: Context) -> bool:
    """May the partner change the loan of the item, whoever has it? It may if it has brought the
    item or the item was lent through it; else both the item's agency and the borrower's must be
    agreed.
    """
    if caller.serves_all or _open_loan(barcode, caller, context) is not None:
        return True
    status = circulation_status(
        context.circulation, context.transaction, item=barcode, now=context.now
    )
    if status is None:
        return True
    borrower = status.borrower
    if borrower is not None and not is_patron_agreed(
        borrower.patron_id, caller, context, borrower.identifier
    ):
        return False
    is_own = borrower is not None and caller.is_institution(borrower.identifier or "")
    return is_own or caller.serves_agency(status.item.home_branch.agency_isil)


def loan_asked_of(
    request_id: str | None, caller: Partner, context: Context
) -> InterlibraryLoan | None:
    """The open loan to us with this name at the partner."""
    if request_id is None:
        return None
    loan = loan_of_request(context.transaction, caller.key, Role.BORROWER, request_id)
    return loan if loan is not None and loan.closed is None else None


def _open_loan(barcode: str, caller: Partner, context: Context) -> InterlibraryLoan | None:
    loan = loan_of_barcode(context.transaction, caller.key, barcode)
    return loan if loan is not None and loan.closed is None else None
