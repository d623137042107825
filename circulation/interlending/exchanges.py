"""The log of what was exchanged with partners: a line for each exchange, and what was said in it.

The lines stay for `LINE_DAYS`, what was said as long as the settings of the protocol want it
(`circulation.interlending.exchange_bodies`). Secrets are masked before anything comes here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Select, delete, insert, select

from catalogue.database import Statement, Transaction, change, columns, many, send_many
from circulation.interlending.exchange_bodies import Body, keep_bodies, said
from circulation.interlending.schema import exchange_bodies, exchanges

#: How long a line is kept.
LINE_DAYS = 180
#: Lines that a step of forgetting deletes.
AT_MOST = 1000


class Exchanged(NamedTuple):
    """One exchange. `direction` is ``in`` or ``out``, `outcome` ``ok`` or the types of problems."""

    at: datetime
    direction: str
    partner: str
    peer: str
    service: str
    request_id: str
    outcome: str
    milliseconds: int = 0
    request: bytes = b""
    answer: bytes = b""
    #: Until when `request` and `answer` are kept; None: not at all.
    until: datetime | None = None


class Line(NamedTuple):
    """A line of the log, with what was said where it is still kept."""

    id: int
    at: datetime
    direction: str
    partner: str
    peer: str
    service: str
    request_id: str
    outcome: str
    milliseconds: int
    request: bytes | None
    answer: bytes | None


@send_many
def _insert(line: Line) -> Statement:
    said = {name: value for name, value in line._asdict().items() if name in exchanges.c}
    return insert(exchanges).values(said)


def keep_exchanges(
    transaction: Transaction, new_id: Callable[[datetime], int], found: Iterable[Exchanged]
) -> None:
    """Writes them down, in one go. `new_id` makes ids, as `Circulation.ids.next` does."""
    lines, bodies = [], []
    for each in found:
        exchange_id = new_id(each.at)
        lines.append(Line(exchange_id, *each[:8], None, None))
        if each.until is not None:
            bodies.append(Body(exchange_id, each.until, each.request, each.answer))
    if lines:
        _insert(transaction, lines)
    keep_bodies(transaction, bodies)


def _lines(at_most: int, *, newest: bool) -> Select[Any]:
    order = exchanges.c.id.desc() if newest else exchanges.c.id
    return (
        select(*columns(Line, exchanges, exchange_bodies))
        .outerjoin(exchange_bodies, exchange_bodies.c.exchange_id == exchanges.c.id)
        .order_by(order)
        .limit(at_most)
    )


@many(Line)
def _of_request(*, request_id: str, at_most: int) -> Statement:
    return _lines(at_most, newest=False).where(exchanges.c.request_id == request_id)


@many(Line)
def _latest(*, at_most: int) -> Statement:
    return _lines(at_most, newest=True)


@many(Line)
def _latest_of(*, partner: str, at_most: int) -> Statement:
    return _lines(at_most, newest=True).where(exchanges.c.partner == partner)


def exchanges_of_request(
    transaction: Transaction, request_id: str, at_most: int = 1000
) -> list[Line]:
    """All that was said about a request of that name, the oldest first."""
    return _with_bodies(
        transaction, _of_request(transaction, request_id=request_id, at_most=at_most)
    )


def latest_exchanges(
    transaction: Transaction, at_most: int, partner: str | None = None
) -> list[Line]:
    """The last exchanges, of one partner or of all; the newest last."""
    if partner is None:
        found = _latest(transaction, at_most=at_most)
    else:
        found = _latest_of(transaction, partner=partner, at_most=at_most)
    return _with_bodies(transaction, found[::-1])


def _with_bodies(transaction: Transaction, lines: list[Line]) -> list[Line]:
    """Them with what was said, where it is still kept, in place of what the columns hold."""
    rows = {
        each.id: (bytes(each.request), bytes(each.answer))
        for each in lines
        if each.request is not None and each.answer is not None
    }
    found = said(transaction, rows)
    nothing = (None, None)
    return [
        each._replace(request=request, answer=answer)
        for each in lines
        for request, answer in (found.get(each.id, nothing),)
    ]


@change
def _forget_bodies(*, before: datetime) -> Statement:
    return delete(exchange_bodies).where(exchange_bodies.c.until < before)


def _oldest(before: datetime) -> Select[Any]:
    return (
        select(exchanges.c.id)
        .where(exchanges.c.at < before)
        .order_by(exchanges.c.at)
        .limit(AT_MOST)
    )


@change
def _forget_their_bodies(*, before: datetime) -> Statement:
    return delete(exchange_bodies).where(exchange_bodies.c.exchange_id.in_(_oldest(before)))


@change
def _forget_lines(*, before: datetime) -> Statement:
    return delete(exchanges).where(exchanges.c.id.in_(_oldest(before)))


def forget_exchanges(transaction: Transaction, now: datetime) -> tuple[int, bool]:
    """Deletes what has been kept for long enough: how many lines and bodies; is there more?"""
    bodies = _forget_bodies(transaction, before=now)
    before = now - timedelta(days=LINE_DAYS)
    bodies += _forget_their_bodies(transaction, before=before)
    lines = _forget_lines(transaction, before=before)
    return lines + bodies, lines == AT_MOST
