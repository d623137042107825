"""HTTP connections: where a request ends, whatever its client counts, and whose it is.

A body is as long as its Content-Length says. Only clients in the networks of `wrong_lengths_from`
may declare it wrongly: one that counts characters declares less than it sends as soon as there is a
letter beyond ASCII, and one that counts a line end it does not send declares more. Where the
resource knows the end of its bodies by itself (`is_whole`), a body of theirs is read to that end,
for `PATIENCE_SECONDS` after the last byte; then it is taken as it is. The connection ends with the
answer to a request that was put right so: what follows could be its rest. What looks like the next
request is never taken for a rest.

What leaves in doubt where a request ends, for us or for a server before us, is refused with status
400 and the end of the connection: two lengths, a length and chunks, lines that are folded or hold a
bare line end, chunks in HTTP/1.0, a Transfer-Encoding that says anything but `chunked` (`identity`
is no coding since RFC 7230, and a server before us may take it for one).

`EndingSite` is the factory of such connections, which can be ended between two requests.

Requests that come in one piece, to a resource that has `answer_briefly`, under a head that was read
before, do not go through Twisted's parser again: see `protocols.hosting.brief_requests`.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from typing import Any, Final, Protocol
from urllib.parse import unquote_to_bytes

from twisted.internet.defer import Deferred
from twisted.web.http import HTTPChannel
from twisted.web.server import Site

from protocols.hosting.brief_requests import LONGEST_HEAD, BriefRequest, Head, Heads
from protocols.hosting.networks import is_within
from protocols.hosting.requests import BODY_BYTES

log = logging.getLogger(__name__)

#: Seconds without a byte after which a body that is too short or too long by its own header ends.
PATIENCE_SECONDS: Final = 1.0
#: How much of the beginning and of the end of a body `is_whole` is shown.
GLIMPSE: Final = 512

_TOKEN: Final = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}"
_REQUEST_LINE: Final = re.compile(rb"(?:\r\n)?" + _TOKEN + rb" [/*h][^\s<>]* HTTP/1\.[01]\r\n")
#: The beginning of such a line, wherever it is cut off.
_BEGINNING: Final = re.compile(
    rb"(?:\r\n?)?(?:" + _TOKEN + rb"(?: (?:[/*h][^\s<>]{0,2048}(?: [HTP/1.0]{0,8}\r?)?)?)?)?"
)
_CLOSING: Final = re.compile(rb">")
#: How much of what follows a body is searched for its end.
_LONGEST_REST: Final = 16 * 1024


class KnowsItsEnd(Protocol):
    """A resource whose bodies show by themselves whether they have ended."""

    def is_whole(self, head: bytes, tail: bytes) -> bool | None:
        """Whether a body is whole, by its first and last bytes; None where it cannot be told."""
        ...


class PatientChannel(HTTPChannel):
    """An HTTP connection; what it does beyond Twisted's is for resources with `KnowsItsEnd`, and
    for an `EndingSite`."""

    site: Any

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._resource: KnowsItsEnd | None = None
        self._waiting: Any = None
        self._is_short = False  # its body seems to go on beyond its Content-Length
        self._rest = b""  # what came then, as long as it may be the next request
        self._is_refused = False
        self._new_head = b""  # of the request that begins, where all of it is there and unknown
        self._peer: Any = None
        self.has_answered = False

    @property
    def peer(self) -> Any:
        """The address at the other end, which is the same for as long as it is there."""
        if self._peer is None:
            self._peer = self.getPeer()  # type: ignore[no-untyped-call]
        return self._peer

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        if self._is_refused:
            return
        # Between two requests, with nothing left of the last: else it is not their beginning.
        if not (self.requests or self._buffer) and self.line_mode and data[:5] == b"POST ":
            end = data.find(b"\r\n\r\n", 0, LONGEST_HEAD) + 4
            if end > 4 and self._is_taken(data[:end], data, end):
                return
        super().dataReceived(data)  # type: ignore[no-untyped-call]
        self._new_head = b""

    def _is_taken(self, head: bytes, data: bytes, end: int) -> bool:
        """Carries out the request that `data` is, if the head at its beginning is known."""
        channel: Any = self
        site = self.site
        known = site.heads.find(head) if isinstance(site, EndingSite) else None
        if known is None:
            self._new_head = head
            return False
        if (
            len(data) != end + known.length
            or site.is_ending
            or not self.persistent
            or channel.transport.disconnecting
        ):
            return False
        body = data[end:]
        resource = known.resource
        if self._is_patient and resource.is_whole(body[:GLIMPSE], body[-GLIMPSE:]) is False:
            return False
        channel._HTTPChannel__first_line = 1  # an empty line may precede the next request again
        channel.resetTimeout()
        request = BriefRequest(self, known, body)
        self.requests.append(request)
        self._handlingRequest = True
        channel.setRawMode()  # what comes now is kept for later
        try:
            resource.answer_briefly(request)
        except Exception:  # a fault of ours
            log.exception("a request could not be answered")
            if not request.is_answered:
                self.persistent = False
                request.answer(b"text/plain", b"", status="500 Internal Server Error")
        if not request.is_answered:
            self._savedTimeOut = channel.setTimeout(None)  # who waits for us is not idle
        return True

    def _remember(self, head: bytes) -> None:
        """The head of this request, for the next time, if it is a plain one."""
        channel: Any = self
        resource: Any = self._resource
        request = self.requests[-1]
        if (
            isinstance(self.site, EndingSite)
            and hasattr(resource, "answer_briefly")
            and channel._command == b"POST"
            and channel._version == b"HTTP/1.1"
            and self.persistent
            and self.length is not None
            and 0 < self.length <= BODY_BYTES
            and not request.requestHeaders.hasHeader(b"expect")
            and not request.responseHeaders.hasHeader(b"connection")
        ):
            path = channel._path.partition(b"?")[0]
            postpath = tuple(map(unquote_to_bytes, path.split(b"/")[2:]))
            known = Head(resource, self.length, postpath, request.requestHeaders)
            self.site.heads.remember(head, known)

    @property
    def _is_patient(self) -> bool:
        """May this client declare wrong lengths?"""
        site = self.site
        if not isinstance(site, EndingSite) or not site.wrong_lengths_from:
            return False
        return is_within(site.wrong_lengths_from, str(getattr(self.peer, "host", "")))

    def lineReceived(self, line: bytes) -> None:  # noqa: N802
        """A line of a head. What others may take for two lines, or for a part of one, is none."""
        channel: Any = self
        is_folded = not channel._HTTPChannel__first_line and line[:1] in (b" ", b"\t")
        if is_folded or b"\n" in line or b"\r" in line or b"\x00" in line:
            self._refuse()
            return
        super().lineReceived(line)  # type: ignore[no-untyped-call]

    def _respondToBadRequestAndDisconnect(self) -> None:  # noqa: N802
        """Twisted's own refusals: nothing that comes behind one is looked at."""
        if not self._is_refused:
            self._is_refused = True
            super()._respondToBadRequestAndDisconnect()  # type: ignore[no-untyped-call]

    def _refuse(self) -> None:
        self._respondToBadRequestAndDisconnect()

    def allHeadersReceived(self) -> None:  # noqa: N802
        channel: Any = self
        if self._is_refused:
            return
        headers = self.requests[-1].requestHeaders
        codings = headers.getRawHeaders(b"transfer-encoding")
        is_chunked = codings is not None and [each.lower() for each in codings] == [b"chunked"]
        if codings is not None and not (is_chunked and channel._version == b"HTTP/1.1"):
            self._refuse()
            return
        segment = getattr(channel, "_path", b"").partition(b"?")[0].split(b"/", 2)[1:2]
        found = channel.site.resource.children.get(segment[0]) if segment else None
        # Asked by its method, as `isinstance` takes its time with protocols.
        self._resource = found if hasattr(found, "is_whole") else None
        super().allHeadersReceived()  # type: ignore[no-untyped-call]
        if self._new_head:
            self._remember(self._new_head)
            self._new_head = b""

    def checkPersistence(self, request: Any, version: bytes) -> bool:  # noqa: N802
        """HTTP/1.0 keeps the connection where it is asked to and the answer's length is known."""
        if isinstance(self.site, EndingSite) and self.site.is_ending:
            request.responseHeaders.setRawHeaders(b"connection", [b"close"])
            return False
        if super().checkPersistence(request, version):  # type: ignore[no-untyped-call]
            return True
        asked = request.requestHeaders.getRawHeaders(b"connection") or [b""]
        if version != b"HTTP/1.0" or self._resource is None or asked[0].lower() != b"keep-alive":
            return False
        request.responseHeaders.setRawHeaders(b"connection", [b"keep-alive"])
        return True

    def rawDataReceived(self, data: bytes) -> None:  # noqa: N802
        if self._is_short:
            self._go_on(data)
            return
        if self._waiting is not None and data.strip():  # not the line end that was counted
            self._take_as_it_is()
            return
        super().rawDataReceived(data)
        # Still not all that was declared: but is that all there is?
        is_open = self._transferDecoder is not None and self.length is not None
        if is_open and self._resource is not None and self._is_patient and self._whole():
            self._wait()

    def _finishRequestBody(self, data: bytes) -> None:  # noqa: N802
        """All that was declared is there; `data` is behind it."""
        is_certain = self._resource is None or self.length is None or not self._is_patient
        if is_certain or self._whole() is not False:
            super()._finishRequestBody(data)  # type: ignore[no-untyped-call]
            return
        self._is_short = True
        self._rest = b""
        self._wait()
        if data:
            self._go_on(data)

    def allContentReceived(self) -> None:  # noqa: N802
        self._stop_waiting()
        self._is_short = False
        if self._is_refused:  # Twisted goes on so after a head that tells of no body
            return
        super().allContentReceived()  # type: ignore[no-untyped-call]

    def connectionMade(self) -> None:  # noqa: N802
        super().connectionMade()  # type: ignore[no-untyped-call]
        if isinstance(self.site, EndingSite):
            self.site.open.add(self)

    def connectionLost(self, reason: Any) -> None:  # type: ignore[override]  # noqa: N802
        self._stop_waiting()
        super().connectionLost(reason)  # type: ignore[no-untyped-call]
        if isinstance(self.site, EndingSite):
            self.site.forget(self)

    def requestDone(self, request: Any) -> None:  # noqa: N802
        self.has_answered = True
        super().requestDone(request)  # type: ignore[no-untyped-call]

    def end(self) -> None:
        """Ends the connection: at once between two requests, else with the next answer.

        Who has only just connected is about to ask, and is answered.
        """
        if self.requests:
            self.persistent = False
            last = self.requests[-1]
            if not isinstance(last, BriefRequest) and not last.startedWriting:
                last.responseHeaders.setRawHeaders(b"connection", [b"close"])
        elif self.has_answered:
            self.loseConnection()  # type: ignore[no-untyped-call]

    def _whole(self) -> bool | None:
        content = self.requests[-1].content
        assert self._resource is not None
        end = content.tell()
        content.seek(0)
        head = content.read(GLIMPSE)
        content.seek(max(0, end - GLIMPSE))
        tail = content.read()
        return self._resource.is_whole(head, tail)

    def _go_on(self, data: bytes) -> None:
        """What has come behind a body that has no end: its rest, or the next request?"""
        rest = self._rest = self._rest + data
        if _REQUEST_LINE.match(rest):  # the length was right, and the body was cut off
            self._is_short = False
            self._rest = b""
            super()._finishRequestBody(rest)  # type: ignore[no-untyped-call]
            return
        if not _BEGINNING.fullmatch(rest):
            self._rest = b""
            self._close_afterwards()
            end = self._end_in(rest)
            self.requests[-1].handleContentChunk(rest[:end])
            if end is not None or self._whole() is not False:
                super()._finishRequestBody(b"")  # type: ignore[no-untyped-call]
                return
        self._wait()

    def _end_in(self, rest: bytes) -> int | None:
        """Where the body ends in what has come behind it; None where it does not."""
        assert self._resource is not None
        content = self.requests[-1].content
        begun = content.tell()
        content.seek(0)
        head = content.read(GLIMPSE) or rest[:GLIMPSE]
        content.seek(max(0, begun - GLIMPSE))
        before = content.read()
        for found in _CLOSING.finditer(rest[:_LONGEST_REST]):
            if self._resource.is_whole(head, (before + rest[: found.end()])[-GLIMPSE:]):
                return found.end()
        return None

    def _close_afterwards(self) -> None:
        """This request is the last one of the connection."""
        self.persistent = False
        self.requests[-1].responseHeaders.setRawHeaders(b"connection", [b"close"])

    def _wait(self) -> None:
        self._stop_waiting()
        self._waiting = self.callLater(PATIENCE_SECONDS, self._take_as_it_is)  # type: ignore[no-untyped-call]

    def _stop_waiting(self) -> None:
        if self._waiting is not None and self._waiting.active():
            self._waiting.cancel()
        self._waiting = None

    def _take_as_it_is(self) -> None:
        """What may come later cannot be told from a request: this is the last of the connection."""
        self._waiting = None
        self._close_afterwards()
        self.allContentReceived()


