"""What agencies have agreed to do for each other, as the text of a set-up says it.

[agreements.CODE]
agencies = [ISIL, ...]
debts = true       # debts to one, and blocks by one, count at the others
payments = true    # each takes payments for the others
lending = true     # whoever lends decides alone what may be lent
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from catalogue.database import Transaction
from circulation.kernel.agreements import (
    MATTERS,
    Agreement,
    forget_agreement,
    read_agreements,
    store_agreement,
)
from circulation.setting_up.parts import Fields, Key, Noun, Parts
from circulation.setting_up.positions import Path
from circulation.setting_up.scopes import Add, Lines, no_such
from circulation.setting_up.source import Problem, Source

SECTIONS = ("agreements",)


def read_agreement_parts(source: Source, add: Add) -> None:
    """Reads the section, where there is one."""
    path: Path = ("agreements",)
    for code, value in source.table(path, source.document.get("agreements", {})).items():
        own = (*path, code)
        table = source.table(own, value)
        source.only(own, table, ("agencies", *MATTERS))
        named = table.get("agencies")
        if not isinstance(named, list) or not all(isinstance(isil, str) for isil in named):
            source.problem((*own, "agencies"), "must be an array of ISILs of agencies")
            named = []
        elif len(set(named)) < 2:
            source.problem((*own, "agencies"), "an agreement is between two agencies at least")
        fields: Fields = {"agencies": sorted(set(named))}
        fields |= {matter: source.flag(own, table, matter, False) for matter in MATTERS}
        if not any(fields[matter] for matter in MATTERS):
            source.problem(own, f"nothing is agreed: none of {', '.join(MATTERS)} is true")
        add(Noun.AGREEMENT, (code,), fields, own)


def check_agreements(parts: Parts, line: Lines) -> list[Problem]:
    """Agencies that are named and are not there."""
    return [
        no_such(Noun.AGREEMENT, key, line(Noun.AGREEMENT, key, ""), "agency", isil)
        for key, fields in parts.of[Noun.AGREEMENT].items()
        for isil in fields["agencies"]
        if (isil,) not in parts.of[Noun.AGENCY]
    ]


def add_stored_agreements(
    transaction: Transaction, parts: Parts, agency_isil: Mapping[int, str]
) -> None:
    for agreement in read_agreements(transaction):
        fields: Fields = {"agencies": sorted(agency_isil[each] for each in agreement.agencies)}
        fields |= {matter: getattr(agreement, matter) for matter in MATTERS}
        parts.add(Noun.AGREEMENT, (agreement.code,), fields)


def agreement_writers(
    transaction: Transaction, agencies: Callable[[], Mapping[str, int]]
) -> tuple[dict[Noun, Callable[[Key, Fields, bool], None]], dict[Noun, Callable[[Key], None]]]:
    """What writes an agreement, and what removes one; `agencies` gives ids by ISIL."""

    def write(key: Key, fields: Fields, is_new: bool) -> None:
        ids = agencies()
        between = frozenset(ids[isil] for isil in fields["agencies"])
        matters = {matter: fields[matter] for matter in MATTERS}
        store_agreement(transaction, Agreement(key[0], between, **matters))

    return (
        {Noun.AGREEMENT: write},
        {Noun.AGREEMENT: lambda key: forget_agreement(transaction, key[0])},
    )
