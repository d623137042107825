"""A TCP conversation: moves bytes between a transport and a sans-IO session, one request at a time.

Every line protocol of Tiro listens through `Conversation`; its own ``listener.py`` only says how
a session is made and how a request is answered. Nothing here knows a protocol.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress, IPushProducer, ITCPTransport
from twisted.internet.protocol import Factory
from twisted.internet.protocol import Protocol as TwistedProtocol
from twisted.python.failure import Failure
from zope.interface import implementer

from protocols.hosting.failures import NO_ANSWER
from protocols.hosting.measuring import Meter
from protocols.hosting.reactor import reactor as reactor

#: Bytes that may wait in a session while its request is answered, before reading pauses.
PENDING_BYTES = 65536
#: Requests of one connection before the others get their turn.
REQUESTS_PER_TURN = 64
#: Answers to requests sent ahead that are written together.
ANSWERS_TOGETHER = 8


class Session(Protocol):
    """One side of a conversation, without IO: bytes in, requests out, responses in, bytes out.

    Times are monotonic seconds. Any bytes at all lead to requests, to an answer of the session's
    own, or to `closing`; never to an exception.
    """

    @property
    def closing(self) -> bool:
        """True when, once the outgoing bytes are written, the connection is to be closed."""
        ...

    @property
    def pending(self) -> int:
        """Received bytes not yet used up."""
        ...

    @property
    def deadline(self) -> float | None:
        """When `expire` wants to be called, or None."""
        ...

    def receive_data(self, data: bytes, now: float) -> None: ...

    def next_request(self) -> Any | None:
        """The next whole request; None while there is none. Not called while one is open."""
        ...

    def send(self, response: Any, now: float) -> None:
        """Answers the request that `next_request` gave last."""
        ...

    def take_outgoing(self) -> bytes:
        """What is to be written now."""
        ...

    def expire(self, now: float) -> None:
        """The deadline has passed: say so in the protocol's own way, or set `closing`."""
        ...


@runtime_checkable
class Farewell(Protocol):
    """What a session has besides, where its protocol has a word for the end of the server."""

    #: Does `shut_down` say something at once?
    speaks_first: bool

    def shut_down(self, now: float) -> None:
        """The server ends, and no request is open: say so and set `closing`.

        A session that speaks only when it is spoken to sets `closing` when it has answered the
        next message; it is not waited for longer than for the end of work under way.
        """
        ...


#: Answers a request: calls `reply` once, from the reactor, at once or later, with a response, or
#: with `NO_ANSWER`, and the line is closed.
Answer = Callable[[Any, Callable[[Any], None]], None]


