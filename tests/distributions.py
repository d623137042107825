"""`make dist`: the sdist and the wheel, looked into and tried in environments of their own.

    python -m tests.distributions [FOLDER]      # where they are to stay; else they are thrown away

Each is installed into a new virtual environment in a temporary folder, away from this checkout.
There `tiro --version` is that of this checkout; `tiro new` makes a library that is in order; and
`tiro demo` gets ready, shows the desk and all that its page loads, lends over SIP2 and over HTTPS,
finds over Z39.50, and ends with status 0.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from datetime import datetime
from pathlib import Path, PurePosixPath
from urllib.parse import urljoin
from urllib.request import urlopen

from protocols.z3950.asking.client import Client
from protocols.z3950.queries.pqf import query
from tests.servers import free_ports

ROOT = Path(__file__).parent.parent
PACKAGES = ("catalogue", "circulation", "protocols")


def version() -> str:
    """Return the version of what is built from this checkout."""
    return subprocess.run(
        [sys.executable, "setup.py", "--version"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()


def packaged() -> set[str]:
    """Every file of the packages, by its path in the checkout."""
    return {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and path.suffix != ".pyc" and "__pycache__" not in path.parts
    }


def build(folder: Path) -> tuple[Path, Path]:
    """The wheel and the sdist, made in the folder; the wheel from the sdist, as users get it."""
    done = subprocess.run(
        [sys.executable, "-m", "build", "--outdir", str(folder), str(ROOT)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"nothing was built:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    stem = f"tiro_ils-{version()}"
    return folder / f"{stem}-py3-none-any.whl", folder / f"{stem}.tar.gz"


def contents(file: Path) -> set[str]:
    """The files in a wheel or sdist, by their paths in a checkout."""
    if file.suffix == ".whl":
        with zipfile.ZipFile(file) as wheel:
            return set(wheel.namelist())
    with tarfile.open(file) as sdist:
        return {
            str(PurePosixPath(*PurePosixPath(each.name).parts[1:]))
            for each in sdist
            if each.isfile()
        }


def try_out(file: Path, folder: Path) -> None:
    """Installs it and runs the demo; AssertionError or CalledProcessError where that fails."""
    environment = folder / "environment"
    venv.create(environment, with_pip=True)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}

    def run(*words: str) -> str:
        return subprocess.run(
            words, cwd=folder, env=clean, check=True, capture_output=True, text=True
        ).stdout

    run(
        str(environment / "bin/python"),
        *("-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(file)),
    )
    tiro = str(environment / "bin/tiro")
    told = run(tiro, "--version")
    assert told == f"tiro, version {version()}\n", told
    run(tiro, "new", "mine", "--yes", *_ports("--http-port", "--sip2-port", "--z3950-port"))
    run(tiro, "--config", "mine/tiro.toml", "check")
    demo(tiro, folder, clean)


def _ports(*options: str) -> list[str]:
    found = zip(options, free_ports(len(options)), strict=True)
    return [word for option, port in found for word in (option, str(port))]


def demo(tiro: str, folder: Path, environment: dict[str, str]) -> None:
    """Runs `tiro demo`, and uses it in each of its ways."""
    sip2, z3950, http, ncip = free_ports(4)
    log = folder / "demo.log"
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [
                *(tiro, "demo", "--patrons", "3", "--items", "5", "--sip2-port", str(sip2)),
                *("--z3950-port", str(z3950), "--http-port", str(http)),
                *("--ncip-port", str(ncip), "--operations-port", "0"),
            ],
            cwd=folder,
            env={**environment, "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if line == "Tiro is ready\n":
                break
        else:
            raise AssertionError(f"the demo did not get ready:\n{log.read_text()[-4000:]}")
        _lend(sip2)
        _look_at_desk(http)
        with Client.connect("127.0.0.1", z3950) as client:
            assert client.search("Default", query("@attr 1=4 sange")) > 0
        done = subprocess.run(
            [
                *(tiro, "sip2", "ask", f"http://127.0.0.1:{http}/rest/sip2/DK-900100"),
                *("--login", "kiosk", "--password", "kiosk", "17{now}AO|ABI0000002|"),
            ],
            cwd=folder,
            env=environment,
            check=True,
            capture_output=True,
            text=True,
        )
        assert done.stdout.startswith("1804"), done.stdout
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    assert process.returncode == 0, log.read_text()[-4000:]


def _lend(port: int) -> None:
    """The second item to the second patron, over one connection."""
    now = datetime.now().astimezone().strftime("%Y%m%d    %H%M%S")
    lending = f"11NN{now}{now}AODK-900100|AAP0000002|ABI0000002|AC|AD1234|"
    messages = [b"9300CNkiosk|COkiosk|\r", lending.encode() + b"\r"]
    with socket.create_connection(("127.0.0.1", port), 20) as line, line.makefile("rb") as answers:
        for message, begins in zip(messages, (b"941", b"121"), strict=True):
            line.sendall(message)
            answer = b""
            while not answer.endswith(b"\r"):
                answer += answers.read(1)
            assert answer.startswith(begins), answer


def _look_at_desk(port: int) -> None:
    """Its page, and all that the page loads: scripts, styles, pictures."""
    address = f"http://127.0.0.1:{port}/desk"
    with urlopen(address, timeout=20) as page:
        text = page.read().decode()
    loaded = {each for each in re.findall(r'(?:src|href)="([^"#?]+)"', text) if "." in each}
    assert any(each.endswith(".css") for each in loaded), text[:2000]
    assert any(each.endswith(".js") for each in loaded), text[:2000]
    for each in loaded:
        with urlopen(urljoin(address, each), timeout=20) as found:
            assert found.read(), each


def main(arguments: list[str]) -> None:
    with tempfile.TemporaryDirectory(prefix="tiro-dist-") as name:
        kept = Path(arguments[0]) if arguments else Path(name) / "dist"
        for file in build(kept):
            if missing := sorted(packaged() - contents(file)):
                raise SystemExit(f"{file.name} is without {', '.join(missing)}")
            folder = Path(name) / file.suffix.lstrip(".")
            folder.mkdir()
            try_out(file, folder)
            print(f"{file.name}: installed; a library made; a demo that lends, finds, has a desk")


if __name__ == "__main__":
    main(sys.argv[1:])
