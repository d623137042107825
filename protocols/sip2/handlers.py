"""What each request is answered with, by its message class: verbs of circulation, made into SIP2.

Nothing is decided here: circulation says what may be, and this says it in SIP2's words. Those
about patrons and items are in `protocols.sip2.patrons` and `protocols.sip2.lending`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple, cast

from protocols.answering import Context, Lane, Services
from protocols.sip2.dates import NO_CLOCK, local_date, utc_date
from protocols.sip2.failures import failure_response
from protocols.sip2.holds import hold
from protocols.sip2.lending import checkin, checkout, item_information, renew, renew_all
from protocols.sip2.messages import (
    ACSStatus,
    Checkin,
    Checkout,
    EndPatronSession,
    Hold,
    ItemInformation,
    Login,
    LoginResponse,
    PatronInformation,
    PatronStatusRequest,
    Renew,
    RenewAll,
    Request,
    Response,
    SCStatus,
)
from protocols.sip2.patrons import end_patron_session, patron_information, patron_status_request
from protocols.sip2.places import Branches, Caller, Unanswerable
from protocols.sip2.session import Sip2Session
from protocols.sip2.settings import AccountKind
from protocols.sip2.wording import Text, say

log = logging.getLogger(__name__)

#: Algorithms of 93: the login and the password are as they are.
_CLEAR: Final = frozenset({"0", " "})
#: A hash that no password has: an unknown login takes as long as a wrong password.
_NOBODY: Final = (
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGlzIGhlcmU$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
)


# Logging in, and what the terminal may do


def login(request: Login, caller: Caller, context: Context) -> LoginResponse:
    """93 -> 94. The passwords of accounts are hashed like PINs, and checked like them."""
    account = caller.settings.by_login.get(request.login_user_id)
    is_clear = {request.uid_algorithm, request.pwd_algorithm} <= _CLEAR
    if not is_clear or not request.login_password:
        return LoginResponse(ok=False)
    stored = account.password if account else _NOBODY
    is_right = context.circulation.pins.check(stored, request.login_password)
    return LoginResponse(ok=is_right and account is not None)


def sc_status(request: SCStatus, caller: Caller, context: Context) -> Response:
    """99 -> 98. Before the login it says what the accounts may do here, taken together."""
    if _is_older_than_2(request.protocol_version):
        raise Unanswerable(Text.VERSION_TOO_OLD)
    settings, account = caller.settings, caller.account
    if account is None:
        accounts = settings.accounts
        institution, library_name, clock = "", None, NO_CLOCK
    else:
        accounts = (account,)
        place = caller.place(context)
        institution, library_name = place.branch.agency_isil, place.branch.name
        clock = local_date(context.now, place.zone)
    kinds = {each.kind for each in accounts}
    offered = offered_to(kinds)
    return ACSStatus(
        on_line_status=True,
        checkin_ok=Checkin in offered,
        checkout_ok=Checkout in offered,
        acs_renewal_policy=Renew in offered,
        status_update_ok=False,
        off_line_ok=any(each.accept_offline for each in accounts),
        timeout_period=round(settings.answer_timeout * 10),
        retries_allowed=settings.answer_retries,
        date_time_sync=clock,
        protocol_version="2.00",
        institution_id=institution,
        supported_messages=supported_messages(offered),
        library_name=library_name,
    )


def _is_older_than_2(version: str) -> bool:
    try:
        return float(version) < 2
    except ValueError:
        return False


# The table


class Handler(NamedTuple):
    """How a request is answered, and where the work for it runs."""

    respond: Callable[[Any, Caller, Context], Response]
    lane: Lane


HANDLERS: Final[dict[type, Handler]] = {
    Login: Handler(login, Lane.READ),
    SCStatus: Handler(sc_status, Lane.READ),
    PatronStatusRequest: Handler(patron_status_request, Lane.READ),
    PatronInformation: Handler(patron_information, Lane.READ),
    ItemInformation: Handler(item_information, Lane.READ),
    Checkout: Handler(checkout, Lane.WRITE),
    Checkin: Handler(checkin, Lane.WRITE),
    Renew: Handler(renew, Lane.WRITE),
    RenewAll: Handler(renew_all, Lane.WRITE),
    Hold: Handler(hold, Lane.WRITE),
    EndPatronSession: Handler(end_patron_session, Lane.READ),
}

_ALWAYS: Final = frozenset({Login, SCStatus})
#: What each kind of account may ask.
OPEN_TO: Final[dict[AccountKind, frozenset[type]]] = {
    "self-service": frozenset(HANDLERS),
    "desk": frozenset(HANDLERS),
    "sorter": _ALWAYS | {Checkin, ItemInformation},
}

#: The sixteen positions of BX (98): 97 is the session's, None is not offered by anybody.
_BX: Final[tuple[type | str | None, ...]] = (
    PatronStatusRequest,
    Checkout,
    Checkin,
    None,  # 01 Block Patron
    SCStatus,
    "resend",
    Login,
    PatronInformation,
    EndPatronSession,
    None,  # 37 Fee Paid
    ItemInformation,
    None,  # 19 Item Status Update
    None,  # 25 Patron Enable
    Hold,
    Renew,
    RenewAll,
)


def offered_to(kinds: Iterable[AccountKind]) -> frozenset[type]:
    """The requests open to any of these kinds of account."""
    return _ALWAYS.union(*(OPEN_TO[kind] for kind in kinds))


def supported_messages(offered: frozenset[type]) -> str:
    """BX: Y for each message that is answered."""
    return "".join("Y" if part == "resend" or part in offered else "N" for part in _BX)


# From request to response


def respond(request: Request, caller: Caller, context: Context) -> Response:
    """The response to any request; the negative one of its pair where it cannot be dealt with."""
    try:
        kind = type(request)
        if kind not in (OPEN_TO[caller.account.kind] if caller.account else _ALWAYS):
            raise Unanswerable(Text.NOT_PERMITTED)
        return HANDLERS[kind].respond(request, caller, context)
    except Unanswerable as unanswerable:
        text = say(unanswerable.text, caller.words)
        return failure_response(request, utc_date(context.now), text)


def answer(
    services: Services,
    branches: Branches,
    session: Sip2Session,
    request: Request,
    reply: Callable[[Response], None],
) -> None:
    """Answers a request of `session`: calls `reply` once, at once or later, whatever happens."""
    caller = Caller(session.settings, branches, session.account, session.device, session.language)

    def done(response: Any, error: BaseException | None) -> None:
        if error is not None:
            log.error(
                "%s: no answer could be found to a %s",
                session,
                type(request).__name__,
                exc_info=error,
            )
            text = say(Text.SYSTEM_FAULT, caller.words)
            response = failure_response(request, utc_date(services.clock()), text)
        reply(cast("Response", response))

    lane = HANDLERS[type(request)].lane
    services.perform(lane, lambda context: respond(request, caller, context), done)
