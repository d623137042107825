"""One exchange: the bytes of a request in, the bytes of its answer out, over any transport.

Whatever the bytes are, there is an answer, and it is NCIP.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from protocols.answering import Context, Services
from protocols.ncip.codec import Incoming, MalformedMessage, decode, encode
from protocols.ncip.dialects import Dialect
from protocols.ncip.handlers import HANDLERS
from protocols.ncip.lookups import look_up_version
from protocols.ncip.messages import (
    InitiationHeader,
    LookupVersion,
    LookupVersionResponse,
    OtherService,
    Problem,
    Refusal,
    Response,
)
from protocols.ncip.partners import Partners, agency_of, authenticate, turned_round
from protocols.ncip.problems import ProblemType, problem
from protocols.ncip.settings import NcipSettings

log = logging.getLogger(__name__)

Reply = Callable[[bytes], None]


class Exchange:
    """Answers documents with documents; one for all listeners of NCIP."""

    def __init__(self, settings: NcipSettings, services: Services) -> None:
        self._partners = Partners(settings)
        self._services = services
        self._own_agency = settings.branch or next(
            (partner.branch for partner in settings.partners), ""
        )

    def answer(self, document: bytes, reply: Reply) -> None:
        """Calls `reply` once with the answer, at once or later, in the reactor's thread."""
        try:
            incoming = decode(document)
        except MalformedMessage as error:
            reply(encode(Refusal(None, (error.problem,)), error.dialect))
            return
        except Exception:
            log.exception("a message could not be read")
            failed = problem(ProblemType.TEMPORARY_PROCESSING_FAILURE)
            reply(encode(Refusal(None, (failed,))))
            return
        self._carry_out(incoming, reply)

    def _carry_out(self, incoming: Incoming, reply: Reply) -> None:
        request, dialect = incoming.request, incoming.dialect
        if isinstance(request, LookupVersion):
            reply(encode(look_up_version(request, self._own_agency), dialect))
            return
        service, header = _service(request), request.initiation_header
        if isinstance(request, OtherService):
            refused = problem(
                ProblemType.UNSUPPORTED_SERVICE, "this service is not offered here", service
            )
            reply(self._written(Refusal(service, (refused,)), service, header, dialect))
            return
        handler, lane = HANDLERS[type(request)]

        def work(context: Context) -> Response:
            self._partners.follow(context)
            caller = self._partners.find(service, header)
            if isinstance(caller, Problem):
                return Refusal(service, (caller,))
            failed = authenticate(caller, header, context.circulation.pins)
            if failed is not None:
                return Refusal(service, (failed,))
            return handler(request, caller, context)

        def done(response: Any, error: BaseException | None) -> None:
            if error is not None:
                agency = agency_of(header)
                who = agency.value[:64] if agency else "a partner without a name"
                log.error("%s for %r failed", service, who, exc_info=error)
                response = _failure(service)
            reply(self._written(response, service, header, dialect))

        self._services.perform(lane, work, done)

    def _written(
        self, response: Response, service: str, header: InitiationHeader | None, dialect: Dialect
    ) -> bytes:
        """The answer with its header; a failure of ours where it would not be valid."""
        turned = turned_round(header, self._own_agency)
        try:
            return encode(_headed(response, turned), dialect)
        except Exception:  # a fault of ours must not leave the caller without an answer
            log.exception("the answer to %s could not be written", service)
            return encode(_headed(_failure(service), turned), dialect)


def _service(request: Any) -> str:
    return request.service if isinstance(request, OtherService) else type(request).__name__


def _headed(response: Response, header: Any) -> Response:
    if header is None or isinstance(response, LookupVersionResponse):
        return response
    return replace(response, response_header=header)


def _failure(service: str) -> Refusal:
    return Refusal(service, (problem(ProblemType.TEMPORARY_PROCESSING_FAILURE),))
