"""What systemd is told of a service of ``Type=notify``, by sd_notify(3); where there is one."""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

READY: Final = "READY=1"
STOPPING: Final = "STOPPING=1"
ALIVE: Final = "WATCHDOG=1"


def notify(*lines: str, environment: Mapping[str, str] = os.environ) -> None:
    """Sends ``NAME=VALUE`` lines to the socket that systemd has named, if it has named one."""
    address = environment.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    if address.startswith("@"):  # Linux's abstract names
        address = "\0" + address[1:]
    kind = socket.SOCK_DGRAM | socket.SOCK_CLOEXEC
    # That nobody listens any more is no reason to serve nobody.
    with suppress(OSError), socket.socket(socket.AF_UNIX, kind) as to_systemd:
        to_systemd.sendto("\n".join(lines).encode(), address)


def announce(status: str) -> None:
    """Says, to people and to systemd, that connections are accepted."""
    sys.stdout.write("Tiro is ready\n")
    sys.stdout.flush()
    notify(READY, f"STATUS={status}")


def reloading() -> tuple[str, str]:
    """A reload has begun; its end is `READY`. It must name the monotonic time, in microseconds."""
    return "RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}"


def watchdog_seconds(environment: Mapping[str, str] = os.environ) -> float | None:
    """Seconds between two signs of life: half of what systemd waits. None: it does not wait."""
    try:
        microseconds = int(environment.get("WATCHDOG_USEC", ""))
    except ValueError:
        return None
    if environment.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    return microseconds / 2_000_000 if microseconds > 0 else None
