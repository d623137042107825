"""Apps: programs that work in somebody's name, with their consent (OAuth 2.0, code with PKCE).

An app is a program with addresses to come back to (`circulation.staff.programs`). It is public: its
secret, if it can keep one, is asked for where it shows one. It gets a code for the browser of
whoever has agreed, and for the code, with the verifier that only it knows, an access token of an
hour and a refresh token that is another one after each use.
"""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from enum import Enum, auto
from secrets import token_bytes
from typing import Final, NamedTuple
from urllib.parse import urlencode, urlsplit

from catalogue.database import Transaction
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.kernel.rights import Kind, Principal
from circulation.staff.app_tokens import Consent, new_code
from circulation.staff.programs import Program, program_with
from circulation.staff.redirects import is_registered
from circulation.staff.settings import staff_settings_of

#: The one scope of apps for patrons: what stands under ``/self``.
SELF: Final = "self"
_CODE_LASTS: Final = timedelta(minutes=1)
PATRON_CONSENT_LASTS: Final = timedelta(days=90)
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}")


class AppError(Enum):
    """What RFC 6749 (4.1.2.1, 5.2) calls it. People read the sentence of its name, of the context
    "app error"."""

    invalid_request = auto()
    unsupported_response_type = auto()
    invalid_scope = auto()
    access_denied = auto()
    invalid_client = auto()
    invalid_grant = auto()
    unauthorized_client = auto()


class Wish(NamedTuple):
    """What an app asks for (RFC 6749, 4.1.1; RFC 7636, 4.3)."""

    client_id: str
    redirect_uri: str
    response_type: str
    scope: str
    state: str
    code_challenge: str
    code_challenge_method: str


def app_asking(transaction: Transaction, wish: Wish, now: datetime) -> Program | None:
    """The app, if the browser may be sent back to where it says. Else None, and nobody is sent
    anywhere (RFC 9700, 4.11)."""
    app = program_with(transaction, client_id=wish.client_id)
    if app is None or not app.is_app_at(now):
        return None
    return app if is_registered(app.ways_back, wish.redirect_uri) else None


def mistake_in(app: Program, wish: Wish) -> AppError | None:
    """What the app is told in the browser's way back."""
    if wish.response_type != "code":
        return AppError.unsupported_response_type
    if wish.code_challenge_method != "S256" or not _CHALLENGE.fullmatch(wish.code_challenge):
        return AppError.invalid_request
    return None if set(wish.scope.split()) <= offered(app) else AppError.invalid_scope


def offered(app: Program) -> frozenset[str]:
    """The scopes that the app may ask for: rights, or with patrons `SELF`."""
    return frozenset({SELF} if app.acts_for == Kind.PATRON.value else json.loads(app.rights))


def scope_of(app: Program, wish: Wish) -> str:
    """What it asks for; all that it may, where it does not say."""
    return " ".join(sorted(wish.scope.split() or offered(app)))


def agree(act: Act, by: Principal, app: Program, wish: Wish) -> str:
    """A code for the app, which the browser takes there.

    `app_asking` and `mistake_in` have nothing against it, and `by` is of the kind that it is for.
    """
    assert by.id is not None
    is_staff = by.kind is Kind.STAFF
    settings = staff_settings_of(act.circulation.current_set_up(act.transaction), by.agency_id)
    lasts = timedelta(hours=settings.session_hours) if is_staff else PATRON_CONSENT_LASTS
    consent = Consent(
        token_bytes(16),
        app.id,
        by.id if is_staff else None,
        None if is_staff else by.id,
        scope_of(app, wish),
        act.now + lasts,
    )
    asked = wish.redirect_uri, wish.code_challenge
    code = new_code(act.transaction, consent, asked, act.now, _CODE_LASTS)
    told = {"program": app.name, "scope": consent.scope}
    append_event(act, NewEvent(EventKind.APP_AGREED_TO, patron_id=consent.patron_id, after=told))
    return code


def way_back(wish: Wish, **said: str) -> str:
    """The redirect URI with an answer, and the app's own state (RFC 6749, 4.1.2)."""
    answer = said | ({"state": wish.state} if wish.state else {})
    mark = "&" if urlsplit(wish.redirect_uri).query else "?"
    return f"{wish.redirect_uri}{mark}{urlencode(answer)}"
