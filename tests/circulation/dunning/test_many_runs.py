"""Two processes that run the jobs of one day at once: every step is done by one of them."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from catalogue.database import open_database
from circulation.jobs.running import run_job
from tests.builders.circulation import Library, a_library, a_patron
from tests.builders.dunning import danish, kinds, run_day
from tests.builders.fees import amounts, hand_in, lend

JOBS = ("dunning", "reminders")


def test_two_at_once_tell_and_bill_once(database_url: str) -> None:
    first, second = open_database(database_url), open_database(database_url)
    library = a_library(first)
    other = Library(second, library.main, library.other)
    danish(library)
    cards = [a_patron(library) for _ in range(6)]
    books = {card: lend(library, card, 3) for card in cards}
    start = library.now
    counted: Counter[str] = Counter()
    with ThreadPoolExecutor(2) as pool:
        for day in (25, 29, 36, 43, 60, 75):
            now = start + timedelta(days=day)
            running = [
                pool.submit(run_job, each.circulation, each.database, job, day=now.date(), now=now)
                for job in JOBS
                for each in (library, other)
            ]
            for each in running:
                counted.update(each.result().counts)
    told = ["due_soon"] * 3 + ["overdue"] * 6 + ["recall"] * 3 + ["bill", "reminder"]
    for card in cards:
        assert kinds(library, card) == told
        assert len(amounts(library, card)) == 4
        library.now = start + timedelta(days=76)
        hand_in(library, *books[card])
        assert amounts(library, card) == [23_000]
    assert counted["loans billed"] == 18
    assert run_day(library, None, *JOBS) == {}
    first.close()
    second.close()
