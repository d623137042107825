"""The brokers and systems of the field, as settings of a `Partner`, by preset. A partner names a
preset and only says what is different, so that a name, a preset and a secret are enough. The
services that each of them sends, and its side, are taken from its own documentation and sources.
`services` holds what the partner may ask for; ``lends_to`` whose requests are loans to another
library: those of institutional patrons (``institutions``), all of them (``anybody``) or none
(``nobody``); `notices` what it wants to be told if it has an `address`.
"""

from __future__ import annotations

from typing import Any, Final

#: What every partner may ask.
_ASKING = ("LookupUser", "LookupItem")
#: The borrower's side of the nine core services.
_BORROWING = ("AcceptItem", "CheckOutItem", "CheckInItem", "RenewItem", "RecallItem")
_LENDING = ("RequestItem", "CancelRequestItem", "CheckOutItem", "CheckInItem", "RenewItem")
_NOTIFYING = (
    "ItemRequested",
    "ItemShipped",
    "ItemReceived",
    "ItemCheckedOut",
    "ItemCheckedIn",
    "ItemRenewed",
    "ItemRequestCancelled",
    "ItemRecalled",
    "CirculationStatusUpdated",
)
_ALL_NOTICES = (
    "shipped",
    "received",
    "checked_out",
    "checked_in",
    "renewed",
    "renewal_asked",
    "recalled",
    "lost",
    "found",
    "sent_home",
    "cancelled",
)


def _services(*groups: tuple[str, ...]) -> list[str]:
    return list(dict.fromkeys(name for group in groups for name in group))


#: What a partner without a preset may ask for: the life of a loan, as a broker drives it.
BROKER: Final = tuple(_services(_ASKING, _BORROWING, _LENDING, ("DeleteItem",)))

PRESETS: Final[dict[str, dict[str, Any]]] = {
    # One generic patron for each library; no requests, as it finds copies by Z39.50; only
    # CheckInItem says that an item goes home.
    "relais": {
        "services": _services(_ASKING, _BORROWING, _LENDING),
        "lends_to": "institutions",
        "institutions": ["RELAIS*", "D2D*", "ILL*"],
        "item_type": "ill",
        "delete_on_check_in": True,
        "notices": ["checked_in", "renewal_asked", "recalled", "lost"],
    },
    # ReShare and its successor crosslink: INST-{SYMBOL}, DeleteItem after CheckInItem.
    "reshare": {
        "services": _services(
            _ASKING,
            _BORROWING,
            _LENDING,
            ("DeleteItem", "CreateUserFiscalTransaction", "LookupRequest", "LookupItemSet"),
        ),
        "lends_to": "institutions",
        "institutions": ["INST-*"],
        "item_type": "ill",
        "email_type": "mailTo",
        # It asks for no elements, but reads from the answers where to fetch the item.
        "told_unasked": ["Item Description", "Location"],
        "notices": list(_ALL_NOTICES),
    },
    # The whole life cycle by notifications, in both directions; users of other libraries are
    # registered here one by one.
    "dcb": {
        "services": _services(
            _ASKING,
            _BORROWING,
            _LENDING,
            _NOTIFYING,
            ("LookupItemSet", "LookupRequest", "CreateUser", "UpdateUser", "DeleteItem"),
        ),
        "lends_to": "anybody",
        "item_type": "ill",
        "notices": list(_ALL_NOTICES),
    },
    "vdx": {
        "services": _services(_ASKING, _BORROWING, _LENDING),
        "lends_to": "institutions",
        "institutions": ["VDX*", "NRE*", "ILL*"],
        "item_type": "ill",
        "delete_on_check_in": True,
        "requests_at_once": 4,  # another library's failure must not become ours
    },
    "alma": {
        "services": _services(_ASKING, _BORROWING, _LENDING),
        "lends_to": "institutions",
        "institutions": ["ALMA*", "ILL*"],
        "item_type": "ill",
        "delete_on_check_in": True,
        "notices": ["checked_in", "renewal_asked", "renewed", "recalled", "lost"],
    },
    "shareit": {
        "services": _services(_ASKING, _BORROWING, _LENDING, ("DeleteItem",)),
        "lends_to": "institutions",
        "institutions": ["SHAREIT*", "AG*", "ILL*"],
        "item_type": "ill",
        "delete_on_check_in": True,
        "notices": ["received", "checked_out", "checked_in", "renewal_asked", "cancelled"],
    },
    # Addons in the client: borrowing by AcceptItem, lending by CheckOutItem, CheckInItem ends both.
    "illiad": {
        "services": _services(_ASKING, _BORROWING, ("CancelRequestItem",)),
        "lends_to": "institutions",
        "institutions": ["ILLIAD*", "ILL*"],
        "item_type": "ill",
        "delete_on_check_in": True,
    },
    "oclc": {
        "services": _services(
            _ASKING, _BORROWING, _LENDING, ("LookupRequest", "UpdateRequestItem", "LookupItemSet")
        ),
        "lends_to": "institutions",
        "institutions": ["OCLC*", "WSILL*", "ILL*"],
        "item_type": "ill",
        "delete_on_check_in": True,
        "agency_scheme": "http://oclc.org/ncip/schemes/agencyid.scm",
    },
    # bibliotek.dk asks on behalf of users, whose own holds its requests are. Users log in there and
    # change what they see, and an UpdateRequestItem that names a request has no room for a user.
    "danzig": {
        "services": _services(
            _ASKING,
            ("LookupRequest", "LookupItemSet", "RequestItem", "CancelRequestItem", "RenewItem"),
            ("UpdateRequestItem", "CreateUser", "ItemCheckedIn", "AcceptItem", "CheckInItem"),
        ),
        "lends_to": "institutions",
        "institutions": ["DK-*"],
        "item_type": "ill",
        "version": "1.01",
        "any_hold": True,
        "agency_scheme": "http://biblstandard.dk/isil/schemes/1.1/",
        "notices": ["checked_in"],
    },
    # Libraries among themselves: each is both owner and home.
    "nncipp": {
        "services": _services(_ASKING, _BORROWING, _LENDING, _NOTIFYING, ("LookupAgency",)),
        "lends_to": "anybody",
        "item_type": "ill",
        "user_id_type": "Barcode Id",
        "notices": list(_ALL_NOTICES),
    },
    # Discovery: everything is done on behalf of the user who has logged in there.
    "vufind": {
        "services": _services(
            _ASKING,
            ("LookupItemSet", "LookupRequest", "LookupAgency", "RequestItem", "RenewItem"),
            ("CancelRequestItem", "CreateUserFiscalTransaction", "UpdateUser"),
        ),
        "lends_to": "nobody",
        # The driver shows only barcodes of this type, and offers the places that it finds in Ext.
        "item_id_type": "Barcode",
        "places_by_number": True,
    },
}
