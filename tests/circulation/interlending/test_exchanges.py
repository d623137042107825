"""The log of exchanges."""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select

from catalogue.database import Statement, change, scalars, send
from circulation.interlending.exchange_bodies import LONGEST_BODY, TOGETHER, TOGETHER_BYTES
from circulation.interlending.exchanges import (
    LINE_DAYS,
    Exchanged,
    exchanges_of_request,
    forget_exchanges,
    keep_exchanges,
    latest_exchanges,
)
from circulation.interlending.schema import exchange_bodies
from circulation.jobs.running import run_job
from tests.builders.circulation import Library
from tests.examples import examples


def keep(library: Library, *requests: str, **changes: Any) -> None:
    found = [
        Exchanged(
            library.now,
            "in",
            "broker",
            "192.0.2.1",
            "LookupUser",
            request,
            "ok",
            12,
            b"<a/>",
            b"<b/>",
            library.now + timedelta(days=7),
        )._replace(**changes)
        for request in requests
    ]
    library.write(
        lambda transaction: keep_exchanges(transaction, library.circulation.ids.next, found)
    )


def _keep_all(
    library: Library, found: list[tuple[bytes, bytes]], later: timedelta = timedelta()
) -> None:
    """All at once, each kept for so much longer than the one before it."""
    line = Exchanged(library.now, "in", "broker", "", "LookupUser", "", "ok", 1)
    lines = [
        line._replace(
            request=request, answer=answer, until=library.now + timedelta(days=7) + later * number
        )
        for number, (request, answer) in enumerate(found)
    ]
    library.write(
        lambda transaction: keep_exchanges(transaction, library.circulation.ids.next, lines)
    )


def test_what_was_said_about_a_request(either_library: Library) -> None:
    library = either_library
    keep(library, "R1", "R2", "R1")
    found = library.read(lambda transaction: exchanges_of_request(transaction, "R1"))
    assert [(each.request, each.answer, each.milliseconds) for each in found] == [
        (b"<a/>", b"<b/>", 12)
    ] * 2


@pytest.mark.parametrize("request_text", [b"", b"<a/>", b"x" * LONGEST_BODY])
@pytest.mark.parametrize("answer", [b"", b"<b/>", b"y" * (LONGEST_BODY + 1)])
def test_what_was_said_is_read_as_it_was_written(
    library: Library, request_text: bytes, answer: bytes
) -> None:
    keep(library, "R1", request=request_text, answer=answer)
    (line,) = library.read(lambda transaction: exchanges_of_request(transaction, "R1"))
    assert (line.request, line.answer) == (request_text, answer[:LONGEST_BODY])


@scalars(bytes)
def _streams() -> Statement:
    return select(exchange_bodies.c.answer).where(exchange_bodies.c.answer != b"")


@change
def _forget_stream(*, line: int) -> Statement:
    return delete(exchange_bodies).where(exchange_bodies.c.exchange_id == line)


@send
def _keep_body(*, line: int, moment: datetime, said: bytes, answered: bytes) -> Statement:
    return insert(exchange_bodies).values(
        exchange_id=line,
        until=moment,
        request=said,
        answer=answered,
    )


def _said(library: Library, at_most: int = 99) -> list[tuple[bytes | None, bytes | None]]:
    latest = library.read(lambda transaction: latest_exchanges(transaction, at_most))
    return [(each.request, each.answer) for each in latest]


def test_some_exchanges_share_a_stream(either_library: Library) -> None:
    library = either_library
    number = 2 * TOGETHER + 3
    found = [(b"<a>%d</a>" % each, b"<b>%d</b>" % each) for each in range(number)]
    _keep_all(library, found)
    assert _said(library) == found
    assert _said(library, 2) == found[-2:]  # neither of them the first of its stream
    assert len(library.read(_streams)) == 3


def test_those_that_are_long_share_it_with_few(library: Library) -> None:
    found = [(b"a" * TOGETHER_BYTES, b"b"), (b"c", b"d" * 10), (b"e", b"f" * TOGETHER_BYTES)]
    _keep_all(library, found)
    assert _said(library) == found
    assert len(library.read(_streams)) == 2


