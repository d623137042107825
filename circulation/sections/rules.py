"""Rules of all kinds in library.toml: an array of tables, each with a scope and settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from circulation.kernel.agency_rows import AgencyRows
from circulation.kernel.loan_rules import LOAN_POLICIES
from circulation.kernel.models import Model, said
from circulation.kernel.rules import Rule, RuleRows, RuleSet
from circulation.languages.sentences import Sentence
from circulation.sections.changes import Change
from circulation.sections.parts import (
    AGENCY,
    BRANCH,
    CATEGORY,
    GROUP,
    Fields,
    Key,
    Lines,
    Noun,
    Parts,
    no_such,
)
from circulation.sections.positions import Path
from circulation.sections.sections import Reading, Section, Stored, Storing
from circulation.sections.source import Problem, Source

#: The columns of a rule for the words of a scope.
_COLUMNS = {
    "category": "patron_category",
    "group": "material_group",
    "kind": "kind",
    "type": "material_type",
    "from": "valid_from",
}
#: What the words of a scope refer to, and what people call that.
_NAMED: dict[str, tuple[tuple[Noun, ...], str]] = {
    "at": ((AGENCY, BRANCH), "agency or branch"),
    "category": ((CATEGORY,), "patron category"),
    "group": ((GROUP,), "material group"),
}


def at_place(place: str) -> Sentence:
    """The place of a rule; empty for everywhere."""
    return Sentence("AT_PLACE", place=place) if place else Sentence("EVERYWHERE")


def scoped(word: str) -> Noun:
    """The noun of rules for a place and a category, perhaps for a group and from a certain day."""

    def called(key: Key) -> Sentence:
        place, category, *rest = key
        title = Sentence(
            "SCOPED",
            noun=Sentence(f"NOUN_{word}"),
            place=at_place(place),
            category=Sentence("FOR", category=category) if category else Sentence("FOR_ALL"),
        )
        for group in rest[:1]:
            of = Sentence("OF", group=group) if group else Sentence("OF_ALL")
            title = Sentence("OF_GROUP", title=title, group=of)
        for day in filter(None, rest[1:]):
            title = Sentence("FROM_DAY", title=title, day=day)
        return title

    return Noun(word, called)


class ScopedSection(Section):
    """An array of tables with the scope of a rule; `scope` are its words, ``at`` first.

    The key of a part holds their values, each of them empty if the rule is for any.
    """

    def __init__(self, name: str, noun: Noun, rules: RuleRows, scope: Sequence[str]) -> None:
        self.keys = (name,)
        self.nouns = (noun,)
        self.scope = tuple(scope)
        self.shape = self.shape or f"[[{name}]]   {', '.join(scope)}, and the settings below"
        self.rules = rules
        self.tables = self.tables or {rules.table.name: name}

    @property
    def noun(self) -> Noun:
        return self.nouns[0]

    def read(self, reading: Reading) -> None:
        for path, table in reading.array(self.keys[0]):
            self.read_rule(reading, path, table)

    def read_rule(self, reading: Reading, path: Path, table: Mapping[str, Any]) -> None:
        """Reads one table of the array."""

    def key(self, source: Source, path: Path, table: Mapping[str, Any]) -> Key:
        """The scope as it is written."""
        return tuple(self._code(source, path, table, word) for word in self.scope)

    def _code(self, source: Source, path: Path, table: Mapping[str, Any], word: str) -> str:
        if word != "from":
            return source.text(path, table, word, "") or ""
        begins = table.get("from")
        if isinstance(begins, date) and not isinstance(begins, datetime):
            return begins.isoformat()
        if begins is not None:
            source.must_be((*path, "from"), "A_DATE", begins)
        return ""

    def check(self, parts: Parts, line: Lines) -> list[Problem]:
        """Every place, category and group that a rule names but that does not exist."""
        known = {
            word: {key[0] for noun in nouns for key in parts.of[noun]}
            for word, (nouns, _) in _NAMED.items()
        }
        return [
            no_such(self.noun, key, line(self.noun, key, word), _NAMED[word][1], value)
            for key in parts.of[self.noun]
            for word, value in zip(self.scope, key, strict=True)
            if value and word in known and value not in known[word]
        ]

    def key_of(self, stored: Stored, rule: Rule) -> Key:
        """The scope of a stored rule."""
        codes = (getattr(rule, _COLUMNS[word]) or "" for word in self.scope[1:])
        return (stored.place(rule.agency_id, rule.branch_id), *map(str, codes))

    def stored_scope(self, storing: Storing, key: Key) -> dict[str, Any]:
        """The columns of a scope."""
        agency_id, branch_id = storing.owner(key[0])
        scope: dict[str, Any] = {"agency_id": agency_id, "branch_id": branch_id}
        for word, code in zip(self.scope[1:], key[1:], strict=True):
            value = date.fromisoformat(code) if word == "from" and code else code or None
            scope[_COLUMNS[word]] = value
        return scope

    def forget(self, storing: Storing, change: Change) -> None:
        self.rules.forget(storing.transaction, **self.stored_scope(storing, change.key))


class RuleSection(ScopedSection):
    """The rules of one set; `empty` names the sentence of a rule without settings."""

    empty = "RULE_EMPTY"

    def __init__(self, name: str, noun: Noun, rules: RuleSet, scope: Sequence[str]) -> None:
        super().__init__(name, noun, rules, scope)
        self.model: Model[Any] = rules.model

    def read_rule(self, reading: Reading, path: Path, table: Mapping[str, Any]) -> None:
        source = reading.source
        source.only(path, table, (*self.scope, *self.model.names))
        key = self.key(source, path, table)
        fields = {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in table.items()
            if name in self.model.names
        }
        scope = dict(zip((_COLUMNS.get(word, word) for word in self.scope), key, strict=True))
        problems = self.rules.problems(fields, scope)
        for name, text in problems.items():
            source.problem((*path, name), text)
        if not fields:
            source.problem(path, Sentence(self.empty))
        sound = {name: value for name, value in fields.items() if name not in problems}
        reading.add(self.noun, key, sound, path)
        for word, code in zip(self.scope, key, strict=True):
            if code:
                reading.line_of(self.noun, key, word, path)

    def load(self, stored: Stored) -> None:
        for rule in self.rules.read(stored.transaction):
            fields = {name: said(value) for name, value in rule.says.items()}
            stored.parts.add(self.noun, self.key_of(stored, rule), fields)

    def store(self, storing: Storing, change: Change, fields: Fields) -> None:
        scope = self.stored_scope(storing, change.key)
        self.rules.store(storing.transaction, **scope, **fields)


class AgencyRowsSection(Section):
    """Settings of an agency, in a table within that of the agency."""

    def __init__(self, name: str, noun: Noun, rows: AgencyRows[Any]) -> None:
        self.name = name
        self.shape = f"[agencies.ISIL.{name}]   the settings below"
        self.model: Model[Any] = rows.model
        self.adds = {AGENCY: (name,)}
        self.nouns = (noun,)
        self.tables = {rows.table.name: "agencies"}
        self.rows = rows

    def read(self, reading: Reading) -> None:
        source, model = reading.source, self.model
        for key, outer, agency in reading.written(AGENCY):
            if self.name not in agency:
                continue
            path = (*outer, self.name)
            table = source.table(path, agency[self.name])
            source.only(path, table, model.names)
            fields = {name: each for name, each in table.items() if name in model.names}
            for name, text in model.problems(fields).items():
                source.problem((*path, name), text)
            if not table:
                source.problem(path, Sentence("SAYS_NOTHING"))
            reading.add(self.nouns[0], key, fields, path)

    def load(self, stored: Stored) -> None:
        for agency_id, each in self.rows.said(stored.transaction).items():
            fields = {name: said(value) for name, value in each.items()}
            stored.parts.add(self.nouns[0], (stored.agency_isil[agency_id],), fields)

    def store(self, storing: Storing, change: Change, fields: Fields) -> None:
        self.rows.store(storing.transaction, storing.agency(change.key[0]), fields)

    def forget(self, storing: Storing, change: Change) -> None:
        self.store(storing, change, {})


LOAN_RULES = RuleSection("rules", scoped("rule"), LOAN_POLICIES, ("at", "category", "group"))
