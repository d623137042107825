"""A small export of FBS: the files that `tiro move from-fbs` writes."""

from __future__ import annotations

from typing import Final

from protocols.commands.moving.fbs_files import FILES
from tests.builders.exports import ASIDE, Export, Table

_PATRONS: Final = Table(
    "patrons",
    "patrons.csv",
    " ".join(FILES["patrons"]),
    "id",
    {
        "id": "10#",
        "card": "U#",
        "branch": "DK-900101",
        "name": "Ida Ørsted",
        "birthday": "1980-05-12",
        "email": "p#@example.org",
        "phone": "22334455",
        "street": "Søgade 3",
        "postal_code": "2610",
        "city": "Rødovre",
        "country": "DK",
        "language": "da",
        "keeps_history": "0",
    },
    {"home": "DK-900101", "category": "adult", "born": "1980-05-12", "blocks": set()},
    [
        ({"blocks": "U"}, {"blocks": {("excluded", "", None)}}),
        ({"blocks": "U: shouted"}, {"blocks": {("excluded", "shouted", None)}}),
        (
            {"blocks": "F;E: owes 200", "blocked_since": "2026-10-01"},
            {"blocks": {("excluded_extended", "", None), ("debt", "owes 200", None)}},
        ),
        ({"blocks": "O"}, {"blocks": {("card_stolen", "", None)}}),
        ({"blocks": "S"}, {"blocks": {("self_service", "", None)}}),
        ({"blocks": "W"}, {"blocks": {("self_registered", "", None)}}),
        ({"blocks": "D"}, {"blocks": {("deceased", "", None)}}),
        ({"blocks": "Q: odd"}, {"blocks": {("other", "Q; odd", None)}}),
        ({"branch": "DK-900102"}, {"home": "DK-900102"}),
        ({"branch": "DK-999999"}, ASIDE),
        ({"branch": None}, ASIDE),
        ({"card": None}, ASIDE),
        ({"keeps_history": "1"}, {"consents": 1}),
        ({"birthday": None, "email": None, "phone": None}, {"born": None, "email": ""}),
        ({"birthday": "12-05-1980"}, ASIDE),
        ({"language": "en"}, {"language": "en"}),
        ({"address": "c/o Bo"}, {}),
        ({"name": "Bo Åkjær"}, {}),
        ({"country": "SE"}, {}),
    ],
)
_ITEMS: Final = Table(
    "items",
    "records.mrc",
    "title i b s n",
    "i",
    {"title": "t1", "i": "B#", "b": "DK-900101"},
    {"branch": "DK-900101", "not_for_loan": "", "missing": False},
    [
        ({}, {}),
        ({"s": "m"}, {"missing": True}),
        ({"n": "x"}, {"not_for_loan": "not for loan"}),
        ({"b": "DK-999999"}, ASIDE),
    ],
)
_LOANS: Final = Table(
    "loans",
    "loans.csv",
    " ".join(FILES["loans"]),
    "id",
    {
        "id": "90#",
        "patron": "101",
        "item": "B1",
        "record": "t1",
        "loan_date": "2026-11-01",
        "due_date": "2026-11-29",
    },
    {"patron": "101", "item": "B1", "due": "2026-11-29", "mark": None},
    [
        ({"item": "B2", "patron": "102"}, {"item": "B2", "patron": "102"}),
        ({"item": "B3", "patron": "1011"}, ASIDE),
        ({"item": "B9"}, ASIDE),
        ({"item": "B3", "due_date": None}, ASIDE),
    ],
)
_HOLDS: Final = Table(
    "holds",
    "holds.csv",
    " ".join(FILES["holds"]),
    "id",
    {
        "id": "80#",
        "patron": "101",
        "record": "t2",
        "pickup_branch": "DK-900101",
        "placed": "2026-10-02",
        "expiry": "2031-01-01",
        "position": "1",
    },
    {"patron": "101", "record": "t2", "branch": "DK-900101", "state": "waiting", "paused": False},
    [
        (
            {"patron": "102", "paused_from": "2026-10-01", "paused_to": "2031-01-01"},
            {"patron": "102", "paused": True, "paused_until": "2031-01-01"},
        ),
        ({"patron": "103", "pickup_branch": "DK-900102"}, {"patron": "103", "branch": "DK-900102"}),
        ({"patron": "104", "pickup_branch": "DK-999999"}, ASIDE),
        ({"patron": "1011"}, ASIDE),
        ({"patron": "105", "record": "t9"}, ASIDE),
    ],
)
_DEBTS: Final = Table(
    "debts",
    "debts.csv",
    " ".join(FILES["debts"]),
    "id",
    {
        "id": "70#",
        "patron": "101",
        "branch": "DK-900101",
        "type": "fee",
        "remaining": "2.50",
        "created": "2026-10-01",
        "reason": "late",
    },
    {"patron": "101", "branch": "DK-900101", "kind": "late_fee", "remaining": 250},
    [
        ({"type": "compensation", "branch": None}, {"kind": "compensation"}),
        ({"type": "other"}, {"kind": "other"}),
        ({"patron": "1011"}, ASIDE),
        ({"branch": "DK-999999"}, ASIDE),
    ],
)
FBS: Final = Export(
    "fbs",
    (_PATRONS, _ITEMS, _LOANS, _HOLDS, _DEBTS),
    {"branches": '"DK-900102" = "DK-900102"'},
    "996",
    more="""
[items]
files = "records.mrc"
format = "marc"
tag = "996"
key = "i"
[items.fields]
barcode = "i"
record = "001"
branch = { column = "b", values = "branches" }
state = { column = "s", values = { m = "missing" } }
not_for_loan = { column = "n", values = { x = "not for loan" } }
""",
)
