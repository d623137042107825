"""One exchange over any transport: the bytes of a request in, the bytes of its answer out. Any
bytes get an answer, and it is NCIP. A small document is read at once. Of a large one the header is
read first, and the rest only once its caller has proven who it is, in a thread, so that the reactor
can serve others.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo

from catalogue.tracing import here
from circulation.interlending.exchanges import Exchanged
from circulation.patrons.pins import PINS
from protocols.hosting.answering import Context, Lane, Services
from protocols.hosting.arrivals import UNTOLD, Arrival
from protocols.hosting.failures import Failure
from protocols.hosting.journal import Journal
from protocols.hosting.throttle import FailedLogins
from protocols.hosting.traces import OK, REFUSED, Trace, mark_failed, traced
from protocols.ncip.codec import (
    Beginning,
    Incoming,
    MalformedMessage,
    decode,
    decode_beginning,
    encode,
)
from protocols.ncip.handlers import HANDLERS
from protocols.ncip.handling.authority import denial
from protocols.ncip.handling.guesses import Guesses
from protocols.ncip.handling.institutions import is_missing, register_institution
from protocols.ncip.handling.lookups import look_up_version
from protocols.ncip.messages import (
    Code,
    FromAgencyId,
    InitiationHeader,
    LookupVersion,
    LookupVersionResponse,
    OtherService,
    Problem,
    Refusal,
    Request,
    Response,
    ResponseHeader,
    ToAgencyId,
)
from protocols.ncip.models.services import SERVICES
from protocols.ncip.partners.authentication import authenticate
from protocols.ncip.partners.caps import Caps, TooMany
from protocols.ncip.partners.journal import outcome_of, request_id_of
from protocols.ncip.partners.partners import Partners, agency_of, turned_round
from protocols.ncip.problems.problem_types import OUTCOME_UNKNOWN, OWN_PROBLEMS, ProblemType
from protocols.ncip.problems.problems import problem
from protocols.ncip.settings import NcipSettings, Partner, folded_agency
from protocols.ncip.wire.dialects import Dialect
from protocols.ncip.wire.remembered import RememberedRequests
from protocols.ncip.wire.writing import headed
from protocols.wire.xml_documents import PLAIN_BYTES, PLAIN_TAGS, is_plain

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class UnknownOutcome:
    """The answer to a request of which is not known whether it was carried out.

    `is_named`: it has a RequestId, so the same request again gets the answer that was kept.
    """

    document: bytes
    is_named: bool


#: Calls back with the answer.
Reply = Callable[[bytes | UnknownOutcome], None]
#: Ends a visit with its answer.
End = Callable[[Response], None]

#: Calls a function after some seconds, in the reactor's thread.
Later = Callable[[float, Callable[[], None]], object]
#: Seconds before an answer goes to a caller that has proven nothing and sends large documents, or
#: guesses secrets: one that does so in a loop must not take the time of others.
PAUSE_SECONDS: Final = 0.1

#: The name under which a document that is no message is counted.
_UNREAD: Final = "unread"
#: The name under which a request for a service that is not offered is counted.
_OTHER: Final = "OtherService"


@dataclass(slots=True)
class _Visit:
    """One document under way, and what is known of it so far."""

    document: bytes
    reply: Reply
    arrival: Arrival
    began: datetime
    trace: Trace
    service: str = ""
    partner: str = ""
    request_id: str = ""
    caller: Partner | None = None  # once it is known for certain
    registers: bool = False  # its institution is registered first
    is_held: bool = False  # too many credentials were wrong
    has_failed: bool = False  # its credentials were wrong
    has_proven: bool = False  # its credentials were right
    is_unknown: bool = False  # whether it was done is not known
    write: Callable[[Response], bytes] = encode
    written: bytes = b""  # the answer, if a thread has written it


class Exchange:
    """Answers documents with documents; one for all listeners of NCIP."""

    def __init__(
        self,
        settings: NcipSettings,
        services: Services,
        journal: Journal | None = None,
        later: Later | None = None,
    ) -> None:
        self._later = later
        self.partners = Partners(settings)
        self._services = services
        self._journal = journal
        self._meter = services.measures.meter("ncip")
        self._requests = RememberedRequests(decode)
        self._caps = Caps()
        self._failed = FailedLogins()
        self._guesses = Guesses()
        self._own_agency = settings.branch or next(
            (partner.branch for partner in settings.partners), ""
        )

    def answer(self, document: bytes, reply: Reply, arrival: Arrival = UNTOLD) -> None:
        """Calls `reply` once with the answer, at once or later, in the reactor's thread."""
        trace = self._meter.begin(_UNREAD)
        visit = _Visit(document, reply, arrival, self._services.clock(), trace)
        # Like `traced`, without the cost of a context manager.
        before, here.request = here.request, trace
        try:
            self._answer(visit)
        finally:
            here.request = before

    def _answer(self, visit: _Visit) -> None:
        try:
            if is_plain(visit.document):
                self._carry_out(self._requests.decode(visit.document), visit)
            else:
                self._look_at(decode_beginning(visit.document), visit)
        except MalformedMessage as error:
            refused = Refusal(None, (error.problem,))
            self._finish(visit, encode(refused, error.dialect), refused)
        except Exception:
            if visit.service:
                raise
            log.exception("a message could not be read")
            mark_failed()
            failed = Refusal(None, (problem(ProblemType.TEMPORARY_PROCESSING_FAILURE),))
            self._finish(visit, encode(failed), failed)

    def _carry_out(self, incoming: Incoming, visit: _Visit) -> None:
        request = incoming.request
        if isinstance(request, LookupVersion):
            visit.trace.kind = self._meter.kind(type(request).__name__)
            visit.service = "LookupVersion"
            told = look_up_version(request, self._own_agency)
            self._finish(visit, encode(told, incoming.dialect), told)
            return
        header = request.initiation_header
        visit.request_id = request_id_of(request)
        end = self._begin(visit, _service(request), header, incoming.dialect)
        if isinstance(request, OtherService):
            refused = problem(
                ProblemType.UNSUPPORTED_SERVICE, "this service is not offered here", visit.service
            )
            end(Refusal(visit.service, (refused,)))
            return
        self._admit(visit, header, end, partial(self._perform, incoming, visit))

    def _look_at(self, beginning: Beginning, visit: _Visit) -> None:
        """A large request: its sender is checked before all else."""
        header = beginning.header
        end = self._begin(visit, beginning.service, header, beginning.dialect)
        caller = self.partners.known(header, visit.arrival)
        if caller is None or not caller.has_proof:
            why = f"of who proves nothing, no more than {PLAIN_BYTES} bytes and {PLAIN_TAGS} tags"
            unknown = ProblemType.AGENCY_AUTHENTICATION_FAILED
            end(Refusal(visit.service, (problem(unknown, why, "FromAgencyId"),)))
            return
        self._admit(visit, header, end, partial(self._read, header, visit))

    def _begin(
        self, visit: _Visit, service: str, header: InitiationHeader | None, dialect: Dialect
    ) -> End:
        """Notes what the request says of itself, and how it will be answered."""
        visit.service = service
        visit.trace.kind = self._meter.kind(service if service in SERVICES else _OTHER)
        agency = agency_of(header)
        visit.partner = folded_agency(agency.value) if agency else ""
        visit.write = lambda response: self._written(response, service, header, dialect)

        def end(response: Response) -> None:
            self._finish(visit, visit.written or visit.write(response), response)

        return end

    def _admit(
        self,
        visit: _Visit,
        header: InitiationHeader | None,
        end: End,
        perform: Callable[[End], None],
    ) -> None:
        """Has the request carried out, as soon as its partner may have another one in work."""
        seconds = visit.began.timestamp()
        caller = self.partners.known(header, visit.arrival)
        if self._failed.is_held(visit.arrival.host, visit.partner, seconds):
            visit.is_held = True
            held = ProblemType.AGENCY_AUTHENTICATION_FAILED
            end(Refusal(visit.service, (problem(held, "too many wrong secrets: wait"),)))
            return
        if caller is None or not caller.is_capped:
            perform(end)
            return
        is_capped = caller

        def end_and_leave(response: Response) -> None:
            end(response)
            self._caps.leave(is_capped)

        def start() -> None:
            with traced(visit.trace):  # it may have waited for others of the same partner
                perform(end_and_leave)

        try:
            self._caps.enter(is_capped, start, seconds)
        except TooMany as error:
            busy = problem(ProblemType.TEMPORARY_PROCESSING_FAILURE, str(error))
            end(Refusal(visit.service, (busy,)))

    def _read(self, header: InitiationHeader | None, visit: _Visit, end: End) -> None:
        """Reads a large request in a thread, once its caller has proven who it is."""

        def work(context: Context) -> Incoming | Refusal:
            proven = self._proven(visit, visit.service, header, context)
            return proven if isinstance(proven, Refusal) else decode(visit.document)

        def done(found: Any, error: BaseException | None) -> None:
            if isinstance(found, Incoming):
                visit.request_id = request_id_of(found.request)
                self._perform(found, visit, end)
                return
            if isinstance(error, MalformedMessage):
                found, error = Refusal(visit.service, (error.problem,)), None
            self._settle(visit, found, error, end)

        self._services.perform(Lane.WIDE_READ, work, done)

    def _proven(
        self, visit: _Visit, service: str, header: InitiationHeader | None, context: Context
    ) -> Partner | Refusal:
        """The caller, once it has proven who it is and may ask for the service."""
        self.partners.follow(context)
        caller = self.partners.find(service, header, visit.arrival)
        if isinstance(caller, Problem):
            return Refusal(service, (caller,))
        failed = authenticate(
            caller, header, visit.arrival, PINS.of(context.circulation), context.now
        )
        visit.has_failed = failed is not None
        if failed is not None:
            return Refusal(service, (failed,))
        visit.partner, visit.caller = caller.key, caller
        visit.has_proven = bool(caller.shared_secret or caller.token_key)
        return caller

    def _perform(self, incoming: Incoming, visit: _Visit, end: End) -> None:
        request: Any = incoming.request
        service, header = visit.service, request.initiation_header
        handler, lane = HANDLERS[type(request)]
        host, seconds = visit.arrival.host, visit.began.timestamp()
        if (held := self._guesses.refusal(host, request, seconds)) is not None:
            visit.is_held = True
            end(held)
            return

        def work(context: Context) -> Response:
            response = carry_out(context)
            if lane is Lane.WIDE_READ:  # a large answer is written where it was made
                visit.written = visit.write(response)
            return response

        def carry_out(context: Context) -> Response:
            caller = self._proven(visit, service, header, context)
            if isinstance(caller, Refusal):
                return caller
            denied = denial(request, caller, context)
            if denied is not None:
                return denied
            if visit.registers:
                register_institution(request, caller, context)
            if incoming.has_local_times:
                return handler(_at_home(visit.document, caller, context), caller, context)
            return handler(request, caller, context)

        # A function that refers to itself would be a cycle, and keep the request until garbage of
        # fifty thousand objects is collected, which holds up everybody.
        self._services.perform(lane, work, partial(self._done, visit, request, work, end))
        if lane is Lane.SHORT_WRITE and self._journal is not None:
            self._journal.go_along()

    def _done(
        self,
        visit: _Visit,
        request: Any,
        work: Callable[[Context], Response],
        end: End,
        response: Any,
        error: BaseException | None,
    ) -> None:
        """The work is done; if an institution was missing, it is done again with it."""
        if (
            not visit.registers
            and visit.caller is not None
            and isinstance(response, Refusal)
            and is_missing(request, visit.caller, response)
        ):
            visit.registers = True
            self._services.perform(Lane.WRITE, work, partial(self._done, visit, request, work, end))
            return
        if error is None and visit.caller is not None:
            self._guesses.told(visit.arrival.host, request, response, visit.began.timestamp())
        self._settle(visit, response, error, end)

    def _settle(self, visit: _Visit, response: Any, error: BaseException | None, end: End) -> None:
        """Answers, and takes down what the caller's secret was good for."""
        if error is not None:
            failure = self._services.open_requests.failure_of(error, visit.document)
            visit.is_unknown = failure is Failure.UNKNOWN
            if failure.is_logged:
                who = visit.partner[:64] or "a partner without a name"
                log.error("%s for %r failed", visit.service, who, exc_info=error)
            response = Refusal(visit.service, (FAILED[failure],))
        elif visit.has_failed:
            self._failed.failed(visit.arrival.host, visit.partner, visit.began.timestamp())
        elif visit.has_proven:
            self._failed.succeeded(visit.arrival.host, visit.partner)
        end(response)

    def _finish(self, visit: _Visit, answer: bytes, response: Any) -> None:
        outcome = outcome_of(response)
        self._meter.end(visit.trace, OK if outcome == "ok" else REFUSED)
        is_slowed = visit.is_held or (visit.caller is None and not is_plain(visit.document))
        told: bytes | UnknownOutcome = answer
        if visit.is_unknown:
            told = UnknownOutcome(answer, bool(visit.request_id))
        if is_slowed and self._later is not None:
            self._later(PAUSE_SECONDS, partial(visit.reply, told))
        else:
            visit.reply(told)
        if self._journal is not None:
            exchanged = Exchanged(
                at=visit.began,
                direction="in",
                partner=visit.partner,
                peer=visit.arrival.host,
                service=visit.service,
                request_id=visit.request_id or request_id_of(response),
                outcome=outcome,
                request=visit.document,
                answer=answer,
            )
            is_proven = visit.caller is not None and visit.caller.has_proof
            self._journal.note(exchanged, is_proven=is_proven)

    def _written(
        self, response: Response, service: str, header: InitiationHeader | None, dialect: Dialect
    ) -> bytes:
        """The answer with its header; a failure of ours if it would not be valid."""
        turned = turned_round(header, self._own_agency)
        if turned is None and dialect.is_version_1:  # which demands a header
            turned = ResponseHeader(
                from_agency_id=FromAgencyId(Code(self._own_agency)),
                to_agency_id=ToAgencyId(Code("")),
            )
        try:
            return encode(_headed(response, turned), dialect)
        except Exception:  # a fault of ours must not leave the caller without an answer
            log.exception("the answer to %s could not be written", service)
            return encode(_headed(_failure(service), turned), dialect)


def _service(request: Any) -> str:
    return request.service if isinstance(request, OtherService) else type(request).__name__


def _at_home(document: bytes, caller: Partner, context: Context) -> Request:
    """The request in a document with local times: those of the branch that does the work."""
    branch = context.circulation.set_up_at_hand(context.transaction).branch_at(caller.branch)
    return decode(document, ZoneInfo(branch.timezone if branch else "UTC")).request


def _headed(response: Any, header: Any) -> Response:
    has_none = header is None or isinstance(response, LookupVersionResponse)
    found: Response = response if has_none else headed(response, header)
    return found


_PASSING: Final = problem(ProblemType.TEMPORARY_PROCESSING_FAILURE)
#: What a caller is told of a request whose work failed. The standard has no type for the second.
FAILED: Final[dict[Failure, Problem]] = {
    Failure.PASSING: _PASSING,
    Failure.UNKNOWN: Problem(
        Code(OUTCOME_UNKNOWN, OWN_PROBLEMS),
        "this may have been done: look before you send it again without a RequestId",
    ),
    Failure.FAULT: _PASSING,
}


def _failure(service: str) -> Refusal:
    return Refusal(service, (_PASSING,))
