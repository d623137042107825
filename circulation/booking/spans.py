"""How many days lists of bookings look ahead."""

from __future__ import annotations

from typing import Final

#: The longest stretch of a calendar that is shown at once.
MOST_DAYS: Final = 400
#: How long before a branch's days of preparation begin a booking is on its picking list.
DAYS_AHEAD: Final = 3
