"""What an app gets in somebody's name: for a code, and again for a refresh token."""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from typing import Final, NamedTuple

from sqlalchemy import func, select

from catalogue.database import Statement, Transaction, scalar_one
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.kernel.schema import events
from circulation.staff.accounts import account_of
from circulation.staff.app_tokens import (
    KeptToken,
    end_family,
    kept_token,
    new_refresh_token,
    use_token,
)
from circulation.staff.apps import PATRON_CONSENT_LASTS, AppError
from circulation.staff.programs import Program, has_secret, program_with
from circulation.staff.results import SignedIn
from circulation.staff.sessions import NewSession, begin_session, end_session, session_of

_ACCESS_LASTS: Final = timedelta(hours=1)
_VERIFIER: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}")


class Proof(NamedTuple):
    """What an app shows for a token: a code with its redirect URI and verifier, or a refresh token.
    `secret` is empty where it has shown none."""

    client_id: str
    secret: str
    token: str
    redirect_uri: str = ""
    verifier: str = ""
    scope: str = ""


class Tokens(NamedTuple):
    """What it gets; neither stands anywhere else."""

    access: SignedIn
    refresh: str
    scope: str


@scalar_one(int)
def _new_pins(*, patron_id: int | None, since: datetime) -> Statement:
    """How many the patron has got since."""
    its = events.c
    kind = EventKind.PIN_CHANGED.value
    newer = its.patron_id == patron_id, its.kind == kind, its.at > since
    return select(func.count()).where(*newer)


def has_new_pin(transaction: Transaction, patron_id: int | None, ends: datetime) -> bool:
    """Has the patron got another PIN since they agreed to what `ends` then? Whoever had the old one
    may have agreed, so that nothing is got for it any more."""
    since = ends - PATRON_CONSENT_LASTS
    return _new_pins(transaction, patron_id=patron_id, since=since) > 0


def take_code(act: Act, proof: Proof, address: str) -> Tokens | AppError:
    """Tokens for a code. One that was taken before ends all that it has led to."""
    kept = _taken(act, proof)
    if isinstance(kept, AppError):
        return kept
    digest = sha256(proof.verifier.encode("utf-8", "surrogatepass")).digest()
    challenge = urlsafe_b64encode(digest).rstrip(b"=").decode()
    is_theirs = (
        kept.challenge is not None
        and kept.redirect_uri == proof.redirect_uri
        and _VERIFIER.fullmatch(proof.verifier) is not None
        and compare_digest(challenge, kept.challenge)
    )
    return _given(act, kept, kept.scope, address) if is_theirs else AppError.invalid_grant


def refresh(act: Act, proof: Proof, address: str) -> Tokens | AppError:
    """New tokens for a refresh token, perhaps with less scope. One that was taken before ends all
    that its consent has led to."""
    kept = _taken(act, proof)
    if isinstance(kept, AppError):
        return kept
    if kept.challenge is not None:
        return AppError.invalid_grant
    wanted = set(proof.scope.split())
    if wanted - set(kept.scope.split()):
        return AppError.invalid_scope
    return _given(act, kept, " ".join(sorted(wanted)) or kept.scope, address)


def revoke_token(act: Act, client_id: str, secret: str, token: str) -> AppError | None:
    """Ends a refresh token with all that belongs to it, or an access token (RFC 7009). Of a token
    that is none, or another's, nothing is told."""
    program = program_with(act.transaction, client_id=client_id)
    if program is None or not _is_client(act, program, secret):
        return AppError.invalid_client
    kept = kept_token(act.transaction, token)
    if kept is not None and kept.program_id == program.id:
        end_family(act.transaction, kept.family)
    session = session_of(act.circulation, act.transaction, token, act.now)
    if session is not None and session.program_id == program.id:
        end_session(act.transaction, token)
    return None


def _is_client(act: Act, program: Program, secret: str) -> bool:
    """An app may keep no secret; one that is shown must be its own."""
    if not secret:
        return program.acts_for is not None
    return has_secret(act.transaction, program, secret)


def _taken(act: Act, proof: Proof) -> KeptToken | AppError:
    """The code or refresh token, which nobody can take again."""
    app = program_with(act.transaction, client_id=proof.client_id)
    if app is None or not app.is_app_at(act.now) or not _is_client(act, app, proof.secret):
        return AppError.invalid_client
    kept = kept_token(act.transaction, proof.token)
    if kept is None or kept.program_id != app.id:
        return AppError.invalid_grant
    if not use_token(act.transaction, kept, act.now):
        end_family(act.transaction, kept.family)
        told = {"program": app.name, "why": "a code or token came twice"}
        append_event(act, NewEvent(EventKind.APP_CUT_OFF, patron_id=kept.patron_id, after=told))
        return AppError.invalid_grant
    return kept if kept.expires > act.now else AppError.invalid_grant


def _given(act: Act, kept: KeptToken, scope: str, address: str) -> Tokens | AppError:
    if kept.staff_id is not None:
        account = account_of(act.transaction, staff_id=kept.staff_id)
        if account is None or account.disabled is not None:
            return AppError.invalid_grant
    elif has_new_pin(act.transaction, kept.patron_id, kept.ends):
        return AppError.invalid_grant
    new = NewSession(
        methods="app",
        address=address,
        expires=min(act.now + _ACCESS_LASTS, kept.ends),
        idle_minutes=None,
        staff_id=kept.staff_id,
        patron_id=kept.patron_id,
        program_id=kept.program_id,
        scope=scope,
        family=kept.family,
    )
    token = begin_session(act.transaction, new, act.now)
    session = session_of(act.circulation, act.transaction, token, act.now)
    assert session is not None
    return Tokens(SignedIn(token, session), new_refresh_token(act.transaction, kept.consent), scope)
