"""The campaign: load, a kill at a random moment, a restart, and so on; then the reckoning."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from catalogue.database import open_database
from tests.crash.callers import Caller, Heard
from tests.crash.checks import INVARIANTS, broken_invariants, lost_or_twice, wrong_index
from tests.crash.scripts import lines
from tests.crash.stage import Stage, Started

#: Seconds of a restart, without those in which others had the cores.
RESTART = 5.0
#: Requests answered between two blows, at most, and seconds that are waited for them.
CALM = 60
CALM_SECONDS = 30.0
#: One restart in so many is a whole one, of which the time is taken; so is the last.
WHOLE_RESTARTS = 10


@dataclass
class Report:
    """What was done, and what was found."""

    kills: int = 0
    broken_connections: int = 0
    heard: Heard = field(default_factory=Heard)
    restarts: list[Started] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    checked: list[str] = field(default_factory=list)

    def text(self) -> str:
        heard = self.heard
        granted = sum(heard.granted.values())
        changes, again = sum(heard.traces.values()), sum(heard.retries.values())
        parts = [
            f"{self.kills} kills; {self.broken_connections} times all database connections broken",
            f"{granted:,} requests acknowledged, {changes:,} of them changes",
            f"{again:,} asked again, {heard.refused_for_now:,} answered: not for now",
            *(
                f"  {name:28} {number:8,}  asked again {heard.retries[name]:5,}"
                for name, number in sorted(heard.granted.items())
            ),
        ]
        if self.restarts:
            own = sorted(each.own for each in self.restarts)
            whole = sorted(each.took for each in self.restarts)
            middle = len(own) // 2
            parts.append(
                f"restarts: median {own[middle]:.2f} s, longest {own[-1]:.2f} s; with the time in"
                f" which others had the cores {whole[middle]:.2f} and {whole[-1]:.2f} s"
            )
        parts += [f"checked: {what}" for what in self.checked]
        parts += [f"VIOLATION: {what}" for what in self.violations]
        return "\n".join(parts)


def run(
    stage: Stage,
    kills: int,
    seed: int,
    *,
    callers: int = 3,
    break_connections: Callable[[], object] | None = None,
    breaks: int = 0,
    limit: float = RESTART,
    seconds: float = math.inf,
    say: Callable[[str], object] = lambda line: None,
) -> Report:
    """Kills the server `kills` times, and has the database's connections broken `breaks` times; no
    more of either after so many `seconds`."""
    chance = random.Random(seed)
    report = Report()
    end = time.monotonic() + seconds
    stage.start()
    crew = [Caller(line, script, report.heard) for line, script in lines(stage, callers)]
    for caller in crew:
        caller.start()
    blows = [True] * kills + [False] * breaks
    chance.shuffle(blows)
    try:
        for done, is_kill in enumerate(blows, 1):
            _let_work(report.heard, chance)
            if is_kill:
                stage.kill()
                report.kills += 1
                is_last = not any(blows[done:]) or time.monotonic() > end
                if report.kills % WHOLE_RESTARTS and not is_last:
                    stage.start_quickly()
                else:
                    report.restarts.append(stage.start())
            elif break_connections is not None:
                break_connections()
                report.broken_connections += 1
            if report.heard.violations or time.monotonic() > end:
                break
            if done % 10 == 0:
                say(f"{done:4} of {len(blows)}; {sum(report.heard.granted.values()):,} answers")
        time.sleep(0.5)
    finally:
        for caller in crew:
            caller.end()
        deadline = time.monotonic() + 90
        for caller in crew:
            caller.join(max(0.0, deadline - time.monotonic()))
        status = stage.stop()
    if status:
        report.violations.append(f"the server ended with status {status}")
    report.violations += report.heard.violations
    report.violations += [
        f"a restart took {each.own:.1f} seconds" for each in report.restarts if each.own > limit
    ]
    _reckon(stage, report)
    return report


def _let_work(heard: Heard, chance: random.Random) -> None:
    """Until so many more requests were answered, however busy the machine is, and a moment more."""
    wanted = sum(heard.granted.values()) + chance.randint(1, CALM)
    end = time.monotonic() + CALM_SECONDS
    while sum(heard.granted.copy().values()) < wanted and time.monotonic() < end:
        time.sleep(0.005)
    time.sleep(chance.random() * 0.03)


def _reckon(stage: Stage, report: Report) -> None:
    database = open_database(stage.url)
    try:
        report.violations += lost_or_twice(report.heard.traces, database)
        report.checked.append("every acknowledged change is there, once")
        report.violations += broken_invariants(database)
        report.checked += INVARIANTS
        report.violations += wrong_index(database)
        report.checked.append("postings and descriptions agree with the records (reindexing)")
    finally:
        database.close()
    log = stage.log.read_text(errors="replace")
    if "Traceback" in log:
        where = log.index("Traceback")
        report.violations.append(f"a traceback in the log: {log[where : where + 1500]}")
    report.checked.append("no traceback in the log of the server")
