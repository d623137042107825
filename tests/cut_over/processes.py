"""``python -m tests.cut_over.processes system|proxy FOLDER``: the processes of the rehearsal.

They are those of the product, but for the clock, which is that of the rehearsal, and for the points
at which they can be made to kill themselves: the variable CRASH_AT names one, and how often it is
passed before that, as in ``before the answer:3``.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from protocols.hosting.logs import configure_logging
from protocols.process.configuration import load_configuration
from protocols.process.server import run
from protocols.proxy import serving as proxy_serving
from protocols.proxy.exchange import Exchange
from protocols.proxy.journal.writing import Journal
from protocols.proxy.proxy import Proxy
from protocols.proxy.relay import Relay
from protocols.proxy.settings import load_settings
from protocols.sip2 import handlers
from protocols.sip2.listener import standard
from protocols.sip2.session import Sip2Session
from tests.cut_over.clock import Clock

#: Where the processes may be killed: the method, and whether before or after it.
POINTS: dict[str, dict[str, tuple[Any, str, bool]]] = {
    "system": {
        "before the work": (handlers, "written", False),
        "after the work": (Sip2Session, "send", False),
        "after the answer is made": (Sip2Session, "send", True),
    },
    "proxy": {
        "a message came": (Relay, "answer", False),
        "before a record": (Journal, "put", False),
        "after a record": (Journal, "put", True),
        "the system has answered": (Exchange, "_said", False),
        "before the answer is told": (Exchange, "_tell", False),
        "after the answer is told": (Exchange, "_tell", True),
    },
}


def arm(kind: str) -> None:
    """Has the process kill itself where CRASH_AT says."""
    point, _, passed = os.environ.get("CRASH_AT", "").rpartition(":")
    if not point:
        return
    owner, name, is_after = POINTS[kind][point]
    method: Callable[..., Any] = getattr(owner, name)
    left = int(passed)

    def deadly(*arguments: Any, **options: Any) -> Any:
        nonlocal left
        left -= 1
        if left < 0 and not is_after:
            os.kill(os.getpid(), signal.SIGKILL)
        result = method(*arguments, **options)
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, deadly)


def system(folder: Path) -> None:
    """A Tiro that speaks SIP2 alone."""
    configuration = load_configuration(folder / "tiro.toml", {"sip2": standard})
    configure_logging("info")
    clock = Clock(folder.parent / "clock")
    run(
        configuration,
        {"sip2": standard},
        lambda bound: print(bound.ports["sip2"][0], flush=True),
        clock=clock,
    )


def proxy(folder: Path) -> None:
    clock = Clock(folder.parent / "clock")
    settings = load_settings(folder / "proxy.toml")
    setattr(proxy_serving, "Proxy", lambda settings: Proxy(settings, clock))  # noqa: B010
    proxy_serving.run(settings, lambda port: print(port, flush=True))


if __name__ == "__main__":
    KINDS = {"system": system, "proxy": proxy}
    arm(sys.argv[1])
    KINDS[sys.argv[1]](Path(sys.argv[2]))
