"""The states of an association, without IO: octets in, requests out, responses in, octets out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyroaring import BitMap

from protocols.z3950.association import Answer, ResultSet
from protocols.z3950.codec import decode, encode
from protocols.z3950.handlers import LOCAL
from protocols.z3950.messages.apdus import Apdu
from protocols.z3950.messages.association import (
    Close,
    CloseReason,
    InitializeRequest,
    InitializeResponse,
    ResourceReportRequest,
    ResourceReportResponse,
    TriggerResourceControlRequest,
)
from protocols.z3950.messages.extended_services import (
    ExtendedServicesRequest,
    ExtendedServicesResponse,
)
from protocols.z3950.messages.result_sets import (
    DeleteResultSetRequest,
    DeleteResultSetResponse,
    DuplicateDetectionRequest,
    DuplicateDetectionResponse,
    ListStatus,
    SortKeySpec,
    SortRequest,
    SortResponse,
)
from protocols.z3950.messages.retrieval import PresentRequest, PresentResponse, Segment
from protocols.z3950.messages.scanning import ScanRequest, ScanResponse
from protocols.z3950.messages.searching import (
    AttributeElement,
    AttributesPlusTerm,
    RPNQuery,
    SearchRequest,
    SearchResponse,
    Type1,
)
from protocols.z3950.queries.attributes import BIB_1
from protocols.z3950.session import State, Z3950Session
from protocols.z3950.settings import Z3950Settings
from protocols.z3950.wire.framing import ApduStream
from protocols.z3950.wire.layouts import tags_of
from tests.examples import examples
from tests.protocols.z3950.forms import CHUNKINGS, Chunking
from tests.protocols.z3950.strategies import apdus, of_kind

ALL_BITS = (1 << 22) - 1
INIT = InitializeRequest(0b111, ALL_BITS, 1 << 26, 1 << 26)
TERM = AttributesPlusTerm([AttributeElement(1, 4)], b"soil")
SEARCH = SearchRequest(
    0, 1, 0, True, "default", ["Default"], Type1(RPNQuery(BIB_1, TERM)), reference_id=b"7"
)
PRESENT = PresentRequest("default", 1, 1)
SCAN = ScanRequest(["Default"], TERM, 20, attribute_set=BIB_1)
SORT = SortRequest(["default"], "default", [SortKeySpec("title", 0, 1)])
EXTENDED = ExtendedServicesRequest(1, "1.2.840.10003.9.5", 1)

#: Stand-ins for what needs a library: the session must not care.
FOUND = Answer(SearchResponse(1, 0, 1, True), {"default": ResultSet(BitMap([5]), ["Default"])})
STAND_INS: dict[type[Apdu], Callable[[Any], Answer]] = {
    InitializeRequest: lambda request: Answer(
        InitializeResponse(request.protocol_version & 7, 0b11, 1 << 20, 1 << 20, True)
    ),
    SearchRequest: lambda request: FOUND,
    PresentRequest: lambda request: Answer(PresentResponse(0, 0, 5)),
    ScanRequest: lambda request: Answer(ScanResponse(6, 0)),
    SortRequest: lambda request: Answer(SortResponse(2)),
    ExtendedServicesRequest: lambda request: Answer(ExtendedServicesResponse(3)),
}


def new_session(**settings: Any) -> Z3950Session:
    return Z3950Session(Z3950Settings(**settings), 0.0)


def messages_of(octets: bytes) -> list[Apdu]:
    stream = ApduStream(1 << 20)
    stream.feed(octets)
    found = []
    while (apdu := stream.next_apdu()) is not None:
        found.append(decode(apdu))
    assert len(stream) == 0
    return found


def answer_all(session: Z3950Session) -> None:
    while (request := session.next_request()) is not None:
        local = LOCAL.get(type(request))
        if local is not None:
            answer = local(request, session.association)
        else:
            answer = STAND_INS[type(request)](request)
        # Each response is sent once only, so it must not be shared between requests.
        session.send(Answer(decode(encode(answer.response)), answer.result_sets, answer.closing), 0)


def converse(*requests: Apdu | bytes, session: Z3950Session | None = None) -> list[Apdu]:
    """What a session answers to all of these together."""
    session = session or new_session()
    for request in requests:
        session.receive_data(request if isinstance(request, bytes) else encode(request), 0.0)
    answer_all(session)
    return messages_of(session.take_outgoing())


def test_init_opens_and_close_is_answered_with_close() -> None:
    session = new_session()
    first, second = converse(INIT, Close(0, reference_id=b"x"), session=session)
    assert isinstance(first, InitializeResponse)
    assert first.result
    assert second == Close(CloseReason.FINISHED, reference_id=b"x")
    assert session.closing
    assert session.deadline is None


def test_close_may_come_before_init() -> None:
    assert converse(Close(0)) == [Close(CloseReason.FINISHED)]


@pytest.mark.parametrize("request_", [SEARCH, PRESENT, SCAN, SORT, EXTENDED])
def test_nothing_else_may_come_before_init(request_: Apdu) -> None:
    session = new_session()
    (close,) = converse(request_, INIT, session=session)
    assert isinstance(close, Close)
    assert close.close_reason == CloseReason.PROTOCOL_ERROR
    assert close.reference_id == request_.reference_id
    assert session.closing


def test_init_may_not_come_twice() -> None:
    _, close = converse(INIT, INIT)
    assert isinstance(close, Close)
    assert close.close_reason == CloseReason.PROTOCOL_ERROR


RESPONSES = {
    SearchRequest: SearchResponse,
    PresentRequest: PresentResponse,
    DeleteResultSetRequest: DeleteResultSetResponse,
    ScanRequest: ScanResponse,
    SortRequest: SortResponse,
    ExtendedServicesRequest: ExtendedServicesResponse,
    ResourceReportRequest: ResourceReportResponse,
    DuplicateDetectionRequest: DuplicateDetectionResponse,
}


@pytest.mark.parametrize("kind", tags_of(Apdu))
def test_every_apdu_has_its_answer_in_an_open_association(kind: type[Apdu]) -> None:
    @examples(5)
    @given(of_kind(kind))
    def check(request: Apdu) -> None:
        session = new_session()
        _, *answers = converse(INIT, request, session=session)
        if kind in RESPONSES:
            (answered,) = answers
            assert type(answered) is RESPONSES[kind]
            assert answered.reference_id == request.reference_id
            assert session.state is State.OPEN
        elif kind is TriggerResourceControlRequest:
            assert answers == []
            assert session.state is State.OPEN
        else:
            (close,) = answers
            assert isinstance(close, Close)
            expected = CloseReason.FINISHED if kind is Close else CloseReason.PROTOCOL_ERROR
            assert close.close_reason == expected
            assert session.state is State.CLOSED

    check()


@pytest.mark.parametrize(
    "octets",
    [b"GET / HTTP/1.0\r\n\r\n", b"\xb6\x84\x7f\xff\xff\xff", b"\xb6\x00", b"\xbf\x33\x00"],
)
@pytest.mark.parametrize("is_open", [False, True])
def test_malformed_octets_end_the_association(octets: bytes, is_open: bool) -> None:
    session = new_session()
    *_, close = converse(*([INIT] if is_open else []), octets, session=session)
    assert isinstance(close, Close)
    assert close.close_reason == CloseReason.PROTOCOL_ERROR
    assert close.diagnostic_information is not None
    assert close.diagnostic_information.startswith("malformed APDU: ")
    session.receive_data(encode(INIT), 1.0)
    assert session.next_request() is None
    assert session.take_outgoing() == b""


STREAM = b"".join(
    map(encode, [INIT, SEARCH, PRESENT, SCAN, SORT, EXTENDED, DeleteResultSetRequest(1)])
)
ENDINGS = [b"", encode(Close(0)), b"\xb6\x00", b"noise", encode(INIT), STREAM[:20]]


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("chunking", CHUNKINGS)
def test_the_answers_are_the_same_however_the_requests_come(
    chunking: Chunking, ending: bytes
) -> None:
    session = new_session()
    answered = b""
    for chunk in chunking(STREAM + ending):
        session.receive_data(chunk, 0.0)
        answer_all(session)
        answered += session.take_outgoing()
    assert messages_of(answered) == converse(STREAM + ending)
    assert len(messages_of(answered)) == 7 + (ending not in (b"", STREAM[:20]))


def opened(**settings: Any) -> Z3950Session:
    session = new_session(**settings)
    converse(INIT, session=session)
    return session


def test_one_request_at_a_time() -> None:
    session = opened()
    session.receive_data(encode(SEARCH) + encode(PRESENT), 0.0)
    first = session.next_request()
    assert first == SEARCH
    session.send(FOUND, 0.0)
    assert session.next_request() == PRESENT
    assert session.pending == 0


def test_close_passes_the_request_being_answered() -> None:
    session = opened()
    session.receive_data(encode(SEARCH), 0.0)
    assert session.next_request() == SEARCH
    session.receive_data(encode(PRESENT) + encode(Close(0, reference_id=b"c")), 0.0)
    assert session.closing
    assert messages_of(session.take_outgoing()) == [Close(CloseReason.FINISHED, reference_id=b"c")]
    session.send(FOUND, 0.0)
    assert session.take_outgoing() == b""


def test_what_is_wrong_does_not_pass_the_request_being_answered() -> None:
    session = opened()
    session.receive_data(encode(SEARCH), 0.0)
    assert session.next_request() == SEARCH
    session.receive_data(encode(PRESENT) + b"noise", 0.0)
    session.receive_data(b"more noise", 0.0)
    assert not session.closing
    assert session.pending > 0
    session.send(FOUND, 0.0)
    answer_all(session)
    kinds = [type(message) for message in messages_of(session.take_outgoing())]
    assert kinds == [SearchResponse, PresentResponse, Close]


def test_the_reference_id_comes_back() -> None:
    _, response = converse(INIT, SEARCH)
    assert response.reference_id == b"7"


def test_result_sets_are_kept_and_forgotten_by_answers() -> None:
    session = opened()
    session.receive_data(encode(SEARCH), 0.0)
    session.next_request()
    session.send(FOUND, 0.0)
    assert list(session.association.result_sets["default"].records) == [5]
    session.receive_data(encode(DeleteResultSetRequest(0, ["default", "other"])), 0.0)
    answer_all(session)
    (*_, deleted) = messages_of(session.take_outgoing())
    assert deleted == DeleteResultSetResponse(9, [ListStatus("default", 0), ListStatus("other", 1)])
    assert session.association.result_sets == {}


def test_silence_ends_the_association() -> None:
    session = opened(idle_timeout=30)
    assert session.deadline == 30
    session.receive_data(b"\xb6", 20.0)
    assert session.deadline == 50
    session.expire(49.0)
    assert not session.closing
    session.expire(50.0)
    (close,) = messages_of(session.take_outgoing())
    assert isinstance(close, Close)
    assert close.close_reason == CloseReason.LACK_OF_ACTIVITY
    assert session.closing


def test_a_request_larger_than_allowed_is_refused_by_its_header() -> None:
    session = opened(maximum_request_size=2_000)
    session.receive_data(b"\xb6\x82\x08\x00", 0.0)
    assert session.next_request() is None
    (close,) = messages_of(session.take_outgoing())
    assert isinstance(close, Close)
    assert "2000" in (close.diagnostic_information or "")


@examples(200)
@given(st.lists(st.binary(max_size=60) | apdus().map(encode), max_size=5), st.booleans())
def test_any_octets_lead_to_answers_or_to_a_close(chunks: list[bytes], is_open: bool) -> None:
    session = opened() if is_open else new_session()
    session.take_outgoing()
    for chunk in chunks:
        session.receive_data(chunk, 0.0)
        answer_all(session)
    for message in messages_of(session.take_outgoing()):
        if isinstance(message, Close):
            assert session.closing


# The end of the server


def test_an_open_association_is_told_that_the_server_ends() -> None:
    session = new_session()
    converse(INIT, session=session)
    session.shut_down(1.0)
    assert messages_of(session.take_outgoing()) == [
        Close(CloseReason.SHUTDOWN, "the server is shutting down")
    ]
    assert session.closing


def test_before_init_there_is_nobody_to_tell() -> None:
    session = new_session()
    session.shut_down(1.0)
    assert session.take_outgoing() == b""
    assert session.closing


def test_segments_go_before_the_response_with_its_reference() -> None:
    session = new_session()
    converse(INIT, session=session)
    session.receive_data(encode(PresentRequest("default", 1, 2, reference_id=b"9")), 0.0)
    assert session.next_request() is not None
    segments = [Segment(1, []), Segment(2, [])]
    session.send(Answer(PresentResponse(3, 0, 0), segments=segments), 0.0)
    assert messages_of(session.take_outgoing()) == [
        Segment(1, [], reference_id=b"9"),
        Segment(2, [], reference_id=b"9"),
        PresentResponse(3, 0, 0, reference_id=b"9"),
    ]
