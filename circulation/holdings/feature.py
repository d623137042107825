"""What this folder joins to the verbs and the daily work."""

from __future__ import annotations

import circulation.holdings.schema  # noqa: F401  its tables join the schema
from circulation.holdings.following import FOLLOWER, SINKS
from circulation.kernel.events import FOLLOWERS
from circulation.kernel.jobs import DAILY
from circulation.kernel.parts import Join, joins
from circulation.kernel.set_up import SET_UP_PARTS

JOINS: tuple[Join, ...] = (
    joins(SET_UP_PARTS, SINKS),
    joins(FOLLOWERS, FOLLOWER),
    joins(DAILY, "circulation.holdings.daily"),
)
