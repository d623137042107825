"""`tiro` on the database, `tiro --server`, and a daily job: each run is a request."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Final

from click.testing import CliRunner

from protocols.commands.command_line import tiro
from protocols.process.failures import LOOK_FIRST
from tests.builders.circulation import present
from tests.builders.holds import a_hold
from tests.commit_cuts.over_other_doors import COMMAND, JOB, REMOTE, library_of
from tests.crash.callers import Act, Line
from tests.crash.stage import ITEMS, barcode

#: The database, or the server, cannot be reached; or it is not known.
_FOR_NOW: Final = (
    b"cannot be worked with",
    b"cannot be reached for the moment",
    LOOK_FIRST.encode(),
)
_AT: Final = ("--at", "DK-900101")


class CommandLine(Line):
    """A request is the words after `tiro` and its first options; the answer its status, what it
    prints and what it complains of."""

    def __init__(self, *options: str, **environment: str) -> None:
        super().__init__(0)
        self._options, self._environment = options, environment

    def ask(self, request: bytes) -> bytes:
        words = [*self._options, *json.loads(request)]
        done = CliRunner().invoke(tiro, words, env=self._environment)
        return f"{done.exit_code}\n{done.stdout}\n{done.stderr}".encode()


def here(folder: Path) -> CommandLine:
    return CommandLine("--config", str(folder / "tiro.toml"))


def on_server(port: int, token: str) -> CommandLine:
    return CommandLine("--server", f"http://127.0.0.1:{port}", TIRO_TOKEN=token)


def _command(name: str, *words: str, trace: tuple[str, str]) -> Act:
    return Act(
        name,
        json.dumps([*words, "--json"]).encode(),
        lambda answer: answer.startswith(b"0\n"),
        trace,
        # Whoever runs it again is told why it cannot be done any more.
        lambda answer: answer.startswith(b"1\n") and b'"refused"' in answer,
        is_for_now,
    )


def is_for_now(answer: bytes) -> bool:
    return any(each in answer for each in _FOR_NOW)


def lending(name: str, kind: str, card: str) -> Iterator[Act]:
    """Lends and takes back."""
    for turn in count():
        item = barcode(kind, 0, turn % ITEMS)
        out = "loan", "out", card, item, *_AT
        yield _command(f"{name} loan out", *out, trace=("checked_out", item))
        yield _command(f"{name} loan in", "loan", "in", item, *_AT, trace=("checked_in", item))


def commands() -> Iterator[Act]:
    return lending("tiro", "C", COMMAND)


def commands_on_server() -> Iterator[Act]:
    return lending("tiro --server", "R", REMOTE)


def a_job(direct: str) -> Iterator[Act]:
    """Ends a hold whose interest period is over; there is one for each run."""
    words = json.dumps(["jobs", "run", "holds", "--json"]).encode()
    while True:
        library = library_of(direct)
        try:
            library.now = present() - timedelta(days=9)
            over = (present() - timedelta(days=5)).date()
            a_hold(library, JOB, f"{JOB}-1", interest_until=over)
        finally:
            library.database.close()
        yield Act(
            "tiro jobs run",
            words,
            lambda answer: answer.startswith(b"0\n"),
            ("hold_closed", JOB),
            is_passing=is_for_now,
        )
