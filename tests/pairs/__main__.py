"""`python -m tests.pairs`: every pair of verbs at the same moment, on PostgreSQL.

The server is that of TIRO_TEST_POSTGRESQL. The status is 1 where a rule was broken.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter

from tests.pairs.running import PairReport, Runner, made_template
from tests.pairs.states import ItemState
from tests.pairs.verbs import VERBS, Verb, module_of, pairs

_SHOWN = 5
#: Scenes of a template, where it has many states.
_SCENES = 6_500


def main(options: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.pairs", description=__doc__)
    parser.add_argument("--rounds", type=int, default=200, help="of each pair")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pair", help="two names of verbs: pay,waive")
    parser.add_argument("--with", dest="named", help="only pairs of these verbs, or of a module")
    parser.add_argument("--part", default="1/1", help="such as 2/3: the second third of all pairs")
    parser.add_argument("--minutes", type=float, help="begin no pair after so long")
    given = parser.parse_args(options)
    server = os.environ.get("TIRO_TEST_POSTGRESQL")
    if not server:
        parser.error("set TIRO_TEST_POSTGRESQL to the URL of a server of PostgreSQL")
    chosen = _chosen(parser, given.pair, given.named, given.part)
    states = {state for pair in chosen for verb in pair for state in verb.items} or set(ItemState)
    if not all(one.items or other.items for one, other in chosen):
        states = set(ItemState)
    began = time.monotonic()
    broken, outcomes, rounds, done = 0, Counter[tuple[str, str]](), 0, 0
    ends = began + given.minutes * 60 if given.minutes else float("inf")
    with (
        made_template(server, states, _scenes_of_each(given.rounds, len(states))) as template,
        Runner(template) as runner,
    ):
        print(f"{len(template.scenes)} scenes in {time.monotonic() - began:.0f} s", flush=True)
        for number, (one, other) in enumerate(chosen):
            if time.monotonic() > ends:
                break
            done += 1
            report = runner.run(one, other, given.rounds, given.seed * 10_000 + number)
            outcomes += report.outcomes
            rounds += report.rounds
            broken += len(report.violations)
            _print(report)
    print(f"{len(chosen) - done:,} of {len(chosen):,} pairs were not begun")
    _sum_up(done, rounds, outcomes, broken, runner.deadlocks, time.monotonic() - began)
    return 1 if broken else 0


def _scenes_of_each(rounds: int, states: int) -> int:
    """Return how many scenes begin in each state: enough for a pair, and few to build and copy."""
    return max(8, min(rounds * 5 // 4, max(60, _SCENES // states)))


def _chosen(
    parser: argparse.ArgumentParser, pair: str | None, named: str | None, part: str
) -> list[tuple[Verb, Verb]]:
    if pair is None:
        which, _, of = part.partition("/")
        every = pairs()
        if named is not None:
            names = set(named.split(","))
            every = [each for each in every if any(names & {v.name, module_of(v)} for v in each)]
        return every[int(which) - 1 :: int(of)]
    names = {verb.name: verb for verb in VERBS}
    one, _, other = pair.partition(",")
    if unknown := {one, other} - names.keys():
        parser.error(f"no verb is called {', '.join(sorted(unknown))}; there are {sorted(names)}")
    return [(names[one], names[other])]


def _print(report: PairReport) -> None:
    both = report.outcomes["done", "done"]
    neither = report.outcomes["refused", "refused"]
    names = " + ".join(report.names)
    print(
        f"{names:45} {report.rounds:4} rounds, both done {both:4}, neither {neither:4},"
        f" violations {len(report.violations)}, {report.seconds:.1f} s",
        flush=True,
    )
    for each in report.violations[:_SHOWN]:
        print(f"  VIOLATION: {each}", flush=True)


def _sum_up(
    number: int,
    rounds: int,
    outcomes: Counter[tuple[str, str]],
    broken: int,
    deadlocks: int,
    seconds: float,
) -> None:
    done = outcomes["done", "done"]
    one = outcomes["done", "refused"] + outcomes["refused", "done"]
    print(f"pairs       {number:9,}")
    print(f"rounds      {rounds:9,}")
    print(f"both done   {done:9,}")
    print(f"one done    {one:9,}")
    print(f"deadlocks   {deadlocks:9,}  (each was tried again)")
    print(f"violations  {broken:9,}")
    print(f"seconds     {seconds:9,.0f}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
