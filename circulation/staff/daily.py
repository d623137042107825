"""What is done once a day about who is signed in, and who has looked at whom."""

from __future__ import annotations

from datetime import timedelta

from circulation.kernel.jobs import Doing, Job, Step
from circulation.staff.app_tokens import forget_app_tokens
from circulation.staff.ceremonies import forget_challenges
from circulation.staff.desk_sign_ins import forget_desk_sign_ins
from circulation.staff.lookups import forget_lookups
from circulation.staff.print_jobs import forget_print_jobs
from circulation.staff.sessions import forget_sessions
from circulation.staff.wrong_passwords import forget_failures

#: Longer than any session lasts that began with one.
_DESKS_KEPT = timedelta(days=8)


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
    set_up = doing.circulation.current_set_up(doing.transaction)
    return Step({"lines deleted": forget_lookups(doing.transaction, set_up, doing.until)})


JOBS = (
    Job("lookups", "delete old lines of the log of look-ups", _lookups),
    Job("sessions", "delete sessions that are over, forget wrong passwords", _sessions),
)
