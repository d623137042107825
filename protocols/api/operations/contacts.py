"""How patrons are reached, what they prefer, and when they are away."""

from __future__ import annotations

from typing import Any, Final

from circulation.holds.absences import Absence as KnownAbsence
from circulation.holds.absences import absence_of, set_absence
from circulation.kernel.organisation import find_branch
from circulation.kernel.rights import Principal, Right
from circulation.patrons.addresses import Dwelling, add_address, addresses_of, remove_address
from circulation.patrons.addresses import NewAddress as Dwells
from circulation.patrons.changes import change_patron, patron_fields
from circulation.patrons.checking import PatronUnfit
from circulation.patrons.consents import consents_of
from circulation.patrons.contacts import (
    add_contact,
    contacts_of,
    preferences_of,
    remove_contact,
    set_preferences,
    verify_contact,
)
from circulation.patrons.identifiers import PatronPlace
from circulation.patrons.kinds import Consent, ContactKind
from circulation.staff.lookups import Seen
from protocols.api.authority import act_with, note_look, number_of, unknown_branch
from protocols.api.gate import patron_named, sees_addresses
from protocols.api.models.answers import branch_shown
from protocols.api.models.care import (
    Absence,
    AbsenceWish,
    Address,
    Contact,
    Contacts,
    NewAddress,
    NewContact,
    OwnContact,
    PreferenceChanges,
    Preferences,
)
from protocols.api.operation import Operation, Plain, Request, get, post
from protocols.api.operations.registering import unfit
from protocols.api.paging import LARGEST_OF_FEW
from protocols.api.problems import Outcome, Problem, malformed
from protocols.hosting.answering import Context, Lane

_OF_PATRON: Final = "/patrons/{patron}"


def _seen(request: Request[Any, Any], principal: Principal, context: Context) -> PatronPlace:
    """The patron of the path, whom the caller may see. Raises Problem."""
    place = patron_named(request, request.path["patron"], principal, context, Right.VIEW_PATRONS)
    request.about = place.id
    return place


def _edited(request: Request[Any, Any], principal: Principal, context: Context) -> PatronPlace:
    """The same, whom they may change as well. Raises Problem."""
    place = patron_named(request, request.path["patron"], principal, context, Right.EDIT_PATRONS)
    if not principal.may(Right.VIEW_PATRONS, place.agency_id, place.home_branch_id):
        raise Problem(Outcome.RIGHT_MISSING, right=Right.VIEW_PATRONS)
    request.about = place.id
    return place


# Ways to the patron


def list_contacts(request: Plain, principal: Principal, context: Context) -> Contacts:
    """The ways to a patron, besides those of the details, and where they live."""
    return contacts_shown(_seen(request, principal, context), request, principal, context)


def give_contact(
    request: Request[NewContact, None], principal: Principal, context: Context
) -> Contacts:
    """Adds a way to the patron, not verified yet."""
    return contact_added(_edited(request, principal, context), request, principal, context)


def verify_contact_of(request: Plain, principal: Principal, context: Context) -> Contacts:
    """The patron has shown that it is theirs."""
    place = _edited(request, principal, context)
    number = number_of(request.path["contact"], None, LARGEST_OF_FEW)
    known = contacts_of(context.transaction, patron_id=place.id)
    if number not in {each.id for each in known}:
        raise Problem(Outcome.NOT_FOUND)
    verify_contact(act_with(place, principal, context), place.id, number)
    return contacts_shown(place, request, principal, context)


def drop_contact(request: Plain, principal: Principal, context: Context) -> Contacts:
    """Forgets a way to the patron."""
    return contact_removed(_edited(request, principal, context), request, principal, context)


def give_address(
    request: Request[NewAddress, None], principal: Principal, context: Context
) -> Contacts:
    """Adds an address. Remove the one that it takes the place of."""
    return address_added(_edited(request, principal, context), request, principal, context)


def drop_address(request: Plain, principal: Principal, context: Context) -> Contacts:
    """Forgets an address."""
    return address_removed(_edited(request, principal, context), request, principal, context)


