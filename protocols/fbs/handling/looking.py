"""What all calls about a patron begin with: where it is done, what the verbs know them by, and the
log of look-ups."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache
from typing import Final

from circulation.calendars.due_dates import local_date
from circulation.kernel.act import Act
from circulation.kernel.engine import Memory
from circulation.kernel.results import Desk
from circulation.kernel.rights import Kind
from circulation.patrons.identifiers import PatronPlace
from circulation.staff.lookups import Seen, looked_at
from protocols.fbs.calls import Look, Request
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


class Looks:
    """What sessions have looked at, as far as it stands in the log; the oldest is forgotten first.

    A site shows patrons what is theirs at every click. A line for each would hide from them who
    else has looked: there is one for each session, which lasts for an hour.
    """

    def __init__(self) -> None:
        self._noted: OrderedDict[Look, None] = OrderedDict()

    def __contains__(self, look: object) -> bool:
        return look in self._noted

    def add(self, looks: Iterable[Look]) -> None:
        """They stand in the log now."""
        self._noted.update(dict.fromkeys(looks))
        while len(self._noted) > _KEPT:
            self._noted.popitem(last=False)


_KEPT: Final = 100_000
LOOKS: Final[Memory[Looks]] = Memory(Looks)


def note_look(request: Request, context: Context, what: Seen, patron_id: int | None) -> None:
    """Notes that a site has looked at a patron; patrons who look at themselves are not noted."""
    look = request.caller.digest, patron_id, what
    if request.principal.kind is Kind.PATRON or look in LOOKS.of(context.circulation):
        return
    name = f"fbs {request.call.name}"
    context.looked_up(looked_at(request.principal, what, name, patron_id=patron_id))
    request.looks.append(look)


@lru_cache(maxsize=10_000)
def day_of(moment: datetime, timezone: str) -> str:
    """The date at that moment where the library is, as FBS writes it."""
    return local_date(moment, timezone).isoformat()


def written(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
