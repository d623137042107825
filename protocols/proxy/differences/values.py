"""Values as they can be compared, however a system writes them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from typing import Any, Final

_FORMS: Final = (
    re.compile(r"(?P<y>[0-9]{4})-?(?P<m>[0-9]{2})-?(?P<d>[0-9]{2})"),
    re.compile(r"(?P<d>[0-9]{1,2})[./-](?P<m>[0-9]{1,2})[./-](?P<y>[0-9]{4})"),
)
_NO_WORD: Final = re.compile(r"[\W_]+")


def day_of(text: str) -> date | None:
    """The day in ``20261224    235900``, ``2026-12-24 23:59`` or ``24.12.2026``; None if it is
    none."""
    for form in _FORMS:
        found = form.match(text.strip())
        if found is not None:
            try:
                return date(int(found["y"]), int(found["m"]), int(found["d"]))
            except ValueError:
                return None
    return None


def listed(lines: Iterable[str] | None) -> frozenset[str]:
    """The items that lines of a list name: their barcodes, where a line says more (``%``)."""
    return frozenset(
        each.partition("%")[0].strip().casefold() for each in lines or () if each.strip()
    )


def folded(value: Any) -> str:
    """Words without case, accents, punctuation and blanks."""
    text = "".join(map(str, value)) if isinstance(value, tuple) else str(value or "")
    plain = unicodedata.normalize("NFKD", text.casefold())
    return _NO_WORD.sub("", "".join(each for each in plain if not unicodedata.combining(each)))
