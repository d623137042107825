"""Addresses to which a browser is sent back to an app, with a code (RFC 8252, 7; RFC 9700, 4.1)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from circulation.languages.sentences import Sentence

_LOOPBACK: Final = re.compile(r"http://(127\.0\.0\.1|\[::1\])(:\d{1,5})?(?=[/?]|\Z)")


def problems_of_redirects(redirect_uris: Sequence[str]) -> list[Sentence]:
    """What is wrong with those that an app is to be registered with, a sentence each."""
    return [
        Sentence("NO_REDIRECT", address=each) for each in redirect_uris if not _is_address(each)
    ]


def is_registered(redirect_uris: Sequence[str], asked: str) -> bool:
    """Is it one of them, letter by letter? On the same machine any port will do (RFC 8252, 7.3)."""
    if asked in redirect_uris:
        return True
    bare = _without_port(asked)
    return bare is not None and bare in map(_without_port, redirect_uris)


def _is_address(text: str) -> bool:
    if not text.isascii() or not text.isprintable() or re.search(r"[\s#\\]", text):
        return False
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    if parts.scheme == "https":
        return bool(parts.hostname) and "@" not in parts.netloc
    return _LOOPBACK.match(text) is not None or "." in parts.scheme


def _without_port(text: str) -> tuple[str, str] | None:
    found = _LOOPBACK.match(text)
    return None if found is None else (found[1], text[found.end() :])
