"""Is this somebody of the library, with this PIN? What log-in platforms are answered.

All patrons come by the few addresses of a platform, so a wrong PIN counts for its card alone, and
a platform by which card after card is tried is slowed down (`FailedLogins`). A card of nobody, a
wrong PIN and a PIN that is not believed for a while are told alike. A PIN that was right before is
known again without a slow hash.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from hashlib import blake2b
from time import monotonic

from catalogue.database import DatabaseUnavailable
from catalogue.tracing import here
from circulation.kernel.results import Branch, Desk, Refused
from circulation.kernel.rights import Kind, Principal
from circulation.kernel.set_up import SetUp
from circulation.patrons.changes import patron_fields
from circulation.patrons.identifiers import (
    IDENTIFIERS,
    PatronPlace,
    find_patron,
    place_of_patron,
)
from circulation.patrons.pin_rules import let_in, look_at_pin_of_nobody
from circulation.staff.lookups import Seen, looked_at
from protocols.borrower_check.codec import MalformedRequest, decode, encode, encode_fault
from protocols.borrower_check.messages import BorrowerCheckRequest, Status
from protocols.borrower_check.settings import BorrowerCheckSettings
from protocols.hosting.answering import Context, Lane, Services
from protocols.hosting.networks import is_within
from protocols.hosting.throttle import FailedLogins
from protocols.hosting.traces import OK, REFUSED

log = logging.getLogger(__name__)

#: Status of HTTP, and what goes.
Reply = Callable[[int, bytes], None]
_ACTOR = "borrower check"


class BorrowerCheck:
    """Answers over the engines of one process."""

    def __init__(self, settings: BorrowerCheckSettings, services: Services) -> None:
        self._settings = settings
        self._services = services
        self._failed = FailedLogins()
        self._meter = services.measures.meter("borrower_check")

    def answer(self, body: bytes, host: str, reply: Reply) -> None:
        """Calls `reply` once, at once or later, whatever happens."""
        if not is_within(self._settings.addresses, host):
            reply(403, encode_fault("not from this address"))
            return
        try:
            request = decode(body)
        except MalformedRequest as error:
            reply(500, encode_fault(str(error)))
            return
        trace = self._meter.begin("borrowerCheck")

        def told(status: Status) -> None:
            self._meter.end(trace, OK if status is Status.OK else REFUSED)
            reply(200, encode(request, status))

        before, here.request = here.request, trace
        try:
            self._answer(request, host, told)
        finally:
            here.request = before

    def _answer(
        self, request: BorrowerCheckRequest, host: str, told: Callable[[Status], None]
    ) -> None:
        wrong = self._mistake_in(request)
        tried = blake2b(request.user_id.encode(), digest_size=8).hexdigest()
        if wrong is None and self._failed.is_held(host, tried, monotonic()):
            wrong = Status.BORROWER_NOT_FOUND
        if wrong is not None:
            told(wrong)
            return

        def done(status: Status | None, error: BaseException | None) -> None:
            if isinstance(error, DatabaseUnavailable):
                status = Status.SERVICE_UNAVAILABLE
            elif error is not None:
                log.error("no answer could be found to a borrower check", exc_info=error)
                status = Status.SERVICE_UNAVAILABLE
            assert status is not None
            if status is Status.OK or status is Status.BORROWER_NOT_IN_MUNICIPALITY:
                self._failed.succeeded(host, tried)
            elif status is Status.BORROWER_NOT_FOUND:
                self._failed.failed(host, tried, monotonic())
            told(status)

        self._services.perform(
            Lane.WRITE, lambda context: self._status(request, host, tried, context), done
        )

    def _mistake_in(self, request: BorrowerCheckRequest) -> Status | None:
        known = self._settings.requesters
        if known and request.service_requester not in known:
            return Status.SERVICE_NOT_LICENSED
        if not request.library_code:
            return Status.ERROR_IN_REQUEST
        if not request.user_id:
            return Status.NO_USER_IN_REQUEST
        texts = (request.library_code, request.user_id, request.user_pincode or "")
        if not all(each.isprintable() for each in texts):
            return Status.ERROR_IN_REQUEST
        if not request.user_pincode and not self._settings.without_pin:
            return Status.BORROWERCHECK_NOT_ALLOWED
        return None

    def _status(
        self, request: BorrowerCheckRequest, host: str, tried: str, context: Context
    ) -> Status:
        transaction, circulation = context.transaction, context.circulation
        branch = _library(circulation.current_set_up(transaction), request.library_code)
        if branch is None:
            return Status.LIBRARY_NOT_FOUND
        key = IDENTIFIERS.of(circulation)
        patron_id = find_patron(transaction, request.user_id, key=key)
        place = None if patron_id is None else place_of_patron(transaction, patron_id=patron_id)
        if place is not None and place.agency_id != branch.agency_id:
            place = None
        desk = Desk(_ACTOR, f"{host} {tried}", branch.agency_id, branch.id)
        if not self._is_let_in(request, place, desk, context):
            return Status.BORROWER_NOT_FOUND
        assert place is not None
        if self._settings.residents_apart and not _is_resident(place, branch, context):
            return Status.BORROWER_NOT_IN_MUNICIPALITY
        return Status.OK

    def _is_let_in(
        self, request: BorrowerCheckRequest, place: PatronPlace | None, desk: Desk, context: Context
    ) -> bool:
        act, pin = context.act(desk), request.user_pincode
        if pin:
            if place is None:
                look_at_pin_of_nobody(act, request.user_id, pin)
                return False
            return not isinstance(let_in(act, patron=request.user_id, pin=pin), Refused)
        if place is None:
            return False
        asker = Principal(
            Kind.PROGRAM, None, _ACTOR, desk.agency_id, desk.branch_id, device=desk.device
        )
        context.looked_up(looked_at(asker, Seen.OPENED, _ACTOR, patron_id=place.id))
        return True


def _library(set_up: SetUp, code: str) -> Branch | None:
    """A branch of the library with that ISIL, or a branch's; of a Danish one its digits will do."""
    wanted = _digits(code)
    for each in set_up.branches.values():
        if wanted in (_digits(each.isil), _digits(each.agency_isil)):
            return each
    return None


def _digits(isil: str) -> str:
    return isil.upper().removeprefix("DK-")


def _is_resident(place: PatronPlace, branch: Branch, context: Context) -> bool:
    """Does the patron live in the library's municipality, whose number is in the second to fourth
    digit of its own? Where nothing is known, nobody is a stranger."""
    fields = patron_fields(context.transaction, patron_id=place.id)
    number = branch.agency_isil.rpartition("-")[2][1:4]
    return fields is not None and fields.municipality in ("", number, number.lstrip("0"))
