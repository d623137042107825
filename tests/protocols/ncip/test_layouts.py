"""The classes against the content models of the schemas: names, order, occurrence, kinds."""

from __future__ import annotations

import json
import re
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import protocols.ncip
from protocols.ncip.models import item_sets
from protocols.ncip.models.elements import LAYOUTS, Row
from protocols.ncip.models.marks import CODE, COUNT, FLAG, MOMENT, NUMBER, ONE, SOME, TEXT
from protocols.ncip.models.services import ALL_SERVICES, ONLY_VERSION_1, SERVICES
from tests.walking import each

FOLDER = Path(protocols.ncip.__file__).parent

VERSIONS = {(2, 0): "2.0", (2, 1): "2.01", (2, 2): "2.02"}
KINDS = {
    "type xs:string": TEXT,
    "type SchemeValuePair": CODE,
    "type xs:dateTime": MOMENT,
    "type xs:nonNegativeInteger": COUNT,
    "type xs:positiveInteger": COUNT,
    "type xs:integer": NUMBER,
    "type None": FLAG,
}


#: AuthenticateUser is of version 1 alone.
KINDS_OF_2 = [
    kind for kind in LAYOUTS if kind.__name__.removesuffix("Response") not in ONLY_VERSION_1
]


class Particle(NamedTuple):
    element: str
    occurs: str
    is_in_choice: bool


def particles(model: str) -> list[Particle]:
    """The elements of a content model in its order."""
    tokens = re.findall(r"[A-Za-z0-9]+|[()|,?*+]", model)
    found: list[Particle] = []
    at = 0

    def group(is_in_choice: bool) -> None:
        nonlocal at
        at += 1  # (
        depth, end = 1, at
        is_choice = is_in_choice
        while depth:
            depth += {"(": 1, ")": -1}.get(tokens[end], 0)
            is_choice = is_choice or (tokens[end] == "|" and depth == 1)
            end += 1
        while tokens[at] != ")":
            if tokens[at] == "(":
                group(is_choice)
            elif tokens[at].isalnum():
                suffix = tokens[at + 1] if tokens[at + 1] in "?*+" else "1"
                found.append(Particle(tokens[at], suffix, is_choice))
                at += 1
            else:
                at += 1
        at += 1

    group(False)
    return found


@pytest.fixture(scope="module")
def models(official: Path) -> dict[tuple[int, int], dict[str, str]]:
    text = (official / "data/ncip-schema/content-models.json").read_text(encoding="utf-8")
    everything = json.loads(text)
    return {digits: everything[name]["models"] for digits, name in VERSIONS.items()}


def test_all_services_are_those_of_the_schema(official: Path) -> None:
    text = (official / "data/ncip-schema/content-models.json").read_text(encoding="utf-8")
    messages = set(json.loads(text)["2.02"]["messages"]) - {"Problem", "Ext"}
    assert {f"{name}Response" for name in ALL_SERVICES} | ALL_SERVICES == messages
    assert set(SERVICES) < ALL_SERVICES | ONLY_VERSION_1


def test_the_table_of_services_is_whole() -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    table = readme.partition("## Services")[2].partition("##")[0]
    named = re.findall(r"\b[A-Z][A-Za-z]+\b", "".join(re.findall(r"^\|[^|]*\|", table, re.M)))
    assert sorted(ALL_SERVICES) == sorted(set(named) & ALL_SERVICES)
    assert len([name for name in named if name in ALL_SERVICES]) == len(ALL_SERVICES)


@each("kind", KINDS_OF_2, lambda kind: kind.__name__)
def test_a_layout_is_part_of_its_content_model(
    kind: type[Any], models: dict[tuple[int, int], dict[str, str]]
) -> None:
    newest = models[2, 2]
    model = particles(newest[kind.__name__])
    if [particle.element for particle in model] == ["ANY"]:  # Ext
        assert {row.element for row in LAYOUTS[kind]} <= newest.keys()
        return
    names = [particle.element for particle in model]
    rows = LAYOUTS[kind]
    places: list[int] = []
    for row in rows:  # in the order of the model, in which a name may stand twice
        places.append(names.index(row.element, places[-1] + 1 if places else 0))
    for row, place in zip(rows, places, strict=True):
        check_row(row, model[place], newest)
    needed = {p.element for p in model if p.occurs in "1+" and not p.is_in_choice}
    assert needed <= {row.element for row in rows}


def check_row(row: Row, particle: Particle, models: dict[str, str]) -> None:
    assert row.occurs.value == particle.occurs
    if row.occurs in (ONE, SOME):
        assert bool(row.choice) == particle.is_in_choice
    expected = KINDS.get(models[row.element])
    if expected is None:
        assert row.kind in LAYOUTS
        assert row.kind.__name__ == row.element
    else:
        assert row.kind is expected


@each("kind version", list(product(KINDS_OF_2, VERSIONS)), str)
def test_a_row_says_which_versions_have_it(
    kind: type[Any],
    version: tuple[int, int],
    models: dict[tuple[int, int], dict[str, str]],
) -> None:
    model = models[version].get(kind.__name__)
    if model is None:  # LookupItemSet and its parts
        assert kind.__module__ == item_sets.__name__
        assert version < (2, 2)
        return
    names = {particle.element for particle in particles(model)}
    if names == {"ANY"}:  # Ext
        return
    assert {row.element for row in LAYOUTS[kind] if row.since <= version} <= names
    assert not {row.element for row in LAYOUTS[kind] if row.since > version} & names
