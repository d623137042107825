"""Languages: words, and how dates and amounts are written. Each is a folder of texts."""

from __future__ import annotations

from typing import Final

#: The catalogue of a language: a folder that has one is a language.
MESSAGES: Final = "messages.po"
