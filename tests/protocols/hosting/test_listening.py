"""`Conversation` over Twisted's in-memory transport: order, back-pressure, deadlines, endings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from protocols.hosting.listening import (
    PENDING_BYTES,
    REQUESTS_PER_TURN,
    Conversation,
    ConversationFactory,
)


class LineSession:
    """A protocol of the tests' own: a line is a request, ``BYE`` ends, silence ends too."""

    def __init__(self, patience: float | None = None) -> None:
        self.closing = False
        self.deadline = patience
        self._patience = patience
        self._buffer = b""
        self._outgoing = b""

    @property
    def pending(self) -> int:
        return len(self._buffer)

    def receive_data(self, data: bytes, now: float) -> None:
        self._buffer += data
        if self._patience is not None:
            self.deadline = now + self._patience

    def next_request(self) -> bytes | None:
        line, newline, rest = self._buffer.partition(b"\n")
        if not newline:
            return None
        self._buffer = rest
        if line == b"BYE":
            self._outgoing += b"bye\n"
            self.closing = True
            return None
        return line

    def send(self, response: bytes, now: float) -> None:
        self._outgoing += response + b"\n"

    def take_outgoing(self) -> bytes:
        outgoing, self._outgoing = self._outgoing, b""
        return outgoing

    def expire(self, now: float) -> None:
        self._outgoing += b"too slow\n"
        self.closing = True


class Stage:
    """A conversation on a transport in memory; answers at once, or when `answer_next` is called."""

    def __init__(self, at_once: bool = True, patience: float | None = None) -> None:
        self.clock = Clock()
        self.waiting: list[tuple[bytes, Callable[[Any], None]]] = []
        self.most_waiting = 0
        self.at_once = at_once
        self.transport = StringTransport()
        self.conversation = Conversation(LineSession(patience), self._answer, self.clock)
        self.conversation.makeConnection(self.transport)

    def _answer(self, request: bytes, reply: Callable[[Any], None]) -> None:
        if self.at_once:
            reply(b"re " + request)
            return
        self.waiting.append((request, reply))
        self.most_waiting = max(self.most_waiting, len(self.waiting))

    def answer_next(self) -> None:
        request, reply = self.waiting.pop(0)
        reply(b"re " + request)

    def receive(self, data: bytes) -> None:
        self.conversation.dataReceived(data)

    @property
    def written(self) -> bytes:
        return self.transport.value()


@given(st.lists(st.binary(max_size=8).map(lambda b: b.replace(b"\n", b"")), max_size=30), st.data())
def test_answers_come_in_order_however_the_bytes_are_cut(lines: list[bytes], data: Any) -> None:
    lines = [line for line in lines if line != b"BYE"]
    stream = b"".join(line + b"\n" for line in lines)
    stage = Stage(at_once=data.draw(st.booleans()))
    while stream:
        cut = data.draw(st.integers(1, len(stream)))
        stage.receive(stream[:cut])
        stream = stream[cut:]
    while stage.waiting:
        stage.answer_next()
    assert stage.written == b"".join(b"re " + line + b"\n" for line in lines)
    assert stage.most_waiting <= 1


def test_one_request_is_under_way_at_a_time() -> None:
    stage = Stage(at_once=False)
    stage.receive(b"a\nb\nc\n")
    assert [request for request, _ in stage.waiting] == [b"a"]
    stage.answer_next()
    assert [request for request, _ in stage.waiting] == [b"b"]
    assert stage.written == b"re a\n"


