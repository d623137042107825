"""Cookies of this server: what they are called, and how browsers are told to keep them."""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from typing import Final

#: Of a session, and of a registered workstation.
SESSION: Final = "tiro"
WORKSTATION: Final = "tiro-workstation"


def cookie_name(of: str, *, is_secure: bool) -> str:
    """What a cookie is called there: browsers keep one named ``__Host-...`` for a page over TLS and
    for no other host."""
    return f"__Host-{of}" if is_secure else of


def cookie_in(sent: str | None, name: str) -> str | None:
    """What the header ``Cookie`` holds under the name; None for nothing."""
    try:
        found = SimpleCookie(sent or "").get(name)
    except CookieError:
        return None
    return found.value if found is not None and found.value else None


def set_cookie(name: str, value: str, *, seconds: int | None = None, site: str = "Strict") -> str:
    """The header ``Set-Cookie``. `seconds` 0 forgets it, None keeps it until the browser ends."""
    secure = "; Secure" if name.startswith("__Host-") else ""
    age = "" if seconds is None else f"; Max-Age={seconds}"
    return f"{name}={value}; Path=/; HttpOnly; SameSite={site}{secure}{age}"
