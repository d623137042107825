"""PAIA auth: access tokens for card and PIN, ended again; PINs changed.

Tokens are sessions in a realm of their own: nothing but PAIA knows them, and they hold as far as
their scope goes. All patrons of a discovery system come from one machine; where that is one of
`portals`, a wrong PIN counts for its card alone, and whoever tries card after card is slowed down.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from hashlib import blake2b
from time import monotonic
from typing import Any, Final

from circulation.kernel.engine import Memory
from circulation.kernel.reasons import Reason
from circulation.kernel.results import UNATTENDED, Refused
from circulation.kernel.rights import Principal, Right
from circulation.languages.sentences import Sentence
from circulation.patrons.checking import PatronUnfit
from circulation.patrons.identifiers import (
    IDENTIFIERS,
    PatronPlace,
    find_patron,
    place_of_patron,
)
from circulation.patrons.public_ids import public_ids
from circulation.staff.lookups import Seen, looked_at
from circulation.staff.patron_pins import PinChange, change_pin
from circulation.staff.programs import access_token
from circulation.staff.results import NotSignedIn, SignedIn, SignInRefusal
from circulation.staff.sessions import end_session, end_session_with
from circulation.staff.signing_in import Access, give_access, sign_in_patron
from protocols.discovery.handling.telling import known_by
from protocols.discovery.messages import Change, Login
from protocols.discovery.methods import REALM, SCOPES, USUAL_SCOPES, Asking, Given
from protocols.discovery.problems import Denied, Fault, unfit
from protocols.hosting.answering import Context
from protocols.hosting.networks import is_within
from protocols.hosting.throttle import FailedLogins

#: Wrong PINs by portal and card: who tries card after card is slowed, and nobody else.
FAILED: Final[Memory[FailedLogins]] = Memory(FailedLogins)
_WRONG: Final = Denied(Fault.ACCESS_DENIED, SignInRefusal.WRONG)
_MUST_WAIT: Final = Denied(Fault.ACCESS_DENIED, SignInRefusal.MUST_WAIT)
#: What a program that vouches for a patron has to be allowed for each scope; others are not given.
_OF_PROGRAMS: Final[Mapping[str, Right]] = {
    "read_patron": Right.VIEW_PATRONS,
    "read_fees": Right.VIEW_PATRONS,
    "read_items": Right.VIEW_PATRONS,
    "write_items": Right.LEND,
}


def log_in(asking: Asking, context: Context) -> Given | Denied:
    """4.1: an access token for card and PIN (RFC 6749, 4.3); or, to a program that has shown its
    client id and secret, for a patron whom it vouches for (4.4)."""
    wish: Login = asking.body
    if wish.grant_type == "password":
        return _by_password(wish, asking, context)
    if wish.grant_type == "client_credentials":
        return _by_program(wish, asking, context)
    either = Sentence("EITHER", words=("password", "client_credentials"))
    raise unfit("grant_type", Sentence("MUST", what=either))


def _by_password(wish: Login, asking: Asking, context: Context) -> Given | Denied:
    if not wish.username.strip() or not wish.password:
        raise Denied(Fault.UNFIT, Sentence("NAME_AND_PIN_NEEDED"))
    scope = _scope(wish, SCOPES)
    host, now = asking.asked.host, monotonic()
    card = _card_of(wish.username.strip(), context)
    failed, tried, device = FAILED.of(context.circulation), "", ""
    if is_within(asking.settings.portals, host):
        tried = blake2b(card.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
        device = f"{host} {tried}"
        if failed.is_held(host, tried, now):
            return _MUST_WAIT
    answer = sign_in_patron(
        context.act(UNATTENDED),
        card=card,
        pin=wish.password,
        address=host,
        device=device,
        access=Access(REALM, scope, asking.settings.token_minutes),
    )
    if isinstance(answer, Refused):
        if tried:
            failed.failed(host, tried, now)
        return _MUST_WAIT if Reason.PIN_LOCKED in answer.reasons else _WRONG
    if tried:
        failed.succeeded(host, tried)
    return _given(answer, context)


def _card_of(username: str, context: Context) -> str:
    """Stock clients keep the patron's identifier and log in with it later on."""
    transaction = context.transaction
    patron_id = public_ids(context.circulation, transaction).meant(username)
    place = None if patron_id is None else place_of_patron(transaction, patron_id=patron_id)
    return username if place is None or place.identifier is None else place.identifier