def test_a_thousand_requests_in_one_segment_leave_room_for_others() -> None:
    stage = Stage()
    stage.receive(b"x\n" * 1000)
    assert stage.written.count(b"\n") == REQUESTS_PER_TURN
    for _ in range(1000 // REQUESTS_PER_TURN + 1):
        stage.clock.advance(0)
    assert stage.written.count(b"\n") == 1000


def test_reading_pauses_while_a_request_is_open_and_much_is_waiting() -> None:
    stage = Stage(at_once=False)
    stage.receive(b"a\n" + b"x" * (PENDING_BYTES + 1))
    assert stage.transport.producerState == "paused"
    stage.receive(b"\n")
    stage.answer_next()
    assert stage.transport.producerState == "producing"


def test_a_peer_that_does_not_read_gets_no_more_work_done() -> None:
    stage = Stage()
    stage.conversation.pauseProducing()
    stage.receive(b"a\nb\n")
    assert stage.written == b""
    stage.conversation.resumeProducing()
    assert stage.written == b"re a\nre b\n"


def test_a_peer_that_does_not_read_is_not_read_from_either() -> None:
    stage = Stage()
    stage.conversation.pauseProducing()
    stage.receive(b"a\n" + b"x" * (PENDING_BYTES + 1))
    assert stage.transport.producerState == "paused"
    stage.conversation.resumeProducing()
    stage.receive(b"\n")
    assert stage.transport.producerState == "producing"


def test_closing_writes_what_is_left_and_ignores_what_follows() -> None:
    stage = Stage()
    stage.receive(b"a\nBYE\nb\n")
    assert stage.written == b"re a\nbye\n"
    assert stage.transport.disconnecting
    stage.receive(b"c\n")
    assert stage.written == b"re a\nbye\n"


def test_a_deadline_moves_with_traffic_and_then_ends_the_conversation() -> None:
    stage = Stage(patience=10.0)
    stage.clock.advance(8)
    stage.receive(b"a\n")
    stage.clock.advance(8)
    assert not stage.transport.disconnecting
    stage.clock.advance(3)
    assert stage.written == b"re a\ntoo slow\n"
    assert stage.transport.disconnecting


def test_a_deadline_does_not_end_a_conversation_whose_answer_is_under_way() -> None:
    stage = Stage(at_once=False, patience=10.0)
    stage.receive(b"a\n")
    stage.clock.pump([1.0] * 12)
    assert not stage.transport.disconnecting
    stage.answer_next()
    assert stage.written == b"re a\n"


def test_an_answer_for_a_peer_that_left_is_dropped() -> None:
    stage = Stage(at_once=False)
    stage.receive(b"a\nb\n")
    stage.conversation.connectionLost(Failure(ConnectionDone()))
    stage.answer_next()
    assert stage.written == b""
    assert stage.waiting == []
    assert stage.clock.getDelayedCalls() == []


# The end of the server


class PoliteSession(LineSession):
    """A protocol that has a word for the end."""

    speaks_first = True

    def shut_down(self, now: float) -> None:
        self._outgoing += b"goodbye\n"
        self.closing = True


def test_the_end_comes_after_the_request_under_way() -> None:
    stage = Stage(at_once=False)
    stage.receive(b"a\nb\n")
    stage.conversation.end()
    assert not stage.transport.disconnecting
    stage.answer_next()
    assert stage.written == b"re a\n"
    assert stage.transport.disconnecting
    assert stage.waiting == []


def test_a_conversation_that_rests_ends_at_once() -> None:
    stage = Stage()
    stage.conversation.end()
    assert stage.written == b""
    assert stage.transport.disconnecting


def test_a_session_that_has_a_word_for_the_end_says_it() -> None:
    stage = Stage(at_once=False)
    stage.conversation.session = PoliteSession()
    stage.receive(b"a\nb\n")
    stage.conversation.end()
    stage.answer_next()
    assert stage.written == b"re a\ngoodbye\n"
    assert stage.transport.disconnecting


def test_the_factory_waits_for_its_conversations() -> None:
    stages: list[Stage] = []

    def converse(address: object) -> Conversation:
        stages.append(Stage(at_once=False))
        return stages[-1].conversation

    factory = ConversationFactory(converse)
    assert isinstance(factory.end(), Deferred)
    assert factory.end().called  # nobody is there
    for _ in range(2):
        factory.buildProtocol(None)
    stages[0].receive(b"a\n")
    ended = factory.end()
    assert stages[1].transport.disconnecting
    for stage in reversed(stages):
        assert not ended.called
        stage.conversation.connectionLost(Failure(ConnectionDone()))
    assert ended.called
