"""Lending to another library: the request, and what the borrower says of it.

The loan itself is a loan like any other, to the institutional patron of the partner; what happens
to it is seen to by `following`.
"""

from __future__ import annotations

from typing import Any

from circulation.holds.results import Hold
from circulation.interlending.rows import (
    InterlibraryLoan,
    advance,
    begun,
    insert_loan,
    loan_of_item,
    loan_of_request,
)
from circulation.interlending.states import LendingAction, LendingState, Role
from circulation.items.facts import item_facts, lock_item
from circulation.kernel.act import Act
from circulation.loans.facts import OPEN_LOAN
from circulation.patrons.facts import patron_facts
from circulation.patrons.identifiers import IDENTIFIERS, told_as


def request_lending(
    act: Act, *, partner: str, actor: str, request_id: str, user: str, hold: Hold
) -> InterlibraryLoan:
    """The partner wants to borrow what this hold was placed on, for its institutional patron.

    `partner` is a folded agency, `actor` the name its own acts go by, `user` the identifier of the
    institutional patron, who is known. What was requested before is not begun again.
    """
    transaction = act.transaction
    known = loan_of_request(transaction, partner, Role.LENDER, request_id)
    if known is not None and known.closed is None:
        return known
    loan = _new(act, partner, actor, request_id, user)._replace(
        record_id=hold.record_id,
        barcode=hold.item or "",
        title=hold.title,
        author=hold.author,
        branch_id=hold.pickup_branch.id,
        hold_id=hold.id,
    )
    insert_loan(transaction, loan)
    return loan


def lent_to_partner(
    act: Act, *, partner: str, actor: str, request_id: str, user: str, item: str
) -> InterlibraryLoan | None:
    """The partner has checked an item out to its institutional patron, asked for before or not.

    Brokers that look for copies by themselves send no request. `item` is the barcode; None where
    it is not on loan. Without a `request_id` the loan is called after its own.
    """
    transaction = act.transaction
    lock_item(transaction, barcode=item)
    lent = item_facts(transaction, barcode=item)
    on_loan = None if lent is None else OPEN_LOAN.of(lent)
    if lent is None or on_loan is None:
        return None
    known = loan_of_item(transaction, item_id=lent.id)
    if known is not None:
        return known
    request_id = request_id or str(on_loan.id)
    asked = loan_of_request(transaction, partner, Role.LENDER, request_id)
    facts: dict[str, Any] = {
        "item_id": lent.id,
        "barcode": lent.barcode,
        "record_id": lent.record_id,
        "title": lent.title,
        "author": lent.author,
        "loan_id": on_loan.id,
        "due": on_loan.due,
    }
    if asked is not None and asked.closed is None:
        new = advance(act, asked, LendingAction.LEND, **facts)
        if isinstance(new, InterlibraryLoan):
            return new
    loan = _new(act, partner, actor, request_id, user)._replace(
        state_name=LendingState.LENT.value, **facts
    )
    insert_loan(transaction, loan)
    return loan


def _new(act: Act, partner: str, actor: str, request_id: str, user: str) -> InterlibraryLoan:
    transaction, known_by = act.transaction, IDENTIFIERS.of(act.circulation).stored(user)
    borrower = patron_facts(transaction, identifier=known_by, now=act.now)
    return begun(
        act,
        partner=partner,
        actor=actor,
        request_id=request_id,
        role=Role.LENDER.value,
        state_name=LendingState.REQUESTED.value,
        patron_id=borrower.id if borrower else None,
        user=told_as(transaction, borrower.id, user) if borrower else user,
        made_here=False,
    )
