"""What is done once a day about who is signed in, and who has looked at whom."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import and_, delete, not_, or_, select

from catalogue.database import Statement, change
from catalogue.schema import branches
from circulation.kernel.jobs import Doing, Job, Step
from circulation.staff.app_tokens import forget_app_tokens
from circulation.staff.ceremonies import forget_challenges
from circulation.staff.desk_sign_ins import forget_desk_sign_ins
from circulation.staff.lookup_log import lookups
from circulation.staff.print_jobs import forget_print_jobs
from circulation.staff.sessions import forget_sessions
from circulation.staff.settings import STAFF_RULES, USUAL
from circulation.staff.wrong_passwords import forget_failures

#: Longer than any session lasts that began with one.
_DESKS_KEPT = timedelta(days=8)


@change
def _forget_lookups(*, agency_id: int, before: datetime) -> Statement:
    here = select(branches.c.id).where(branches.c.agency_id == agency_id)
    return delete(lookups).where(lookups.c.at < before, lookups.c.branch_id.in_(here))


@change
def _forget_lookups_elsewhere(*, before: datetime) -> Statement:
    """At no branch, or at one that is there no more."""
    known = lookups.c.branch_id.in_(select(branches.c.id))
    at_none = or_(lookups.c.branch_id.is_(None), not_(known))
    return delete(lookups).where(and_(lookups.c.at < before, at_none))


def _sessions(doing: Doing) -> Step:
    forget_desk_sign_ins(doing.transaction, before=doing.until - _DESKS_KEPT)
    return Step(
        {
            "sessions deleted": forget_sessions(doing.transaction, now=doing.until),
            "tries forgotten": forget_failures(doing.transaction, now=doing.until),
            "tokens of apps deleted": forget_app_tokens(doing.transaction, now=doing.until),
            "challenges forgotten": forget_challenges(doing.transaction, now=doing.until),
            "print jobs forgotten": forget_print_jobs(doing.transaction, now=doing.until),
        }
    )


def _lookups(doing: Doing) -> Step:
    """Lines go that each agency keeps no longer."""
    transaction, until = doing.transaction, doing.until
    set_up = doing.circulation.current_set_up(transaction)
    said = STAFF_RULES.of(set_up)
    forgotten = _forget_lookups_elsewhere(
        transaction, before=until - timedelta(days=USUAL.lookup_days)
    )
    for agency_id in {each.agency_id for each in set_up.branches.values()}:
        kept = timedelta(days=said.get(agency_id, USUAL).lookup_days)
        forgotten += _forget_lookups(transaction, agency_id=agency_id, before=until - kept)
    return Step({"lines deleted": forgotten})


JOBS = (
    Job("lookups", "delete old lines of the log of look-ups", _lookups),
    Job("sessions", "delete sessions that are over, forget wrong passwords", _sessions),
)
