"""Notices of days: told on their day, once, and made up for where the job was not run."""

from __future__ import annotations

from datetime import date, timedelta

from circulation.jobs.running import run_job
from circulation.notices.kinds import NoticeKind
from tests.builders.circulation import Library, a_patron
from tests.builders.notices import EMAIL, rule, sent


def run(library: Library) -> int:
    day = library.today
    ran = run_job(library.circulation, library.database, "notices", day=day, now=library.now)
    return ran.counts["notices"]


def test_a_card_that_will_end_is_told_on_its_day_and_once(library: Library) -> None:
    rule(library, "email", kind=NoticeKind.CARD_EXPIRING, days=30)
    a_patron(library, email=EMAIL, expires=date(2026, 12, 31))
    library.now += timedelta(days=date(2026, 11, 30).toordinal() - library.now.toordinal())
    assert run(library) == 0
    library.pass_time(days=1)
    assert [run(library), run(library)] == [1, 0]
    (message,) = sent(library)
    assert message.kind is NoticeKind.CARD_EXPIRING
    library.pass_time(days=1)
    assert run(library) == 0


def test_what_was_missed_is_made_up_for_but_not_for_ever(sqlite_library: Library) -> None:
    library = sqlite_library
    rule(library, "email", kind=NoticeKind.CARD_EXPIRING, days=30)
    first = library.today
    a_patron(library, email=EMAIL, expires=first + timedelta(days=25))  # missed for 5 days
    a_patron(library, email=EMAIL, expires=first + timedelta(days=20))  # for 10
    assert run(library) == 1
