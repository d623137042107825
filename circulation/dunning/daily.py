"""What is done once a day about what is owed."""

from __future__ import annotations

from circulation.dunning.claims import follow_charges
from circulation.dunning.debt_steps import run_debts
from circulation.dunning.loan_steps import run_loans
from circulation.dunning.warnings import warn_debts
from circulation.fees.debts import block_warned
from circulation.kernel.jobs import Doing, Job, Step
from circulation.notices.reach import reached_at


def _debts(doing: Doing) -> Step:
    set_up = doing.circulation.current_set_up(doing.transaction)
    blocked, goes_on = block_warned(
        doing.act._replace(now=doing.until), set_up, reached_at, after=doing.after
    )
    return Step({"patrons blocked": len(blocked)}, goes_on)


def _collection(doing: Doing) -> Step:
    changed, withdrawn, goes_on = follow_charges(doing.act, doing.after)
    return Step({"claims changed": changed, "claims withdrawn": withdrawn}, goes_on)


JOBS = (
    Job("dunning", "tell of loans that are due soon or overdue, and bill them", run_loans),
    Job("reminders", "remind of what is owed, and hand it over for collection", run_debts),
    Job("warnings", "warn who will be blocked for what they owe", warn_debts),
    Job("collection", "bring claims up to date with what was paid or returned", _collection),
    Job("debts", "block who was warned of a debt and owes it still", _debts),
)
