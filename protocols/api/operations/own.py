"""What patrons do for themselves: the same shapes under /self, of that patron and nobody else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from circulation.kernel.results import Refused
from circulation.kernel.rights import Principal
from circulation.ledger.postings import find_charge
from circulation.loans.renewals import renew, renew_all
from circulation.loans.wishes import RenewalWish as LongerLoan
from circulation.patrons.consents import give_consent, withdraw_consent
from circulation.patrons.identifiers import PatronPlace
from protocols.api.authority import number_of
from protocols.api.gate import own_place
from protocols.api.messages import Reply
from protocols.api.models.common import Paging
from protocols.api.models.desk import OwnRenewalsWish, OwnRenewalWish, Renewed, StackResults
from protocols.api.models.holds import (
    Hold,
    HoldChanges,
    HoldDetails,
    HoldPaging,
    HoldPlaced,
    HoldProspect,
    PatronHolds,
    WhatIsWanted,
)
from protocols.api.models.money import (
    ChargeExplained,
    ChargePaging,
    ExpectedFees,
    PatronCharges,
)
from protocols.api.models.notices import Messages
from protocols.api.models.patrons import LoanPaging, PatronLoans
from protocols.api.models.screen import PatronScreen
from protocols.api.operation import Caller, Operation, Plain, Request, get, post
from protocols.api.operations.care import consent_in
from protocols.api.operations.charges import explained
from protocols.api.operations.desk import all_prolonged, prolonged
from protocols.api.operations.holds import (
    RULES,
    alter_hold,
    hold_ended,
    hold_placed,
    holds_of,
    prospect_of,
    show_hold,
)
from protocols.api.operations.money import charges_of, expected_of
from protocols.api.operations.notices import messages_of
from protocols.api.operations.patrons import loans_of_patron
from protocols.api.operations.screen import known_by, screen
from protocols.api.problems import Outcome, Problem, refused
from protocols.hosting.answering import Context, Lane


def show_self(
    request: Request[Any, Any], principal: Principal, context: Context
) -> Reply | Problem:
    """Everything of the patron's own first screen. What staff have noted is not in it."""
    shown = screen(own_place(request, principal, context), request, principal, context)
    return (
        shown if isinstance(shown, Problem) else shown._replace(value=_without_notes(shown.value))
    )


def _without_notes(shown: PatronScreen) -> PatronScreen:
    blocks = tuple(replace(each, message="") for each in shown.blocks)
    return replace(shown, details=replace(shown.details, note=""), blocks=blocks)


def list_own_loans(
    request: Request[None, LoanPaging], principal: Principal, context: Context
) -> Reply | Problem:
    """The patron's own loans by due date."""
    return loans_of_patron(own_place(request, principal, context), request, principal, context)


def list_own_holds(
    request: Request[None, HoldPaging], principal: Principal, context: Context
) -> Reply | Problem:
    """The patron's own holds with their prospects."""
    return holds_of(own_place(request, principal, context), request, principal, context)


def list_own_charges(
    request: Request[None, ChargePaging], principal: Principal, context: Context
) -> Reply | Problem:
    """What the patron owes, and for what."""
    return charges_of(own_place(request, principal, context), request, principal, context)


def list_own_expected(
    request: Plain, principal: Principal, context: Context
) -> ExpectedFees | Problem:
    """What the patron would be charged if everything came back now."""
    return expected_of(own_place(request, principal, context), request, principal, context)


def explain_own_charge(request: Plain, principal: Principal, context: Context) -> ChargeExplained:
    """Why a charge of the patron's own is what it is."""
    place = own_place(request, principal, context)
    number = number_of(request.path["charge"], None)
    charge = find_charge(context.transaction, charge_id=number)
    if charge is None or charge.patron_id != place.id:
        raise Problem(Outcome.NOT_FOUND)
    return explained(number, request, principal, context)


def list_own_messages(
    request: Request[None, Paging], principal: Principal, context: Context
) -> Reply:
    """What the patron was told, with its text."""
    return messages_of(own_place(request, principal, context), request, principal, context)


def renew_own(
    request: Request[OwnRenewalWish, None], principal: Principal, context: Context
) -> Renewed | Problem:
    """Renews a loan of the patron's own, the item not being at hand."""
    return renewed_for(own_place(request, principal, context), request, principal, context)


def renewed_for(
    place: PatronPlace,
    request: Request[OwnRenewalWish, None],
    principal: Principal,
    context: Context,
) -> Renewed | Problem:
    """Renews a loan of that patron's, as a patron asks for it."""
    wish = request.body
    answer = renew(
        context.act(principal.desk),
        LongerLoan(
            known_by(place),
            wish.item.strip(),
            fee_acknowledged=wish.accept_fee or False,
            seen=False,
        ),
    )
    if isinstance(answer, Refused):
        return refused(answer, principal, request.language)
    return prolonged(answer, request, principal, context)


def renew_all_own(
    request: Request[OwnRenewalsWish, None], principal: Principal, context: Context
) -> StackResults | Problem:
    """Renews what can be renewed of the patron's own loans."""
    return all_renewed_for(own_place(request, principal, context), request, principal, context)


