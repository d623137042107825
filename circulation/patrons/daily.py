"""What is done once a day about patrons."""

from __future__ import annotations

from datetime import timedelta

from circulation.kernel.jobs import Doing, Job, Step
from circulation.patrons.access_log import forget_accesses
from circulation.patrons.pin_rules import forget_old_failures

#: How long the log of who looked at patrons is kept.
ACCESS_LOG_DAYS = 365


def _pins(doing: Doing) -> Step:
    return Step({"tries forgotten": forget_old_failures(doing.transaction, doing.until)})


def _access_log(doing: Doing) -> Step:
    before = doing.until - timedelta(days=ACCESS_LOG_DAYS)
    return Step({"lines deleted": forget_accesses(doing.transaction, before=before)})


JOBS = (
    Job("pins", "forget wrong PINs that count no more", _pins),
    Job("access-log", "delete old lines of the access log", _access_log),
)
