"""What is done once a day about who is signed in."""

from __future__ import annotations

from circulation.kernel.jobs import Doing, Job, Step
from circulation.staff.sessions import forget_sessions
from circulation.staff.wrong_passwords import forget_failures


def _sessions(doing: Doing) -> Step:
    return Step(
        {
            "sessions deleted": forget_sessions(doing.transaction, now=doing.until),
            "tries forgotten": forget_failures(doing.transaction, now=doing.until),
        }
    )


JOBS = (
    Job(
        "sessions",
        "delete sessions that are over, forget wrong passwords",
        _sessions,
    ),
)
