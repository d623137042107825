"""What is remembered of a sign-in under way, and what the browser is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from secrets import token_urlsafe
from typing import Final

LASTS: Final = timedelta(minutes=10)
_SAFE: Final = (
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
)


@dataclass(frozen=True)
class Pending:
    """A sign-in under way. What belongs to the browser's desk comes along, as its strict cookies do
    not come with a request that another site has caused."""

    provider: str
    state: str
    nonce: str
    verifier: str
    until: float
    workstation_key: str | None = None
    previous_token: str | None = None


def begun(
    provider: str, now: datetime, workstation_key: str | None, previous_token: str | None
) -> Pending:
    """A sign-in that begins now."""
    until = (now + LASTS).timestamp()
    secrets = (token_urlsafe(24), token_urlsafe(24), token_urlsafe(48))
    return Pending(provider, *secrets, until, workstation_key, previous_token)


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
