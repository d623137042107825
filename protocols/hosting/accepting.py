"""What a browser says that it would rather have."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from circulation.languages.installed import default_language, nearest, tags

_QUALITY: Final = re.compile(r"\s*;\s*q\s*=\s*")
_MOST: Final = 20


def language_of(accept: str | None, among: tuple[str, ...] | None = None) -> str:
    """The first of the languages asked for that there is (RFC 9110 12.5.4), of all or `among`
    some; the default one where there is none."""
    return accepted_language(accept, among) or default_language()


def accepted_language(accept: str | None, among: tuple[str, ...] | None = None) -> str | None:
    """Return the installed language that is preferred; None where the header names none of them.

    Some clients send ``*`` where no language was chosen.
    """
    return _first(accept or "", tags() if among is None else among)


@lru_cache(maxsize=256)
def _first(accept: str, among: tuple[str, ...]) -> str | None:
    wanted = []
    for position, each in enumerate(accept.split(",")[:_MOST]):
        tag, *rest = _QUALITY.split(each.strip(), maxsplit=1)
        try:
            quality = float(rest[0]) if rest else 1.0
        except ValueError:
            quality = 0.0
        if tag and quality > 0:
            wanted.append((-quality, position, tag))
    found = (nearest(tag) for _, _, tag in sorted(wanted) if tag != "*")
    return next((each for each in found if each in among), None)
