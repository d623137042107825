"""Transport in library.toml: where items float, and what sending them costs."""

from __future__ import annotations

from circulation.kernel.transport import (
    forget_transport_cost,
    read_transport,
    store_float_group,
    store_transport_cost,
)
from circulation.languages.sentences import Sentence
from circulation.sections.changes import Change
from circulation.sections.parts import BRANCH, Fields, Lines, Noun, Parts, no_such, of_part
from circulation.sections.positions import Path
from circulation.sections.sections import Reading, Section, Stored, Storing
from circulation.sections.source import Problem

FLOAT_GROUP = Noun("float group", lets_go=True)  # code -> branches
TRANSPORT = Noun(
    "transport", lambda key: Sentence("TRANSPORT", sent_from=key[0], to=key[1])
)  # -> cost


class FloatGroupSection(Section):
    shape = "[float_groups]   code = [ISIL, ...]"
    keys = ("float_groups",)
    nouns = (FLOAT_GROUP,)
    tables = {"float_branches": "float_groups"}

    def read(self, reading: Reading) -> None:
        source = reading.source
        path: Path = ("float_groups",)
        for code, value in source.table(path, source.document.get("float_groups", {})).items():
            own = (*path, code)
            if not isinstance(value, list) or not all(isinstance(isil, str) for isil in value):
                source.problem(own, Sentence("ISILS_OF_BRANCHES"))
                value = []
            if len(set(value)) < 2:
                source.problem(own, Sentence("TWO_BRANCHES"))
            reading.add(FLOAT_GROUP, (code,), {"branches": sorted(set(value))}, own)

    def check(self, parts: Parts, line: Lines) -> list[Problem]:
        return [
            no_such(FLOAT_GROUP, key, line(FLOAT_GROUP, key, ""), "branch", isil)
            for key, fields in parts.of[FLOAT_GROUP].items()
            for isil in fields["branches"]
            if (isil,) not in parts.of[BRANCH]
        ]

    def load(self, stored: Stored) -> None:
        floats: dict[str, list[str]] = {}
        for code, branch_id in read_transport(stored.transaction).floats:
            floats.setdefault(code, []).append(stored.branch_isil[branch_id])
        for code, found in floats.items():
            stored.parts.add(FLOAT_GROUP, (code,), {"branches": sorted(found)})

    def store(self, storing: Storing, change: Change, fields: Fields) -> None:
        branches = frozenset(storing.branch(isil) for isil in fields["branches"])
        store_float_group(storing.transaction, change.key[0], branches)

    def forget(self, storing: Storing, change: Change) -> None:
        store_float_group(storing.transaction, change.key[0], frozenset())


class TransportSection(Section):
    shape = "[[transport]]   from, to, cost (or never = true)"
    keys = ("transport",)
    nouns = (TRANSPORT,)
    tables = {"transport_costs": "transport"}

    def read(self, reading: Reading) -> None:
        source = reading.source
        for path, table in reading.array("transport"):
            source.only(path, table, ("from", "to", "cost", "never"))
            key = (source.text(path, table, "from") or "", source.text(path, table, "to") or "")
            never = table.get("never", False)
            if not isinstance(never, bool):
                source.must_be((*path, "never"), "TRUE_OR_FALSE", never)
            if (never is True) == ("cost" in table):
                source.problem(path, Sentence("COST_OR_NEVER"))
            reading.add(TRANSPORT, key, {"cost": source.number(path, table, "cost")}, path)

    def check(self, parts: Parts, line: Lines) -> list[Problem]:
        problems = []
        for key in parts.of[TRANSPORT]:
            at = line(TRANSPORT, key, "")
            problems += [
                no_such(TRANSPORT, key, at, "branch", isil)
                for isil in key
                if isil and (isil,) not in parts.of[BRANCH]
            ]
            if key[0] and key[0] == key[1]:
                problems.append(Problem(at, of_part(TRANSPORT.title(key), "SAME_BRANCHES")))
        return problems

    def load(self, stored: Stored) -> None:
        for (from_id, to_id), cost in read_transport(stored.transaction).costs.items():
            key = (stored.branch_isil[from_id], stored.branch_isil[to_id])
            stored.parts.add(TRANSPORT, key, {"cost": cost})

    def store(self, storing: Storing, change: Change, fields: Fields) -> None:
        sent_from, sent_to = map(storing.branch, change.key)
        store_transport_cost(storing.transaction, sent_from, sent_to, fields["cost"])

    def forget(self, storing: Storing, change: Change) -> None:
        sent_from, sent_to = map(storing.branch, change.key)
        forget_transport_cost(storing.transaction, from_branch_id=sent_from, to_branch_id=sent_to)


BETWEEN_BRANCHES = (FloatGroupSection(), TransportSection())
