"""Raw TCP without a socket: order, silence, floods."""

from __future__ import annotations

import pytest

from protocols.ncip.session import NcipSession
from tests.protocols.ncip.stage import Schemas

FIRST, SECOND = b"<a>1</a>", b"<a>2</a>"


def chunked(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_one_document_after_another(size: int) -> None:
    session = NcipSession(0.0)
    handed_out: list[bytes] = []
    for document in (FIRST, SECOND):
        for piece in chunked(document + b"\r\n", size):
            session.receive_data(piece, 1.0)
            while (request := session.next_request()) is not None:
                handed_out.append(request)
                assert session.next_request() is None
                session.send(b"<r>" + request + b"</r>", 2.0)
    assert handed_out == [FIRST, SECOND]
    assert session.take_outgoing() == b"<r><a>1</a></r>\n<r><a>2</a></r>\n"
    assert session.take_outgoing() == b""
    assert not session.closing


@pytest.mark.parametrize("early", [SECOND, b"\n<", b"  x", SECOND[:3]])
def test_a_message_before_the_answer_to_the_last_is_a_protocol_error(
    early: bytes, schemas: Schemas
) -> None:
    """What was carried out is answered all the same."""
    session = NcipSession(0.0)
    session.receive_data(FIRST, 0.0)
    assert session.next_request() == FIRST
    session.receive_data(early, 0.5)
    assert session.next_request() is None
    session.send(b"<r/>", 1.0)
    assert session.closing
    assert session.next_request() is None
    answer, refusal = session.take_outgoing().splitlines()
    assert answer == b"<r/>"
    assert schemas.check(refusal).findtext(".//{*}ProblemType") == "Protocol Error"


def test_blanks_before_the_answer_are_no_message() -> None:
    session = NcipSession(0.0)
    session.receive_data(FIRST + b"\r\n", 0.0)
    assert session.next_request() == FIRST
    session.receive_data(b"\n \n", 0.5)
    session.send(b"<r/>", 1.0)
    assert not session.closing
    assert session.next_request() is None
    session.receive_data(SECOND, 2.0)
    assert session.next_request() == SECOND


def test_silence_between_messages_ends_the_connection_without_a_word() -> None:
    session = NcipSession(10.0, idle_seconds=300.0)
    assert session.deadline == 310.0
    session.receive_data(FIRST, 20.0)
    assert session.next_request() == FIRST
    assert session.deadline is None
    session.send(b"<r/>", 30.0)
    assert session.deadline == 330.0
    session.take_outgoing()
    session.expire(330.0)
    assert session.closing
    assert session.take_outgoing() == b""


def test_a_message_must_end_in_time_however_it_trickles(schemas: Schemas) -> None:
    session = NcipSession(0.0, message_seconds=30.0)
    for second in range(29):
        session.receive_data(b"<a>" if second == 0 else b"x", float(second))
        assert session.next_request() is None
        assert session.deadline == 30.0
    session.expire(30.0)
    assert session.closing
    answer = session.take_outgoing()
    assert answer.endswith(b"\n")
    assert schemas.check(answer).findtext(".//{*}ProblemType") == "Invalid Message Syntax Error"


def test_line_ends_between_messages_are_no_message() -> None:
    session = NcipSession(0.0, idle_seconds=300.0)
    session.receive_data(b"\r\n\n", 5.0)
    assert session.next_request() is None
    assert session.deadline == 305.0
    assert session.pending == 0


@pytest.mark.parametrize("data", [b"POST / HTTP/1.0\r\n", b"\xff\xfe", b"<a>" * 100])
def test_what_cannot_be_framed_gets_a_problem_and_the_end(data: bytes, schemas: Schemas) -> None:
    session = NcipSession(0.0)
    session.receive_data(FIRST, 0.0)
    assert session.next_request() == FIRST
    assert not session.closing
    session.send(b"<r/>", 0.0)
    session.receive_data(data, 0.0)
    assert session.next_request() is None
    assert session.closing
    first, second = session.take_outgoing().splitlines()
    assert first == b"<r/>"
    schemas.check(second)
    session.receive_data(SECOND, 1.0)
    assert session.next_request() is None
    assert session.take_outgoing() == b""


def test_a_flood_is_refused_at_the_limit() -> None:
    session = NcipSession(0.0)
    for _ in range(64):
        session.receive_data(b"<a>" if not session.pending else b" " * 65536, 0.0)
        assert session.next_request() is None
    assert session.closing
    assert session.pending < 3 * 1024 * 1024
