"""A small export of Evergreen: the columns of its tables, and those that the queries add."""

from __future__ import annotations

from typing import Final

from tests.builders.exports import ASIDE, PASSED, Export, Table

_STAMP: Final = "2026-10-01 09:12:11.123+02"
_INACTIVE: Final = ("other", "The account is not active.", None)

_USERS: Final = Table(
    "patrons",
    "users.csv",
    """id card profile usrname email passwd standing ident_type ident_value ident_type2 ident_value2
    net_access_level photo_url prefix first_given_name second_given_name family_name suffix guardian
    pref_prefix pref_first_given_name pref_second_given_name pref_family_name pref_suffix
    name_keywords name_kw_tsvector alias day_phone evening_phone other_phone mailing_address
    billing_address home_ou dob active master_account super_user barred deleted juvenile usrgroup
    claims_returned_count credit_forward_balance last_xact_id alert_message create_date expire_date
    claims_never_checked_out_count last_update_time locale barcode card_active profile_name home
    street1 street2 city post_code country address_note claims_note main_passwd salt other_cards
    inactive_cards penalties notes""",
    "id",
    {
        "id": "#",
        "card": "10#",
        "profile": "2",
        "usrname": "user#",
        "email": "p#@example.org",
        "standing": "1",
        "ident_type": "3",
        "first_given_name": "Ida",
        "family_name": "Ørsted",
        "day_phone": "22334455",
        "home_ou": "4",
        "dob": "1980-05-12",
        "active": "t",
        "master_account": "f",
        "super_user": "f",
        "barred": "f",
        "deleted": "f",
        "juvenile": "f",
        "usrgroup": "#",
        "claims_returned_count": "0",
        "credit_forward_balance": "0.00",
        "last_xact_id": "none",
        "create_date": _STAMP,
        "expire_date": "2031-01-01 00:00:00+01",
        "barcode": "U#",
        "card_active": "t",
        "profile_name": "Patrons",
        "home": "BR1",
        "street1": "Søgade 3",
        "city": "Rødovre",
        "post_code": "2610",
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
        "pin": False,
    },
    [
        ({"barred": "t"}, {"blocks": {("excluded", "", None)}}),
        ({"active": "f"}, {"blocks": {_INACTIVE}}),
        ({"deleted": "t"}, PASSED),
        ({"expire_date": "2020-01-01 00:00:00+01"}, {"expires": "2020-01-01"}),
        ({"juvenile": "t", "profile_name": "Juvenile"}, {"category": "child"}),
        ({"profile_name": "Staff"}, ASIDE),
        ({"home": "BR9"}, ASIDE),
        ({"home": "BR2"}, {"home": "DK-900102"}),
        ({"barcode": None, "card_active": None}, ASIDE),
        ({"card_active": "f"}, {"cards": {"U11": "withdrawn"}}),
        (
            {"other_cards": "U#a|U#b", "inactive_cards": "U#c"},
            {"cards": {"U12": None, "U12a": None, "U12b": None, "U12c": "replaced"}},
        ),
        (
            {"penalties": "STAFF_C until 2020-01-01: shouted|PATRON_EXCEEDS_FINES"},
            {"blocks": set()},
        ),
        (
            {"penalties": "STAFF_C until 2031-01-01: shouted|PATRON_EXCEEDS_LOST_COUNT"},
            {"blocks": {("other", "STAFF_C; shouted", "2031-01-01")}},
        ),
        (
            {"penalties": "STAFF_CHR: broke a lamp|OWN until 2031-01-01", "barred": "t"},
            {"blocks": {("excluded", "", None), ("other", "STAFF_CHR; broke a lamp; OWN", None)}},
        ),
        ({"notes": "wears a hat", "guardian": "Bo Ørsted"}, {"note": "wears a hat\nBo Ørsted"}),
        (
            {"claims_returned_count": "2", "claims_note": "Claimed that items were returned: 2"},
            {"note": "Claimed that items were returned: 2"},
        ),
        ({"address_note": "The address is out of date."}, {"note": "The address is out of date."}),
        ({"locale": "da-DK", "second_given_name": "Maria"}, {"given_name": "Ida Maria"}),
        (
            {"locale": "fr-FR", "dob": None, "day_phone": None, "other_phone": "36373839"},
            {"born": None},
        ),
        (
            {
                "main_passwd": "$2a$10$" + "a" * 53,
                "salt": "$2a$10$" + "a" * 22,
                "credit_forward_balance": "5.00",
            },
            {"pin": True},
        ),
    ],
)
_COPIES: Final = Table(
    "items",
    "copies.csv",
    """id circ_lib creator call_number editor create_date edit_date copy_number status location
    loan_duration fine_level age_protect circulate deposit ref holdable deposit_amount price barcode
    circ_modifier circ_as_type dummy_title dummy_author alert_message opac_visible deleted floating
    dummy_isbn status_changed_time active_date mint_condition cost record label prefix suffix
    library shelf shelf_circulates part transit_to transit_from state circ_count""",
    "id",
    {
        "id": "50#",
        "circ_lib": "4",
        "create_date": _STAMP,
        "status": "0",
        "state": "0",
        "circulate": "t",
        "ref": "f",
        "holdable": "t",
        "opac_visible": "t",
        "deleted": "f",
        "price": "299.95",
        "barcode": "C#",
        "circ_modifier": "book",
        "record": "t1",
        "label": "86 Krohn",
        "library": "BR1",
        "shelf": "Fiction",
        "shelf_circulates": "t",
        "circ_count": "7",
    },
    {
        "branch": "DK-900101",
        "group": "book",
        "price": 29995,
        "department": "Fiction",
        "not_for_loan": "",
        "missing": False,
    },
    [
        ({"status": "1", "state": "1"}, {}),  # 502: on loan
        ({"status": "3", "state": "3"}, {"missing": False}),  # 503: lost by who has it
        ({"status": "1", "state": "1", "circ_count": None}, {}),  # 504: on loan
        ({"status": "8", "state": "8"}, {}),  # 505: on the shelf of holds
        ({"status": "6", "state": "6", "transit_from": "BR1", "transit_to": "BR2"}, {}),  # 506
        ({"status": "3", "state": "3"}, {"missing": True}),
        ({"status": "4", "state": "4"}, {"missing": True}),
        ({"status": "16", "state": "16"}, {"missing": True}),
        ({"status": "17", "state": "17"}, {"missing": True}),
        (
            {"status": "6", "state": "6", "transit_from": "BR2", "transit_to": "BR1"},
            {"way": "DK-900101"},
        ),
        (
            {"status": "6", "state": "18"},
            {"not_for_loan": "its transit was cancelled", "way": None},
        ),
        ({"status": "13", "state": "13"}, {"not_for_loan": "discarded"}),
        ({"status": "14", "state": "14"}, {"not_for_loan": "damaged"}),
        ({"status": "101", "state": "101"}, {"not_for_loan": "status 101"}),
        ({"circulate": "f", "ref": "t"}, {"not_for_loan": "does not circulate; reference"}),
        ({"shelf_circulates": "f"}, {"not_for_loan": "its shelf does not circulate"}),
        ({"deleted": "t"}, PASSED),
        ({"circ_modifier": "kit"}, ASIDE),
        ({"circ_modifier": None, "price": None, "cost": "20.00"}, {"group": "", "price": 2000}),
        ({"library": "BR9"}, ASIDE),
        ({"record": "t9"}, ASIDE),
        ({"library": "BR2", "part": "Vol. 2"}, {"branch": "DK-900102", "part": "Vol. 2"}),
    ],
)
_CIRCULATIONS: Final = Table(
    "loans",
    "circulations.csv",
    """id usr xact_start xact_finish unrecovered target_copy circ_lib circ_staff checkin_staff
    checkin_lib renewal_remaining grace_period due_date stop_fines_time checkin_time create_time
    duration fine_interval recurring_fine max_fine phone_renewal desk_renewal opac_renewal
    duration_rule recurring_fine_rule max_fine_rule stop_fines workstation checkin_workstation
    copy_location checkin_scan_time parent_circ library renewals""",
    "id",
    {
        "id": "90#",
        "usr": "1",
        "xact_start": "2026-11-01 10:00:00.5+01",
        "target_copy": "502",
        "due_date": "2026-11-29 23:59:59+01",
        "library": "BR1",
        "renewals": "1",
    },
    {"patron": "1", "item": "502", "due": "2026-11-29", "renewals": 1, "mark": None},
    [
        ({"target_copy": "503", "stop_fines": "LOST"}, {"item": "503", "mark": "lost"}),
        (
            {"target_copy": "504", "stop_fines": "CLAIMSRETURNED", "library": "BR2"},
            {"item": "504", "mark": "claimed_returned", "branch": "DK-900102"},
        ),
        ({"target_copy": "507", "stop_fines": "LOST", "xact_finish": _STAMP}, PASSED),
        ({"target_copy": "508", "checkin_time": _STAMP}, PASSED),
        ({"usr": "7", "target_copy": "501"}, ASIDE),
        ({"target_copy": "5018"}, ASIDE),
    ],
)
_HOLDS: Final = Table(
    "holds",
    "holds.csv",
    """id request_time capture_time fulfillment_time checkin_time return_time prev_check_time
    expire_time cancel_time cancel_cause cancel_note target current_copy fulfillment_staff
    fulfillment_lib request_lib requestor usr selection_ou selection_depth pickup_lib hold_type
    holdable_formats phone_notify email_notify sms_notify sms_carrier frozen thaw_date shelf_time
    cut_in_line mint_condition shelf_expire_time current_shelf_lib behind_desk bib_record only_copy
    part captured_copy state pickup_library""",
    "id",
    {
        "id": "80#",
        "request_time": "2026-10-02 08:00:00+02",
        "target": "t2",
        "usr": "1",
        "hold_type": "T",
        "frozen": "f",
        "bib_record": "t2",
        "state": "waiting",
        "pickup_library": "BR1",
    },
    {
        "patron": "1",
        "record": "t2",
        "branch": "DK-900101",
        "state": "waiting",
        "paused": False,
        "item": None,
    },
    [
        ({"usr": "2", "frozen": "t"}, {"patron": "2", "paused": True, "paused_until": None}),
        (
            {"usr": "3", "frozen": "t", "thaw_date": "2031-01-02 00:00:00+01"},
            {"patron": "3", "paused": True, "paused_until": "2031-01-01"},
        ),
        (
            {
                "usr": "5",
                "frozen": "f",
                "state": "shelf",
                "captured_copy": "505",
                "bib_record": "t1",
                "shelf_time": "2026-11-02 08:00:00+01",
                "shelf_expire_time": "2031-01-02 23:59:59+01",
            },
            {"patron": "5", "state": "shelf", "record": "t1"},
        ),
        (
            {"usr": "6", "state": "transit", "captured_copy": "506", "bib_record": "t1"},
            {"patron": "6", "state": "transit", "record": "t1"},
        ),
        (
            {"usr": "9", "hold_type": "C", "only_copy": "5016", "bib_record": "t1"},
            {"patron": "9", "item": "5016", "record": "t1"},
        ),
        ({"usr": "11", "hold_type": "P", "part": "Vol. 2"}, {"patron": "11"}),
        ({"usr": "12", "hold_type": "V"}, {"patron": "12"}),
        ({"usr": "13", "cancel_time": _STAMP}, PASSED),
        ({"usr": "13", "fulfillment_time": _STAMP}, PASSED),
        ({"usr": "7"}, ASIDE),
        ({"usr": "13", "bib_record": "t9"}, ASIDE),
    ],
)
_BILLS: Final = Table(
    "debts",
    "bills.csv",
    """id usr xact_type total_owed balance_owed last_billing_type last_billing_note last_billing_ts
    xact_start kind library""",
    "id",
    {
        "id": "70#",
        "usr": "1",
        "xact_type": "circulation",
        "total_owed": "12.50",
        "balance_owed": "2.50",
        "last_billing_type": "Overdue Materials",
        "last_billing_note": "Title t1",
        "last_billing_ts": _STAMP,
        "kind": "Overdue Materials",
        "library": "BR1",
    },
    {"patron": "1", "branch": "DK-900101", "kind": "late_fee", "remaining": 250},
    [
        (
            {"kind": "Lost Materials", "balance_owed": "12.50"},
            {"kind": "compensation", "remaining": 1250},
        ),
        ({"balance_owed": "-3.00", "kind": "credit"}, {"kind": "credit", "remaining": -300}),
        (
            {
                "usr": "9",
                "balance_owed": "-5.00",
                "total_owed": None,
                "kind": "credit",
                "library": None,
                "last_billing_ts": None,
                "xact_start": _STAMP,
            },
            {"patron": "9", "kind": "credit", "remaining": -500, "branch": "DK-900102"},
        ),
        ({"balance_owed": "0.00"}, PASSED),
        ({"kind": "Coffee"}, ASIDE),
        ({"usr": "4"}, ASIDE),
    ],
)
_HISTORY: Final = Table(
    "history",
    "history.csv",
    "id usr target_copy xact_start due_date checkin_time library",
    "id",
    {
        "id": "60#",
        "usr": "1",
        "target_copy": "502",
        "xact_start": "2025-01-01 10:00:00+01",
        "due_date": "2025-01-29 23:59:59+01",
        "checkin_time": "2025-01-20 10:00:00+01",
        "library": "BR1",
    },
    {},
    [({"usr": None}, {}), ({"checkin_time": None}, PASSED), ({"target_copy": "5018"}, ASIDE)],
)
EVERGREEN: Final = Export(
    "evergreen",
    (_USERS, _COPIES, _CIRCULATIONS, _HOLDS, _BILLS, _HISTORY),
    {"branches": 'BR2 = "DK-900102"'},
)
