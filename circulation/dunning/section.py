"""What library.toml says of the flow from reminder to collection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from circulation.dunning.flow_rows import FLOW_RULES, forget_flow, read_flows, store_flow
from circulation.dunning.steps import STEP, Does, Step, flow_problems, of_step, said_of, step_of
from circulation.fees.section import FEES, PAYMENT
from circulation.languages.sentences import Sentence
from circulation.sections.changes import Change
from circulation.sections.parts import AGENCY, BRANCH, Fields, Key, Lines, Parts, of_part
from circulation.sections.positions import Path
from circulation.sections.rules import ScopedSection, scoped
from circulation.sections.sections import Reading, Stored, Storing
from circulation.sections.source import Problem

#: Steps whose messages ask for money.
_ASKS_FOR_MONEY = (Does.BILL.value, Does.REMIND.value)


class DunningSection(ScopedSection):
    shape = """[[dunning]]   at, category, group, and steps: an array of tables with the settings
              below, in their order; an empty one tells nobody anything"""
    model = STEP
    tables = {"dunning_flows": "dunning", "dunning_steps": "dunning"}

    def read_rule(self, reading: Reading, path: Path, table: Mapping[str, Any]) -> None:
        source = reading.source
        source.only(path, table, (*self.scope, "steps"))
        key = self.key(source, path, table)
        if "steps" not in table:
            source.problem(path, Sentence("MISSING", name="steps"))
        steps: list[tuple[Path, Step]] = []
        for own, fields in source.tables((*path, "steps"), table.get("steps", [])):
            problems = STEP.problems(fields)
            for name, text in problems.items():
                source.problem((*own, name) if name in fields else own, text)
            if not problems:
                steps.append((own, step_of(fields)))
        wrong = flow_problems([step for _, step in steps])
        for own, step in steps:
            if step.code in wrong:
                source.problem(own, of_step(step.code, wrong.pop(step.code)))
        reading.add(self.noun, key, _fields([step for _, step in steps]), path)

    def check(self, parts: Parts, line: Lines) -> list[Problem]:
        """Besides: every flow whose bills or reminders would say no way to pay."""
        return super().check(parts, line) + [
            Problem(
                line(self.noun, key, ""),
                of_part(self.noun.title(key), "NO_WAY_TO_PAY", agency=isil),
            )
            for key, isil in unpayable(parts)
        ]

    def load(self, stored: Stored) -> None:
        for flow in read_flows(stored.transaction):
            key = self.key_of(stored, flow.rule)
            stored.parts.add(self.noun, key, _fields(list(flow.steps)))

    def store(self, storing: Storing, change: Change, fields: Fields) -> None:
        in_order = sorted(fields.items(), key=lambda each: each[1]["number"])
        steps = []
        for code, said in in_order:
            own = {name: value for name, value in said.items() if name != "number"}
            steps.append(step_of({"code": code} | own))
        store_flow(storing.transaction, steps, **self.stored_scope(storing, change.key))

    def forget(self, storing: Storing, change: Change) -> None:
        forget_flow(storing.transaction, **self.stored_scope(storing, change.key))


def _fields(steps: list[Step]) -> Fields:
    """By code; the number keeps the order."""
    told: Fields = {}
    for number, step in enumerate(steps, 1):
        said = said_of(step)
        del said["code"]
        told[step.code] = {"number": number} | said
    return told


DUNNING = DunningSection("dunning", scoped("dunning"), FLOW_RULES, ("at", "category", "group"))


def unpayable(parts: Parts) -> list[tuple[Key, str]]:
    """The flows that ask for money in the name of an agency that says no way to pay it."""
    if not parts.of[FEES.noun]:
        return []  # nothing is charged
    found = []
    for key, steps in parts.of[DUNNING.noun].items():
        if not any(each["does"] in _ASKS_FOR_MONEY for each in steps.values()):
            continue
        found += [
            (key, isil)
            for isil in _agencies_of(parts, key)
            if (isil,) not in parts.of[PAYMENT.nouns[0]]
        ]
    return found


def _agencies_of(parts: Parts, key: Key) -> list[str]:
    """In whose name the flow of this scope may speak."""
    place = key[0]
    if (place,) in parts.of[AGENCY]:
        return [place]
    if (place,) in parts.of[BRANCH]:
        agency = parts.of[BRANCH][(place,)]["agency"]
        return [agency] if (agency,) in parts.of[AGENCY] else []
    if place:
        return []  # a problem of its own
    # A flow for all does not hold where an agency has one of its own.
    flows = parts.of[DUNNING.noun]
    return [isil for (isil,) in parts.of[AGENCY] if (isil, *key[1:]) not in flows]
