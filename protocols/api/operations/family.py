"""Guardians and their children: what a guardian sees and renews of a child's, and whom a child lets
look. Of a child nothing is told to a guardian who may not see the account: there is no such child.
"""

from __future__ import annotations

from typing import Any, Final

from circulation.kernel.rights import Principal
from circulation.patrons.guardians import show_account
from circulation.patrons.identifiers import PatronPlace
from circulation.staff.lookups import Seen
from protocols.api.authority import note_look, today_here
from protocols.api.gate import child_named, own_place, relation_named
from protocols.api.messages import Reply
from protocols.api.models.desk import OwnRenewalsWish, OwnRenewalWish, Renewed, StackResults
from protocols.api.models.holds import HoldPaging, PatronHolds
from protocols.api.models.money import ChargePaging, PatronCharges
from protocols.api.models.patrons import LoanPaging, PatronLoans
from protocols.api.models.screen import PatronScreen
from protocols.api.operation import Caller, Operation, Plain, Request, get, post
from protocols.api.operations.holds import RULES, holds_of
from protocols.api.operations.money import charges_of
from protocols.api.operations.own import all_renewed_for, renewed_for, show_self
from protocols.api.operations.patrons import loans_of_patron
from protocols.api.problems import Outcome, Problem
from protocols.hosting.answering import Context, Lane


def _child(request: Request[Any, Any], principal: Principal, context: Context) -> PatronPlace:
    """The child of the path. Raises Problem where the caller may not look at its account."""
    return child_named(request, request.path["ward"], principal, context)


def list_loans_of_child(
    request: Request[None, LoanPaging], principal: Principal, context: Context
) -> Reply | Problem:
    """A child's loans by due date."""
    return loans_of_patron(_child(request, principal, context), request, principal, context)


def list_holds_of_child(
    request: Request[None, HoldPaging], principal: Principal, context: Context
) -> Reply | Problem:
    """A child's holds with their prospects."""
    place = _child(request, principal, context)
    note_look(request, principal, context, Seen.HOLDS, patron_id=place.id)
    return holds_of(place, request, principal, context)


def list_charges_of_child(
    request: Request[None, ChargePaging], principal: Principal, context: Context
) -> Reply | Problem:
    """What a child owes, and for what."""
    place = _child(request, principal, context)
    note_look(request, principal, context, Seen.CHARGES, patron_id=place.id)
    return charges_of(place, request, principal, context)


def renew_for_child(
    request: Request[OwnRenewalWish, None], principal: Principal, context: Context
) -> Renewed | Problem:
    """Renews a loan of a child's, the item not being at hand."""
    return renewed_for(_child(request, principal, context), request, principal, context)


def renew_all_for_child(
    request: Request[OwnRenewalsWish, None], principal: Principal, context: Context
) -> StackResults | Problem:
    """Renews what can be renewed of a child's loans."""
    return all_renewed_for(_child(request, principal, context), request, principal, context)


def _decided(
    request: Plain, principal: Principal, context: Context, *, sees_account: bool
) -> Reply | Problem:
    place = own_place(request, principal, context)
    meant = relation_named(request.path["guardian"], context)
    today = today_here(principal, context)
    try:
        is_guardian = meant is not None and show_account(
            context.act(principal.desk), place.id, meant, today=today, sees_account=sees_account
        )
    except ValueError as error:
        raise Problem(Outcome.CONFLICT, str(error)) from None
    if not is_guardian:
        raise Problem(Outcome.NOT_FOUND)
    return show_self(request, principal, context)


def let_guardian_see(request: Plain, principal: Principal, context: Context) -> Reply | Problem:
    """Lets a guardian look at loans, holds and charges, from 15 years on."""
    return _decided(request, principal, context, sees_account=True)


def hide_from_guardian(request: Plain, principal: Principal, context: Context) -> Reply | Problem:
    """Does not let a guardian look at loans, holds and charges any more, from 15 years on."""
    return _decided(request, principal, context, sees_account=False)


_WARD: Final = "/self/wards/{ward}"
_GUARDIAN: Final = "/self/guardians/{guardian}/sight"
_MORE: Final[dict[str, Any]] = {"tag": "self", "caller": Caller.PATRON, "outcomes": RULES}
_DECIDED: Final = _MORE | {"lane": Lane.SHORT_WRITE, "answer": PatronScreen}

OPERATIONS: Final[tuple[Operation, ...]] = (
    get(
        f"{_WARD}/loans",
        "Loans of my child",
        list_loans_of_child,
        PatronLoans,
        query=LoanPaging,
        **_MORE,
    ),
    get(
        f"{_WARD}/holds",
        "Holds of my child",
        list_holds_of_child,
        PatronHolds,
        query=HoldPaging,
        **_MORE,
    ),
    get(
        f"{_WARD}/charges",
        "What my child owes",
        list_charges_of_child,
        PatronCharges,
        query=ChargePaging,
        **_MORE,
    ),
    post(
        f"{_WARD}/renewals",
        "Renew a loan of my child's",
        renew_for_child,
        Renewed,
        body=OwnRenewalWish,
        **_MORE,
    ),
    post(
        f"{_WARD}/renewals/all",
        "Renew all loans of my child's",
        renew_all_for_child,
        StackResults,
        body=OwnRenewalsWish,
        **(_MORE | {"lane": Lane.WRITE}),
    ),
    Operation(
        method="PUT",
        path=_GUARDIAN,
        summary="Let a guardian see",
        handler=let_guardian_see,
        **_DECIDED,
    ),
    Operation(
        method="DELETE",
        path=_GUARDIAN,
        summary="Let a guardian not see",
        handler=hide_from_guardian,
        **_DECIDED,
    ),
)
