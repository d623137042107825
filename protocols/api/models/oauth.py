"""OAuth 2.0: what programs and apps ask for and get. Names are those of the RFCs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from circulation.staff.allowed_apps import AllowedApp
from protocols.api.models.common import Request

#: RFC 6749, appendix A: characters that can be seen, and blanks. Together they are short enough for
#: a line of HTTP in any case.
_VISIBLE = "^[ -~]*$"
_Short = Annotated[str, Field(max_length=200, pattern=_VISIBLE)]
_Address = Annotated[str, Field(max_length=2_000, pattern=_VISIBLE)]
_Scope = Annotated[str, Field(max_length=1_000, pattern=_VISIBLE)]
_Token = Annotated[str, Field(max_length=500, pattern=_VISIBLE)]


class _Form(BaseModel):
    """What it does not know is passed over (RFC 6749, 3.1 and 3.2)."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class TokenRequest(_Form):
    """RFC 6749, 4.4.2: a program asks for an access token; 4.1.3 and 6, RFC 7636, 4.5: an app does,
    for a code or a refresh token."""

    grant_type: Annotated[str, Field(max_length=100)] = ""
    client_id: _Short = ""
    client_secret: _Token = ""
    scope: _Scope = ""
    code: _Token = ""
    redirect_uri: _Address = ""
    code_verifier: _Short = ""
    refresh_token: _Token = ""


class RevocationRequest(_Form):
    """RFC 7009, 2.1."""

    token: _Token = ""
    token_type_hint: _Short = ""
    client_id: _Short = ""
    client_secret: _Token = ""


class AuthorizationRequest(_Form):
    """RFC 6749, 4.1.1, and RFC 7636, 4.3."""

    client_id: _Short = ""
    redirect_uri: _Address = ""
    response_type: _Short = ""
    scope: _Scope = ""
    state: _Scope = ""
    code_challenge: _Short = ""
    code_challenge_method: _Short = ""


class Consent(Request):
    """What an app has asked for, and whether whoever is signed in agrees to it."""

    agreed: bool
    asked: AuthorizationRequest


@dataclass(frozen=True, slots=True)
class Authorization:
    """What an app asks for, in the name of `acts_for`: staff, or patrons. `scope` are rights, or
    `self`. `redirect` is where the browser goes at once, if the app has made a mistake."""

    app: str
    acts_for: str
    scope: tuple[str, ...]
    redirect: str | None


@dataclass(frozen=True, slots=True)
class WayBack:
    """Where the browser goes now, with a code or an error for the app."""

    redirect: str


@dataclass(frozen=True, slots=True)
class AccessToken:
    """RFC 6749, 5.1. Apps get a `refresh_token`, which takes the place of the one before."""

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int
    scope: str
    refresh_token: str = ""


@dataclass(frozen=True, slots=True)
class App:
    """An app that may work in somebody's name. `scope` are rights, or `self`; `ends` is when it has
    to ask again; `used` when it was last seen, where that is known."""

    id: str
    name: str
    scope: tuple[str, ...]
    ends: datetime
    used: datetime | None


@dataclass(frozen=True, slots=True)
class Apps:
    """Those of somebody, by name."""

    apps: tuple[App, ...]


def apps_shown(apps: Iterable[AllowedApp]) -> Apps:
    return Apps(tuple(App(str(each.id), *each[1:]) for each in apps))


@dataclass(frozen=True, slots=True)
class Nothing:
    """An object without members."""


@dataclass(frozen=True, slots=True)
class OAuthError:
    """RFC 6749, 5.2."""

    error: Literal[
        "invalid_request",
        "invalid_client",
        "invalid_grant",
        "unauthorized_client",
        "unsupported_grant_type",
        "invalid_scope",
    ]
    error_description: str