def contacts_shown(
    place: PatronPlace, request: Request[Any, Any], principal: Principal, context: Context
) -> Contacts:
    """The ways to a patron, to who may be told."""
    transaction = context.transaction
    fields = patron_fields(transaction, patron_id=place.id)
    assert fields is not None
    note_look(request, principal, context, Seen.OPENED, patron_id=place.id)
    if not sees_addresses(place.id, principal, context):
        return Contacts(fields.is_protected, False, (), ())
    return Contacts(
        fields.is_protected,
        True,
        tuple(
            Contact(str(each.id), each.kind.value, each.value, each.notices, each.verified)
            for each in contacts_of(transaction, patron_id=place.id)
        ),
        tuple(
            Address(str(each.id), each.kind.value, each.text, *each[2:])
            for each in addresses_of(transaction, place.id)
        ),
    )


def contact_added(
    place: PatronPlace,
    request: Request[Any, Any],
    principal: Principal,
    context: Context,
) -> Contacts:
    wish: OwnContact = request.body
    try:
        add_contact(
            act_with(place, principal, context),
            place.id,
            ContactKind(wish.kind),
            wish.value,
            notices=wish.notices,
        )
    except PatronUnfit as error:
        raise malformed("value", "unfit", str(error)) from None
    except ValueError as error:
        raise malformed("value", "blank", str(error)) from None
    return contacts_shown(place, request, principal, context)


def contact_removed(
    place: PatronPlace, request: Request[Any, Any], principal: Principal, context: Context
) -> Contacts:
    number = number_of(request.path["contact"], None, LARGEST_OF_FEW)
    if not remove_contact(act_with(place, principal, context), place.id, number):
        raise Problem(Outcome.NOT_FOUND)
    return contacts_shown(place, request, principal, context)


def address_added(
    place: PatronPlace,
    request: Request[NewAddress, None],
    principal: Principal,
    context: Context,
) -> Contacts:
    given = request.body.model_dump(exclude={"notices", "kind"})
    new = Dwells(Dwelling(request.body.kind), **given)
    try:
        add_address(
            act_with(place, principal, context), place.id, new, notices=request.body.notices
        )
    except PatronUnfit as error:
        raise unfit(error) from None
    return contacts_shown(place, request, principal, context)


def address_removed(
    place: PatronPlace, request: Request[Any, Any], principal: Principal, context: Context
) -> Contacts:
    number = number_of(request.path["address"], None, LARGEST_OF_FEW)
    if not remove_address(act_with(place, principal, context), place.id, number):
        raise Problem(Outcome.NOT_FOUND)
    return contacts_shown(place, request, principal, context)


# Preferences


def show_preferences(request: Plain, principal: Principal, context: Context) -> Preferences:
    """What a patron has chosen, and whether they are away."""
    return preferences_shown(_seen(request, principal, context), request, principal, context)


def change_preferences(
    request: Request[PreferenceChanges, None], principal: Principal, context: Context
) -> Preferences:
    """Changes what a patron has chosen: where they fetch holds, how long they wait for one, in
    which language they are written to."""
    return preferences_changed(_edited(request, principal, context), request, principal, context)


def note_absence(
    request: Request[AbsenceWish, None], principal: Principal, context: Context
) -> Preferences:
    """A patron is away: their holds are passed over and keep their places."""
    return absence_noted(_edited(request, principal, context), request, principal, context)


def end_absence(request: Plain, principal: Principal, context: Context) -> Preferences:
    """A patron is back."""
    return absence_ended(_edited(request, principal, context), request, principal, context)


def preferences_shown(
    place: PatronPlace, request: Request[Any, Any], principal: Principal, context: Context
) -> Preferences:
    transaction = context.transaction
    note_look(request, principal, context, Seen.OPENED, patron_id=place.id)
    fields = patron_fields(transaction, patron_id=place.id)
    assert fields is not None
    chosen = preferences_of(transaction, place.id)
    away = absence_of(transaction, patron_id=place.id)
    branches = context.circulation.current_set_up(transaction).branches
    pickup = branches.get(chosen.pickup_branch_id or 0)
    return Preferences(
        None if pickup is None else branch_shown(pickup),
        chosen.interest_days,
        fields.language,
        None if away is None else Absence(*away),
        Consent.KEEP_HISTORY in consents_of(transaction, place.id),
    )


