"""The URIs of the lists that coded values of version 1 come from (Z39.83-1, scheme registry).

Version 1 demands a Scheme with every value. Lists that are missing here are the agency's own.
"""

from __future__ import annotations

_BASE = "http://www.niso.org/ncip/v1_0"
_MEDIA_TYPES = "http://www.iana.org/assignments/media-types"
_LANGUAGES = "http://lcweb.loc.gov/standards/iso639-2/bibcodes.html"

#: Closed lists, whose URIs contain the name of the element twice.
_CLOSED = """
    AgencyAddressRoleType AuthenticationInputType BibliographicItemIdentifierCode
    BibliographicLevel BibliographicRecordIdentifierCode CirculationStatus ComponentIdentifierType
    FiscalActionType FiscalTransactionType ItemDescriptionLevel ItemUseRestrictionType LocationType
    MediumType OrganizationNameType PaymentMethodType PhysicalAddressType PhysicalConditionType
    RequestScopeType RequestStatusType RequestType RequestedActionType SecurityMarker
    UnstructuredAddressType UserAddressRoleType VisibleItemIdentifierType
    VisibleUserIdentifierType"""
#: Lists of element types, which are kept elsewhere.
_ELEMENTS = "AgencyElementType ItemElementType RequestElementType UserElementType"


def _closed(name: str) -> str:
    return f"{_BASE}/imp1/schemes/{name.lower()}/{name.lower()}.scm"


#: The URI of the list of each element, by its name in version 1.
SCHEMES: dict[str, str] = {
    **{name: _closed(name) for name in _CLOSED.split()},
    **{name: f"{_BASE}/schemes/{name.lower()}/{name.lower()}.scm" for name in _ELEMENTS.split()},
    "AcknowledgedItemUseRestrictionType": _closed("ItemUseRestrictionType"),
    "RequiredItemUseRestrictionType": _closed("ItemUseRestrictionType"),
    "AuthenticationDataFormatType": _MEDIA_TYPES,
    "ElectronicDataFormatType": _MEDIA_TYPES,
    "ElectronicAddressType": "http://www.iana.org/assignments/uri-schemes",
    "CurrencyCode": (
        "http://www.bsi-global.com/Technical+Information/Publications/_Publications/tig90x.doc"
    ),
    "Language": _LANGUAGES,
    "UserLanguage": _LANGUAGES,
}

#: The list of messaging errors, and that of the processing errors of every service.
MESSAGING_ERRORS = f"{_BASE}/schemes/messagingerrortype/messagingerrortype.scm"
GENERAL_ERRORS = f"{_BASE}/schemes/processingerrortype/generalprocessingerror.scm"


def processing_errors(service: str) -> str:
    """The list of the processing errors of one service."""
    return f"{_BASE}/schemes/processingerrortype/{service.lower()}processingerror.scm"
