"""What is done once a day about patrons."""

from __future__ import annotations

from circulation.kernel.jobs import Doing, Job, Step
from circulation.patrons.pin_rules import forget_old_failures


def _pins(doing: Doing) -> Step:
    return Step({"tries forgotten": forget_old_failures(doing.transaction, doing.until)})


JOBS = (Job("pins", "forget wrong PINs that count no more", _pins),)
