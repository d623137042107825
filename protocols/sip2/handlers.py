"""The answer to each request, by its message class: verbs of circulation, turned into SIP2. Nothing
is decided here: circulation says what is allowed, and this says it in SIP2's words. The handlers
about patrons and items are in the folder `handling`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple, cast

from circulation.kernel.results import Refused
from circulation.patrons.pins import PINS
from protocols.hosting.answering import Context, Lane, Services
from protocols.hosting.failures import NO_ANSWER, Failure, NoAnswer
from protocols.sip2.conversation.answered import Written
from protocols.sip2.failures import failure_response, off_line_status
from protocols.sip2.handling.authority import Proof, admitted, is_pin
from protocols.sip2.handling.fees import fee_paid
from protocols.sip2.handling.forms import is_fbs, sent_identifier
from protocols.sip2.handling.holds import hold
from protocols.sip2.handling.items import item_information, item_status_update
from protocols.sip2.handling.lending import checkout, renew, renew_all
from protocols.sip2.handling.once import (
    journal_key,
    known_by,
    respond_as_followed,
    respond_once,
)
from protocols.sip2.handling.patrons import (
    block,
    enable,
    end_patron_session,
    is_to_learn,
    patron_information,
    patron_status_request,
)
from protocols.sip2.handling.refusals import refusal_messages
from protocols.sip2.handling.returns import checkin
from protocols.sip2.messages import (
    ACSStatus,
    BlockPatron,
    Checkin,
    Checkout,
    EndPatronSession,
    FeePaid,
    Hold,
    ItemInformation,
    ItemStatusUpdate,
    Login,
    LoginResponse,
    PatronEnable,
    PatronInformation,
    PatronStatusRequest,
    Renew,
    RenewAll,
    Request,
    Response,
    SCStatus,
)
from protocols.sip2.session import Sip2Session
from protocols.sip2.settings import Account
from protocols.sip2.terminals.options import AccountKind
from protocols.sip2.terminals.places import Branches, Caller, Unanswerable
from protocols.sip2.wire.dates import NO_CLOCK, local_date
from protocols.sip2.wording import Text, say

log = logging.getLogger(__name__)

#: Algorithms of 93: login and password in clear text.
_CLEAR: Final = frozenset({"0", " "})
#: A hash that no password has, so that an unknown login takes as long as a wrong password.
_NOBODY: Final = (
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGlzIGhlcmU$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
)


# Logging in, and what the terminal may do


def login(request: Login, caller: Caller, context: Context) -> LoginResponse:
    """93 -> 94. Passwords of accounts are hashed and checked like PINs."""
    entrance = caller.entrance
    accounts = entrance.accounts
    accounts.follow(context, at_once=True)
    account = accounts.by_login.get(request.login_user_id)
    is_clear = {request.uid_algorithm, request.pwd_algorithm} <= _CLEAR
    if not is_clear or not request.login_password:
        return LoginResponse(ok=False)
    stored = account.password if account else _NOBODY
    is_right = PINS.of(context.circulation).check(stored, request.login_password)
    if account is None or not is_right:
        return LoginResponse(ok=False)
    return LoginResponse(ok=entrance.admits_login(account))


def sc_status(request: SCStatus, caller: Caller, context: Context) -> Response:
    """99 -> 98. Before the login it says what all accounts together may do."""
    if _version(request) < 1:
        raise Unanswerable(Text.VERSION_TOO_OLD)
    settings, account = caller.settings, caller.account
    accounts = _accounts_of(caller)
    if account is None:
        institution, library_name, clock = "", None, NO_CLOCK
    else:
        place = caller.place(context)
        institution, library_name = place.branch.agency_isil, place.branch.name
        clock = local_date(context.now, place.zone)
    offered = offered_to(accounts)
    return ACSStatus(
        on_line_status=True,
        checkin_ok=Checkin in offered,
        checkout_ok=Checkout in offered,
        acs_renewal_policy=Renew in offered,
        status_update_ok=bool({BlockPatron, ItemStatusUpdate, PatronEnable} & offered),
        off_line_ok=any(each.accept_offline for each in accounts),
        timeout_period=round(settings.answer_timeout * 10),
        retries_allowed=settings.answer_retries,
        date_time_sync=clock,
        protocol_version="1.00" if _version(request) < 2 else "2.00",
        institution_id=institution,
        supported_messages=supported_messages(offered),
        library_name=library_name,
    )


def _accounts_of(caller: Caller) -> Iterable[Account]:
    """The account of the terminal; before the login, all of them."""
    if caller.account is not None:
        return (caller.account,)
    return caller.entrance.accounts.all()


def _off_line(request: SCStatus, caller: Caller) -> ACSStatus:
    ok = any(each.accept_offline for each in _accounts_of(caller))
    return off_line_status(request, say(Text.NOT_FOR_NOW, caller.words), off_line_ok=ok)


def _version(request: SCStatus) -> float:
    """The terminal's version; anything unreadable is taken for ours."""
    try:
        return float(request.protocol_version)
    except ValueError:
        return 2.0


