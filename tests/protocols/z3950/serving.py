"""A real process that speaks Z39.50 alone, for tests with real clients.

``python -m tests.protocols.z3950.serving DATABASE_URL [PORT [SETTINGS]]`` prints its port and
serves until killed. SETTINGS are those of [z3950] in JSON.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import TypeAdapter

from protocols.process.configuration import Configuration, LoggingSettings
from protocols.process.foundation import DatabaseSettings, HttpSettings
from protocols.z3950.settings import Z3950Settings
from tests.processes import start

ROOT = Path(__file__).parents[3]


@contextmanager
def a_server(url: str, **settings: object) -> Iterator[int]:
    """The port of 127.0.0.1 at which the library of `url` is served meanwhile."""
    with a_process(url, **settings) as (port, _):
        yield port


@contextmanager
def a_process(url: str, **settings: object) -> Iterator[tuple[int, int]]:
    """The same, and the id of the process that serves it."""
    process = start(__name__, url, "0", json.dumps(settings))
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline()), process.pid
    finally:
        process.terminate()
        assert process.wait(10) == 0


def main(url: str, port: str = "0", settings: str = "{}") -> None:
    from protocols.process.server import run
    from protocols.z3950.listener import standard

    configuration = Configuration(
        path=Path("tiro.toml"),
        database=DatabaseSettings(url),
        http=HttpSettings(enabled=False),
        logging=LoggingSettings(),
        standards={
            "z3950": TypeAdapter(Z3950Settings).validate_python(
                {"port": int(port), **json.loads(settings)}
            )
        },
    )
    run(configuration, {"z3950": standard}, lambda bound: print(bound.ports["z3950"][0]))


if __name__ == "__main__":
    main(*sys.argv[1:])
