"""Ctrl-C, and readers that go away: a command ends with a sentence, and loses nothing."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from protocols.commands.command_line import tiro
from protocols.process.failures import INTERRUPTED, report_failures
from tests.builders.staff import Staff
from tests.protocols.commands.calls import call


@pytest.fixture
def staff(sqlite_url: str, tmp_path: Path) -> Iterator[Staff]:
    staff = Staff(tmp_path, sqlite_url)
    yield staff
    staff.database.close()


def start(staff: Staff, *arguments: str, **options: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "protocols.commands.command_line"),
            *("--config", str(staff.configuration), *arguments),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,  # type: ignore[call-overload]
    )


def test_ctrl_c_ends_a_command_with_a_sentence_and_status_130(staff: Staff) -> None:
    file = staff.database.url.removeprefix("sqlite:///")
    with sqlite3.connect(file) as other:
        other.execute("BEGIN IMMEDIATE")  # it will wait for the end of this
        process = start(staff, "reindex")
        deadline = time.monotonic() + 60
        while file not in open_files(process.pid):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        other.rollback()
        _, said = process.communicate(timeout=60)
    other.close()
    assert process.returncode == INTERRUPTED, said
    assert said.strip() == (
        "Interrupted. What was compared is right: run it again, and it goes on from there."
    )


def test_ctrl_c_at_a_question_is_the_same(staff: Staff, tmp_path: Path) -> None:
    process = start(staff, *call("apply", tmp_path), stdin=subprocess.PIPE)
    assert process.stdout is not None
    read = ""
    while "Apply this?" not in read:
        read += process.stdout.read(1)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert "Traceback" not in said
    assert process.returncode == INTERRUPTED, said


def open_files(pid: int) -> set[str]:
    found = set()
    for each in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            found.add(os.readlink(each))
    return found


@pytest.mark.parametrize(
    ("name", "words"), [("load", "goes on from there"), ("patron", "Interrupted.")]
)
def test_an_interrupted_command_says_what_is_done(
    name: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    context = click.Context(tiro)
    context.invoked_subcommand = name
    with pytest.raises(click.exceptions.Exit) as ended, report_failures(context, show_all=False):
        raise KeyboardInterrupt
    assert ended.value.exit_code == INTERRUPTED
    assert words in capsys.readouterr().err


def test_a_reader_that_goes_away_is_no_failure(staff: Staff) -> None:
    process = start(staff, "jobs", "list")
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == ""
    assert process.wait(60) == 1
    process.stderr.close()
