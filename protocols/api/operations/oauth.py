"""OAuth 2.0: programs in their own name, apps in the name of whoever has agreed.

Errors are those of RFC 6749, and no problems; who calls often is slowed down as ever.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any, Final

from circulation.kernel.results import UNATTENDED
from circulation.kernel.rights import Principal
from circulation.languages.installed import language as language_called
from circulation.languages.sentences import Sentence, said_in
from circulation.staff.app_access import Proof, Tokens, refresh, revoke_token, take_code
from circulation.staff.apps import (
    AppError,
    Wish,
    agree,
    app_asking,
    mistake_in,
    scope_of,
    way_back,
)
from circulation.staff.programs import Program, access_token
from circulation.staff.results import NotSignedIn
from circulation.staff.sessions import end_session, session_of
from protocols.api.messages import FORM, JSON, Answer
from protocols.api.models.oauth import (
    AccessToken,
    Authorization,
    AuthorizationRequest,
    Consent,
    Nothing,
    OAuthError,
    RevocationRequest,
    TokenRequest,
    WayBack,
)
from protocols.api.operation import Caller, Operation, Request, get, post
from protocols.api.operations.passkeys import site_of
from protocols.api.problems import Outcome, Problem, sign_in_reason
from protocols.hosting.answering import Context, Lane

#: Ways to a token (RFC 6749), as the metadata (RFC 8414) list them.
GRANTS: Final = ("authorization_code", "refresh_token", "client_credentials")
_CODE, _REFRESH, _CLIENT = GRANTS


def give_token(
    request: Request[TokenRequest, None], principal: Principal, context: Context
) -> Answer:
    """Gives an access token: to a program for its client id and secret (RFC 6749, 4.4), with all
    of its rights; to an app for a code and its verifier (4.1.3, RFC 7636), or for a refresh token
    (6). A code or refresh token that comes twice ends all that was given for it."""
    form = request.body
    client_id, secret = _client(request, form.client_id, form.client_secret)
    act, host = context.act(UNATTENDED), request.asked.host
    if form.grant_type == _CLIENT:
        return _to_program(request, client_id, secret, context)
    answer: Tokens | AppError
    if form.grant_type == _CODE:
        proof = Proof(client_id, secret, form.code, form.redirect_uri, form.code_verifier)
        answer = take_code(act, proof, host)
    elif form.grant_type == _REFRESH:
        answer = refresh(act, Proof(client_id, secret, form.refresh_token, scope=form.scope), host)
    elif not form.grant_type:
        missing = Sentence("AT", path="grant_type", text=Sentence("IS_MISSING"))
        return oauth_error("invalid_request", missing, request.language)
    else:
        either = Sentence("MUST", what=Sentence("EITHER", words=GRANTS))
        wrong = Sentence("AT", path="grant_type", text=either)
        return oauth_error("unsupported_grant_type", wrong, request.language)
    if isinstance(answer, AppError):
        return _refused(answer, request.language)
    seconds = int((answer.access.session.ends - context.now).total_seconds())
    return _token(answer.access.token, seconds, answer.scope, answer.refresh)


def _to_program(
    request: Request[TokenRequest, None], client_id: str, secret: str, context: Context
) -> Answer:
    act, language = context.act(UNATTENDED), request.language
    answer = access_token(act, client_id, secret, request.asked.host)
    if isinstance(answer, NotSignedIn):
        why = sign_in_reason(answer.refusal, language).text
        return oauth_error("invalid_client", why, language, 401)
    session = answer.session
    rights = " ".join(sorted(each.value for each in session.principal.grants))
    if set(request.body.scope.split()) - set(rights.split()):
        end_session(context.transaction, answer.token)
        its = Sentence("PROGRAM_RIGHTS", rights=rights)
        its = its if rights else Sentence("PROGRAM_WITHOUT_RIGHTS")
        return oauth_error("invalid_scope", its, language)
    return _token(answer.token, int((session.ends - context.now).total_seconds()), rights)


def _token(token: str, seconds: int, scope: str, refresh_token: str = "") -> Answer:
    said = {"access_token": token, "token_type": "Bearer", "expires_in": seconds, "scope": scope}
    if refresh_token:
        said["refresh_token"] = refresh_token
    return Answer(200, json.dumps(said).encode(), JSON)


def revoke_token_of(
    request: Request[RevocationRequest, None], principal: Principal, context: Context
) -> Answer:
    """Ends a token (RFC 7009): a refresh token with all that belongs to it, or an access token.
    One that is none is nothing to be told of."""
    form = request.body
    client_id, secret = _client(request, form.client_id, form.client_secret)
    error = revoke_token(context.act(UNATTENDED), client_id, secret, form.token)
    return Answer(200, b"{}", JSON) if error is None else _refused(error, request.language)


def show_authorization(
    request: Request[None, AuthorizationRequest], principal: Principal, context: Context
) -> Authorization:
    """What an app asks for, for the page on which somebody agrees to it. An app or an address that
    is not registered gets no answer: nobody is sent there."""
    wish = Wish(**request.query.model_dump())
    app = _asking(wish, context)
    mistake = mistake_in(app, wish)
    scope = () if mistake else tuple(scope_of(app, wish).split())
    redirect = None if mistake is None else _away(request, context, wish, error=mistake.name)
    return Authorization(app.name, app.acts_for or "", scope, redirect)


def answer_app(request: Request[Consent, None], principal: Principal, context: Context) -> WayBack:
    """Agrees to what an app asks for, or not: gives the address to which the browser goes."""
    wish = Wish(**request.body.asked.model_dump())
    app = _asking(wish, context)
    session = session_of(context.circulation, context.transaction, request.token, context.now)
    if principal.kind.value != app.acts_for or session is None or session.is_limited:
        raise Problem(Outcome.CONFLICT, f"this is for {app.acts_for}, signed in in full")
    mistake = mistake_in(app, wish)
    if mistake is None and not request.body.agreed:
        mistake = AppError.access_denied
    if mistake is not None:
        return WayBack(_away(request, context, wish, error=mistake.name))
    code = agree(context.act(principal.desk), principal, app, wish)
    return WayBack(_away(request, context, wish, code=code))


def _asking(wish: Wish, context: Context) -> Program:
    app = app_asking(context.transaction, wish, context.now)
    if app is None:
        raise Problem(Outcome.NOT_FOUND, "there is no such app, or it is not at that address")
    return app


def _away(request: Request[Any, Any], context: Context, wish: Wish, **said: str) -> str:
    """The way back, which names who answers (RFC 9207)."""
    return way_back(wish, **said, iss=site_of(request, context).address)


def _client(request: Request[Any, Any], client_id: str, secret: str) -> tuple[str, str]:
    """Who says to be the client, in the form or as HTTP Basic (RFC 6749, 2.3.1); what cannot be
    read is nobody's."""
    header = request.asked.header("authorization")
    if header is None:
        return client_id, secret
    try:
        text = base64.b64decode(header.partition(" ")[2].strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    name, _, secret = text.partition(":")
    return name, secret


def _refused(error: AppError, language: str) -> Answer:
    text = language_called(language).words.pgettext("app error", error.name)
    status = 401 if error is AppError.invalid_client else 400
    return oauth_error(error.name, text, language, status)


def oauth_error(error: str, description: str, language: str, status: int = 400) -> Answer:
    """Return an error of RFC 6749 (5.2). Its description is in the language of the request, so it
    may have letters outside ASCII, which JSON escapes."""
    said = json.dumps({"error": error, "error_description": said_in(language, description)})
    challenge = (("WWW-Authenticate", 'Basic realm="tiro"'),) if status == 401 else ()
    headers = (("Content-Language", language), *challenge)
    return Answer(status, said.encode(), JSON, headers)


def _form(path: str, summary: str, handler: Any, answer: Any, body: Any) -> Operation:
    return post(
        path,
        summary,
        handler,
        answer,
        body=body,
        tag="sessions",
        caller=Caller.ANYBODY,
        lane=Lane.WRITE,
        is_once=False,
        media_type=FORM,
        other_answers=((400, OAuthError), (401, OAuthError)),
    )


OPERATIONS: Final[tuple[Operation, ...]] = (
    _form("/oauth/token", "An access token", give_token, AccessToken, TokenRequest),
    _form("/oauth/revoke", "End a token", revoke_token_of, Nothing, RevocationRequest),
    get(
        "/oauth/authorization",
        "What an app asks for",
        show_authorization,
        Authorization,
        query=AuthorizationRequest,
        tag="account",
        caller=Caller.ANYBODY,
        outcomes=(Outcome.NOT_FOUND, Outcome.CONFLICT),
    ),
    post(
        "/oauth/authorization",
        "Agree to what an app asks for",
        answer_app,
        WayBack,
        body=Consent,
        tag="account",
        caller=Caller.SIGNED_IN,
        lane=Lane.WRITE,
        is_once=False,
        outcomes=(Outcome.NOT_FOUND, Outcome.CONFLICT),
    ),
)
