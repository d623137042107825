"""Questions to a database that hangs, and what is told of it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from catalogue.database import Database
from circulation.kernel.engine import Circulation
from protocols.hosting.answering import Lane, Services, Stage
from protocols.operations.handlers import HANDLERS, Operations, Question
from protocols.operations.messages import Identity, Response
from protocols.operations.settings import OperationsSettings
from tests.protocols.hosting.test_answering import Loop


class Timer:
    def __init__(self, call: Callable[[], None]) -> None:
        self.call = call
        self.is_cancelled = False

    def cancel(self) -> None:
        self.is_cancelled = True


class Timers(list[Timer]):
    """Timers that fire when the test says so."""

    def later(self, seconds: float, call: Callable[[], None]) -> Timer:
        self.append(Timer(call))
        return self[-1]

    def fire(self) -> None:
        due = [timer for timer in self if not timer.is_cancelled]
        self.clear()
        for timer in due:
            timer.call()


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
    services.stage = Stage.SERVING
    yield services
    services.close()


def asked(services: Services, loop: Loop, path: bytes, timers: Timers) -> Response:
    heard: list[Response] = []
    identity = Identity("1.0", 1, "abc")
    operations = Operations.over(services, OperationsSettings(), identity, timers.later)
    HANDLERS[path]("", operations, heard.append)
    loop.run_until(lambda: bool(heard))
    (response,) = heard
    return response


def test_ready_when_all_is_well(services: Services, loop: Loop) -> None:
    response = asked(services, loop, b"/ready", Timers())
    assert response.status == 200
    assert json.loads(response.body)["reasons"] == []


@pytest.mark.parametrize("stage", [Stage.STARTING, Stage.DRAINING])
def test_not_ready_before_and_after(services: Services, loop: Loop, stage: Stage) -> None:
    services.stage = stage
    response = asked(services, loop, b"/ready", Timers())
    assert response.status == 503
    assert json.loads(response.body)["reasons"] == [f"the process is {stage.value}"]


def test_not_ready_without_a_database(services: Services, loop: Loop) -> None:
    services.database.close()
    response = asked(services, loop, b"/ready", Timers())
    assert response.status == 503
    assert json.loads(response.body)["reasons"] == ["the database cannot be read"]
    assert b"tiro_database_up 0.0" in asked(services, loop, b"/metrics", Timers()).body


def test_ill_when_the_reactor_was_late(services: Services, loop: Loop) -> None:
    services.measures.lag.note(1.5)
    response = asked(services, loop, b"/health", Timers())
    assert response.status == 503
    assert json.loads(response.body)["reasons"] == ["the reactor was 1.5 s late"]
    services.measures.lag.note(0.1)
    assert asked(services, loop, b"/health", Timers()).status == 200


def test_a_database_that_hangs_is_asked_once_and_given_up_on(
    services: Services, loop: Loop
) -> None:
    go_on, runs, timers = threading.Event(), [], Timers()

    def hang(context: Any) -> str:
        runs.append(True)
        go_on.wait(10)
        return "late"

    question = Question(services, Lane.WIDE_READ, hang, 2.0, timers.later)
    heard: list[Any] = []
    for _ in range(3):
        question.ask(lambda answer, error: heard.append(answer or error))
    timers.fire()
    assert [str(each) for each in heard] == ["no answer within 2 s"] * 3
    question.ask(lambda answer, error: heard.append(answer or error))
    go_on.set()
    loop.run_until(lambda: len(heard) == 4)
    assert heard[3] == "late"
    assert len(runs) == 1
    question.ask(lambda answer, error: heard.append(answer or error))
    loop.run_until(lambda: len(heard) == 5)
    assert len(runs) == 2
