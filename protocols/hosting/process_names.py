"""How a process is called where several share a database: by its host and number."""

from __future__ import annotations

import os
import re
import socket


def this_process() -> str:
    """``host-a process 4711``: the same as long as it lasts, whatever program runs in it."""
    return process_called(os.getpid())


def process_called(number: int) -> str:
    """What a process of this host is called."""
    return f"{socket.gethostname()} process {number}"


def has_ended(called: str) -> bool:
    """Is this the name of a process of this host that is no more? Of other hosts nobody knows."""
    found = re.match(r"(?P<host>.+) process (?P<number>[0-9]+)", called)
    if found is None or found["host"] != socket.gethostname():
        return False
    try:
        os.kill(int(found["number"]), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        return False
    return False
