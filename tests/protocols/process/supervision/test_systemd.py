"""What systemd hears, over a real socket."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from protocols.process.supervision import systemd


@pytest.mark.parametrize("is_abstract", [False, True])
def test_lines_come_to_the_socket_that_is_named(is_abstract: bool, tmp_path: Path) -> None:
    name = f"@tiro-test-{os.getpid()}" if is_abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as service_manager:
        service_manager.bind(name.replace("@", "\0") if is_abstract else name)
        service_manager.settimeout(5)
        systemd.notify(systemd.READY, "STATUS=here", environment={"NOTIFY_SOCKET": name})
        assert service_manager.recv(1000) == b"READY=1\nSTATUS=here"


@pytest.mark.parametrize("address", ["", "/nowhere/at/all", "vsock:2:1"])
def test_without_systemd_nothing_happens(address: str) -> None:
    systemd.notify(systemd.READY, environment={"NOTIFY_SOCKET": address})


def test_a_reload_names_the_time_that_systemd_goes_by() -> None:
    word, moment = systemd.reloading()
    assert word == "RELOADING=1"
    assert int(moment.removeprefix("MONOTONIC_USEC=")) > 0


@pytest.mark.parametrize(
    ("environment", "seconds"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "30000000"}, 15.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, 15.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
    ],
)
def test_the_watchdog_is_fed_twice_as_often_as_it_wants(
    environment: dict[str, str], seconds: float | None
) -> None:
    assert systemd.watchdog_seconds(environment) == seconds
