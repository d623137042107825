"""`make base`: what a user has who types `make demo` and no more, in an environment of its own.

`make demo` sets up the environment, with nothing but what Tiro requires, and gets ready; beside it
every command shows its help, `tiro check` finds all in order, and the commands that the README
tells people to paste do what it says.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.servers import RunningServer, free_ports
from tests.test_documents import ROOT, STARTED, Beside, blocks_of, is_printed, paste

#: What an extra brings, which must not be there.
EXTRAS = ("psycopg", "pytest", "hypothesis", "ruff")


def begin(folder: Path, environment: Path) -> RunningServer:
    """Runs `make demo` until it is ready."""
    data = folder / STARTED.rpartition(" ")[2]
    log = folder / "demo.log"
    sip2, z3950, http, ncip = free_ports(4)
    options = (
        f"--data {data} --patrons 20 --sip2-port {sip2} --z3950-port {z3950} --http-port {http}"
        f" --ncip-port {ncip} --operations-port 0"
    )
    with log.open("wb") as errors:
        process = subprocess.Popen(
            ["make", "demo", f"VENV={environment}", f"DEMO_OPTIONS={options}"],
            cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,  # make and the demo end together
        )
    assert process.stdout is not None
    for line in process.stdout:
        if line == b"Tiro is ready\n":
            return RunningServer(process, data, sip2, z3950, http, ncip, log)
    process.wait()
    raise SystemExit(f"the demo did not get ready:\n{log.read_text()[-4000:]}")


def try_out(server: RunningServer, environment: Path) -> None:
    """Everything else, beside the running demo."""
    python, tiro = str(environment / "bin/python"), environment / "bin/tiro"
    for name in EXTRAS:
        if not subprocess.run(
            [python, "-c", f"import {name}"], stderr=subprocess.DEVNULL, check=False
        ).returncode:
            raise SystemExit(f"the base environment holds {name}")
    subprocess.run([python, "-m", "tests.base_environment"], cwd=ROOT, check=True)
    configuration = str(server.data / "tiro.toml")
    subprocess.run([str(tiro), "--config", configuration, "check"], check=True)
    blocks = blocks_of((ROOT / "README.md").read_text(encoding="utf-8"))
    for name in ("yaz-client", "curl"):
        if shutil.which(name) is None:
            raise SystemExit(f"{name}, which the README uses, is not installed")
    outputs = paste([block.commands for block in blocks], Beside(server, tiro), patience=600)
    for block, output in zip(blocks, outputs, strict=True):
        for line in block.printed:
            if not is_printed(line, output):
                raise SystemExit(f"{block.commands}\n{line}\n is not in\n{output}")
    print(f"{len(blocks)} blocks of the README do what it says")


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="tiro-base-") as name:
        folder = Path(name)
        environment = folder / "environment"
        server = begin(folder, environment)
        try:
            try_out(server, environment)
        finally:
            os.killpg(server.process.pid, signal.SIGTERM)
            server.process.wait(30)
    print("the base installation does all that it should")


if __name__ == "__main__":
    sys.exit(main())
