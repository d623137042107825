"""Agreements between agencies in library.toml."""

from __future__ import annotations

from circulation.kernel.agreements import (
    MATTERS,
    Agreement,
    forget_agreement,
    read_agreements,
    store_agreement,
)
from circulation.languages.sentences import Sentence, listed
from circulation.sections.changes import Change
from circulation.sections.parts import AGENCY, Fields, Lines, Noun, Parts, no_such
from circulation.sections.positions import Path
from circulation.sections.sections import Reading, Section, Stored, Storing
from circulation.sections.source import Problem

AGREEMENT = Noun("agreement", lets_go=True)  # code -> agencies and what they have agreed on


class AgreementSection(Section):
    shape = """[agreements.CODE]
agencies = [ISIL, ...]
debts = true       # debts to one, and blocks by one, count at the others
payments = true    # each takes payments for the others
lending = true     # whoever lends decides alone what may be lent
patrons = true     # the desks of each see and serve the patrons of the others"""
    keys = ("agreements",)
    nouns = (AGREEMENT,)
    tables = {"agreements": "agreements", "agreement_agencies": "agreements"}

    def read(self, reading: Reading) -> None:
        source = reading.source
        path: Path = ("agreements",)
        for code, value in source.table(path, source.document.get("agreements", {})).items():
            own = (*path, code)
            table = source.table(own, value)
            source.only(own, table, ("agencies", *MATTERS))
            named = table.get("agencies")
            if not isinstance(named, list) or not all(isinstance(isil, str) for isil in named):
                source.problem((*own, "agencies"), Sentence("ISILS_OF_AGENCIES"))
                named = []
            elif len(set(named)) < 2:
                source.problem((*own, "agencies"), Sentence("TWO_AGENCIES"))
            fields: Fields = {"agencies": sorted(set(named))}
            fields |= {matter: source.flag(own, table, matter, False) for matter in MATTERS}
            if not any(fields[matter] for matter in MATTERS):
                source.problem(own, Sentence("NOTHING_AGREED", names=listed(MATTERS)))
            reading.add(AGREEMENT, (code,), fields, own)

    def check(self, parts: Parts, line: Lines) -> list[Problem]:
        return [
            no_such(AGREEMENT, key, line(AGREEMENT, key, ""), "agency", isil)
            for key, fields in parts.of[AGREEMENT].items()
            for isil in fields["agencies"]
            if (isil,) not in parts.of[AGENCY]
        ]

    def load(self, stored: Stored) -> None:
        for agreement in read_agreements(stored.transaction):
            agencies = sorted(stored.agency_isil[each] for each in agreement.agencies)
            fields: Fields = {"agencies": agencies}
            fields |= {matter: getattr(agreement, matter) for matter in MATTERS}
            stored.parts.add(AGREEMENT, (agreement.code,), fields)

    def store(self, storing: Storing, change: Change, fields: Fields) -> None:
        between = frozenset(storing.agency(isil) for isil in fields["agencies"])
        matters = {matter: fields[matter] for matter in MATTERS}
        store_agreement(storing.transaction, Agreement(change.key[0], between, **matters))

    def forget(self, storing: Storing, change: Change) -> None:
        forget_agreement(storing.transaction, change.key[0])


AGREEMENTS = AgreementSection()
