"""Overlaying a record with a newer text of it, except for the fields that are the library's own."""

from __future__ import annotations

import re
from collections.abc import Iterable

from catalogue.marc.iso2709 import build, fields, leader


class Protected:
    """Tags of fields that stay as they are: ``590``, and ``9xx`` or ``59x`` for many at once.

    Raises ValueError for what is no tag.
    """

    def __init__(self, tags: Iterable[str]) -> None:
        self.tags = tuple(tags)
        for tag in self.tags:
            if not re.fullmatch("[0-9A-Za-z.]{3}", tag):
                raise ValueError(f"{tag!r} is no tag: three characters are, x for any")
        patterns = "|".join(re.sub("[xX.]", ".", tag) for tag in self.tags)
        self._matches = re.compile((patterns or "(?!)").encode()).fullmatch

    def __contains__(self, tag: bytes) -> bool:
        return self._matches(tag) is not None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Protected) and self.tags == other.tags

    def __hash__(self) -> int:
        return hash(self.tags)


def overlaid(current: bytes, incoming: bytes, protected: Protected) -> bytes:
    """The incoming record (ISO 2709, stored form) with the protected fields of the current one.

    Protected fields of the incoming one are not taken over: they are another library's. Each of
    the current one's goes before the first field with a higher tag. Gives `current` itself where
    nothing is different but lengths and addresses.
    """
    local = [field for field in fields(current) if field[0] in protected]
    new = [field for field in fields(incoming) if field[0] not in protected]
    for tag, content in local:
        at = next((at for at, field in enumerate(new) if field[0] > tag), len(new))
        new.insert(at, (tag, content))
    made = build(leader(incoming), new)
    if build(leader(current), fields(current)) == made:
        return current
    return incoming if list(fields(incoming)) == new else made
