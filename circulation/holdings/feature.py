"""What this folder joins to the verbs and the daily work."""

from __future__ import annotations

from circulation.kernel.parts import Join, joins

JOINS: tuple[Join, ...] = (
    joins("kernel.schema:SCHEMAS", "schema"),
    joins("kernel.set_up:SET_UP_PARTS", "following:SINKS"),
    joins("kernel.events:FOLLOWERS", "following:FOLLOWER"),
    joins("kernel.jobs:DAILY", "daily:*JOBS"),
)
