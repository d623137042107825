"""A line to a library system: one message at a time, connected when it is needed.

A system may close the line after each message, answer twice, late, or never. What does not belong
to the message under way is thrown away and counted; a message that was sent and not answered has an
unknown outcome, and its line is closed, so that a late answer cannot be taken for another's.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from twisted.internet.interfaces import IHandshakeListener, ITCPTransport
from twisted.internet.protocol import ClientFactory, Protocol
from zope.interface import implementer

from circulation.languages.sentences import Sentence
from protocols.hosting.reactor import reactor
from protocols.proxy.kinds import NOT_UNDERSTOOD, RESEND, answer_bytes, field
from protocols.proxy.settings import SystemSettings
from protocols.sip2.codec import Frame, open_frame, seal
from protocols.sip2.wire.framing import FrameReader
from protocols.sip2.wire.text import Dialect

log = logging.getLogger(__name__)

#: The longest answer: what is longer is no SIP2.
MAX_ANSWER: Final = 1_000_000
#: How often a message is sent again that was not understood, or whose answer was not.
TRIES: Final = 3
_PLAIN: Final = Dialect()

#: Why there is no answer: the line was closed, and a new one may do.
CLOSED: Final = Sentence("SYSTEM_CLOSED")
#: What was counted of all lines to a system: see `Line.counts`.
STRAY: Final = "answers that belonged to nothing"
SILENT: Final = "messages without an answer"
CONNECTED: Final = "connections"


class Said(NamedTuple):
    """What came of a message: the answer as it came, without its end; or None, and why.

    `was_sent`: the system may have got it, so nobody knows what it did.
    """

    raw: bytes | None
    why: str = ""
    was_sent: bool = False


class _Wanted(NamedTuple):
    raw: bytes
    frame: Frame
    end: bytes
    done: Callable[[Said], object]


class Line:
    """A line to the system of `settings`. `login` gives the 93 to begin a new connection with, as
    it is to be sent without its end; None where there is none.
    """

    def __init__(
        self,
        settings: SystemSettings,
        context: Any,
        login: Callable[[], bytes | None],
        counts: Counter[str],
        clock: Any = reactor,
        heard: Callable[[bytes, bytes, float], object] = lambda request, answer, delay: None,
    ) -> None:
        """`context`: the TLS options of Twisted, or None. `clock`: the reactor. `heard` is given
        each message, its answer, and the seconds between them."""
        self._settings = settings
        self._context = context
        self._login = login
        self._counts = counts
        self._clock = clock
        self._heard = heard
        self._sent_at = 0.0
        self._wanted: _Wanted | None = None
        self._wire: _Wire | None = None
        self._is_logging_in = False
        self._tries = 0
        self._timer: Any = None
        self._last = (b"", b"")
        #: The message under way as it went out; number and body of the one sent last.
        self._sent = (b"", Frame(b"", None, None, True))
        self._before: tuple[bytes | None, bytes] = (None, b"")
        self.is_closed = False

    @property
    def is_busy(self) -> bool:
        return self._wanted is not None

    def ask(self, raw: bytes, done: Callable[[Said], object], end: bytes = b"\r") -> None:
        """Sends a message, as it is to be on the wire without its `end`; `done` is called once."""
        assert self._wanted is None, "one message at a time"
        self._wanted = _Wanted(raw, open_frame(raw), end, done)
        self._tries = 0
        if self._wire is not None:
            self._send_wanted()
            return
        factory: Any = _WireFactory(self, self._context is not None)
        settings = self._settings
        if self._context is not None:
            from twisted.protocols.tls import TLSMemoryBIOFactory

            factory = TLSMemoryBIOFactory(self._context, True, factory)
        self._watch(settings.connect_timeout + settings.answer_timeout)
        self._clock.connectTCP(settings.host, settings.port, factory, settings.connect_timeout)

    def close(self) -> None:
        """No message will follow. One that is under way is waited for."""
        self.is_closed = True
        if self._wanted is None and self._wire is not None:
            self._wire.transport.loseConnection()

    # What the wire tells

    def connected(self, wire: _Wire) -> None:
        self._wire = wire
        self._counts[CONNECTED] += 1
        wanted = self._wanted
        if wanted is None:  # it took too long, and was given up
            wire.transport.abortConnection()
            self._wire = None
            return
        login = None if wanted.frame.body[:2] == b"93" else self._login()
        self._is_logging_in = login is not None
        self._before = (None, b"")
        if login is None:
            self._send_wanted()
        else:
            self._before = open_frame(login).sequence, b""
            self._send(login, wanted.end)

    def not_connected(self, why: str) -> None:
        if self._wanted is not None and self._wire is None:
            self._finish(Said(None, Sentence("SYSTEM_UNREACHED", why=why)))

    def lost(self, wire: _Wire) -> None:
        if self._wire is not wire:
            return
        self._wire = None
        if self._wanted is not None:
            was_sent = not self._is_logging_in
            self._finish(Said(None, CLOSED, was_sent))

    def received(self, raw: bytes) -> None:
        frame = open_frame(raw)
        wanted = self._wanted
        if wanted is None or self._wire is None:
            self._counts[STRAY] += 1
            return
        if self._is_logging_in:
            self._logged_in(frame)
        elif not frame.is_sound:
            self._again(seal(RESEND, None, True, _PLAIN)[:-1])
        elif frame.body[:2] == NOT_UNDERSTOOD:
            self._again(self._sent[0])
        elif self._belongs(self._sent[1], frame):
            self._last = (wanted.frame.body, frame.body)
            self._heard(wanted.frame.body, frame.body, self._clock.seconds() - self._sent_at)
            self._finish(Said(self._under_its_number(raw, frame)))
            if self.is_closed and self._wire is not None:
                self._wire.transport.loseConnection()
        else:
            self._counts[STRAY] += 1

    def _logged_in(self, frame: Frame) -> None:
        wanted = self._wanted
        if wanted is None or frame.body[:2] != b"94":
            self._counts[STRAY] += 1
        elif frame.body[2:3] == b"1":
            self._is_logging_in = False
            self._send_wanted()
        else:
            self._drop()
            self._finish(Said(None, Sentence("SYSTEM_REFUSED_LOGIN")))

    def _belongs(self, asked: Frame, answer: Frame) -> bool:
        """Is it the answer to the message under way, and not the last one's once more?"""
        if asked.sequence is not None and answer.sequence is not None:
            return asked.sequence == answer.sequence
        wanted = answer_bytes(asked.body[:2])
        if wanted is None or answer.body[:2] == b"98":
            return True
        if answer.body[:2] != wanted:
            return False
        if (
            answer.body[:2] in (b"30", b"12", b"10", b"18", b"24", b"64", b"36", b"38")
            and answer.body == self._last[1]
            and asked.body != self._last[0]
        ):
            for code in (b"AB", b"AA"):
                of_answer = field(answer.body, code)
                if of_answer and of_answer != field(asked.body, code):
                    return False
        return True

    # Sending

    def _send_wanted(self) -> None:
        """Under the terminal's number, unless the line's last message had that: two in a row with
        one number are one and the same to a system (SIP2 2.12, p. 16), and what the terminal sent
        between them may have gone to the other one.
        """
        wanted = self._wanted
        assert wanted is not None
        raw, frame = wanted.raw, wanted.frame
        number, body = self._before
        if number is not None and frame.sequence == number and frame.body != body:
            frame = frame._replace(sequence=b"%d" % ((int(number) + 5) % 10))
            raw = seal(frame.body, frame.sequence, True, _PLAIN)[:-1]
        self._sent = raw, frame
        self._before = frame.sequence, frame.body
        self._send(raw, wanted.end)

    def _under_its_number(self, raw: bytes, answer: Frame) -> bytes:
        """The answer as the terminal waits for it."""
        assert self._wanted is not None
        number = self._wanted.frame.sequence
        if number is None or answer.sequence in (None, number):
            return raw
        return seal(answer.body, number, True, _PLAIN)[:-1]

    def _send(self, raw: bytes, end: bytes) -> None:
        assert self._wire is not None
        self._sent_at = self._clock.seconds()
        self._wire.transport.write(raw + end)
        self._watch(self._settings.answer_timeout)

    def _watch(self, seconds: float) -> None:
        """One timer for the line, which is moved with every message."""
        if self._timer is None or not self._timer.active():
            self._timer = self._clock.callLater(seconds, self._silent)
        else:
            self._timer.reset(seconds)

    def _again(self, raw: bytes) -> None:
        self._tries += 1
        if self._tries > TRIES:
            self._drop()
            self._finish(Said(None, Sentence("SYSTEM_DID_NOT_UNDERSTAND"), True))
        elif self._wanted is not None:
            self._send(raw, self._wanted.end)

    def _silent(self) -> None:
        self._timer = None
        if self._wanted is None:
            return
        was_sent = self._wire is not None and not self._is_logging_in
        self._drop()
        seconds = self._settings.answer_timeout
        self._finish(Said(None, Sentence("SYSTEM_SILENT", seconds=f"{seconds:g}"), was_sent))

    def _drop(self) -> None:
        wire, self._wire = self._wire, None
        if wire is not None:
            wire.transport.abortConnection()

    def _finish(self, said: Said) -> None:
        wanted, self._wanted = self._wanted, None
        self._is_logging_in = False
        if said.raw is None:
            self._counts[SILENT] += 1
        if wanted is not None:
            wanted.done(said)
        if self._wanted is None and self._wire is None and self._timer is not None:
            if self._timer.active():
                self._timer.cancel()
            self._timer = None


