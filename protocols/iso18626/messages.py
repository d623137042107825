"""The messages of ISO 18626, as values: fields have the names of their elements.

Texts are empty and moments None where a message says nothing; a `Code` is a value of an open list,
as its sender wrote it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TypeAlias

from protocols.iso18626.codes import (
    Action,
    ErrorType,
    ReasonForMessage,
    RequestType,
    ServiceType,
    Status,
    Version,
)


@dataclass(frozen=True, slots=True)
class Code:
    """A value of an open list, and the URI of the list."""

    value: str
    scheme: str = ""


@dataclass(frozen=True, slots=True)
class AgencyId:
    """A library or a broker: the ISIL or symbol that it goes by, and of which kind that is."""

    agency_id_value: str
    agency_id_type: str = "ISIL"


@dataclass(frozen=True, slots=True)
class Header:
    """Who writes to whom about which request. One for the three kinds of messages."""

    supplying_agency_id: AgencyId | None
    requesting_agency_id: AgencyId | None
    timestamp: datetime | None
    requesting_agency_request_id: str
    supplying_agency_request_id: str = ""
    account_id: str = ""
    security_code: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Identifier:
    """The number of a title, and of which kind it is: ISBN, ISSN, FAUST, OCLC."""

    identifier: str
    code: Code


@dataclass(frozen=True, slots=True)
class Costs:
    """Money."""

    monetary_value: Decimal
    currency_code: str


@dataclass(frozen=True, slots=True)
class Address:
    """Where something goes: lines of a postal address, or an electronic one with its kind."""

    lines: tuple[str, ...] = ()
    electronic: str = ""
    electronic_type: str = ""


@dataclass(frozen=True, slots=True)
class BibliographicInfo:
    """What is wanted."""

    supplier_unique_record_id: str = ""
    title: str = ""
    author: str = ""
    subtitle: str = ""
    edition: str = ""
    title_of_component: str = ""
    author_of_component: str = ""
    volume: str = ""
    issue: str = ""
    pages_requested: str = ""
    bibliographic_item_id: tuple[Identifier, ...] = ()
    bibliographic_record_id: tuple[Identifier, ...] = ()


@dataclass(frozen=True, slots=True)
class ServiceInfo:
    """How it is wanted."""

    request_type: RequestType = RequestType.NEW
    requesting_agency_previous_request_id: str = ""
    service_type: ServiceType = ServiceType.LOAN
    service_level: str = ""
    need_before_date: datetime | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """A requester wants something: ``request``."""

    header: Header
    bibliographic_info: BibliographicInfo
    service_info: ServiceInfo = ServiceInfo()
    publication_date: str = ""
    requested_delivery_info: tuple[Address, ...] = ()
    requesting_agency_name: str = ""
    maximum_costs: Costs | None = None


@dataclass(frozen=True, slots=True)
class DeliveryInfo:
    """What was sent, or where it can be fetched."""

    date_sent: datetime | None = None
    item_id: tuple[str, ...] = ()
    url: str = ""
    sent_via: str = ""
    loan_condition: tuple[str, ...] = ()
    delivery_costs: Costs | None = None


@dataclass(frozen=True, slots=True)
class RetryInfo:
    """What would let the supplier lend it: other terms, or another time."""

    loan_condition: tuple[str, ...] = ()
    offered_costs: Costs | None = None
    retry_after: datetime | None = None
    retry_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class SupplyingAgencyMessage:
    """A supplier says how far it is: ``supplyingAgencyMessage``. It always tells the whole status,
    so that one that was lost is made good by the next."""

    header: Header
    reason_for_message: ReasonForMessage
    status: Status | None
    last_change: datetime | None = None
    answer_yes_no: bool | None = None
    note: str = ""
    reason_unfilled: str = ""
    reason_retry: str = ""
    expected_delivery_date: datetime | None = None
    due_date: datetime | None = None
    delivery_info: DeliveryInfo | None = None
    retry_info: RetryInfo | None = None
    return_agency_id: AgencyId | None = None


@dataclass(frozen=True, slots=True)
class RequestingAgencyMessage:
    """A requester does something, or wants something done: ``requestingAgencyMessage``."""

    header: Header
    action: Action
    note: str = ""


Message: TypeAlias = Request | SupplyingAgencyMessage | RequestingAgencyMessage


@dataclass(frozen=True, slots=True)
class Error:
    """Why a message is not accepted (``errorData``); read as text, as peers have types of their
    own."""

    error_type: str
    error_value: str = ""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The answer to a message in the same exchange: it was stored, or it was not accepted.

    `kind` is the name of the element: ``requestConfirmation``. `timestamp_received` is the
    timestamp of the message that is confirmed.
    """

    kind: str
    timestamp: datetime
    timestamp_received: datetime
    supplying_agency_id: AgencyId | None = None
    requesting_agency_id: AgencyId | None = None
    requesting_agency_request_id: str = ""
    reason_for_message: ReasonForMessage | None = None
    action: Action | None = None
    error: Error | None = None


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message as it was read, and the version in which its sender seems to write.

    `has_local_times`: it holds times without a zone, or days, which were taken as UTC;
    `codec.decode` reads them correctly if it is given the zone.
    """

    message: Message
    version: Version
    has_local_times: bool = False


class MalformedMessage(Exception):
    """These bytes are no message that can be dealt with. The rest says how to answer: the kind of
    confirmation, the error, and the header as far as it could be read."""

    def __init__(
        self,
        kind: str,
        error: ErrorType,
        value: str,
        header: Header | None = None,
        version: Version = Version.V1_2,
    ) -> None:
        super().__init__(value)
        self.kind = kind
        self.error = Error(error.value, value)
        self.header = header
        self.version = version
