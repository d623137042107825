"""What is counted of requests, and which request each thread works on."""

from __future__ import annotations

import random
import threading
from bisect import bisect_left
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from catalogue.database import Database
from catalogue.tracing import here, request_id
from circulation.kernel.engine import Circulation
from circulation.patrons.pins import PINS, hash_pin
from protocols.hosting.answering import Lane, Services
from protocols.hosting.measuring import NOTED, Measures
from protocols.hosting.traces import BOUNDS, FAILED, OK, REFUSED, Times, mark_refused
from tests.protocols.hosting.test_answering import Heard, Loop


@pytest.fixture
def loop() -> Loop:
    return Loop()


@pytest.fixture
def services(database: Database, loop: Loop) -> Iterator[Services]:
    services = Services(
        database,
        Circulation(),
        lambda: datetime.now(UTC),
        loop.call_from_thread,
        loop.call_later,
    )
    yield services
    services.close()


def outcomes(measures: Measures) -> dict[tuple[str, str, str], int]:
    return {
        (meter.name, kind.name, outcome): sum(times.counts)
        for meter in measures.meters.values()
        for kind in meter.kinds.values()
        for outcome, times in kind.times.items()
    }


def test_times_are_counted_between_their_bounds() -> None:
    times, expected = Times(), [0] * (len(BOUNDS) + 1)
    chosen = random.Random(1)
    seconds = [chosen.expovariate(10) for _ in range(500)] + [*BOUNDS, 0.0, 1e6]
    for each in seconds:
        times.note(each)
        expected[bisect_left(BOUNDS, each)] += 1
    assert times.counts == tuple(expected)
    assert times.total == pytest.approx(sum(seconds))


def test_what_is_noted_does_not_pile_up() -> None:
    measures = Measures()
    meter = measures.meter("sip2")
    for _ in range(3 * NOTED):
        meter.end(meter.begin("Checkout"), OK)
    times = meter.kinds["Checkout"].times[OK]
    assert len(times._noted) <= NOTED
    assert sum(times.counts) == 3 * NOTED


def test_ids_are_never_given_twice() -> None:
    one, other = Measures(), Measures()
    ids = [each.meter("sip2").begin("Login").id for each in (one, one, other, other)]
    assert len(set(ids)) == 4


@pytest.mark.parametrize("lane", list(Lane))
def test_work_knows_its_request_and_a_thread_forgets_it(
    services: Services, loop: Loop, lane: Lane
) -> None:
    seen: list[str | None] = []
    replied: list[Any] = []

    def answer(request: Any, reply: Any) -> None:
        def done(result: Any, error: BaseException | None) -> None:
            seen.append(request_id())
            reply(result)

        services.perform(lane, lambda context: seen.append(request_id()), done)

    traced = services.measures.meter("sip2").traced(lambda response: OK, answer)
    for number in (1, 2):
        traced(object(), replied.append)
        assert request_id() is None
        loop.run_until(lambda number=number: len(replied) == number)  # type: ignore[misc]
    assert here.request is None
    assert seen[0] == seen[1] != seen[2] == seen[3]
    assert None not in seen
    nobody = services.database.write(lambda transaction: request_id()).result()
    assert nobody is None
    name = lane.name.removeprefix("SHORT_").lower()  # short or not, a write is a write
    measured = next(each for each in services.measures.lanes if each.name == name)
    assert sum(measured.runs.counts) == 2
    assert measured.under_way == 0
    is_inline = lane is Lane.READ and services.database.dialect == "sqlite"
    assert sum(measured.waits.counts) == (0 if is_inline else 2)


def test_faults_and_refusals_are_outcomes(services: Services, loop: Loop) -> None:
    replied: list[Any] = []

    def answer(request: Any, reply: Any) -> None:
        services.perform(Lane.WRITE, request, lambda result, error: reply(result))

    def refuse(context: Any) -> str:
        mark_refused()
        return "no"

    meter = services.measures.meter("sru")
    traced = meter.traced(lambda response: OK, answer)
    for work in (lambda context: 1 / 0, refuse, lambda context: "yes"):
        traced(work, replied.append)
    loop.run_until(lambda: len(replied) == 3)
    assert outcomes(services.measures) == {
        ("sru", "function", FAILED): 1,
        ("sru", "function", REFUSED): 1,
        ("sru", "function", OK): 1,
    }


def test_the_parts_of_a_request_are_told_apart(services: Services, loop: Loop) -> None:
    stored, heard = hash_pin("1234"), Heard()
    blocked, go_on = threading.Event(), threading.Event()

    def block(transaction: Any) -> None:
        blocked.set()
        go_on.wait(10)

    meter = services.measures.meter("sip2")
    trace = meter.begin("Checkout")
    here.request = trace
    try:
        services.perform(
            Lane.WRITE, lambda context: PINS.of(context.circulation).check(stored, "1234"), heard
        )
    finally:
        here.request = None
    loop.run_until(lambda: bool(heard))
    assert heard == [(True, None)]
    assert len(trace.passages) == 2  # before the PIN was known, and after
    assert trace.hashed > 0.001
    assert all(passage.ran >= 0 for passage in trace.passages)
    assert services.measures.verifying == 0
    if services.database.dialect == "sqlite":  # whose one writer can be held up
        holding = services.database.write(block)
        assert blocked.wait(10)
        waiting = meter.begin("Checkin")
        here.request = waiting
        services.perform(Lane.WRITE, lambda context: None, heard)
        here.request = None
        assert services.database.waiting() == 1
        threading.Timer(0.2, go_on.set).start()
        holding.result()
        loop.run_until(lambda: len(heard) == 2)
        assert waiting.passages[0].waited > 0.1
        assert waiting.passages[0].ran < 0.1
        assert services.database.waiting() == 0


def test_connections_of_all_listeners_are_added_up() -> None:
    meter = Measures().meter("sip2")
    assert meter.connections is None
    meter.watch_connections(lambda: 2)
    meter.watch_connections(lambda: 3)
    assert meter.connections == 5
