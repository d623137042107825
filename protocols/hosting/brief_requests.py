"""HTTP requests that come in one piece, under a head that has been read before.

A client that keeps its connection sends the same head with each request, but for the length of the
body. Parsing it and writing the head of the answer takes Twisted as long as a whole small look-up,
so a site remembers the heads that it has read: the same bytes mean the same. One header is new in
each request and taken out before, Idempotency-Key. A request that does
not come in one piece, with the length it declares, goes all the way through `twisted.web`, and so
does every head the first time.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from time import time
from typing import Any, Final, Protocol
from urllib.parse import unquote_to_bytes

from twisted.web.http import datetimeToString

from protocols.hosting.arrivals import Arrival, http_arrival
from protocols.hosting.forwarding import caller, is_https
from protocols.hosting.networks import is_within
from protocols.hosting.reading_limits import TimedChannel
from protocols.hosting.requests import BODY_BYTES, PHRASES, SERVER

log = logging.getLogger(__name__)

#: A head that is longer is not remembered.
LONGEST_HEAD: Final = 2048
#: As many are remembered; then it begins anew. They differ by client, address and length.
HEADS: Final = 512
#: The header that each request has its own of, and what stands there.
VARYING: Final = b"idempotency-key"
_VARYING: Final = re.compile(rb"(?i)\r\n" + VARYING + rb":[ \t]*([^\r\n\x00]*)(?=\r\n)")
#: How much is read of what comes behind a brief request before that is answered.
AHEAD_BYTES: Final = 16 * 1024


class AnswersBriefly(Protocol):
    """A resource for POST that needs no more of a request than there is in `BriefRequest`."""

    def is_whole(self, head: bytes, tail: bytes) -> bool | None:
        """See `protocols.hosting.http_channel.KnowsItsEnd`."""
        ...

    def answer_briefly(self, request: BriefRequest) -> None:
        """Has `BriefRequest.answer` called once, at once or later, in the reactor's thread."""
        ...


@dataclass(frozen=True, slots=True)
class Head:
    """What a head comes to: of a POST in HTTP/1.1 whose connection is kept.

    `postpath` are the parts of its address behind the resource's own, `query` is what follows.
    """

    resource: AnswersBriefly
    length: int
    postpath: Sequence[bytes] = field(repr=False)  # a secret may be the last of them
    query: bytes = field(repr=False)
    headers: Any = field(repr=False)  # twisted.web.http_headers.Headers


class Heads:
    """The heads that a site has read, by their bytes."""

    def __init__(self) -> None:
        self._known: dict[bytes, Head] = {}
        self.find = self._known.get

    def remember(self, head: bytes, meaning: Head) -> None:
        if len(self._known) >= HEADS:
            self._known.clear()
        self._known[head] = meaning


@lru_cache(16)
def _beginning(status: int, media_type: bytes, now: int) -> bytes:
    """Of the answers of one second: `now` is in seconds, of the clock on the wall.

    An answer without a body has no media type.
    """
    date = datetimeToString(now)  # type: ignore[no-untyped-call]
    return b"HTTP/1.1 %d %b\r\nServer: %b\r\nDate: %b\r\n%b" % (
        *(status, PHRASES.get(status, b"")),
        *(SERVER, date, media_type and b"Content-Type: %b\r\n" % media_type),
    )


class BriefRequest:
    """A request under a known head. The channel treats it as it does a `twisted.web` Request."""

    __slots__ = ("_varying", "channel", "content", "head", "is_answered", "is_gone")

    def __init__(self, channel: Any, head: Head, content: bytes, varying: bytes | None) -> None:
        self.channel = channel
        self.content = content
        self._varying = varying
        self.is_answered = False
        self.is_gone = False
        self.head = head

    @property
    def postpath(self) -> Sequence[bytes]:
        return self.head.postpath

    @property
    def query(self) -> bytes:
        return self.head.query

    def isSecure(self) -> bool:  # noqa: N802
        """As `BoundedRequest` has it."""
        told = self.getHeader(b"x-forwarded-proto") if self.channel.is_forwarder else None
        return bool(self.channel.isSecure() if told is None else is_https(told))

    def getHeader(self, name: bytes) -> bytes | None:  # noqa: N802
        """The last header of that name, as Twisted's requests have it."""
        if name == VARYING:
            return self._varying
        found = self.head.headers.getRawHeaders(name)
        return found[-1] if found else None

    def getClientAddress(self) -> Any:  # noqa: N802
        """As `BoundedRequest` has it."""
        channel = self.channel
        if not channel.is_forwarder:
            return channel.peer
        return caller(channel.peer, self.getHeader(b"x-forwarded-for"), channel.site.forwarders)

    def arrival(self) -> Arrival:
        """How it has come: that is in its head and of its connection, and who keeps the connection
        sends the same head again."""
        channel, head = self.channel, self.head
        if channel.arrived is None or channel.arrived[0] is not head:
            channel.arrived = head, http_arrival(self)
        found: Arrival = channel.arrived[1]
        return found

    def connectionLost(self, reason: Any) -> None:  # noqa: N802
        """Nobody waits for the answer any more."""
        self.is_gone = True

    def answer(self, media_type: bytes, body: bytes, more: bytes = b"", status: int = 200) -> None:
        """Sends the answer, once. `more` are headers as they are written, with their line ends."""
        if self.is_gone or self.is_answered:
            return
        self.is_answered = True
        channel = self.channel
        closing = b"" if channel.persistent else b"Connection: close\r\n"
        channel.transport.write(
            b"%bContent-Length: %d\r\n%b%b\r\n%b"
            % (_beginning(status, body and media_type, int(time())), len(body), more, closing, body)
        )
        channel.requestDone(self)


