"""Log lines: text for people, JSON for machines, the request in both."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from datetime import datetime

import pytest

from catalogue.tracing import here
from protocols.hosting.logs import Form, handler_for, lines_written
from protocols.hosting.measuring import Measures

Made = tuple[logging.Logger, io.StringIO]


def a_log(form: Form) -> Made:
    stream = io.StringIO()
    log = logging.Logger("tiro.test", logging.DEBUG)
    log.addHandler(handler_for(form, stream))
    return log, stream


@pytest.fixture
def traced() -> Iterator[str]:
    trace = Measures().meter("sip2").begin("Checkout")
    here.request = trace
    yield trace.id
    here.request = None


def test_a_line_of_text_names_its_request(traced: str) -> None:
    log, stream = a_log("text")
    log.warning("it is %s", "late")
    assert stream.getvalue().endswith(f" WARNING tiro.test [{traced}]: it is late\n")


def test_a_line_of_text_without_one_has_no_brackets() -> None:
    log, stream = a_log("text")
    log.info("started")
    assert stream.getvalue().endswith(" INFO    tiro.test: started\n")


def test_json_has_an_object_for_each_line(traced: str) -> None:
    log, stream = a_log("json")
    log.info('two\nlines, "quoted", \x00 and \u2028 é %r', {"a": 1})
    try:
        raise ValueError("broken\nhere")
    except ValueError:
        log.exception("it failed", extra={"fields": {"took_ms": 1.5, "level": "no"}})
    first, second = (json.loads(line) for line in stream.getvalue().split("\n")[:-1])
    assert first["message"].startswith('two\nlines, "quoted", \x00')
    assert first["request_id"] == second["request_id"] == traced
    assert (first["level"], second["level"]) == ("info", "error")
    assert datetime.fromisoformat(first["time"]).utcoffset() is not None
    assert second["took_ms"] == 1.5
    assert "ValueError: broken\nhere" in second["exception"]
    assert "exception" not in first


def test_json_without_a_request_says_none() -> None:
    log, stream = a_log("json")
    log.info("x")
    assert "request_id" not in json.loads(stream.getvalue())


def test_lines_are_counted_by_level() -> None:
    log, _ = a_log("json")
    before = lines_written["error"]
    log.error("x")
    log.error("y")
    assert lines_written["error"] == before + 2
