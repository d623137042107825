"""What belongs to a patron besides: cards, blocks, guardians, consents."""

from __future__ import annotations

from typing import Any, Final

from circulation.calendars.due_dates import local_date
from circulation.kernel.reasons import BlockReason, IdentifierBlock
from circulation.kernel.rights import Principal, Right
from circulation.patrons.blocks import block_patron, unblock_patron
from circulation.patrons.checking import PatronUnfit
from circulation.patrons.consents import give_consent, withdraw_consent
from circulation.patrons.guardians import add_guardian, remove_guardian
from circulation.patrons.identifiers import (
    IdentifierTaken,
    NoIdentifierKey,
    PatronPlace,
    add_identifier,
    block_identifier,
    set_identifier_expiry,
)
from circulation.patrons.kinds import Consent
from protocols.api.authority import act_with
from protocols.api.gate import is_owner, patron_named
from protocols.api.messages import Reply
from protocols.api.models.patrons import IdentifierChange, NewBlock, NewGuardian, NewIdentifier
from protocols.api.models.screen import PatronScreen
from protocols.api.operation import Operation, Plain, Request, post
from protocols.api.operations.screen import screen
from protocols.api.problems import Outcome, Problem, malformed
from protocols.hosting.answering import Context, Lane

_OF_PATRON: Final = "/patrons/{patron}"


def _the_patron(request: Request[Any, Any], principal: Principal, context: Context) -> PatronPlace:
    """The patron of the path, whom the caller may change. Raises Problem."""
    place = patron_named(request, request.path["patron"], principal, context, Right.EDIT_PATRONS)
    request.about = place.id
    return place


def add_card(
    request: Request[NewIdentifier, None], principal: Principal, context: Context
) -> Reply | Problem:
    """Gives a patron a further card or another identifier, perhaps in place of an old one."""
    place, wish = _the_patron(request, principal, context), request.body
    act = act_with(place, principal, context)
    if wish.replaces is not None:
        _must_be_theirs(wish.replaces, "replaces", place, context)
    try:
        add_identifier(act, place.id, wish.identifier.strip(), wish.kind, expires=wish.expires)
    except (PatronUnfit, NoIdentifierKey) as error:
        raise malformed("identifier", "unfit", str(error)) from None
    except IdentifierTaken as error:
        raise Problem(Outcome.CONFLICT, str(error)) from None
    if wish.replaces is not None:
        block_identifier(act, wish.replaces, IdentifierBlock.REPLACED)
    return patron_now(place, request, principal, context)


def change_card(
    request: Request[IdentifierChange, None], principal: Principal, context: Context
) -> Reply | Problem:
    """Stops a card from being used, lets it be used again, or sets the last day on which it may."""
    place, wish = _the_patron(request, principal, context), request.body
    _must_be_theirs(wish.identifier, "identifier", place, context)
    act = act_with(place, principal, context)
    if "blocked" in wish.model_fields_set:
        block = None if wish.blocked is None else IdentifierBlock(wish.blocked)
        block_identifier(act, wish.identifier, block)
    if "expires" in wish.model_fields_set:
        set_identifier_expiry(act, wish.identifier, wish.expires)
    return patron_now(place, request, principal, context)


def _must_be_theirs(identifier: str, field: str, place: PatronPlace, context: Context) -> None:
    if not is_owner(identifier, place, context):
        raise malformed(field, "unknown", "the patron has no such identifier")


def block(
    request: Request[NewBlock, None], principal: Principal, context: Context
) -> Reply | Problem:
    """Blocks a patron at the desk's agency, or everywhere."""
    place, wish = _the_patron(request, principal, context), request.body
    block_patron(
        act_with(place, principal, context),
        place.id,
        wish.reason,
        message=wish.message,
        everywhere=wish.everywhere,
        ends=wish.ends,
    )
    return patron_now(place, request, principal, context)


def unblock(request: Plain, principal: Principal, context: Context) -> Reply | Problem:
    """Lifts a block of the desk's agency, and one that concerns all."""
    place = _the_patron(request, principal, context)
    reason = BlockReason.__members__.get(request.path["reason"])
    if reason is None:
        raise Problem(Outcome.NOT_FOUND)
    for everywhere in (False, True):
        unblock_patron(act_with(place, principal, context), place.id, reason, everywhere=everywhere)
    return patron_now(place, request, principal, context)


