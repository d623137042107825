"""From a request to its answer: what is asked of the caller, in which order, for every call.

First what needs no database: is there such a call, what does the caller show, how often have they
asked, can the request be read. Then, in one transaction: who asks, of which library and patron,
have they the right; and only then the handler of the call. Calls that nobody knows are logged, for
the interface grows a version a year; what stands in their paths is not.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable
from hashlib import blake2b
from math import ceil
from time import monotonic
from typing import Any, Final, NamedTuple

from catalogue.tracing import here
from circulation.kernel.rights import Kind, Principal
from circulation.patrons.identifiers import PatronPlace
from circulation.staff.lookups import Seen
from circulation.staff.sessions import session_of
from protocols.fbs.callers import (
    Credential,
    agency_named,
    caller_of,
    credential_in,
    must_have,
    patron_meant,
)
from protocols.fbs.calls import MISSING, Agency, Asker, Call, Caller, Look, Request, Undone
from protocols.fbs.codec import LONGEST, query_in, written
from protocols.fbs.handling.looking import LOOKS, note_look
from protocols.fbs.messages import Answer, Asked
from protocols.fbs.problems import Denied, Fault
from protocols.fbs.routing import Route, Routes, pattern_of
from protocols.fbs.settings import FbsSettings
from protocols.fbs.table import CALLS
from protocols.fbs.tokens import Meaning, Provider, ProviderFailed, TokenFile, UnfitTokens
from protocols.hosting.answering import Context, Lane, Services
from protocols.hosting.failures import Failure, failure_of
from protocols.hosting.throttle import Bucket
from protocols.hosting.traces import OK, REFUSED

log = logging.getLogger(__name__)

Reply = Callable[[Answer], None]
#: Runs what blocks in a thread, and what follows with its answer, or the error, in the reactor.
InThread = Callable[[Callable[[], Any], Callable[[Any, BaseException | None], None]], None]

_REFUSING: Final = 400
#: How calls that nobody knows are counted.
UNKNOWN: Final = "unknown"
#: Callers whose requests are counted; who has been away longest is forgotten first.
_COUNTED: Final = 10_000
_METHODS: Final = "GET, PUT, POST, DELETE, OPTIONS, HEAD"
_HEADERS: Final = "Authorization, Content-Type, Accept, X-Requested-With"


class Fbs:
    """The calls over the engines of one process. `wall` gives seconds since 1970."""

    def __init__(self, settings: FbsSettings, services: Services, in_thread: InThread) -> None:
        self._settings = settings
        self._services = services
        self._in_thread = in_thread
        self._routes = Routes(CALLS)
        self._file = None if settings.tokens is None else TokenFile(settings.tokens)
        self._provider = None if settings.provider is None else Provider(settings.provider)
        self._buckets: OrderedDict[bytes, Bucket] = OrderedDict()
        self._meter = services.measures.meter("fbs")

    def answer(self, asked: Asked, reply: Reply) -> None:
        """Calls `reply` once, at once or later, whatever happens."""
        reply = self._shared(asked, reply)
        if asked.method == "OPTIONS":  # before any check: browsers show nothing with it
            reply(Answer(204, headers=(("Allow", _METHODS),)))
            return
        try:
            route = self._route(asked)
            call = route.calls["GET" if asked.method == "HEAD" else asked.method]
            credential = credential_in(asked)
            if credential is not None:
                self._count(credential)
            query = query_in(call, asked.query)
            prepared = _Prepared(asked, call, route, credential, query)
        except Denied as denied:
            reply(denied.answer())
            return
        self._traced(prepared, reply)

    def _route(self, asked: Asked) -> Route:
        route = self._routes.find(asked.path)
        method = "GET" if asked.method == "HEAD" else asked.method
        if route is not None and method in route.calls:
            if all(part.isprintable() and len(part) <= LONGEST for part in asked.path):
                return route
            raise Denied(Fault.MALFORMED, "this path cannot be read")
        self._meter.end(self._meter.begin(UNKNOWN), REFUSED)
        log.warning("nobody knows %s %s", asked.method[:10], pattern_of(asked.path))
        if route is None:
            raise Denied(Fault.CALL_UNKNOWN, "there is no such call")
        allow = (("Allow", route.allowed),)
        raise Denied(Fault.METHOD_UNKNOWN, "not by this method", headers=allow)

    def _count(self, credential: Credential, a_minute: int | None = None) -> None:
        """Slows down who asks too often. Raises Denied. A session has the pace of its program,
        which is known once it has been answered."""
        name = blake2b(credential.secret.encode(), digest_size=16).digest()
        bucket = self._buckets.pop(name, None)
        if bucket is None:
            if a_minute is not None:
                bucket = Bucket(a_minute / 60, max(1, a_minute // 6))
            elif credential.is_session:
                return
            else:
                bucket = Bucket(self._settings.requests_per_second, self._settings.burst)
        self._buckets[name] = bucket
        if len(self._buckets) > _COUNTED:
            self._buckets.popitem(last=False)
        if a_minute is not None:
            return
        wait = bucket.wait(monotonic())
        if wait > 0:
            after = (("Retry-After", str(max(1, ceil(wait)))),)
            raise Denied(Fault.TOO_MANY_REQUESTS, "ask less often", headers=after)
        bucket.take()

    def _shared(self, asked: Asked, reply: Reply) -> Reply:
        """Answers that a page of another host, which is listed, may read."""
        origin, listed = asked.header("origin"), self._settings.cross_origin
        if origin is None or not ("*" in listed or origin in listed):
            return reply

        def reply_shared(answer: Answer) -> None:
            told = (
                ("Access-Control-Allow-Origin", origin),
                ("Access-Control-Allow-Methods", _METHODS),
                ("Access-Control-Allow-Headers", _HEADERS),
                ("Access-Control-Max-Age", "600"),
            )
            reply(answer._replace(headers=(*answer.headers, *told)))

        return reply_shared

    def _traced(self, prepared: _Prepared, reply: Reply) -> None:
        meter = self._meter
        trace = meter.begin(prepared.call.name)

        def answered(answer: Answer) -> None:
            meter.end(trace, OK if answer.status < _REFUSING else REFUSED)
            reply(answer)

        before, here.request = here.request, trace
        try:
            self._with_meaning(prepared, answered)
        finally:
            here.request = before

    # What a bearer token means

    def _with_meaning(self, prepared: _Prepared, reply: Reply) -> None:
        credential = prepared.credential
        if credential is None or credential.is_session:
            self._carry_out(prepared, reply)
            return
        token = credential.secret
        try:
            meaning = None if self._file is None else self._file.meaning(token)
        except UnfitTokens as error:
            log.error("[fbs] tokens: %s", error)
            reply(Denied(Fault.UNAVAILABLE, "tokens cannot be looked up").answer())
            return
        provider = self._provider
        if meaning is not None or provider is None:
            self._carry_out(prepared._replace(meaning=meaning), reply)
            return
        meaning, is_known = provider.known(token, monotonic())
        if is_known and meaning is not None:
            self._carry_out(prepared._replace(meaning=meaning), reply)
        elif is_known:
            reply(_INVALID.answer())
        else:
            self._ask_provider(prepared, provider, token, reply)

    def _ask_provider(
        self, prepared: _Prepared, provider: Provider, token: str, reply: Reply
    ) -> None:
        """Asks what a new token means; one of our own is told to nobody."""

        def is_own(context: Context) -> bool:
            found = session_of(context.circulation, context.transaction, token, context.now)
            return found is not None

        def told(meaning: Meaning | None, error: BaseException | None) -> None:
            if isinstance(error, ProviderFailed):
                log.warning("[fbs.provider]: %s", error)
                reply(Denied(Fault.UNAVAILABLE, "the log-in cannot be asked").answer())
            elif error is not None:
                reply(_failed(prepared.call, error))
            elif meaning is None:
                reply(_INVALID.answer())
            else:
                self._carry_out(prepared._replace(meaning=meaning), reply)

        def looked(own: bool | None, error: BaseException | None) -> None:
            if error is not None:
                reply(_failed(prepared.call, error))
            elif own:
                self._carry_out(prepared, reply)
            else:
                wall = self._services.clock().timestamp()
                self._in_thread(lambda: provider.ask(token, monotonic(), wall), told)

        self._services.perform(Lane.READ, is_own, looked)

    # In the transaction

    def _carry_out(self, prepared: _Prepared, reply: Reply) -> None:
        call, credential = prepared.call, prepared.credential
        pace: list[int] = []
        looks: list[Look] = []

        def work(context: Context) -> Answer:
            pace.clear()
            looks.clear()
            return self._answer(prepared, context, pace, looks)

        def done(answer: Answer | None, error: BaseException | None) -> None:
            if error is not None:
                told = None if credential is None else credential.secret
                failure_of = self._services.open_requests.failure_of
                answer = _failed(call, error, failure_of(error, (told, prepared.asked[:4])))
            elif looks:  # they are in the log
                LOOKS.of(self._services.circulation).add(looks)
            assert answer is not None
            if pace and credential is not None:
                self._count(credential, pace[0])
            reply(answer)

        self._services.perform(call.lane, work, done)

    def _answer(
        self, prepared: _Prepared, context: Context, pace: list[int], looks: list[Look]
    ) -> Answer:
        call, path = prepared.call, prepared.route.path
        caller, agency, own = self._caller(prepared, context, pace)
        if caller.is_site:
            must_have(caller, call, agency.id, caller.principal.branch_id)
        body = None if call.reads is None else call.reads(prepared.asked.body)
        request = Request(
            call, agency, caller, path, prepared.query, body, self._settings, looks=looks
        )
        try:
            if call.is_about_patron:
                request.patron = patron_meant(context, call, path["patronid"], caller, agency, own)
            value = call.handler(request, context)
        except Denied as denied:
            if denied.fault is not Fault.PATRON_UNKNOWN or call.absent is MISSING:
                raise
            value = call.absent(request) if callable(call.absent) else call.absent
        except Undone as undone:
            raise Undone(_written(call, undone.value)) from None
        if isinstance(value, Denied):  # what was written with it stays
            return value.answer()
        if request.patron is not None and call.lane is not Lane.READ and not looks:
            note_look(request, context, Seen.OPENED, request.patron.id)
        return _written(call, value)

    def _caller(
        self, prepared: _Prepared, context: Context, pace: list[int]
    ) -> tuple[Caller, Agency, PatronPlace | None]:
        call, asked = prepared.call, prepared.asked
        named = prepared.route.path["agencyid"]
        if call.asker is Asker.ANYBODY:
            set_up = context.circulation.current_set_up(context.transaction)
            agency = agency_named(context.circulation, set_up, named)
            if agency is None:
                raise Denied(Fault.CREDENTIALS_WRONG, "there is no such library")
            nobody = Principal(Kind.PROGRAM, None, "", agency.id, 0, asked.host)
            return Caller(nobody, is_site=False), agency, None
        caller, agency, session, own = caller_of(
            context, call, named, prepared.credential, prepared.meaning, asked.host
        )
        if caller.is_site and session is not None and session.requests_per_minute is not None:
            pace.append(session.requests_per_minute)
        return caller, agency, own


class _Prepared(NamedTuple):
    """A request in which nothing is wrong by itself, and what its bearer token means."""

    asked: Asked
    call: Call
    route: Route
    credential: Credential | None
    query: dict[str, list[str]]
    meaning: Meaning | None = None


_INVALID: Final = Denied(Fault.FORBIDDEN, "invalid token")


def _written(call: Call, value: Any) -> Answer:
    if call.shape is None or value is None:
        return Answer(call.status)
    return Answer(call.status, written(call.shape(value)))


def _failed(call: Call, error: BaseException, failure: Failure | None = None) -> Answer:
    """The answer where a handler was left by an error."""
    if isinstance(error, Undone):
        answer: Answer = error.value
        return answer
    if isinstance(error, Denied):
        return error.answer()
    failure = failure or failure_of(error)
    if failure.is_logged:
        log.error("no answer could be found to %s", call.name, exc_info=error)
    return FAILED[failure].answer()


#: What a site is told where the work of a call failed. Calls have no key by which one that is sent
#: again is known.
FAILED: Final[dict[Failure, Denied]] = {
    Failure.PASSING: Denied(Fault.UNAVAILABLE, "try again", headers=(("Retry-After", "5"),)),
    Failure.UNKNOWN: Denied(
        Fault.OUTCOME_UNKNOWN, "this may have been done: look before you send it again"
    ),
    Failure.FAULT: Denied(Fault.FAILED, "a fault of the library system"),
}
