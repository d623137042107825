"""Files that Tiro makes are their owner's alone, whatever the folder and the caller's umask."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from catalogue.database import migrate
from tests.builders.staff import Staff
from tests.protocols.commands.calls import ALL, call
from tests.servers import run_tiro, running_demo, talk

#: Commands that run until they are ended.
_NOT_CALLED = {"demo", "jobs daily", "serve"}


@pytest.fixture(autouse=True)
def _nothing_is_kept_from_anybody() -> Iterator[None]:
    """The caller's umask lets everybody do everything."""
    before = os.umask(0)
    yield
    os.umask(before)


def seen_by_others(folder: Path) -> list[str]:
    """The files below that others than the owner may read, change or run."""
    return sorted(
        f"{path.relative_to(folder)} {stat.S_IMODE(path.stat().st_mode):o}"
        for path in folder.rglob("*")
        if path.is_file() and stat.S_IMODE(path.stat().st_mode) & 0o077
    )


def run(folder: Path, *arguments: str) -> None:
    os.umask(0)
    done = run_tiro(folder / "tiro.toml", *arguments)
    assert done.returncode == 0, f"{arguments}\n{done.stdout}\n{done.stderr}"


def test_what_commands_write(tmp_path: Path) -> None:
    (tmp_path / "tiro.toml").write_text('[database]\nurl = "sqlite:///made/tiro.sqlite"\n')
    (tmp_path / "again.toml").write_text('[database]\nurl = "sqlite:///again/tiro.sqlite"\n')
    for name in ("made", "again", "restored", "given"):
        (tmp_path / name).mkdir(mode=0o755)
    for name in ("tiro.toml", "again.toml"):
        (tmp_path / name).chmod(0o600)
    broken = tmp_path / "given" / "broken.mrc"
    broken.write_bytes(b"00026nam a2200000 a 4500\x1e\x1d" + b"00099 this is no record\x1d")
    broken.chmod(0o600)
    migrate(f"sqlite:///{tmp_path}/made/tiro.sqlite")
    (tmp_path / "made" / "tiro.sqlite").chmod(0o600)
    run(tmp_path, *call("apply", tmp_path), "--yes")
    run(tmp_path, "load", str(broken), "--rejected", str(tmp_path / "rejected"))
    run(tmp_path, "backup", str(tmp_path / "backup"))
    for form in ("jsonl", "csv"):
        run(tmp_path, "export", str(tmp_path / form), "--form", form)
    os.umask(0)
    again = tmp_path / "again.toml"
    for words in (
        ("import", "--create", str(tmp_path / "jsonl")),
        ("restore", str(tmp_path / "backup")),
    ):
        assert run_tiro(again, *words).returncode == 0
        (tmp_path / "again" / "tiro.sqlite").unlink()
        os.umask(0)
    assert run_tiro(again, "import", "--create", str(tmp_path / "csv")).returncode == 0
    written = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert written >= {"backup", "patrons.jsonl", "patrons.csv", "manifest.json"}
    assert any(path.name.startswith("broken") for path in (tmp_path / "rejected").iterdir())
    assert seen_by_others(tmp_path) == []


def test_no_command_writes_what_others_may_read(staff: Staff, tmp_path: Path) -> None:
    """Each is called as far as its required arguments go."""
    given = set(tmp_path.rglob("*"))
    for name in sorted(set(ALL) - _NOT_CALLED):
        words = call(name, tmp_path)
        given |= set(tmp_path.rglob("given*"))
        os.umask(0)
        run_tiro(staff.configuration, *words)
    found = [each for each in seen_by_others(tmp_path) if tmp_path / each.split()[0] not in given]
    assert found == []


def test_what_the_demo_and_its_server_write(tmp_path: Path) -> None:
    """The library, its configuration with keys, letters, and what a machine exchanges."""
    os.umask(0)
    data = tmp_path / "library"
    data.mkdir(mode=0o755)
    with running_demo(data, "--patrons", "2", "--items", "2") as server:
        assert talk(server.sip2, [b"9300CNkiosk|COkiosk|\r"], b"\r") == b"941\r"
        loan = ("loan", "out", "P0000001", "I0000001", "--at", "DK-900101")
        run(data, *loan)
        run(data, "jobs", "run", "--date", f"{datetime.now(UTC).date() + timedelta(days=60)}")
        assert list((data / "outbox").rglob("*.*"))
        (data / "server.log").unlink()  # the test's own
        os.umask(0)
        assert seen_by_others(data) == []


@pytest.fixture
def staff(sqlite_url: str, tmp_path: Path) -> Iterator[Staff]:
    staff = Staff(tmp_path, sqlite_url)
    yield staff
    staff.database.close()
