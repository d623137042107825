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
is no coding since RFC 7230, and a server before us may take it for one). Such a line of
a head is refused before its end has come. So is a request of HTTP/1.1 without Host, and any with
two of them or with one that names no host (RFC 9112, 3.2).

How long a request may take to arrive: `protocols.hosting.reading_limits`.

`EndingSite` is the factory of such connections, which can be ended between two requests.

Requests that come in one piece, to a resource that has `answer_briefly`, under a head that was read
before, do not go through Twisted's parser again: see `protocols.hosting.brief_requests`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final, Protocol

from twisted.internet.defer import Deferred
from twisted.protocols.basic import LineReceiver
from twisted.web.server import Site

from circulation.languages.sentences import Sentence
from protocols.hosting.brief_requests import BriefChannel, BriefRequest, Heads
from protocols.hosting.error_pages import final_answer
from protocols.hosting.networks import is_within

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
#: The target of a request as a client sends it to a proxy (RFC 9112, 3.2.2): its host and its path.
_ABSOLUTE: Final = re.compile(rb"https?://([^/?#]*)([/?].*)?", re.IGNORECASE)
#: A name, an address, or an IPv6 address in brackets (RFC 3986, 3.2.2), and perhaps a port.
_HOST: Final = re.compile(
    rb"(?:\[[0-9A-Fa-f:.]+\]|(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+)(?::[0-9]{0,5})?"
)
_NO_HOST: Final = Sentence("HOST_NEEDED")
#: What ends a line for some servers and not for others (RFC 9112, 2.2).
_BARE_LINE_END: Final = re.compile(rb"(?<!\r)\n|\r(?!\n|\Z)")
_CLOSING: Final = re.compile(rb">")
#: How much of what follows a body is searched for its end.
_LONGEST_REST: Final = 16 * 1024


class KnowsItsEnd(Protocol):
    """A resource whose bodies show by themselves whether they have ended."""

    def is_whole(self, head: bytes, tail: bytes) -> bool | None:
        """Whether a body is whole, by its first and last bytes; None where it cannot be told."""
        ...


