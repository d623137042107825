"""What was said in exchanges, as it is kept: several of them in one stream of zlib.

Answers repeat much of their requests, and those of one moment of each other: eight exchanges
together take half the time and less than half the space of eight by themselves. The stream is in
the row of the first, and each row has in `request` which that is, and its own number.

There are two older ways, a stream for each exchange with the length of the request before it, and
one for the request and one for the answer; they are read until they have run out.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import insert, select

from catalogue.database import Statement, Transaction, columns, many_of, send_many
from circulation.interlending.schema import exchange_bodies

#: Kept of a message; what is longer is cut.
LONGEST_BODY: Final = 256 * 1024
#: Exchanges in one stream, and bytes from which on it takes no more: to read one is to read all.
TOGETHER: Final = 8
TOGETHER_BYTES: Final = 64 * 1024

#: The id of the first and the own number, behind a byte that no stream of zlib begins with.
_PLACE: Final = struct.Struct(">xQH")
#: Of each exchange in a stream, the lengths of request and answer; before them, how many there are.
_LENGTHS: Final = struct.Struct(">II")
_COUNT: Final = struct.Struct(">H")
#: Bytes of the length that older rows have in `request`.
_LENGTH: Final = 4


class Body(NamedTuple):
    """What was said in the exchange of that id; `until` is for how long it is kept."""

    exchange_id: int
    until: datetime
    request: bytes
    answer: bytes


@send_many
def _insert(body: Body) -> Statement:
    return insert(exchange_bodies).values(body._asdict())


_Stream = tuple[int, bytes]


class _Answer(NamedTuple):
    exchange_id: int
    answer: bytes


@many_of(_Answer)
def _answers(*, exchange_ids: Sequence[int]) -> Statement:
    return select(*columns(_Answer, exchange_bodies)).where(
        exchange_bodies.c.exchange_id.in_(exchange_ids)
    )


def keep_bodies(transaction: Transaction, bodies: Iterable[Body]) -> None:
    """Writes them down, in one go."""
    rows = [row for together in _divided(bodies) for row in _rows(together)]
    if rows:
        _insert(transaction, rows)


def _divided(bodies: Iterable[Body]) -> Iterator[list[Body]]:
    together: list[Body] = []
    size = 0
    for each in bodies:
        together.append(each)
        size += len(each.request) + len(each.answer)
        if len(together) == TOGETHER or size >= TOGETHER_BYTES:
            yield together
            together, size = [], 0
    if together:
        yield together


def _rows(together: list[Body]) -> Iterator[Body]:
    """The rows of one stream, which stay for equally long: without the first, none can be read."""
    first, until = together[0].exchange_id, max(each.until for each in together)
    lengths = [_COUNT.pack(len(together))]
    texts: list[bytes] = []
    for each in together:
        request, answer = each.request[:LONGEST_BODY], each.answer[:LONGEST_BODY]
        lengths.append(_LENGTHS.pack(len(request), len(answer)))
        texts += (request, answer)
    stream = zlib.compress(b"".join(lengths + texts), 1)
    for number, each in enumerate(together):
        place = _PLACE.pack(first, number)
        yield Body(each.exchange_id, until, place, b"" if number else stream)


def said(
    transaction: Transaction, rows: Mapping[int, tuple[bytes, bytes]]
) -> dict[int, tuple[bytes, bytes]]:
    """Request and answer of each exchange, by its id, from the two columns of its row."""
    found: dict[int, tuple[bytes, bytes]] = {}
    places: dict[int, tuple[int, int]] = {}
    for exchange_id, (request, answer) in rows.items():
        if request[:1] == b"\x00" and len(request) == _PLACE.size:
            places[exchange_id] = _PLACE.unpack(request)
        else:
            found[exchange_id] = _of_older(request, answer)
    firsts = sorted({first for first, _ in places.values()})
    streams = {
        row.exchange_id: _unpacked(row.answer) for row in _answers(transaction, exchange_ids=firsts)
    }
    for exchange_id, (first, number) in places.items():
        if first in streams:  # else that of a step of forgetting has been deleted already
            found[exchange_id] = streams[first][number]
    return found


def _unpacked(stream: bytes) -> list[tuple[bytes, bytes]]:
    data = zlib.decompress(stream)
    (count,) = _COUNT.unpack_from(data)
    lengths = _COUNT.size
    begin = lengths + count * _LENGTHS.size
    found = []
    for request, answer in _LENGTHS.iter_unpack(data[lengths:begin]):
        end = begin + request
        found.append((data[begin:end], data[end : end + answer]))
        begin = end + answer
    return found


def _of_older(request: bytes, answer: bytes) -> tuple[bytes, bytes]:
    if len(request) != _LENGTH:
        return zlib.decompress(request), zlib.decompress(answer)
    both, end = zlib.decompress(answer), int.from_bytes(request, "big")
    return both[:end], both[end:]
