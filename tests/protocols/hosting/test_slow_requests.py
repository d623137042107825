"""The line of a slow request says what it was."""

from __future__ import annotations

import logging
from time import perf_counter

import pytest

from protocols.hosting.measuring import Measures
from protocols.hosting.slow_requests import LINES_PER_SECOND
from protocols.hosting.traces import OK, LaneMeasures, Passage, Trace

PARTS = {"waited": 0.0, "ran": 0.0, "committed": 0.0, "hashed": 0.0, "reactor": 0.0}


def a_trace(measures: Measures, parts: dict[str, float]) -> Trace:
    trace = measures.meter("sip2").begin("Checkout")
    passage = Passage()
    passage.lane, passage.tries = LaneMeasures("write"), 1
    passage.asked = 1.0
    passage.began = passage.asked + parts["waited"]
    passage.ended = passage.began + parts["ran"]
    passage.done = passage.ended + parts["committed"]
    trace.passage, trace.hashed = passage, parts["hashed"]
    trace.began = perf_counter() - sum(parts.values())
    return trace


@pytest.mark.parametrize("cause", list(PARTS))
def test_the_longest_part_is_the_cause(cause: str, caplog: pytest.LogCaptureFixture) -> None:
    measures = Measures()
    measures.tell_slow(0.5)
    trace = a_trace(measures, PARTS | {"ran": 0.1, cause: 2.0})
    measures.meter("sip2").end(trace, OK)
    (record,) = caplog.records
    fields = record.__dict__["fields"]
    assert fields["cause"] == cause
    assert fields["lane"] == "write"
    assert fields[f"{cause}_ms"] == pytest.approx(2000, abs=100)
    assert fields["took_ms"] == pytest.approx(2000, abs=250)
    assert fields["request_id"] == trace.id
    assert f"mostly {cause}" in record.getMessage()
    assert measures.meter("sip2").slow == 1


@pytest.mark.parametrize("limit", [0.0, 5.0])
def test_others_have_none(limit: float, caplog: pytest.LogCaptureFixture) -> None:
    measures = Measures()
    measures.tell_slow(limit)
    measures.meter("sip2").end(a_trace(measures, PARTS | {"ran": 2.0}), OK)
    assert caplog.records == []


def test_a_flood_is_counted_not_written(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.WARNING)
    second = 100.0
    monkeypatch.setattr("protocols.hosting.slow_requests.monotonic", lambda: second)
    measures = Measures()
    measures.tell_slow(0.5)
    for _ in range(LINES_PER_SECOND + 7):
        measures.meter("sip2").end(a_trace(measures, PARTS | {"ran": 2.0}), OK)
    assert len(caplog.records) == LINES_PER_SECOND
    second = 101.0
    measures.meter("sip2").end(a_trace(measures, PARTS | {"ran": 2.0}), OK)
    assert "7 more requests were slow" in caplog.text
    assert measures.meter("sip2").slow == LINES_PER_SECOND + 8
