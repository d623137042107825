"""Without extras every command can be called, and what needs one says how to get it.

`tests.base_installation`, which CI runs, tries the same and more in an environment that has none.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.base_environment import Absent, required


def without_extras(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.base_environment", "--blocked", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    path = tmp_path / "tiro.toml"
    path.write_text('[database]\nurl = "sqlite:///tiro.sqlite"\n')
    path.chmod(0o600)
    return path


def test_what_is_required_is_told_from_what_is_there_for_other_ends() -> None:
    assert {"tiro-ils", "sqlalchemy", "mako", "pyopenssl", "service-identity"} <= required()
    absent = Absent().names
    assert {"psycopg", "pytest", "hypothesis"} <= absent
    assert not {"protocols", "click", "OpenSSL", "sqlalchemy", "mako"} & absent


def test_every_command_shows_its_help() -> None:
    done = without_extras()
    assert done.returncode == 0, done.stderr
    assert "commands show their help" in done.stdout


def test_check_looks_at_everything(configuration: Path, sqlite_url: str) -> None:
    ports = "".join(f"[{name}]\nport = 0\n" for name in ("http", "sip2", "z3950", "ncip"))
    configuration.write_text(configuration.read_text() + ports)
    done = without_extras("--config", str(configuration), "check")
    assert (done.returncode, done.stderr) == (0, "")
    assert "is in order" in done.stdout


@pytest.mark.parametrize(
    "words",
    [
        ("check",),
        ("patron", "show", "P1"),
        ("backup", "none"),  # needs pg_dump before the driver
        ("restore", __file__),
        ("serve",),
    ],
)
def test_what_needs_the_driver_of_postgresql_says_what_brings_it(
    words: tuple[str, ...], configuration: Path
) -> None:
    configuration.write_text('[database]\nurl = "postgresql://tiro:sesame@127.0.0.1:1/tiro"\n')
    done = without_extras("--config", str(configuration), *words)
    assert done.returncode == 1
    for never in ("Traceback", "unexpectedly", "sesame"):
        assert never not in done.stderr
    if words[0] not in ("backup", "restore"):
        assert "psycopg is not installed" in done.stderr
        assert "pip install '.[postgresql]'" in done.stderr
