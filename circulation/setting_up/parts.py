"""The set-up in pieces that can be compared: the same whether they come from text or database.

A part is a noun, the key that names it among its like, and its fields. Ids of rows stand in none:
branches and agencies go by ISIL.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

Key = tuple[str, ...]
#: Fields that nobody is shown: hashes of passwords.
SECRET = frozenset({"password", "shared_secret"})
Fields = dict[str, Any]


class Noun(Enum):
    """What a set-up is made of, in the order in which it is shown.

    The value is the word for one of it; the comment says what its key and fields are.
    """

    CONSORTIUM = "consortium"  # () -> name
    CATEGORY = "patron category"  # code -> name, parent
    GROUP = "material group"  # code -> name, parent, media_type, magnetic
    AGENCY = "agency"  # ISIL -> name, kind, timezone
    BRANCH = "branch"  # ISIL -> agency, name
    AGREEMENT = "agreement"  # code -> agencies, and for each matter whether it is agreed
    PLACEMENT = "placement"  # agency, level, code -> name
    WEEK = "opening hours"  # ISIL of agency or branch -> hours of each weekday
    SPECIAL_DAYS = "special days"  # ISIL of agency or branch, days -> hours, note
    RULE = "rule"  # ISIL of agency or branch, category, group (each "" for any) -> its fields
    FEES = "fee rule"  # ISIL of agency or branch, category, group, from ("" each) -> its fields
    NOTICES = "message rule"  # ISIL of agency or branch, category, kind ("" each) -> its fields
    DUNNING = "dunning"  # ISIL, category, group ("" each) -> its steps: number and fields
    PAYMENT = "ways to pay"  # ISIL of agency -> self_service, account, fik
    FLOAT_GROUP = "float group"  # code -> branches
    TRANSPORT = "transport"  # ISIL from, ISIL to -> cost
    ITEM_DEFAULTS = "item defaults"  # ISIL, group, material type (each "" for any) -> what is given
    BARCODE_RANGE = "barcode range"  # code -> at, prefix, first, last, digits, check_digit
    PINS = "PIN rules"  # ISIL of agency -> its settings
    SORT_RULE = "sort rule"  # scheme, number in three digits -> bin, conditions
    PROFILE = "terminal profile"  # code -> options
    TERMINAL = "terminal"  # login -> branch, password, profile, any_branch, sorting
    PARTNER = "partner"  # agency -> name, branch, shared_secret, options


@dataclass
class Parts:
    """A whole set-up."""

    of: dict[Noun, dict[Key, Fields]] = field(default_factory=lambda: {noun: {} for noun in Noun})

    def add(self, noun: Noun, key: Key, fields: Fields) -> None:
        self.of[noun][key] = fields

    def __iter__(self) -> Iterator[tuple[Noun, Key, Fields]]:
        for noun, parts in self.of.items():
            for key, fields in parts.items():
                yield noun, key, fields
