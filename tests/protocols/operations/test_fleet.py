"""Metrics, health and readiness of several workers, asked of one of them."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import generate_latest
from prometheus_client.openmetrics import exposition
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as openmetrics_families,
)
from prometheus_client.parser import text_string_to_metric_families

from catalogue.database import open_database
from circulation.kernel.engine import Circulation
from protocols.demo.seeding import seed
from protocols.hosting.answering import Services, Stage
from protocols.hosting.peers import Counts, Told, Worker
from protocols.hosting.traces import OK
from protocols.operations.fleet import SUMMED, counts_of, fleet_registry
from protocols.operations.handlers import HANDLERS, Operations
from protocols.operations.messages import Identity, Response
from protocols.operations.metrics import Counted
from protocols.operations.settings import OperationsSettings
from tests.conftest import a_postgresql
from tests.protocols.hosting.test_answering import Loop
from tests.protocols.operations.serving import Watched, watched
from tests.protocols.operations.test_handlers import Timers
from tests.test_supervisor import wait_for

TWO = ("[http]", "[server]\nprocesses = 2\ndrain_seconds = 4.0\n\n[http]")
LOGIN = b"9300CNkiosk|COkiosk|\r"
STATUS = b"9900802.00\r"
IDENTITY = Identity("1.0", 1, "abc", "1")


@pytest.fixture
def loop() -> Loop:
    return Loop()


@pytest.fixture
def services(sqlite_url: str, loop: Loop) -> Iterator[Services]:
    database = open_database(sqlite_url)
    services = Services(
        database,
        Circulation(),
        lambda: datetime.now(UTC),
        loop.call_from_thread,
        loop.call_later,
    )
    services.stage = Stage.SERVING
    yield services
    services.close()
    database.close()


def counts_with(services: Services, checkouts: int) -> Counts:
    """Those of a worker that has had some more requests, as they come over the channel."""
    meter = services.measures.meter("sip2")
    for _ in range(checkouts):
        meter.end(meter.begin("Checkout"), OK)
    found: Counts = json.loads(json.dumps(counts_of(services, IDENTITY)))
    return found


def samples(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


CHECKOUTS = {"standard": "sip2", "kind": "Checkout", "outcome": "ok"}


def test_what_grows_is_added_up_and_what_a_process_is_is_told_apart(services: Services) -> None:
    services.measures.meter("sip2").watch_connections(lambda: 2)
    first = counts_with(services, 3)
    second = counts_with(services, 4)  # 7 by now
    gone = {key: value for key, value in first["added"].items() if "Checkout" in key}
    told = Told(
        (Worker(1, 10, "ready", False, first), Worker(2, 11, "leaving", False, second)), gone
    )
    registry = fleet_registry(Counted(services, IDENTITY, None), told)
    found = samples(generate_latest(registry).decode())
    assert found["tiro_requests_total", frozenset(CHECKOUTS.items())] == 3 + 7 + 3
    buckets = {
        dict(key)["le"]: value
        for (name, key), value in found.items()
        if name == "tiro_request_duration_seconds_bucket"
    }
    assert buckets["+Inf"] == 13
    assert list(buckets.values()) == sorted(buckets.values())
    assert found["tiro_connections", frozenset({"standard": "sip2"}.items())] == 4
    assert found["tiro_database_up", frozenset()] == 0
    for worker in ("1", "2"):
        assert found["tiro_worker_up", frozenset({"worker": worker}.items())] == 1
        assert ("process_cpu_seconds_total", frozenset({"worker": worker}.items())) in found
        stage = {"worker": worker, "stage": "serving"}
        assert found["tiro_process_stage", frozenset(stage.items())] == 1
    list(openmetrics_families(exposition.generate_latest(registry).decode()))


def test_the_last_counts_of_who_is_late_are_told_but_not_how_it_is(services: Services) -> None:
    counts = counts_with(services, 3)
    workers = (
        Worker(1, 10, "ready", False, counts),
        Worker(2, 11, "ready", True, counts),
        Worker(3, 12, "ready", True, None),
        Worker(4, 13, "starting", False, None),
    )
    registry = fleet_registry(Counted(services, IDENTITY, None), Told(workers, {}))
    found = samples(generate_latest(registry).decode())
    assert found["tiro_requests_total", frozenset(CHECKOUTS.items())] == 6
    up = {dict(key)["worker"]: value for (name, key), value in found.items() if "worker_up" in name}
    assert up == {"1": 1, "2": 0, "3": 0}
    assert ("tiro_reactor_lag_seconds", frozenset({"worker": "2"}.items())) not in found


def test_gauges_that_are_added_up_are_there(services: Services) -> None:
    families = Counted(services, IDENTITY, None).of_process()
    assert {each.name for each in families if each.type == "gauge"} >= SUMMED


class Answering:
    """Peers that have an answer at once."""

    def __init__(self, told: Told | None) -> None:
        self.told = told

    def count_with(self, count: object) -> None: ...

    def ask(self, patience: float, done: Any) -> None:
        done(self.told)


def asked(
    services: Services, loop: Loop, path: bytes, told: Told | None
) -> tuple[int, dict[str, Any]]:
    services.peers = Answering(told)
    heard: list[Response] = []
    operations = Operations.over(services, OperationsSettings(), IDENTITY, Timers().later)
    HANDLERS[path]("", operations, heard.append)
    loop.run_until(lambda: bool(heard))
    [answer] = heard
    is_json = answer.media_type == "application/json"
    return answer.status, json.loads(answer.body) if is_json else {}


def test_health_names_the_worker_that_is_ill(services: Services, loop: Loop) -> None:
    counts = counts_of(services, IDENTITY)
    well, late = Worker(1, 10, "ready", False, counts), counts | {"lag_seconds": 1.5}
    starting = Worker(5, 14, "starting", False, None)
    assert asked(services, loop, b"/health", Told((well, starting), {}))[0] == 200
    ill = Worker(2, 11, "ready", False, late), Worker(3, 12, "ready", True, counts)
    status, report = asked(services, loop, b"/health", Told((well, *ill), {}))
    assert status == 503
    assert report["reasons"] == [
        "worker 2: the reactor was 1.5 s late",
        "worker 3: it does not answer",
    ]
    assert [each["answers"] for each in report["workers"]] == [True, True, False]
    status, report = asked(services, loop, b"/health", None)
    assert (status, report["reasons"]) == (503, ["the supervisor does not answer"])


def test_one_worker_that_serves_is_enough_to_be_ready(services: Services, loop: Loop) -> None:
    serving = Worker(1, 10, "ready", False, counts_of(services, IDENTITY))
    services.stage = Stage.DRAINING
    draining = Worker(2, 11, "leaving", False, counts_of(services, IDENTITY))
    assert asked(services, loop, b"/ready", Told((serving, draining), {}))[0] == 200
    status, report = asked(services, loop, b"/ready", Told((draining,), {}))
    assert (status, report["reasons"]) == (503, ["the process is draining"])
    services.stage = Stage.SERVING
    assert asked(services, loop, b"/ready", None)[0] == 200


def test_no_metrics_are_told_without_the_supervisor(services: Services, loop: Loop) -> None:
    assert asked(services, loop, b"/metrics", None)[0] == 503


# Two real workers


def workers_of(server: Watched) -> dict[int, int]:
    """Process ids of those that serve, by number."""
    _, report = server.report("/health")
    return {
        int(each["worker"]): each["pid"] for each in report["workers"] if each["stage"] == "serving"
    }


def ask_one(server: Watched, pid: int, requests: int) -> None:
    """Has that worker alone answer: the others stand still meanwhile."""
    others = [each for each in workers_of(server).values() if each != pid]
    for other in others:
        os.kill(other, signal.SIGSTOP)
    try:
        with socket.create_connection(("127.0.0.1", server.sip2), 20) as kiosk:
            for message in (LOGIN, *[STATUS] * requests):
                kiosk.sendall(message)
                answer = b""
                while not answer.endswith(b"\r"):
                    came = kiosk.recv(65536)
                    assert came, "the worker has closed the connection"
                    answer += came
    finally:
        for other in others:
            os.kill(other, signal.SIGCONT)


def statuses(server: Watched) -> float:
    return server.metric("tiro_requests_total", standard="sip2", kind="SCStatus", outcome="ok")


def test_one_scrape_tells_of_two_workers_and_of_those_that_were(
    postgresql_template: tuple[str, str], tmp_path: Path
) -> None:
    with a_postgresql(postgresql_template) as url:
        database = open_database(url)
        seed(database, patrons=1, items=1, now=datetime(2026, 11, 25, tzinfo=UTC))
        database.close()
        with watched(tmp_path, url, (TWO,)) as server:
            wait_for(lambda: len(workers_of(server)) == 2)
            first, second = sorted(workers_of(server))
            for number, requests in ((first, 3), (second, 4)):
                ask_one(server, workers_of(server)[number], requests)
            assert {statuses(server) for _ in range(6)} == {7}
            whole = {"standard": "sip2", "kind": "SCStatus", "outcome": "ok"}
            assert server.metric("tiro_request_duration_seconds_count", **whole) == 7

            os.kill(workers_of(server)[first], signal.SIGKILL)
            assert {statuses(server) for _ in range(6)} == {7}
            wait_for(lambda: len(workers_of(server)) == 2)
            third = max(workers_of(server))
            assert third > second
            ask_one(server, workers_of(server)[third], 2)
            assert {statuses(server) for _ in range(6)} == {9}

            # What was counted after the last scrape is told by those that leave.
            for again in (signal.SIGHUP, signal.SIGUSR2):
                before, were = statuses(server), workers_of(server)
                ask_one(server, were[max(were)], 5)
                server.process.send_signal(again)
                wait_for(lambda were=were: not set(were) & set(workers_of(server)))  # type: ignore[misc]
                wait_for(lambda: len(workers_of(server)) == 2)
                assert statuses(server) == before + 5

            # One that hangs: the rest is told, and of that one what it told last.
            wait_for(lambda: server.report("/health")[0] == 200)  # the new ones are at work
            known, hung = statuses(server), workers_of(server)
            number, pid = hung.popitem()
            os.kill(pid, signal.SIGSTOP)
            try:
                status, report = server.report("/health")
                assert status == 503
                assert report["reasons"] == [f"worker {number}: it does not answer"]
                assert server.report("/ready")[0] == 200
                assert statuses(server) == known
                assert server.metric("tiro_worker_up", worker=str(number)) == 0
            finally:
                os.kill(pid, signal.SIGCONT)
        assert "Traceback" not in server.log.read_text()
        assert not re.search(r"\bERROR\b(?!.*SIGKILL)", server.log.read_text())
