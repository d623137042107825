"""Asking a `tiro proxy` that runs, from another process: see `protocols.proxy.control`."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from typing import Any, Final

from circulation.kernel.engine import Memory
from circulation.languages.sentences import Sentence

#: The journal of the proxy that stands before this library on the same host; None: there is none.
PROXY: Final[Memory[Path | None]] = Memory(lambda: None)
#: In the folder of the journal.
SOCKET: Final = "control.sock"
_SECONDS: Final = 10.0
#: A person is warned of a system whose clock differs by so many seconds.
WARNED_SECONDS: Final = 60.0
#: The sentences that a proxy keeps as text, of systems and of what they could not be told.
KEPT: Final = (
    *("OLD_SYSTEM", "NEW_SYSTEM", "SYSTEM_UNREACHED", "SYSTEM_WITHOUT_TLS", "SYSTEM_CLOSED"),
    *("SYSTEM_REFUSED_LOGIN", "SYSTEM_DID_NOT_UNDERSTAND", "SYSTEM_SILENT"),
    *("SYSTEM_WAS_SENT_BEFORE", "SYSTEM_DID_NOT_SAY", "PROXY_HAS_NO_ACCOUNT", "PAYMENT_UNKNOWN"),
    *("PAYMENT_SENT", "WAS_REFUSED", "REFUSED_IN_DOUBT", "DUE_THERE"),
    "ACT_IGNORED",
)


class NoProxy(Exception):
    """No proxy runs with that journal, or it may not be asked."""


def ask(folder: Path, **asked: Any) -> dict[str, Any]:
    """The answer of the proxy whose journal is in the folder. Raises NoProxy."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise NoProxy(
            Sentence("NO_JOURNAL", folder=str(folder), why=str(error.strerror))
        ) from error
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_SECONDS)
            # A path of a socket may have about a hundred bytes.
            connection.connect(f"/proc/self/fd/{handle}/{SOCKET}")
            connection.sendall(json.dumps(asked).encode() + b"\n")
            with connection.makefile("rb") as lines:
                answer: Any = json.loads(lines.readline() or b"{}")
    except (OSError, ValueError) as error:
        raise NoProxy(Sentence("PROXY_SILENT", folder=str(folder), why=str(error))) from error
    finally:
        os.close(handle)
    found: dict[str, Any] = answer
    return found
