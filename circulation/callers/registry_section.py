"""What library.toml says of registries of partners."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from circulation.callers.registries import (
    REGISTRY,
    PartnerRegistry,
    all_registries,
    forget_registered_of,
    forget_registry,
    store_registry,
)
from circulation.callers.section import PARTNER
from circulation.languages.sentences import Sentence
from circulation.sections.changes import Change
from circulation.sections.options import can_be_kept
from circulation.sections.parts import BRANCH, Fields, Lines, Noun, Parts, no_such
from circulation.sections.positions import Path
from circulation.sections.sections import Reading, Section, Stored, Storing
from circulation.sections.source import Problem, Source

_SECRETS = ("shared_secret", "address_secret")
#: Code -> file, branch, and what is agreed with its partners.
PARTNER_REGISTRY = Noun("partner registry", lets_go=True, secret=frozenset(_SECRETS))
#: What the file says of each partner.
_IN_THE_FILE = ("agency", "name", "address", "address_user", "address_secret", REGISTRY)


class RegistrySection(Section):
    shape = (
        "[partner_registries.CODE]   file, branch, and options of the partners' protocol that all"
        " of its partners have"
    )
    keys = ("partner_registries",)
    nouns = (PARTNER_REGISTRY,)
    tables = {"partner_registries": "partner_registries"}
    own = ("file", "branch")

    def read(self, reading: Reading) -> None:
        source = reading.source
        for code, path, table in reading.section("partner_registries"):
            options = {name: value for name, value in table.items() if name not in self.own}
            for name, value in options.items():
                if name in _IN_THE_FILE:
                    source.problem((*path, name), Sentence("IN_THE_REGISTRY"))
                elif not can_be_kept(value):
                    source.must_be((*path, name), "A_WORD_OR_NUMBER", value)
            options = {
                name: value
                for name, value in options.items()
                if can_be_kept(value) and name not in _IN_THE_FILE
            }
            for name, text in reading.checks.partner(options).items():
                source.problem((*path, name), text)
            fields = {
                "file": _file(source, path, table),
                "branch": source.text(path, table, "branch") or "",
                **options,
            }
            reading.add(PARTNER_REGISTRY, (code,), fields, path)

    def check(self, parts: Parts, line: Lines) -> list[Problem]:
        registries = parts.of[PARTNER_REGISTRY]
        problems = [
            no_such(PARTNER_REGISTRY, key, line(PARTNER_REGISTRY, key, "branch"), BRANCH.word, name)
            for key, fields in registries.items()
            if (name := fields["branch"]) and (name,) not in parts.of[BRANCH]
        ]
        for key, fields in parts.of[PARTNER].items():
            named = fields.get(REGISTRY)
            if named and (named,) not in registries:
                at = line(PARTNER, key, REGISTRY)
                problems.append(no_such(PARTNER, key, at, PARTNER_REGISTRY.word, str(named)))
        return problems

    def load(self, stored: Stored) -> None:
        for registry in all_registries(stored.transaction):
            fields = {
                "file": registry.file,
                "branch": stored.branch_isil[registry.branch_id],
                **registry.options,
            }
            stored.parts.add(PARTNER_REGISTRY, (registry.code,), fields)

    def store(self, storing: Storing, change: Change, fields: Fields) -> None:
        registry = PartnerRegistry(
            change.key[0],
            fields["file"],
            storing.branch(fields["branch"]),
            {name: each for name, each in fields.items() if name not in self.own},
        )
        store_registry(storing.transaction, registry)

    def forget(self, storing: Storing, change: Change) -> None:
        forget_registry(storing.transaction, code=change.key[0])
        if change.after is None:
            forget_registered_of(storing.transaction, registry=change.key[0])


def _file(source: Source, path: Path, table: Mapping[str, Any]) -> str:
    """Where the file is, from the root: a job has no folder of its own."""
    if "file" not in table:
        return ""
    value = source.text(path, table, "file") or ""
    if value and not PurePosixPath(value).is_absolute():
        source.problem((*path, "file"), Sentence("WHOLE_PATH"))
    return value
