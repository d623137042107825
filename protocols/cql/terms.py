"""A search term of CQL: its masks, anchors and backslashes (CQL 1.2, "Masking" and "Anchoring").

``*`` stands for any number of characters, ``?`` for one, ``^`` at an end for the beginning or end
of the field; a backslash takes the meaning from any of these, from a quote and from itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from catalogue.query import Truncation
from protocols.cql.diagnostics import Refused, Srw

_PART: Final = re.compile(r"\\(.?)|([*?^])|([^\\*?^]+)", re.DOTALL)
_ESCAPABLE: Final = frozenset('*?"^\\')
#: Literal characters that would be masks to `catalogue.query`.
_LITERAL: Final = str.maketrans({"*": r"\*", "?": r"\?", "\\": r"\\"})


@dataclass(frozen=True, slots=True)
class Pattern:
    """A term as the catalogue wants it. `text` has no backslashes except those of
    `Truncation.MASKED`. `is_first` and `is_last` are the anchors; `is_anything`: the term was
    nothing but a ``*``.
    """

    text: str
    truncation: Truncation | None = None
    is_first: bool = False
    is_last: bool = False
    is_anything: bool = False


def pattern_of(term: str, *, is_masked: bool = True) -> Pattern:
    """What a term means; without `is_masked`, masks are ordinary characters. Raises Refused."""
    if not is_masked:
        return Pattern(term)
    if "\\" not in term and "*" not in term and "?" not in term and "^" not in term:
        return Pattern(term)
    parts: list[tuple[str, bool]] = []
    is_first = is_last = False
    for match in _PART.finditer(term):
        escaped, mask, plain = match.groups()
        if plain:
            parts.append((plain, False))
        elif mask == "^":
            is_first = is_first or match.start() == 0
            is_last = is_last or match.end() == len(term)
            if match.start() > 0 and match.end() < len(term):
                raise Refused(Srw.ANCHOR_POSITION, str(match.start()))
        elif mask:
            parts.append((mask, True))
        elif escaped and escaped in _ESCAPABLE:
            parts.append((escaped, False))
        else:
            raise Refused(Srw.ESCAPED_NEEDLESSLY, escaped or "\\")
    text, truncation = _truncated(parts)
    is_anything = bool(parts) and all(part == ("*", True) for part in parts)
    return Pattern(text, truncation, is_first, is_last, is_anything)


def _truncated(parts: list[tuple[str, bool]]) -> tuple[str, Truncation | None]:
    """The text with its open ends, or the masked text."""
    masks = [at for at, (_, is_mask) in enumerate(parts) if is_mask]
    if not masks:
        return "".join(text for text, _ in parts), None
    ends = {0, len(parts) - 1}
    if len(parts) > len(masks) and all(parts[at][0] == "*" and at in ends for at in masks):
        text = "".join(text for text, is_mask in parts if not is_mask)
        if len(masks) == 2:
            return text, Truncation.BOTH
        return text, Truncation.LEFT if masks == [0] else Truncation.RIGHT
    masked = "".join(text if is_mask else text.translate(_LITERAL) for text, is_mask in parts)
    return masked, Truncation.MASKED
