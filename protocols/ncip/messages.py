"""NCIP messages by the standard's names: a dataclass for each element that has children.

Z39.83-1-2012, 5.3 to 5.5, and the 2.02 schema. There is a field, in snake case, for each child that
is read or written; its marks say how. Every field may be absent: handlers say what a service needs,
and what an answer must have is checked when it is written.
"""

from dataclasses import field
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Protocol

from protocols.ncip.models.elements import KINDS, element, value_class
from protocols.ncip.models.marks import AGENCY, CODE, NUMBER, ONE, V2, Before, Since

# Values


@value_class
class Code:
    """A value of an open list, with the URI of its list if one was given."""

    value: str
    scheme: str | None = None


KINDS[Code] = CODE


@lru_cache(1024)
def agency_code(isil: str) -> Code:
    """An agency of ours as a value, which stands with each item of an answer: the same one."""
    return Code(isil)


# Identifiers and headers


@element
class UserId:
    agency_id: Annotated[Code, Before(V2, ONE, otherwise=AGENCY)] | None = None
    user_identifier_type: Annotated[Code, Since(V2)] | None = None
    user_identifier_value: Annotated[str, ONE] | None = None


@element
class ItemId:
    agency_id: Annotated[Code, Before(V2, ONE, otherwise=AGENCY)] | None = None
    item_identifier_type: Annotated[Code, Since(V2)] | None = None
    item_identifier_value: Annotated[str, ONE] | None = None


@element
class RequestId:
    agency_id: Annotated[Code, Before(V2, ONE, otherwise=AGENCY)] | None = None
    request_identifier_type: Annotated[Code, Since(V2)] | None = None
    request_identifier_value: Annotated[str, ONE] | None = None


@element
class FromAgencyId:
    agency_id: Annotated[Code, ONE] | None = None


@element
class ToAgencyId:
    agency_id: Annotated[Code, ONE] | None = None


@element
class OnBehalfOfAgency:
    agency_id: Annotated[Code, ONE] | None = None


@element
class InitiationHeader:
    """Who asks whom. The authentications are secrets and appear in no repr."""

    from_system_id: Code | None = None
    from_system_authentication: str | None = field(default=None, repr=False)
    from_agency_id: Annotated[FromAgencyId, ONE] | None = None
    from_agency_authentication: str | None = field(default=None, repr=False)
    on_behalf_of_agency: OnBehalfOfAgency | None = None
    to_system_id: Code | None = None
    to_agency_id: Annotated[ToAgencyId, ONE] | None = None
    application_profile_type: Code | None = None


@element
class ResponseHeader:
    from_system_id: Code | None = None
    from_agency_id: Annotated[FromAgencyId, ONE] | None = None
    to_system_id: Code | None = None
    to_agency_id: Annotated[ToAgencyId, ONE] | None = None


@element
class Problem:
    """A reason for a refusal. `problem_value` is never a secret."""

    problem_type: Annotated[Code, ONE] | None = None
    problem_detail: str | None = None
    problem_element: str | None = None
    problem_value: str | None = None


@element
class AuthenticationInput:
    """One thing that a user typed: an identifier, or a secret. Appears in no repr."""

    authentication_input_data: Annotated[str, ONE] | None = field(default=None, repr=False)
    authentication_data_format_type: Annotated[Code, ONE] | None = None
    authentication_input_type: Annotated[Code, ONE] | None = None


@element
class MandatedAction:
    """The initiator has done it already: it must be recorded, whatever the rules say."""

    date_event_occurred: Annotated[datetime, ONE] | None = None


@element
class Amount:
    """Money: `monetary_value` in minor units of an ISO 4217 currency."""

    currency_code: Annotated[Code, ONE] | None = None
    monetary_value: Annotated[int, NUMBER, ONE] | None = None


# The beginnings of messages


@value_class
class InitiationMessage:
    """Begins a request for a look-up (5.3), and a notification (5.5)."""

    initiation_header: Annotated[InitiationHeader, Before(V2, ONE)] | None = None


@value_class
class UpdateMessage(InitiationMessage):
    """Begins a request of an update service (5.4)."""

    mandated_action: MandatedAction | None = None


@value_class
class ResponseMessage:
    """Begins the response of any service."""

    response_header: Annotated[ResponseHeader, Before(V2, ONE)] | None = None


# Messages of every service


@value_class
class OtherService:
    """A request for a service that Tiro does not offer: only its header is read."""

    service: str
    initiation_header: InitiationHeader | None = None


@value_class
class LookupVersion:
    """Asks for the versions, explicitly or by a message in a version that is not spoken here.

    It belongs to no version: its schema is ncip_version.xsd.
    """

    from_agency_id: Code | None = None
    to_agency_id: Code | None = None


@element
class RequiredFeeAmount(Amount):
    """What it would cost, in a refusal."""


@value_class
class Refusal:
    """The response of any service that could not be carried out: its Problems.

    `service` None stands for a message whose service is unknown: the Problems are then children of
    NCIPMessage. `required_fee_amount` is what it would cost, if that is the reason.
    """

    service: str | None
    problem: tuple[Problem, ...]
    response_header: ResponseHeader | None = None
    required_fee_amount: RequiredFeeAmount | None = None


@value_class
class LookupVersionResponse:
    from_agency_id: Code | None
    to_agency_id: Code | None
    version_supported: tuple[str, ...]
    service_supported: tuple[str, ...]


class HeadedRequest(Protocol):
    """A request of any service: the dataclass of its name."""

    @property
    def initiation_header(self) -> InitiationHeader | None: ...


class HeadedResponse(Protocol):
    """A response of any service: the dataclass of its name, or a `Refusal`."""

    @property
    def response_header(self) -> ResponseHeader | None: ...


Request = HeadedRequest | LookupVersion
Response = HeadedResponse | LookupVersionResponse
