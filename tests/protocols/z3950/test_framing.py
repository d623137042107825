"""Whole APDUs out of a stream, however it is cut up."""

from __future__ import annotations

import time
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.z3950.codec import MalformedMessage, encode
from protocols.z3950.messages.association import Close
from protocols.z3950.messages.result_sets import DeleteResultSetRequest
from protocols.z3950.wire.framing import ApduStream
from tests.examples import examples
from tests.protocols.z3950.forms import (
    CHUNKINGS,
    Chunking,
    byte_by_byte,
    in_form,
    one_piece,
)
from tests.protocols.z3950.strategies import apdus

CLOSE = encode(Close(0, "goodbye"))
OPEN_CLOSE = in_form(CLOSE, is_definite=False)
LIMIT = 100_000


def cut(chunks: Iterable[bytes], limit: int = LIMIT) -> list[bytes]:
    """Everything a stream gives; the text of the error last, where it ends in one."""
    stream = ApduStream(limit)
    found = []
    try:
        for chunk in chunks:
            stream.feed(chunk)
            while (apdu := stream.next_apdu()) is not None:
                found.append(apdu)
    except MalformedMessage as error:
        found.append(str(error).encode())
    return found


CASES = {
    "nothing": (b"", []),
    "one": (CLOSE, [CLOSE]),
    "one of indefinite length": (OPEN_CLOSE, [OPEN_CLOSE]),
    "several": (CLOSE + OPEN_CLOSE + CLOSE, [CLOSE, OPEN_CLOSE, CLOSE]),
    "part of one": (CLOSE[:-1], []),
    "one and part of another": (OPEN_CLOSE + OPEN_CLOSE[:-1], [OPEN_CLOSE]),
    "another protocol": (b"GET / HTTP/1.1\r\n", [b"not an APDU of Z39.50"]),
    "one, then line noise": (CLOSE + b"\r\n", [CLOSE, b"not an APDU of Z39.50"]),
    "two gigabytes claimed": (
        b"\xb6\x84\x80\x00\x00\x00",
        [b"an APDU of more than 100000 octets"],
    ),
    "too much claimed inside": (
        b"\xb6\x80\x91\x83\xff\xff\xff",
        [b"an APDU of more than 100000 octets"],
    ),
    "a length of five octets": (b"\xb6\x85\x00\x00\x00\x00\x01", [b"a length is too long"]),
    "an endless tag": (b"\xbf" + b"\xff" * 40, [b"a tag is too long"]),
    "a primitive of indefinite length": (
        b"\xb6\x80\x91\x80",
        [b"a primitive value of indefinite length"],
    ),
    "end-of-contents with contents": (
        b"\xb6\x80\x00\x01",
        [b"end-of-contents octets with contents"],
    ),
    "nested without end": (b"\xb6\x80" * 5_000, [b"values are nested too deep"]),
}


@pytest.mark.parametrize("chunking", CHUNKINGS)
@pytest.mark.parametrize(("data", "expected"), CASES.values(), ids=CASES)
def test_the_same_comes_out_however_it_came_in(
    data: bytes, expected: list[bytes], chunking: Chunking
) -> None:
    assert cut(chunking(data)) == expected


@examples(60)
@given(st.lists(apdus().map(encode), max_size=3), st.booleans(), st.integers(1, 50))
def test_messages_come_out_as_they_went_in(
    messages: list[bytes], is_definite: bool, size: int
) -> None:
    messages = [in_form(message, is_definite=is_definite) for message in messages]
    stream = b"".join(messages)
    assert cut(stream[at : at + size] for at in range(0, len(stream), size)) == messages


@examples(300)
@given(st.binary(max_size=300))
def test_any_bytes_give_apdus_or_one_error(data: bytes) -> None:
    assert cut(one_piece(data)) == cut(byte_by_byte(data))


def test_what_is_used_up_is_forgotten() -> None:
    stream = ApduStream(LIMIT)
    stream.feed(CLOSE + b"\xb6")
    assert len(stream) == len(CLOSE) + 1
    stream.next_apdu()
    assert len(stream) == 1


@pytest.mark.parametrize("is_definite", [True, False])
def test_octet_by_octet_costs_no_more_than_once_each(is_definite: bool) -> None:
    """A walk that began anew with each octet would take minutes here."""
    names = [f"set-{number}" for number in range(8_000)]
    data = in_form(encode(DeleteResultSetRequest(0, names)), is_definite=is_definite)
    assert len(data) > 80_000
    start = time.process_time()
    assert cut(byte_by_byte(data)) == [data]
    assert time.process_time() - start < 3.0
