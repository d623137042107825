"""What is done once a day about holds."""

from __future__ import annotations

from circulation.holds.expiry import AT_MOST, expire_holds
from circulation.holds.purge import purge_holds
from circulation.holds.recalls import recall_for_holds_that_begin
from circulation.kernel.jobs import Doing, Job, Step


def _holds(doing: Doing) -> Step:
    ended = len(expire_holds(doing.act._replace(now=doing.until)))
    return Step({"holds ended": ended}, 0 if ended == AT_MOST else None)


def _recalls(doing: Doing) -> Step:
    set_up = doing.circulation.current_set_up(doing.transaction)
    recalled, goes_on = recall_for_holds_that_begin(
        doing.act, set_up, day=doing.day, after=doing.after
    )
    return Step({"loans recalled": len(recalled)}, goes_on)


def _closed_holds(doing: Doing) -> Step:
    purged, is_more = purge_holds(doing.transaction, doing.until)
    return Step({"holds deleted": purged}, 0 if is_more else None)


JOBS = (
    Job("holds", "end holds whose interest period is over", _holds),
    Job("recalls", "recall loans for holds that begin", _recalls),
    Job("closed-holds", "delete holds that ended some weeks ago", _closed_holds),
)