def preferences_changed(
    place: PatronPlace,
    request: Request[PreferenceChanges, None],
    principal: Principal,
    context: Context,
) -> Preferences:
    wish, act = request.body, act_with(place, principal, context)
    said = wish.model_fields_set
    chosen = preferences_of(context.transaction, place.id)
    if "pickup_branch" in said:
        branch = None
        if wish.pickup_branch is not None:
            branch = find_branch(context.transaction, isil=wish.pickup_branch)
            if branch is None:
                raise unknown_branch(wish.pickup_branch, "pickup_branch", context)
        chosen = chosen._replace(pickup_branch_id=None if branch is None else branch.id)
    if "interest_days" in said:
        chosen = chosen._replace(interest_days=wish.interest_days)
    set_preferences(act, place.id, chosen)
    if wish.language is not None:
        try:
            change_patron(act, place.id, {"language": wish.language})
        except PatronUnfit as error:
            raise unfit(error) from None
    elif "language" in said:
        raise malformed("language", "none", "this cannot be taken away")
    return preferences_shown(place, request, principal, context)


def absence_noted(
    place: PatronPlace,
    request: Request[AbsenceWish, None],
    principal: Principal,
    context: Context,
) -> Preferences:
    set_up = context.circulation.current_set_up(context.transaction)
    first = request.body.first or set_up.day(context.now, place.home_branch_id)
    away = KnownAbsence(first, request.body.last)
    try:
        set_absence(act_with(place, principal, context), place.id, away)
    except ValueError as error:
        raise malformed("last", "order", str(error)) from None
    return preferences_shown(place, request, principal, context)


def absence_ended(
    place: PatronPlace, request: Request[Any, Any], principal: Principal, context: Context
) -> Preferences:
    set_absence(act_with(place, principal, context), place.id, None)
    return preferences_shown(place, request, principal, context)


_SEEN: Final[dict[str, Any]] = {"tag": "patrons", "right": Right.VIEW_PATRONS}
_EDITED: Final[dict[str, Any]] = {
    "tag": "patrons",
    "right": Right.EDIT_PATRONS,
    "lane": Lane.SHORT_WRITE,
}


def _change(method: str, path: str, summary: str, handler: Any, answer: Any, **more: Any) -> Any:
    return Operation(
        method=method,
        path=f"{_OF_PATRON}{path}",
        summary=summary,
        handler=handler,
        answer=answer,
        **_EDITED,
        **more,
    )


OPERATIONS: Final[tuple[Operation, ...]] = (
    get(f"{_OF_PATRON}/contacts", "How a patron is reached", list_contacts, Contacts, **_SEEN),
    post(
        f"{_OF_PATRON}/contacts",
        "Add a way to a patron",
        give_contact,
        Contacts,
        body=NewContact,
        **_EDITED,
    ),
    _change(
        "PUT",
        "/contacts/{contact}/verification",
        "A way to a patron is verified",
        verify_contact_of,
        Contacts,
    ),
    _change("DELETE", "/contacts/{contact}", "Forget a way to a patron", drop_contact, Contacts),
    post(
        f"{_OF_PATRON}/addresses",
        "Add an address",
        give_address,
        Contacts,
        body=NewAddress,
        **_EDITED,
    ),
    _change("DELETE", "/addresses/{address}", "Forget an address", drop_address, Contacts),
    get(
        f"{_OF_PATRON}/preferences",
        "What a patron prefers",
        show_preferences,
        Preferences,
        **_SEEN,
    ),
    _change(
        "PATCH",
        "/preferences",
        "Change what a patron prefers",
        change_preferences,
        Preferences,
        body=PreferenceChanges,
    ),
    _change("PUT", "/absence", "A patron is away", note_absence, Preferences, body=AbsenceWish),
    _change("DELETE", "/absence", "A patron is back", end_absence, Preferences),
)
