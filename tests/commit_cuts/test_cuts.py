"""Cuts during COMMIT on every channel; `python -m tests.commit_cuts` is the whole."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from catalogue.database import Database, OutcomeUnknown, open_database
from protocols.api.handlers import FAILED as API
from protocols.discovery.front import FAILED as DISCOVERY
from protocols.discovery.front import fault_of
from protocols.fbs.handlers import FAILED as FBS
from protocols.hosting.failures import Failure
from protocols.iso18626.exchange import FAILED as ISO18626
from protocols.ncip.exchange import FAILED as NCIP
from protocols.sip2.handlers import FAILED as SIP2
from protocols.z3950.handlers import FAILED as Z3950
from tests.commit_cuts.campaign import run
from tests.commit_cuts.cutter import CUTS, Cut, Cutter
from tests.commit_cuts.over_http import HttpLine, http, let_in
from tests.conftest import a_postgresql
from tests.crash.callers import Act, Line, Trace
from tests.crash.checks import traces
from tests.crash.scripts import lines
from tests.crash.stage import Stage

#: Acts of each channel whose COMMIT is cut.
_TURN = 10
#: Kinds of acts whose outcome is to become unknown; NCIP and HTTP have them with a key and without.
_OPEN_ACTS = {"SIP2": 2, "NCIP": 4, "Z39.50": 1, "HTTP": 6}
_MOST_ACTS = 40


class House(NamedTuple):
    """A server behind a cutter, and what its database holds."""

    stage: Stage
    cutter: Cutter
    database: Database
    token: str

    def done(self, trace: Trace | None) -> int:
        assert trace is not None
        return traces(self.database)[trace]


class Client:
    """One of each protocol, who goes through its script."""

    def __init__(self, line: Line, script: Iterator[Act]) -> None:
        self.line, self._script = line, script

    def do(self, act: Act) -> bool:
        """Whether it is granted; what is repeated until there is an answer."""
        while True:
            try:
                answer = self.line.ask(act.request)
            except OSError:
                self.line.close()
                continue
            if act.is_passing(answer):
                time.sleep(0.05)
                continue
            return act.is_granted(answer) or bool(
                act.is_granted_again and act.is_granted_again(answer)
            )

    def next_change(self) -> Act:
        """The next act that changes something; those before it are done."""
        for act in self._script:
            if act.trace is not None and act.trace[0] != "replaced":
                return act
            assert self.do(act)
        raise AssertionError


@pytest.fixture(scope="module")
def house(
    postgresql_template: tuple[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    with a_postgresql(postgresql_template) as url, Cutter(url) as cutter:
        stage = Stage.prepared(tmp_path_factory.mktemp("house"), cutter.url, patience=1.0)
        token = let_in(stage)
        database = open_database(url)
        stage.start()
        try:
            yield House(stage, cutter, database, token)
        finally:
            cutter.let_in()
            stage.stop()
            database.close()


def clients(house: House, number: int) -> list[Client]:
    """SIP2, NCIP, Z39.50 and HTTP, on the patrons and items of that number."""
    script = [*lines(house.stage, number + 1)][3 * number : 3 * number + 3]
    script.append((HttpLine(house.stage.http), http(house.token, number)))
    return [Client(*each) for each in script]


def test_an_act_is_answered_as_done_however_its_commit_is_cut(house: House) -> None:
    before = house.cutter.cuts.total()
    for client in clients(house, 0):
        assert client.do(client.next_change())  # the line is open
        for number in range(_TURN):
            act = client.next_change()
            had = house.done(act.trace)
            order = house.cutter.order(CUTS[number % len(CUTS)], 0.05, is_reset=number % 3 == 0)
            answer = client.line.ask(act.request)
            assert act.is_granted(answer), (act.name, order.cut, answer)
            house.cutter.withdraw()
            assert house.done(act.trace) == had + 1, (act.name, order.cut)
        client.line.close()
    assert house.cutter.cuts.total() - before >= 3 * _TURN


@pytest.mark.parametrize("channel", _OPEN_ACTS)
def test_an_unknown_outcome_is_never_a_refusal(house: House, channel: str) -> None:
    """The database cannot be reached after the cut, so nobody can say what became of the commit."""
    client = clients(house, 1)[[*_OPEN_ACTS].index(channel)]
    assert client.do(client.next_change())
    open_acts = set()
    for _ in range(_MOST_ACTS):
        if len(open_acts) == _OPEN_ACTS[channel]:
            break
        act = client.next_change()
        had = house.done(act.trace)
        house.cutter.order(Cut.AFTER, 0.05, shut=math.inf)
        try:
            for _ in range(2):  # the repetition is not refused either
                try:
                    answer = client.line.ask(act.request)
                except ConnectionError:  # the line is closed
                    client.line.close()
                    open_acts.add(act.name)
                    break
                if act.is_granted(answer) or (act.is_granted_again or act.is_granted)(answer):
                    # Another COMMIT was cut, or the repetition has found a connection.
                    break
                assert b"outcome_unknown" in answer, (act.name, answer)
                open_acts.add(act.name)
            assert house.done(act.trace) == had + 1
        finally:
            house.cutter.withdraw()
            house.cutter.let_in()
        assert client.do(act), act.name
        assert house.done(act.trace) == had + 1, act.name
    client.line.close()
    assert len(open_acts) == _OPEN_ACTS[channel]


def test_every_protocol_says_what_is_not_known() -> None:
    for table in (API, DISCOVERY, FBS, ISO18626, NCIP, SIP2, Z3950):
        assert set(table) == set(Failure)
    for fault in (fault_of(OutcomeUnknown(), "request"), FBS[Failure.UNKNOWN]):
        assert fault.fault.value == (503, "outcome_unknown")


def test_nothing_is_refused_and_done_under_load(
    postgresql_template: tuple[str, str], tmp_path: Path
) -> None:
    with a_postgresql(postgresql_template) as url, Cutter(url) as cutter:
        report = run(Stage.prepared(tmp_path, cutter.url, 2.0), cutter, 12, 1, callers=1)
    assert report.is_sound, report.text()
