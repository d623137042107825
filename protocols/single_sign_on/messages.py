"""What is remembered of a sign-in under way, and what the browser is told."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from http import HTTPStatus
from secrets import token_urlsafe
from typing import Final

LASTS: Final = timedelta(minutes=10)
#: A path and query of this server, short enough for a cookie: never ``//host`` or ``/\\host``.
_PATH: Final = re.compile(r"/(?![/\\])[!-\[\]-~]{0,1500}")
_SAFE: Final = (
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
)


class Word(Enum):
    """What the pages say, by its name in ``messages.po`` (context ``sign-on``)."""

    SIGNED_IN = "SIGNED_IN"
    GO_ON = "GO_ON"
    NOT_SIGNED_IN = "NOT_SIGNED_IN"
    BACK = "BACK"
    NO_ACCOUNT = "NO_ACCOUNT"
    NO_ROLE = "NO_ROLE"
    NO_SECOND_FACTOR = "NO_SECOND_FACTOR"
    STRANGE = "STRANGE"
    NOT_VOUCHED = "NOT_VOUCHED"
    DENIED = "DENIED"
    UNREACHABLE = "UNREACHABLE"
    MISCONFIGURED = "MISCONFIGURED"
    NOT_SET_UP = "NOT_SET_UP"
    PROVIDER_SAYS = "PROVIDER_SAYS"


@dataclass(frozen=True)
class Pending:
    """A sign-in under way. What belongs to the browser's desk comes along, as its strict cookies do
    not come with a request that another site has caused. `then` is the path where they go on."""

    provider: str
    state: str
    nonce: str
    verifier: str
    until: float
    workstation_key: str | None = None
    previous_token: str | None = None
    then: str | None = None


def begun(
    provider: str,
    now: datetime,
    workstation_key: str | None,
    previous_token: str | None,
    then: str | None,
) -> Pending:
    """A sign-in that begins now. A `then` that is no path on this server is left out."""
    until = (now + LASTS).timestamp()
    secrets = (token_urlsafe(24), token_urlsafe(24), token_urlsafe(48))
    way = then if then is not None and _PATH.fullmatch(then) else None
    return Pending(provider, *secrets, until, workstation_key, previous_token, way)


@dataclass(frozen=True)
class Answer:
    """What the browser is told; `headers` besides those of the text and of safety."""

    status: HTTPStatus
    text: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    kind: str = "text/html"

    @property
    def all_headers(self) -> tuple[tuple[str, str], ...]:
        return (("Content-Type", f"{self.kind}; charset=utf-8"), *_SAFE, *self.headers)
