"""A small export of Alma: elements of its REST API; a cell may hold elements itself."""

from __future__ import annotations

from typing import Final

from tests.builders.exports import ASIDE, PASSED, Export, Table

_PAST: Final = "2020-01-01T00:00:00Z"
_FUTURE: Final = "2031-01-01T12:00:00Z"


def _number(value: str, status: str = "ACTIVE", kind: str = "BARCODE") -> str:
    return (
        f"<user_identifier><id_type>{kind}</id_type><value>{value}</value>"
        f"<status>{status}</status></user_identifier>"
    )


def _block(kind: str, ends: str = "", note: str = "", status: str = "ACTIVE") -> str:
    return (
        f"<user_block><block_type>{kind}</block_type><block_status>{status}</block_status>"
        f"<block_note>{note}</block_note><expiry_date>{ends}</expiry_date></user_block>"
    )


_USERS: Final = Table(
    "patrons",
    "users1.xml",
    """primary_id record_type first_name middle_name last_name full_name user_group campus_code
    preferred_language birth_date expiry_date status account_type contact_info user_identifiers
    user_blocks user_notes""",
    "primary_id",
    {
        "primary_id": "a#",
        "record_type": "PUBLIC",
        "first_name": "Ida",
        "last_name": "Ørsted",
        "full_name": "Ida Ørsted",
        "user_group": "STUDENT",
        "preferred_language": "en",
        "birth_date": "1980-05-12Z",
        "expiry_date": "2031-01-01Z",
        "status": "ACTIVE",
        "account_type": "INTERNAL",
        "contact_info": "<addresses><address preferred='true'><line1>Søgade 3</line1>"
        "<city>Rødovre</city><postal_code>2610</postal_code></address></addresses>"
        "<emails><email preferred='true'><email_address>p#@example.org</email_address></email>"
        "</emails><phones><phone preferred='true'><phone_number>22334455</phone_number></phone>"
        "</phones>",
        "user_identifiers": _number("U#"),
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
        ({"status": "INACTIVE"}, {"blocks": {("other", "The account is not active.", None)}}),
        ({"record_type": "CONTACT"}, PASSED),
        ({"user_group": "VISITOR"}, ASIDE),
        ({"campus_code": "ODD"}, ASIDE),
        ({"campus_code": "PORT"}, {"home": "DK-900102"}),
        ({"expiry_date": "2020-01-01Z"}, {"expires": "2020-01-01"}),
        ({"expiry_date": None, "birth_date": None}, {"expires": None, "born": None}),
        ({"user_identifiers": _number("x#", kind="OTHER")}, {"cards": {"a9": None}}),
        (
            {"user_identifiers": _number("U#") + _number("V#") + _number("W#", "INACTIVE")},
            {"cards": {"U10": None, "V10": None, "W10": "replaced"}},
        ),
        ({"user_blocks": _block("USER", _PAST, "shouted")}, {"blocks": set()}),
        (
            {"user_blocks": _block("USER", _FUTURE, "shouted")},
            {"blocks": {("excluded", "shouted", "2031-01-01")}},
        ),
        ({"user_blocks": _block("USER", status="INACTIVE")}, {"blocks": set()}),
        ({"user_blocks": _block("CASH", note="owes")}, {"blocks": set()}),
        (
            {"user_blocks": _block("CASH") + _block("OWN", _FUTURE) + _block("LOAN", note="a|b")},
            {"blocks": {("other", "OWN", "2031-01-01"), ("excluded", "a/b", None)}},
        ),
        (
            {"user_blocks": _block("USER", _PAST) * 3 + _block("GENERAL")},
            {"blocks": {("excluded", "", None)}},
        ),
        (
            {"user_notes": "<user_note><note_text>wears a hat</note_text></user_note>"},
            {"note": "wears a hat"},
        ),
        ({"middle_name": "Maria", "preferred_language": "fr"}, {"given_name": "Ida Maria"}),
        ({"contact_info": None}, {"email": "", "phone": ""}),
        ({"account_type": "EXTERNAL"}, {}),
    ],
    tag="user",
)
_ITEMS: Final = Table(
    "items",
    "items1.xml",
    """item_data/pid item_data/barcode bib_data/mms_id holding_data/call_number item_data/library
    item_data/location item_data/physical_material_type item_data/policy item_data/process_type
    item_data/base_status item_data/description item_data/inventory_price
    item_data/alternative_call_number item_data/creation_date item_data/fulfillment_note""",
    "item_data/pid",
    {
        "item_data/pid": "23#",
        "item_data/barcode": "C#",
        "bib_data/mms_id": "t1",
        "holding_data/call_number": "86 Krohn",
        "item_data/library": "MAIN",
        "item_data/location": "STACKS",
        "item_data/physical_material_type": "BOOK",
        "item_data/base_status": "1",
        "item_data/inventory_price": "29.95",
        "item_data/creation_date": "2019-07-03Z",
    },
    {
        "branch": "DK-900101",
        "group": "book",
        "location": "STACKS",
        "price": 2995,
        "not_for_loan": "",
        "missing": False,
    },
    [
        ({"item_data/process_type": "LOAN", "item_data/base_status": "0"}, {}),  # C2: on loan
        ({"item_data/process_type": "LOST_LOAN"}, {"missing": False}),  # C3: lost by who has it
        ({"item_data/process_type": "CLAIM_RETURNED_LOAN"}, {"missing": False}),  # C4: on loan
        ({"item_data/process_type": "HOLDSHELF"}, {}),  # C5
        ({"item_data/process_type": "TRANSIT"}, {}),  # C6: for a request
        ({"item_data/process_type": "TRANSIT"}, {"way": "DK-900101"}),
        *(
            ({"item_data/process_type": code}, {"missing": True})
            for code in ("MISSING", "LOST_LOAN", "LOST_LOAN_AND_PAID", "CLAIM_RETURNED_LOAN")
        ),
        ({"item_data/process_type": "ACQ"}, {"not_for_loan": "on order"}),
        ({"item_data/process_type": "OWN"}, {"not_for_loan": "process OWN"}),
        ({"item_data/policy": "REF"}, {"not_for_loan": "reference"}),
        ({"item_data/policy": "ODD"}, ASIDE),
        ({"item_data/physical_material_type": "KIT"}, ASIDE),
        ({"item_data/library": "OTHER"}, ASIDE),
        ({"bib_data/mms_id": "t9"}, ASIDE),
        ({"item_data/barcode": None}, ASIDE),
        ({"item_data/description": "Vol. 2"}, {"part": "Vol. 2"}),
    ],
    tag="item",
)
_LOANS: Final = Table(
    "loans",
    "loans1.xml",
    """loan_id user_id item_barcode loan_date due_date loan_status process_status library circ_desk
    mms_id""",
    "loan_id",
    {
        "loan_id": "90#",
        "user_id": "a1",
        "item_barcode": "C2",
        "loan_date": "2026-11-01T10:00:00.123Z",
        "due_date": "2026-11-29T22:59:00Z",
        "loan_status": "ACTIVE",
        "process_status": "NORMAL",
        "library": "MAIN",
    },
    {"patron": "a1", "due": "2026-11-29", "mark": None, "branch": "DK-900101"},
    [
        ({"item_barcode": "C3", "process_status": "LOST"}, {"mark": "lost"}),
        ({"item_barcode": "C4", "process_status": "CLAIM_RETURN"}, {"mark": "claimed_returned"}),
        ({"item_barcode": "C1", "loan_status": "COMPLETE"}, PASSED),
        ({"item_barcode": "C1", "user_id": "a4"}, ASIDE),
        ({"item_barcode": "C99"}, ASIDE),
    ],
    tag="item_loan",
)
_REQUESTS: Final = Table(
    "holds",
    "requests1.xml",
    """request_id request_type user_primary_id mms_id barcode pickup_location_library request_status
    place_in_queue request_date last_interest_date expiry_date comment""",
    "request_id",
    {
        "request_id": "80#",
        "request_type": "HOLD",
        "user_primary_id": "a1",
        "mms_id": "t2",
        "pickup_location_library": "MAIN",
        "request_status": "NOT_STARTED",
        "place_in_queue": "1",
        "request_date": "2026-10-02Z",
        "last_interest_date": "2031-01-01Z",
    },
    {"patron": "a1", "record": "t2", "branch": "DK-900101", "state": "waiting"},
    [
        (
            {
                "user_primary_id": "a2",
                "mms_id": "t1",
                "barcode": "C5",
                "request_status": "ON_HOLD_SHELF",
                "expiry_date": "2031-01-02Z",
            },
            {"patron": "a2", "record": "t1", "state": "shelf"},
        ),
        (
            {
                "user_primary_id": "a6",
                "mms_id": "t1",
                "barcode": "C6",
                "request_status": "IN_TRANSIT",
            },
            {"patron": "a6", "record": "t1", "state": "transit"},
        ),
        ({"user_primary_id": "a7", "request_status": "IN_PROCESS"}, {"patron": "a7"}),
        ({"user_primary_id": "a8", "request_status": "HISTORY"}, PASSED),
        ({"user_primary_id": "a8", "request_type": "DIGITIZATION"}, PASSED),
        ({"user_primary_id": "a8", "request_status": "ODD"}, ASIDE),
        ({"user_primary_id": "a4"}, ASIDE),
    ],
    tag="user_request",
)
_FEES: Final = Table(
    "debts",
    "fees1.xml",
    "id user_primary_id type status balance original_amount creation_time owner title comment",
    "id",
    {
        "id": "70#",
        "user_primary_id": "a1",
        "type": "OVERDUEFINE",
        "status": "ACTIVE",
        "balance": "2.50",
        "original_amount": "12.50",
        "creation_time": "2026-10-01T09:12:11.123Z",
        "owner": "MAIN",
        "title": "Title t1",
    },
    {"patron": "a1", "branch": "DK-900101", "kind": "late_fee", "remaining": 250},
    [
        ({"type": "LOSTITEMREPLACEMENTFEE", "owner": None}, {"kind": "compensation"}),
        ({"status": "EXPORTED"}, {}),
        ({"status": "CLOSED", "balance": "0.0"}, PASSED),
        ({"balance": "0.0"}, PASSED),
        ({"type": "COFFEE"}, ASIDE),
        ({"user_primary_id": "a4"}, ASIDE),
    ],
    tag="fee",
)
ALMA: Final = Export(
    "alma",
    (_USERS, _ITEMS, _LOANS, _REQUESTS, _FEES),
    {"campuses": 'PORT = "DK-900102"'},
)