class PatientChannel(BriefChannel):
    """A connection to an `EndingSite`; its patience is for resources with `KnowsItsEnd`."""

    site: EndingSite

    def __init__(self) -> None:
        super().__init__()
        self._has_empty_line = False  # one may stand before a request
        self._host: bytes | None = None  # of a target that names it
        self._resource: KnowsItsEnd | None = None
        #: Bytes of its Content-Length that are still to come, of a body whose length may be wrong.
        self._missing: int | None = None
        self._waiting: Any = None
        self._is_short = False  # its body seems to go on beyond its Content-Length
        self._rest = b""  # what came then, as long as it may be the next request

    def may_be_whole(self, resource: KnowsItsEnd, body: bytes) -> bool:
        if not self._is_patient:
            return True
        return resource.is_whole(body[:GLIMPSE], body[-GLIMPSE:]) is not False

    @property
    def _is_patient(self) -> bool:
        """May this client declare wrong lengths?"""
        networks = self.site.wrong_lengths_from
        return bool(networks) and is_within(networks, str(getattr(self.peer, "host", "")))

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        """Read a part of a request. Refuse a line of a head that would be waited for in vain."""
        super().dataReceived(data)
        if self.is_over or not self.line_mode:
            return
        rest = self.clearLineBuffer()  # type: ignore[no-untyped-call]
        if _BARE_LINE_END.search(rest):
            self._refuse()
        elif rest:
            LineReceiver.dataReceived(self, rest)  # type: ignore[no-untyped-call]

    def lineReceived(self, line: bytes) -> None:  # noqa: N802
        """A line of a head. One that others may read as two, or as part of one, is refused."""
        if self.is_over:
            return
        is_first = not self.requests
        if is_first and not line and not self._has_empty_line:
            self._has_empty_line = True
            self.end_reading()  # some clients send one behind a body
            return
        is_wrong = not line if is_first else line[:1] in (b" ", b"\t")
        if is_wrong or b"\n" in line or b"\r" in line or b"\x00" in line:
            self._refuse()
            return
        if is_first:
            self.is_in_head = True
            line = self._take_target(line)
            self.request_line = line.split(b" ")
        super().lineReceived(line)  # type: ignore[no-untyped-call]

    def _take_target(self, line: bytes) -> bytes:
        """Return the first line of a head with the path alone as its target; keep the host that
        the target names."""
        self._host = None
        parts = line.split(b" ")
        found = _ABSOLUTE.fullmatch(parts[1]) if len(parts) == 3 else None
        if found is None:
            return line
        self._host, path = found[1], found[2] or b"/"
        return b" ".join([parts[0], path if path[:1] == b"/" else b"/" + path, parts[2]])

    def lineLengthExceeded(self, line: bytes) -> None:  # noqa: N802
        """A line of a head that is longer than we read: of searches there are such in earnest."""
        if not self.is_over:
            is_address = not self.requests
            self._refuse(
                b"414 URI Too Long" if is_address else b"431 Request Header Fields Too Large"
            )

    def _refuse(self, status: bytes = b"400 Bad Request") -> None:
        self.transport.write(b"HTTP/1.1 " + status + b"\r\n\r\n")
        self.loseConnection()

    def allHeadersReceived(self) -> None:  # noqa: N802
        if self.is_over:
            return
        _, path, version = self.request_line
        headers = self.requests[-1].requestHeaders
        hosts = headers.getRawHeaders(b"host") or []
        is_needed = version == b"HTTP/1.1"
        named = hosts if self._host is None else [*hosts, self._host]
        if len(hosts) > 1 or (is_needed and not hosts) or not all(map(_HOST.fullmatch, named)):
            wanted = self.requests[-1].getHeader("accept-language")
            self.transport.write(final_answer(400, wanted, _NO_HOST))
            self.loseConnection()
            return
        if self._host is not None:
            headers.setRawHeaders(b"host", [self._host])
        codings = headers.getRawHeaders(b"transfer-encoding")
        is_chunked = codings is not None and [each.lower() for each in codings] == [b"chunked"]
        if codings is not None and not (is_chunked and version == b"HTTP/1.1"):
            self._refuse()
            return
        segment = path.partition(b"?")[0].split(b"/", 2)[1:2]
        found = self.site.resource.children.get(segment[0]) if segment else None
        # Asked for by its method: `isinstance` is slow with protocols.
        self._resource = found if hasattr(found, "is_whole") else None
        super().allHeadersReceived()
        self._missing = self.length if self._resource is not None and self._is_patient else None
        self.remember(self._resource)

    def checkPersistence(self, request: Any, version: bytes) -> bool:  # noqa: N802
        """HTTP/1.0 keeps the connection where it is asked to and the answer's length is known."""
        if self.site.is_ending:
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
        elif self._waiting is not None and data.strip():  # not the line end that was counted
            self._take_as_it_is()
        elif self._missing is None:
            super().rawDataReceived(data)
        else:
            self._read(data, self._missing)

    def _read(self, data: bytes, missing: int) -> None:
        """A part of a body whose length may be wrong: is this all there is, or not yet all?"""
        body, rest = data[:missing], data[missing:]
        self._missing = missing - len(body)
        self.requests[-1].handleContentChunk(body)
        is_whole = self._whole()
        if self._missing:
            if is_whole:
                self._wait()
        elif is_whole is not False:
            self._finish(rest)
        else:
            self._is_short = True
            self._rest = b""
            self._wait()
            if rest:
                self._go_on(rest)

    def _finish(self, rest: bytes) -> None:
        """The body is there; `rest` is behind it."""
        self.allContentReceived()
        if rest:
            self.dataReceived(rest)

    def allContentReceived(self) -> None:  # noqa: N802
        self._stop_waiting()
        self._is_short = False
        self._missing = None
        if self.is_over:  # Twisted goes on so after a head that tells of no body
            return
        super().allContentReceived()

    def connectionMade(self) -> None:  # noqa: N802
        super().connectionMade()  # type: ignore[no-untyped-call]
        self.site.open.add(self)

    def connectionLost(self, reason: Any) -> None:  # type: ignore[override]  # noqa: N802
        self._stop_waiting()
        super().connectionLost(reason)
        self.site.forget(self)

    def requestDone(self, request: Any) -> None:  # noqa: N802
        self._has_empty_line = False
        super().requestDone(request)

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
            self.loseConnection()

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
            self._finish(rest)
            return
        if not _BEGINNING.fullmatch(rest):
            self._rest = b""
            self._close_afterwards()
            end = self._end_in(rest)
            self.requests[-1].handleContentChunk(rest[:end])
            if end is not None or self._whole() is not False:
                self._finish(b"")
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
        self._close_afterwards()
        self.allContentReceived()


class EndingSite(Site):
    """The resources below `resource` over HTTP, on connections that can be ended."""

    protocol: Any = PatientChannel
    noisy = False

    def __init__(
        self,
        resource: Any,
        wrong_lengths_from: Sequence[str] = (),
        forwarders: Sequence[str] = (),
        **options: Any,
    ) -> None:
        super().__init__(resource, **options)  # type: ignore[no-untyped-call]
        #: The networks whose clients may declare a wrong Content-Length.
        self.wrong_lengths_from = tuple(wrong_lengths_from)
        #: Where the web servers are that say for whom they speak.
        self.forwarders = tuple(forwarders)
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
