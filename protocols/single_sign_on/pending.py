"""What is remembered of a sign-in between the way to the provider and the way back.

It is in a cookie of the browser that began it, sealed under `seal_key`, so that no process needs
to know it and nobody can make one up: who is sent an address with a code of somebody else's sign-in
has no such cookie, or one with another state.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from secrets import token_urlsafe
from typing import Final

from circulation.patrons.seals import Seal, Unreadable

_OWNER: Final = "single sign-on"
LASTS: Final = timedelta(minutes=10)


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


def sealed(pending: Pending, seal: Seal) -> str:
    """For a cookie."""
    return urlsafe_b64encode(seal.sealed(json.dumps(asdict(pending)), _OWNER)).decode()


def opened(cookie: str, seal: Seal, provider: str, now: datetime) -> Pending | None:
    """What the cookie holds; None for one that is not ours, of another provider, or too old."""
    try:
        found = Pending(**json.loads(seal.opened(urlsafe_b64decode(cookie), _OWNER)))
    except (Unreadable, ValueError, TypeError):
        return None
    return found if found.provider == provider and now.timestamp() < found.until else None
