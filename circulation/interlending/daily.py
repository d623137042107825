"""What is done once a day about interlibrary loans."""

from __future__ import annotations

from circulation.interlending.exchanges import forget_exchanges
from circulation.interlending.lists import clear_up, tell_overdue
from circulation.kernel.jobs import Doing, Job, Step


def _exchanges(doing: Doing) -> Step:
    deleted, is_more = forget_exchanges(doing.transaction, doing.until)
    return Step({"exchanges deleted": deleted}, 0 if is_more else None)


def _temporary_items(doing: Doing) -> Step:
    gone, goes_on = clear_up(doing.act, after=doing.after)
    return Step({"items removed": gone}, goes_on)


def _overdue(doing: Doing) -> Step:
    told, goes_on = tell_overdue(doing.act, doing.until, after=doing.after)
    return Step({"libraries told": told}, goes_on)


JOBS = (
    Job("partners", "tell other libraries what they have on loan too long", _overdue),
    Job(
        "interlibrary",
        "take away what was borrowed elsewhere and had to stay for what was owed",
        _temporary_items,
    ),
    Job("exchanges", "delete what was kept of exchanges with partners", _exchanges),
)
