"""Processes of the tests: forked by one server, and handled as if they had begun afresh."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.preloaded import preloaded_tiro
from tests.processes import ROOT, Running, start

#: A module of Python's own that does what it is told, and here tells of itself and stays.
TELLING = (
    "import os, sys, time",
    "print(os.getpid(), os.getppid(), os.environ['TOLD'], flush=True)",
    "print('a complaint', file=sys.stderr, flush=True)",
    "time.sleep(60)",
)
WORKER = """
from tests.processes import fork_from_now_on, start
fork_from_now_on()
print(start("timeit", "-n1", "-r1", "import time; time.sleep(60)").pid)
"""


def started(errors: Path, *, afresh: bool = False) -> Running:
    arguments = ("timeit", "-n1", "-r1", *TELLING)
    return start(*arguments, errors=errors, environment={"TOLD": "é"}, afresh=afresh)


def told(process: Running) -> list[str]:
    assert process.stdout is not None
    return process.stdout.readline().decode().split()


def has_ended(pid: int) -> bool:
    number = os.pidfd_open(pid)
    try:
        return bool(select.select([number], [], [], 10)[0])
    finally:
        os.close(number)


@pytest.mark.parametrize("afresh", [False, True], ids=["forked", "afresh"])
def test_it_has_environment_and_files_of_its_own_and_ends_as_it_is_told(
    afresh: bool, tmp_path: Path
) -> None:
    errors = tmp_path / "errors"
    process = started(errors, afresh=afresh)
    pid, _, environment = told(process)
    assert (int(pid), environment) == (process.pid, "é")
    assert process.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.01)
    process.terminate()
    assert process.wait(10) == process.poll() == -signal.SIGTERM
    process.kill()  # which is too late, and hurts nobody
    assert errors.read_text() == "a complaint\n"
    assert process.stdout is not None
    with process.stdout as said:
        assert said.read() == b""


@pytest.mark.parametrize("afresh", [False, True], ids=["forked", "afresh"])
@pytest.mark.parametrize(
    ("argument", "status"), [("pass", 0), ("raise ValueError", 1), ("--wrong", 2)]
)
def test_its_status_is_told(afresh: bool, argument: str, status: int) -> None:
    process = start("timeit", "-n1", "-r1", argument, afresh=afresh)
    assert process.wait(30) == status
    assert process.stdout is not None
    process.stdout.close()


def test_all_are_forked_by_one_process(tmp_path: Path) -> None:
    first, second = started(tmp_path / "errors"), started(tmp_path / "errors")
    assert told(first)[1] == told(second)[1] != f"{os.getpid()}"
    for process in (first, second):
        process.kill()
        assert process.wait(10) == -signal.SIGKILL
        assert process.stdout is not None
        process.stdout.close()


def test_those_of_a_worker_that_has_ended_end() -> None:
    worker = [sys.executable, "-c", WORKER]
    pid = int(subprocess.run(worker, cwd=ROOT, capture_output=True, check=True).stdout)
    with suppress(ProcessLookupError):  # it ended long ago
        assert has_ended(pid)


def test_a_command_ends_with_its_status_and_reads_what_it_is_given(tmp_path: Path) -> None:
    with preloaded_tiro(tmp_path) as tiro:
        version = subprocess.run([tiro, "--version"], capture_output=True, text=True, check=True)
        assert version.stdout.startswith("tiro, version ")
        wrong = subprocess.run([tiro, "--wrong"], capture_output=True, text=True, check=False)
        assert wrong.returncode == 2
        assert "--wrong" in wrong.stderr
