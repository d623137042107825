"""A small export of Sierra: what the queries of the plan give, of its public views."""

from __future__ import annotations

from typing import Final

from tests.builders.exports import ASIDE, PASSED, Export, Table

_STAMP: Final = "2026-10-01 09:12:11+02"

_PATRONS: Final = Table(
    "patrons",
    "patrons.csv",
    """id record_type_code record_num barcode ptype_code home_library_code expiration_date_gmt
    pcode1 pcode2 pcode3 pcode4 birth_date_gmt mblock_code firm_code block_until_date_gmt
    patron_agency_code_num iii_language_pref_code patron_message_code checkout_total renewal_total
    checkout_count claims_returned_total owed_amt itema_count itemb_count overdue_penalty_count
    ill_checkout_total debit_amt itemc_count itemd_count activity_gmt notification_medium_code
    registration_count registration_total attendance_total waitlist_count is_reading_history_opt_in
    record_creation_date_gmt home_branch last_name first_name middle_name addr1 addr2 city
    postal_code phone_number email other_barcodes notes""",
    "id",
    {
        "id": "4811#",
        "record_type_code": "p",
        "record_num": "1#",
        "barcode": "U#",
        "ptype_code": "0",
        "home_library_code": "main",
        "expiration_date_gmt": "2031-01-01 00:00:00+01",
        "birth_date_gmt": "1980-05-12",
        "mblock_code": "-",
        "iii_language_pref_code": "eng",
        "is_reading_history_opt_in": "f",
        "record_creation_date_gmt": _STAMP,
        "home_branch": "1",
        "last_name": "Ørsted",
        "first_name": "Ida",
        "addr1": "Søgade 3",
        "city": "Rødovre",
        "postal_code": "2610",
        "phone_number": "22334455",
        "email": "p#@example.org",
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
        "language": "en",
    },
    [
        ({"mblock_code": "c"}, {"blocks": {("excluded", "block c", None)}}),
        ({"block_until_date_gmt": "2020-01-01 00:00:00+01"}, {"blocks": set()}),
        (
            {"block_until_date_gmt": "2031-01-01 00:00:00+01"},
            {"blocks": {("other", "", "2031-01-01")}},
        ),
        (
            {"mblock_code": "o", "block_until_date_gmt": "2031-01-01 00:00:00+01"},
            {"blocks": {("excluded", "block o", None), ("other", "", "2031-01-01")}},
        ),
        (
            {"mblock_code": "o", "block_until_date_gmt": "2020-01-01 00:00:00+01"},
            {"blocks": {("excluded", "block o", None)}},
        ),
        ({"ptype_code": "1"}, {"category": "child"}),
        ({"ptype_code": "99"}, ASIDE),
        ({"home_branch": "9"}, ASIDE),
        ({"home_branch": "2"}, {"home": "DK-900102"}),
        ({"barcode": None}, ASIDE),
        ({"other_barcodes": "U#a|U#b"}, {"cards": {"U12": None, "U12a": None, "U12b": None}}),
        ({"expiration_date_gmt": "2020-01-01 00:00:00+01"}, {"expires": "2020-01-01"}),
        ({"expiration_date_gmt": None, "birth_date_gmt": None}, {"expires": None, "born": None}),
        ({"notes": "wears a hat"}, {"note": "wears a hat"}),
        ({"is_reading_history_opt_in": "t"}, {"consents": 1}),
        (
            {"iii_language_pref_code": "dan", "middle_name": "Maria"},
            {"language": "da", "given_name": "Ida Maria"},
        ),
        ({"owed_amt": "12.50", "claims_returned_total": "1"}, {}),
        ({"email": None, "phone_number": None}, {"email": "", "phone": ""}),
        ({"addr1": None, "city": None}, {}),
    ],
)
_ITEMS: Final = Table(
    "items",
    "items.csv",
    """id record_type_code record_num barcode icode1 icode2 itype_code_num location_code
    agency_code_num item_status_code is_inherit_loc price last_checkin_gmt checkout_total
    renewal_total last_year_to_date_checkout_total year_to_date_checkout_total is_bib_hold copy_num
    checkout_statistic_group_code_num last_patron_record_metadata_id inventory_gmt
    checkin_statistics_group_code_num use3_count last_checkout_gmt internal_use_count copy_use_count
    item_message_code opac_message_code virtual_type_code virtual_item_central_code_num
    holdings_code save_itype_code_num save_location_code save_checkout_total old_location_code
    distance_learning_status is_suppressed record_creation_date_gmt call_number branch
    control_number volume""",
    "id",
    {
        "id": "4501#",
        "record_type_code": "i",
        "record_num": "2#",
        "barcode": "C#",
        "itype_code_num": "1",
        "location_code": "mainf",
        "item_status_code": "-",
        "price": "29.95",
        "checkout_total": "7",
        "renewal_total": "2",
        "last_checkout_gmt": _STAMP,
        "is_suppressed": "f",
        "record_creation_date_gmt": _STAMP,
        "call_number": "86 Krohn",
        "branch": "1",
        "control_number": "t1",
    },
    {
        "branch": "DK-900101",
        "group": "book",
        "location": "mainf",
        "price": 2995,
        "not_for_loan": "",
        "missing": False,
    },
    [
        ({}, {}),  # 45012: on loan
        ({"item_status_code": "n"}, {"missing": False}),  # 45013: billed to who has it
        ({"item_status_code": "z"}, {"missing": False}),  # 45014: on loan
        ({"item_status_code": "!"}, {}),  # 45015: on the shelf of holds
        (
            {"item_status_code": "t", "branch": "2"},
            {"way": "DK-900101", "branch": "DK-900102"},
        ),  # 45016: for a hold
        ({"item_status_code": "t"}, {"way": "DK-900101"}),
        *(({"item_status_code": code}, {"missing": True}) for code in "mn$z"),
        ({"item_status_code": "o"}, {"not_for_loan": "library use only"}),
        ({"item_status_code": "w"}, {"not_for_loan": "status w"}),
        ({"item_status_code": "d"}, {"not_for_loan": "status d"}),
        ({"itype_code_num": "77"}, ASIDE),
        ({"branch": "9"}, ASIDE),
        ({"barcode": None}, ASIDE),
        ({"control_number": "t9"}, ASIDE),
        ({"volume": "Vol. 2", "price": None}, {"part": "Vol. 2", "price": None}),
    ],
)
_CHECKOUTS: Final = Table(
    "loans",
    "checkouts.csv",
    """id patron_record_id item_record_id items_display_order due_gmt loanrule_code_num checkout_gmt
    renewal_count overdue_count overdue_gmt recall_gmt ptype item_status_code""",
    "id",
    {
        "id": "90#",
        "patron_record_id": "48111",
        "item_record_id": "45012",
        "due_gmt": "2026-11-29 04:00:00+01",
        "checkout_gmt": "2026-11-01 10:00:00+01",
        "renewal_count": "1",
        "overdue_count": "0",
        "item_status_code": "-",
    },
    {"patron": "48111", "item": "45012", "due": "2026-11-29", "renewals": 1, "mark": None},
    [
        ({"item_record_id": "45013", "item_status_code": "n"}, {"item": "45013", "mark": "lost"}),
        (
            {"item_record_id": "45014", "item_status_code": "z"},
            {"item": "45014", "mark": "claimed_returned"},
        ),
        ({"patron_record_id": "48118", "item_record_id": "45011"}, ASIDE),
        ({"item_record_id": "450115"}, ASIDE),
    ],
)
_HOLDS: Final = Table(
    "holds",
    "holds.csv",
    """id patron_record_id record_id placed_gmt is_frozen delay_days location_code expires_gmt
    status is_ir is_ill pickup_location_code note on_holdshelf_gmt expire_holdshelf_gmt
    pickup_branch only_item not_before control_number""",
    "id",
    {
        "id": "80#",
        "patron_record_id": "48111",
        "record_id": "420",
        "placed_gmt": _STAMP,
        "is_frozen": "f",
        "delay_days": "0",
        "expires_gmt": "2031-01-01 00:00:00+01",
        "status": "0",
        "is_ill": "f",
        "pickup_branch": "1",
        "control_number": "t2",
    },
    {
        "patron": "48111",
        "record": "t2",
        "branch": "DK-900101",
        "state": "waiting",
        "paused": False,
        "item": None,
    },
    [
        ({"patron_record_id": "48112", "is_frozen": "t"}, {"patron": "48112", "paused": True}),
        (
            {
                "patron_record_id": "48113",
                "status": "i",
                "only_item": "45015",
                "control_number": "t1",
                "on_holdshelf_gmt": "2026-11-02 08:00:00+01",
                "expire_holdshelf_gmt": "2031-01-02 04:00:00+01",
            },
            {"patron": "48113", "state": "shelf", "item": "45015", "record": "t1"},
        ),
        (
            {
                "patron_record_id": "48114",
                "status": "t",
                "only_item": "45016",
                "control_number": "t1",
            },
            {"patron": "48114", "state": "transit", "item": "45016", "record": "t1"},
        ),
        ({"patron_record_id": "48115", "status": "b"}, ASIDE),  # which item, is not told
        ({"patron_record_id": "48115", "status": "x"}, ASIDE),
        ({"patron_record_id": "48115", "is_ill": "t"}, PASSED),
        (
            {"patron_record_id": "48116", "delay_days": "10", "not_before": "2026-10-11"},
            {"patron": "48116"},
        ),
        ({"patron_record_id": "48118"}, ASIDE),
        ({"patron_record_id": "48119", "pickup_branch": "9"}, ASIDE),
    ],
)
_FINES: Final = Table(
    "debts",
    "fines.csv",
    """id patron_record_id assessed_gmt invoice_num item_charge_amt processing_fee_amt
    billing_fee_amt charge_code charge_location_code paid_gmt terminal_num paid_amt initials
    created_code is_print_bill description checkout_gmt due_gmt returned_gmt loanrule_code_num title
    original_patron_id branch charged remaining kind""",
    "id",
    {
        "id": "70#",
        "patron_record_id": "48111",
        "assessed_gmt": _STAMP,
        "charge_code": "2",
        "description": "late",
        "title": "Title t1",
        "branch": "1",
        "charged": "12.50",
        "remaining": "2.50",
        "kind": "2",
    },
    {"patron": "48111", "branch": "DK-900101", "kind": "late_fee", "remaining": 250},
    [
        ({"kind": "3", "branch": None}, {"kind": "compensation"}),
        ({"kind": "credit", "remaining": "-3.00"}, {"kind": "credit", "remaining": -300}),
        ({"remaining": "0.00"}, PASSED),
        ({"kind": "p"}, ASIDE),
        ({"patron_record_id": "48118"}, ASIDE),
    ],
)
SIERRA: Final = Export(
    "sierra", (_PATRONS, _ITEMS, _CHECKOUTS, _HOLDS, _FINES), {"branches": '2 = "DK-900102"'}
)
