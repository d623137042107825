"""Processes of Tiro: ``python -m MODULE ARGUMENT...``, in the tests without the loading.

A process loads a thousand modules before it does anything, and the tests start hundreds. Where
`fork_from_now_on` was called, as for the tests, a process that has loaded them is forked for each
(multiprocessing's fork server, one to a process of the tests). What runs is the module as
``__main__``, with arguments, environment, folder and files of its own; only the loading is done
once. Benchmarks and the crash campaign measure processes that began afresh, and so do those tests
that are about the start.
"""

from __future__ import annotations

import atexit
import importlib
import multiprocessing
import os
import pkgutil
import runpy
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib.abc import MetaPathFinder
from multiprocessing import reduction
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).parent.parent
#: A reactor has files that must not be shared: each process makes its own.
_OWN = ("twisted.internet.reactor", "protocols.hosting.reactor")
_forking = False


def fork_from_now_on() -> None:
    """Has `start` fork a process that has loaded everything, where there are such."""
    global _forking
    if sys.platform == "linux" and not _forking:
        _forking = True
        atexit.register(_end_all)


def _end_all() -> None:
    """Those that a test left behind: multiprocessing would wait for them."""
    for process in multiprocessing.active_children():
        process.kill()


class Process:
    """A forked process, to be handled as a `subprocess.Popen`."""

    def __init__(self, process: Any, stdout: IO[bytes]) -> None:
        self._process = process
        self.pid: int = process.pid
        self.stdout = stdout

    @property
    def returncode(self) -> int | None:
        status: int | None = self._process.exitcode
        return status

    def poll(self) -> int | None:
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if self.returncode is None:
            raise subprocess.TimeoutExpired(self._process.name, timeout or 0.0)
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            with suppress(ProcessLookupError):  # it ended, and the fork server has not said so yet
                os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


Running = subprocess.Popen[bytes] | Process


def start(
    module: str,
    *arguments: str,
    errors: Path | None = None,
    environment: Mapping[str, str] | None = None,
    afresh: bool = False,
) -> Running:
    """Starts the module in the folder of this checkout. What it says goes to a pipe, `stdout`, and
    errors to the end of a file or where those of the tests go; `environment` is added to that of
    the tests."""
    told = {**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {})}
    with open(2 if errors is None else errors, "ab", closefd=errors is not None) as log:
        if afresh or not _forking:
            return subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                env=told,
            )
        reading, writing = os.pipe()
        process = _server().Process(
            name=f"{module} {' '.join(arguments)}",
            target=_run,
            args=(module, arguments, told, _File(writing), _File(log.fileno())),
        )
        process.start()
    os.close(writing)
    return Process(process, open(reading, "rb", buffering=0))


class _File:
    """A file by its number, which has another one in the process that this is sent to."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __reduce__(self) -> tuple[Any, ...]:
        return _number, (reduction.DupFd(self.number),)


def _number(file: Any) -> int:
    number: int = file.detach()
    return number


@cache
def _server() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([f"{__name__}_loaded"])
    return context


class _WithoutReactor(MetaPathFinder):
    """Whoever needs the reactor is not loaded here."""

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        if fullname in _OWN:
            raise ImportError(f"{fullname} is for each process to make")


def load_all() -> None:
    """Loads what can be shared: all of Tiro, with all that it needs, but for the reactor."""
    finder = _WithoutReactor()
    sys.meta_path.insert(0, finder)
    for top in ("catalogue", "circulation", "protocols"):
        for found in pkgutil.walk_packages([str(ROOT / top)], f"{top}."):
            if ".versions." in found.name or found.name.endswith(("__main__", "migrations.env")):
                continue
            try:
                importlib.import_module(found.name)
            except ImportError:  # for the reactor's sake
                continue
    sys.meta_path.remove(finder)
    importlib.import_module("catalogue.database").compile_statements("sqlite")


def _run(
    module: str,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    output: int,
    errors: int,
) -> None:
    """What the forked process does: it becomes the module."""
    for number, file in enumerate((os.open(os.devnull, os.O_RDONLY), output, errors)):
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()  # it may name another zone
    os.chdir(ROOT)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    sys.argv = [module, *arguments]
    sys.modules.pop(module, None)
    runpy.run_module(module, run_name="__main__", alter_sys=True)
