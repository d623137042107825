"""Messages -> content: where each field stands in either version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from protocols.iso18626.codes import Version
from protocols.iso18626.messages import (
    Address,
    AgencyId,
    BibliographicInfo,
    Code,
    Costs,
    DeliveryInfo,
    Header,
    Identifier,
    Message,
    Request,
    RequestingAgencyMessage,
    RetryInfo,
    SupplyingAgencyMessage,
)

#: Where the open lists are.
_LISTS: Final = "http://illtransactions.org/ISO18626/OpenCodeList/"
AGENCY_TYPES: Final = f"{_LISTS}AgencyIdTypeList-V1.0"
CURRENCIES: Final = "https://www.iso.org/iso-4217-currency-codes.html"

Fields = dict[str, Any]


def message_content(message: Message, version: Version) -> tuple[str, Fields]:
    """The name of a message's element, and what is in it."""
    if isinstance(message, Request):
        return "request", _request(message, version)
    if isinstance(message, SupplyingAgencyMessage):
        return "supplyingAgencyMessage", _from_supplier(message, version)
    return "requestingAgencyMessage", _from_requester(message, version)


def _said(**fields: Any) -> Fields:
    """What is said at all."""
    return {name: value for name, value in fields.items() if value not in (None, "", (), [], {})}


def _listed(value: str, name: str) -> Code | None:
    return Code(value, f"{_LISTS}{name}-V1.0") if value else None


def _agency(agency: AgencyId | None) -> Mapping[str, Any]:
    """1.2 demands one: peers leave it empty."""
    kind = agency.agency_id_type if agency else ""
    return {
        "agencyIdType": Code(kind, AGENCY_TYPES if kind else ""),
        "agencyIdValue": agency.agency_id_value if agency else "",
    }


def _header(header: Header, version: Version, *, is_request: bool, is_proven: bool) -> Fields:
    found: Fields = {
        "supplyingAgencyId": _agency(header.supplying_agency_id),
        "requestingAgencyId": _agency(header.requesting_agency_id),
        "timestamp": header.timestamp,
        "requestingAgencyRequestId": header.requesting_agency_request_id,
    }
    if version is Version.V1_2:
        found["multipleItemRequestId"] = ""
    if header.supplying_agency_request_id and not is_request:
        found["supplyingAgencyRequestId"] = header.supplying_agency_request_id
    if header.security_code and is_proven:
        found["requestingAgencyAuthentication"] = _said(
            accountId=header.account_id, securityCode=header.security_code
        )
    return found


def _request(message: Request, version: Version) -> Fields:
    service = message.service_info
    return {
        "header": _header(message.header, version, is_request=True, is_proven=True),
        "bibliographicInfo": _bibliographic_info(message.bibliographic_info),
        **_said(
            publicationInfo=_said(publicationDate=message.publication_date),
            serviceInfo=_said(
                requestType=service.request_type,
                requestingAgencyPreviousRequestId=service.requesting_agency_previous_request_id,
                serviceType=service.service_type,
                serviceLevel=_listed(service.service_level, "ServiceLevelList"),
                needBeforeDate=service.need_before_date,
                note=service.note,
            ),
            requestedDeliveryInfo=[
                {"sortOrder": number, "address": _address(each)}
                for number, each in enumerate(message.requested_delivery_info, 1)
            ],
            requestingAgencyInfo=_said(name=message.requesting_agency_name),
            billingInfo=_said(maximumCosts=_costs(message.maximum_costs)),
        ),
    }


def _bibliographic_info(info: BibliographicInfo) -> Fields:
    def numbers(found: tuple[Identifier, ...], name: str) -> list[Fields]:
        return [{name: each.identifier, f"{name}Code": each.code} for each in found]

    return _said(
        supplierUniqueRecordId=info.supplier_unique_record_id,
        title=info.title,
        author=info.author,
        subtitle=info.subtitle,
        edition=info.edition,
        titleOfComponent=info.title_of_component,
        authorOfComponent=info.author_of_component,
        volume=info.volume,
        issue=info.issue,
        pagesRequested=info.pages_requested,
        bibliographicItemId=numbers(info.bibliographic_item_id, "bibliographicItemIdentifier"),
        bibliographicRecordId=numbers(
            info.bibliographic_record_id, "bibliographicRecordIdentifier"
        ),
    )


def _address(address: Address) -> Fields:
    if address.electronic:
        kind = _listed(address.electronic_type or "Email", "ElectronicAddressTypeList")
        return {
            "electronicAddress": {
                "electronicAddressType": kind,
                "electronicAddressData": address.electronic,
            }
        }
    lines = [*address.lines, "", "", ""]
    return {"physicalAddress": _said(line1=lines[0], line2=lines[1], locality=lines[2])}


def _costs(costs: Costs | None) -> Fields | None:
    if costs is None:
        return None
    currency = Code(costs.currency_code, CURRENCIES)
    return {"currencyCode": currency, "monetaryValue": f"{costs.monetary_value:f}"}


def _from_supplier(message: SupplyingAgencyMessage, version: Version) -> Fields:
    is_1_2 = version is Version.V1_2
    retry, answer = message.retry_info or RetryInfo(), message.answer_yes_no
    terms = {
        "offeredCosts": _costs(retry.offered_costs),
        "retryAfter": retry.retry_after,
        "retryBefore": retry.retry_before,
    }
    delivery = message.delivery_info
    note = message.note
    if is_1_2 and delivery is not None and delivery.url:  # 1.2 has no element for it
        note = "\n".join(filter(None, (note, f"URL: {delivery.url}")))
    return {
        "header": _header(message.header, version, is_request=False, is_proven=False),
        "messageInfo": _said(
            reasonForMessage=message.reason_for_message,
            answerYesNo=None if answer is None else "Y" if answer else "N",
            note=note,
            reasonUnfilled=_listed(message.reason_unfilled, "ReasonUnfilledList"),
            reasonRetry=_listed(message.reason_retry, "ReasonRetryList"),
            **(terms if is_1_2 else {}),
        ),
        "statusInfo": _said(
            status=message.status,
            expectedDeliveryDate=message.expected_delivery_date,
            dueDate=message.due_date,
            lastChange=message.last_change,
        ),
        **_said(
            retryInfo=None if is_1_2 else _said(loanCondition=_conditions(retry), **terms),
            deliveryInfo=delivery and _delivery_info(delivery, version),
            returnInfo=message.return_agency_id
            and {"returnAgencyId": _agency(message.return_agency_id)},
        ),
    }


def _conditions(found: RetryInfo | DeliveryInfo) -> list[Code | None]:
    return [_listed(each, "LoanConditionList") for each in found.loan_condition]


def _delivery_info(info: DeliveryInfo, version: Version) -> Fields:
    conditions = _conditions(info)
    common = _said(dateSent=info.date_sent, deliveryCosts=_costs(info.delivery_costs))
    if version is Version.V1_2:
        return common | _said(
            itemId=",".join(info.item_id),
            sentVia=_listed(info.sent_via, "SentViaList"),
            loanCondition=conditions[0] if conditions else None,
        )
    method = _listed(info.sent_via, "DeliveryMethodList")
    return common | _said(
        itemId=list(info.item_id), URL=info.url, deliveryMethod=method, loanCondition=conditions
    )


def _from_requester(message: RequestingAgencyMessage, version: Version) -> Fields:
    return {
        "header": _header(message.header, version, is_request=False, is_proven=True),
        "action": message.action,
        **_said(note=message.note),
    }
