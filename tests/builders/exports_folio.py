"""A small export of FOLIO: what the queries of the plan give, of its JSON schemas."""

from __future__ import annotations

from typing import Final

from tests.builders.exports import ASIDE, PASSED, Export, Table

_STAMP: Final = "2026-10-01T09:12:11.123+00:00"
_INACTIVE: Final = ("other", "The account is not active.", None)

_USERS: Final = Table(
    "patrons",
    "users.csv",
    """id barcode active type username externalSystemId enrollmentDate expirationDate lastName
    firstName middleName email phone mobilePhone dateOfBirth addresses addressLine1 addressLine2
    city postalCode countryId primaryAddress patron_group manual_blocks other_blocks proxies""",
    "id",
    {
        "id": "u-#",
        "barcode": "U#",
        "active": "true",
        "type": "patron",
        "username": "user#",
        "externalSystemId": "ext#",
        "enrollmentDate": _STAMP,
        "expirationDate": "2031-01-01T22:59:59.000+00:00",
        "lastName": "Ørsted",
        "firstName": "Ida",
        "email": "p#@example.org",
        "mobilePhone": "22334455",
        "dateOfBirth": "1980-05-12T00:00:00.000+00:00",
        "addressLine1": "Søgade 3",
        "city": "Rødovre",
        "postalCode": "2610",
        "countryId": "DK",
        "primaryAddress": "t",
        "patron_group": "staff",
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
        ({"active": "false"}, {"blocks": {_INACTIVE}}),
        ({"active": "f"}, {"blocks": {_INACTIVE}}),
        ({"type": "shadow"}, PASSED),
        ({"type": "system", "barcode": None}, PASSED),
        ({"barcode": None}, ASIDE),
        ({"patron_group": "visitor"}, ASIDE),
        ({"patron_group": "undergrad"}, {}),
        ({"expirationDate": "2020-01-01T10:00:00.000+00:00"}, {"expires": "2020-01-01"}),
        ({"expirationDate": None, "dateOfBirth": None}, {"expires": None, "born": None}),
        (
            {"manual_blocks": "borrowing: shouted"},
            {"blocks": {("excluded", "shouted", None)}},
        ),
        ({"manual_blocks": "borrowing until 2020-01-01: shouted"}, {"blocks": set()}),
        (
            {"manual_blocks": "borrowing until 2031-01-01: shouted"},
            {"blocks": {("excluded", "shouted", "2031-01-01")}},
        ),
        (
            {"manual_blocks": "borrowing until 2020-01-01: old|borrowing until 2031-01-01: new"},
            {"blocks": {("excluded", "new", "2031-01-01")}},
        ),
        (
            {"manual_blocks": "borrowing until 2031-01-01|borrowing"},
            {"blocks": {("excluded", "", None)}},
        ),
        ({"other_blocks": "no renewals by telephone"}, {"note": "no renewals by telephone"}),
        ({"proxies": "Proxy: U1"}, {"note": "Proxy: U1"}),
        (
            {"middleName": "Maria", "mobilePhone": None, "phone": "36373839"},
            {"given_name": "Ida Maria"},
        ),
        ({"email": "none"}, {}),
        ({"addressLine2": "2. tv."}, {}),
    ],
)
_ITEMS: Final = Table(
    "items",
    "items.csv",
    """id barcode volume enumeration chronology discoverySuppress copyNumber status_date status
    instance_hrid prefix callNumber suffix location library material_type loan_type damaged_status
    transit_to""",
    "id",
    {
        "id": "i-#",
        "barcode": "C#",
        "discoverySuppress": "false",
        "status_date": _STAMP,
        "status": "Available",
        "instance_hrid": "t1",
        "callNumber": "86 Krohn",
        "location": "stacks",
        "library": "main",
        "material_type": "book",
        "loan_type": "Can circulate",
    },
    {
        "branch": "DK-900101",
        "group": "book",
        "location": "stacks",
        "not_for_loan": "",
        "missing": False,
    },
    [
        ({"status": "Checked out"}, {}),  # i-2: on loan
        ({"status": "Declared lost"}, {"missing": False}),  # i-3: lost by who has it
        ({"status": "Claimed returned"}, {"missing": False}),  # i-4: on loan
        ({"status": "Awaiting pickup"}, {}),  # i-5: on the shelf of holds
        ({"status": "In transit", "transit_to": "port-desk"}, {"way": "DK-900102"}),  # i-6
        ({"status": "In transit", "transit_to": "main-desk"}, {"way": "DK-900101"}),
        (
            {"status": "In transit, nowhere"},
            {"not_for_loan": "status In transit, nowhere", "way": None},
        ),
        *(
            ({"status": status}, {"missing": True})
            for status in ("Missing", "Long missing", "Aged to lost", "Lost and paid")
        ),
        ({"status": "Withdrawn"}, {"not_for_loan": "withdrawn"}),
        ({"status": "Restricted"}, {"not_for_loan": "restricted"}),
        ({"status": "On order"}, {"not_for_loan": "on order"}),
        ({"status": "Unknown"}, {"not_for_loan": "status unknown"}),
        ({"status": "Paged", "damaged_status": "Not Damaged"}, {}),
        ({"damaged_status": "Damaged"}, {"not_for_loan": "damaged"}),
        ({"loan_type": "Reading room"}, {"not_for_loan": "reading room only"}),
        ({"loan_type": "Three hours"}, ASIDE),
        ({"material_type": "kit"}, ASIDE),
        ({"barcode": None}, ASIDE),
        ({"instance_hrid": "in99"}, ASIDE),
        ({"volume": "Vol. 2", "chronology": "2026"}, {"part": "Vol. 2 2026"}),
    ],
)
_LOAN_COLUMNS: Final = """id userId itemId loanDate dueDate returnDate action itemStatus
    renewalCount claimedReturnedDate declaredLostDate status service_point aged_to_lost"""
