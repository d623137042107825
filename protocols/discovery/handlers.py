"""PAIA 1.4: from a request to its answer.

First what needs no database: is there such a method, by this verb, is it supported, is there an
access token. Then, in one transaction: whose token it is, whether the path names them, what it
reaches, the body; and only then the handler of the method. So nobody learns from an error whether
there is a patron (2.7).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from circulation.kernel.rights import Kind
from circulation.languages.installed import LAST, nearest
from circulation.languages.sentences import Sentence
from circulation.patrons.identifiers import place_of_patron
from circulation.patrons.public_ids import public_ids
from circulation.staff.sessions import session_of
from protocols.discovery.codec import Query, body_in, query_in, token_in
from protocols.discovery.front import Front, Headers, Reply, fault_of
from protocols.discovery.messages import Answer, Asked
from protocols.discovery.methods import REALM, Asking, Base, Given, Method
from protocols.discovery.problems import Denied, Fault
from protocols.discovery.table import METHODS
from protocols.hosting.accepting import accepted_language
from protocols.hosting.answering import Context

#: The specification that this is checked against.
PAIA_VERSION: Final = "1.4.0"
_ANY: Final = "{id}"
_CHALLENGE: Final = (("WWW-Authenticate", 'Bearer realm="PAIA"'),)
_WORDS: Final = frozenset(
    {each.value for each in Base}
    | {word for each in METHODS for word in each.path.split("/") if word != _ANY}
)


class _Prepared(NamedTuple):
    """A request of PAIA in which nothing is wrong by itself."""

    asked: Asked
    query: Query
    method: Method
    named: str
    token: str
    head: _Head


@dataclass(slots=True)
class _Head:
    """What the headers of the answer are made of: `language` is that of the request, or of the
    patron's account as soon as it is known, else English."""

    named_language: str | None
    language: str = LAST
    accepted: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()


