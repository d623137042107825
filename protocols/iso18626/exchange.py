"""One exchange: the bytes of a message in, the bytes of its confirmation out.

A message is confirmed in the transaction that stores it and all that follows from it: OK means
that it is kept. The same message again, which a sender repeats until it is confirmed, gets the same
confirmation and does nothing. Whatever the bytes are, the answer is a confirmation, valid in both
versions, and never a failure of the server's.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo

from catalogue.tracing import here
from circulation.callers.replies import ReplyKey, hold_reply, kept_reply, reply_key
from circulation.interlending.exchanges import Exchanged
from circulation.patrons.identifiers import IDENTIFIERS
from circulation.patrons.pins import PINS
from protocols.hosting.answering import Context, Lane, Services
from protocols.hosting.arrivals import UNTOLD, Arrival
from protocols.hosting.failures import Failure
from protocols.hosting.journal import Journal
from protocols.hosting.throttle import FailedLogins
from protocols.hosting.traces import OK, REFUSED, Trace
from protocols.iso18626.codec import KINDS, confirmation_of, decode, encode_confirmation
from protocols.iso18626.codes import ErrorType
from protocols.iso18626.handlers import HANDLERS
from protocols.iso18626.messages import (
    Confirmation,
    Error,
    Incoming,
    MalformedMessage,
    Message,
    Request,
    RequestingAgencyMessage,
    SupplyingAgencyMessage,
)
from protocols.iso18626.partners import UNAUTHORIZED, Partners, Stranger, proof_missing, sender_of
from protocols.iso18626.settings import Partner

log = logging.getLogger(__name__)

#: Calls back with the status of HTTP and the document.
Reply = Callable[[int, bytes], None]

#: How long the same message counts as one: its sender gives up before.
WITHIN: Final = timedelta(days=14)
#: Statuses of HTTP.
FINE, TOO_MANY, UNAVAILABLE = 200, 429, 503
_KINDS: Final[dict[type[Any], str]] = dict(
    zip((Request, SupplyingAgencyMessage, RequestingAgencyMessage), KINDS, strict=True)
)
_UNREAD: Final = "unread"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is answered, and how the exchange is counted."""

    status: int
    document: bytes
    outcome: str
    partner: str = ""
    is_proven: bool = False
    has_failed: bool = False  # its secret was wrong


@dataclass(slots=True)
class _Visit:
    """One message under way."""

    document: bytes
    reply: Reply
    arrival: Arrival
    began: datetime
    trace: Trace
    kind: str = ""
    sender: str = ""
    request_id: str = ""


class Exchange:
    """Answers documents with documents."""

    def __init__(self, services: Services, journal: Journal | None = None) -> None:
        self.partners = Partners()
        self._services = services
        self._journal = journal
        self._meter = services.measures.meter("iso18626")
        self._failed = FailedLogins()

    def answer(self, document: bytes, reply: Reply, arrival: Arrival = UNTOLD) -> None:
        """Calls `reply` once, at once or later, in the reactor's thread."""
        trace = self._meter.begin(_UNREAD)
        visit = _Visit(document, reply, arrival, self._services.clock(), trace)
        before, here.request = here.request, trace
        try:
            self._answer(visit)
        finally:
            here.request = before

    def _answer(self, visit: _Visit) -> None:
        try:
            incoming = decode(visit.document)
        except MalformedMessage as malformed:
            self._finish(visit, _malformed(malformed, visit.began))
            return
        message = incoming.message
        visit.kind = _KINDS[type(message)]
        visit.trace.kind = self._meter.kind(visit.kind)
        visit.request_id = message.header.requesting_agency_request_id
        sender = sender_of(message)
        visit.sender = sender.agency_id_value.casefold() if sender else ""
        if self._failed.is_held(visit.arrival.host, visit.sender, visit.began.timestamp()):
            held = Stranger("too many wrong secrets: wait", TOO_MANY)
            self._finish(visit, _kept_out(held, visit, incoming))
            return
        self._services.perform(
            Lane.WRITE,
            partial(self._carry_out, visit, incoming),
            partial(self._done, visit, incoming),
        )

    def _carry_out(self, visit: _Visit, incoming: Incoming, context: Context) -> Outcome:
        """Within the transaction that keeps the message."""
        self.partners.follow(context)
        caller = self.partners.find(incoming.message, visit.arrival)
        if isinstance(caller, Stranger):
            return _kept_out(caller, visit, incoming)
        pins = PINS.of(context.circulation)
        missing = proof_missing(caller, incoming.message, visit.arrival, pins)
        if missing is not None:
            found = _kept_out(missing, visit, incoming)
            return replace(found, has_failed=missing.status == UNAUTHORIZED)
        key = _key(caller, incoming.message, context)
        kept = key and kept_reply(context.transaction, key, now=context.now, within=WITHIN)
        if kept:
            return Outcome(FINE, kept, "again", caller.key, caller.has_proof)
        message = _at_home(visit.document, incoming, caller, context)
        error = HANDLERS[type(message)](message, caller, context)
        said = _confirmation(message, context.now, error)
        document = encode_confirmation(said, caller.spoken)
        if error is None and key is not None:
            until = context.now + WITHIN
            hold_reply(
                context.transaction, key, document, now=context.now, patron_id=None, until=until
            )
        outcome = "ok" if error is None else f"{error.error_type}: {error.error_value}"
        return Outcome(FINE, document, outcome, caller.key, caller.has_proof)

    def _done(
        self, visit: _Visit, incoming: Incoming, found: Any, error: BaseException | None
    ) -> None:
        if error is not None:
            failure = self._services.open_requests.failure_of(error, visit.document)
            if failure.is_logged:
                log.error("%s of %r failed", visit.kind, visit.sender[:64], exc_info=error)
            if (failed := FAILED[failure]) is None:
                found = Outcome(UNAVAILABLE, b"", "outcome_unknown")
            else:
                found = _kept_out(failed, visit, incoming)
        elif found.has_failed:
            self._failed.failed(visit.arrival.host, visit.sender, visit.began.timestamp())
        elif found.is_proven:
            self._failed.succeeded(visit.arrival.host, visit.sender)
        self._finish(visit, found)

    def _finish(self, visit: _Visit, outcome: Outcome) -> None:
        is_fine = outcome.outcome in ("ok", "again")
        self._meter.end(visit.trace, OK if is_fine else REFUSED)
        visit.reply(outcome.status, outcome.document)
        if self._journal is not None:
            exchanged = Exchanged(
                at=visit.began,
                direction="in",
                partner=outcome.partner or visit.sender,
                peer=visit.arrival.host,
                service=visit.kind,
                request_id=visit.request_id,
                outcome=outcome.outcome,
                request=visit.document,
                answer=outcome.document,
            )
            self._journal.note(exchanged, is_proven=outcome.is_proven)