# The table


class Handler(NamedTuple):
    """How a request is answered, where its work runs, and what proof it needs of the patron."""

    respond: Callable[[Any, Caller, Context], Response]
    lane: Lane
    proof: Proof


HANDLERS: Final[dict[type, Handler]] = {
    Login: Handler(login, Lane.READ, Proof.NONE),
    SCStatus: Handler(sc_status, Lane.READ, Proof.NONE),
    PatronStatusRequest: Handler(patron_status_request, Lane.READ, Proof.OF_VERB),
    BlockPatron: Handler(block, Lane.SHORT_WRITE, Proof.SERVED),
    PatronEnable: Handler(enable, Lane.SHORT_WRITE, Proof.OF_VERB),
    PatronInformation: Handler(patron_information, Lane.READ, Proof.OF_VERB),
    ItemInformation: Handler(item_information, Lane.READ, Proof.NONE),
    ItemStatusUpdate: Handler(item_status_update, Lane.SHORT_WRITE, Proof.NONE),
    Checkout: Handler(checkout, Lane.SHORT_WRITE, Proof.OF_VERB),
    # Returns are taken from everybody; whom the answer names depends on the account.
    Checkin: Handler(checkin, Lane.SHORT_WRITE, Proof.NONE),
    Renew: Handler(renew, Lane.SHORT_WRITE, Proof.OF_VERB),
    RenewAll: Handler(renew_all, Lane.WRITE, Proof.OF_VERB),
    Hold: Handler(hold, Lane.SHORT_WRITE, Proof.OF_VERB),
    FeePaid: Handler(fee_paid, Lane.SHORT_WRITE, Proof.FIRST),
    EndPatronSession: Handler(end_patron_session, Lane.READ, Proof.NONE),
}

_ALWAYS: Final = frozenset({Login, SCStatus})
#: The requests open to each kind of account.
OPEN_TO: Final[dict[AccountKind, frozenset[type]]] = {
    "self-service": frozenset(HANDLERS) - {PatronEnable},
    "desk": frozenset(HANDLERS),
    "sorter": _ALWAYS | {Checkin, ItemInformation},
}

#: The sixteen positions of BX (98): 97 is the session's.
_BX: Final[tuple[type | str, ...]] = (
    PatronStatusRequest,
    Checkout,
    Checkin,
    BlockPatron,
    SCStatus,
    "resend",
    Login,
    PatronInformation,
    EndPatronSession,
    FeePaid,
    ItemInformation,
    ItemStatusUpdate,
    PatronEnable,
    Hold,
    Renew,
    RenewAll,
)


def open_to(account: Account) -> frozenset[type]:
    """The requests that the account may make."""
    return OPEN_TO[account.kind] - account.closed if account.closed else OPEN_TO[account.kind]


def offered_to(accounts: Iterable[Account]) -> frozenset[type]:
    """The requests open to any of these accounts."""
    return _ALWAYS.union(*(open_to(account) for account in accounts))


def supported_messages(offered: frozenset[type]) -> str:
    """BX: Y for each message that is answered."""
    return "".join("Y" if part == "resend" or part in offered else "N" for part in _BX)


# From request to response


def respond(request: Request, caller: Caller, context: Context) -> Response:
    """The response to any request; the negative one if it cannot be dealt with."""
    caller = caller.now(context)
    account = caller.account
    if is_fbs(account) and hasattr(request, "patron_identifier"):
        request.patron_identifier = sent_identifier(request.patron_identifier)
    try:
        kind = type(request)
        if kind not in (open_to(account) if account else _ALWAYS):
            raise Unanswerable(Text.NOT_PERMITTED)
        handler = HANDLERS[kind]
        if handler.proof is Proof.FIRST:
            response = _once_let_in(handler, request, caller, context)
        else:
            response = handler.respond(request, caller, context)
    except Unanswerable as unanswerable:
        text = say(unanswerable.text, caller.words)
        response = failure_response(request, caller.date(context.now), text)
    return _shaped(response, caller)


def _shaped(response: Response, caller: Caller) -> Response:
    """The response as the caller's account wants it."""
    account = caller.account
    if account is not None and account.shaper is not None:
        account.shaper(response)
    return response


