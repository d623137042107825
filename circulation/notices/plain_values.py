"""Values as templates are given them: words on one line, whoever has written them.

Names come from patrons, titles from records of anybody. What begins a new line, ends a text for the
machine on the way, or makes words run backwards over their neighbours (Trojan Source, UTS 55) would
let them say something in the library's name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

#: The only value that has lines of its own: what somebody of the staff writes.
LINES: Final = "text"
_BREAKS: Final = re.compile("[\r\n\t\v\f\x1c-\x1e\x85\u2028\u2029]+")
#: Control characters, lone surrogates, what overrides or embeds a direction, and byte order marks.
#: Marks of a direction (U+200E, U+200F, U+061C) stay: names in Arabic and Hebrew need them.
_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0e-\x1b\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufeff]"
)


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """The same values without what is no word."""
    return {name: _plain(value, has_lines=name == LINES) for name, value in values.items()}


def _plain(value: Any, *, has_lines: bool = False) -> Any:
    if isinstance(value, str):
        return one_line(value) if not has_lines else _lines(value)
    if isinstance(value, Mapping):
        return plain(value)
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value


def one_line(text: str) -> str:
    """The words of a text on one line."""
    return _UNSEEN.sub("", _BREAKS.sub(" ", text))


def _lines(text: str) -> str:
    return "\n".join(map(one_line, text.splitlines()))
