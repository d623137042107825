"""HTTP requests that come in one piece, under a head that has been read before.

A client that keeps its connection sends the same head with each request, but for the length of the
body. Taking it apart and writing the head of the answer takes Twisted as long as a small look-up
takes altogether, so that a site remembers what it has read: the same bytes mean the same. Whatever
is not quite so, in one piece and with the length it declares, goes the whole way through
`twisted.web`, and so does every head when it is met for the first time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from twisted.web.http import datetimeToString
from twisted.web.server import version

#: A head that is longer is not remembered.
LONGEST_HEAD: Final = 2048
#: As many are remembered; then it begins anew. They differ by client, address and length.
HEADS: Final = 512


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

    `postpath` are the parts of its address behind the resource's own.
    """

    resource: AnswersBriefly
    length: int
    postpath: Sequence[bytes] = field(repr=False)  # a secret may be the last of them
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


class BriefRequest:
    """A request under a known head. The channel treats it as it does a `twisted.web` Request."""

    __slots__ = ("_head", "channel", "content", "is_answered", "is_gone")

    def __init__(self, channel: Any, head: Head, content: bytes) -> None:
        self.channel = channel
        self.content = content
        self.is_answered = False
        self.is_gone = False
        self._head = head

    @property
    def postpath(self) -> Sequence[bytes]:
        return self._head.postpath

    def getHeader(self, name: bytes) -> bytes | None:  # noqa: N802
        """The last header of that name, as Twisted's requests have it."""
        found = self._head.headers.getRawHeaders(name)
        return found[-1] if found else None

    def getClientAddress(self) -> Any:  # noqa: N802
        return self.channel.peer

    def connectionLost(self, reason: Any) -> None:  # noqa: N802
        """Nobody waits for the answer any more."""
        self.is_gone = True

    def answer(
        self, media_type: bytes, body: bytes, more: bytes = b"", status: str = "200 OK"
    ) -> None:
        """Sends the answer, once. `more` are headers as they are written, with their line ends."""
        if self.is_gone or self.is_answered:
            return
        self.is_answered = True
        channel = self.channel
        closing = b"" if channel.persistent else b"Connection: close\r\n"
        channel.transport.write(
            b"HTTP/1.1 %b\r\nServer: %b\r\nDate: %b\r\nContent-Type: %b\r\n"
            b"Content-Length: %d\r\n%b%b\r\n%b"
            % (
                status.encode(),
                version,
                datetimeToString(),  # type: ignore[no-untyped-call]
                media_type,
                len(body),
                more,
                closing,
                body,
            )
        )
        channel.requestDone(self)
