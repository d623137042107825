"""Run the tests that reach a mutant, in a process that is forked once all of them are loaded."""

from __future__ import annotations

import gc
import hashlib
import json
import os
import resource
import shutil
import time
import traceback
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from itertools import zip_longest
from multiprocessing import get_context
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any, Final, NamedTuple

import coverage
import pytest
from hypothesis import Phase, settings

from tests.mutants.changes import Changed, Mutant, make_change
from tests.mutants.rooms import CASES_APART, LEFT_OUT, ROOMS, ROOT
from tests.mutants.statements import Lines, find_made, forget_texts, make_texts, sent, watch
from tests.mutants.swapping import swap

#: Seconds of tests for one mutant.
SECONDS: Final = 40.0
#: Seconds that a process may take, in which a mutant may loop or wait for ever.
LONGEST: Final = 400.0
#: Seconds for a mutant with all that is run again without it.
_ALL_RUNS: Final = 10 * LONGEST
#: What is said of a mutant with which the tests do not end.
NO_END: Final = "no end"
#: What was found of each module of tests, by its path: for as long as no file of it changes.
KEPT: Final = ROOT / "build" / "mutants.json"


class Reached(NamedTuple):
    """What one test reaches: its seconds, and lines of the modules by their paths."""

    seconds: float
    lines: Mapping[str, Sequence[int]]


class Tried(NamedTuple):
    """`seen_by` names the test that failed, or says what else ended the process; "" for none."""

    mutant: Mutant
    changed: Changed
    seen_by: str
    tests: int


