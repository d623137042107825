"""The readings of a text, as words."""

from __future__ import annotations

from catalogue.index.spellings import byte_readings


def fold_readings(text: str) -> list[list[str]]:
    """All readings of a text, as the index holds them, the main reading first."""
    found = byte_readings(text.encode("utf-8", "replace"))
    return [[word.decode() for word in words] for words in found]
