"""Who may ask: the proof that a request about a patron needs, and who checks it.

An account says whose patrons it serves and who of them must give their PIN (AD):
`serves_patrons_of`, `require_patron_pin`. The desk carries that into circulation, where every verb
that takes a PIN looks at it (`circulation.patrons.pin_rules`). What a request needs is a column of
the table of handlers, so that no message can forget it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum
from typing import Final, Protocol

from circulation.kernel.reasons import Reason
from circulation.kernel.results import Patron, Refused
from circulation.patrons.identifiers import IDENTIFIERS, find_patron, place_of_patron
from circulation.patrons.pin_rules import let_in
from protocols.hosting.answering import Context
from protocols.sip2.handling.off_line import is_followed
from protocols.sip2.messages import Checkout, Renew
from protocols.sip2.settings import Account
from protocols.sip2.terminals.places import Place

#: Whatever is dated more recently than this was not done while the line was down.
LATELY: Final = timedelta(minutes=1)
#: A patron who is refused for one of these has not been let in.
NOT_LET_IN: Final = frozenset(
    {Reason.PATRON_NOT_SERVED, Reason.PIN_MISSING, Reason.PIN_WRONG, Reason.PIN_LOCKED}
)


class Proof(Enum):
    """What a request about a patron needs before anything is told or done."""

    NONE = "no patron is named, or nothing is told of one who is, and nothing is done"
    OF_VERB = "the verb of circulation that it is made into lets the patron in, or refuses"
    SERVED = "it has no field for a PIN: it is done for every patron whom the account serves"
    FIRST = "it is dealt with once the patron was let in"


class AboutPatron(Protocol):
    """A request that names a patron."""

    patron_identifier: str
    patron_password: str | None


def is_pin(given: str | None) -> bool:
    """Was a PIN sent at all? Blanks do not count."""
    return given is not None and not (given == "" or given.isspace())


def pin_to_check(given: str | None) -> str | None:
    """The PIN for circulation to check; None if none was sent. A PIN that was sent is always
    checked. A blank one counts as not sent: it never lets anybody in where a PIN is required, and
    is no failed try.
    """
    return given if is_pin(given) else None


def admitted(request: AboutPatron, place: Place, context: Context) -> Patron | Refused:
    """The patron, if this account may deal with them; a wrong PIN counts as a failed try."""
    return let_in(
        context.act(place.desk),
        patron=request.patron_identifier.strip(),
        pin=pin_to_check(request.patron_password),
    )


def patron_believed(
    request: Checkout | Renew,
    happened: datetime | None,
    account: Account | None,
    place: Place,
    context: Context,
) -> str | Refused:
    """Return whom a message without a block (no block = Y) names, or why it is not believed.

    A terminal cannot check a PIN while its line is down, so what it reports then of patrons of its
    own agency needs none. What is dated just now was done on line, and needs the same as everything
    on line; so does, whatever the date, what names a patron of another agency. A patron who is not
    served at all is lent nothing. Staff settle what is not believed.

    The name is empty, which names nobody, where the terminal is to learn no more than that the
    patron is unknown.
    """
    was_off_line = happened is not None and happened <= context.now - LATELY
    identifier = request.patron_identifier.strip()
    known = let_in(context.act(place.desk), patron=identifier, pin=None)
    if isinstance(known, Refused) and Reason.PIN_MISSING in known.reasons:
        if was_off_line and (
            is_followed(request, account) or _is_of_own_agency(identifier, place, context)
        ):
            return identifier
        known = admitted(request, place, context)
    if isinstance(known, Refused):
        return "" if Reason.PATRON_UNKNOWN in known.reasons else known
    return identifier


def _is_of_own_agency(identifier: str, place: Place, context: Context) -> bool:
    key = IDENTIFIERS.of(context.circulation)
    patron_id = find_patron(context.transaction, identifier, key=key)
    if patron_id is None:
        return False
    found = place_of_patron(context.transaction, patron_id=patron_id)
    return found is not None and found.agency_id == place.branch.agency_id
