"""What is remembered of a sign-in between the way to the provider and the way back.

It is in a cookie of the browser that began it, sealed under `seal_key`, so that no process needs
to know it and nobody can make one up: who is sent an address with a code of somebody else's sign-in
has no such cookie, or one with another state.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import asdict
from datetime import datetime
from typing import Final

from circulation.patrons.seals import Seal, Unreadable
from protocols.single_sign_on.messages import Pending

_OWNER: Final = "single sign-on"


def sealed(pending: Pending, seal: Seal) -> str:
    """For a cookie."""
    said = {name: value for name, value in asdict(pending).items() if value is not None}
    return urlsafe_b64encode(seal.sealed(json.dumps(said), _OWNER)).decode()


def opened(cookie: str, seal: Seal, provider: str, now: datetime) -> Pending | None:
    """What the cookie holds; None for one that is not ours, of another provider, or too old."""
    try:
        found = Pending(**json.loads(seal.opened(urlsafe_b64decode(cookie), _OWNER)))
    except (Unreadable, ValueError, TypeError):
        return None
    return found if found.provider == provider and now.timestamp() < found.until else None
