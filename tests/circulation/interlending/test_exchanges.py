"""The log of exchanges."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from circulation.interlending.exchanges import (
    LINE_DAYS,
    Exchanged,
    exchanges_of_request,
    forget_exchanges,
    keep_exchanges,
    latest_exchanges,
)
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
        day=library.now.date(),
        now=library.now,
    )
    latest = library.read(lambda transaction: latest_exchanges(transaction, 9))
    assert [each.request_id for each in latest] == ["R2"]
