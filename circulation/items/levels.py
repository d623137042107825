"""What the parts of a place within a branch are called."""

from __future__ import annotations

from typing import Final

#: The widest first.
LEVELS: Final = ("department", "location", "sublocation", "section")
