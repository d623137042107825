"""When a loan, a renewal or a return may be said to have happened."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select

from catalogue.database import Statement, scalar
from circulation.calendars.due_dates import end_of_day, local_date
from circulation.kernel.act import Act
from circulation.kernel.policy import LoanTerms
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Refusal
from circulation.patrons.schema import patrons

#: The clocks of machines and partners may be ahead of ours by this much.
MAX_CLOCK_LEAD: Final = timedelta(minutes=10)


@scalar(str)
def find_patron_category(*, patron_id: int) -> Statement:
    """Return the category of a patron."""
    return select(patrons.c.category).where(patrons.c.id == patron_id)


def date_refusals(
    act: Act,
    happened: datetime | None,
    terms: LoanTerms,
    timezone: str,
    noted: datetime | None = None,
) -> list[Refusal]:
    """Return why the rules do not accept an act dated `happened`, reported now or at `noted`.

    A desk that follows another system is exempt: that system has accepted the date.
    """
    if happened is None or act.desk.follows:
        return []
    reported = noted or act.now
    if happened > reported + MAX_CLOCK_LEAD:
        return [Refusal(Reason.DATE_IN_FUTURE)]
    last_refused = local_date(reported, timezone) - timedelta(days=terms.backdate_days + 1)
    if happened <= end_of_day(last_refused, timezone):
        return [Refusal(Reason.DATE_TOO_OLD, limit=terms.backdate_days)]
    return []
