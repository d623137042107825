"""The elements of both versions: which children each has, in which order, and how often.

``?``: may be missing; ``*``: may be missing or come several times; otherwise once. A name before a
dot is the element around it, where the same name has several layouts. What is in no table here has
text alone. Source: the XML schemas of ISO 18626, versions 1.2 (2017) and 2021-2.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from protocols.iso18626.codes import Version


class Child(NamedTuple):
    """A child in the layout of its parent."""

    name: str
    is_needed: bool
    is_many: bool


_SHARED = """
supplyingAgencyId: agencyIdType agencyIdValue
requestingAgencyId: agencyIdType agencyIdValue
returnAgencyId: agencyIdType agencyIdValue
requestingAgencyAuthentication: accountId? securityCode?
bibliographicRecordId: bibliographicRecordIdentifierCode bibliographicRecordIdentifier
maximumCosts: currencyCode monetaryValue
offeredCosts: currencyCode monetaryValue
deliveryCosts: currencyCode monetaryValue
address: electronicAddress? physicalAddress?
electronicAddress: electronicAddressType electronicAddressData
physicalAddress: line1? line2? locality? postalCode? region? country?
billingInfo: paymentMethod? maximumCosts? billingMethod? billingName? address?
supplierInfo: sortOrder? supplierCode? supplierDescription? bibliographicRecordId? callNumber? \
summaryHoldings? availabilityNote?
supplierCode: agencyIdType agencyIdValue
patronInfo: patronId? surname? givenName? patronType? sendToPatron? address*
requestingAgencyInfo: name? contactName? address*
statusInfo: status expectedDeliveryDate? dueDate? lastChange
returnInfo: returnAgencyId? name? physicalAddress?
errorData: errorType errorValue?
requestingAgencyMessage: header action note?
"""

_V1_2 = """
request: header bibliographicInfo publicationInfo? serviceInfo? supplierInfo* \
requestedDeliveryInfo* requestingAgencyInfo? patronInfo? billingInfo?
header: supplyingAgencyId requestingAgencyId multipleItemRequestId timestamp \
requestingAgencyRequestId supplyingAgencyRequestId? requestingAgencyAuthentication?
bibliographicInfo: supplierUniqueRecordId? title? author? subtitle? seriesTitle? edition? \
titleOfComponent? authorOfComponent? volume? issue? pagesRequested? estimatedNoPages? \
bibliographicItemId* sponsor? informationSource? bibliographicRecordId*
bibliographicItemId: bibliographicItemIdentifier bibliographicItemIdentifierCode
publicationInfo: publisher? publicationType? publicationDate? placeOfPublication?
serviceInfo: requestType? requestSubType* requestingAgencyPreviousRequestId? serviceType \
serviceLevel? preferredFormat? needBeforeDate? copyrightCompliance? anyEdition? startDate? \
endDate? note?
requestedDeliveryInfo: sortOrder? address?
supplyingAgencyMessage: header messageInfo statusInfo deliveryInfo? returnInfo?
messageInfo: reasonForMessage answerYesNo? note? reasonUnfilled? reasonRetry? offeredCosts? \
retryAfter? retryBefore?
deliveryInfo: dateSent itemId? sentVia? sentToPatron? loanCondition? deliveredFormat? \
deliveryCosts?
requestConfirmation: confirmationHeader errorData?
supplyingAgencyMessageConfirmation: confirmationHeader reasonForMessage? errorData?
requestingAgencyMessageConfirmation: confirmationHeader action? errorData?
confirmationHeader: supplyingAgencyId? requestingAgencyId? timestamp requestingAgencyRequestId? \
multipleItemRequestId? timestampReceived messageStatus
"""

_V2021 = """
request: header bibliographicInfo publicationInfo? serviceInfo supplierInfo* \
requestedDeliveryInfo* requestingAgencyInfo? patronInfo? billingInfo?
request.header: supplyingAgencyId? requestingAgencyId consortialId? multipleItemRequestId? \
timestamp requestingAgencyRequestId requestingAgencyAuthentication?
supplyingAgencyMessage.header: supplyingAgencyId requestingAgencyId timestamp \
requestingAgencyRequestId supplyingAgencyRequestId?
requestingAgencyMessage.header: supplyingAgencyId requestingAgencyId consortialId? timestamp \
requestingAgencyRequestId supplyingAgencyRequestId? requestingAgencyAuthentication?
bibliographicInfo: supplierUniqueRecordId? title? author? authorId? subtitle? seriesTitle? \
edition? titleOfComponent? authorOfComponent? volume* issue? pagesRequested? estimatedNoPages? \
bibliographicItemId* sponsor? informationSource? bibliographicRecordId*
bibliographicItemId: bibliographicItemIdentifierCode bibliographicItemIdentifier
publicationInfo: publisher? publisherId? publicationType? publicationDate? placeOfPublication?
serviceInfo: requestType? requestSubType* requestingAgencyPreviousRequestId? serviceType \
serviceLevel? itemFormat? needBeforeDate? copyrightCompliance? anyEdition? preferredEdition? \
loanCondition* startDate? endDate? note?
requestedDeliveryInfo: sortOrder? address? deliveryMethod? courierName?
supplyingAgencyMessage: header messageInfo statusInfo retryInfo? deliveryInfo? shippingInfo? \
returnInfo?
messageInfo: reasonForMessage answerYesNo? note? reasonUnfilled? reasonRetry?
retryInfo: loanCondition* edition* itemFormat* volume* serviceType? serviceLevel* \
deliveryMethod* courierName* offeredCosts* paymentMethod* retryBefore? retryAfter?
deliveryInfo: dateSent itemId* URL? deliveryMethod? address? sentToPatron? loanCondition* \
itemFormat? serviceType? deliveryCosts* paymentMethod?
shippingInfo: courierName? trackingId* insurance? insuranceThirdParty? thirdPartyName? \
insuranceCosts*
insuranceCosts: currencyCode monetaryValue
consortialId: agencyIdType agencyIdValue
requestConfirmation: confirmationHeader errorData*
supplyingAgencyMessageConfirmation: confirmationHeader reasonForMessage? errorData*
requestingAgencyMessageConfirmation: confirmationHeader action? errorData*
confirmationHeader: supplyingAgencyId? requestingAgencyId? timestamp requestingAgencyRequestId? \
timestampReceived messageStatus
"""


def _child(text: str) -> Child:
    return Child(text.rstrip("?*"), text[-1] not in "?*", text.endswith("*"))


def _table(*texts: str) -> dict[str, tuple[Child, ...]]:
    lines = (line.partition(":") for text in texts for line in text.strip().splitlines())
    return {name: tuple(map(_child, children.split())) for name, _, children in lines}


_LAYOUTS: Final = {
    Version.V1_2: _table(_SHARED, _V1_2),
    Version.V2021: _table(_SHARED, _V2021),
}


def layout_of(version: Version, parent: str, name: str) -> tuple[Child, ...] | None:
    """The children of an element; None for one that holds text alone."""
    table = _LAYOUTS[version]
    return table.get(f"{parent}.{name}", table.get(name))
