"""Servers that are born quickly: children of a process that has read all libraries already.

Most of a restart is reading libraries, which says nothing about what a kill has left behind. So
most servers of a campaign begin here: everything after the reading, from the configuration and the
recovery of the database to the open ports, is the same.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
import time
import traceback
from pathlib import Path
from typing import IO

#: What is read beforehand; the reactor, whose files must not be shared, is not among it.
_LIBRARIES = (
    *(
        "circulation.kernel.engine",
        "catalogue.database.migrations.running",
        "catalogue.database.sqlite",
    ),
    *("catalogue.database.postgresql", "alembic.command"),
    *("twisted.web.http", "twisted.protocols.tls"),
    *(
        "protocols.process.configuration",
        "protocols.commands.serving.serve",
        "protocols.sip2.handlers",
    ),
    *("protocols.z3950.handlers", "protocols.ncip.exchange", "protocols.sru.handlers"),
)


class Nursery:
    """The parent process."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.nursery"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def bear(self, folder: Path, arguments: list[str], patience: float = 30.0) -> int:
        """Starts `tiro` with `arguments` and waits for its line "Tiro is ready"; gives its id."""
        said = folder / "said"
        said.unlink(missing_ok=True)
        order = [str(said), str(folder / "server.log"), *arguments]
        stdin, stdout = _pipes(self._process)
        stdin.write(json.dumps(order).encode() + b"\n")
        stdin.flush()
        pid = int(stdout.readline())
        end = time.monotonic() + patience
        while not (said.exists() and "Tiro is ready" in said.read_text()):
            assert time.monotonic() < end, (folder / "server.log").read_text()[-4000:]
            time.sleep(0.01)
        return pid

    def close(self) -> None:
        _pipes(self._process)[0].close()
        self._process.wait()


def _pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    assert process.stdin is not None
    assert process.stdout is not None
    return process.stdin, process.stdout


def kill(pid: int) -> None:
    """As a power cut would; comes back when the process is gone."""
    os.kill(pid, signal.SIGKILL)
    assert _is_gone(pid, 30.0)


def end(pid: int) -> None:
    """As an administrator would."""
    os.kill(pid, signal.SIGTERM)
    if not _is_gone(pid, 30.0):
        kill(pid)
        raise AssertionError("the server did not end")


def _is_gone(pid: int, patience: float) -> bool:
    until = time.monotonic() + patience
    while time.monotonic() < until:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.002)
    return False


def main() -> None:
    for name in _LIBRARIES:
        importlib.import_module(name)
    assert "twisted.internet.reactor" not in sys.modules
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # whoever has died is gone
    for line in sys.stdin:
        said, log, *arguments = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _become(said, log, arguments)
        print(pid, flush=True)


def _become(said: str, log: str, arguments: list[str]) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for path, number, mode in (
        (os.devnull, 0, os.O_RDONLY),
        (said, 1, os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
        (log, 2, os.O_WRONLY | os.O_CREAT | os.O_APPEND),
    ):
        opened = os.open(path, mode, 0o644)
        os.dup2(opened, number)
        os.close(opened)
    from protocols.commands.command_line import tiro

    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    try:
        tiro(arguments)
    except SystemExit as ended:
        if ended.code:
            sys.stderr.write(f"the server ended with {ended.code}\n")
    except BaseException:  # whatever it is, it is the end of the child and not the parent's
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(1)


if __name__ == "__main__":
    main()