def all_renewed_for(
    place: PatronPlace,
    request: Request[OwnRenewalsWish, None],
    principal: Principal,
    context: Context,
) -> StackResults | Problem:
    """Renews what can be renewed of that patron's loans, as a patron asks for it."""
    answer = renew_all(
        context.act(principal.desk),
        patron=known_by(place),
        fee_acknowledged=request.body.accept_fee or False,
    )
    if isinstance(answer, Refused):
        return refused(answer, principal, request.language)
    return all_prolonged(answer, request, principal, context)


def place_own_hold(
    request: Request[HoldDetails, None], principal: Principal, context: Context
) -> Reply | Problem:
    """Places a hold for the patron who asks."""
    identifier = known_by(own_place(request, principal, context))
    return hold_placed(identifier, request, principal, context)


def show_own_prospect(
    request: Request[None, WhatIsWanted], principal: Principal, context: Context
) -> HoldProspect | Problem:
    """What a hold of the patron's own could expect, and what the rules say against it, before it is
    placed."""
    return prospect_of(own_place(request, principal, context), request, principal, context)


def show_own_hold(request: Plain, principal: Principal, context: Context) -> Hold:
    """A hold of the patron's own."""
    return show_hold(request, principal, context)


def alter_own_hold(
    request: Request[HoldChanges, None], principal: Principal, context: Context
) -> Hold | Problem:
    """Changes or pauses a hold of the patron's own."""
    return alter_hold(request, principal, context)


def end_own_hold(request: Plain, principal: Principal, context: Context) -> Hold | Problem:
    """Cancels a hold of the patron's own."""
    return hold_ended(False, request, principal, context)


def give_own_consent(request: Plain, principal: Principal, context: Context) -> Reply | Problem:
    """Consents to something: keep_history, person_registry."""
    place = own_place(request, principal, context)
    give_consent(context.act(principal.desk), place.id, consent_in(request))
    return show_self(request, principal, context)


def withdraw_own_consent(request: Plain, principal: Principal, context: Context) -> Reply | Problem:
    """Withdraw a consent.

    Withdrawing keep_history forgets every loan that has ended at once, and later loans
    `history_days` after the return. A loan is kept longer only while the patron owes money or an
    item is missing.
    """
    place = own_place(request, principal, context)
    withdraw_consent(context.act(principal.desk), place.id, consent_in(request))
    return show_self(request, principal, context)


_MORE: Final[dict[str, Any]] = {"tag": "self", "caller": Caller.PATRON, "outcomes": RULES}
_CHANGING: Final = _MORE | {"lane": Lane.WRITE}

OPERATIONS: Final[tuple[Operation, ...]] = (
    get("/self", "My first screen", show_self, PatronScreen, **_MORE),
    get("/self/loans", "My loans", list_own_loans, PatronLoans, query=LoanPaging, **_MORE),
    get("/self/holds", "My holds", list_own_holds, PatronHolds, query=HoldPaging, **_MORE),
    get(
        "/self/charges", "What I owe", list_own_charges, PatronCharges, query=ChargePaging, **_MORE
    ),
    get("/self/charges/expected", "What I would owe", list_own_expected, ExpectedFees, **_MORE),
    get("/self/charges/{charge}", "Why I owe it", explain_own_charge, ChargeExplained, **_MORE),
    get("/self/notices", "What I was told", list_own_messages, Messages, query=Paging, **_MORE),
    post("/self/renewals", "Renew a loan", renew_own, Renewed, body=OwnRenewalWish, **_MORE),
    post(
        "/self/renewals/all",
        "Renew all loans",
        renew_all_own,
        StackResults,
        body=OwnRenewalsWish,
        **_CHANGING,
    ),
    post(
        "/self/holds",
        "Place a hold",
        place_own_hold,
        HoldPlaced,
        body=HoldDetails,
        status=201,
        **_CHANGING,
    ),
    get(
        "/self/hold-prospect",
        "What a hold could expect",
        show_own_prospect,
        HoldProspect,
        query=WhatIsWanted,
        **_MORE,
    ),
    get("/self/holds/{hold}", "A hold of mine", show_own_hold, Hold, **_MORE),
    Operation(
        method="PATCH",
        path="/self/holds/{hold}",
        summary="Change or pause a hold",
        handler=alter_own_hold,
        answer=Hold,
        body=HoldChanges,
        **_CHANGING,
    ),
    Operation(
        method="DELETE",
        path="/self/holds/{hold}",
        summary="Cancel a hold",
        handler=end_own_hold,
        answer=Hold,
        **_CHANGING,
    ),
    Operation(
        method="PUT",
        path="/self/consents/{consent}",
        summary="Consent to something",
        handler=give_own_consent,
        answer=PatronScreen,
        **_CHANGING,
    ),
    Operation(
        method="DELETE",
        path="/self/consents/{consent}",
        summary="Take a consent back",
        handler=withdraw_own_consent,
        answer=PatronScreen,
        **_CHANGING,
    ),
)