def _once_let_in(handler: Handler, request: Any, caller: Caller, context: Context) -> Response:
    """The answer of the handler, or the negative one if the patron has not been let in."""
    place = caller.place(context, request.institution_id)
    known = admitted(request, place, context)
    if not isinstance(known, Refused):
        return handler.respond(request, caller._replace(patron=known), context)
    text, *_ = refusal_messages(known, caller, place.zone)
    response: Any = failure_response(request, local_date(context.now, place.zone), text)
    response.institution_id = place.institution(request.institution_id)
    return cast("Response", response)


def written(
    request: Request, caller: Caller, context: Context, write: Callable[[Response], bytes]
) -> Response | Written:
    """The response, written: one that cannot be written is a fault like any other. The session has
    to see the response to a login itself."""
    response = respond(request, caller, context)
    return response if isinstance(response, LoginResponse) else Written(write(response))


def judged(
    request: Request, caller: Caller, context: Context, write: Callable[[Response], bytes]
) -> Response | Written:
    """The same for an account that judges: what the work would write is undone, and nobody has
    looked at anybody."""
    if not caller.may_write:
        answered = written(request, caller, context, write)
    else:
        answered = context.transaction.undone(lambda: written(request, caller, context, write))
    context.lookups.clear()
    return answered


def _lane_of(request: Request, account: Account | None) -> Lane:
    if isinstance(request, ItemInformation) and account and account.find_on_item_information:
        return Lane.SHORT_WRITE
    if isinstance(request, PatronStatusRequest | PatronInformation):
        if is_to_learn(request, account):
            return Lane.WRITE  # it hashes
        # Without a PIN it writes that the patron was looked at.
        is_noted = not is_pin(request.patron_password) and not (account and account.judges)
        return Lane.SHORT_WRITE if is_noted else Lane.READ
    return HANDLERS[type(request)].lane


def answer(
    services: Services,
    branches: Branches,
    session: Sip2Session,
    request: Request,
    reply: Callable[[Response | Written | NoAnswer], None],
) -> None:
    """Answers a request of `session`: calls `reply` once, at once or later, whatever happens."""
    account, agreed = session.account, session.agreed
    lane = _lane_of(request, account)
    caller = Caller(
        session.settings,
        branches,
        account,
        session.device,
        agreed.language,
        session.entrance,
        lane is not Lane.READ,
    )
    write = agreed.writer()

    def done(response: Any, error: BaseException | None) -> None:
        if error is None:
            reply(response)
            return
        failure = services.open_requests.failure_of(error, repr(request))
        if failure.is_logged:
            kind = type(request).__name__
            log.error("%s: no answer could be found to a %s", session, kind, exc_info=error)
        reply(FAILED[failure](request, caller, services, write))

    if isinstance(request, SCStatus) and services.database.trouble() is not None:
        reply(_not_for_now(request, caller, services, write))
        return
    services.perform(lane, _work_of(request, caller, session, services, write), done)


def _failure(request: Request, text: Text, caller: Caller, services: Services) -> Response:
    date = caller.date(services.clock())
    return _shaped(failure_response(request, date, say(text, caller.words)), caller)


def _not_for_now(
    request: Request, caller: Caller, services: Services, write: Callable[[Response], bytes]
) -> Written:
    """A passing trouble is answered like a fault, but not remembered as the answer."""
    if isinstance(request, SCStatus):
        response: Response = _shaped(_off_line(request, caller), caller)
    else:
        response = _failure(request, Text.NOT_FOR_NOW, caller, services)
    return Written(write(response), is_passing=True)


def _fault(
    request: Request, caller: Caller, services: Services, write: Callable[[Response], bytes]
) -> Response:
    return _failure(request, Text.SYSTEM_FAULT, caller, services)


#: The answer to a request whose work failed. A terminal that gets none sends the request again, on
#: another connection, and then gets the answer that was kept with the work (`handling.once`).
FAILED: Final[dict[Failure, Callable[..., Response | Written | NoAnswer]]] = {
    Failure.PASSING: _not_for_now,
    Failure.UNKNOWN: lambda *_: NO_ANSWER,
    Failure.FAULT: _fault,
}


def _work_of(
    request: Request,
    caller: Caller,
    session: Sip2Session,
    services: Services,
    write: Callable[[Response], bytes],
) -> Callable[[Context], Response | Written]:
    """What is done in the transaction for the request: once, where it may come twice."""
    account, circulation = caller.account, services.circulation
    named = journal_key(request, caller, circulation)
    if named is not None:
        return lambda context: respond_as_followed(request, caller, context, named, respond, write)
    key = known_by(request, caller, session.request_body, circulation)
    if key is not None:
        return lambda context: respond_once(request, caller, context, key, respond, write)
    way = judged if account is not None and account.judges else written
    return lambda context: way(request, caller, context, write)
