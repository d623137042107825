"""One side of a correspondence, for trying others: it listens, confirms what comes, and sends.

It is a library of no stock and no patrons, in the memory of one process. A message that comes again
gets the same confirmation.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, NamedTuple

from protocols.hosting.outgoing import connect_anywhere
from protocols.iso18626.client import MEDIA_TYPE, Answer, headers_for, post
from protocols.iso18626.codec import (
    KINDS,
    confirmation_of,
    decode,
    decode_confirmation,
    encode,
    encode_confirmation,
)
from protocols.iso18626.codes import Version
from protocols.iso18626.messages import (
    AgencyId,
    Confirmation,
    Error,
    Header,
    MalformedMessage,
    Message,
    Request,
    RequestingAgencyMessage,
    SupplyingAgencyMessage,
)
from protocols.iso18626.rehearsal.validity import faults
from protocols.iso18626.settings import Partner
from protocols.wire.xml_documents import DOCUMENT_BYTES

_KINDS: Final = dict(
    zip((Request, SupplyingAgencyMessage, RequestingAgencyMessage), KINDS, strict=True)
)
#: Seconds that a sender may take to write what it has announced.
_PATIENCE: Final = 30.0


class Heard(NamedTuple):
    """A message that has come; `faults` is what is wrong with it in the version agreed."""

    message: Message
    document: bytes
    faults: list[str]


class Correspondent:
    """Whom we play: an agency that listens at a port, and whom it writes to.

    `other` is the other side, with its address, secret and version; `at` is the host and the port
    to listen at. `hear` is called for each message that was taken, the first time that it comes, in
    a thread of its own; `judge` says first what is wrong with one. Used as a context.
    """

    def __init__(
        self,
        agency: str,
        other: Partner,
        at: tuple[str, int],
        hear: Callable[[Heard], object],
        judge: Callable[[Message], Error | None] = lambda message: None,
    ) -> None:
        self.agency, self.other = AgencyId(agency), other
        self._hear, self._judge = hear, judge
        self._confirmed: dict[str, bytes] = {}
        self._lock = threading.Lock()
        self._server = _listener(self, at)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True)

    @property
    def address(self) -> str:
        """Where it listens."""
        host, port = self._server.server_address[:2]
        return f"http://{host if isinstance(host, str) else host.decode()}:{port}/iso18626"

    def __enter__(self) -> Correspondent:
        self._thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def header(self, request_id: str, *, is_supplier: bool, ours: str = "") -> Header:
        """The header of what we write now; `ours` is the id of the supplier, if we are it."""
        theirs = AgencyId(self.other.agency, self.other.agency_type)
        now = datetime.now(UTC)
        if is_supplier:
            return Header(self.agency, theirs, now, request_id, ours)
        is_in_message = self.other.address_secret_in == "message"  # noqa: S105
        return Header(
            theirs,
            self.agency,
            now,
            request_id,
            "",
            self.other.address_user if is_in_message else "",
            self.other.address_secret if is_in_message else "",
        )

    def send(self, message: Message) -> Confirmation | None:
        """What the other side answers; None where that is no confirmation. Raises Unreachable."""
        return decode_confirmation(self.post(encode(message, self.other.spoken)).body)

    def post(self, document: bytes) -> Answer:
        """Sends a document as it is. Raises Unreachable."""
        return post(self.other.address, document, headers_for(self.other), connect=connect_anywhere)

    def take(self, document: bytes) -> bytes:
        """The confirmation of a document that has come."""
        now = datetime.now(UTC)
        try:
            message = decode(document).message
        except MalformedMessage as wrong:
            said = confirmation_of(
                wrong.kind, wrong.header, timestamp=now, timestamp_received=now, error=wrong.error
            )
            return encode_confirmation(said, wrong.version)
        key = repr(message)
        with self._lock:
            if key in self._confirmed:
                return self._confirmed[key]
            error = self._judge(message)
            confirmed = _confirmed(message, now, error, self.other.spoken)
            if error is not None:
                return confirmed
            self._confirmed[key] = confirmed
        heard = Heard(message, document, faults(document, self.other.spoken))
        threading.Thread(target=self._hear, args=(heard,), daemon=True).start()
        return confirmed


def _confirmed(message: Message, now: datetime, error: Error | None, version: Version) -> bytes:
    said: dict[str, Any] = {"error": error}
    if isinstance(message, SupplyingAgencyMessage):
        said["reason_for_message"] = message.reason_for_message
    elif isinstance(message, RequestingAgencyMessage):
        said["action"] = message.action
    received = message.header.timestamp or now
    confirmation = confirmation_of(
        _KINDS[type(message)], message.header, timestamp=now, timestamp_received=received, **said
    )
    return encode_confirmation(confirmation, version)


def _listener(correspondent: Correspondent, at: tuple[str, int]) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        timeout = _PATIENCE

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if not length.isdecimal() or int(length) > DOCUMENT_BYTES:
                self.send_error(413 if length.isdecimal() else 411)
                return
            document = correspondent.take(self.rfile.read(int(length)))
            self.send_response(200)
            self.send_header("Content-Type", MEDIA_TYPE)
            self.send_header("Content-Length", str(len(document)))
            self.end_headers()
            self.wfile.write(document)

        def log_request(self, *arguments: object) -> None:
            """Nothing: whoever plays tells what comes."""

    return ThreadingHTTPServer(at, Handler)
