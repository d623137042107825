"""How a process is called where several share a database: by its host and number."""

from __future__ import annotations

import os
import socket


def this_process() -> str:
    """``host-a process 4711``: the same as long as it lasts, whatever program runs in it."""
    return process_called(os.getpid())


def process_called(number: int) -> str:
    """What a process of this host is called."""
    return f"{socket.gethostname()} process {number}"