def link_guardian(
    request: Request[NewGuardian, None], principal: Principal, context: Context
) -> Reply | Problem:
    """Has somebody answer for a child from now on."""
    place, wish = _the_patron(request, principal, context), request.body
    guardian = patron_named(request, wish.guardian, principal, context, Right.EDIT_PATRONS)
    branch = context.circulation.current_set_up(context.transaction).branches[place.home_branch_id]
    try:
        add_guardian(
            act_with(place, principal, context),
            place.id,
            guardian.id,
            today=local_date(context.now, branch.timezone),
            sees_account=wish.sees_account,
        )
    except ValueError as error:
        raise Problem(Outcome.CONFLICT, str(error)) from None
    return patron_now(place, request, principal, context)


def unlink_guardian(request: Plain, principal: Principal, context: Context) -> Reply | Problem:
    """Somebody does not answer for a child any more."""
    place = _the_patron(request, principal, context)
    guardian = patron_named(
        request, request.path["guardian"], principal, context, Right.EDIT_PATRONS
    )
    if not remove_guardian(act_with(place, principal, context), place.id, guardian.id):
        raise Problem(Outcome.NOT_FOUND)
    return patron_now(place, request, principal, context)


def consent_in(request: Plain) -> Consent:
    """The consent that the path names. Raises Problem."""
    try:
        return Consent(request.path["consent"])
    except ValueError:
        raise Problem(Outcome.NOT_FOUND) from None


def consent(request: Plain, principal: Principal, context: Context) -> Reply | Problem:
    """A patron consents to something: keep_history, person_registry."""
    place = _the_patron(request, principal, context)
    give_consent(act_with(place, principal, context), place.id, consent_in(request))
    return patron_now(place, request, principal, context)


def withdraw(request: Plain, principal: Principal, context: Context) -> Reply | Problem:
    """Withdraw a consent of a patron.

    Withdrawing keep_history forgets every loan that has ended at once, and later loans
    `history_days` after the return. A loan is kept longer only while the patron owes money or an
    item is missing.
    """
    place = _the_patron(request, principal, context)
    withdraw_consent(act_with(place, principal, context), place.id, consent_in(request))
    return patron_now(place, request, principal, context)


def patron_now(
    place: PatronPlace, request: Request[Any, Any], principal: Principal, context: Context
) -> Reply | Problem:
    """The patron as they are now, to who may see them."""
    if not principal.may(Right.VIEW_PATRONS, place.agency_id, place.home_branch_id):
        raise Problem(Outcome.RIGHT_MISSING, right=Right.VIEW_PATRONS)
    again = patron_named(request, request.path["patron"], principal, context, Right.EDIT_PATRONS)
    return screen(again, request, principal, context)


_MORE: Final[dict[str, Any]] = {
    "answer": PatronScreen,
    "tag": "patrons",
    "right": Right.EDIT_PATRONS,
    "lane": Lane.WRITE,
    "outcomes": (Outcome.REFUSED, Outcome.CONFLICT),
}

OPERATIONS: Final[tuple[Operation, ...]] = (
    post(f"{_OF_PATRON}/cards", "Give a patron a card", add_card, body=NewIdentifier, **_MORE),
    Operation(
        method="PATCH",
        path=f"{_OF_PATRON}/cards",
        summary="Block a card, or let it be used again",
        handler=change_card,
        body=IdentifierChange,
        **_MORE,
    ),
    post(f"{_OF_PATRON}/blocks", "Block a patron", block, body=NewBlock, **_MORE),
    Operation(
        method="DELETE",
        path=f"{_OF_PATRON}/blocks/{{reason}}",
        summary="Lift a block",
        handler=unblock,
        **_MORE,
    ),
    post(
        f"{_OF_PATRON}/guardians",
        "Name a guardian",
        link_guardian,
        body=NewGuardian,
        **_MORE,
    ),
    Operation(
        method="DELETE",
        path=f"{_OF_PATRON}/guardians/{{guardian}}",
        summary="Take a guardian off",
        handler=unlink_guardian,
        **_MORE,
    ),
    Operation(
        method="PUT",
        path=f"{_OF_PATRON}/consents/{{consent}}",
        summary="Note a consent",
        handler=consent,
        **_MORE,
    ),
    Operation(
        method="DELETE",
        path=f"{_OF_PATRON}/consents/{{consent}}",
        summary="Note that a consent was taken back",
        handler=withdraw,
        **_MORE,
    ),
)