@implementer(IPushProducer)
class Conversation(TwistedProtocol):
    """A connection: a `Session`, and the function that answers its requests."""

    def __init__(self, session: Session, answer: Answer, clock: Any = reactor) -> None:
        self.session = session
        self._clock = clock  # an IReactorTime
        self._answer = answer
        self._is_answering = False
        self._is_turning = False
        self._is_blocked = False  # the peer does not read what we write
        self._is_paused = False  # we do not read what the peer writes
        self._timer: Any = None
        self._fires = 0.0  # when the timer does
        self._is_lost = False
        self._is_ending = False  # the server ends: the open request is the last one
        self._is_moving = False  # its next answer is its last one

    def connectionMade(self) -> None:  # noqa: N802
        self.transport: Any
        if ITCPTransport.providedBy(self.transport):
            self.transport.setTcpNoDelay(True)
        self.transport.registerProducer(self, True)
        self._watch_deadline()
        self._turn()

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        if self.session.closing:
            return
        self.session.receive_data(data, self._clock.seconds())
        self._turn()

    def connectionLost(self, reason: Failure | None = None) -> None:  # noqa: N802
        self._is_lost = True
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        if isinstance(self.factory, ConversationFactory):
            self.factory.forget(self)

    def end(self) -> None:
        """Ends the conversation from our side, when the request under way is answered."""
        self._is_ending = True
        if self._is_answering or self._is_lost:
            return
        if isinstance(self.session, Farewell) and not self.session.closing:
            self.session.shut_down(self._clock.seconds())
            if not self.session.closing:
                self._is_ending = False
                self._turn()
                return
        self._flush()
        self.transport.loseConnection()

    def hand_over(self) -> None:
        """Ends the conversation so that the peer comes again at once, to another process.

        A peer that is never spoken to first is answered once more, as ever, and would otherwise
        take the line for dead; any other is told now.
        """
        if isinstance(self.session, Farewell) and not self.session.speaks_first:
            self._is_moving = True
        else:
            self.end()

    def _turn(self) -> None:
        """Hands out requests until one is under way, the peer is slow, or none is left."""
        if self._is_turning or self._is_lost or self._is_ending:
            return
        session = self.session
        self._is_turning = True
        try:
            answered = 0
            while not (self._is_answering or self._is_blocked or session.closing):
                if answered == REQUESTS_PER_TURN:
                    self._clock.callLater(0, self._turn)
                    break
                answered += 1
                request = session.next_request()
                if request is None:
                    break
                self._is_answering = True
                self._answer(request, self._reply)
                if not answered % ANSWERS_TOGETHER:
                    self._flush()
        finally:
            self._is_turning = False
        self._flush()
        if session.closing:
            self.transport.loseConnection()
            return
        deadline = session.deadline
        if deadline is not None and deadline < self._fires:
            self._hasten(deadline)
        self._pause_or_resume()

    def _pause_or_resume(self) -> None:
        """Reading stops while the session holds enough to go on with."""
        if self._is_lost:
            return
        is_waiting = self._is_answering or self._is_blocked
        should_pause = is_waiting and self.session.pending > PENDING_BYTES
        if should_pause != self._is_paused:
            self._is_paused = should_pause
            if should_pause:
                self.transport.pauseProducing()
            else:
                self.transport.resumeProducing()

    def _reply(self, response: Any) -> None:
        self._is_answering = False
        if self._is_lost:
            return
        if response is NO_ANSWER:
            self._is_moving = True
        else:
            self.session.send(response, self._clock.seconds())
        if self._is_moving:
            self._is_ending = True
            self._flush()
            self.transport.loseConnection()
        elif self._is_ending:
            self.end()
        elif not self._is_turning:
            self._turn()

    def _flush(self) -> None:
        outgoing = self.session.take_outgoing()
        if outgoing and not self._is_lost:
            self.transport.write(outgoing)

    def _is_over(self) -> bool:
        return self._is_lost or self.session.closing

    def _watch_deadline(self) -> None:
        """One timer for a connection. Deadlines move with traffic: a later one is noticed when
        the timer fires, and only for an earlier one is it set anew (`_hasten`)."""
        if self._is_over():
            return
        deadline, now = self.session.deadline, self._clock.seconds()
        if deadline is not None and deadline <= now and not self._is_answering:
            self.session.expire(now)
            self._turn()
            if self._is_over():
                return
            deadline = self.session.deadline
        wait = 60.0 if deadline is None else max(deadline - now, 0.05)
        self._fires = now + wait
        self._timer = self._clock.callLater(wait, self._watch_deadline)

    def _hasten(self, deadline: float) -> None:
        """The deadline has come nearer, as when a message begins: the timer must know."""
        timer = self._timer
        if timer is not None and timer.active():
            now = self._clock.seconds()
            wait = max(deadline - now, 0.05)
            self._fires = now + wait
            timer.reset(wait)

    # IPushProducer: the transport says when the peer has stopped reading

    def pauseProducing(self) -> None:  # noqa: N802
        self._is_blocked = True

    def resumeProducing(self) -> None:  # noqa: N802
        self._is_blocked = False
        if not self._is_lost:
            self._turn()

    def stopProducing(self) -> None:  # noqa: N802
        self._is_blocked = True


class ConversationFactory(Factory):
    """Makes a `Conversation` for each connection and knows those that are open."""

    noisy = False

    def __init__(
        self, converse: Callable[[IAddress | None], Conversation], meter: Meter | None = None
    ) -> None:
        self._converse = converse
        self._open: set[Conversation] = set()
        if meter is not None:
            meter.watch_connections(lambda: len(self._open))
        self._ended: Deferred[None] | None = None

    def buildProtocol(self, addr: IAddress | None) -> TwistedProtocol:  # noqa: N802
        conversation = self._converse(addr)
        conversation.factory = self
        self._open.add(conversation)
        return conversation

    def forget(self, conversation: Conversation) -> None:
        """A connection is gone."""
        self._open.discard(conversation)
        self._look_for_the_end()

    def end(self) -> Deferred[None]:
        """Ends every conversation; called back when the last connection is gone."""
        ended: Deferred[None] = Deferred()
        self._ended = ended
        for conversation in tuple(self._open):
            conversation.end()
        self._look_for_the_end()
        return ended

    def hand_over(self) -> Deferred[None]:
        """The same, each so that its peer comes again at once, to another process."""
        ended = self._ended = Deferred()
        for conversation in tuple(self._open):
            conversation.hand_over()
        self._look_for_the_end()
        return ended

    def _look_for_the_end(self) -> None:
        if self._ended is not None and not self._open and not self._ended.called:
            self._ended.callback(None)
