"""The borrower check (borchk.xsd, namespace http://oss.dbc.dk/ns/borchk): what is asked, what is
answered."""

from __future__ import annotations

from enum import Enum
from typing import Final, NamedTuple

NAMESPACE: Final = "http://oss.dbc.dk/ns/borchk"
#: SOAP 1.1 and 1.2: an answer is in the envelope that the request came in.
ENVELOPES: Final = (
    "http://schemas.xmlsoap.org/soap/envelope/",
    "http://www.w3.org/2003/05/soap-envelope",
)


class BorrowerCheckRequest(NamedTuple):
    """`user_pincode` is None where none was sent. `envelope` is the namespace it came in."""

    service_requester: str
    library_code: str
    user_id: str
    user_pincode: str | None
    envelope: str


class Status(Enum):
    """statusType."""

    OK = "ok"
    SERVICE_NOT_LICENSED = "service_not_licensed"
    SERVICE_UNAVAILABLE = "service_unavailable"
    LIBRARY_NOT_FOUND = "library_not_found"
    BORROWERCHECK_NOT_ALLOWED = "borrowercheck_not_allowed"
    BORROWER_NOT_FOUND = "borrower_not_found"
    BORROWER_NOT_IN_MUNICIPALITY = "borrower_not_in_municipality"
    NO_USER_IN_REQUEST = "no_user_in_request"
    ERROR_IN_REQUEST = "error_in_request"
