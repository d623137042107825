"""A real `tiro demo` process for end-to-end tests, on ports of its own."""

from __future__ import annotations

import os
import random
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from click.testing import CliRunner

from protocols.commands.command_line import tiro
from protocols.demo.configuration import demo_configuration
from tests.processes import Running, start

#: In the demo's configuration: whoever asks over NCIP, and what brokers of the tests have agreed.
ANYBODY, SERVED = "any_partner = true", 'any_partner = true\nany_partner_serves = ["DK-900100"]'
#: In the configuration of servers whose partners listen on this machine.
LOOPBACK_ALLOWED = '[outgoing]\nallow = ["127.0.0.0/8", "::1"]\n'
#: Below those that the kernel gives to whoever connects: none of them is taken between the look and
#: the use, and who connects where nobody listens is not given that very port, to talk to itself.
_PORTS = range(12_000, 32_000)
_drawn: set[int] = set()


def free_ports(number: int) -> list[int]:
    """Ports of 127.0.0.1 that nobody listens on now.

    A server takes seconds to begin, and its port is free until then. So none is drawn twice, and of
    the processes that run tests side by side each draws from a share of its own.
    """
    found: list[int] = []
    while len(found) < number:
        port = random.SystemRandom().choice(_share())
        if port in _drawn:
            continue
        with socket.socket() as trial:
            try:
                trial.bind(("127.0.0.1", port))
            except OSError:
                continue
        _drawn.add(port)
        found.append(port)
    return found


def _share() -> range:
    """What this process may draw: whoever runs beside the workers of pytest has the first share."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "0"))
    return _PORTS[int(worker.removeprefix("gw")) + 1 if worker else 0 :: workers + 1]


@dataclass
class RunningServer:
    """A running demo: its ports, its folder, and what it printed until it was ready.

    The first patron and the first item are those of the lines to try, which anybody may paste: the
    API's line lends that item. Whoever takes one begins after them.
    """

    process: Running
    data: Path
    sip2: int
    z3950: int
    http: int
    ncip: int
    log: Path
    printed: list[str] = field(default_factory=list)
    _patrons: Iterator[int] = field(default_factory=lambda: iter(range(2, 101)))
    _items: Iterator[int] = field(default_factory=lambda: iter(range(2, 301)))

    def take_patron(self) -> str:
        """A patron of the demo whom no other caller gets."""
        return f"P{next(self._patrons):07}"

    def take_item(self) -> str:
        """An item of the demo, available and lendable, that no other caller gets."""
        return f"I{next(self._items):07}"

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Ends the process and gives its exit status; 5 seconds are enough, or it is an error."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(5)

    def kill(self) -> None:
        """As a power cut would."""
        self.process.kill()
        self.process.wait()


def start_demo(
    data: Path, *options: str, patience: float = 120.0, afresh: bool = False
) -> RunningServer:
    """Starts the demo on the folder `data` and waits for its line ``Tiro is ready``."""
    sip2, z3950, http, ncip = free_ports(4)
    data.mkdir(parents=True, exist_ok=True)
    arguments = (
        *("demo", "--data", str(data), "--sip2-port", str(sip2), "--z3950-port", str(z3950)),
        *("--http-port", str(http), "--ncip-port", str(ncip), "--operations-port", "0", *options),
    )
    return launch(data, arguments, (sip2, z3950, http, ncip), patience, afresh=afresh)


def start_serving(
    data: Path,
    database_url: str,
    *options: str,
    more: str = "",
    api: str = "",
    patience: float = 60.0,
) -> RunningServer:
    """Starts `tiro serve` with the demo's configuration, and `more` lines of it and of its section
    [api], on the database at `database_url`."""
    ports = sip2, z3950, http, ncip = free_ports(4)
    text = demo_configuration(sip2=sip2, z3950=z3950, http=http, ncip=ncip, operations=0)
    text = text.replace(ANYBODY, SERVED).replace("[api]\n", f"[api]\n{api}")
    path = data / "tiro.toml"
    if "[outgoing]" not in more:
        more += f"\n{LOOPBACK_ALLOWED}"
    path.write_text(text.replace("sqlite:///tiro.sqlite", database_url) + more)
    return launch(data, ("--config", str(path), "serve", *options), ports, patience)


def launch(
    data: Path,
    arguments: Sequence[str],
    ports: tuple[int, int, int, int],
    patience: float,
    *,
    afresh: bool = False,
    module: str = "protocols.commands.command_line",
) -> RunningServer:
    """Runs `tiro` with `arguments` and waits for its line ``Tiro is ready``."""
    log = data / "server.log"
    process = start(module, *arguments, errors=log, afresh=afresh)
    server = RunningServer(process, data, *ports, log)
    try:
        server.printed = _lines_until_ready(process, log, patience)
    except BaseException:
        server.kill()
        raise
    return server


def _lines_until_ready(process: Running, log: Path, patience: float) -> list[str]:
    assert process.stdout is not None
    lines: list[str] = []
    end = time.monotonic() + patience
    pending = b""
    while time.monotonic() < end:
        readable, _, _ = select.select([process.stdout], [], [], 0.2)
        if not readable:
            if lines and any("Tiro is ready" in line for line in lines):
                return lines
            continue
        block = os.read(process.stdout.fileno(), 65536)
        if not block:
            break
        pending += block
        *whole, pending = pending.split(b"\n")
        lines += [line.decode() for line in whole]
    raise AssertionError(f"the demo did not get ready: {lines}\n{log.read_text()[-4000:]}")


@contextmanager
def running_demo(data: Path, *options: str, afresh: bool = False) -> Iterator[RunningServer]:
    """A demo for the length of a ``with`` block."""
    server = start_demo(data, *options, afresh=afresh)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.stop()


def run_tiro(config: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs another command of tiro on the library of `config`, in this process: it has read all
    that a new one would have to read first."""
    done = CliRunner().invoke(tiro, ["--config", str(config), *arguments], prog_name="tiro")
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return subprocess.CompletedProcess(arguments, done.exit_code, done.stdout, done.stderr)


def tiro_process(
    config: Path, *arguments: str, patience: float = 120.0
) -> subprocess.CompletedProcess[str]:
    """The same in a process of its own, as `tiro serve` must be."""
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "protocols.commands.command_line",
            "--config",
            str(config),
            *arguments,
        ],
        capture_output=True,
        text=True,
        timeout=patience,
        check=False,
    )


def talk(port: int, chunks: Sequence[bytes], until: bytes, patience: float = 10.0) -> bytes:
    """Sends `chunks` to a port of 127.0.0.1; reads until the answer ends with `until` or at all."""
    with socket.create_connection(("127.0.0.1", port), patience) as connection:
        for chunk in chunks:
            connection.sendall(chunk)
        answer = b""
        while not answer.endswith(until):
            block = connection.recv(65536)
            if not block:
                break
            answer += block
        return answer
