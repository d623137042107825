"""Signing in and out: staff, patrons, programs."""

from __future__ import annotations

from typing import Final

from circulation.kernel.results import UNATTENDED, Refused
from circulation.kernel.rights import Principal, Right
from circulation.languages.sentences import Sentence
from circulation.staff.ceremonies import NoPasskeys, Shown
from circulation.staff.results import NotSignedIn, SignedIn, SignInRefusal
from circulation.staff.sessions import Session as Known
from circulation.staff.sessions import end_session as end
from circulation.staff.sessions import session_of
from circulation.staff.signing_in import (
    Arrival,
    Credentials,
    sign_in,
    sign_in_by_passkey,
    sign_in_patron,
)
from circulation.staff.taking_over import take_over
from protocols.api.authentication import (
    CHALLENGE,
    cookie_in,
    cookie_name,
    set_cookie,
)
from protocols.api.messages import Reply
from protocols.api.models.answers import branch_shown
from protocols.api.models.sessions import (
    PatronSignIn,
    Session,
    SignIn,
)
from protocols.api.operation import Caller, Operation, Plain, Request, get, post
from protocols.api.operations.passkeys import no_passkeys, site_of
from protocols.api.operations.this_browser import WORKSTATION_SECONDS
from protocols.api.problems import Outcome, Problem, malformed, refused, sign_in_reason
from protocols.api.signing_in import account_shown
from protocols.hosting.answering import Context, Lane
from protocols.hosting.cookies import WORKSTATION


def log_in(
    request: Request[SignIn, None], principal: Principal, context: Context
) -> Reply | Problem:
    """Signs somebody of the staff in. Browsers get a cookie; others may ask for a token."""
    wish, asked = request.body, request.asked
    name = _cookie_or_none(wish.give, request)
    try:
        answer = _shown_by(request, context)
    except NoPasskeys as error:
        raise no_passkeys(error) from None
    if isinstance(answer, NotSignedIn):
        return _not_let_in(answer, request.language)
    reply = _signed_in(answer, name, context)
    desk = cookie_name(asked, WORKSTATION)
    is_known = answer.session.workstation_id is not None
    if wish.workstation_key is not None and desk is not None and is_known:
        kept = set_cookie(desk, wish.workstation_key, WORKSTATION_SECONDS)
        reply = reply._replace(headers=(*reply.headers, kept))
    return reply


def _shown_by(request: Request[SignIn, None], context: Context) -> SignedIn | NotSignedIn:
    """By a password, or by a passkey or PIN alone. Raises Problem where none was given."""
    wish, asked, act = request.body, request.asked, context.act(UNATTENDED)
    key = wish.workstation_key or cookie_in(asked, WORKSTATION)
    previous = cookie_in(asked) if wish.give == "cookie" else None
    passkey = None if wish.passkey is None else Shown(wish.passkey, site_of(request, context))
    if wish.name is None and wish.password is None and passkey is not None:
        return sign_in_by_passkey(act, passkey, Arrival(asked.host, key, previous))
    if wish.name is not None and wish.pin is not None and wish.password is None:
        return take_over(act, wish.name, wish.pin, Arrival(asked.host, key, previous))
    if wish.name is None or wish.password is None:
        field = "name" if wish.name is None else "password"
        raise malformed(field, "missing", Sentence("NAME_AND_PASSWORD"))
    given = Credentials(wish.name, wish.password, asked.host, wish.code, key, previous, passkey)
    return sign_in(act, given)


def _cookie_or_none(give: str, request: Request[SignIn, None] | Request[PatronSignIn, None]) -> str:
    """What the cookie is called; empty where a token is wanted. Raises Problem."""
    if give == "token":
        return ""
    name = cookie_name(request.asked)
    if name is None:
        raise Problem(Outcome.CONFLICT, Sentence("COOKIE_NEEDS_TLS"))
    return name


def _not_let_in(answer: NotSignedIn, language: str) -> Problem:
    why = sign_in_reason(answer.refusal, language)
    if answer.refusal is SignInRefusal.MUST_WAIT:
        headers = (("Retry-After", "900"),)
        return Problem(Outcome.TOO_MANY_REQUESTS, why.text, headers=headers)
    return Problem(Outcome.SIGN_IN_REFUSED, reasons=(why,), headers=CHALLENGE)


def _signed_in(answer: SignedIn, cookie: str, context: Context) -> Reply:
    shown = _session(answer.session, context, None if cookie else answer.token)
    headers = (set_cookie(cookie, answer.token),) if cookie else ()
    return Reply(shown, 201, (*headers, ("Location", "/api/v1/sessions/current")))


def _session(session: Known, context: Context, token: str | None = None) -> Session:
    principal = session.principal
    branch = context.circulation.current_set_up(context.transaction).branches.get(
        principal.branch_id
    )
    return Session(
        principal.kind.value,
        principal.name,
        account_shown(principal, context),
        None if branch is None else branch_shown(branch),
        principal.device,
        tuple(sorted(each.value for each in principal.grants)),
        principal.limit(Right.WAIVE_FEES),
        session.language,
        session.is_limited,
        session.ends,
        session.workstation_id is not None,
        token,
    )


def log_in_patron(
    request: Request[PatronSignIn, None], principal: Principal, context: Context
) -> Reply | Problem:
    """Signs a patron in, to what is theirs."""
    wish = request.body
    name = _cookie_or_none(wish.give, request)
    answer = sign_in_patron(
        context.act(UNATTENDED), card=wish.card.strip(), pin=wish.pin, address=request.asked.host
    )
    if isinstance(answer, Refused):
        said = refused(answer, principal, request.language)
        return Problem(Outcome.SIGN_IN_REFUSED, reasons=said.reasons, headers=CHALLENGE)
    return _signed_in(answer, name, context)


def show_session(request: Plain, principal: Principal, context: Context) -> Session:
    """Who is signed in, what they may do at all, and until when."""
    session = session_of(context.circulation, context.transaction, request.token, context.now)
    if session is None:  # it has ended just now
        raise Problem(Outcome.NOT_SIGNED_IN, headers=CHALLENGE)
    return _session(session, context)


def log_out(request: Plain, principal: Principal, context: Context) -> Reply:
    """Ends the session."""
    end(context.transaction, request.token)
    name = cookie_name(request.asked)
    headers = (set_cookie(name, "", 0),) if name is not None else ()
    return Reply(None, 204, headers)


OPERATIONS: Final[tuple[Operation, ...]] = (
    post(
        "/sessions",
        "Sign in",
        log_in,
        Session,
        body=SignIn,
        tag="sessions",
        caller=Caller.ANYBODY,
        lane=Lane.WRITE,
        is_once=False,
        sets_cookie=True,
        status=201,
        outcomes=(Outcome.SIGN_IN_REFUSED, Outcome.CONFLICT),
    ),
    get(
        "/sessions/current",
        "Who is signed in",
        show_session,
        Session,
        tag="sessions",
        caller=Caller.SIGNED_IN,
    ),
    Operation(
        method="DELETE",
        path="/sessions/current",
        summary="Sign out",
        handler=log_out,
        tag="sessions",
        caller=Caller.SIGNED_IN,
        lane=Lane.SHORT_WRITE,
        status=204,
    ),
    post(
        "/self/sessions",
        "Sign in as a patron",
        log_in_patron,
        Session,
        body=PatronSignIn,
        tag="sessions",
        caller=Caller.ANYBODY,
        lane=Lane.WRITE,
        is_once=False,
        sets_cookie=True,
        status=201,
        outcomes=(Outcome.SIGN_IN_REFUSED, Outcome.CONFLICT),
    ),
)
