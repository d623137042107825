"""`make dist`: the sdist and the wheel, looked into and tried in environments of their own.

    python -m tests.distributions [FOLDER]      # where they are to stay; else they are thrown away

Each is installed into a new virtual environment in a temporary folder, away from this checkout.
There `tiro --version` is that of setup.cfg, and `tiro demo` gets ready, lets a SIP2 terminal log
in, and ends with status 0.
"""

from __future__ import annotations

import configparser
import os
import signal
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from pathlib import Path, PurePosixPath

from tests.servers import free_ports, talk

ROOT = Path(__file__).parent.parent
PACKAGES = ("catalogue", "circulation", "protocols")


def version() -> str:
    """As setup.cfg has it: the one place."""
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser["metadata"]["version"]


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
    demo(tiro, folder, clean)


def demo(tiro: str, folder: Path, environment: dict[str, str]) -> None:
    """Runs `tiro demo` until a terminal has logged in."""
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
        assert talk(sip2, [b"9300CNkiosk|COkiosk|\r"], b"\r") == b"941\r"
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    assert process.returncode == 0, log.read_text()[-4000:]


def main(arguments: list[str]) -> None:
    with tempfile.TemporaryDirectory(prefix="tiro-dist-") as name:
        kept = Path(arguments[0]) if arguments else Path(name) / "dist"
        for file in build(kept):
            if missing := sorted(packaged() - contents(file)):
                raise SystemExit(f"{file.name} is without {', '.join(missing)}")
            folder = Path(name) / file.suffix.lstrip(".")
            folder.mkdir()
            try_out(file, folder)
            print(f"{file.name}: installed, ready, a terminal has logged in")


if __name__ == "__main__":
    main(sys.argv[1:])
