"""What patrons look after themselves: how they are reached, their PIN, what is kept on them."""

from __future__ import annotations

from typing import Any, Final

from circulation.kernel.results import Refused
from circulation.kernel.rights import Principal
from circulation.patrons.changes import Changes, change_patron, patron_fields
from circulation.patrons.checking import PatronUnfit
from circulation.staff.patron_pins import PinChange, change_pin
from protocols.api.gate import own_place
from protocols.api.messages import Reply
from protocols.api.models.care import (
    AbsenceWish,
    Contacts,
    History,
    NewAddress,
    OwnContact,
    OwnDetails,
    OwnPin,
    PreferenceChanges,
    Preferences,
)
from protocols.api.models.common import Paging
from protocols.api.models.screen import PatronScreen
from protocols.api.operation import Caller, Operation, Plain, Request, get, post
from protocols.api.operations.contacts import (
    absence_ended,
    absence_noted,
    address_added,
    address_removed,
    contact_added,
    contact_removed,
    contacts_shown,
    preferences_changed,
    preferences_shown,
)
from protocols.api.operations.own import show_self
from protocols.api.operations.personal_data import exported, history_of
from protocols.api.operations.registering import unfit
from protocols.api.operations.screen import etag
from protocols.api.problems import Outcome, Problem, malformed, refused
from protocols.hosting.answering import Context, Lane


def change_own_details(
    request: Request[OwnDetails, None], principal: Principal, context: Context
) -> Reply | Problem:
    """Changes the patron's e-mail address, telephone number or language. If-Match is the ETag of
    what was read."""
    place = own_place(request, principal, context)
    fields = patron_fields(context.transaction, patron_id=place.id)
    if request.if_match != "*" and request.if_match != etag(fields):
        raise Problem(Outcome.CHANGED_MEANWHILE)
    given = request.body.model_dump(exclude_unset=True)
    if empty := [name for name in given if given[name] is None]:
        raise malformed(empty[0], "none", "this cannot be taken away")
    try:
        change_patron(context.act(principal.desk), place.id, Changes(**given))  # type: ignore[typeddict-item]
    except PatronUnfit as error:
        raise unfit(error) from None
    return show_self(request, principal, context)


def change_own_pin(
    request: Request[OwnPin, None], principal: Principal, context: Context
) -> Problem | None:
    """Replaces the patron's PIN, which is asked for again: a session that somebody has left open is
    not enough. Other sessions end."""
    place = own_place(request, principal, context)
    wish = request.body
    change = PinChange(wish.old, wish.pin, request.asked.host, request.token)
    try:
        answer = change_pin(context.act(principal.desk), place.id, change)
    except PatronUnfit as error:
        raise unfit(error) from None
    except ValueError as error:
        raise Problem(Outcome.CONFLICT, str(error)) from None
    return refused(answer, principal, request.language) if isinstance(answer, Refused) else None


def list_own_contacts(request: Plain, principal: Principal, context: Context) -> Contacts:
    """The ways to the patron, and where they live."""
    return contacts_shown(own_place(request, principal, context), request, principal, context)


def give_own_contact(
    request: Request[OwnContact, None], principal: Principal, context: Context
) -> Contacts:
    """Adds a further e-mail address or telephone number, not verified yet."""
    return contact_added(own_place(request, principal, context), request, principal, context)


def drop_own_contact(request: Plain, principal: Principal, context: Context) -> Contacts:
    """Forgets a further e-mail address or telephone number."""
    return contact_removed(own_place(request, principal, context), request, principal, context)


def give_own_address(
    request: Request[NewAddress, None], principal: Principal, context: Context
) -> Contacts:
    """Adds an address."""
    return address_added(own_place(request, principal, context), request, principal, context)


def drop_own_address(request: Plain, principal: Principal, context: Context) -> Contacts:
    """Forgets an address."""
    return address_removed(own_place(request, principal, context), request, principal, context)


def show_own_preferences(request: Plain, principal: Principal, context: Context) -> Preferences:
    """What the patron has chosen, and whether they are away."""
    return preferences_shown(own_place(request, principal, context), request, principal, context)


def change_own_preferences(
    request: Request[PreferenceChanges, None], principal: Principal, context: Context
) -> Preferences:
    """Changes where the patron fetches holds, how long they wait for one, and in which language
    they are written to."""
    return preferences_changed(own_place(request, principal, context), request, principal, context)


def note_own_absence(
    request: Request[AbsenceWish, None], principal: Principal, context: Context
) -> Preferences:
    """The patron is away: holds are passed over and keep their places."""
    return absence_noted(own_place(request, principal, context), request, principal, context)


def end_own_absence(request: Plain, principal: Principal, context: Context) -> Preferences:
    """The patron is back."""
    return absence_ended(own_place(request, principal, context), request, principal, context)


def list_own_history(
    request: Request[None, Paging], principal: Principal, context: Context
) -> Reply:
    """Loans that are over and still name the patron, the last return first."""
    return history_of(own_place(request, principal, context), request, principal, context)


def export_own(request: Plain, principal: Principal, context: Context) -> dict[str, Any]:
    """All that is held on the patron, under the names of the tables."""
    return exported(own_place(request, principal, context), request, principal, context)


_OWN: Final[dict[str, Any]] = {"tag": "self", "caller": Caller.PATRON}
_CHANGE: Final = _OWN | {"lane": Lane.SHORT_WRITE}


def _change(method: str, path: str, summary: str, handler: Any, answer: Any, **more: Any) -> Any:
    return Operation(
        method=method,
        path=path,
        summary=summary,
        handler=handler,
        answer=answer,
        **(_CHANGE | more),
    )


OPERATIONS: Final[tuple[Operation, ...]] = (
    _change(
        "PATCH",
        "/self",
        "Change how I am reached",
        change_own_details,
        PatronScreen,
        body=OwnDetails,
        is_versioned=True,
        outcomes=(Outcome.REFUSED, Outcome.CONFLICT),
    ),
    _change(
        "PUT",
        "/self/pin",
        "Change my PIN",
        change_own_pin,
        None,
        body=OwnPin,
        status=204,
        lane=Lane.WRITE,
        outcomes=(Outcome.REFUSED, Outcome.CONFLICT),
    ),
    get("/self/contacts", "How I am reached", list_own_contacts, Contacts, **_OWN),
    post("/self/contacts", "Add a contact", give_own_contact, Contacts, body=OwnContact, **_CHANGE),
    _change("DELETE", "/self/contacts/{contact}", "Forget a contact", drop_own_contact, Contacts),
    post(
        "/self/addresses", "Add an address", give_own_address, Contacts, body=NewAddress, **_CHANGE
    ),
    _change("DELETE", "/self/addresses/{address}", "Forget an address", drop_own_address, Contacts),
    get("/self/preferences", "What I prefer", show_own_preferences, Preferences, **_OWN),
    _change(
        "PATCH",
        "/self/preferences",
        "Change what I prefer",
        change_own_preferences,
        Preferences,
        body=PreferenceChanges,
    ),
    _change("PUT", "/self/absence", "I am away", note_own_absence, Preferences, body=AbsenceWish),
    _change("DELETE", "/self/absence", "I am back", end_own_absence, Preferences),
    get(
        "/self/history",
        "My loans that are over",
        list_own_history,
        History,
        query=Paging,
        **_OWN,
    ),
    get(
        "/self/export",
        "All that is held on me",
        export_own,
        dict[str, Any],
        lane=Lane.WIDE_READ,
        **_OWN,
    ),
)