class EndingSite(Site):
    """The resources below `resource` over HTTP, on connections that can be ended."""

    protocol: Any = PatientChannel
    noisy = False

    def __init__(
        self, resource: Any, wrong_lengths_from: Sequence[str] = (), **options: Any
    ) -> None:
        super().__init__(resource, **options)  # type: ignore[no-untyped-call]
        #: The networks whose clients may declare a wrong Content-Length.
        self.wrong_lengths_from = tuple(wrong_lengths_from)
        #: What the heads of requests have come to.
        self.heads = Heads()
        #: The connections that there are.
        self.open: set[PatientChannel] = set()
        self._ended: Deferred[None] | None = None

    @property
    def is_ending(self) -> bool:
        return self._ended is not None

    def log(self, request: Any) -> None:
        """Nothing: the access log would hold what callers put in addresses, tokens among them."""

    def forget(self, channel: PatientChannel) -> None:
        """A connection is gone."""
        self.open.discard(channel)
        self._look_for_the_end()

    def end(self) -> Deferred[None]:
        """Ends every connection; called back when the last one is gone."""
        ended: Deferred[None] = Deferred()
        self._ended = ended
        for channel in tuple(self.open):
            channel.end()
        self._look_for_the_end()
        return ended

    def hand_over(self) -> Deferred[None]:
        """The same: a client of HTTP connects again by itself."""
        return self.end()

    def _look_for_the_end(self) -> None:
        if self._ended is not None and not self.open and not self._ended.called:
            self._ended.callback(None)
