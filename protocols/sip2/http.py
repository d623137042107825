"""SIP2 over HTTPS: a POST holds a message in XML, and its answer the answer (`wire.envelope`).

The address is ``/rest/sip2/ISIL``, with the agency of the login or its branch. Where nothing is
wrong with the document itself the status is 200, as kiosks expect it, and the element ``error``
says what is wrong. Twisted is known here.
"""

from __future__ import annotations

import logging
from typing import Any, Final, NamedTuple

from twisted.python.failure import Failure
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from protocols.hosting.answering import Lane
from protocols.hosting.failures import NO_ANSWER
from protocols.hosting.networks import LOOPBACK, is_within
from protocols.hosting.reactor import reactor
from protocols.hosting.tls import PLAIN, Security, security_of
from protocols.sip2.asking.recording import record
from protocols.sip2.enveloped import NOT_FOR_NOW, EnvelopedSession
from protocols.sip2.joining import Joined
from protocols.sip2.terminals.entrance import Entrance
from protocols.sip2.wire.envelope import (
    DOCUMENT_BYTES,
    Envelope,
    NoEnvelope,
    Unusable,
    error_document,
    open_envelope,
    response_document,
)

log = logging.getLogger(__name__)

MEDIA_TYPE: Final = b"application/xml;charset=UTF-8"
#: What stands before the ISIL in the address, behind the ``rest`` of the port.
NAME: Final = b"sip2"
_NO_TLS: Final = "SIP2 over HTTPS is spoken over TLS only."
_NO_ADDRESS: Final = "The address is /rest/sip2/ and the ISIL of the agency: /rest/sip2/DK-900100"
_OTHER_AGENCY: Final = "The address does not name the agency of this login."


class Arrival(NamedTuple):
    """Where a request comes from, with the port of the connection, and how it is protected."""

    peer: str
    security: Security


def arrival_of(request: Any) -> Arrival | None:
    """Where a request comes from; None where it came over a network in clear."""
    address = request.getClientAddress()
    host = str(getattr(address, "host", "") or "")
    peer = f"{host}:{getattr(address, 'port', 0)}"
    if request.isSecure():
        channel = request.channel
        told = security_of(channel.transport) if channel.isSecure() else Security(is_encrypted=True)
        return Arrival(peer, told)
    is_told = request.getHeader(b"x-forwarded-proto") is not None
    return Arrival(peer, PLAIN) if is_within(LOOPBACK, host) and not is_told else None


class Sip2Resource(Resource):
    """``/rest``, of which only ``/rest/sip2/ISIL`` is there."""

    isLeaf = True  # noqa: N815

    def __init__(self, joined: Joined) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._joined = joined

    def render(self, request: Any) -> Any:
        path = [each for each in request.postpath if each]
        if len(path) != 2 or path[0] != NAME:
            return _refused(request, 404, _NO_ADDRESS)
        if request.method != b"POST":
            request.setHeader(b"allow", b"POST")
            return _refused(request, 405, "Messages are sent here by POST.")
        arrival = arrival_of(request)
        if arrival is None:
            return _refused(request, 403, _NO_TLS)
        try:
            envelope = open_envelope(request.content.read(DOCUMENT_BYTES + 1))
        except NoEnvelope as error:
            return _refused(request, 400, str(error))
        except Unusable as error:
            return _refused(request, 200, str(error))
        joined = self._joined
        joined.follow_accounts()
        entrance = Entrance(
            joined.settings,
            joined.accounts,
            arrival.peer,
            joined.failed,
            lambda: arrival.security,
            "https",
        )
        session = EnvelopedSession(
            joined.settings,
            reactor.seconds(),
            joined.services.clock,
            entrance,
            joined.tally,
        )
        session.receive(envelope, joined.paces)
        if joined.settings.record is not None:
            record(session, joined.settings.record, arrival.peer, joined.services.clock)
        isil = path[1].decode("ascii", "replace")
        _Exchange(joined, request, session, isil, envelope).begin()
        return NOT_DONE_YET


def _refused(request: Any, status: int, text: str) -> bytes:
    request.setResponseCode(status)
    document = error_document(text)
    request.setHeader(b"content-type", MEDIA_TYPE)
    request.setHeader(b"content-length", str(len(document)).encode())
    return document


class _Exchange:
    """One request on its way: the login, the address, the message, the answer."""

    def __init__(
        self,
        joined: Joined,
        request: Any,
        session: EnvelopedSession,
        isil: str,
        envelope: Envelope,
    ) -> None:
        self._joined = joined
        self._request = request
        self._session = session
        self._isil = isil
        self._same = ("sip2 over http", isil, envelope)
        self._gone: list[Failure] = []
        request.notifyFinish().addErrback(self._gone.append)

    def begin(self) -> None:
        """The login: its answer is the session's own, and no request that is measured."""
        session = self._session
        login = session.next_request()
        if login is None:
            self._finish()
            return

        def logged_in(response: Any) -> None:
            if response is NO_ANSWER:
                self._hang_up()
                return
            session.send(response, reactor.seconds())
            if session.account is None:
                self._finish()
            else:
                self._look_at_address(session.account.branch)

        self._joined.answer(session, login, logged_in)

    def _look_at_address(self, own: str) -> None:
        def done(branch: Any, error: BaseException | None) -> None:
            if error is not None:
                self._session.error, self._session.is_passing = NOT_FOR_NOW, True
                self._finish()
                return
            # A branch that is missing is for the handlers to tell of.
            named = {own} if branch is None else {branch.isil, branch.agency_isil}
            if self._isil.casefold() in {each.casefold() for each in named}:
                self._turn()
            else:
                log.warning("%s named another agency in its address", self._session)
                self._session.error = _OTHER_AGENCY
                self._finish()

        self._joined.services.perform(
            Lane.READ, lambda context: self._joined.branches.find(context, own), done
        )

    def _turn(self) -> None:
        session = self._session
        message = session.next_request()
        if message is not None:
            self._joined.answer_measured(session, message, self._answered)
        elif session.resumes is not None:
            reactor.callLater(max(session.resumes - reactor.seconds(), 0.0), self._resume)
        else:
            self._finish()

    def _resume(self) -> None:
        session = self._session
        session.receive_data(b"", reactor.seconds())
        self._turn()

    def _answered(self, response: Any) -> None:
        if response is NO_ANSWER:
            self._hang_up()
            return
        self._session.send(response, reactor.seconds())
        self._finish()

    def _hang_up(self) -> None:
        """Closes the connection without an answer: the kiosk sends its message again."""
        self._joined.services.open_requests.add(self._same)
        if not self._gone:
            self._request.loseConnection()

    def _finish(self) -> None:
        session, request = self._session, self._request
        answer = session.answer
        if self._gone:
            return
        # A repetition that comes no further than the login must not be refused either.
        if session.is_passing and self._same in self._joined.services.open_requests:
            self._hang_up()
            return
        if session.error is None:
            document = response_document(answer)
        else:
            document = error_document(session.error)
        if session.is_passing:
            request.setResponseCode(503)
            request.setHeader(b"retry-after", b"30")
        request.setHeader(b"content-type", MEDIA_TYPE)
        request.setHeader(b"content-length", str(len(document)).encode())
        request.write(document)
        request.finish()
