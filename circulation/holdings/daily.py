"""What is done once a day about holdings that others are told of."""

from __future__ import annotations

from circulation.holdings.reconciling import reconcile
from circulation.kernel.jobs import Doing, Job, Step


def _compare(doing: Doing) -> Step:
    compared, told_again, goes_on = reconcile(doing.act, doing.after)
    return Step({"records compared": compared, "records told again": told_again}, goes_on)


JOBS = (Job("holdings", "compare what data wells were told with what there is", _compare),)