def test_a_stream_is_kept_for_as_long_as_one_of_its_exchanges(either_library: Library) -> None:
    library = either_library
    found = [(b"<a/>", b"<b/>"), (b"<c/>", b"<d/>")]
    _keep_all(library, found, later=timedelta(seconds=5))
    library.pass_time(days=7, seconds=2)
    assert library.write(lambda transaction: forget_exchanges(transaction, library.now))[0] == 0
    assert _said(library) == found
    library.pass_time(seconds=9)
    assert library.write(lambda transaction: forget_exchanges(transaction, library.now))[0] == 2
    assert _said(library) == [(None, None)] * 2


def test_without_its_stream_an_exchange_has_its_line(either_library: Library) -> None:
    library = either_library
    _keep_all(library, [(b"<a/>", b"<b/>"), (b"<c/>", b"<d/>")])
    first, _ = library.read(lambda transaction: latest_exchanges(transaction, 2))
    assert library.write(lambda transaction: _forget_stream(transaction, line=first.id)) == 1
    assert _said(library) == [(None, None)] * 2


@examples(30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.binary(max_size=40_000), st.binary(max_size=40_000)), max_size=20))
def test_any_are_read_as_they_were_written(
    sqlite_library: Library, found: list[tuple[bytes, bytes]]
) -> None:
    _keep_all(sqlite_library, found)
    assert _said(sqlite_library, len(found)) == found


def test_older_lines_have_a_stream_of_their_own(either_library: Library) -> None:
    library = either_library
    keep(library, "R1", until=None)

    def add(transaction: Any) -> None:
        (line,) = exchanges_of_request(transaction, "R1")
        stream = zlib.compress(b"<a/><b/>", 1)
        _keep_body(
            transaction, line=line.id, moment=library.now, said=b"\x00\x00\x00\x04", answered=stream
        )

    library.write(add)
    assert _said(library) == [(b"<a/>", b"<b/>")]


def test_the_oldest_lines_have_a_stream_for_each(either_library: Library) -> None:
    library = either_library
    keep(library, "R1", until=None)

    def add(transaction: Any) -> None:
        (line,) = exchanges_of_request(transaction, "R1")
        _keep_body(
            transaction,
            line=line.id,
            moment=library.now,
            said=zlib.compress(b"<a/>", 1),
            answered=zlib.compress(b"", 1),
        )

    library.write(add)
    (line,) = library.read(lambda transaction: exchanges_of_request(transaction, "R1"))
    assert (line.request, line.answer) == (b"<a/>", b"")


def test_the_latest(either_library: Library) -> None:
    library = either_library
    keep(library, "R1", "R2", until=None)
    keep(library, "R3", partner="other")
    latest = library.read(lambda transaction: latest_exchanges(transaction, 2))
    assert [each.request_id for each in latest] == ["R2", "R3"]
    of_one = library.read(lambda transaction: latest_exchanges(transaction, 9, "broker"))
    assert [(each.request_id, each.request) for each in of_one] == [("R1", None), ("R2", None)]


def test_what_is_old_is_forgotten(either_library: Library) -> None:
    library = either_library
    keep(library, "R1")
    library.pass_time(days=8)
    deleted = library.write(lambda transaction: forget_exchanges(transaction, library.now))
    assert deleted == (1, False)
    (line,) = library.read(lambda transaction: exchanges_of_request(transaction, "R1"))
    assert (line.request, line.outcome) == (None, "ok")
    library.pass_time(days=LINE_DAYS)
    keep(library, "R2", until=library.now + timedelta(days=9999))
    run_job(
        library.circulation,
        library.database,
        "exchanges",
        day=library.today,
        now=library.now,
    )
    latest = library.read(lambda transaction: latest_exchanges(transaction, 9))
    assert [each.request_id for each in latest] == ["R2"]
