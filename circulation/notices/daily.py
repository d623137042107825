"""What is done once a day about notices."""

from __future__ import annotations

from circulation.digital_post.receipts import forget_unknown_receipts
from circulation.kernel.jobs import Doing, Job, Step
from circulation.notices.dated import DATED, notices_of_day
from circulation.notices.gathering import gather
from circulation.notices.privacy import forget_incoming_texts, forget_old_notices
from circulation.notices.unfillable import tell_of_unfillable

#: Room for any id below the number of the part.
_PLACE = 63


def _unfillable(doing: Doing) -> Step:
    told, goes_on = tell_of_unfillable(doing.act, after=doing.after)
    return Step({"notices": told}, goes_on)


def _notices(doing: Doing) -> Step:
    """First notices of what has happened, then of what is near: `after` says how far the job has
    come."""
    which, place = doing.after >> _PLACE, doing.after & ((1 << _PLACE) - 1)
    if which == 0:
        made, more = gather(doing.act, after=place)
    else:
        made, more = notices_of_day(doing.act, which=DATED[which - 1], day=doing.day, after=place)
    goes_on = (which + 1) << _PLACE if which < len(DATED) else None
    if more is not None:
        goes_on = which << _PLACE | more
    return Step({"notices": made}, goes_on)


def _old_notices(doing: Doing) -> Step:
    set_up = doing.circulation.current_set_up(doing.transaction)
    cut, goes_on = forget_old_notices(
        doing.transaction, set_up, until=doing.until, after=doing.after
    )
    texts = 0 if goes_on else forget_incoming_texts(doing.transaction, doing.until)
    receipts = 0 if goes_on else forget_unknown_receipts(doing.transaction, doing.until)
    counts = {"notices anonymised": cut, "texts deleted": texts, "receipts deleted": receipts}
    return Step(counts, goes_on)


JOBS = (
    Job("unfillable-holds", "tell who waits for what no copy can fill", _unfillable),
    Job("notices", "make messages of what has happened, and of what is near", _notices),
    Job("old-notices", "forget what old messages said", _old_notices),
)
