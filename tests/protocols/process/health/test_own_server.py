"""A server is known as the library's own by its command line, folder and environment."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from protocols.process.health.own_server import is_own_server

_LISTEN = """
import socket, sys
with socket.socket({family}) as one:
    one.bind(({host!r}, 0))
    one.listen()
    print(one.getsockname()[1], flush=True)
    sys.stdin.read()
"""


@contextmanager
def listening(
    folder: Path, *words: str, host: str = "127.0.0.1", **environment: str
) -> Iterator[int]:
    """A process that was called so listens on the port that is given."""
    family = "socket.AF_INET6" if ":" in host else "socket.AF_INET"
    process = subprocess.Popen(
        [sys.executable, "-c", _LISTEN.format(host=host, family=family), *words],
        cwd=folder,
        env={k: v for k, v in os.environ.items() if k != "TIRO_CONFIG"} | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.communicate()


OWN: list[tuple[tuple[str, ...], dict[str, str]]] = [
    (("serve",), {}),
    (("--config", "tiro.toml", "serve"), {}),
    (("--config={}/tiro.toml", "serve", "--processes", "2"), {}),
    (("-P", "-m", "protocols.process.supervision.supervisor", "--config", "{}/tiro.toml"), {}),
    (("serve",), {"TIRO_CONFIG": "{}/tiro.toml"}),
    (("demo", "--data", "{}"), {}),
    (("demo", "--data=."), {}),
]


@pytest.mark.parametrize(("words", "environment"), OWN)
def test_its_own(words: tuple[str, ...], environment: dict[str, str], tmp_path: Path) -> None:
    named = [each.format(tmp_path) for each in words]
    variables = {name: value.format(tmp_path) for name, value in environment.items()}
    with listening(tmp_path, *named, **variables) as port:
        assert is_own_server("127.0.0.1", port, tmp_path / "tiro.toml")
        assert is_own_server("0.0.0.0", port, tmp_path / "tiro.toml")  # which cannot be had, either
        assert not is_own_server("127.0.0.1", port, tmp_path / "other.toml")
    assert not is_own_server("127.0.0.1", port, tmp_path / "tiro.toml")


@pytest.mark.parametrize(
    "words", [("--config", "other.toml", "serve"), ("--config", "tiro.toml", "load"), ("nginx",)]
)
def test_of_others(words: tuple[str, ...], tmp_path: Path) -> None:
    with listening(tmp_path, *words) as port:
        assert not is_own_server("127.0.0.1", port, tmp_path / "tiro.toml")


def test_who_listens_on_all_addresses_and_on_those_of_the_next_version(tmp_path: Path) -> None:
    for host, asked in (("0.0.0.0", "127.0.0.1"), ("::1", "::1"), ("::", "127.0.0.1")):
        with listening(tmp_path, "serve", host=host) as port:
            assert is_own_server(asked, port, tmp_path / "tiro.toml")
