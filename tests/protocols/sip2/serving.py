"""A server of SIP2 alone, in a process of its own, over a database that is there already.

``python -m tests.protocols.sip2.serving DATABASE_URL LEVEL PASSWORD_HASH OPTIONS`` prints its ports
when it is ready; OPTIONS is JSON: settings of the section, under ``account`` options of the
account, and under ``http`` the section of that name. Servers that one test starts after another
have one and the same account.
"""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from protocols.hosting.logs import configure_logging
from protocols.process.configuration import configuration_from
from protocols.process.server import run
from protocols.sip2.listener import standard
from tests.builders.pins import hashed
from tests.processes import Running, start
from tests.protocols.sip2.terminals import PASSWORD, an_account


@dataclasses.dataclass(frozen=True)
class Serving:
    """A running server."""

    process: Running
    port: int
    http: int = 0

    def cpu_seconds(self) -> float:
        """What it has used of the processor until now."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main(database_url: str, level: str, password: str, options: str) -> None:
    given = json.loads(options)
    own = {"language": "da", "password": password} | given.pop("account", {})
    account = dataclasses.asdict(an_account(**own))
    configuration = configuration_from(
        {
            "database": {"url": database_url},
            "http": given.pop("http", {"enabled": False}),
            "sip2": {"port": 0, "accounts": [account]} | given,
        },
        Path("tiro.toml").absolute(),
        {"sip2": standard},
    )
    configure_logging(level)
    run(
        configuration,
        {"sip2": standard},
        lambda bound: print(bound.ports["sip2"][0], bound.http or 0, flush=True),
    )


@contextmanager
def serving(
    database_url: str, log: Path, level: str = "debug", **options: Any
) -> Iterator[Serving]:
    """A running server, which is stopped at the end and must stop well."""
    arguments = [database_url, level, hashed(PASSWORD), json.dumps(options)]
    log.unlink(missing_ok=True)
    process = start(__name__, *arguments, errors=log)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, log.read_text()
        yield Serving(process, *map(int, line.split()))
        process.terminate()
        assert process.wait(5) == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        assert process.stdout is not None
        process.stdout.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
