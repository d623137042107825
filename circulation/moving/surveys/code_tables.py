"""Codes of the files that the tables of the plan lack, with a proposal where one is plain.

A proposal is a code of Tiro that is spelt in the same way, or whose name is: an ISIL by its number
too, so that 710100 is DK-710100. Anything else is for a person to fill in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from circulation.moving.plans import ANY, Plan
from circulation.moving.rows import is_code
from circulation.moving.surveys.files import FieldCodes, FileSurvey
from circulation.moving.values import BRANCH

#: Of a code that may be a PIN, or a number of somebody, so many must be alike to show it.
_LEAST_SHOWN: Final = 5
_NUMBER: Final = re.compile("[0-9]{4,}", re.ASCII)


class OwnCodes(NamedTuple):
    """The codes of a library of Tiro, each with its name."""

    branches: Mapping[str, str] = {}
    categories: Mapping[str, str] = {}
    groups: Mapping[str, str] = {}

    def of(self, codes: FieldCodes) -> Mapping[str, str]:
        """Return those that a field may have."""
        if codes.cell == BRANCH:
            return self.branches
        if codes.name == "category":
            return self.categories
        if codes.name == "material_group":
            return self.groups
        told = codes.cell.told.partition(";")[0].split(", ") if codes.cell.is_code else []
        return {each: each for each in told} if len(told) > 1 else {}


class LackingCode(NamedTuple):
    """A code that the table of a field lacks: empty `table` for one without a table of a name.
    `proposal` is empty where none is plain. `code` is empty where it may not be shown."""

    kind: str
    field: str
    table: str
    code: str
    rows: int
    proposal: str


def is_shown(text: str, number: int) -> bool:
    """Return whether a code found so often may be shown."""
    return is_code(text) and (number >= _LEAST_SHOWN or not _NUMBER.fullmatch(text))


def find_lacking(plan: Plan, surveys: Iterable[FileSurvey], own: OwnCodes) -> list[LackingCode]:
    """Return the codes that the tables of the plan lack, by field, the most frequent first."""
    counts: dict[tuple[str, str, str], dict[str, int]] = {}
    proposals: dict[tuple[str, str, str], Mapping[str, str]] = {}
    for survey in surveys:
        for codes in (each for kind in survey.kinds for each in kind.codes):
            table, known = codes.table, own.of(codes)
            if table is None and not known:
                continue
            name = codes.plan.values if isinstance(codes.plan.values, str) else ""
            its = codes.kind, codes.name, name
            proposals[its] = known
            found = counts.setdefault(its, {})
            for text, number in codes.counts.items():
                if not (text in known if table is None else text in table or ANY in table):
                    found[text] = found.get(text, 0) + number
    lacking: list[LackingCode] = []
    for its, found in counts.items():
        hidden = 0
        for text, number in sorted(found.items(), key=lambda each: (-each[1], each[0])):
            if is_shown(text, number):
                proposal = propose(text, proposals[its])
                lacking.append(LackingCode(*its, text, number, proposal))
            else:
                hidden += number
        if hidden:
            lacking.append(LackingCode(*its, "", hidden, ""))
    return lacking


def propose(text: str, known: Mapping[str, str]) -> str:
    """Return the code that is plainly meant; empty where none is, or more than one."""
    bare = _bare(text)
    found = {code for code, name in known.items() if bare in (_bare(code), _bare(name))}
    found = found or {code for code in known if bare.isdigit() and _bare(code).endswith(bare)}
    return found.pop() if len(found) == 1 else ""


def _bare(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))
