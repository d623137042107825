"""The jobs that are done once a day, by name, in the order in which they are run."""

from __future__ import annotations

from typing import Final

import circulation.assembly  # noqa: F401  features bring their jobs
from circulation.kernel.jobs import DAILY, Job

_ORDER: Final = (
    "off-line",
    "renewals",
    "holds",
    "recalls",
    "dunning",
    "reminders",
    "warnings",
    "collection",
    "debts",
    "bookings",
    "placements",
    "unfillable-holds",
    "notices",
    "old-notices",
    "statistics",
    "history",
    "closed-holds",
    "blocks",
    "pins",
    "lookups",
    "sessions",
    "patron-search",
    "wishes",
    "owners",
    "registries",
    "partners",
    "interlibrary",
    "exchanges",
    "replies",
    "holdings",
)

_BY_NAME: Final = {job.name: job for job in DAILY}
JOBS: Final[dict[str, Job]] = {name: _BY_NAME[name] for name in _ORDER if name in _BY_NAME}
