"""The log of exchanges."""

from __future__ import annotations

import zlib
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import bindparam, insert, select

from catalogue.statements import many, send
from circulation.interlending.exchanges import (
    LINE_DAYS,
    LONGEST_BODY,
    Exchanged,
    exchanges_of_request,
    forget_exchanges,
    keep_exchanges,
    latest_exchanges,
)
from circulation.interlending.schema import exchange_bodies
from circulation.jobs import run_job
from tests.builders.circulation import Library


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


_bodies = many(select(exchange_bodies.c.request, exchange_bodies.c.answer), None)
_keep_body = send(
    insert(exchange_bodies).values(
        exchange_id=bindparam("line"),
        until=bindparam("moment", type_=exchange_bodies.c.until.type),
        request=bindparam("said"),
        answer=bindparam("answered"),
    ),
    "line",
    "moment",
    "said",
    "answered",
)


def test_request_and_answer_are_one_stream(either_library: Library) -> None:
    library = either_library
    keep(library, "R1")
    ((length, stream),) = library.read(_bodies)
    assert (bytes(length), zlib.decompress(stream)) == (b"\x00\x00\x00\x04", b"<a/><b/>")


def test_older_lines_have_a_stream_for_each(either_library: Library) -> None:
    library = either_library
    keep(library, "R1", until=None)

    def add(transaction: Any) -> None:
        (line,) = exchanges_of_request(transaction, "R1")
        _keep_body(
            transaction, line.id, library.now, zlib.compress(b"<a/>", 1), zlib.compress(b"", 1)
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
