"""The examples of CONTRIBUTING are built and run: each page in a folder of its own, in one shell.

What is installed by ``pip install --editable FOLDER`` is found there as pip would have it found:
its metadata are made, and the folder is on the path of whatever runs after it. A page that changes
Tiro itself has a copy of its code to change.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.servers import free_ports
from tests.test_documents import ROOT, blocks_of, is_printed

PAGES = {path.stem: path for path in sorted((ROOT / "docs" / "contributing").glob("*.md"))}
#: What the page changes is Tiro.
IN_A_CHECKOUT = {"a-feature"}
#: The suite that the example must pass, and what it is called there.
SUITES = {
    "a-record-format": ("test_record_formats.py", "citation"),
    "a-protocol": ("test_standards.py", "unapi and not reader_looks_for"),
}
_PIP = """#!/bin/bash
set -euo pipefail
cd "${{@: -1}}"
{python} -c 'from setuptools import setup; setup()' --quiet egg_info
echo "$PWD" >> {paths}
"""
_RUN = """#!/bin/bash
PYTHONPATH=$(paste -sd: {paths}) exec {python} {what} "$@"
"""


class Workshop:
    """A folder in which a page is pasted, with programs before those of the environment."""

    def __init__(self, folder: Path, is_checkout: bool) -> None:
        self.folder = folder / "work"
        self.folder.mkdir()
        self._paths = folder / "paths"
        self._paths.touch()
        self._programs = folder / "bin"
        self._programs.mkdir()
        known = {"python": sys.executable, "paths": self._paths}
        self._write("pip", _PIP.format(**known))
        command = "-m protocols.commands.command_line"
        self._write("tiro", _RUN.format(**known, what=command))
        if is_checkout:
            for name in ("catalogue", "circulation", "protocols"):
                passed_over = shutil.ignore_patterns("__pycache__")
                shutil.copytree(ROOT / name, self.folder / name, ignore=passed_over)
            self._paths.write_text(f"{self.folder}\n")

    def _write(self, name: str, text: str) -> None:
        path = self._programs / name
        path.write_text(text)
        path.chmod(0o755)

    def paste(self, script: str) -> str:
        environment = {
            name: value
            for name, value in os.environ.items()
            if name not in ("TIRO_CONFIG", "PYTHONPATH")
        }
        environment["PATH"] = f"{self._programs}:{environment['PATH']}"
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr[-3000:]}"
        return done.stdout

    def suite(self, name: str, chosen: str) -> str:
        """The tests of a contract that are of what was installed."""
        path = os.pathsep.join(self._paths.read_text().split())
        command = ("-m", "pytest", "-q", "-p", "no:cacheprovider", f"tests/contracts/{name}")
        done = subprocess.run(
            [sys.executable, *command, "-k", chosen],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": path, "PYTEST_ADDOPTS": ""},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-3000:]
        return done.stdout


def test_every_kind_of_plug_in_has_a_page() -> None:
    assert PAGES.keys() == {"a-channel", "a-feature", "a-protocol", "a-record-format"}
    told = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for name in PAGES:
        assert f"(docs/contributing/{name}.md)" in told
    assert "(docs/adding-a-language.md)" in told  # pasted by test_documents


@pytest.mark.drawn(1)
@pytest.mark.parametrize("name", PAGES)
def test_what_is_built_runs(name: str, tmp_path: Path, program: Callable[[str], str]) -> None:
    program("curl")
    workshop = Workshop(tmp_path, name in IN_A_CHECKOUT)
    blocks = blocks_of(PAGES[name].read_text(encoding="utf-8"))
    (http,) = free_ports(1)
    script = "\n".join(block.commands for block in blocks)
    script = re.sub(r"(?<=127\.0\.0\.1:)8080\b", str(http), script)
    script = script.replace("tiro new ", f"tiro new --http-port {http} --sip2-port 0 ")
    output = workshop.paste(script)
    for block in blocks:
        for line in block.printed:
            assert is_printed(line, output), f"{line}\n is not in\n{output}"
    if name in SUITES:
        workshop.suite(*SUITES[name])
