"""A short draw of the pairs, and the table of verbs against the source of the engine."""

from __future__ import annotations

import ast
import random

from circulation.jobs.table import JOBS
from tests import trials
from tests.pairs.running import Runner, made_template
from tests.pairs.states import ItemState
from tests.pairs.verbs import NO_JOBS, NO_ROOMS, NO_VERBS, ROOMS, VERBS, pairs
from tests.sources import ROOT, modules, tree_of

#: Pairs that are drawn, and the rounds of each.
PAIRS, ROUNDS = 6, 5
#: What a verb takes first.
_TAKEN = ("Act", "Doing", "jobs.Doing")
#: Once the payment was not seen by the waiver, and left a credit.
ALWAYS = ("pay", "waive")


def test_every_verb_of_the_engine_is_in_the_table() -> None:
    """A public function that takes an act is paired, or the table says why it is not."""
    folders = {
        path.name for path in (ROOT / "circulation").iterdir() if (path / "__init__.py").exists()
    }
    assert {*ROOMS, *NO_ROOMS} == folders
    found = set()
    for room in ROOMS:
        for path in modules(f"circulation/{room}"):
            for node in tree_of(path).body:
                if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
                    continue
                first = (node.args.posonlyargs + node.args.args)[:1]
                annotation = first[0].annotation if first else None
                if annotation is not None and ast.unparse(annotation) in _TAKEN:
                    found.add(f"{room}.{node.name}")
    paired = {
        f"{each.__module__.split('.')[1]}.{each.__name__}"
        for verb in VERBS
        for each in verb.functions
    }
    jobs = {f"{each.step.__module__.split('.')[1]}.{each.step.__name__}" for each in JOBS.values()}
    assert found - jobs - paired == NO_VERBS.keys()
    assert {f"job_{name}" for name in JOBS.keys() - NO_JOBS.keys()} == {
        verb.name for verb in VERBS if verb.name.startswith("job_")
    }
    assert len({verb.name for verb in VERBS}) == len(VERBS)


def test_drawn_pairs_break_no_rule(postgresql_template: tuple[str, str]) -> None:
    base, migrated = postgresql_template
    every = [pair for pair in pairs() if tuple(verb.name for verb in pair) != ALWAYS]
    by_name = {verb.name: verb for verb in VERBS}
    chosen = [(by_name[ALWAYS[0]], by_name[ALWAYS[1]]), *trials.drawn("pairs", every, PAIRS)]
    states = {state for pair in chosen for verb in pair for state in verb.items}
    with (
        made_template(f"{base}/postgres", states or {ItemState.FREE}, 8, migrated) as template,
        Runner(template) as runner,
    ):
        seed = random.getrandbits(16)
        for one, other in chosen:
            report = runner.run(one, other, ROUNDS, seed)
            assert not report.violations, (report.names, seed, report.violations)
            assert report.outcomes.total() == ROUNDS
