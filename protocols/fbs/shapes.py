"""What each version of FBS shows of an answer: the fields of its models, as data.

A handler gives one internal answer with all that is known, fields by the names of FBS; a shape
takes from it what a version has. What is not known is left out: null is nowhere asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

Shape = Callable[[Any], Any]


def plain(value: Any) -> Any:
    """As it is: a text, a number, a list of them."""
    return value


def fields(*names: str, **nested: Shape) -> Shape:
    """An object with these fields; `nested` are those that have a shape of their own."""
    taken: Mapping[str, Shape] = {**dict.fromkeys(names, plain), **nested}

    def shaped(value: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: value[name] if shape is plain else shape(value[name])
            for name, shape in taken.items()
            if value.get(name) is not None
        }

    return shaped


def each(shape: Shape) -> Shape:
    """A list of such."""
    return lambda values: [shape(value) for value in values]


# Patrons

_ADDRESS: Final = fields("country", "city", "street", "coName", "postalCode")
_ADDRESS_V3: Final = fields(
    "country", "city", "street", "coName", "postalCode", "district", "subDistrict"
)
_PERIOD: Final = fields("from", "to")
_BLOCK: Final = each(fields("blockedReason", "blockedSince", "message"))
_EMAILS_V1: Final = each(fields("emailAddress", "receiveNotification"))
_EMAILS_V2: Final = each(fields("emailAddress", "receiveNotification", "verified"))
_PHONES: Final = each(fields("phoneNumber", "receiveNotification"))

#: What all patrons have.
_COMMON: Final = (
    *("patronId", "name", "preferredPickupBranch", "allowBookings", "defaultInterestPeriod"),
    "receivePostalMail",
)
_SINGLE: Final = ("emailAddress", "phoneNumber", "receiveEmail", "receiveSms")
_NESTED: Final[dict[str, Shape]] = {"onHold": _PERIOD, "blockStatus": _BLOCK}
_V2: Final[dict[str, Shape]] = {**_NESTED, "address": _ADDRESS, "secondaryAddress": _ADDRESS}
_V3: Final[dict[str, Shape]] = {**_NESTED, "address": _ADDRESS_V3, "secondaryAddress": _ADDRESS_V3}
_LISTS_V1: Final[dict[str, Shape]] = {
    **_V3,
    "emailAddresses": _EMAILS_V1,
    "phoneNumbers": _PHONES,
}
_LISTS_V2: Final[dict[str, Shape]] = {**_LISTS_V1, "emailAddresses": _EMAILS_V2}
_PERSON: Final = ("birthday", "resident")
_SPOKEN: Final = ("preferredLanguage",)
_PROTOCOLS: Final = ("notificationProtocols",)

_PATRON: Final = fields(
    *_COMMON, *_SINGLE, *_PERSON, **_NESTED, address=_ADDRESS, coAddress=_ADDRESS
)
_PATRON_V3: Final = fields(*_COMMON, *_SINGLE, *_PERSON, *_SPOKEN, **_V2)
_PATRON_V5: Final = fields(*_COMMON, *_SINGLE, *_PERSON, *_SPOKEN, *_PROTOCOLS, **_V2)
_PATRON_V7: Final = fields(
    *_COMMON, *_SINGLE, *_PERSON, *_SPOKEN, *_PROTOCOLS, "guardianVisibility", **_V2
)
_LATEST: Final = (
    *("guardianVisibility", "keepLoanHistoricalData"),
    "hasNationalRegistrySynchronizationConsent",
)
_PATRON_V8: Final = fields(*_COMMON, *_SINGLE, *_PERSON, *_SPOKEN, *_PROTOCOLS, *_LATEST, **_V2)
_PATRON_V9: Final = fields(*_COMMON, *_SINGLE, *_PERSON, *_SPOKEN, *_PROTOCOLS, *_LATEST, **_V3)


def _authenticated(patron: Shape) -> Shape:
    """With the status in a word (from V5 on)."""
    return fields("authenticateStatus", patron=patron)


AUTHENTICATED_V1: Final = fields("authenticated", patron=_PATRON)
AUTHENTICATED_V3: Final = fields("authenticated", patron=_PATRON_V3)
AUTHENTICATED_V5: Final = _authenticated(_PATRON_V3)
AUTHENTICATED_V6: Final = _authenticated(_PATRON_V5)
AUTHENTICATED_V8: Final = _authenticated(_PATRON_V7)
AUTHENTICATED_V9: Final = _authenticated(_PATRON_V8)
AUTHENTICATED_V10: Final = _authenticated(_PATRON_V9)
AUTHENTICATION: Final = fields("authenticateStatus", "patronId", "patronType")

_OF_ALL: Final = (*_COMMON, *_SPOKEN, *_PROTOCOLS)
#: By the kind of patron and version: what each adds to what all have.
OF_KIND: Final[dict[tuple[str, str], Shape]] = {
    (kind, version): fields(*_OF_ALL, *own, *extra, **nested)
    for kind, own in (
        ("person", (*_PERSON, "guardianVisibility")),
        ("company", ("contactPerson", "companyIdentifier")),
        ("group", ("contactPerson",)),
        ("library", ("isil",)),
    )
    for version, extra, nested in (
        ("", (*_SINGLE, *(("cvr",) if kind == "company" else ())), _V2),
        ("v2", (), _LISTS_V1),
        ("v3", (), _LISTS_V2),
        ("v4", (), _LISTS_V2),
    )
}

# Material

_PERIODICAL: Final = fields("volume", "volumeYear", "volumeNumber", "displayText")
_GROUP: Final = fields("name", "description")
_INTERLIBRARY: Final = fields(
    *("recordId", "mediumType", "title", "author", "isbn", "issn", "language", "publicationDate"),
    *("edition", "publisher", "placeOfPublication"),
)
_OF_LOAN: Final = (
    *("loanId", "materialItemNumber", "recordId", "loanDate", "dueDate", "loanType"),
)
_LOAN_V1: Final = fields(
    *_OF_LOAN,
    "materialGroupName",
    periodical=_PERIODICAL,
    ilBibliographicRecord=_INTERLIBRARY,
)
_LOAN_V2: Final = fields(
    *_OF_LOAN,
    materialGroup=_GROUP,
    periodical=_PERIODICAL,
    ilBibliographicRecord=_INTERLIBRARY,
)
_OF_RENEWAL: Final = ("isRenewable", "isLongtermLoan", "renewalStatusList")
LOANS_V1: Final = each(fields(*_OF_RENEWAL, loanDetails=_LOAN_V1))
LOANS_V2: Final = each(fields(*_OF_RENEWAL, loanDetails=_LOAN_V2))
RENEWED_V1: Final = each(fields("renewalStatus", loanDetails=_LOAN_V1))
RENEWED_V2: Final = each(fields("renewalStatus", loanDetails=_LOAN_V2))
LOANS_WITH_HISTORY: Final = fields(
    loans=LOANS_V2,
    historicalMaterialLoans=each(
        fields(
            *_OF_LOAN,
            "returnedDate",
            periodical=_PERIODICAL,
            ilBibliographicRecord=_INTERLIBRARY,
        )
    ),
)

_OF_RESERVATION: Final = (
    *("reservationId", "recordId", "pickupBranch", "expiryDate", "dateOfReservation", "state"),
    *("numberInQueue", "pickupDeadline", "pickupNumber"),
)
_MATERIAL: Final[dict[str, Shape]] = {
    "periodical": _PERIODICAL,
    "ilBibliographicRecord": _INTERLIBRARY,
}
_RESERVATION_V1: Final = fields(*_OF_RESERVATION, "loanType", **_MATERIAL)
_TOGETHER: Final = (*_OF_RESERVATION, "transactionId", "reservationType")
_RESERVATION_V2: Final = fields(*_TOGETHER, **_MATERIAL)
_RESERVATION_V3: Final = fields(*_TOGETHER, "activationDate", **_MATERIAL)
_RESERVATION_V4: Final = fields(
    *_TOGETHER, "activationDate", "estimatedDaysUntilReservation", **_MATERIAL
)
RESERVATIONS_V1: Final = each(_RESERVATION_V1)
RESERVATIONS_V2: Final = each(_RESERVATION_V2)
RESERVATIONS_V3: Final = each(_RESERVATION_V3)
RESERVATIONS_V4: Final = each(_RESERVATION_V4)


def _response(details: Shape) -> Shape:
    wanted = fields("volume", "volumeYear", "volumeNumber")
    result = fields("recordId", "result", periodical=wanted, reservationDetails=details)
    return fields("success", reservationResults=each(result))


RESERVED_V1: Final = _response(_RESERVATION_V1)
RESERVED_V2: Final = _response(_RESERVATION_V2)
RESERVED_V3: Final = _response(_RESERVATION_V3)
RESERVED_V4: Final = _response(_RESERVATION_V4)

# Money

_OF_FEE: Final = (
    *("feeId", "amount", "payableByClient", "reasonMessage", "type", "creationDate", "dueDate"),
    "paidDate",
)
_OF_MATERIAL: Final = ("materialItemNumber", "recordId")
FEES_V1: Final = each(
    fields(
        *_OF_FEE,
        materials=each(fields(*_OF_MATERIAL, "materialGroupName", periodical=_PERIODICAL)),
    )
)
FEES_V2: Final = each(
    fields(
        *_OF_FEE,
        materials=each(fields(*_OF_MATERIAL, materialGroup=_GROUP, periodical=_PERIODICAL)),
    )
)
TRANSACTIONS: Final = each(
    fields("amount", "creationTime", "type", "feeId", "transactionId", "parentTransactionId")
)
PAYMENTS: Final = each(fields("orderId", "confirmationId", "feeId", "paymentStatus"))

# Catalogue and places

BRANCHES: Final = each(fields("branchId", "title"))


def patron_group(value: Mapping[str, Any]) -> dict[str, Any]:
    """A group with those below it."""
    names = ("patronGroupId", "name", "description", "membersCount")
    children = [patron_group(child) for child in value["childGroups"]]
    return {name: value[name] for name in names} | {"childGroups": children}


DEPARTMENTS: Final = each(fields("departmentId", "title"))
LOCATIONS: Final = each(fields("locationId", "title"))
SUBLOCATIONS: Final = each(fields("sublocationId", "title"))
SECTIONS: Final = each(fields("sectionId", "title"))
AVAILABILITY_V1: Final = each(fields("recordId", "reservable", "available"))
AVAILABILITY_V3: Final = each(fields("recordId", "reservable", "available", "reservations"))

_BRANCH: Final = fields("branchId", "title")
_PLACES_V3: Final[dict[str, Shape]] = {
    "department": fields("departmentId", "title"),
    "location": fields("locationId", "title"),
    "sublocation": fields("sublocationId", "title"),
}
_PLACES: Final[dict[str, Shape]] = {**_PLACES_V3, "section": fields("sectionId", "title")}
_COPY: Final = ("itemNumber", "available")
_COPIES_V1: Final = each(fields(*_COPY, "materialGroupName", periodical=_PERIODICAL))
_COPIES_V3: Final = each(fields(*_COPY, materialGroup=_GROUP, periodical=_PERIODICAL))
_COPIES_V4: Final = each(fields(*_COPY, "returnDate", materialGroup=_GROUP, periodical=_PERIODICAL))


def _holdings(copies: Shape, *names: str, **places: Shape) -> Shape:
    there = each(fields("logisticsPlacement", branch=_BRANCH, materials=copies, **places))
    return each(fields("recordId", "reservable", *names, holdings=there))


def _without_logistics(copies: Shape, *names: str, **places: Shape) -> Shape:
    there = each(fields(branch=_BRANCH, materials=copies, **places))
    return each(fields("recordId", "reservable", *names, holdings=there))


HOLDINGS_V1: Final = _without_logistics(_COPIES_V1, **_PLACES_V3)
HOLDINGS_V2: Final = _without_logistics(_COPIES_V1, "reservations", **_PLACES_V3)
HOLDINGS_V3: Final = _without_logistics(_COPIES_V3, "reservations", **_PLACES_V3)
HOLDINGS_V4: Final = _without_logistics(_COPIES_V3, "reservations", **_PLACES)
HOLDINGS_V5: Final = _without_logistics(_COPIES_V4, "reservations", **_PLACES)
LOGISTICS_V1: Final = _holdings(_COPIES_V3, "reservations", lmsPlacement=fields(**_PLACES))
LOGISTICS_V2: Final = _holdings(_COPIES_V4, "reservations", lmsPlacement=fields(**_PLACES))

# The rest

CONSENTS: Final = each(fields("consentType", "consentDate"))
IDENTIFIERS: Final = each(fields("identifier", "identifierType", "status", "expiryDate"))
SESSION: Final = fields("sessionKey")
INTERLIBRARY_ANSWER: Final = fields("successful", "result")

# Bookings

_BOOKING: Final = fields(
    *("bookingId", "recordId", "preferredMaterials", "minimumMaterials", "note", "patronGroupId"),
    *("automaticForwardLoan", "state", "requestedFromBranchId", "deliverBranchId"),
    period=_PERIOD,
)
BOOKINGS: Final = each(_BOOKING)
BOOKED: Final = each(fields("result", booking=_BOOKING))
WHAT_IS_BOOKED: Final = each(
    fields(
        *("branchId", "grossNumberAvailable"),
        bookingInfo=each(fields("preferredMaterials", period=_PERIOD)),
    )
)
