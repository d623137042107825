"""Two whole servers: one harvests the other when it is told to, and goes on after kill -9."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from catalogue.database import Database, open_database
from tests.builders.circulation import a_library
from tests.servers import RunningServer, run_tiro, start_serving


@contextmanager
def serving(folder: Path, url: str, more: str) -> Iterator[RunningServer]:
    server = start_serving(folder, url, more=more)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.stop()


def asked(config: Path, *words: str) -> Any:
    done = run_tiro(config, "oai", *words, "--json")
    assert done.returncode == 0, done.stderr + done.stdout
    return json.loads(done.stdout)


def wait_until(holds: Callable[[], bool], server: RunningServer) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end, server.log.read_text()[-2000:]
        time.sleep(0.1)


def titles(url: str) -> set[str]:
    database: Database = open_database(url)
    try:
        return set(
            database.read(
                lambda t: [row[0] for row in t.execute("SELECT title FROM records", ()).fetchall()]
            ).result()
        )
    finally:
        database.close()


def free(url: str) -> None:
    """The lease of the process that was killed, which would run out within a minute."""
    database = open_database(url)
    database.write(lambda t: t.execute("DELETE FROM leases", ())).result()
    database.close()


@pytest.fixture
def own_url(database_url: str) -> str:
    """The database of the second library, which has no records."""
    database = open_database(database_url)
    a_library(database)
    database.close()
    return database_url


def test_a_second_tiro_harvests_the_first(
    tmp_path: Path, demo_server: RunningServer, own_url: str
) -> None:
    address = f"http://127.0.0.1:{demo_server.http}/oai"
    more = (
        f'\n[oai.sources.other]\nurl = "{address}"\nprefix = "marc21"\nnumber_in = \':([0-9]+)$\'\n'
    )
    config = tmp_path / "tiro.toml"
    with serving(tmp_path, own_url, more) as server:
        (source,) = asked(config, "status")["sources"]
        assert (source["source"], source["last_finished"]) == ("other", None)
        asked(config, "now", "other")
        wait_until(lambda: len(titles(own_url)) > 0, server)
        server.kill()
        free(own_url)
    with serving(tmp_path, own_url, more) as server:
        wait_until(lambda: bool(asked(config, "status")["sources"][0]["last_finished"]), server)
        (source,) = asked(config, "status")["sources"]
        assert source["problem"] == ""
        assert source["problems"] == 0
        first = f"sqlite:///{demo_server.data / 'tiro.sqlite'}"
        assert titles(own_url) == titles(first)
        # A part of a page may have been taken, and told again.
        assert source["counts"]["told"] >= source["records"] == source["counts"]["added"] > 100
        again = asked(config, "harvest", "other", "--from-the-beginning")
        assert again["told"] == again["unchanged"] == source["records"]
        assert asked(config, "problems", "other") == {"source": "other", "problems": []}
        assert asked(config, "withdraw", "other")["deleted"] == 0
        assert run_tiro(config, "oai", "harvest", "nobody").returncode == 1
        assert run_tiro(config, "oai", "now", "nobody").returncode == 1
        assert run_tiro(config, "oai", "forget", "other").returncode == 1
    config.write_text(config.read_text().replace(more, ""))
    checked = run_tiro(config, "check")
    assert "tiro oai forget other" in checked.stdout + checked.stderr
    assert run_tiro(config, "oai", "forget", "other").returncode == 0
    assert asked(config, "status") == {"sources": []}


def test_check_tries_what_is_written_of_sources(tmp_path: Path, own_url: str) -> None:
    with serving(tmp_path, own_url, "") as server:
        assert server.http
    config = tmp_path / "tiro.toml"
    text = config.read_text()
    config.write_text(
        text + '\n[oai.sources.a]\nurl = "http://127.0.0.1:9/"\nagency = "DK-1"\npassword = "p"\n'
        'ca_file = "nothing.pem"\n'
    )
    checked = run_tiro(config, "check")
    said = checked.stdout + checked.stderr
    assert "there is no agency DK-1" in said
    assert "in the clear" in said
    assert "nothing.pem" in said
    for wrong in ('at = "25:00"', "number_in = '('", "number_in = 'x'", 'protect = ["1"]'):
        config.write_text(f'{text}\n[oai.sources.a]\nurl = "http://127.0.0.1:9/"\n{wrong}\n')
        assert run_tiro(config, "check").returncode != 0, wrong
    config.write_text(
        f'{text}\n[oai.sources.a]\nurl = "http://127.0.0.1:9/"\n'
        '[oai.sources.a.arguments]\nverb = "x"\n'
    )
    assert "argument of the standard" in (
        run_tiro(config, "check").stdout + run_tiro(config, "check").stderr
    )
