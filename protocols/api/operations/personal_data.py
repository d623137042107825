"""What is held on a patron: loans that are over, all of it for the person, and its end; the PIN."""

from __future__ import annotations

from typing import Any, Final

from circulation.accounts.history import ended_loans
from circulation.kernel.rights import Kind, Principal, Right
from circulation.patrons.checking import PatronUnfit
from circulation.patrons.consents import consents_of
from circulation.patrons.identifiers import PatronPlace
from circulation.patrons.kinds import Consent
from circulation.patrons.personal_erasure import StillNeeded, erase_person
from circulation.patrons.personal_export import export_person
from circulation.patrons.pin_rules import unlock_pin
from circulation.patrons.registering import set_pin
from circulation.staff.lookups import Seen
from circulation.staff.patron_pins import choose_pin
from protocols.api.authority import act_with, note_look
from protocols.api.gate import patron_named, sees_addresses
from protocols.api.messages import Reply
from protocols.api.models.answers import branch_shown
from protocols.api.models.care import EndedLoan, History, NewPin
from protocols.api.models.common import Paging
from protocols.api.models.screen import PatronScreen
from protocols.api.operation import Operation, Plain, Request, get
from protocols.api.operations.care import patron_now
from protocols.api.operations.registering import unfit
from protocols.api.paging import LARGEST, page_of, place_in
from protocols.api.problems import Outcome, Problem
from protocols.hosting.answering import Context, Lane

_OF_PATRON: Final = "/patrons/{patron}"
#: All that an export tells.
_TOLD: Final = (Right.VIEW_PATRONS, Right.VIEW_HISTORY, Right.VIEW_NOTICES, Right.VIEW_LOOKUPS)


def list_history(request: Request[None, Paging], principal: Principal, context: Context) -> Reply:
    """A patron's loans that are over, where they have chosen to keep them; the last return
    first."""
    place = patron_named(request, request.path["patron"], principal, context, Right.VIEW_HISTORY)
    return history_of(place, request, principal, context)


def history_of(
    place: PatronPlace, request: Request[None, Paging], principal: Principal, context: Context
) -> Reply:
    """The loans that are over. Patrons see all that name them still, staff only what was chosen to
    be kept: for the other days it is evidence, and no reading."""
    note_look(request, principal, context, Seen.HISTORY, patron_id=place.id)
    transaction = context.transaction
    is_kept = Consent.KEEP_HISTORY in consents_of(transaction, place.id)
    after = place_in(request.query, LARGEST)
    if not is_kept and principal.kind is not Kind.PATRON:
        return Reply(History(False, ()))
    page = ended_loans(transaction, patron_id=place.id, after=after, limit=request.query.limit)
    branches = context.circulation.current_set_up(transaction).branches
    lines = tuple(
        EndedLoan(
            str(each.id),
            each.barcode,
            str(each.record_id),
            each.title,
            each.author,
            each.material_group,
            branch_shown(branches[each.branch_id]),
            each.checked_out,
            each.due,
            each.checked_in,
        )
        for each in page.lines
    )
    return page_of(request, History(is_kept, lines), page.next)


def export(request: Plain, principal: Principal, context: Context) -> dict[str, Any]:
    """All that is held on a patron, under the names of the tables. It takes every right that one of
    its parts takes."""
    place = patron_named(request, request.path["patron"], principal, context, Right.VIEW_HISTORY)
    there = place.agency_id, place.home_branch_id
    for right in _TOLD:
        if not principal.may(right, *there):
            raise Problem(Outcome.RIGHT_MISSING, right=right)
    if not sees_addresses(place.id, principal, context):
        raise Problem(Outcome.RIGHT_MISSING, right=Right.VIEW_PROTECTED_ADDRESSES)
    return exported(place, request, principal, context)


def exported(
    place: PatronPlace, request: Request[Any, Any], principal: Principal, context: Context
) -> dict[str, Any]:
    note_look(request, principal, context, Seen.EXPORT, patron_id=place.id)
    found = export_person(context.transaction, place.id)
    if found is None:
        raise Problem(Outcome.NOT_FOUND)
    return found


def erase(request: Plain, principal: Principal, context: Context) -> None:
    """Deletes a patron and all that is held on them. Loans stay, and name nobody. Refused while
    something is open."""
    place = patron_named(request, request.path["patron"], principal, context, Right.ERASE_PATRONS)
    try:
        erase_person(act_with(place, principal, context), place.id)
    except StillNeeded as error:
        raise Problem(Outcome.CONFLICT, str(error)) from None


def _edited(request: Request[Any, Any], principal: Principal, context: Context) -> PatronPlace:
    place = patron_named(request, request.path["patron"], principal, context, Right.EDIT_PATRONS)
    request.about = place.id
    return place


def give_pin(
    request: Request[NewPin, None], principal: Principal, context: Context
) -> Reply | Problem:
    """Gives a patron the PIN that they have chosen, and ends their sessions."""
    place = _edited(request, principal, context)
    try:
        choose_pin(act_with(place, principal, context), place.id, request.body.pin)
    except PatronUnfit as error:
        raise unfit(error) from None
    return patron_now(place, request, principal, context)


def take_pin(request: Plain, principal: Principal, context: Context) -> Reply | Problem:
    """Takes a patron's PIN away."""
    place = _edited(request, principal, context)
    set_pin(act_with(place, principal, context), place.id, None)
    return patron_now(place, request, principal, context)


def forgive_wrong_pins(request: Plain, principal: Principal, context: Context) -> Reply | Problem:
    """Ends the lock-out after wrong PINs."""
    place = _edited(request, principal, context)
    unlock_pin(act_with(place, principal, context), place.id)
    return patron_now(place, request, principal, context)


_PIN: Final[dict[str, Any]] = {
    "answer": PatronScreen,
    "tag": "patrons",
    "right": Right.EDIT_PATRONS,
    "lane": Lane.WRITE,
    "outcomes": (Outcome.REFUSED, Outcome.CONFLICT),
}

OPERATIONS: Final[tuple[Operation, ...]] = (
    get(
        f"{_OF_PATRON}/history",
        "A patron's loans that are over",
        list_history,
        History,
        query=Paging,
        tag="patrons",
        right=Right.VIEW_HISTORY,
    ),
    get(
        f"{_OF_PATRON}/export",
        "All that is held on a patron",
        export,
        dict[str, Any],
        lane=Lane.WIDE_READ,
        tag="patrons",
        right=Right.VIEW_HISTORY,
    ),
    Operation(
        method="DELETE",
        path=_OF_PATRON,
        summary="Erase a patron",
        handler=erase,
        tag="patrons",
        right=Right.ERASE_PATRONS,
        lane=Lane.WRITE,
        status=204,
        outcomes=(Outcome.CONFLICT,),
    ),
    Operation(
        method="PUT",
        path=f"{_OF_PATRON}/pin",
        summary="Give a patron a PIN",
        handler=give_pin,
        body=NewPin,
        **_PIN,
    ),
    Operation(
        method="DELETE",
        path=f"{_OF_PATRON}/pin",
        summary="Take a patron's PIN away",
        handler=take_pin,
        **_PIN,
    ),
    Operation(
        method="DELETE",
        path=f"{_OF_PATRON}/pin/failures",
        summary="End a patron's lock-out",
        handler=forgive_wrong_pins,
        **_PIN,
    ),
)
