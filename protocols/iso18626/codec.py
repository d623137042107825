"""Documents <-> messages of ISO 18626. Reading is lenient: one reader for both versions, whatever
the order, the prefixes and the attribute ``version``, which says nothing in practice. Writing is
strict: what comes out is valid by the schema of its version.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any, Final

from lxml import etree

from protocols.iso18626.codes import (
    NAMESPACE,
    ONLY_2021,
    Action,
    ErrorType,
    ReasonForMessage,
    RequestType,
    ServiceType,
    Status,
    Version,
)
from protocols.iso18626.messages import (
    Address,
    AgencyId,
    BibliographicInfo,
    Confirmation,
    DeliveryInfo,
    Error,
    Header,
    Identifier,
    Incoming,
    MalformedMessage,
    Message,
    Request,
    RequestingAgencyMessage,
    RetryInfo,
    ServiceInfo,
    SupplyingAgencyMessage,
)
from protocols.iso18626.reading import Part, local_name
from protocols.iso18626.writing import document
from protocols.iso18626.writing_messages import message_content
from protocols.wire.moments import LocalTime
from protocols.wire.xml_documents import MalformedDocument, parse_answer, parse_document

REQUEST: Final = "request"
FROM_SUPPLIER: Final = "supplyingAgencyMessage"
FROM_REQUESTER: Final = "requestingAgencyMessage"
KINDS: Final = (REQUEST, FROM_SUPPLIER, FROM_REQUESTER)
CONFIRMATION: Final = "Confirmation"
#: The longest id that is taken: it must come back as it was.
LONGEST_ID: Final = 255
_MOST_ADDRESSES: Final = 10
#: How many numbers of a title are looked for.
_MOST_NUMBERS: Final = 50
#: Reasons that are nothing without a status.
_TELLS_STATUS: Final = (ReasonForMessage.REQUEST_RESPONSE, ReasonForMessage.STATUS_CHANGE)
#: When a peer has confirmed that does not say it.
_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


def decode(data: bytes, zone: tzinfo | None = None) -> Incoming:
    """The message in a document; raises MalformedMessage for anything else.

    `zone` applies to times without one, and says when a day ends on which something is due.
    """
    local = LocalTime(zone)
    try:
        root = parse_document(data, NAMESPACE)
    except MalformedDocument as error:
        kind = next((each for each in KINDS if f"{each}>".encode() in data[:4096]), REQUEST)
        raise MalformedMessage(kind, ErrorType.BADLY_FORMED_MESSAGE, str(error)) from None
    name, body = _body(root, local)
    header_part = body.part("header")
    header = _header(header_part)
    version = _version(root, body)
    reader = _Reader(name, header, version, body)
    if not header_part.is_there:
        raise reader.refused(ErrorType.UNRECOGNISED_DATA_ELEMENT, "the header is missing")
    if header.requesting_agency_id is None:
        raise reader.refused(ErrorType.UNRECOGNISED_DATA_VALUE, "requestingAgencyId is missing")
    if not header.requesting_agency_request_id:
        why = "requestingAgencyRequestId is missing"
        raise reader.refused(ErrorType.UNRECOGNISED_DATA_VALUE, why)
    if len(header.requesting_agency_request_id) > LONGEST_ID:
        why = f"requestingAgencyRequestId is longer than {LONGEST_ID} characters"
        raise reader.refused(ErrorType.UNRECOGNISED_DATA_VALUE, why)
    message = reader.message()
    return Incoming(message, version, local.met)


def _body(root: etree._Element, local: LocalTime) -> tuple[str, Part]:
    """The message in its envelope. Raises MalformedMessage."""
    whole = Part(root, local)
    if local_name(root) != "ISO18626Message":
        why = "the document is no ISO18626Message"
        raise MalformedMessage(REQUEST, ErrorType.BADLY_FORMED_MESSAGE, why)
    found = [name for name in KINDS if whole.part(name).is_there]
    if len(found) != 1 or len(whole.parts(found[0])) != 1:
        kind = found[0] if found else REQUEST
        why = "one request, supplyingAgencyMessage or requestingAgencyMessage is expected"
        raise MalformedMessage(kind, ErrorType.UNRECOGNISED_DATA_ELEMENT, why)
    return found[0], whole.part(found[0])


def _version(root: etree._Element, body: Part) -> Version:
    """The version in which the sender seems to write."""
    said = [str(value) for name, value in root.items() if str(name).endswith("version")]
    if any("2021" in each for each in said):
        return Version.V2021
    if body.part("header").part("multipleItemRequestId").is_there or not said:
        return Version.V1_2
    is_newer = body.part("retryInfo").is_there or body.part("shippingInfo").is_there
    return Version.V2021 if is_newer else Version.V1_2


def _agency(part: Part) -> AgencyId | None:
    value = part.text("agencyIdValue")
    return AgencyId(value[:LONGEST_ID], part.text("agencyIdType")[:64]) if value else None


def _header(part: Part) -> Header:
    proof = part.part("requestingAgencyAuthentication")
    return Header(
        _agency(part.part("supplyingAgencyId")),
        _agency(part.part("requestingAgencyId")),
        part.moment("timestamp"),
        part.text("requestingAgencyRequestId"),
        part.text("supplyingAgencyRequestId"),
        proof.text("accountId"),
        proof.text("securityCode"),
    )


class _Reader:
    """Reads the body of a message whose header is known."""

    def __init__(self, name: str, header: Header, version: Version, body: Part) -> None:
        self._name, self._header, self._version, self._body = name, header, version, body

    def refused(self, error: ErrorType, why: str) -> MalformedMessage:
        return MalformedMessage(self._name, error, why, self._header, self._version)

    def message(self) -> Message:
        if self._name == REQUEST:
            return self._request()
        if self._name == FROM_SUPPLIER:
            return self._from_supplier()
        return self._from_requester()

    def _request(self) -> Request:
        body, info = self._body, self._body.part("bibliographicInfo")
        return Request(
            self._header,
            _bibliographic_info(info),
            self._service_info(body.part("serviceInfo")),
            publication_date=body.part("publicationInfo").text("publicationDate"),
            requested_delivery_info=tuple(
                address
                for part in body.parts("requestedDeliveryInfo")[:_MOST_ADDRESSES]
                if (address := _address(part.part("address"))) is not None
            ),
            requesting_agency_name=body.part("requestingAgencyInfo").text("name"),
            maximum_costs=body.part("billingInfo").costs("maximumCosts"),
        )

    def _service_info(self, part: Part) -> ServiceInfo:
        kind, service = part.text("requestType"), part.text("serviceType")
        request_type = part.closed(RequestType, "requestType")
        service_type = part.closed(ServiceType, "serviceType")
        for text, code, name in (
            (kind, request_type, "requestType"),
            (service, service_type, "serviceType"),
        ):
            if text and code is None:
                why = f"{name}: {text[:64]}"
                raise self.refused(ErrorType.UNRECOGNISED_DATA_VALUE, why)
        return ServiceInfo(
            request_type or RequestType.NEW,
            part.text("requestingAgencyPreviousRequestId")[:LONGEST_ID],
            service_type or ServiceType.LOAN,
            part.text("serviceLevel"),
            part.moment("needBeforeDate", "need_before_date"),
            part.text("note"),
        )

    def _from_supplier(self) -> SupplyingAgencyMessage:
        body = self._body
        said, status = body.part("messageInfo"), body.part("statusInfo")
        reason = said.closed(ReasonForMessage, "reasonForMessage")
        if reason is None:
            why = said.text("reasonForMessage")[:64] or "reasonForMessage is missing"
            raise self.refused(ErrorType.UNSUPPORTED_REASON_FOR_MESSAGE_TYPE, why)
        code = status.closed(Status, "status")
        # An answer without a status leaves it as it was: Alma's notifications, ReShare's refusals.
        if code is None and (status.text("status") or reason in _TELLS_STATUS):
            why = f"status: {status.text('status')[:64] or 'missing'}"
            raise self.refused(ErrorType.UNRECOGNISED_DATA_VALUE, why)
        return SupplyingAgencyMessage(
            self._header,
            reason,
            code,
            status.moment("lastChange"),
            said.yes_no("answerYesNo"),
            said.text("note"),
            said.text("reasonUnfilled"),
            said.text("reasonRetry"),
            status.moment("expectedDeliveryDate"),
            status.moment("dueDate", "due_date"),
            _delivery_info(body.part("deliveryInfo")),
            _retry_info(body.part("retryInfo"), said),
            _agency(body.part("returnInfo").part("returnAgencyId")),
        )

    def _from_requester(self) -> RequestingAgencyMessage:
        action = self._body.closed(Action, "action")
        if action is None:
            why = self._body.text("action")[:64] or "action is missing"
            raise self.refused(ErrorType.UNSUPPORTED_ACTION_TYPE, why)
        return RequestingAgencyMessage(self._header, action, self._body.text("note"))


def _bibliographic_info(part: Part) -> BibliographicInfo:
    def numbers(name: str, number: str) -> tuple[Identifier, ...]:
        found = (
            Identifier(each.text(number), each.code(f"{number}Code"))
            for each in part.parts(name)[:_MOST_NUMBERS]
        )
        return tuple(each for each in found if each.identifier)

    return BibliographicInfo(
        part.text("supplierUniqueRecordId"),
        part.text("title"),
        part.text("author"),
        part.text("subtitle"),
        part.text("edition"),
        part.text("titleOfComponent"),
        part.text("authorOfComponent"),
        ", ".join(part.texts("volume")),
        part.text("issue"),
        part.text("pagesRequested"),
        numbers("bibliographicItemId", "bibliographicItemIdentifier"),
        numbers("bibliographicRecordId", "bibliographicRecordIdentifier"),
    )


def _address(part: Part) -> Address | None:
    postal, electronic = part.part("physicalAddress"), part.part("electronicAddress")
    if electronic.text("electronicAddressData"):
        data = electronic.text("electronicAddressData")
        return Address(electronic=data, electronic_type=electronic.text("electronicAddressType"))
    place = " ".join(filter(None, (postal.text("postalCode"), postal.text("locality"))))
    lines = (postal.text("line1"), postal.text("line2"), place, postal.text("country"))
    found = tuple(filter(None, lines))
    return Address(found) if found else None


def _delivery_info(part: Part) -> DeliveryInfo | None:
    if not part.is_there:
        return None
    return DeliveryInfo(
        part.moment("dateSent"),
        part.texts("itemId"),
        part.text("URL"),
        part.text("sentVia") or part.text("deliveryMethod"),
        part.texts("loanCondition"),
        part.costs("deliveryCosts"),
    )


def _retry_info(part: Part, said: Part) -> RetryInfo | None:
    """What another try needs: 1.2 says it in messageInfo."""
    found = RetryInfo(
        part.texts("loanCondition"),
        part.costs("offeredCosts") or said.costs("offeredCosts"),
        part.moment("retryAfter") or said.moment("retryAfter"),
        part.moment("retryBefore", "retry_before") or said.moment("retryBefore", "retry_before"),
    )
    return found if found != RetryInfo() else None


def encode(message: Message, version: Version) -> bytes:
    """The document of a message. Raises `writing.Unwritable`."""
    name, content = message_content(message, version)
    return document(version, name, content)


def confirmation_of(kind: str, header: Header | None, **said: Any) -> Confirmation:
    """The confirmation of a message of this kind, with the ids of its header."""
    return Confirmation(
        kind + CONFIRMATION,
        supplying_agency_id=header.supplying_agency_id if header else None,
        requesting_agency_id=header.requesting_agency_id if header else None,
        requesting_agency_request_id=(
            header.requesting_agency_request_id[:LONGEST_ID] if header else ""
        ),
        **said,
    )


def encode_confirmation(confirmation: Confirmation, version: Version) -> bytes:
    """The document of a confirmation; an action that the version has no word for is left out."""
    error = confirmation.error
    content: Mapping[str, Any] = {
        "confirmationHeader": {
            "supplyingAgencyId": _echoed(confirmation.supplying_agency_id),
            "requestingAgencyId": _echoed(confirmation.requesting_agency_id),
            "timestamp": confirmation.timestamp,
            "requestingAgencyRequestId": confirmation.requesting_agency_request_id or None,
            "timestampReceived": confirmation.timestamp_received,
            "messageStatus": "ERROR" if error else "OK",
        },
        "errorData": error and {"errorType": error.error_type, "errorValue": error.error_value},
    }
    if confirmation.reason_for_message is not None:
        content = {**content, "reasonForMessage": confirmation.reason_for_message}
    action = confirmation.action
    if action is not None and not (version is Version.V1_2 and action in ONLY_2021):
        content = {**content, "action": action}
    return document(version, confirmation.kind, content)


def _echoed(agency: AgencyId | None) -> Mapping[str, str] | None:
    if agency is None:
        return None
    return {"agencyIdType": agency.agency_id_type, "agencyIdValue": agency.agency_id_value}


def decode_confirmation(data: bytes) -> Confirmation | None:
    """What a peer has answered to a message of ours; None where that is no confirmation.

    The status counts; of which type an error is, peers write as they like.
    """
    try:
        whole = Part(parse_answer(data, NAMESPACE), LocalTime(UTC))
    except MalformedDocument:
        return None
    kinds = (f"{each}{CONFIRMATION}" for each in KINDS)
    kind = next((each for each in kinds if whole.part(each).is_there), None)
    if kind is None:
        return None
    body = whole.part(kind)
    header = body.part("confirmationHeader")
    status = header.text("messageStatus").upper()
    error = body.part("errorData")
    if status not in ("OK", "ERROR"):
        return None
    moment = header.moment("timestamp")
    return Confirmation(
        kind,
        moment or _NEVER,
        header.moment("timestampReceived") or _NEVER,
        _agency(header.part("supplyingAgencyId")),
        _agency(header.part("requestingAgencyId")),
        header.text("requestingAgencyRequestId"),
        body.closed(ReasonForMessage, "reasonForMessage"),
        body.closed(Action, "action"),
        Error(error.text("errorType") or "ERROR", error.text("errorValue"))
        if status == "ERROR"
        else None,
    )
