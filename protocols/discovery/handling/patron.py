"""PAIA 3.1 and 3.2: who the patron is, and what they change of it themselves."""

from __future__ import annotations

from typing import Any, Final

from circulation.accounts.status import patron_status
from circulation.calendars.due_dates import local_date
from circulation.kernel.reasons import BlockReason
from circulation.kernel.results import PatronStatus, Refused
from circulation.languages.installed import language as language_called
from circulation.languages.sentences import Sentence
from circulation.patrons.addresses import address_on, addresses_of
from circulation.patrons.changes import Changes, change_patron, patron_fields
from circulation.patrons.checking import PatronUnfit
from protocols.discovery.handling.telling import known_by, without_none
from protocols.discovery.messages import PatronChange
from protocols.discovery.methods import Asking
from protocols.discovery.problems import Denied, Fault, unfit
from protocols.discovery.refusals import block_said
from protocols.hosting.answering import Context

ACTIVE, INACTIVE, EXPIRED, OWING, EXPIRED_AND_OWING = range(5)
#: Of an account that has no end: stock clients take one without a day for one that is over.
NEVER: Final = "9999-12-31"


def show_patron(asking: Asking, context: Context) -> dict[str, Any]:
    """Name, ways to the patron, state of the account."""
    place, transaction = asking.patron, context.transaction
    status = patron_status(asking.act(context), patron=known_by(place))
    fields = patron_fields(transaction, patron_id=place.id)
    if isinstance(status, Refused) or fields is None:
        raise Denied(Fault.ACCESS_DENIED, Sentence("PATRON_DELETED"))
    email = address = None
    if not (fields.is_protected and asking.is_vouched_for):  # a program is not told it
        email = fields.email or None
        zone = status.home_branch.timezone
        found = address_on(addresses_of(transaction, place.id), local_date(context.now, zone))
        address = None if found is None else found.line
    return without_none(
        {
            "name": fields.name,
            "email": email,
            "address": address,
            "expires": NEVER if status.expires is None else status.expires.isoformat(),
            "status": _state(status),
            "type": [asking.uris.category(status.patron.category)],
            "note": _note(status, asking.language),
        }
    )


def _state(status: PatronStatus) -> int:
    """2.8. What forbids anything besides is 1."""
    owes = any(each.reason is BlockReason.DEBT for each in status.blocks)
    if status.is_expired:
        return EXPIRED_AND_OWING if owes else EXPIRED
    if owes:
        return OWING
    return INACTIVE if status.blocks or status.denied else ACTIVE


def _note(status: PatronStatus, language: str) -> str | None:
    """What stands against the patron, in words of the library: not those that staff have noted."""
    told = [block_said(each.reason, language) for each in status.blocks]
    if status.is_expired:
        told.append(language_called(language).words.pgettext("screen", "PATRON_EXPIRED"))
    return " ".join(dict.fromkeys(told)) or None


def change_patron_of(asking: Asking, context: Context) -> dict[str, Any]:
    """Changes the e-mail address. Name and address are not the patron's to change here: nobody gets
    the scopes for them."""
    wish: PatronChange = asking.body
    beyond = [name for name in ("name", "address") if getattr(wish, name) is not None]
    if beyond:
        scope = f"update_patron_{beyond[0]}"
        raise Denied(Fault.SCOPE_MISSING, Sentence("SCOPE_NEEDED", scope=scope))
    if wish.email is None:
        raise unfit("email", Sentence("IS_MISSING"))
    try:
        change_patron(asking.act(context), asking.patron.id, Changes(email=wish.email.strip()))
    except PatronUnfit as error:
        raise Denied(Fault.UNFIT, error.said_in(asking.language)) from None
    return show_patron(asking, context)