class Plugin:
    """Runs mutants in place of the tests that pytest has found."""

    def __init__(self, mutants: Sequence[Mutant], processes: int, report: Callable[[Tried], None]):
        self._mutants = mutants
        self._processes = processes
        self._report = report
        self._failed: list[str] = []
        self._made: Mapping[Any, Lines] = {}
        self.tried: list[Tried] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> None:
        """A test that fails is enough: no smaller example is sought, and none is kept."""
        phases = (Phase.explicit, Phase.generate)
        settings.register_profile("mutants", settings(phases=phases, database=None))
        settings.load_profile("mutants")
        watch()

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if not _is_left_out(item)]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._failed.append(report.nodeid)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        first = next(item for item in session.items if "sqlite_url" in item.fixturenames)
        self._run([first], None)  # makes what all processes share: the folder and the template
        paths = [path for room in ROOMS.values() for path in room.paths]
        self._made = make_texts({str(ROOT / path): path for path in paths})
        reached = self._find_reached(session.items)
        items = {item.nodeid: item for item in session.items}

        def try_mutant(mutant: Mutant) -> tuple[str, int]:
            changed = make_change(mutant.path, mutant.number)
            tests = choose_tests(mutant, changed, reached)
            _limit_seconds(5 * sum(reached[each].seconds for each in tests) + 20)
            gc.unfreeze()

            def put_in() -> bool:
                if not swap(mutant.path, changed):
                    return False
                its = (changed.line, *changed.others)
                forget_texts(find_made(self._made, mutant.path, its))
                return True

            def run(names: Sequence[str], is_changed: bool) -> str | None:
                """Return the test that failed, "" for none, None where the process ended early."""

                def work(_: Any) -> str:
                    if is_changed and not put_in():
                        return ""
                    with _made_folders_removed():
                        return next(iter(self._run([items[each] for each in names], 1)), "")

                [(_, failed)] = _fork([mutant], work, 1)
                return failed

            return find_first_to_see(tests, run)

        several = _fork(self._mutants, try_mutant, self._processes, longest=_ALL_RUNS)
        for mutant, answer in several:
            seen_by, tests = answer or ("", 0)
            changed = make_change(mutant.path, mutant.number)
            self.tried.append(Tried(mutant, changed, seen_by, tests))
            self._report(self.tried[-1])
        return True

    def _run(self, items: Sequence[pytest.Item], most: int | None) -> Sequence[str]:
        """Return the tests that failed, so many at most."""
        self._failed.clear()
        for item, following in zip_longest(items, items[1:]):
            stops = following if most is None or len(self._failed) < most else None
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=stops)
            if most is not None and len(self._failed) >= most:
                break
        return self._failed

    def _find_reached(self, items: Sequence[pytest.Item]) -> dict[str, Reached]:
        """Return what each test reaches, by its name. Those that fail are left out."""
        by_module: dict[str, list[pytest.Item]] = defaultdict(list)
        for item in items:
            by_module[str(item.path.relative_to(ROOT))].append(item)
        for path in (*by_module, *(path for room in ROOMS.values() for path in room.paths)):
            _digest(path)  # of what is loaded now, whatever is written meanwhile
        kept = json.loads(KEPT.read_text()) if KEPT.exists() else {}
        kept = {path: each for path, each in kept.items() if _is_fresh(each)}
        paths = [path for path in by_module if path not in kept]
        paths.sort(key=lambda path: -len(by_module[path]))

        def reach(path: str) -> dict[str, tuple[float, Any]]:
            return self._reach(by_module[path])

        for path, found in _fork(paths, reach, self._processes, longest=3_600):
            if found is None:
                raise pytest.UsageError(f"the tests of {path} did not end")
            files = {path, *(file for each in found.values() for file in each[1])}
            kept[path] = {"files": {file: _digest(file) for file in files}, "tests": found}
            print(f"{path}: {len(found)} of {len(by_module[path])} tests pass", flush=True)
            KEPT.parent.mkdir(exist_ok=True)
            KEPT.write_text(json.dumps(kept))
        return {
            name: Reached(*reached)
            for path in by_module
            for name, reached in kept[path]["tests"].items()
        }

    def _reach(self, items: Sequence[pytest.Item]) -> dict[str, tuple[float, Any]]:
        files = [str(ROOT / path) for room in ROOMS.values() for path in room.paths]
        measured = coverage.Coverage(data_file=None, include=files, config_file=False)
        seconds, statements = {}, {}
        measured.start()
        for item, following in zip_longest(items, items[1:]):
            measured.switch_context(item.nodeid)
            began = time.process_time()
            sent.clear()
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            seconds[item.nodeid] = time.process_time() - began
            statements[item.nodeid] = [*sent]
        measured.stop()
        data = measured.get_data()
        lines: dict[str, dict[str, list[int]]] = defaultdict(dict)
        for file in data.measured_files():
            path = str(Path(file).relative_to(ROOT))
            for line, tests in data.contexts_by_lineno(file).items():
                for test in tests:
                    lines[test].setdefault(path, []).append(line)
        for test, those in statements.items():
            for path, numbers in _join_lines(self._made.get(each, {}) for each in those).items():
                lines[test][path] = [*{*lines[test].get(path, ()), *numbers}]
        failed = {*self._failed}
        return {test: (each, lines[test]) for test, each in seconds.items() if test not in failed}


def find_first_to_see(
    tests: Sequence[str], run: Callable[[Sequence[str], bool], str | None]
) -> tuple[str, int]:
    """Return the test that fails with the change and passes without it, and how many were run.

    `run` runs tests in a process of its own, with the change or without. Those that were run up to
    the one that failed are run once more without the change. What fails then sees nothing, and the
    others are run again. "" is returned where no test sees the change.
    """
    left = [*tests]
    while left:
        failed = run(left, True)
        if failed == "":
            break
        failed_without = run(left if failed is None else left[: left.index(failed) + 1], False)
        if failed_without == "":
            return (NO_END if failed is None else failed), len(left)
        if failed_without is None:
            break
        left.remove(failed_without)
    return "", len(left)


def _is_left_out(item: pytest.Item) -> bool:
    callspec = getattr(item, "callspec", None)
    is_on_postgresql = callspec is not None and "postgresql" in callspec.params.values()
    return is_on_postgresql or any(each in item.nodeid for each in LEFT_OUT)