def _scope(wish: Login, among: tuple[str, ...]) -> str:
    """Those asked for, as far as they can be given. Raises Denied where none can."""
    wanted = set(USUAL_SCOPES if wish.scope is None else wish.scope.split())
    given = [each for each in among if each in wanted]
    if not given:
        raise unfit("scope", Sentence("SCOPE_REFUSED"))
    return " ".join(given)


def _given(signed: SignedIn, context: Context) -> Given:
    session = signed.session
    assert session.principal.id is not None
    scope = session.scope or ""
    shown = public_ids(context.circulation, context.transaction).shown(session.principal.id)
    seconds = int((session.expires - context.now).total_seconds())
    told = {
        "patron": shown,
        "access_token": signed.token,
        "token_type": "Bearer",
        "scope": scope,
        "expires_in": seconds,
    }
    return Given(told, scope)


def _by_program(wish: Login, asking: Asking, context: Context) -> Given | Denied:
    """A patron of the program's own library, and no more than its rights reach."""
    client_id, secret = _basic(asking)
    answer = access_token(context.act(UNATTENDED), client_id, secret, asking.asked.host)
    if isinstance(answer, NotSignedIn):
        return _WRONG
    end_session_with(context.transaction, digest=answer.session.digest)
    program = answer.session.principal
    place = _vouched_for(wish.patron.strip(), program, context)
    if place is None:
        return _WRONG
    rights = {
        scope
        for scope, right in _OF_PROGRAMS.items()
        if program.may(right, place.agency_id, place.home_branch_id)
    }
    scope = _scope(wish, tuple(each for each in USUAL_SCOPES if each in rights))
    context.looked_up(looked_at(program, Seen.OPENED, "paia login", patron_id=place.id))
    access = Access(REALM, scope, asking.settings.token_minutes)
    signed = give_access(
        context.act(UNATTENDED), place.id, access, asking.asked.host, program_id=program.id
    )
    return _given(signed, context)


def _basic(asking: Asking) -> tuple[str, str]:
    """Client id and secret as HTTP Basic (RFC 6749, 2.3.1); what cannot be read is nobody's."""
    scheme, _, rest = (asking.asked.header("authorization") or "").strip().partition(" ")
    try:
        text = base64.b64decode(rest.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    name, _, secret = text.partition(":")
    return (name, secret) if scheme.lower() == "basic" else ("", "")


def _vouched_for(named: str, program: Principal, context: Context) -> PatronPlace | None:
    transaction = context.transaction
    patron_id = public_ids(context.circulation, transaction).meant(named)
    if patron_id is None:
        patron_id = find_patron(transaction, named, key=IDENTIFIERS.of(context.circulation))
    place = None if patron_id is None else place_of_patron(transaction, patron_id=patron_id)
    if place is None or place.identifier is None:
        return None
    its = place.agency_id, place.home_branch_id
    return place if program.may(Right.VIEW_PATRONS, *its) else None


def log_out(asking: Asking, context: Context) -> dict[str, Any]:
    """4.2: the token is over."""
    _must_be_own(asking.body.patron, asking, context)
    end_session(context.transaction, asking.token, REALM)
    return {"patron": asking.body.patron}


def change_password(asking: Asking, context: Context) -> dict[str, Any] | Denied:
    """4.3: another PIN, the one before being shown again. Other sessions end."""
    wish: Change = asking.body
    _must_be_own(wish.patron, asking, context)
    place = asking.patron
    known_by(place)
    key = IDENTIFIERS.of(context.circulation)
    is_theirs = wish.username == wish.patron or (
        find_patron(context.transaction, wish.username.strip(), key=key) == place.id
    )
    if not is_theirs:
        return _WRONG
    change = PinChange(wish.old_password, wish.new_password, asking.asked.host, asking.token, REALM)
    try:
        answer = change_pin(asking.act(context), place.id, change)
    except PatronUnfit as error:
        raise Denied(Fault.UNFIT, error.said_in(asking.language)) from None
    if isinstance(answer, Refused):
        return _MUST_WAIT if Reason.PIN_LOCKED in answer.reasons else _WRONG
    return {"patron": wish.patron}


def _must_be_own(named: str, asking: Asking, context: Context) -> None:
    shown = public_ids(context.circulation, context.transaction).shown(asking.patron.id)
    if named != shown:
        raise Denied(Fault.ACCESS_DENIED, Sentence("TOKEN_OF_ANOTHER"))
