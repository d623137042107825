"""What all calls about a patron begin with: where it is done, what the verbs know them by, and the
log of look-ups."""

from __future__ import annotations

from datetime import date, datetime

from circulation.calendars.due_dates import local_date
from circulation.kernel.act import Act
from circulation.kernel.results import Desk
from circulation.kernel.rights import Kind
from circulation.patrons.identifiers import PatronPlace
from circulation.staff.lookups import Seen, looked_at
from protocols.fbs.calls import Request
from protocols.fbs.problems import no_patron
from protocols.hosting.answering import Context


def known_by(place: PatronPlace) -> str:
    """What the verbs know the patron by. Raises Denied where there is nothing."""
    if place.identifier is None:
        raise no_patron()
    return place.identifier


def act_for(request: Request, context: Context) -> Act:
    """What the caller does: a site at its own branch, a patron where they belong."""
    principal = request.principal
    desk = Desk(principal.name, principal.device, principal.agency_id, principal.branch_id)
    return context.act(desk)


def note_look(request: Request, context: Context, what: Seen, patron_id: int | None) -> None:
    """Notes that a site has looked at a patron; patrons who look at themselves are not noted."""
    if request.principal.kind is not Kind.PATRON:
        name = f"fbs {request.call.name}"
        context.looked_up(looked_at(request.principal, what, name, patron_id=patron_id))


def day_of(moment: datetime, timezone: str) -> str:
    """The date at that moment where the library is, as FBS writes it."""
    return local_date(moment, timezone).isoformat()


def written(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
