"""NCIP messages by the standard's names: a dataclass for each element that has children.

Z39.83-1-2012, 5.3 to 5.5, and the 2.02 schema. There is a field, in snake case, for each child
that is read or written; `protocols.ncip.models.layouts` says how. Every field may be absent: what a
service needs is for its handler to say, what an answer must have is checked when it is written.
"""

from __future__ import annotations

from dataclasses import field
from datetime import datetime
from typing import Protocol

from protocols.ncip.models.elements import element

# Values


@element
class Code:
    """A value of an open list, with the URI of its list where one was given."""

    value: str
    scheme: str | None = None


# Identifiers and headers


@element
class UserId:
    agency_id: Code | None = None
    user_identifier_type: Code | None = None
    user_identifier_value: str | None = None


@element
class ItemId:
    agency_id: Code | None = None
    item_identifier_type: Code | None = None
    item_identifier_value: str | None = None


@element
class RequestId:
    agency_id: Code | None = None
    request_identifier_type: Code | None = None
    request_identifier_value: str | None = None


@element
class FromAgencyId:
    agency_id: Code | None = None


@element
class ToAgencyId:
    agency_id: Code | None = None


@element
class OnBehalfOfAgency:
    agency_id: Code | None = None


@element
class InitiationHeader:
    """Who asks whom. The authentications are secrets: they are in no repr."""

    from_system_id: Code | None = None
    from_system_authentication: str | None = field(default=None, repr=False)
    from_agency_id: FromAgencyId | None = None
    from_agency_authentication: str | None = field(default=None, repr=False)
    on_behalf_of_agency: OnBehalfOfAgency | None = None
    to_system_id: Code | None = None
    to_agency_id: ToAgencyId | None = None
    application_profile_type: Code | None = None


@element
class ResponseHeader:
    from_system_id: Code | None = None
    from_agency_id: FromAgencyId | None = None
    to_system_id: Code | None = None
    to_agency_id: ToAgencyId | None = None


@element
class Problem:
    """Why not. `problem_value` is never a secret."""

    problem_type: Code | None = None
    problem_detail: str | None = None
    problem_element: str | None = None
    problem_value: str | None = None


@element
class AuthenticationInput:
    """One thing a user typed: an identifier, or a secret. In no repr."""

    authentication_input_data: str | None = field(default=None, repr=False)
    authentication_data_format_type: Code | None = None
    authentication_input_type: Code | None = None


# Requests


@element
class MandatedAction:
    """The initiator has done it already: it is to be recorded, whatever the rules say."""

    date_event_occurred: datetime | None = None


@element
class OtherService:
    """A request for one of the services that Tiro does not offer: only its header is read."""

    service: str
    initiation_header: InitiationHeader | None = None


@element
class LookupVersion:
    """Which versions? Asked outright, or by a message in a version that is not spoken here.

    It belongs to no version: its schema is ncip_version.xsd.
    """

    from_agency_id: Code | None = None
    to_agency_id: Code | None = None


# What is told about users


# What is told about items


@element
class Amount:
    """Money: `monetary_value` in minor units of an ISO 4217 currency."""

    currency_code: Code | None = None
    monetary_value: int | None = None


# Responses


@element
class RequiredFeeAmount:
    """What it would cost, in the answer of a refusal."""

    currency_code: Code | None = None
    monetary_value: int | None = None


@element
class Refusal:
    """The response of any service that could not be carried out: its Problems.

    `service` None stands for a message whose service cannot be told: the Problems are then the
    children of NCIPMessage. `required_fee_amount` is what it would cost, where that is why.
    """

    service: str | None
    problem: tuple[Problem, ...]
    response_header: ResponseHeader | None = None
    required_fee_amount: RequiredFeeAmount | None = None


@element
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
