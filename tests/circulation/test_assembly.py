"""What joins where is told by addresses: each leads to what it says, and to no floor above."""

from __future__ import annotations

import subprocess
import sys
from collections import defaultdict
from configparser import ConfigParser
from importlib import import_module
from pathlib import Path
from typing import Any

from circulation.assembly import FEATURES
from circulation.kernel.parts import Join, Noun, Registry, found_at, load_all

JOINS: list[tuple[str, Join]] = [
    (feature, join)
    for feature in FEATURES
    for join in import_module(f"circulation.{feature}.feature").JOINS
]
PLACES = sorted({join.place for _, join in JOINS})


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
