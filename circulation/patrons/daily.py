"""What is done once a day about patrons."""

from __future__ import annotations

from circulation.kernel.jobs import Doing, Job, Step
from circulation.patrons.blocks import MAX_ENDED, end_blocks
from circulation.patrons.pin_rules import forget_old_failures
from circulation.patrons.search_words import index_missing


def _pins(doing: Doing) -> Step:
    return Step({"tries forgotten": forget_old_failures(doing.transaction, doing.until)})


def _search(doing: Doing) -> Step:
    indexed, goes_on = index_missing(doing.transaction, doing.after)
    return Step({"patrons indexed": indexed}, goes_on)


def _blocks(doing: Doing) -> Step:
    ended = end_blocks(doing.act, doing.day)
    return Step({"blocks lifted": ended}, 0 if ended == MAX_ENDED else None)


JOBS = (
    Job("blocks", "lift blocks that have come to their day", _blocks),
    Job("pins", "forget wrong PINs that count no more", _pins),
    Job("patron-search", "make what patrons are searched by, where it is missing", _search),
)