def choose_tests(mutant: Mutant, changed: Changed, reached: Mapping[str, Reached]) -> Sequence[str]:
    """Return the tests that reach the line, else its statement, else its function.

    The first of each function of tests come first (each day of a journal counts as a function),
    those of the mutant's own folder before others, and short ones before long ones. What is
    prepared once for a module the first test alone of it reaches: the others of such modules come
    last.
    """
    found: list[str] = []
    for line in (changed.line, *changed.others):
        found = [name for name, each in reached.items() if line in _lines_of(each, mutant.path)]
        if found:
            break
    modules = Counter(name.partition("::")[0] for name in found)
    others = {name for name in reached if modules[name.partition("::")[0]] == 1} - {*found}
    folder = f"tests/{mutant.path.rpartition('/')[0]}/"
    turns: Counter[str] = Counter()

    def order(name: str) -> tuple[bool, int, bool]:
        module, _, test = name.partition("::")
        function = name if module.endswith(CASES_APART) else f"{module}::{test.partition('[')[0]}"
        turns[function] += 1
        is_near = folder.startswith(f"{module.rpartition('/')[0]}/")
        return name in others, turns[function], not is_near

    by_length = sorted([*found, *others], key=lambda name: (reached[name].seconds, name))
    chosen, seconds = [], 0.0
    for name in sorted(by_length, key=order):
        seconds += reached[name].seconds
        if chosen and seconds > SECONDS:
            break
        chosen.append(name)
    return chosen


def _join_lines(several: Iterable[Lines]) -> dict[str, set[int]]:
    joined: dict[str, set[int]] = defaultdict(set)
    for lines in several:
        for path, numbers in lines.items():
            joined[path] |= numbers
    return joined


def _lines_of(reached: Reached, path: str) -> Sequence[int]:
    return reached.lines.get(path, ())


@cache
def _digest(path: str) -> str:
    return hashlib.sha256((ROOT / path).read_bytes()).hexdigest()


def _is_fresh(kept: Mapping[str, Mapping[str, str]]) -> bool:
    return all(
        (ROOT / path).is_file() and _digest(path) == digest
        for path, digest in kept["files"].items()
    )


@contextmanager
def _made_folders_removed() -> Iterator[None]:
    """Remove the folders that tests make: hundreds of runs would fill the memory with them."""
    made: list[Path] = []
    mktemp = pytest.TempPathFactory.mktemp

    def note(factory: pytest.TempPathFactory, name: str, numbered: bool = True) -> Path:
        made.append(mktemp(factory, name, numbered))
        return made[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pytest.TempPathFactory, "mktemp", note)
        yield
    for each in made:
        shutil.rmtree(each, ignore_errors=True)


def _limit_seconds(seconds: float) -> None:
    """End this process when it has taken so much time of a processor."""
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 2))


def _fork(
    tasks: Iterable[Any], do: Callable[[Any], Any], processes: int, longest: float = LONGEST
) -> Iterator[tuple[Any, Any]]:
    """Give each task with its answer, from a process of its own; None where that ended early."""
    context = get_context("fork")
    left = iter(tasks)
    running: dict[Any, tuple[Any, Any, float]] = {}
    while True:
        while len(running) < processes and (task := next(left, None)) is not None:
            receiver, sender = context.Pipe(duplex=False)
            process = context.Process(target=_answer, args=(sender, do, task))
            process.start()
            sender.close()
            running[receiver] = process, task, time.monotonic() + longest
        if not running:
            return
        ready = wait([*running], timeout=5)
        for receiver, (process, task, end) in [*running.items()]:
            if receiver not in ready and time.monotonic() < end:
                continue
            answer, error = None, ""
            if receiver in ready:
                with suppress(EOFError):
                    answer, error = receiver.recv()
            process.kill()
            process.join()
            receiver.close()
            del running[receiver]
            if error:
                raise RuntimeError(f"{task}: {error}")
            yield task, answer


def _answer(sender: Any, do: Callable[[Any], Any], task: Any) -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    try:
        sender.send((do(task), ""))
    except Exception:
        sender.send((None, traceback.format_exc()))
    os._exit(0)
