"""``/sign-on/...`` on the common HTTP port. Twisted is known here; the provider is asked in a
thread."""

from __future__ import annotations

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from twisted.internet.defer import DeferredSemaphore
from twisted.internet.threads import deferToThread
from twisted.python.failure import Failure
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from circulation.patrons.identifiers import IDENTIFIERS
from protocols.hosting.accepting import language_of
from protocols.hosting.answering import Lane, Services
from protocols.hosting.error_pages import answer_error, status_of_method
from protocols.hosting.fetching import ProviderFailed
from protocols.single_sign_on.handlers import SignOn
from protocols.single_sign_on.messages import Answer, Word
from protocols.single_sign_on.provider import NotVouched

log = logging.getLogger(__name__)
T = TypeVar("T")

_MOST_PARAMETERS = 50
#: Threads that wait for providers, which others need as well, and how many browsers wait for one.
_AT_ONCE, _WAITING = 4, 100


class SignOnResource(Resource):
    """All providers."""

    isLeaf = True  # noqa: N815

    def __init__(self, sign_on: SignOn, services: Services) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._sign_on = sign_on
        self._services = services
        self._asking = DeferredSemaphore(_AT_ONCE)

    def render(self, request: Any) -> Any:
        visit = _Visit(request, self._sign_on, self._services, self._asking)
        steps = [part.decode("latin-1") for part in request.postpath if part]
        if request.method != b"GET":
            return answer_error(request, status_of_method(request.method), [b"GET"])
        if not steps:
            visit.answer(self._sign_on.listed())
        elif steps[0] not in self._sign_on.clients:
            return answer_error(request, 404)
        elif visit.seal is None:
            visit.miss("seal_key")
        elif self._sign_on.address is None:
            visit.miss("address of [http]")
        elif (way := _WAYS.get(tuple(steps[1:]))) is None:
            return answer_error(request, 404)
        else:
            way(visit, steps[0])
        return NOT_DONE_YET


class _Visit:
    """One request."""

    def __init__(
        self, request: Any, sign_on: SignOn, services: Services, asking: DeferredSemaphore
    ) -> None:
        self._request = request
        self._asking = asking
        self._sign_on = sign_on
        self._services = services
        self.seal = IDENTIFIERS.of(services.circulation).seal
        self._language = language_of(request.getHeader("accept-language"))
        self._is_gone = False
        request.notifyFinish().addErrback(self._gone)

    def _gone(self, _: Failure) -> None:
        self._is_gone = True

    @property
    def _cookies(self) -> str | None:
        sent = self._request.getHeader(b"cookie")
        return None if sent is None else sent.decode("latin-1")

    @property
    def _query(self) -> dict[str, str]:
        asked = self._request.uri.partition(b"?")[2].decode("latin-1")
        try:
            return dict(parse_qsl(asked, max_num_fields=_MOST_PARAMETERS))
        except ValueError:  # more than any provider sends
            return {}

    def begin(self, name: str) -> None:
        """To the provider."""
        sign_on, seal = self._sign_on, self.seal
        assert seal is not None
        now, then = self._services.clock(), self._query.get("then")
        pending = sign_on.begin(name, self._cookies, now, then)
        self._ask(
            lambda: sign_on.clients[name].authorization_address(
                sign_on.redirect_uri(name), pending.state, pending.nonce, pending.verifier
            ),
            lambda address: self.answer(sign_on.sent_away(address, pending, seal)),
        )

    def back(self, name: str) -> None:
        """And back, with a code."""
        sign_on, services = self._sign_on, self._services
        assert self.seal is not None
        query, language = self._query, self._language
        pending = sign_on.pending(name, query, self._cookies, self.seal, services.clock())
        if pending is None:
            self._refuse(Word.STRANGE)
        elif "code" not in query:
            told = query.get("error"), query.get("error_description")
            log.info("%s did not sign anybody in: %.100r %.300r", name, *told)
            self.answer(sign_on.denied(query, language))
        else:
            address = self._request.getClientAddress().host

            def done(answer: Any, error: BaseException | None) -> None:
                if error is not None:
                    log.error("single sign-on by %s: %s", name, error)
                    self._refuse(Word.UNREACHABLE)
                else:
                    self.answer(sign_on.welcomed(pending, answer, language))

            self._ask(
                lambda: sign_on.clients[name].claims(
                    query["code"], sign_on.redirect_uri(name), pending.nonce, pending.verifier
                ),
                lambda claims: services.perform(
                    Lane.WRITE,
                    lambda context: sign_on.signed_in(pending, claims, address, context),
                    done,
                ),
            )

    def out(self, name: str) -> None:
        """To where the provider ends its own session; ours is ended by the API."""
        sign_on = self._sign_on
        after = f"{sign_on.address}{sign_on.settings.after}"

        def go(address: str | None) -> None:
            self.answer(Answer(HTTPStatus.SEE_OTHER, "", (("Location", address or after),)))

        self._ask(lambda: sign_on.clients[name].log_out_address(after), go)

    def _ask(self, ask: Callable[[], T], then: Callable[[T], object]) -> None:
        """Asks the provider in a thread, and goes on in the reactor."""

        def failed(failure: Failure) -> None:
            error = failure.value
            if isinstance(error, NotVouched):
                log.warning("single sign-on: %s", error)
                self._refuse(Word.NOT_VOUCHED)
            elif isinstance(error, ProviderFailed):
                log.warning("single sign-on: %s", error)
                self._refuse(Word.UNREACHABLE)
            else:
                log.error("single sign-on failed: %s", failure.getTraceback())
                self._refuse(Word.UNREACHABLE)

        if len(self._asking.waiting) >= _WAITING:
            self._refuse(Word.UNREACHABLE)
            return
        asked = self._asking.run(deferToThread, ask)
        asked.addCallback(then).addErrback(failed)

    def miss(self, setting: str) -> None:
        """Refuse, as a setting is missing, which the log names."""
        log.error("single sign-on needs %s in tiro.toml", setting)
        self._refuse(Word.NOT_SET_UP)

    def _refuse(self, why: Word) -> None:
        self.answer(self._sign_on.refused(why, self._language))

    def answer(self, answer: Answer) -> None:
        if self._is_gone:
            return
        request = self._request
        request.setResponseCode(answer.status.value)
        for name, value in answer.all_headers:
            request.responseHeaders.addRawHeader(name.encode(), value.encode())
        request.write(answer.text.encode())
        request.finish()


_WAYS: dict[tuple[str, ...], Callable[[_Visit, str], None]] = {
    (): _Visit.begin,
    ("back",): _Visit.back,
    ("out",): _Visit.out,
}
