"""What is wrong with a request, as FBS says it: a status, and a body for whoever reads logs.

Refusals of the rules are none of these: they are results, with status 200 (see `refusals`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import Enum

from catalogue.tracing import request_id
from protocols.fbs.messages import Answer


class Fault(Enum):
    """Its status, and the word for it in ``errorCode``."""

    MALFORMED = 400, "badRequest"
    UNAUTHORIZED = 401, "unauthorized"
    CREDENTIALS_WRONG = 403, "invalidCredentials"
    FORBIDDEN = 403, "forbidden"
    PATRON_UNKNOWN = 404, "patronNotFound"
    DATA_NOT_FOUND = 404, "dataNotFound"
    CALL_UNKNOWN = 404, "unknownOperation"
    METHOD_UNKNOWN = 405, "methodNotAllowed"
    OTHER_AGENCY = 405, "wrongAgency"
    CPR_NUMBER_EXISTS = 409, "CPR_NUMBER_EXISTS"
    TOO_MANY_REQUESTS = 429, "tooManyRequests"
    FAILED = 500, "internalError"
    RESERVATIONS_FAILED = 500, "reservationsFailed"
    UNAVAILABLE = 503, "unavailable"
    OUTCOME_UNKNOWN = 503, "outcome_unknown"

    @property
    def status(self) -> int:
        return self.value[0]


class Denied(Exception):
    """The request is not answered, and what was written for it is undone.

    `text` never holds what was sent, which may be a PIN or a national number; `fields` names what
    of it is wrong.
    """

    def __init__(
        self,
        fault: Fault,
        text: str,
        fields: Sequence[str] = (),
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(text)
        self.fault = fault
        self.text = text
        self.fields = tuple(fields)
        self.headers = headers

    def answer(self) -> Answer:
        told = {
            "correlationId": request_id() or "",
            "errorCode": self.fault.value[1],
            "message": self.text,
            "validationErrors": list(self.fields),
        }
        return Answer(self.fault.status, json.dumps(told).encode(), self.headers)


def malformed(field: str, text: str) -> Denied:
    return Denied(Fault.MALFORMED, f"{field}: {text}", (field,))


def no_patron() -> Denied:
    """There is none, or none whom the caller may ask for: nobody learns which."""
    return Denied(Fault.PATRON_UNKNOWN, "there is no such patron")
