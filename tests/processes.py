"""Processes of Tiro: ``python -m MODULE ARGUMENT...``, in the tests without the loading.

A process loads a thousand modules before it does anything, and the tests start hundreds. Where
`fork_from_now_on` was called, as for the tests, a process that has loaded them is forked for each
(`tests.forking`: one for all workers of pytest). What runs is the module as ``__main__``, with
arguments, environment, folder and files of its own; only the loading is done once. Benchmarks and
the crash campaign measure processes that began afresh, and so do those tests that are about the
start.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

from tests import forking

ROOT: Final = Path(__file__).parent.parent
_forking = False
#: Those that have not ended, so far as is known: the end of this process is theirs.
_running: set[Process] = set()


def fork_from_now_on() -> None:
    """Has `start` fork a process that has loaded everything, where there are such."""
    global _forking
    if sys.platform == "linux":
        _forking = True
        forking.name_the_server()


class Process:
    """A forked process, to be handled as a `subprocess.Popen`."""

    def __init__(self, name: str, connection: socket.socket, stdout: IO[bytes]) -> None:
        self._name = name
        self._connection = connection
        # Byte by byte, so that what is not read yet can be waited for.
        self._told = connection.makefile("rb", buffering=0)
        self.pid = int(self._told.readline())
        self.stdout = stdout
        self.returncode: int | None = None
        _running.add(self)

    def poll(self) -> int | None:
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            if not forking.can_be_read(self._connection, timeout):
                raise subprocess.TimeoutExpired(self._name, timeout or 0.0)
            self.returncode = int(self._told.readline())
            self._told.close()
            self._connection.close()
            _running.discard(self)
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with suppress(ProcessLookupError):  # it ended, and nobody has said so yet
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
        with open(os.devnull, "rb") as nothing:
            files = [nothing.fileno(), writing, log.fileno()]
            connection = forking.ask(module, arguments, ROOT, told, files)
    os.close(writing)
    return Process(f"{module} {' '.join(arguments)}", connection, open(reading, "rb", buffering=0))