class Paia(Front):
    """Patrons' accounts over the engines of one process."""

    name = "paia"
    words = _WORDS

    def answer(self, asked: Asked, reply: Reply) -> None:
        """Calls `reply` once, at once or later, whatever happens."""
        query, language = query_in(asked.query), accepted_language(asked.header("accept-language"))
        is_core = asked.path[:1] != (Base.AUTH.value,)
        head = _Head(language, language or LAST)

        def answered(answer: Answer) -> None:
            told = (
                ("X-PAIA-Version", PAIA_VERSION),
                ("X-Accepted-OAuth-Scopes", " ".join(head.accepted)),
                *((("X-OAuth-Scopes", " ".join(head.scopes)),) if head.scopes else ()),
            )
            reply(self._sent(answer, asked, query, head.language, told))

        def denied(error: Denied) -> None:
            answer = error.answer(head.language, with_code=is_core)
            answered(answer._replace(headers=(*answer.headers, *_CHALLENGE)))

        try:
            by_verb, named = self._found(asked)
            method = self._method(asked, by_verb)
            head.accepted = () if method is None else method.scopes
            if method is None:  # OPTIONS, before any check: browsers show nothing with it
                answered(Answer(204, headers=_allowed(by_verb)))
                return
            prepared = self._prepared(asked, query, method, named, head)
        except Denied as error:
            denied(error)
            return
        self._perform(prepared, answered, denied)

    def _found(self, asked: Asked) -> tuple[Mapping[str, Method], str]:
        """The methods at an address, by verb, and the patron that it names."""
        base, *rest = asked.path or ("",)
        named = rest.pop(0) if base == Base.CORE.value and rest else ""
        path = "/".join(rest)
        if len(rest) == 2:
            path = f"{rest[0]}/{_ANY}"
        found = {
            each.verb: each for each in METHODS if each.base.value == base and each.path == path
        }
        if not found or (base == Base.CORE.value and not named):
            self._unknown(asked)
            raise Denied(Fault.NOT_FOUND, Sentence("NOTHING_HERE"))
        return found, named

    def _method(self, asked: Asked, by_verb: Mapping[str, Method]) -> Method | None:
        """None for OPTIONS."""
        if asked.method == "OPTIONS":
            return None
        method = by_verb.get("GET" if asked.method == "HEAD" else asked.method)
        if method is None:
            self._unknown(asked)
            raise Denied(Fault.METHOD_UNKNOWN, Sentence("METHOD_NOT_HERE"), _allowed(by_verb))
        return method

    def _prepared(
        self, asked: Asked, query: Query, method: Method, named: str, head: _Head
    ) -> _Prepared:
        if query.problem is not None:
            raise query.problem
        is_off = method.path == "login" and not self._settings.log_in
        if method.handler is None or is_off:
            raise Denied(Fault.NOT_IMPLEMENTED, Sentence("NOT_SUPPORTED"))
        token = "" if method.is_open else token_in(asked, query)
        if token is None:
            raise Denied(Fault.TOKEN_INVALID, Sentence("TOKEN_NEEDED"))
        self._count(token or asked.host, is_address=not token)
        return _Prepared(asked, query, method, named, token, head)

    def _perform(
        self,
        prepared: _Prepared,
        answered: Callable[[Answer], None],
        denied: Callable[[Denied], None],
    ) -> None:
        method, head = prepared.method, prepared.head

        def work(context: Context) -> Any:
            head.scopes = ()
            return self._answer(prepared, context)

        def done(value: Any, error: BaseException | None) -> None:
            if error is not None:
                request = (prepared.token, prepared.asked[:4])
                failure = self._services.open_requests.failure_of(error, request)
                value = fault_of(error, method.name, failure)
            if isinstance(value, Denied):  # given back: what was written with it stays
                denied(value)
                return
            if isinstance(value, Given):
                head.scopes = tuple((value.scope or "").split())
                value = value.value
            answered(Answer(200, value))

        self._measured(method.name, method.lane, work, done)

    def _answer(self, prepared: _Prepared, context: Context) -> Any:
        method, language = prepared.method, prepared.head.language
        asking = Asking(prepared.asked, None, language, self._settings, self._uris, prepared.token)
        if not method.is_open:
            asking = self._known(asking, prepared, context)
        if method.body is not None:
            may_be_form = method.base is Base.AUTH
            body = body_in(method.body, prepared.asked, may_be_form=may_be_form)
            asking = replace(asking, body=body)
        assert method.handler is not None
        return method.handler(asking, context)

    def _known(self, asking: Asking, prepared: _Prepared, context: Context) -> Asking:
        """Whose token it is. Raises Denied where it is none, or the path names anybody else, who
        may be nobody."""
        transaction, circulation, method = context.transaction, context.circulation, prepared.method
        session = session_of(circulation, transaction, prepared.token, context.now, REALM)
        if session is None or session.principal.kind is not Kind.PATRON:
            raise Denied(Fault.TOKEN_INVALID, Sentence("TOKEN_EXPIRED"))
        head = prepared.head
        head.scopes = tuple((session.scope or "").split())
        if head.named_language is None:
            head.language = nearest(session.language) or LAST
        place = place_of_patron(transaction, patron_id=session.principal.id or 0)
        if place is None:
            raise Denied(Fault.TOKEN_INVALID, Sentence("TOKEN_EXPIRED"))
        if method.base is Base.CORE:
            shown = public_ids(circulation, transaction).shown(place.id)
            if prepared.named != shown:
                raise Denied(Fault.ACCESS_DENIED, Sentence("TOKEN_OF_ANOTHER"))
        if method.scopes and not set(method.scopes) & set(head.scopes):
            raise Denied(Fault.SCOPE_MISSING, Sentence("SCOPE_NEEDED", scope=method.scopes[0]))
        return replace(asking, language=head.language, session=session, place=place)


def _allowed(by_verb: Mapping[str, Method]) -> Headers:
    verbs = {*by_verb, "OPTIONS"} | ({"HEAD"} if "GET" in by_verb else set())
    return (("Allow", ", ".join(sorted(verbs))),)