def _key(caller: Partner, message: Message, context: Context) -> ReplyKey | None:
    """What makes a message the same: all it says, the time of its sending included. One that does
    not say when it was sent cannot be told from another."""
    if message.header.timestamp is None:
        return None
    secret = IDENTIFIERS.of(context.circulation).keyed(caller.shared_secret or "")
    return reply_key(f"iso18626 {caller.key}", secret, repr(message).encode())


def _at_home(document: bytes, incoming: Incoming, caller: Partner, context: Context) -> Message:
    """The message with its local times, which are those of the branch that does the work."""
    if not incoming.has_local_times:
        return incoming.message
    branches = context.circulation.current_set_up(context.transaction).branches.values()
    zone = next((each.timezone for each in branches if each.isil == caller.branch), "UTC")
    return decode(document, ZoneInfo(zone)).message


def _confirmation(message: Message, now: datetime, error: Error | None) -> Confirmation:
    said: dict[str, Any] = {}
    if isinstance(message, SupplyingAgencyMessage):
        said["reason_for_message"] = message.reason_for_message
    elif isinstance(message, RequestingAgencyMessage):
        said["action"] = message.action
    received = message.header.timestamp or now
    return confirmation_of(
        _KINDS[type(message)],
        message.header,
        timestamp=now,
        timestamp_received=received,
        error=error,
        **said,
    )


def _malformed(malformed: MalformedMessage, now: datetime) -> Outcome:
    header = malformed.header
    received = (header.timestamp if header else None) or now
    said = confirmation_of(
        malformed.kind, header, timestamp=now, timestamp_received=received, error=malformed.error
    )
    error = malformed.error
    outcome = f"{error.error_type}: {error.error_value}"
    return Outcome(FINE, encode_confirmation(said, malformed.version), outcome)


_LATER: Final = Stranger("this cannot be dealt with at the moment: send it again", UNAVAILABLE)
#: What a sender is told of a message whose work failed; None: no confirmation at all, for it may
#: have been kept. The sender repeats it then, and gets the confirmation that was kept with it.
FAILED: Final[dict[Failure, Stranger | None]] = {
    Failure.PASSING: _LATER,
    Failure.UNKNOWN: None,
    Failure.FAULT: _LATER,
}


def _kept_out(stranger: Stranger, visit: _Visit, incoming: Incoming) -> Outcome:
    """The answer to who does not get in; nothing is stored."""
    error = Error(ErrorType.UNRECOGNISED_DATA_VALUE.value, stranger.why)
    said = _confirmation(incoming.message, visit.began, error)
    return Outcome(stranger.status, encode_confirmation(said, incoming.version), stranger.why)
