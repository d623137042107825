"""Does what a library has done, or what a patron has, make anything slower that is done today?

    python -m tests.bench.bench_years [LOANS [OPEN]]     (1,000,000 loans that are over; 500 open)

Two libraries have the same items and patrons: one was opened five weeks ago, the other has lent for
ten years: loans that are over, two events for each, a message for every tenth. And in both a patron
has so many open loans beside one with a page of them. All of that is asked in turns; what counts is
the lower quartile, on SQLite of the processor's time, on PostgreSQL of the clock's, where most is
the server's. At the end the oldest five years are moved out (`tests.bench.bench_moving_out`).
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from catalogue.database import Transaction
from circulation.accounts.history import ended_loans
from circulation.accounts.loans import LoanPage, patron_loans
from circulation.accounts.status import patron_status
from circulation.holds.changing import cancel_hold
from circulation.holds.placing import place_holds
from circulation.holds.results import HoldsPlaced
from circulation.holds.wishes import HoldWish, Wanted
from circulation.kernel.act import Act
from circulation.kernel.results import Refused
from circulation.loans.lending import check_out
from circulation.loans.privacy import cut_old_history
from circulation.loans.renewals import renew
from circulation.loans.returns import check_in
from circulation.loans.statistics import count_day
from circulation.loans.today import day_of_branch
from circulation.loans.wishes import LoanWish, RenewalWish
from circulation.notices.log import queue
from circulation.notices.outcomes import claim_again, take_up_abandoned
from circulation.notices.post import Post
from circulation.patrons.personal_export import export_person
from tests.bench import bench_moving_out
from tests.bench.bench_circulation_growth import databases
from tests.bench.filling import cyclic, fill
from tests.builders.circulation import Library, a_library

ITEMS, PATRONS = 60_000, 12_000
#: Days for which the two libraries have lent.
LATELY, DAYS = 35, 3_650
TURNS: Final = 40
#: Rows of one transaction.
_AT_ONCE: Final = 500_000
#: What was done last, in the evening of the day before.
_LAST: Final = int(datetime(2026, 11, 24, 20, tzinfo=UTC).timestamp())
_MOMENT: Final = {
    "sqlite": "strftime('%Y-%m-%dT%H:%M:%S.000000+00:00', {seconds}, 'unixepoch')",
    "postgresql": "to_timestamp({seconds})",
}
#: The patrons with no open loan, with many, and with a page of them.
LIGHT, HEAVY, FEW = "P7", "P8", "P9"
PAGE: Final = 10

Operation = Callable[[Act], object]


def a_town(library: Library, loans: int, days: int, many: int) -> None:
    """So many loans that were over after so many days, and those that are open today."""
    before_the_last = f"(CAST({loans} - i AS bigint) * {days} * 86400 / {loans})"
    seconds = f"({_LAST} - {before_the_last})"
    reader = cyclic("i", PATRONS // 2, PATRONS // 2)
    words: dict[str, object] = {
        "record": cyclic("i", PATRONS),
        "branch": library.main.id,
        "agency": library.main.agency_id,
        "borrower": f"CASE WHEN i <= {many} THEN {HEAVY[1:]} WHEN i <= {many + PAGE} THEN {FEW[1:]}"
        f" ELSE {cyclic('i', 5_000, 1_000)} END",
        "lender": library.main.id,
        "item": cyclic("i", ITEMS),
        # Whose a loan was is known for some weeks.
        "reader": f"CASE WHEN {before_the_last} < 28 * 86400 THEN {reader} END",
        "at": _MOMENT[library.database.dialect].format(seconds=seconds),
    }
    rows = {"records": PATRONS, "items": ITEMS, "patrons": PATRONS, "patron_identifiers": PATRONS}
    rows |= {"loans": ITEMS // 10, "ended_loans": loans, "lending_events": loans}
    for table, count in (rows | {"old_messages": loans // 10}).items():
        for first in range(1, count + 1, _AT_ONCE):
            numbers = range(first, min(first + _AT_ONCE, count + 1))
            library.write(partial(fill, table=table, numbers=numbers, words=words))
    if library.database.dialect == "postgresql":  # as it does itself in time
        library.write(lambda transaction: transaction.execute("ANALYZE", ()))


def verbs(card: str, turn: int) -> dict[str, Operation]:
    """A loan and what follows, each of an item of its own."""
    own = int(card[1:])
    item, title = f"I{own + turn * 10}", [Wanted(10_000 + own + turn * 10)]
    holds: list[int] = []

    def place(act: Act) -> HoldsPlaced | Refused:
        answer = place_holds(act, HoldWish(card, title))
        if isinstance(answer, HoldsPlaced):
            holds.extend(each.hold.id for each in answer.holds)
        return answer

    later = timedelta(days=3)
    return {
        "check-out": lambda act: check_out(act, LoanWish(patron=card, item=item)),
        "renewal": lambda act: renew(act._replace(now=act.now + later), RenewalWish(card, item)),
        "check-in": lambda act: check_in(act, item=item),
        "hold placed": place,
        "hold cancelled": lambda act: cancel_hold(act, patron=card, hold_id=holds[-1]),
        "status of the patron": lambda act: patron_status(act, patron=card),
        "first page of loans": lambda act: patron_loans(
            act, patron=card, page=LoanPage(limit=PAGE)
        ),
    }


def of_the_library(library: Library) -> dict[str, Operation]:
    """What is asked of the library, and done beside lending."""
    day, post = library.today - timedelta(1), Post()
    return {
        "loans that are over": lambda act: ended_loans(
            act.transaction, patron_id=int(LIGHT[1:]), after=None, limit=20
        ),
        "all on a person": lambda act: export_person(act.transaction, int(LIGHT[1:])),
        "statistics of a day": lambda act: count_day(act.transaction, day),
        "a day at the branch": lambda act: day_of_branch(act.transaction, library.main, day),
        "messages for staff": lambda act: queue(act.transaction, now=act.now),
        "a turn of the sender": lambda act: (
            take_up_abandoned(act.transaction, post, now=act.now),
            claim_again(act, post),
        ),
        "cutting old loans": lambda act: cut_old_history(act.transaction, day, act.now),
    }


def cost(library: Library, operation: Operation) -> float:
    """Microseconds of one operation, without its commit."""
    clock = time.thread_time if library.database.dialect == "sqlite" else time.perf_counter
    spent = 0.0

    def work(transaction: Transaction) -> None:
        nonlocal spent
        act, begun = library.act(transaction), clock()
        answer = operation(act)
        spent = clock() - begun
        assert not isinstance(answer, Refused), answer

    library.write(work)
    return spent * 1e6


Found = dict[str, list[list[float]]]


def told(found: Found, names: Sequence[str]) -> None:
    for name, columns in found.items():
        quick = [statistics.quantiles(each, n=4)[0] for each in columns]
        shown = "".join(f"{each:10.0f}" for each in quick)
        print(f"  {name:22}{shown}  {quick[-1] / quick[0]:5.2f}", flush=True)
    print(f"  us, lower quartiles: {' and '.join(names)}, and the latter to the former")


def in_turns(operations: Sequence[tuple[Library, Mapping[str, Operation]]], found: Found) -> None:
    for name in operations[0][1]:
        columns = found.setdefault(name, [[] for _ in operations])
        for column, (library, named) in zip(columns, operations, strict=True):
            column.append(cost(library, named[name]))


def measure(kind: str, loans: int, many: int) -> None:
    with databases(kind) as opened:
        libraries = [a_library(database) for database in opened]
        for library, count, days in zip(
            libraries, (loans * LATELY // DAYS, loans), (LATELY, DAYS), strict=True
        ):
            begin = time.perf_counter()
            a_town(library, count, days, many)
            print(
                f"{kind}: {count:,} loans made in {time.perf_counter() - begin:.0f} s", flush=True
            )
        years: Found = {}
        heavy: Found = {}
        for turn in range(TURNS):
            in_turns([(each, verbs(LIGHT, turn)) for each in libraries], years)
            in_turns([(each, of_the_library(each)) for each in libraries], years)
            of_patrons = [(libraries[1], verbs(card, turn)) for card in (FEW, HEAVY)]
            in_turns(of_patrons, heavy)
        told(years, ("opened five weeks ago", f"{loans:,} loans in ten years"))
        told(heavy, (f"a patron with {PAGE} open loans", f"one with {many}"))
        bench_moving_out.measure(libraries[1])


def main(loans: int = 1_000_000, many: int = 500) -> None:
    measure("SQLite", loans, many)
    if os.environ.get("TIRO_TEST_POSTGRESQL"):
        measure("PostgreSQL", loans, many)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
