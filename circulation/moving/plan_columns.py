"""What becomes of the columns of another system, by the plan that comes along for it.

A plan names the columns that it leaves out in comments of its sections:

    # - sex, initials: nothing here needs it
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from circulation.moving.example_plans import example_path, read_example
from circulation.moving.kinds.table import FIELDS
from circulation.moving.plans import KindPlan, Plan, read_plan

_SECTION: Final = re.compile(r"\[(\w+)[\].]")
_LEFT_OUT: Final = re.compile(r"# - (.+?): (.+)")


class ColumnTold(NamedTuple):
    """A column of the files of a kind, and what becomes of it. `why` it is left out."""

    kind: str
    files: str
    column: str
    becomes: str
    why: str = ""


def columns_told(system: str) -> list[ColumnTold]:
    """Return the columns that the plan for a system takes, then those that it leaves out."""
    plan = read_plan(example_path(system), FIELDS)
    left_out = left_out_by(read_example(system))
    return [
        told
        for kind, its in plan.kinds.items()
        for told in (
            *_taken(plan, kind, its),
            *(
                ColumnTold(kind, ", ".join(its.files), column, "left out", why)
                for column, why in left_out.get(kind, {}).items()
            ),
        )
    ]


def left_out_by(text: str) -> dict[str, dict[str, str]]:
    """Return the columns that a plan leaves out, with the reasons, by kind."""
    found: dict[str, dict[str, str]] = {}
    kind = ""
    for line in text.splitlines():
        if section := _SECTION.match(line):
            kind = section[1]
        elif said := _LEFT_OUT.fullmatch(line):
            found.setdefault(kind, {}).update(dict.fromkeys(said[1].split(", "), said[2]))
    return found


def _taken(plan: Plan, kind: str, its: KindPlan) -> Iterator[ColumnTold]:
    becomes: dict[str, list[str]] = {name: ["known again by it"] for name in its.key}
    for name in (*its.only, *its.unless):
        becomes.setdefault(name, []).append("rows are chosen by it")
    for name, planned in its.fields.items():
        for source in planned.sources:
            coded = ", by a table of codes" if plan.table(source) else ""
            told = "kept in the note" if name == "note" else f"`{name}`{coded}"
            for column in source.column:
                becomes.setdefault(column, []).append(told)
    for column, told_of in becomes.items():
        yield ColumnTold(kind, ", ".join(its.files), column, "; ".join(dict.fromkeys(told_of)))
