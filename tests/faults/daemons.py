"""Programs that stand beside Tiro: started, killed, and started again."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

#: Where distributions put what serves.
_PATH = f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin"


def found(program: str, package: str) -> str:
    path = shutil.which(program, path=_PATH)
    if path is None:
        pytest.skip(f"{program} is not installed: on Debian, apt-get install {package}")
    return path


def as_postgres(command: list[str]) -> list[str]:
    """As a user that is not root, whom none of these serves."""
    if os.geteuid() != 0:
        return command
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command]


class Daemon:
    """One program in the foreground, with all of its processes."""

    def __init__(self, command: list[str], log: Path) -> None:
        self._command = as_postgres(command)
        self.log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, stdout=log, stderr=log, cwd="/", start_new_session=True
            )

    def end(self, how: signal.Signals = signal.SIGKILL) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(30)


@contextmanager
def a_folder(name: str) -> Iterator[Path]:
    """One that belongs to the user postgres where we are root; gone at the end."""
    folder = Path(tempfile.mkdtemp(prefix=f"tiro-{name}-"))
    folder.chmod(0o755)
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def write(path: Path, text: str) -> Path:
    """A file that another user can read."""
    path.write_text(text)
    path.chmod(0o644)
    return path
