"""Asking another library for what this one does not have."""

from __future__ import annotations

from typing import Any, Final

from circulation.interlending.asking import Wish, ask
from circulation.interlending.states import Obstacle
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Refused
from circulation.patrons.identifiers import IDENTIFIERS, find_patron, place_of_patron
from protocols.fbs.callers import must_have
from protocols.fbs.calls import Request
from protocols.fbs.handling.looking import act_for, known_by
from protocols.hosting.answering import Context
from protocols.records.naming import records_called

_OK: Final = "OK"
_RESULTS: Final = {
    Reason.PATRON_UNKNOWN: "PATRON_NOT_FOUND",
    Reason.RECORD_UNKNOWN: "RECORD_NOT_FOUND",
}


def request_item(request: Request, context: Context) -> dict[str, Any]:
    """Asks a partner of the library for a title that a patron wants."""
    result = _result(request, context)
    return {"successful": result == _OK, "result": result}


def _result(request: Request, context: Context) -> str:
    body, transaction = request.body, context.transaction
    key = IDENTIFIERS.of(context.circulation)
    patron_id = find_patron(transaction, body.enduser_id.strip(), key=key)
    place = None if patron_id is None else place_of_patron(transaction, patron_id=patron_id)
    if place is None or place.agency_id != request.agency.id:
        return "PATRON_NOT_FOUND"
    must_have(request.caller, request.call, place.agency_id, place.home_branch_id)
    records = records_called(transaction, [body.record_id]).get(body.record_id)
    if not records:
        return "RECORD_NOT_FOUND"
    answer = ask(act_for(request, context), patron=known_by(place), wish=Wish(record_id=records[0]))
    if isinstance(answer, Obstacle):
        return "SENDING_FAILURE"
    if isinstance(answer, Refused):
        return _RESULTS.get(answer.refusals[0].reason, "MATERIAL_NOT_RESERVABLE")
    return _OK
