"""The brief form of a MARC 21 record: what a list of hits shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

#: The tags of element set B.
BRIEF_TAGS = frozenset(b"001 008 020 022 100 110 111 245 250 260 264 300".split())


def brief_fields(fields: Iterable[tuple[bytes, bytes]]) -> Iterator[tuple[bytes, bytes]]:
    """The fields of element set B, with the 880 fields that hold one of them in another script."""
    for tag, content in fields:
        if tag in BRIEF_TAGS or (
            tag == b"880" and content[2:4] == b"\x1f6" and content[4:7] in BRIEF_TAGS
        ):
            yield tag, content
