"""What is done once a day about interlibrary loans."""

from __future__ import annotations

from circulation.interlending.exchanges import forget_exchanges
from circulation.interlending.lists import clear_up, tell_overdue
from circulation.interlending.silence import chase, remind
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


def _wishes(doing: Doing) -> Step:
    done, goes_on = chase(doing.act, doing.until, after=doing.after)
    return Step(
        {
            "libraries asked how far they are": done.asked,
            "silent libraries": done.silent,
            "wishes in vain": done.in_vain,
        },
        goes_on,
    )


def _owners(doing: Doing) -> Step:
    reminded, goes_on = remind(doing.act, doing.until, after=doing.after)
    return Step({"staff reminded": reminded}, goes_on)


JOBS = (
    Job("partners", "tell other libraries what they have on loan too long", _overdue),
    Job("wishes", "ask libraries that are silent how far they are, then the next", _wishes),
    Job("owners", "remind staff of what other libraries want back soon", _owners),
    Job(
        "interlibrary",
        "take away what was borrowed elsewhere and had to stay for what was owed",
        _temporary_items,
    ),
    Job("exchanges", "delete what was kept of exchanges with partners", _exchanges),
)
