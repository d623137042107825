"""Load through a cutter, cuts by a seed, and the reckoning."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from catalogue.database import Database, open_database
from tests.commit_cuts.cutter import CUTS, Cut, Cutter
from tests.commit_cuts.over_http import OUTCOME_UNKNOWN, HttpLine, http, let_in
from tests.crash.callers import Act, Caller, Heard, Line
from tests.crash.checks import broken_invariants, lost_or_twice, traces
from tests.crash.scripts import lines
from tests.crash.stage import Stage

#: Seconds that a cut waits for a COMMIT.
_PATIENCE: Final = 30.0
#: Seconds within which the server decides ([database] patience), and for which the database cannot
#: be reached after some of the cuts: their outcome is not known in time.
DECIDES: Final = 2.0
SHUT: Final = 4.0
_SHUT_SHARE: Final = 0.1
#: COMMITs that are let through between two cuts, at most.
_CALM: Final = 12
#: The longest time for which something is held, in seconds.
_LONGEST: Final = 0.4


@dataclass
class Report:
    """What was cut, what the callers heard, and what was found."""

    cuts: Counter[Cut] = field(default_factory=Counter)
    #: Cuts after which the database could not be reached for a while.
    shut: int = 0
    commits: int = 0
    #: How often a caller was told that the outcome is not known.
    unknown: int = 0
    heard: Heard = field(default_factory=Heard)
    #: Acts that a caller was told were refused, and that stood in the database.
    refused_and_done: dict[bytes, str] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        return not (self.refused_and_done or self.lost or self.twice or self.others)

    def text(self) -> str:
        heard = self.heard
        parts = [
            f"{self.cuts.total()} cuts of {self.commits:,} COMMITs",
            *(f"  {self.cuts[cut]:5,}  {cut.value}" for cut in CUTS),
            f"  {self.shut:5,}  of them with no new connection for {SHUT:.0f} s",
            f"{sum(heard.granted.values()):,} requests answered",
            *(
                f"  {number:8,}  {name:28} sent again {heard.retries[name]:4,}"
                for name, number in sorted(heard.granted.items())
            ),
            f"refused for now  {heard.refused_for_now - self.unknown:5,}",
            f"outcome unknown  {self.unknown:5,}",
            f"refused and done {len(self.refused_and_done):5}",
            f"lost             {len(self.lost):5}",
            f"twice            {len(self.twice):5}",
            f"other faults     {len(self.others):5}",
        ]
        for found in ([*self.refused_and_done.values()], self.lost, self.twice, self.others):
            parts += [f"VIOLATION: {each}" for each in found[:10]]
        return "\n".join(parts)


class _Caller(Caller):
    """A caller who looks whether what was refused was done."""

    def __init__(
        self, line: Line, script: Iterator[Act], report: Report, database: Database
    ) -> None:
        super().__init__(line, script, report.heard)
        self._report, self._database = report, database

    def refused_for_now(self, act: Act, answer: bytes) -> None:
        if OUTCOME_UNKNOWN in answer:
            with self.heard.lock:
                self._report.unknown += 1
            return
        if act.trace is None:
            return
        found = traces(self._database)[act.trace]
        with self.heard.lock:
            if found > self.heard.traces[act.trace]:
                told = f"{act.name} {act.trace}: {answer[-300:]!r}"
                self._report.refused_and_done.setdefault(act.request, told)


def run(
    stage: Stage,
    cutter: Cutter,
    cuts: int,
    seed: int,
    *,
    callers: int = 3,
    say: Callable[[str], object] = lambda line: None,
) -> Report:
    """Cut so many COMMITs under load. The stage's database is that behind the cutter."""
    report, chance = Report(), random.Random(seed)
    database = open_database(cutter.direct)
    token = let_in(stage)
    stage.start()
    script = [*lines(stage, callers)]
    script += [(HttpLine(stage.http), http(token, number)) for number in range(callers)]
    crew = [_Caller(line, acts, report, database) for line, acts in script]
    for caller in crew:
        caller.start()
    try:
        for number in range(1, cuts + 1):
            _let_commit(cutter, chance.randint(0, _CALM))
            seconds = chance.random() * _LONGEST
            shut = SHUT if chance.random() < _SHUT_SHARE else 0.0
            is_reset = chance.random() < 0.5
            order = cutter.order(chance.choice(CUTS), seconds, is_reset=is_reset, shut=shut)
            report.shut += bool(shut)
            if not order.done.wait(_PATIENCE):
                report.others.append(f"no COMMIT within {_PATIENCE:.0f} seconds")
                break
            if number % 20 == 0:
                say(f"{number:4} of {cuts}; {sum(report.heard.granted.values()):,} answers")
        time.sleep(0.5)
    finally:
        cutter.withdraw()
        for caller in crew:
            caller.end()
        deadline = time.monotonic() + 90
        for caller in crew:
            caller.join(max(0.0, deadline - time.monotonic()))
        status = stage.stop()
    if status:
        report.others.append(f"the server ended with status {status}")
    report.cuts, report.commits = cutter.cuts, cutter.commits
    report.others += report.heard.violations
    _reckon(stage, database, report)
    database.close()
    return report


def _let_commit(cutter: Cutter, number: int) -> None:
    wanted, end = cutter.commits + number, time.monotonic() + _PATIENCE
    while cutter.commits < wanted and time.monotonic() < end:
        time.sleep(0.002)


def _reckon(stage: Stage, database: Database, report: Report) -> None:
    acknowledged, found = report.heard.traces, traces(database)
    for line in lost_or_twice(acknowledged, database):
        kind, _, _ = line.partition(":")
        trace = tuple(kind.split(" ", 1))
        is_lost = found[trace] < acknowledged[trace]  # type: ignore[index]
        (report.lost if is_lost else report.twice).append(line)
    report.others += broken_invariants(database)
    log = stage.log.read_text(errors="replace")
    if "Traceback" in log:
        where = log.index("Traceback")
        report.others.append(f"a traceback in the log: {log[where : where + 1500]}")
