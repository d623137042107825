"""Of several servers on one database one sends."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from pydantic import TypeAdapter
from twisted.internet.task import Clock

from catalogue.database import Database
from circulation.kernel.leases import Lease, LeaseTaken
from protocols.commands.command_line import tiro
from protocols.hosting.answering import Services
from protocols.notices.sending import SENDING, Sender
from protocols.notices.service import NoticeService
from protocols.notices.settings import NoticeSettings
from tests.builders.circulation import Library, a_library

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
OTHER = Lease(SENDING, "host-b process 1")


class Server:
    """A notice service with a clock of its own."""

    def __init__(self, library: Library, folder: Path) -> None:
        self.now = NOW
        self.services = Services(
            library.database,
            library.circulation,
            lambda: self.now,
            lambda *_: None,
            lambda *_: None,
        )
        settings = TypeAdapter(NoticeSettings).validate_python({})
        sender = Sender(library.database, library.circulation, settings, folder)
        self.service = NoticeService(sender, self.services, 5.0, Clock())


@pytest.fixture
def server(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    # The thread that would write is the one that waits.
    monkeypatch.setattr("catalogue.database.answers.LET_WAIT", 0.0)
    server = Server(a_library(database), tmp_path)
    yield server
    server.services.close()


def is_free(database: Database, at: datetime) -> bool:
    try:
        database.write(lambda transaction: OTHER.hold(transaction, at)).result()
    except LeaseTaken:
        return False
    return True


def test_who_takes_turns_holds_the_lease_and_gives_it_back(
    server: Server, database: Database
) -> None:
    server.service.start()
    server.service._take_turn()
    assert not is_free(database, NOW)
    server.service.stop()
    end = time.monotonic() + 10
    while not is_free(database, NOW):
        assert time.monotonic() < end


def test_nothing_is_done_while_another_sends(server: Server, database: Database) -> None:
    assert is_free(database, NOW)
    assert not server.service._take_turn()
    server.now += timedelta(seconds=61)  # the other one has died
    server.service._take_turn()
    assert not is_free(database, server.now)


def test_the_command_line_leaves_it_to_the_server_that_sends(
    sqlite_url: str, tmp_path: Path
) -> None:
    from catalogue.database import open_database

    path = tmp_path / "tiro.toml"
    path.write_text(f'[database]\nurl = "{sqlite_url}"\n')
    database = open_database(sqlite_url)
    assert is_free(database, datetime.now(UTC))

    def jobs(*options: str) -> list[dict[str, object]]:
        arguments = ["--config", str(path), "jobs", "run", "--json", *options]
        done = CliRunner().invoke(tiro, arguments)
        assert done.exit_code == 0, done.output
        found: list[dict[str, object]] = json.loads(done.stdout)
        return found

    assert jobs()[-1]["left to"] == OTHER.holder
    # All were run, and are not run again today where that is asked for.
    assert [each["job"] for each in jobs("--unless-done")] == ["sending"]
    # While another host is at it, a timer leaves it alone, and a person is told.
    busy = Lease("jobs", "host-c process 7")
    database.write(lambda transaction: busy.hold(transaction, datetime.now(UTC))).result()
    arguments = ["--config", str(path), "jobs", "run", "pins"]
    told = CliRunner().invoke(tiro, arguments)
    assert told.exit_code == 1
    assert "host-c process 7 is running the jobs" in told.output
    yesterday = f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%d}"
    left = jobs("pins", "--unless-done", "--date", yesterday)
    assert [(each["job"], each["run by"]) for each in left] == [("pins", busy.holder)]
    database.close()
