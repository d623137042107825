"""What library.toml says of callers and of sorting."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from circulation.callers.partners import (
    all_partners,
    folded_agency,
    forget_partner,
    store_partner,
)
from circulation.callers.sorting import (
    PLACES,
    SortRule,
    forget_sort_rule,
    read_sorting,
    store_sort_rule,
)
from circulation.callers.terminals import (
    Terminal,
    all_profiles,
    all_terminals,
    forget_profile,
    forget_terminal,
    store_profile,
    store_terminal,
)
from circulation.kernel.results import Destination
from circulation.languages.sentences import Sentence
from circulation.sections.changes import Change
from circulation.sections.options import OptionCheck, can_be_kept
from circulation.sections.parts import (
    BRANCH,
    GROUP,
    Fields,
    Lines,
    Noun,
    Parts,
    no_such,
    of_part,
)
from circulation.sections.positions import Path
from circulation.sections.sections import Reading, Section, Stored, Storing
from circulation.sections.source import Problem, Source

_SECRET = frozenset({"password", "shared_secret", "address_secret", "token_key"})
#: Scheme, number in three digits -> bin, conditions.
SORT_RULE = Noun(
    "sort rule",
    lambda key: Sentence("SORT_RULE_OF", number=int(key[1]), scheme=key[0]),
    lets_go=True,
)
PROFILE = Noun("terminal profile", secret=_SECRET)  # code -> options
#: Login -> branch, password, profile, any_branch, sorting, and options.
TERMINAL = Noun("terminal", lets_go=True, secret=_SECRET)
PARTNER = Noun("partner", lets_go=True, secret=_SECRET)  # agency -> name, branch, secret, options

#: The words for destinations: ``hold-shelf-here``.
DESTINATIONS = {each.name.lower().replace("_", "-"): each.name for each in Destination}
_WORDS = {name: word for word, name in DESTINATIONS.items()}
#: Conditions of a sort rule that are the same in the text and in the table.
_SAME = (*PLACES, "call_number_from", "call_number_to")
#: The conditions of a sort rule that are texts.
_TEXTS = ("to", "home", "group", *_SAME)


def _unknown(
    parts: Parts, line: Lines, noun: Noun, names: Iterable[tuple[str, Noun]]
) -> list[Problem]:
    """What fields name that is not there; `names` says of which noun each names one."""
    return [
        no_such(noun, key, line(noun, key, name), named.word, fields[name])
        for name, named in names
        for key, fields in parts.of[noun].items()
        if fields.get(name) and (fields[name],) not in parts.of[named]
    ]


class SortSection(Section):
    shape = """[[sorting.SCHEME]]   bin, and conditions: destination, to, home, hold, group,
                     department, location, sublocation, section, call_number_from, call_number_to"""
    keys = ("sorting",)
    nouns = (SORT_RULE,)
    tables = {"sort_rules": "sorting"}

    def read(self, reading: Reading) -> None:
        source = reading.source
        schemes = source.table(("sorting",), source.document.get("sorting", {}))
        for scheme, rules in schemes.items():
            for number, (path, table) in enumerate(source.tables(("sorting", scheme), rules), 1):
                fields = _sort_rule(source, path, table)
                reading.add(SORT_RULE, (scheme, f"{number:03}"), fields, path)

    def check(self, parts: Parts, line: Lines) -> list[Problem]:
        names = (("to", BRANCH), ("home", BRANCH), ("group", GROUP))
        return _unknown(parts, line, SORT_RULE, names)

    def load(self, stored: Stored) -> None:
        for rules in read_sorting(stored.transaction).values():
            for rule in rules:
                key = (rule.scheme, f"{rule.number:03}")
                stored.parts.add(SORT_RULE, key, _conditions(rule, stored.branch_isil))

    def store(self, storing: Storing, change: Change, fields: Fields) -> None:
        to, home, word = fields.get("to"), fields.get("home"), fields.get("destination")
        rule = SortRule(
            change.key[0],
            int(change.key[1]),
            fields["bin"],
            destination=None if word is None else DESTINATIONS[word],
            to_branch_id=None if to is None else storing.branch(to),
            material_group=fields.get("group"),
            held=fields.get("hold"),
            home_branch_id=None if home is None else storing.branch(home),
            **{name: fields.get(name) for name in _SAME},
        )
        store_sort_rule(storing.transaction, rule)

    def forget(self, storing: Storing, change: Change) -> None:
        forget_sort_rule(storing.transaction, scheme=change.key[0], number=int(change.key[1]))


def _sort_rule(source: Source, path: Path, table: Mapping[str, Any]) -> Fields:
    source.only(path, table, ("bin", "destination", "hold", *_TEXTS))
    fields: Fields = {"bin": source.text(path, table, "bin") or ""}
    if "destination" in table:
        word = source.choice(path, table, "destination", tuple(DESTINATIONS), "shelf-here")
        fields["destination"] = word
    if "hold" in table:
        fields["hold"] = source.flag(path, table, "hold", True)
    for name in _TEXTS:
        if (value := _optional(source, path, table, name)) is not None:
            fields[name] = value
    return fields


def _conditions(rule: SortRule, branch_isil: Mapping[int, str]) -> Fields:
    said = {
        "bin": rule.bin,
        "destination": rule.destination and _WORDS[rule.destination],
        "to": rule.to_branch_id and branch_isil[rule.to_branch_id],
        "home": rule.home_branch_id and branch_isil[rule.home_branch_id],
        "hold": None if rule.held is None else bool(rule.held),
        "group": rule.material_group,
        **{name: getattr(rule, name) for name in _SAME},
    }
    return {name: value for name, value in said.items() if value is not None}


class ProfileSection(Section):
    shape = "[terminal_profiles.CODE]   options of the terminals' protocol"
    keys = ("terminal_profiles",)
    nouns = (PROFILE,)
    tables = {"terminal_profiles": "terminal_profiles"}

    def read(self, reading: Reading) -> None:
        for code, path, table in reading.section("terminal_profiles"):
            fields = _options(reading.source, path, table, reading.checks.profile)
            reading.add(PROFILE, (code,), fields, path)

    def load(self, stored: Stored) -> None:
        for code, options in all_profiles(stored.transaction).items():
            stored.parts.add(PROFILE, (code,), options)

    def store(self, storing: Storing, change: Change, fields: Fields) -> None:
        store_profile(storing.transaction, change.key[0], fields)

    def forget(self, storing: Storing, change: Change) -> None:
        forget_profile(storing.transaction, code=change.key[0])


class TerminalSection(Section):
    shape = """[terminals.LOGIN]   branch, password, profile, any_branch, sorting, and options that
                    it has otherwise than its profile"""
    keys = ("terminals",)
    nouns = (TERMINAL,)
    tables = {"terminals": "terminals"}
    #: What a terminal says itself; all else are options of its protocol.
    own = ("branch", "password", "profile", "any_branch", "sorting")

    def read(self, reading: Reading) -> None:
        for login, path, table in reading.section("terminals"):
            fields = self._terminal(reading.source, path, table, reading.checks.profile)
            own = {name: value for name, value in fields.items() if name not in self.own}
            profile = reading.parts.of[PROFILE].get((str(fields["profile"]),), {})
            for name, text in reading.checks.terminal(profile | own).items():
                reading.source.problem((*path, name) if name in own else path, text)
            reading.add(TERMINAL, (login,), fields, path)

    def _terminal(
        self, source: Source, path: Path, table: Mapping[str, Any], check: OptionCheck
    ) -> Fields:
        options = {name: value for name, value in table.items() if name not in self.own}
        for name in options:
            if near := get_close_matches(name, self.own, 1, 0.8):
                source.problem((*path, name), Sentence("NO_SUCH_KEY_BUT", near=near[0]))
        return {
            **_options(source, path, options, check),
            "branch": source.text(path, table, "branch") or "",
            "password": _hash(source, path, table, "password") or "",
            "profile": _optional(source, path, table, "profile"),
            "any_branch": source.flag(path, table, "any_branch", True),
            "sorting": _optional(source, path, table, "sorting"),
        }

    def check(self, parts: Parts, line: Lines) -> list[Problem]:
        problems = _unknown(parts, line, TERMINAL, (("branch", BRANCH), ("profile", PROFILE)))
        schemes = {key[0] for key in parts.of[SORT_RULE]}
        for key, fields in parts.of[TERMINAL].items():
            scheme = fields["sorting"]
            if scheme and scheme not in schemes:
                at = line(TERMINAL, key, "sorting")
                problems.append(no_such(TERMINAL, key, at, "sorting scheme", scheme))
        return problems

    def load(self, stored: Stored) -> None:
        for terminal in all_terminals(stored.transaction):
            fields: Fields = {
                "branch": stored.branch_isil[terminal.branch_id],
                "password": terminal.password,
                "profile": terminal.profile,
                "any_branch": terminal.any_branch,
                "sorting": terminal.sorting,
                **terminal.own,
            }
            stored.parts.add(TERMINAL, (terminal.login,), fields)

    def store(self, storing: Storing, change: Change, fields: Fields) -> None:
        terminal = Terminal(
            login=change.key[0],
            branch_id=storing.branch(fields["branch"]),
            own={name: each for name, each in fields.items() if name not in self.own},
            **{name: fields[name] for name in self.own if name != "branch"},
        )
        store_terminal(storing.transaction, terminal)

    def forget(self, storing: Storing, change: Change) -> None:
        forget_terminal(storing.transaction, login=change.key[0])


class PartnerSection(Section):
    shape = "[partners.AGENCY]   name, branch, shared_secret, and options of the partners' protocol"
    keys = ("partners",)
    nouns = (PARTNER,)
    tables = {"partners": "partners"}
    own = ("name", "branch", "shared_secret")

    def read(self, reading: Reading) -> None:
        source = reading.source
        for agency, path, table in reading.section("partners"):
            options = {name: value for name, value in table.items() if name not in self.own}
            secret = None
            if "shared_secret" in table:
                secret = _hash(source, path, table, "shared_secret")
            fields = {
                "name": _optional(source, path, table, "name") or "",
                "branch": source.text(path, table, "branch") or "",
                "shared_secret": secret,
                **_options(source, path, options, reading.checks.partner),
            }
            reading.add(PARTNER, (agency,), fields, path)

    def check(self, parts: Parts, line: Lines) -> list[Problem]:
        problems = _unknown(parts, line, PARTNER, (("branch", BRANCH),))
        folded: dict[str, str] = {}
        for (agency,) in parts.of[PARTNER]:
            other = folded.setdefault(folded_agency(agency), agency)
            if other != agency:
                at = line(PARTNER, (agency,), "")
                problems.append(
                    Problem(at, of_part(PARTNER.title((agency,)), "SAME_NAME", name=other))
                )
        return problems

    def load(self, stored: Stored) -> None:
        for partner in all_partners(stored.transaction):
            fields = {
                "name": partner.name,
                "branch": stored.branch_isil[partner.branch_id],
                "shared_secret": partner.shared_secret,
                **partner.options,
            }
            stored.parts.add(PARTNER, (partner.agency,), fields)

    def store(self, storing: Storing, change: Change, fields: Fields) -> None:
        store_partner(
            storing.transaction,
            agency=change.key[0],
            name=fields["name"],
            branch_id=storing.branch(fields["branch"]),
            shared_secret=fields["shared_secret"],
            options={name: each for name, each in fields.items() if name not in self.own},
        )

    def forget(self, storing: Storing, change: Change) -> None:
        forget_partner(storing.transaction, agency=change.key[0])


def _options(
    source: Source, path: Path, table: Mapping[str, Any], check: OptionCheck
) -> dict[str, Any]:
    for name, value in table.items():
        if not can_be_kept(value):
            source.must_be((*path, name), "A_WORD_OR_NUMBER", value)
    for name, text in check(table).items():
        source.problem((*path, name), text)
    return {name: value for name, value in table.items() if can_be_kept(value)}


def _hash(source: Source, path: Path, table: Mapping[str, Any], name: str) -> str | None:
    """An argon2 hash: a password itself has no place in a text that many read."""
    value = source.text(path, table, name)
    if value is not None and not value.startswith("$argon2"):
        source.problem((*path, name), Sentence("ARGON2_HASH"))
    return value


def _optional(source: Source, path: Path, table: Mapping[str, Any], name: str) -> str | None:
    return source.text(path, table, name) if name in table else None


CALLERS = (SortSection(), ProfileSection(), TerminalSection(), PartnerSection())
