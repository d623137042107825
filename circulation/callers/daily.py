"""What is done once a day about callers."""

from __future__ import annotations

from datetime import timedelta

from circulation.callers.machine_refusals import forget_machine_refusals
from circulation.callers.replies import forget_replies
from circulation.callers.taking_registries import take_all
from circulation.kernel.jobs import Doing, Job, Step

#: How long answers are kept for who asks again: far longer than any machine tries, and as long as
#: a desk may be without its line.
REPLY_HOURS = 24


def _replies(doing: Doing) -> Step:
    deleted, is_more = forget_replies(doing.transaction, doing.until - timedelta(hours=REPLY_HOURS))
    forgotten = forget_machine_refusals(doing.transaction, now=doing.until)
    counts = {"answers deleted": deleted, "refusals of machines forgotten": forgotten}
    return Step(counts, 0 if is_more else None)


def _registries(doing: Doing) -> Step:
    done = take_all(doing.act)
    counts = {
        "partners added": done.added,
        "partners changed": done.changed,
        "partners gone": done.gone,
        "rows set aside": done.set_aside,
        "registries not taken in": done.refused,
    }
    return Step(counts)


JOBS = (
    Job("registries", "take in the partners of registries from their files", _registries),
    Job("replies", "delete answers kept for machines that ask again", _replies),
)
