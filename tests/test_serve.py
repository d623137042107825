"""`tiro serve` on either database: what one process acknowledged, the next one knows."""

from __future__ import annotations

import socket
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from catalogue.database import open_database
from protocols.demo.seeding import seed
from tests.servers import RunningServer, run_tiro, start_serving

DATE = b"20261125    120000"
CHECK_OUT = b"11YN%b%bAODK-900100|AAP0000001|ABI0000002|AC|AD1234|\r" % (DATE, DATE)
ITEM = b"17%bAODK-900100|ABI0000002|\r" % DATE
CHECK_IN = b"09N%b%bAPDK-900101|AODK-900100|ABI0000002|AC|\r" % (DATE, DATE)


@pytest.fixture
def seeded_url(database_url: str) -> str:
    database = open_database(database_url)
    assert seed(database, patrons=3, items=5, now=datetime(2026, 11, 25, tzinfo=UTC))
    assert not seed(database, patrons=3, items=5, now=datetime(2026, 11, 25, tzinfo=UTC))
    database.close()
    return database_url


def ask(server: RunningServer, *messages: bytes) -> list[bytes]:
    """The kiosk's conversation: an answer for each message, the login's left out."""
    answers = []
    with socket.create_connection(("127.0.0.1", server.sip2), 10) as kiosk:
        for message in (b"9300CNkiosk|COkiosk|\r", *messages):
            kiosk.sendall(message)
            answer = b""
            while not answer.endswith(b"\r"):
                answer += kiosk.recv(65536)
            answers.append(answer)
    assert answers[0] == b"941\r"
    return answers[1:]


def test_a_loan_outlives_the_process_that_made_it(seeded_url: str, tmp_path: Path) -> None:
    first = start_serving(tmp_path, seeded_url)
    lent, *_ = ask(first, CHECK_OUT)
    assert lent.startswith(b"121")
    assert first.stop() == 0
    second = start_serving(tmp_path, seeded_url)
    shown, returned, shown_again = ask(second, ITEM, CHECK_IN, ITEM)
    assert shown.startswith(b"1804")
    assert returned.startswith(b"101")
    assert b"|AAP0000001|" in returned
    assert shown_again.startswith(b"1803")
    assert second.stop() == 0
    assert "Traceback" not in second.log.read_text()


def test_a_configuration_that_everybody_can_read_is_told_at_the_start(
    sqlite_url: str,
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        open_folder = Path(folder)
        open_folder.chmod(0o755)
        for mode, is_told in ((0o644, True), (0o600, False)):
            (open_folder / "tiro.toml").touch()
            (open_folder / "tiro.toml").chmod(mode)
            server = start_serving(open_folder, sqlite_url)
            assert server.stop() == 0
            told = server.log.read_text()
            assert ("can be read by everybody: chmod 640" in told) == is_told
            server.log.unlink()


def test_two_processes_on_postgresql_share_one_library(seeded_url: str, tmp_path: Path) -> None:
    if seeded_url.startswith("sqlite"):
        assert start_serving(tmp_path, seeded_url).stop() == 0  # one process is its share
        return
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first, second = (start_serving(tmp_path / name, seeded_url) for name in ("a", "b"))
    assert ask(first, CHECK_OUT)[0].startswith(b"121")
    shown, refused = ask(second, ITEM, CHECK_OUT.replace(b"P0000001", b"P0000002"))
    assert shown.startswith(b"1804")
    assert refused.startswith(b"120")
    assert ask(second, CHECK_IN)[0].startswith(b"101")
    assert ask(first, ITEM)[0].startswith(b"1803")
    assert [first.stop(), second.stop()] == [0, 0]


def test_what_a_server_has_is_not_replaced_nor_served_twice(
    seeded_url: str, tmp_path: Path
) -> None:
    (tmp_path / "a").mkdir()
    server = start_serving(tmp_path / "a", seeded_url)
    config = tmp_path / "a" / "tiro.toml"
    backup, archive = str(tmp_path / "backup"), str(tmp_path / "archive")
    assert run_tiro(config, "backup", backup).returncode == 0
    assert run_tiro(config, "export", archive).returncode == 0
    assert ask(server, CHECK_OUT)[0].startswith(b"121")
    called = f"process {server.process.pid} serves it"
    for words in (("restore", backup, "--replace"), ("restore", backup), ("import", archive)):
        done = run_tiro(config, *words)
        assert done.returncode == 1
        error, advice = done.stderr.splitlines()
        assert called in error
        assert "End that process first" in advice
    if seeded_url.startswith("sqlite"):
        (tmp_path / "b").mkdir()
        with pytest.raises(AssertionError, match=called):
            start_serving(tmp_path / "b", seeded_url)
    assert run_tiro(config, "patron", "show", "P0000001").returncode == 0
    assert ask(server, ITEM)[0].startswith(b"1804")  # it was asked all the time
    assert server.stop() == 0
    assert run_tiro(config, "restore", backup, "--replace").returncode == 0
