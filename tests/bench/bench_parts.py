"""Where the time of an operation goes, part by part: `python -m tests.bench parts`.

The operations of Z39.50 and the messages of SIP2, from the bytes that come to the bytes that go,
without sockets, on SQLite. Each is measured by itself; then the same is done under a profiler, and
what each part had of the whole is its part of the measured time.
"""

from __future__ import annotations

import cProfile
import re
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Final

from catalogue.database import open_database
from circulation.kernel.engine import Circulation
from protocols.hosting.answering import Services
from protocols.hosting.throttle import FailedLogins
from protocols.z3950.entrance import Entrance
from protocols.z3950.handlers import answer
from protocols.z3950.outcomes import outcome_of
from protocols.z3950.session import Z3950Session
from protocols.z3950.settings import Z3950Settings
from tests.bench.bench_sip2_message import NAMES, TERMINALS, begun, rounds_of
from tests.bench.bench_sru import load_records
from tests.bench.bench_z3950 import INIT
from tests.bench.sip2_load import furnish
from tests.bench.z3950_operations import ONE_OF_EACH

DATABASE: Final = "SQLite"
#: The first that fits a file, or the name of what is not Python, is its part.
PARTS: Final = {
    "codec and session": r"protocols[/.](z3950|sip2|wire)\b|json",
    "lanes and measuring": r"protocols/hosting/|catalogue/(tracing|database/outages)"
    r"|concurrent/futures",
    "rules and facts": r"circulation/",
    "index and records": r"catalogue/(?!database/)|pyroaring|pymarc",
    "transactions": r"catalogue/database/|<(catalogue|circulation)\b|sqlalchemy",
    DATABASE: r"sqlite3",
    "the rest": r"",
}
CYCLE: Final = "the cycle of SIP2"
WARMING, ROUNDS, PROFILED = 3, 200, 20

Work = Callable[[], object]
#: Gives what is to be measured in turns, anew for each call.
Beginning = Callable[[], AbstractContextManager[list["Operation"]]]


@dataclass(frozen=True)
class Operation:
    """What is measured: `work` does it `count` times."""

    name: str
    work: Work
    count: int = 1


def part_of(code: CodeType | str) -> str:
    """The part to which a function belongs; one that is not Python's is known by its name alone,
    and those made by our generators are known by theirs."""
    where = code if isinstance(code, str) else f"{code.co_filename}:{code.co_name}"
    return next(part for part, pattern in PARTS.items() if re.search(pattern, where))


class Profilers:
    """A profiler for each thread that begins meanwhile, and one for this thread."""

    def __init__(self) -> None:
        self._all: list[cProfile.Profile] = []
        self._own = cProfile.Profile(time.thread_time)
        self._all.append(self._own)
        threading.setprofile(self._begin)

    def _begin(self, frame: FrameType, event: str, argument: object) -> None:
        profile = cProfile.Profile(time.thread_time)
        self._all.append(profile)
        profile.enable()

    def spent(self, work: Work) -> Counter[str]:
        """What each part took of `work`, in seconds."""
        before = self._sum()
        self._own.enable()
        work()
        self._own.disable()
        found = self._sum()
        found.subtract(before)
        return found

    def _sum(self) -> Counter[str]:
        found: Counter[Any] = Counter()
        for profile in self._all:
            for entry in profile.getstats():
                if isinstance(entry.code, str) or "/tests/" in entry.code.co_filename:
                    continue  # what is not Python's counts with those that call it
                part = part_of(entry.code)
                found[part] += entry.inlinetime
                for called in entry.calls or ():
                    if isinstance(called.code, str):
                        database = part_of(called.code) == DATABASE
                        found[DATABASE if database else part] += called.inlinetime
        return found

    def end(self) -> None:
        threading.setprofile(None)


class Association:
    """A connection of Z39.50 without its socket."""

    def __init__(self, url: str) -> None:
        self.database = open_database(url)
        self.services = Services(
            self.database,
            Circulation(),
            clock=lambda: datetime.now(UTC),
            call_from_thread=lambda call: call(),
            call_later=lambda _, release: None,
        )
        self._session = Z3950Session(Z3950Settings(), time.monotonic())
        self._session.association.entrance = Entrance("127.0.0.1", FailedLogins(), time.monotonic)
        self._answer = self.services.measures.meter("z3950").traced(
            outcome_of,
            lambda request, reply: answer(self.services, self._session.association, request, reply),
        )
        self.ask([INIT])

    def ask(self, apdus: Sequence[bytes]) -> None:
        """Sends each APDU when the one before is answered."""
        session = self._session
        for apdu in apdus:
            session.receive_data(apdu, time.monotonic())
            self._answer(
                session.next_request(), lambda answer: session.send(answer, time.monotonic())
            )
            assert session.take_outgoing()

    def close(self) -> None:
        self.services.close()
        self.database.close()


@contextmanager
def searches(url: str) -> Iterator[list[Operation]]:
    association = Association(url)
    yield [Operation(name, partial(association.ask, apdus)) for name, apdus in ONE_OF_EACH.items()]
    association.close()


@contextmanager
def messages(url: str) -> Iterator[list[Operation]]:
    process = begun(url)
    yield [
        Operation(name, partial(process.ask, message), TERMINALS)
        for name, message in zip(NAMES, next(rounds_of(1)), strict=True)
    ]
    process.close()


def measure(
    begin: Callable[[], AbstractContextManager[list[Operation]]],
) -> dict[str, Counter[str]]:
    """Microseconds of CPU of each operation, by part."""
    costs: dict[str, list[float]] = defaultdict(list)
    with begin() as operations:
        for _ in range(ROUNDS):
            for each in operations:
                before = time.process_time()
                each.work()
                costs[each.name].append((time.process_time() - before) / each.count * 1e6)
    shares: dict[str, Counter[str]] = defaultdict(Counter)
    profilers = Profilers()
    try:
        with begin() as operations:
            for number in range(WARMING + PROFILED):
                for each in operations:
                    spent = profilers.spent(each.work)
                    if number >= WARMING:
                        shares[each.name].update(spent)
    finally:
        profilers.end()
    found = {}
    for name, spent in shares.items():
        middle = sorted(costs[name])[ROUNDS // 4]  # of the quicker half
        whole = spent.total()
        found[name] = Counter({part: middle * spent[part] / whole for part in PARTS})
    return found


def show(found: dict[str, Counter[str]]) -> None:
    for name, spent in found.items():
        cells = "".join(f" {spent[part]:6.0f} |" for part in PARTS)
        print(f"| {name} |{cells} {spent.total():6.0f} |", flush=True)


def main() -> None:
    print(f"| us CPU | {' | '.join(PARTS)} | together |")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        show(measure(partial(searches, load_records(folder))))
        url = f"sqlite:///{folder}/lending.sqlite"
        furnish(url, TERMINALS)
        found = measure(partial(messages, url))
        cycle = sum(found.values(), Counter[str]())
        found[CYCLE] = Counter({part: spent / len(found) for part, spent in cycle.items()})
        show(found)


if __name__ == "__main__":
    main()
