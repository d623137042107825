"""Reading what a set-up says of callers and of sorting.

[terminal_profiles.CODE]   options of the terminals' protocol
[terminals.LOGIN]          branch, password, profile, any_branch, sorting, and options that it has
                           otherwise than its profile
[partners.AGENCY]          name, branch, shared_secret, and options of the partners' protocol
[[sorting.SCHEME]]         bin, and conditions: destination, to, home, hold, group, department,
                           location, sublocation, section, call_number_from, call_number_to
[agencies.ISIL.pins]       minimum_length, digits_only, tries_at_device, tries_in_all,
                           lock_minutes
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from circulation.callers.sorting import PLACES
from circulation.kernel.results import Destination
from circulation.patrons.pin_settings import PinRules, pin_settings_problems
from circulation.setting_up.options import Checks, OptionCheck, can_be_kept
from circulation.setting_up.parts import Fields, Noun
from circulation.setting_up.positions import Path
from circulation.setting_up.scopes import Add
from circulation.setting_up.source import Source, shown

SECTIONS = ("terminal_profiles", "terminals", "partners", "sorting")

#: The words for destinations: ``hold-shelf-here``.
DESTINATIONS = {each.name.lower().replace("_", "-"): each.name for each in Destination}
#: The conditions of a sort rule that are texts.
_TEXTS = ("to", "home", "group", *PLACES, "call_number_from", "call_number_to")


def read_callers(source: Source, add: Add, checks: Checks) -> None:
    """Adds the parts of all sections of this module; notes what is wrong with them."""
    profiles: dict[str, Fields] = {}
    for code, path, table in _named(source, "terminal_profiles"):
        profiles[code] = _options(source, path, table, checks.profile)
        add(Noun.PROFILE, (code,), profiles[code], path)
    for login, path, table in _named(source, "terminals"):
        fields = _terminal(source, path, table, checks.profile)
        own = {name: value for name, value in fields.items() if name not in OF_TERMINAL}
        whole = profiles.get(str(fields["profile"]), {}) | own
        for name, text in checks.terminal(whole).items():
            source.problem((*path, name) if name in own else path, text)
        add(Noun.TERMINAL, (login,), fields, path)
    for agency, path, table in _named(source, "partners"):
        add(Noun.PARTNER, (agency,), _partner(source, path, table, checks.partner), path)
    schemes = source.table(("sorting",), source.document.get("sorting", {}))
    for scheme, rules in schemes.items():
        for number, (path, table) in enumerate(source.tables(("sorting", scheme), rules), 1):
            fields = _sort_rule(source, path, table)
            add(Noun.SORT_RULE, (scheme, f"{number:03}"), fields, path)


def read_pins(source: Source, add: Add, isil: str, path: Path, value: object) -> None:
    """Adds what an agency asks of PINs."""
    table = source.table(path, value)
    source.only(path, table, PinRules._fields)
    said = {name: each for name, each in table.items() if name in PinRules._fields}
    for name, text in pin_settings_problems(said).items():
        source.problem((*path, name), text)
    if not table:
        source.problem(path, "says nothing")
    add(Noun.PINS, (isil,), dict(said), path)


def _named(source: Source, section: str) -> list[tuple[str, Path, Mapping[str, Any]]]:
    """The tables of a section, by names that are not empty."""
    found: list[tuple[str, Path, Mapping[str, Any]]] = []
    for name, value in source.table((section,), source.document.get(section, {})).items():
        path: Path = (section, name)
        if not name.strip():
            source.problem(path, "a name cannot be empty")
        found.append((name, path, source.table(path, value)))
    return found


def _options(
    source: Source, path: Path, table: Mapping[str, Any], check: OptionCheck
) -> dict[str, Any]:
    for name, value in table.items():
        if not can_be_kept(value):
            source.problem((*path, name), f"must be a text, a number or true, not {shown(value)}")
    for name, text in check(table).items():
        source.problem((*path, name), text)
    return {name: value for name, value in table.items() if can_be_kept(value)}


def _hash(source: Source, path: Path, table: Mapping[str, Any], name: str) -> str | None:
    """An argon2 hash: a password itself has no place in a text that many read."""
    value = source.text(path, table, name)
    if value is not None and not value.startswith("$argon2"):
        source.problem((*path, name), "must be an argon2 hash: `tiro hash` makes one")
    return value


def _optional(source: Source, path: Path, table: Mapping[str, Any], name: str) -> str | None:
    return source.text(path, table, name) if name in table else None


#: What a terminal says itself; all else are options of its protocol.
OF_TERMINAL = ("branch", "password", "profile", "any_branch", "sorting")


def _terminal(source: Source, path: Path, table: Mapping[str, Any], check: OptionCheck) -> Fields:
    options = {name: value for name, value in table.items() if name not in OF_TERMINAL}
    for name in options:
        if near := get_close_matches(name, OF_TERMINAL, 1, 0.8):
            source.problem((*path, name), f"no such key; did you mean {near[0]}?")
    return {
        **_options(source, path, options, check),
        "branch": source.text(path, table, "branch") or "",
        "password": _hash(source, path, table, "password") or "",
        "profile": _optional(source, path, table, "profile"),
        "any_branch": source.flag(path, table, "any_branch", True),
        "sorting": _optional(source, path, table, "sorting"),
    }


def _partner(source: Source, path: Path, table: Mapping[str, Any], check: OptionCheck) -> Fields:
    own = ("name", "branch", "shared_secret")
    options = {name: value for name, value in table.items() if name not in own}
    secret = None
    if "shared_secret" in table:
        secret = _hash(source, path, table, "shared_secret")
    return {
        "name": _optional(source, path, table, "name") or "",
        "branch": source.text(path, table, "branch") or "",
        "shared_secret": secret,
        **_options(source, path, options, check),
    }


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
