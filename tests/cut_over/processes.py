"""``python -m tests.cut_over.processes old|system|proxy FOLDER``: the processes of the rehearsal.

They are those of the product, but for the clock, which is that of the rehearsal, and for the points
at which they can be made to kill themselves: at SIGUSR1 they read from the file `CRASH_AT` of their
folder which one, and how often it is passed before that, as in ``before the answer:3``.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from protocols.hosting.logs import configure_logging
from protocols.process.configuration import load_configuration
from protocols.process.server import run
from protocols.proxy import serving as proxy_serving
from protocols.proxy.carrier import Carrier
from protocols.proxy.exchange import Exchange
from protocols.proxy.journal.writing import Journal
from protocols.proxy.proxy import Proxy
from protocols.proxy.reconciling import reconciler
from protocols.proxy.relay import Relay
from protocols.proxy.settings import load_settings
from protocols.sip2 import handlers
from protocols.sip2.listener import standard
from protocols.sip2.session import Sip2Session
from tests.cut_over.clock import Clock
from tests.cut_over.old_system.server import Connection as OldConnection
from tests.cut_over.old_system.server import OldSystem
from tests.cut_over.old_system.store import Store

CRASH_AT = "crash-at"
PASSWORD = "open sesame"
#: A day passes in seconds, so what is compared after an act does not wait for as long as it would.
WAITS = {
    "_AFTER_ACT_SECONDS": 0.2,
    "_CONFIRM_SECONDS": 0.3,
    "_DOWN_SECONDS": 0.3,
    "_NIGHT_SECONDS": 0.3,
}
#: Where the processes may be killed: the method, and whether before or after it.
POINTS: dict[str, dict[str, tuple[Any, str, bool]]] = {
    "old": {
        "before the work": (OldSystem, "respond", False),
        "the work is done and not committed": (Store, "commit", False),
        "after the work": (Store, "commit", True),
        "after the answer is made": (OldConnection, "send", True),
    },
    "system": {
        "before the work": (handlers, "respond", False),
        "the work is done and not committed": (handlers, "respond", True),
        "after the work": (Sip2Session, "send", False),
        "after the answer is made": (Sip2Session, "send", True),
    },
    "proxy": {
        "a message came": (Relay, "answer", False),
        "before a record": (Journal, "put", False),
        "after a record": (Journal, "put", True),
        "the system has answered": (Exchange, "said", False),
        "before the answer is told": (Exchange, "_tell", False),
        "after the answer is told": (Exchange, "_tell", True),
        "before the other system is told": (Carrier, "_send", False),
        "the other system was told": (Carrier, "_end", False),
    },
}


def arm(kind: str, folder: Path) -> None:
    """Lets the process kill itself where it is told to."""
    left: dict[str, int] = {}

    def chosen(*_: object) -> None:
        point, _, passed = (folder / CRASH_AT).read_text().rpartition(":")
        left[point] = int(passed)

    def passes(point: str) -> None:
        if point in left:
            left[point] -= 1
            if left[point] < 0:
                os.kill(os.getpid(), signal.SIGKILL)

    for point, (owner, name, is_after) in POINTS[kind].items():
        setattr(owner, name, _deadly(getattr(owner, name), point, passes, is_after=is_after))
    signal.signal(signal.SIGUSR1, chosen)


def _deadly(
    method: Callable[..., Any], point: str, passes: Callable[[str], None], *, is_after: bool
) -> Callable[..., Any]:
    def deadly(*arguments: Any, **options: Any) -> Any:
        if not is_after:
            passes(point)
        result = method(*arguments, **options)
        if is_after:
            passes(point)
        return result

    return deadly


def old(folder: Path) -> None:
    """The system that is left."""
    port = json.loads((folder.parent / "ports.json").read_text())["old"]
    asyncio.run(_listen(OldSystem(folder, Clock(folder.parent / "clock"), PASSWORD), port))


async def _listen(system: OldSystem, port: int) -> None:
    server = await system.listen(port)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, server.close)
    print(port, flush=True)
    with suppress(asyncio.CancelledError):
        await server.serve_forever()


def system(folder: Path) -> None:
    """A Tiro that speaks SIP2 alone."""
    configuration = load_configuration(folder / "tiro.toml", {"sip2": standard})
    configure_logging("warning")
    clock = Clock(folder.parent / "clock")
    run(
        configuration,
        {"sip2": standard},
        lambda bound: print(bound.ports["sip2"][0], flush=True),
        clock=clock,
    )


def proxy(folder: Path) -> None:
    clock = Clock(folder.parent / "clock")
    for name, seconds in WAITS.items():
        setattr(reconciler, name, seconds)
    settings = load_settings(folder / "proxy.toml")
    setattr(proxy_serving, "Proxy", lambda settings: Proxy(settings, clock))  # noqa: B010
    proxy_serving.run(settings, lambda port: print(port, flush=True))


if __name__ == "__main__":
    KINDS = {"old": old, "system": system, "proxy": proxy}
    arm(sys.argv[1], Path(sys.argv[2]))
    KINDS[sys.argv[1]](Path(sys.argv[2]))
