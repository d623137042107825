"""From a request to its answer: what is asked of the caller, in which order, for every operation.

First what needs no database: is there such an operation, may this page ask, is the request what its
model says, is there a key. Then, in one transaction: who asks, have they the right at all, was it
answered already; and only then the handler of the operation.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import blake2b
from time import monotonic
from typing import Any, Final, NamedTuple

from catalogue.tracing import here
from circulation.kernel.rights import Principal
from circulation.languages.installed import LAST, nearest
from circulation.languages.sentences import Sentence
from circulation.staff.sessions import touch
from protocols.api import operations
from protocols.api.answering import Tried, answered
from protocols.api.authentication import (
    CHALLENGE,
    Credential,
    How,
    credential_of,
    must_be_same_origin,
)
from protocols.api.codec import answer_of, body_in, is_text, query_in, takes_json
from protocols.api.messages import JSON, Answer, Asked
from protocols.api.once import Once, key_in
from protocols.api.operation import VERSION, Operation, Request
from protocols.api.pacing import COUNTED, Paces
from protocols.api.plain import problem_answer
from protocols.api.problems import Outcome, Problem
from protocols.api.routing import Route, Routes
from protocols.api.settings import ApiSettings
from protocols.api.signing_in import (
    Known,
    known_by,
    must_be_meant,
    scanner_of,
    token_for_password,
)
from protocols.hosting.accepting import accepted_language
from protocols.hosting.answering import Context, Lane, Services
from protocols.hosting.failures import Failure
from protocols.hosting.traces import OK, REFUSED

log = logging.getLogger(__name__)

_REFUSING: Final = 400
_UNKNOWN: Final = 401
_SHARED_HEADERS: Final = ", ".join(
    (
        *("Authorization", "Content-Type", "Idempotency-Key", "If-Match", "Accept-Language"),
        *("Signed-In-As", "Scanned-By"),
    )
)


class Api:
    """The operations over the engines of one process."""

    def __init__(self, settings: ApiSettings, services: Services) -> None:
        self._settings = settings
        self._services = services
        self._routes = Routes(operations.OPERATIONS)
        self._paces = Paces(settings)
        #: Tokens of those who send their password each time.
        self._signed_in: dict[bytes, str] = {}
        self._touching: set[bytes] = set()
        self._meter = services.measures.meter("api")

    def answer(self, asked: Asked, reply: Callable[[Answer], None]) -> None:
        """Calls `reply` once, at once or later, whatever happens."""
        language = accepted_language(asked.header("accept-language")) or LAST
        if asked.header("origin") in self._settings.cross_origin:
            reply = _shared(asked, reply)
        try:
            route = self._route(asked)
            if asked.method == "OPTIONS":
                reply(Answer(204, headers=(("Allow", route.allowed),)))
                return
            operation = self._operation(asked, route)
            prepared = self._prepared(asked, operation, route, language)
        except Problem as problem:
            reply(problem_answer(problem, language))
            return
        self._perform(prepared, reply)

    def only_looks(self, method: str, path: Sequence[str]) -> bool:
        """May anybody ask for it, and does it change nothing?"""
        route = self._found(path)
        operation = None if route is None else route.operations.get(_looked_up(method))
        return operation is not None and operation.is_public_look

    def _found(self, path: Sequence[str]) -> Route | None:
        version, *rest = path or ("",)
        return self._routes.find(rest) if version == VERSION else None

    def _route(self, asked: Asked) -> Route:
        route = self._found(asked.path)
        if route is None or not is_text(route.variables):
            raise Problem(Outcome.NOT_FOUND)
        return route

    def _operation(self, asked: Asked, route: Route) -> Operation:
        operation = route.operations.get(_looked_up(asked.method))
        if operation is None:
            raise Problem(Outcome.METHOD_NOT_ALLOWED, headers=(("Allow", route.allowed),))
        if not takes_json(asked.header("accept")):
            raise Problem(Outcome.NOT_ACCEPTABLE)
        return operation

    def _prepared(
        self, asked: Asked, operation: Operation, route: Route, language: str
    ) -> _Prepared:
        """What is to be done in the transaction, where nothing is wrong with the request itself."""
        credential = None
        if operation.media_type == JSON:  # a form has what its client shows in itself
            credential = credential_of(asked, self._settings)
        if operation.needs_credential and credential is None:
            raise Problem(Outcome.NOT_SIGNED_IN, headers=CHALLENGE)
        if operation.sets_cookie:
            must_be_same_origin(asked)
        caller = self._count(credential, asked)
        key = key_in(asked) if operation.is_once else None
        if_match = asked.header("if-match")
        if operation.is_versioned and not if_match:
            raise Problem(Outcome.VERSION_MISSING)
        request: Request[Any, Any] = Request(
            route.variables,
            query_in(operation.query, asked.query),
            body_in(operation, asked),
            language,
            asked,
            f"api {operation.id}",
            if_match,
            "" if credential is None else credential.secret,
        )
        return _Prepared(operation, request, credential, caller, key)

    def _count(self, credential: Credential | None, asked: Asked) -> bytes:
        """Slows down a caller who asks too often; gives by what they are counted. Raises
        Problem."""
        told = asked.host if credential is None else f"{credential.name}\n{credential.secret}"
        caller = blake2b(told.encode(), digest_size=16).digest()
        self._paces.count(caller, monotonic())
        return caller

    def _perform(self, prepared: _Prepared, reply: Callable[[Answer], None]) -> None:
        """Carries it out, for whoever asks; counted and traced."""
        meter, operation = self._meter, prepared.operation
        trace = meter.begin(operation.id)

        def done(answer: Answer) -> None:
            meter.end(trace, OK if answer.status < _REFUSING else REFUSED)
            reply(answer)

        before, here.request = here.request, trace
        try:
            credential = prepared.credential
            if credential is not None and credential.how is How.PASSWORD:
                self._with_password(prepared, credential, done)
            else:
                self._carry_out(prepared, done)
        finally:
            here.request = before

    def _with_password(
        self, prepared: _Prepared, credential: Credential, reply: Callable[[Answer], None]
    ) -> None:
        """A name and password came with the request: they are signed in once."""
        language = prepared.request.language
        known = self._signed_in.get(prepared.caller)
        if known is not None:
            prepared.request.token = known
            again = credential._replace(secret=known)
            self._carry_out(prepared._replace(credential=again), reply)
            return

        def done(token: str | None, error: BaseException | None) -> None:
            if error is not None:
                reply(self._failed(prepared, error))
            elif token is None:
                wrong = Problem(Outcome.NOT_SIGNED_IN, headers=CHALLENGE)
                reply(problem_answer(wrong, language))
            else:
                if len(self._signed_in) >= COUNTED:
                    self._signed_in.clear()
                self._signed_in[prepared.caller] = token
                self._with_password(prepared, credential, reply)

        address = prepared.request.asked.host
        self._services.perform(
            Lane.WRITE, lambda context: token_for_password(context, credential, address), done
        )

    def _carry_out(self, prepared: _Prepared, reply: Callable[[Answer], None]) -> None:
        operation, request, credential, caller, key = prepared
        hours = self._settings.repeats_within_hours
        known = Known()

        def work(context: Context) -> Answer:
            found = known_by(context, credential)
            known.principal, known.session = found.principal, found.session
            principal = found.principal
            if found.session is not None and not accepted_language(
                request.asked.header("accept-language")
            ):
                request.language = nearest(found.session.language) or LAST
            if operation.needs_credential:
                must_be_meant(request.asked, principal, context)
            _must_be_admitted(operation, principal)
            if operation.tag == "account" and found.is_of_app:  # nobody's app gives itself more
                raise Problem(Outcome.RIGHT_MISSING)
            scanner = None
            if operation.is_sent_on:
                scanner = scanner_of(request.asked, principal, context)
            if scanner is not None:
                principal = replace(principal, scanned_by=scanner.name)
            once = None if key is None else Once(request.asked, key, principal, hours, scanner)
            kept = None if once is None else once.kept(context)
            if kept is not None:
                return kept
            answer = answered(operation, request, principal, context, answer_of)
            if once is not None and request.is_kept:
                once.keep(context, answer, request.about, request.language)
            return answer

        def done(answer: Answer | None, error: BaseException | None) -> None:
            if error is not None:
                answer = self._failed(prepared, error)
                if answer.status == _UNKNOWN and credential is not None:
                    self._signed_in.pop(caller, None)
            assert answer is not None
            self._follow(known, caller)
            reply(answer)

        self._services.perform(operation.lane, work, done)

    def _failed(self, prepared: _Prepared, error: BaseException) -> Answer:
        """The answer where a handler was left by an error."""
        language, asked = prepared.request.language, prepared.request.asked
        if isinstance(error, Tried):
            return error.answer
        if isinstance(error, Problem):
            return problem_answer(error, language)
        request = (prepared.caller, prepared.key, asked[:4])
        failure = self._services.open_requests.failure_of(error, request)
        if failure.is_logged:
            log.error("no answer could be found to %s", prepared.operation.id, exc_info=error)
        return problem_answer(FAILED[failure](prepared.operation), language)

    def _follow(self, known: Known, caller: bytes) -> None:
        """What a session leaves to be done: that it was used is written, and nobody waits for it;
        what it asks for counts for its account."""
        session = known.session
        if session is None:
            return
        if session.is_stale and session.digest not in self._touching:
            digest = session.digest
            self._touching.add(digest)
            self._services.perform(
                Lane.SHORT_WRITE,
                lambda context: touch(context.transaction, digest=digest, now=context.now),
                lambda _, error: self._touching.discard(digest),
            )
        self._paces.learn(caller, session.principal, session.requests_per_minute)


class _Prepared(NamedTuple):
    """A request in which nothing is wrong by itself, and who is to be asked who they are."""

    operation: Operation
    request: Request[Any, Any]
    credential: Credential | None
    caller: bytes
    key: str | None


def _looked_up(method: str) -> str:
    """The method under which an operation stands in the table."""
    return "GET" if method == "HEAD" else method


def _outcome_unknown(operation: Operation) -> Problem:
    """Whether it was done is not known. Only what has a key may be sent again without a look."""
    if operation.is_once:
        return Problem(Outcome.OUTCOME_UNKNOWN, Sentence("SEND_AGAIN"), headers=_SOON)
    return Problem(Outcome.OUTCOME_UNKNOWN, Sentence("LOOK_FIRST"))


#: When a client may ask again.
_SOON: Final = (("Retry-After", "5"),)
#: The problem of a request whose work failed.
FAILED: Final[dict[Failure, Callable[[Operation], Problem]]] = {
    Failure.PASSING: lambda operation: Problem(Outcome.UNAVAILABLE, headers=_SOON),
    Failure.UNKNOWN: _outcome_unknown,
    Failure.FAULT: lambda operation: Problem(Outcome.FAULT),
}


def _shared(asked: Asked, reply: Callable[[Answer], None]) -> Callable[[Answer], None]:
    """Answers that a page of another host, which is listed, may read."""

    def reply_shared(answer: Answer) -> None:
        told = (
            ("Access-Control-Allow-Origin", asked.header("origin") or ""),
            ("Access-Control-Allow-Methods", "GET, POST, PATCH, DELETE"),
            ("Access-Control-Allow-Headers", _SHARED_HEADERS),
            ("Access-Control-Expose-Headers", "ETag, Link, Location, Retry-After"),
            ("Access-Control-Max-Age", "600"),
        )
        reply(answer._replace(headers=(*answer.headers, *told)))

    return reply_shared


def _must_be_admitted(operation: Operation, principal: Principal) -> None:
    """Is the operation for callers of this kind, and have they its right at all?"""
    if not operation.caller.admits(principal.kind):
        raise Problem(Outcome.RIGHT_MISSING, right=operation.right)
    if operation.right is not None and not principal.may(operation.right):
        raise Problem(Outcome.RIGHT_MISSING, right=operation.right)
