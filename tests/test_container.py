"""What the image of deploy/Containerfile does, as far as it shows without a container."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path

import pytest

from catalogue.database import open_database
from circulation.jobs.table import JOBS
from protocols.commands.serving.daily import AGAIN, Daily
from protocols.demo.seeding import seed
from tests.builders.certificates import Authority
from tests.distributions import packaged
from tests.servers import run_tiro, start_serving

ROOT = Path(__file__).parent.parent
CONTAINERFILE = (ROOT / "deploy" / "Containerfile").read_text(encoding="utf-8")


def instruction(name: str) -> str:
    """The last instruction of this name, its lines as one."""
    text = CONTAINERFILE.replace("\\\n", " ")
    return re.findall(rf"^{name}\s+(.*)$", text, re.MULTILINE)[-1]


# What enters the build


def ignored(path: str, patterns: list[str]) -> bool:
    """As builders read .dockerignore: the last pattern that fits it, or a folder above, holds."""
    parts = path.split("/")
    found = False
    for pattern in patterns:
        is_kept, wanted = pattern.startswith("!"), pattern.lstrip("!").strip("/")
        steps = [re.escape(each) for each in wanted.split("/")]
        text = "/".join(each.replace(r"\*\*", ".*").replace(r"\*", "[^/]*") for each in steps)
        text = text.replace(".*/", "(?:.*/)?")
        if any(re.fullmatch(text, "/".join(parts[: end + 1])) for end in range(len(parts))):
            found = not is_kept
    return found


@pytest.fixture(scope="module")
def patterns() -> list[str]:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


@pytest.mark.parametrize(
    "path",
    [
        *(".git/config", ".venv/bin/python", ".env", "tiro.toml", "tiro.sqlite", "tiro.sqlite-wal"),
        *("tls/key.pem", "my-library/tiro.toml", "my-library/tiro.sqlite", "backup", "id_rsa"),
        *("everything/patrons.jsonl", "protocols/key.pem", "protocols/demo/tiro.toml", "a.key"),
        *(
            "catalogue/tiro.sqlite",
            "protocols/sip2/server.key",
            "tests/conftest.py",
            "outbox/1.txt",
        ),
        *("catalogue/__pycache__/query.cpython-312.pyc", "deploy/tiro.service", "build/lib/x.py"),
    ],
)
def test_no_key_database_or_history_enters_the_build(path: str, patterns: list[str]) -> None:
    assert ignored(path, patterns)


def test_all_that_is_installed_enters_it(patterns: list[str]) -> None:
    needed = packaged() | {"setup.cfg", "setup.py", "pyproject.toml", "README.md", "LICENSE"}
    needed.add("deploy/requirements.txt")
    assert [path for path in sorted(needed) if ignored(path, patterns)] == []


# Health


def test_the_server_is_asked_where_its_configuration_says(sqlite_url: str, tmp_path: Path) -> None:
    assert json.loads(instruction("HEALTHCHECK").partition("CMD ")[2])[:2] == ["tiro", "health"]
    authority = Authority(tmp_path)
    authority.issue("library.example.org", file="server")
    files = 'certificate = "server.pem"\nkey = "server.key"\nplain = false\n'
    own = '\nclient_certificates = "required"\nclient_ca = "{}"\n'.format(
        next(path.name for path in tmp_path.glob("*.pem") if path.name != "server.pem")
    )
    tls = f"\n[operations.tls]\n{files}\n[http.tls]\n{files}{own}"
    server = start_serving(tmp_path, sqlite_url, more=tls)
    config = tmp_path / "tiro.toml"

    def health() -> tuple[int, str]:
        done = run_tiro(config, "health", "--timeout", "5")
        return done.returncode, done.stdout + done.stderr

    try:
        # [operations] has no fixed port here; [http] wants a certificate that is not shown.
        assert health() == (0, f"[http] at 127.0.0.1:{server.http} answers\n")
        server.process.send_signal(signal.SIGSTOP)
        assert run_tiro(config, "health", "--timeout", "0.5").returncode == 1
    finally:
        server.process.send_signal(signal.SIGCONT)
        assert server.stop() == 0
    status, said = health()
    assert status == 1
    assert "does not answer: Connection refused" in said


@pytest.mark.parametrize(("answer", "status"), [(b"200 OK", 0), (b"503 Service Unavailable", 1)])
def test_what_it_says_of_itself_counts(answer: bytes, status: int, tmp_path: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        config = tmp_path / "tiro.toml"
        config.write_text(
            f"[operations]\nenabled = true\ninterface = '0.0.0.0'\n"
            f"port = {listener.getsockname()[1]}\n"
        )
        asked: list[bytes] = []

        def serve() -> None:
            caller, _ = listener.accept()
            with caller:
                asked.append(caller.recv(1000))
                caller.sendall(b"HTTP/1.1 " + answer + b"\r\nContent-Length: 0\r\n\r\n")

        thread = threading.Thread(target=serve)
        thread.start()
        assert run_tiro(config, "health").returncode == status
        thread.join()
        assert asked[0].startswith(b"GET /health HTTP/1.1\r\n")


# The daily jobs


def test_a_day_has_its_jobs_once_and_again_where_they_failed() -> None:
    daily = Daily(time_of_day(5))
    morning = datetime(2026, 11, 28, 5, tzinfo=UTC)
    assert not daily.is_due(morning - timedelta(seconds=1))
    assert daily.is_due(morning)
    daily.has_run(morning, is_done=False)
    assert not daily.is_due(morning + AGAIN - timedelta(seconds=1))
    assert daily.is_due(morning + AGAIN)
    daily.has_run(morning + AGAIN, is_done=True)
    assert not daily.is_due(morning + timedelta(hours=18))
    assert not daily.is_due(morning + timedelta(hours=20))  # the next day, before five
    assert daily.is_due(morning + timedelta(days=1, hours=7))  # it was asleep at five
    daily.has_run(morning, is_done=False)
    assert daily.is_due(morning - timedelta(days=1) + AGAIN)  # the clock was set back


def test_the_image_runs_them_beside_the_server(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = json.loads(instruction("CMD"))
    assert words == ["serve", "--with-jobs"]
    database = open_database(sqlite_url)
    seed(database, patrons=1, items=1, now=datetime.now(UTC))
    database.close()
    monkeypatch.setenv("TZ", f"XXX{datetime.now(UTC).hour - 12:+d}")  # it is about noon
    server = start_serving(tmp_path, sqlite_url, "--with-jobs")
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
    try:
        wait_for(lambda: jobs_run(tmp_path / "tiro.toml") == set(JOBS))
        before = beside_it(children)
        assert before is not None
        os.kill(int(before), signal.SIGKILL)
        wait_for(lambda: beside_it(children) not in (None, before))
        beside = beside_it(children)
    finally:
        assert server.stop() == 0
    wait_for(lambda: not Path(f"/proc/{beside}/cmdline").exists())


def beside_it(children: Path) -> str | None:
    """The process that runs the daily jobs, once it has become one."""
    found = [
        each
        for each in children.read_text().split()
        if b"daily" in Path(f"/proc/{each}/cmdline").read_bytes()
    ]
    return found[0] if found else None


def jobs_run(config: Path) -> set[str]:
    return {
        each["job"]
        for each in json.loads(run_tiro(config, "jobs", "list", "--json").stdout)["jobs"]
        if each["runs"]
    }


def wait_for(what: Callable[[], bool], seconds: float = 90.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it has not come to pass"
        time.sleep(0.2)
