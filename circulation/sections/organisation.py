"""The organisation in library.toml, and the trees of codes that its rules name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete

from catalogue.database import Statement, send
from catalogue.visibility import share_stock
from circulation.calendars.schema import closures
from circulation.kernel.organisation import (
    add_agency,
    add_branch,
    add_consortium,
    all_agencies,
    all_consortia,
    change_agency,
    remove_agency,
    remove_branch,
    rename_branch,
    rename_consortium,
)
from circulation.kernel.results import DEFAULT_TIMEZONE
from circulation.kernel.rules import lineage
from circulation.kernel.set_up import all_branches
from circulation.kernel.trees import CATEGORIES, GROUPS, Nodes
from circulation.languages.sentences import Sentence
from circulation.sections.changes import Change
from circulation.sections.parts import (
    AGENCY,
    BRANCH,
    CATEGORY,
    GROUP,
    Fields,
    Lines,
    Noun,
    Parts,
    no_such,
    of_part,
)
from circulation.sections.positions import Path
from circulation.sections.sections import (
    Changes,
    Reading,
    Section,
    Stored,
    Storing,
    keys_within,
)
from circulation.sections.source import Problem

CONSORTIUM = Noun("consortium")
_ISIL = re.compile(r"[A-Za-z0-9]{1,4}-[A-Za-z0-9:/-]{1,11}", re.ASCII)


@send
def _forget_closures(*, branch_id: int) -> Statement:
    return delete(closures).where(closures.c.branch_id == branch_id)


class ConsortiumSection(Section):
    shape = 'consortium = "Demo libraries"'
    keys = ("consortium",)
    nouns = (CONSORTIUM,)
    tables = {"consortia": "consortium"}

    def read(self, reading: Reading) -> None:
        name = reading.source.text((), reading.source.document, "consortium")
        reading.add(CONSORTIUM, (), {"name": name or ""}, ("consortium",))

    def load(self, stored: Stored) -> None:
        for consortium in all_consortia(stored.transaction):
            stored.parts.add(CONSORTIUM, (), {"name": consortium.name})

    def store(self, storing: Storing, change: Change, fields: Fields) -> None:
        if change.before is None:
            add_consortium(storing.transaction, name=fields["name"])
        else:
            consortium = all_consortia(storing.transaction)[0].id
            rename_consortium(storing.transaction, consortium_id=consortium, name=fields["name"])


class TreeSection(Section):
    """Patron categories, or material groups."""

    def __init__(self, key: str, noun: Noun, nodes: Nodes, table: str) -> None:
        self.keys = (key,)
        self.shape = f'[{key}]   code = "Name", or {{ name = "Name", parent = "code" }}'
        self.nouns = (noun,)
        self.tables = {table: key}
        self._nodes = nodes

    def read(self, reading: Reading) -> None:
        source, (section,), (noun,) = reading.source, self.keys, self.nouns
        for code, value in source.table((section,), source.document.get(section, {})).items():
            path: Path = (section, code)
            if not code.strip():
                source.problem(path, Sentence("CODE_EMPTY"))
            table = {"name": value} if isinstance(value, str) else source.table(path, value)
            source.only(path, table, ("name", "parent", *keys_within(noun)))
            parent = source.text(path, table, "parent") if "parent" in table else None
            name = source.text(path, table, "name") or ""
            reading.add(noun, (code,), {"name": name, "parent": parent}, path, table)

    def check(self, parts: Parts, line: Lines) -> list[Problem]:
        problems = []
        (noun,) = self.nouns
        tree = parts.tree(noun)
        for code, parent in tree.items():
            at = line(noun, (code,), "parent")
            chain = lineage(tree, code)
            if parent is not None and parent not in tree:
                problems.append(no_such(noun, (code,), at, noun.word, parent))
            elif tree.get(chain[-1]) in chain:
                problems.append(Problem(at, of_part(noun.title((code,)), "CIRCLE")))
        return problems

    def load(self, stored: Stored) -> None:
        for node in self._nodes.all(stored.transaction):
            fields: Fields = {"name": node.name, "parent": node.parent}
            stored.parts.add(self.nouns[0], (node.code,), fields)

    def remove(self, storing: Storing, changes: Changes) -> None:
        """Does nothing yet: what stays may first have to move below another code."""

    def write(self, storing: Storing, changes: Changes) -> None:
        (noun,) = self.nouns
        wanted = {
            each.key[0]: (each.after["name"], each.after["parent"])
            for each in changes[noun]
            if each.after is not None
        }
        self._nodes.store(storing.transaction, wanted)
        gone = [each.key[0] for each in changes[noun] if each.after is None]
        self._nodes.forget(storing.transaction, gone)


def _by_isil(reading: Reading, section: str) -> Iterator[tuple[str, Path, Mapping[str, Any]]]:
    source = reading.source
    for isil, value in source.table((section,), source.document.get(section, {})).items():
        path: Path = (section, isil)
        if not _ISIL.fullmatch(isil):
            source.problem(path, Sentence("NO_ISIL"))
        yield isil, path, source.table(path, value)


class AgencySection(Section):
    shape = """[agencies.ISIL]   name, kind ("public" or "school"), timezone, shares_stock
                  (of a school: others see what it has)"""
    keys = ("agencies",)
    nouns = (AGENCY,)
    tables = {"agencies": "agencies", "agency_settings": "agencies"}

    def read(self, reading: Reading) -> None:
        source = reading.source
        own = ("name", "kind", "timezone", "shares_stock")
        for isil, path, table in _by_isil(reading, "agencies"):
            source.only(path, table, (*own, *keys_within(AGENCY)))
            timezone = source.text(path, table, "timezone", DEFAULT_TIMEZONE) or DEFAULT_TIMEZONE
            try:
                ZoneInfo(timezone)
            except (KeyError, ValueError, OSError):
                source.problem((*path, "timezone"), Sentence("NO_TIMEZONE", name=timezone))
            fields = {
                "name": source.text(path, table, "name") or "",
                "kind": source.choice(path, table, "kind", ("public", "school"), "public"),
                "timezone": timezone,
                "shares_stock": source.flag(path, table, "shares_stock", False),
            }
            reading.add(AGENCY, (isil,), fields, path, table)

    def check(self, parts: Parts, line: Lines) -> list[Problem]:
        return [] if parts.of[AGENCY] else [Problem(None, Sentence("NO_AGENCY"))]

    def load(self, stored: Stored) -> None:
        for agency in all_agencies(stored.transaction):
            fields = {
                "name": agency.name,
                "kind": agency.kind,
                "timezone": agency.timezone,
                "shares_stock": bool(agency.shares_stock),
            }
            stored.parts.add(AGENCY, (agency.isil,), fields)

    def store(self, storing: Storing, change: Change, fields: Fields) -> None:
        transaction, (isil,) = storing.transaction, change.key
        name, kind, timezone = fields["name"], fields["kind"], fields["timezone"]
        if change.before is None:
            consortium = all_consortia(transaction)[0].id
            add_agency(transaction, consortium, isil, name, kind=kind, timezone=timezone)
            if fields["shares_stock"]:
                share_stock(transaction, isil, True)
            return
        change_agency(transaction, storing.agency(isil), name, kind=kind, timezone=timezone)
        # The catalogue then goes through all records to find what it must hide.
        before = change.before["kind"], change.before["shares_stock"]
        if before != (kind, fields["shares_stock"]):
            share_stock(transaction, isil, fields["shares_stock"])

    def forget(self, storing: Storing, change: Change) -> None:
        remove_agency(storing.transaction, storing.agency(change.key[0]))


class BranchSection(Section):
    shape = "[branches.ISIL]   agency (its ISIL), name"
    keys = ("branches",)
    nouns = (BRANCH,)
    tables = {"branches": "branches"}

    def read(self, reading: Reading) -> None:
        source = reading.source
        for isil, path, table in _by_isil(reading, "branches"):
            source.only(path, table, ("agency", "name", *keys_within(BRANCH)))
            fields = {
                "agency": source.text(path, table, "agency") or "",
                "name": source.text(path, table, "name") or "",
            }
            reading.add(BRANCH, (isil,), fields, path, table)

    def check(self, parts: Parts, line: Lines) -> list[Problem]:
        problems = []
        for key, fields in parts.of[BRANCH].items():
            if fields["agency"] and (fields["agency"],) not in parts.of[AGENCY]:
                at = line(BRANCH, key, "agency")
                problems.append(no_such(BRANCH, key, at, "agency", fields["agency"]))
            if key in parts.of[AGENCY]:
                text = of_part(BRANCH.title(key), "ISIL_OF_AGENCY")
                problems.append(Problem(line(BRANCH, key, ""), text))
        return problems

    def load(self, stored: Stored) -> None:
        for branch in all_branches(stored.transaction):
            fields = {"agency": branch.agency_isil, "name": branch.name}
            stored.parts.add(BRANCH, (branch.isil,), fields)

    def store(self, storing: Storing, change: Change, fields: Fields) -> None:
        if change.before is None:
            agency = storing.agency(fields["agency"])
            add_branch(storing.transaction, agency, change.key[0], fields["name"])
        else:
            rename_branch(storing.transaction, storing.branch(change.key[0]), fields["name"])

    def forget(self, storing: Storing, change: Change) -> None:
        branch = storing.branch(change.key[0])
        _forget_closures(storing.transaction, branch_id=branch)
        remove_branch(storing.transaction, branch)


ORGANISATION = (
    ConsortiumSection(),
    TreeSection("categories", CATEGORY, CATEGORIES, "patron_categories"),
    TreeSection("groups", GROUP, GROUPS, "material_groups"),
    AgencySection(),
    BranchSection(),
)