_LOAN: Final = {
    "id": "l-#",
    "userId": "u-1",
    "itemId": "i-2",
    "loanDate": "2026-11-01T10:00:00.000+00:00",
    "dueDate": "2026-11-29T22:59:59.000+00:00",
    "action": "checkedout",
    "itemStatus": "Checked out",
    "renewalCount": "2",
    "status": "Open",
    "service_point": "main-desk",
}
_LOANS: Final = Table(
    "loans",
    "loans.csv",
    _LOAN_COLUMNS,
    "id",
    _LOAN,
    {"patron": "u-1", "item": "i-2", "due": "2026-11-29", "renewals": 2, "mark": None},
    [
        (
            {
                "itemId": "i-3",
                "itemStatus": "Declared lost",
                "action": "declaredLost",
                "declaredLostDate": _STAMP,
                "renewalCount": None,
            },
            {"item": "i-3", "mark": "lost", "renewals": 0},
        ),
        (
            {"itemId": "i-4", "itemStatus": "Claimed returned", "service_point": "port-desk"},
            {"item": "i-4", "mark": "claimed_returned", "branch": "DK-900102"},
        ),
        (
            {"itemId": "i-1", "status": "Closed", "returnDate": "2026-11-05T10:00:00.000+00:00"},
            PASSED,
        ),
        ({"itemId": "i-1", "userId": "u-6"}, ASIDE),
        ({"itemId": "i-22"}, ASIDE),
    ],
)
_REQUESTS: Final = Table(
    "holds",
    "requests.csv",
    """id requestLevel requestType requestDate requesterId itemId status position
    requestExpirationDate holdShelfExpirationDate fulfillmentPreference patronComments instance_hrid
    pickup_point only_item""",
    "id",
    {
        "id": "r-#",
        "requestLevel": "Title",
        "requestType": "Hold",
        "requestDate": _STAMP,
        "requesterId": "u-1",
        "status": "Open - Not yet filled",
        "position": "1",
        "fulfillmentPreference": "Hold Shelf",
        "instance_hrid": "t2",
        "pickup_point": "main-desk",
    },
    {"patron": "u-1", "record": "t2", "branch": "DK-900101", "state": "waiting", "item": None},
    [
        (
            {
                "requesterId": "u-2",
                "requestLevel": "Item",
                "requestType": "Page",
                "itemId": "i-17",
                "only_item": "i-17",
                "instance_hrid": "t1",
            },
            {"patron": "u-2", "item": "i-17", "record": "t1"},
        ),
        (
            {
                "requesterId": "u-3",
                "itemId": "i-5",
                "status": "Open - Awaiting pickup",
                "holdShelfExpirationDate": "2031-01-02T22:59:59.000+00:00",
                "instance_hrid": "t1",
            },
            {"patron": "u-3", "state": "shelf", "record": "t1"},
        ),
        (
            {
                "requesterId": "u-8",
                "itemId": "i-6",
                "status": "Open - In transit",
                "pickup_point": "port-desk",
                "instance_hrid": "t1",
            },
            {"patron": "u-8", "state": "transit", "record": "t1", "branch": "DK-900102"},
        ),
        *(
            ({"requesterId": "u-9", "status": f"Closed - {how}"}, PASSED)
            for how in ("Filled", "Cancelled", "Unfilled", "Pickup expired")
        ),
        ({"requesterId": "u-9", "status": "Open - Awaiting delivery", "pickup_point": None}, ASIDE),
        ({"requesterId": "u-9", "status": "Open - On a shelf"}, ASIDE),
        ({"requesterId": "u-6"}, ASIDE),
    ],
)
_ACCOUNTS: Final = Table(
    "debts",
    "accounts.csv",
    """id userId amount remaining dateCreated feeFineType feeFineOwner title barcode status
    payment_status created""",
    "id",
    {
        "id": "a-#",
        "userId": "u-1",
        "amount": "10.0",
        "remaining": "2.5",
        "feeFineType": "Overdue fine",
        "feeFineOwner": "Main library",
        "title": "Title t1",
        "status": "Open",
        "payment_status": "Paid partially",
        "created": _STAMP,
    },
    {"patron": "u-1", "branch": "DK-900101", "kind": "late_fee", "remaining": 250},
    [
        ({"feeFineType": "Lost item fee", "feeFineOwner": None}, {"kind": "compensation"}),
        ({"feeFineOwner": "The café"}, {"branch": "DK-900101"}),
        ({"status": "Closed", "remaining": "0.0"}, PASSED),
        ({"remaining": "0.0"}, PASSED),
        ({"feeFineType": "Coffee"}, ASIDE),
        ({"userId": "u-6"}, ASIDE),
    ],
)
FOLIO: Final = Export(
    "folio",
    (_USERS, _ITEMS, _LOANS, _REQUESTS, _ACCOUNTS),
    {"service_points": 'port-desk = "DK-900102"'},
    others={
        "users.csv": """patronGroup departments meta proxyFor personal preferredFirstName region
            addressTypeId preferredContactTypeId profilePictureLink createdDate updatedDate metadata
            tags customFields preferredEmailCommunication""",
        "items.csv": """_version hrid holdingsRecordId formerIds discoverySuppress displaySummary
            accessionNumber effectiveShelvingOrder itemLevelCallNumber itemLevelCallNumberPrefix
            itemLevelCallNumberSuffix itemLevelCallNumberTypeId effectiveCallNumberComponents
            yearCaption itemIdentifier numberOfPieces descriptionOfPieces numberOfMissingPieces
            missingPieces missingPiecesDate itemDamagedStatusId itemDamagedStatusDate
            administrativeNotes notes circulationNotes materialTypeId permanentLoanTypeId
            temporaryLoanTypeId permanentLocationId temporaryLocationId effectiveLocationId
            electronicAccess inTransitDestinationServicePointId statisticalCodeIds
            purchaseOrderLineIdentifier tags metadata holdingsRecord2 lastCheckIn""",
        "loans.csv": """proxyUserId itemLocationId systemReturnDate actionComment loanPolicyId
            checkoutServicePointId checkinServicePointId patronGroupIdAtCheckout
            dueDateChangedByRecall metadata""",
        "requests.csv": """proxyUserId instanceId cancellationReasonId cancelledByUserId
            cancellationAdditionalInformation cancelledDate instance item requester proxy
            deliveryAddressTypeId pickupServicePointId metadata tags
            awaitingPickupRequestClosedDate""",
        "accounts.csv": """dateUpdated paymentStatus callNumber materialType itemStatus location
            metadata dueDate returnedDate loanId itemId materialTypeId feeFineId ownerId
            holdingsRecordId instanceId contributors loanPolicyId overdueFinePolicyId
            lostItemFeePolicyId processId""",
    },
)