@implementer(IHandshakeListener)
class _Wire(Protocol):
    """A connection to the system, which counts once it is encrypted, where it is to be."""

    def __init__(self, line: Line, has_tls: bool) -> None:
        self._line = line
        self._has_tls = has_tls
        self._is_up = False
        self._reader = FrameReader(MAX_ANSWER, lambda name, count: None)

    def connectionMade(self) -> None:  # noqa: N802
        self.transport: Any
        if ITCPTransport.providedBy(self.transport):
            self.transport.setTcpNoDelay(True)
        if not self._has_tls:
            self._begin()

    def handshakeCompleted(self) -> None:  # noqa: N802
        self._begin()

    def _begin(self) -> None:
        self._is_up = True
        self._line.connected(self)

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        self._reader.feed(data)
        while (raw := self._reader.take()) is not None:
            self._line.received(raw)

    def connectionLost(self, reason: Any = None) -> None:  # noqa: N802
        if self._is_up:
            self._line.lost(self)
        else:
            self._line.not_connected(Sentence("SYSTEM_WITHOUT_TLS", why=reason.getErrorMessage()))


class _WireFactory(ClientFactory):
    noisy = False

    def __init__(self, line: Line, has_tls: bool) -> None:
        self._line = line
        self._has_tls = has_tls

    def buildProtocol(self, addr: Any) -> Protocol:  # noqa: N802
        return _Wire(self._line, self._has_tls)

    def clientConnectionFailed(self, connector: Any, reason: Any) -> None:  # noqa: N802
        self._line.not_connected(reason.getErrorMessage())
