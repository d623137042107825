"""A small export of Symphony: items in 999 of its records, and files with the plan's headings."""

from __future__ import annotations

from typing import Final

from tests.builders.exports import ASIDE, PASSED, Export, Table

_USERS: Final = Table(
    "patrons",
    "users.csv",
    """key barcode alternateID firstName middleName lastName birthDate library profile standing
    privilegeGrantedDate privilegeExpiresDate language email phone street cityState postalCode note
    keepCircHistory""",
    "key",
    {
        "key": "10#",
        "barcode": "U#",
        "alternateID": "user#",
        "firstName": "Ida",
        "lastName": "Ørsted",
        "birthDate": "1980-05-12",
        "library": "MAIN",
        "profile": "PUBLIC",
        "standing": "OK",
        "privilegeGrantedDate": "20110203",
        "privilegeExpiresDate": "20310101",
        "language": "ENGLISH",
        "email": "p#@example.org",
        "phone": "22334455",
        "street": "Søgade 3",
        "cityState": "Rødovre",
        "postalCode": "2610",
        "keepCircHistory": "CIRCRULE",
    },
    {
        "home": "DK-900101",
        "category": "adult",
        "family_name": "Ørsted",
        "given_name": "Ida",
        "born": "1980-05-12",
        "expires": "2031-01-01",
        "blocks": set(),
        "note": "",
    },
    [
        ({"standing": "BARRED"}, {"blocks": {("excluded", "", None)}}),
        ({"standing": "BLOCKED"}, {"blocks": {("other", "blocked there", None)}}),
        ({"standing": "DELINQUENT"}, {}),
        ({"standing": "COLLECTION"}, {"blocks": {("other", "sent to collection", None)}}),
        ({"standing": "ODD"}, ASIDE),
        ({"profile": "LOSTCARD"}, {"cards": {"U7": "lost"}}),
        ({"profile": "JUVENILE"}, {"category": "child"}),
        ({"profile": "ODD"}, ASIDE),
        ({"library": "OTHER"}, ASIDE),
        ({"library": "PORT"}, {"home": "DK-900102"}),
        ({"barcode": None}, ASIDE),
        ({"privilegeExpiresDate": "20200101"}, {"expires": "2020-01-01"}),
        ({"privilegeExpiresDate": "NEVER"}, {"expires": None}),
        ({"privilegeExpiresDate": "01/01/2031", "birthDate": None}, {"born": None}),
        ({"note": "wears a hat"}, {"note": "wears a hat"}),
        ({"keepCircHistory": "ALLCHARGES"}, {"consents": 1}),
        ({"alternateID": None, "email": None}, {"email": ""}),
        ({"language": "FRENCH"}, {}),
        ({"street": None, "cityState": None, "postalCode": None}, {}),
    ],
)
_ITEMS: Final = Table(
    "items",
    "records.mrc",
    "title a c d e f g h i j k l m n o p q r s t u v w x z",
    "i",
    {
        "title": "t1",
        "a": "86 KROHN",
        "w": "DEWEY",
        "c": "1",
        "i": "C#",
        "l": "STACKS",
        "m": "MAIN",
        "n": "14",
        "p": "29.95",
        "r": "Y",
        "s": "Y",
        "t": "BOOK",
        "u": "3/7/2019",
        "o": ".STAFF. cover torn",
    },
    {
        "branch": "DK-900101",
        "group": "book",
        "price": 2995,
        "location": "STACKS",
        "not_for_loan": "",
        "missing": False,
    },
    [
        ({"k": "CHECKEDOUT"}, {}),  # C2: on loan
        ({"k": "LOST-ASSUM"}, {"missing": False}),  # C3: lost by who has it
        ({"k": "CHECKEDOUT"}, {}),  # C4: on loan
        ({"k": "HOLDS"}, {}),  # C5: on the shelf of holds
        ({"k": "INTRANSIT"}, {}),  # C6: for a hold
        ({"k": "INTRANSIT"}, {"way": "DK-900101"}),
        *(({"k": place}, {"missing": True}) for place in ("MISSING", "LOST", "LOST-PAID")),
        ({"k": "LOST-ASSUM"}, {"missing": True}),
        ({"k": "DISCARD"}, {"not_for_loan": "discarded"}),
        ({"k": "DAMAGE"}, {"not_for_loan": "damaged"}),
        ({"k": "ON-ORDER"}, {"not_for_loan": "on order"}),
        ({"k": "NEWBOOKS"}, {}),
        ({"r": "N"}, {"not_for_loan": "does not circulate"}),
        ({"t": "KIT"}, ASIDE),
        ({"m": "OTHER"}, ASIDE),
        ({"m": "PORT", "title": "t2"}, {"branch": "DK-900102"}),
    ],
)
_CHARGES: Final = Table(
    "loans",
    "charges.csv",
    """key patronKey itemBarcode checkOutDate dueDate renewalCount library claimsReturnedDate
    recalledDate overdueNoticeCount currentLocation""",
    "key",
    {
        "key": "90#",
        "patronKey": "101",
        "itemBarcode": "C2",
        "checkOutDate": "202611011000",
        "dueDate": "20261129",
        "renewalCount": "1",
        "library": "MAIN",
        "overdueNoticeCount": "0",
        "currentLocation": "CHECKEDOUT",
    },
    {"patron": "101", "item": "C2", "due": "2026-11-29", "renewals": 1, "mark": None},
    [
        ({"itemBarcode": "C3", "currentLocation": "LOST-ASSUM"}, {"item": "C3", "mark": "lost"}),
        (
            {"itemBarcode": "C4", "claimsReturnedDate": "20261120"},
            {"item": "C4", "mark": "claimed_returned"},
        ),
        ({"patronKey": "106", "itemBarcode": "C1"}, ASIDE),
        ({"itemBarcode": "C99"}, ASIDE),
    ],
)
_HOLDS: Final = Table(
    "holds",
    "holds.csv",
    """key patronKey titleControlNumber holdType copyBarcode heldBarcode pickupLibrary placedDate
    expirationDate status suspendBeginDate suspendEndDate queuePosition beingHeldDate
    holdExpiresDate""",
    "key",
    {
        "key": "80#",
        "patronKey": "101",
        "titleControlNumber": "t2",
        "holdType": "TITLE",
        "pickupLibrary": "MAIN",
        "placedDate": "20261002",
        "status": "PLACED",
        "queuePosition": "1",
    },
    {
        "patron": "101",
        "record": "t2",
        "branch": "DK-900101",
        "state": "waiting",
        "paused": False,
        "item": None,
    },
    [
        (
            {"patronKey": "102", "suspendBeginDate": "20261001", "suspendEndDate": "20310101"},
            {"patron": "102", "paused": True, "paused_until": "2031-01-01"},
        ),
        (
            {
                "patronKey": "103",
                "status": "BEING_HELD",
                "heldBarcode": "C5",
                "titleControlNumber": "t1",
                "beingHeldDate": "20261102",
                "holdExpiresDate": "20310102",
            },
            {"patron": "103", "state": "shelf", "record": "t1"},
        ),
        (
            {
                "patronKey": "104",
                "status": "IN_TRANSIT",
                "heldBarcode": "C6",
                "titleControlNumber": "t1",
            },
            {"patron": "104", "state": "transit", "record": "t1"},
        ),
        (
            {
                "patronKey": "105",
                "holdType": "COPY",
                "copyBarcode": "C1",
                "titleControlNumber": "t1",
            },
            {"patron": "105", "item": "C1", "record": "t1"},
        ),
        *(
            ({"patronKey": "107", "status": status}, PASSED)
            for status in ("EXPIRED", "CANCELLED", "FILLED", "INACTIVE")
        ),
        ({"patronKey": "107", "status": "ODD"}, ASIDE),
        ({"patronKey": "106"}, ASIDE),
    ],
)
_BILLS: Final = Table(
    "debts",
    "bills.csv",
    "key patronKey library amount owed billReason createDate itemBarcode comment",
    "key",
    {
        "key": "70#",
        "patronKey": "101",
        "library": "MAIN",
        "amount": "12.50",
        "owed": "2.50",
        "billReason": "OVERDUE",
        "createDate": "20261001",
        "itemBarcode": "C9",
    },
    {"patron": "101", "branch": "DK-900101", "kind": "late_fee", "remaining": 250},
    [
        ({"billReason": "LOST", "library": None}, {"kind": "compensation"}),
        ({"owed": "0.00"}, PASSED),
        ({"billReason": "COFFEE"}, ASIDE),
        ({"patronKey": "106"}, ASIDE),
    ],
)
SYMPHONY: Final = Export(
    "symphony",
    (_USERS, _ITEMS, _CHARGES, _HOLDS, _BILLS),
    {"branches": 'PORT = "DK-900102"'},
    "999",
)
