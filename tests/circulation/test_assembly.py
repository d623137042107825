"""Which features join what, and in which order; their addresses lead to what they say, and to no
floor above."""

from __future__ import annotations

import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable
from configparser import ConfigParser
from importlib import import_module
from pathlib import Path
from typing import Any

from circulation.assembly import FEATURES
from circulation.booking.at_loan import BOOKINGS_AT_LOAN, BOOKINGS_AT_RENEWAL
from circulation.fees.acts import FEES_AT_LOAN, FEES_AT_RENEWAL
from circulation.holds.fulfilment import HOLDS_AT_LOAN, HOLDS_AT_RENEWAL
from circulation.interlending.following import PARTNER_AT_LOAN, PARTNER_AT_RENEWAL
from circulation.items.facts import ITEM
from circulation.items.features import ITEM_FEATURES
from circulation.kernel.parts import Join, Noun, Registry, found_at, load_all
from circulation.loans.features import LENDING, RENEWING, RETURNING
from circulation.loans.undo import UNDOING
from circulation.patrons.facts import PATRON

JOINS: list[tuple[str, Join]] = [
    (feature, join)
    for feature in FEATURES
    for join in import_module(f"circulation.{feature}.feature").JOINS
]
PLACES = sorted({join.place for _, join in JOINS})


def names(members: Iterable[object]) -> list[str]:
    return [type(each).__name__ for each in members]


def test_refusals_bounds_and_follow_ups_come_in_this_order() -> None:
    assert list(LENDING) == [HOLDS_AT_LOAN, PARTNER_AT_LOAN, BOOKINGS_AT_LOAN, FEES_AT_LOAN]
    assert list(RENEWING) == [
        PARTNER_AT_RENEWAL,
        HOLDS_AT_RENEWAL,
        BOOKINGS_AT_RENEWAL,
        FEES_AT_RENEWAL,
    ]
    assert names(RETURNING) == ["HoldsAtReturn", "PartnerAtReturn", "SentBack", "BookingsAtReturn"]
    assert names(UNDOING) == ["FeesAtUndo", "BookingsAtUndo", "HoldsAtUndo", "PartnerAtUndo"]


def test_facts_are_joined_and_asked_in_this_order() -> None:
    def rows(noun: Noun[Any]) -> list[str]:
        assert [part.index for part in noun.parts] == list(range(len(noun.parts)))
        return [part.row.__module__.split(".")[1] for part in noun.parts]

    assert rows(ITEM) == ["loans", "holds", "booking", "interlending", "items"]
    assert rows(PATRON) == ["loans", "holds", "ledger"]
    assert names(ITEM_FEATURES) == [
        "LoanOfItem",
        "PartnerOfItem",
        "HoldsOfItem",
        "BookingsOfItem",
        "PropertiesOfItem",
    ]


def test_every_place_stands_where_its_address_says() -> None:
    load_all()
    found = {
        f"{module.removeprefix('circulation.')}:{name}": each
        for module, its in list(sys.modules.items())
        if module.startswith("circulation.")
        for name, each in vars(its).items()
        if isinstance(each, Registry | Noun)
    }
    assert set(PLACES) <= set(found)
    own = {each.address for each in found.values()}
    assert own == set(PLACES)
    assert all(found[address].address == address for address in own)


def test_every_member_is_there_and_those_of_a_place_are_of_one_kind() -> None:
    kinds: defaultdict[str, set[Any]] = defaultdict(set)
    for feature, join in JOINS:
        for address in join.members:
            members = found_at(f"{feature}.{address}")
            assert members, address
            kinds[join.place] |= {type(each).__mro__[-2] for each in members}
    assert {place: its for place, its in kinds.items() if len(its) > 1} == {}


def test_a_feature_joins_no_floor_above_its_own() -> None:
    settings = ConfigParser()
    settings.read(Path(__file__).parents[2] / "setup.cfg")
    floors = settings["importlinter:contract:circulation"]["layers"].strip().splitlines()
    height = {
        folder.strip(): -number
        for number, floor in enumerate(floors)
        for folder in floor.split("|")
    }
    above = [
        (feature, join.place)
        for feature, join in JOINS
        if height[join.place.partition(".")[0]] > height[feature]
    ]
    assert above == []


def test_what_joins_is_loaded_when_it_is_asked_for() -> None:
    program = (
        "import sys, circulation.assembly; from circulation.kernel.parts import load_all;"
        "print('circulation.loans.undo' in sys.modules); load_all();"
        "print('circulation.loans.undo' in sys.modules)"
    )
    asked = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (asked.stdout.split(), asked.stderr) == (["False", "True"], "")
