"""Statements are called as their bodies say: mypy refuses anything else."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
WRONG_CALLS = Path(__file__).with_name("wrong_calls.py")


def expected() -> dict[int, str]:
    """What is to be said of each line, by its number."""
    lines = enumerate(WRONG_CALLS.read_text(encoding="utf-8").splitlines(), 1)
    return {number: line.partition("  # ")[2] for number, line in lines if "  # " in line}


def told(lines: Iterable[str]) -> dict[int, str]:
    """The errors of the file, by number of the line; several of one line in one text."""
    found: dict[int, str] = {}
    for line in lines:
        if error := re.match(r".*wrong_calls\.py:(\d+): error: (.*)", line):
            number = int(error[1])
            found[number] = f"{found.get(number, '')}{error[2]}\n"
    return found


def test_mypy_refuses_each_wrong_call() -> None:
    pytest.importorskip("mypy")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", str(WRONG_CALLS)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    errors = told(done.stdout.splitlines())
    assert done.returncode == 1, done.stdout + done.stderr
    assert {
        number: (said, errors.get(number))
        for number, said in expected().items()
        if said not in errors.get(number, "")
    } == {}
    assert errors.keys() == expected().keys()
