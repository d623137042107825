"""A real process with the port of operations open."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from protocols.demo.configuration import demo_configuration
from tests.processes import Running, start
from tests.servers import free_ports


@dataclass
class Watched:
    """A running server, its ports, and what it has logged."""

    process: Running
    sip2: int
    http: int
    operations: int
    log: Path

    def get(self, path: str, **headers: str) -> tuple[int, Any, str]:
        """Status, headers and text."""
        address = f"http://127.0.0.1:{self.operations}{path}"
        request = urllib.request.Request(address, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read().decode()

    def report(self, path: str) -> tuple[int, Any]:
        status, _, text = self.get(path)
        return status, json.loads(text)

    def metrics(self) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
        """Samples by their name and labels."""
        status, _, text = self.get("/metrics")
        assert status == 200
        return {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def metric(self, name: str, **labels: str) -> float:
        return self.metrics()[name, frozenset(labels.items())]


@contextmanager
def watched(
    folder: Path, database_url: str, changes: tuple[tuple[str, str], ...] = (), **environment: str
) -> Iterator[Watched]:
    """`tiro serve` on the database; `changes` are made in the text of its configuration."""
    sip2, z3950, http, ncip, operations = free_ports(5)
    text = demo_configuration(
        sip2=sip2, z3950=z3950, http=http, ncip=ncip, operations=operations
    ).replace("sqlite:///tiro.sqlite", database_url)
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = folder / "tiro.toml"
    path.write_text(text)
    path.chmod(0o600)
    log = folder / "log"
    log.unlink(missing_ok=True)
    serve = ("--config", str(path), "serve")
    process = start("protocols.commands.command_line", *serve, errors=log, environment=environment)
    server = Watched(process, sip2, http, operations, log)
    try:
        end = time.monotonic() + 60
        while True:
            try:
                server.get("/health")
                break
            except urllib.error.URLError:
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < end
                time.sleep(0.05)
        yield server
    finally:
        process.terminate()
        process.wait(20)
