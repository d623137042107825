"""A server process with NCIP alone, on ports of its own: ``python -m ... CONFIGURATION``."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.processes import start


@dataclass
class Serving:
    """Where it listens, and what it has logged."""

    http: int
    tcp: int
    log: Path
    pid: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http}/ncip"

    def cpu_seconds(self) -> float:
        """What it has used of the processor until now."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> int:
        """The most bytes it has held at a time until now."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024


@contextmanager
def running(module: str, path: Path, log: Path) -> Iterator[tuple[str, int]]:
    """The first line that ``python -m MODULE PATH`` prints, and its process id; ended after it."""
    log.unlink(missing_ok=True)
    process = start(module, str(path), errors=log)
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line, log.read_text(encoding="utf-8")
        yield line.decode(), process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        process.stdout.close()


@contextmanager
def serving(folder: Path, configuration: str) -> Iterator[Serving]:
    """A server for the length of a ``with`` block."""
    path, log = folder / "tiro.toml", folder / "server.log"
    path.write_text(configuration, encoding="utf-8")
    with running("tests.protocols.ncip.serving", path, log) as (line, pid):
        http, tcp = map(int, line.split())
        yield Serving(http, tcp, log, pid)


def main(path: Path) -> None:
    from protocols.hosting.logs import configure_logging
    from protocols.ncip.listener import standard
    from protocols.process.configuration import load_configuration
    from protocols.process.server import run

    standards: dict[str, Any] = {"ncip": standard}
    configuration = load_configuration(path, standards)
    configure_logging(configuration.logging.level)
    run(
        configuration,
        standards,
        lambda bound: print(bound.http, bound.ports["ncip"][0], flush=True),
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
