"""One-time passwords by the clock: RFC 6238 on RFC 4226, as every authenticator knows them.

Six digits, steps of 30 seconds, HMAC-SHA-1: what authenticators take from a QR code whatever it
says. A code of the step before or after is taken too, since clocks differ.
"""

from __future__ import annotations

import hmac
from base64 import b32encode
from datetime import datetime
from secrets import token_bytes
from typing import Final
from urllib.parse import quote, urlencode

_SECONDS: Final = 30
_DIGITS: Final = 6
_SECRET_BYTES: Final = 20


def new_secret() -> str:
    """32 characters in base 32, as people copy them where no QR code can be read."""
    return b32encode(token_bytes(_SECRET_BYTES)).decode()


def code_at(secret: bytes, step: int) -> str:
    """The code of a step (RFC 4226, 5.3)."""
    digest = hmac.digest(secret, step.to_bytes(8), "sha1")
    start = digest[-1] & 15
    number = int.from_bytes(digest[start : start + 4]) & 0x7FFFFFFF
    return f"{number % 10**_DIGITS:0{_DIGITS}}"


def step_of(secret: bytes, code: str, now: datetime, after: int) -> int | None:
    """The step that the code belongs to; None where it is wrong or not later than `after`.

    `secret` is the octets behind the base 32.
    """
    typed = "".join(code.split())
    present = int(now.timestamp()) // _SECONDS
    found = None
    for step in (present, present - 1, present + 1):  # all of them, so that it takes as long
        expected = code_at(secret, step)
        if hmac.compare_digest(expected.encode(), typed.encode("utf-8", "replace")):
            found = step
    return found if found is not None and found > after else None


def provisioning_uri(secret: str, user_name: str, issuer: str) -> str:
    """What the QR code of an authenticator holds."""
    label = f"{quote(issuer)}:{quote(user_name)}"
    return f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': issuer})}"
