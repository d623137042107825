"""What a set-up says of the flow from reminder to collection.

[[dunning]]  at, category, group, and steps: an array of tables with the fields of
             `circulation.dunning.steps.Step`, in their order; an empty one tells nobody anything
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from catalogue.database import Transaction
from circulation.calendars.rows import Owner
from circulation.dunning import flow_rows
from circulation.dunning.steps import Step, flow_problems, said_of, step_of, step_problems
from circulation.setting_up.parts import Fields, Key, Noun, Parts
from circulation.setting_up.positions import Path
from circulation.setting_up.scopes import Add, Lines, stored_scope, unknown_in_scopes
from circulation.setting_up.source import Problem, Source

SECTIONS = ("dunning",)
_SCOPE = ("at", "category", "group")


def read_flows(source: Source, add: Add) -> None:
    """Adds the flows of the section; notes what is wrong with them."""
    for path, table in source.tables(("dunning",), source.document.get("dunning", [])):
        _read(source, add, path, table)


def _read(source: Source, add: Add, path: Path, table: Mapping[str, Any]) -> None:
    source.only(path, table, (*_SCOPE, "steps"))
    scope = tuple(source.text(path, table, name, "") or "" for name in _SCOPE)
    if "steps" not in table:
        source.problem(path, "steps is missing")
    steps: list[tuple[Path, Step]] = []
    for own, fields in source.tables((*path, "steps"), table.get("steps", [])):
        problems = step_problems(fields)
        for name, text in problems.items():
            source.problem((*own, name) if name in fields else own, text)
        if not problems:
            steps.append((own, step_of(fields)))
    wrong = flow_problems([step for _, step in steps])
    for own, step in steps:
        if step.code in wrong:
            source.problem(own, f"{step.code}: {wrong.pop(step.code)}")
    add(Noun.DUNNING, scope, _fields([step for _, step in steps]), path)


def _fields(steps: list[Step]) -> Fields:
    """By code; the number keeps the order."""
    told: Fields = {}
    for number, step in enumerate(steps, 1):
        said = said_of(step)
        del said["code"]
        told[step.code] = {"number": number} | said
    return told


def check_flows(parts: Parts, line: Lines) -> list[Problem]:
    """Every name in a scope that is not there."""
    return unknown_in_scopes(parts, line, Noun.DUNNING, _SCOPE)


def add_stored_flows(
    transaction: Transaction, parts: Parts, place: Callable[[int | None, int | None], str]
) -> None:
    """Adds what is stored to the parts; `place` gives the ISIL of an agency or branch."""
    for flow in flow_rows.read_flows(transaction):
        key = (
            place(flow.agency_id, flow.branch_id),
            flow.patron_category or "",
            flow.material_group or "",
        )
        parts.add(Noun.DUNNING, key, _fields(list(flow.steps)))


def flow_writers(
    transaction: Transaction, owner: Callable[[str], Owner]
) -> tuple[dict[Noun, Callable[[Key, Fields, bool], None]], dict[Noun, Callable[[Key], None]]]:
    """What stores and what removes a flow; `owner` finds a place by its ISIL."""

    def scope(key: Key) -> dict[str, Any]:
        return stored_scope(owner, key, "patron_category", "material_group")

    def write(key: Key, fields: Fields, is_new: bool) -> None:
        in_order = sorted(fields.items(), key=lambda each: each[1]["number"])
        steps = []
        for code, said in in_order:
            own = {name: value for name, value in said.items() if name != "number"}
            steps.append(step_of({"code": code} | own))
        flow_rows.store_flow(transaction, steps, **scope(key))

    return (
        {Noun.DUNNING: write},
        {Noun.DUNNING: lambda key: flow_rows.forget_flow(transaction, **scope(key))},
    )