class BriefChannel(TimedChannel):
    """An HTTP connection that knows the heads of its site; nothing comes of it after its end."""

    site: Any  # protocols.hosting.http_channel.EndingSite

    def __init__(self) -> None:
        super().__init__()
        self.has_answered = False
        #: Method, target and version of the request whose head is read.
        self.request_line: list[bytes] = []
        self._peer: Any = None
        self._is_forwarder: bool | None = None
        #: The head that was read last, and how requests under it arrive.
        self.arrived: tuple[Head, Arrival] | None = None
        self._new_head = b""  # where all of it is there and unknown
        self._brief: BriefRequest | None = None  # under way
        self._ahead = b""  # what has come behind it

    @property
    def peer(self) -> Any:
        """The address at the other end, which is the same for as long as it is there."""
        if self._peer is None:
            self._peer = self.getPeer()  # type: ignore[no-untyped-call]
        return self._peer

    @property
    def is_forwarder(self) -> bool:
        """Is it a web server before this one at the other end?"""
        if self._is_forwarder is None:
            host = str(getattr(self.peer, "host", "") or "")
            self._is_forwarder = is_within(self.site.forwarders, host)
        return self._is_forwarder

    def may_be_whole(self, resource: AnswersBriefly, body: bytes) -> bool:
        """Is a body as long as it declares?"""
        return True

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        if self.is_over:
            return
        if not self.requests and self.line_mode and data[:5] == b"POST ":
            end = data.find(b"\r\n\r\n", 0, LONGEST_HEAD) + 4
            begun = self.clearLineBuffer()  # type: ignore[no-untyped-call]
            if begun:  # it is no beginning of a request
                data = begun + data
            elif end > 4 and self._is_taken(data[:end], data, end):
                return
        super().dataReceived(data)
        self._new_head = b""

    def _is_taken(self, head: bytes, data: bytes, end: int) -> bool:
        """Carries out the request that `data` is, if the head at its beginning is known."""
        varying = None
        if len(parts := _VARYING.split(head)) == 3:
            before, varying, after = parts
            head = before + after
        known = self.site.heads.find(head)
        if known is None:
            self._new_head = head
            return False
        if len(data) != end + known.length or self.site.is_ending or not self.persistent:
            return False
        body = data[end:]
        if not self.may_be_whole(known.resource, body):
            return False
        self.end_reading()  # an empty line may have come before
        request = self._brief = BriefRequest(self, known, body, varying)
        self.requests.append(request)
        self.setRawMode()  # type: ignore[no-untyped-call]
        try:
            known.resource.answer_briefly(request)
        except Exception:  # a fault of ours
            log.exception("a request could not be answered")
            if not request.is_answered:
                self.persistent = False
                request.answer(b"text/plain", b"", status=500)
        return True

    def remember(self, resource: Any) -> None:
        """Knows the head of this request the next time, if it is a plain one in one piece."""
        head, self._new_head = self._new_head, b""
        request = self.requests[-1]
        method, path, protocol = self.request_line
        if (
            head
            and hasattr(resource, "answer_briefly")
            and (method, protocol) == (b"POST", b"HTTP/1.1")
            and self.persistent
            and self.length is not None
            and 0 < self.length <= BODY_BYTES
            and not request.requestHeaders.hasHeader(b"expect")
            and not request.responseHeaders.hasHeader(b"connection")
        ):
            before, _, query = path.partition(b"?")
            postpath = tuple(map(unquote_to_bytes, before.split(b"/")[2:]))
            known = Head(resource, self.length, postpath, query, request.requestHeaders)
            self.site.heads.remember(head, known)

    def rawDataReceived(self, data: bytes) -> None:  # noqa: N802
        if self._brief is None:
            super().rawDataReceived(data)
            return
        self._ahead += data
        if len(self._ahead) > AHEAD_BYTES:  # until it is answered
            self.transport.pauseProducing()

    def requestDone(self, request: Any) -> None:  # noqa: N802
        self.has_answered = True
        is_alone = self._brief is request and self.persistent and not self._ahead
        self._brief = None
        if is_alone:  # nothing was paused, and nothing waits
            self.requests.clear()
            self.line_mode = 1
        else:
            super().requestDone(request)  # type: ignore[no-untyped-call]
        self.resetTimeout()  # type: ignore[no-untyped-call]
        if self._ahead:
            ahead, self._ahead = self._ahead, b""
            self.dataReceived(ahead)

    def timeoutConnection(self) -> None:  # noqa: N802
        """Nothing has come for so long. Who waits for us is not idle: the timer begins anew, which
        is less work than to end it with each request and begin another with each answer."""
        if self._brief is None:
            super().timeoutConnection()  # type: ignore[no-untyped-call]
        else:
            self.setTimeout(self.timeOut)  # type: ignore[no-untyped-call]

    def connectionLost(self, reason: Any) -> None:  # type: ignore[override]  # noqa: N802
        self.arrived = None  # which refers to this connection
        super().connectionLost(reason)
