"""The table: every call in every version, where it is and what it shows.

One more version of a call is one line in `rows`: its path, its shape and, where there is one, its
body.
"""

from __future__ import annotations

from typing import Final

from protocols.fbs.calls import Call
from protocols.fbs.rows import lending, library, patrons

CALLS: Final[tuple[Call, ...]] = (*library.CALLS, *patrons.CALLS, *lending.CALLS)
