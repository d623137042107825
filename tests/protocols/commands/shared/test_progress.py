"""Progress of long work: a bar on a terminal, lines now and then in a log, nothing in between."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest

from protocols.commands.shared.progress import EVERY, Lines, progress


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_log_gets_a_line_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    report = Lines(clock)
    for step in range(21):
        clock.now = step * EVERY / 10
        report("books.mrc", "records", step * 100, 10_000, step * 10)
    said = capsys.readouterr().err.splitlines()
    assert said == [
        "books.mrc: 10 %, 100 records, 10 records/s, 2 min left",
        "books.mrc: 20 %, 200 records, 10 records/s, 1 min left",
    ]


def test_what_reports_first_when_a_part_is_done_is_timed_from_its_beginning(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock = Clock()
    report = Lines(clock)
    clock.now = 2 * EVERY
    report("a.mrc", "records", 5_000, 10_000)
    clock.now = 3 * EVERY
    report("b.mrc", "records", 1_000, 10_000)
    assert capsys.readouterr().err.splitlines() == [
        "a.mrc: 50 %, 5,000 records, 250 records/s, 20 s left",
        "b.mrc: 10 %, 1,000 records, 100 records/s, 2 min left",
    ]


def test_what_has_no_end_in_sight_says_what_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    report = Lines(clock)
    report("tiro.backup", "bytes", 0)
    clock.now = 2 * EVERY
    report("tiro.backup", "bytes", 40_000_000)
    assert capsys.readouterr().err == "tiro.backup: 40.0 MB, 2.0 MB/s\n"


def test_short_work_says_nothing_in_a_log(capsys: pytest.CaptureFixture[str]) -> None:
    with progress() as report:
        report("jobs", "jobs", 1, 2)
    assert capsys.readouterr() == ("", "")


def test_a_terminal_gets_a_bar_that_is_gone_at_the_end() -> None:
    script = (
        "from protocols.commands.shared.progress import progress\n"
        "import time\n"
        "with progress() as report:\n"
        "    for done in range(1, 4):\n"
        "        report('books.mrc', 'records', done, 4)\n"
        "        time.sleep(0.2)\n"
    )
    said = on_a_terminal([sys.executable, "-c", script])
    assert "books.mrc" in said
    assert "records/s" in said
    assert said.endswith("\x1b[2K")  # the line is wiped


def on_a_terminal(command: list[str], **environment: str) -> str:
    """What a command writes to a terminal of its own."""
    master, terminal = pty.openpty()
    told = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "120", **environment}
    process = subprocess.Popen(command, stdout=terminal, stderr=terminal, env=told)
    os.close(terminal)
    said = b""
    while True:
        try:
            block = os.read(master, 65536)
        except OSError:  # EIO: nobody has the terminal any more
            break
        if not block:
            break
        said += block
    process.wait(30)
    os.close(master)
    return said.decode()


CYAN = "36m"
_TABLE = """
from protocols.commands.shared.saying import say
say([{"item": "I1", "title": "Emma [1815]"}, {"item": "I2", "title": "", "due": "soon"}], False)
"""


def test_a_list_on_a_terminal_is_a_table_in_colour() -> None:
    said = on_a_terminal([sys.executable, "-c", _TABLE])
    heading, first, second = said.strip().splitlines()
    assert CYAN in heading
    assert first.split() == ["I1", "Emma", "[1815]"]
    assert second.split() == ["I2", "soon"]


def test_no_color_is_honoured() -> None:
    said = on_a_terminal([sys.executable, "-c", _TABLE], NO_COLOR="1")
    assert CYAN not in said
    assert said.strip().splitlines()[1].split() == ["I1", "Emma", "[1815]"]


def test_a_narrow_terminal_and_a_pipe_get_lines() -> None:
    narrow = on_a_terminal([sys.executable, "-c", _TABLE], COLUMNS="12", NO_COLOR="1")
    piped = subprocess.run(
        [sys.executable, "-c", _TABLE], capture_output=True, text=True, check=True
    ).stdout
    first, second = piped.split("\n\n")
    assert first.splitlines() == ["item:          I1", "title:         Emma [1815]"]
    assert second.splitlines() == ["item:          I2", "due:           soon"]
    assert "title:" in narrow
