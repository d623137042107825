"""Who asks: a session's cookie, a bearer token, or in a demo a name and password.

A cookie goes along with whatever a browser sends, so a request that changes something with one must
come from a page of this host: `Sec-Fetch-Site` says so, or else `Origin`.
"""

from __future__ import annotations

import base64
import binascii
from enum import Enum
from typing import Final, NamedTuple

from protocols.api.messages import Asked
from protocols.api.problems import Outcome, Problem
from protocols.api.settings import ApiSettings
from protocols.hosting import cookies
from protocols.hosting.networks import LOOPBACK, is_within

_FORWARDED: Final = (
    *("forwarded", "via", "x-real-ip"),
    *("x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"),
)
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
CHALLENGE: Final = (("WWW-Authenticate", 'Bearer realm="tiro"'),)


class How(Enum):
    """How callers show who they are."""

    COOKIE = "cookie"
    TOKEN = "token"  # noqa: S105
    PASSWORD = "password"  # noqa: S105


class Credential(NamedTuple):
    """What was shown: `secret` is the token, or with `name` the password."""

    how: How
    secret: str
    name: str = ""


def is_loopback(asked: Asked) -> bool:
    return is_within(LOOPBACK, asked.host)


def cookie_name(asked: Asked, of: str = cookies.SESSION) -> str | None:
    """What the cookie of a session, or another, is called here; None where it would go over the net
    in clear."""
    is_secure = asked.is_secure or asked.header("x-forwarded-proto") == "https"
    return cookies.cookie_name(of, is_secure=is_secure) if is_secure or is_loopback(asked) else None


def credential_of(asked: Asked, settings: ApiSettings) -> Credential | None:
    """What a request shows; None for nothing. Raises Problem where that cannot be taken."""
    authorization = asked.header("authorization")
    if authorization is not None:
        scheme, _, rest = authorization.strip().partition(" ")
        if scheme.lower() == "bearer" and rest.strip():
            return Credential(How.TOKEN, rest.strip())
        if scheme.lower() == "basic" and settings.basic_authentication:
            return _basic(asked, rest.strip())
        raise Problem(Outcome.NOT_SIGNED_IN, headers=CHALLENGE)
    token = cookie_in(asked)
    if token is None:
        return None
    if asked.method not in SAFE and not is_same_origin(asked):
        raise Problem(Outcome.OTHER_ORIGIN)
    return Credential(How.COOKIE, token)


def cookie_in(asked: Asked, of: str = cookies.SESSION) -> str | None:
    """What the cookie of a session, or another, holds."""
    name = cookie_name(asked, of)
    return None if name is None else cookies.cookie_in(asked.header("cookie"), name)


def _basic(asked: Asked, encoded: str) -> Credential:
    try:
        name, separator, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        name = separator = password = ""
    if not separator or any(asked.header(each) is not None for each in _FORWARDED):
        raise Problem(Outcome.NOT_SIGNED_IN, headers=CHALLENGE)
    return Credential(How.PASSWORD, password, name)


def must_be_same_origin(asked: Asked) -> None:
    """Raises Problem where a browser says that a page of another host asks."""
    says = asked.header("sec-fetch-site") is not None or asked.header("origin") is not None
    if says and not is_same_origin(asked):
        raise Problem(Outcome.OTHER_ORIGIN)


def set_cookie(name: str, token: str, seconds: int | None = None) -> tuple[str, str]:
    """The header that has a browser keep it; `seconds` 0 forgets it, None keeps it until the
    browser ends."""
    return "Set-Cookie", cookies.set_cookie(name, token, seconds=seconds)


def is_same_origin(asked: Asked) -> bool:
    """Does the browser say that a page of this very host has asked?"""
    site = asked.header("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = asked.header("origin")
    if origin is None:
        return False
    scheme, _, host = origin.partition("://")
    return scheme in ("http", "https") and host == asked.header("host")
