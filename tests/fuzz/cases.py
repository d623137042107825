"""Inputs that fuzzing found and that were a fault once: each stays what it is now."""

from __future__ import annotations

from typing import Final

#: By parser: what was fed.
CASES: Final[dict[str, tuple[bytes, ...]]] = {
    "moving": (b"<e>\xc3</e>",),  # XML that is not in its encoding
}
