"""What a set-up says of messages: rules on who is told what, where, and when.

[[notices]]   at, category, kind (see `circulation.notices.kinds.NoticeKind`), and fields of
              `circulation.notices.rules.NoticeTerms`
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from catalogue.database import Transaction
from circulation.calendars.rows import Owner
from circulation.notices.kinds import NoticeKind
from circulation.notices.rules import (
    FIELDS,
    GROUPS,
    forget_notice_rule,
    notice_rule_problems,
    read_notice_rules,
    said_value,
    store_notice_rule,
)
from circulation.setting_up.parts import Fields, Key, Noun, Parts
from circulation.setting_up.positions import Path
from circulation.setting_up.scopes import (
    Add,
    Lines,
    no_such,
    read_terms,
    stored_scope,
    stored_terms,
    unknown_in_scopes,
)
from circulation.setting_up.source import Problem, Source

SECTIONS = ("notices",)
_SCOPE = ("at", "category", "kind")


def read_notices(source: Source, add: Add) -> None:
    """Adds the rules of the section; notes what is wrong with them."""
    for path, table in source.tables(("notices",), source.document.get("notices", [])):
        _read(source, add, path, table)


def _read(source: Source, add: Add, path: Path, table: Mapping[str, Any]) -> None:
    source.only(path, table, (*_SCOPE, *FIELDS))
    scope = [source.text(path, table, name, "") or "" for name in _SCOPE]
    kinds = {kind.value for kind in NoticeKind}
    if scope[-1] and scope[-1] not in kinds:
        source.problem((*path, "kind"), f"there is no message of the kind {scope[-1]!r}")
    sound = read_terms(source, path, table, FIELDS, notice_rule_problems)
    add(Noun.NOTICES, tuple(scope), sound, path)


def check_notices(parts: Parts, line: Lines) -> list[Problem]:
    """Every name of a place or category that is not there."""
    problems = unknown_in_scopes(parts, line, Noun.NOTICES, _SCOPE)
    groups = {key[0] for key in parts.of[Noun.GROUP]}
    problems += [
        no_such(Noun.NOTICES, key, line(Noun.NOTICES, key, name), "material group", group)
        for key, fields in parts.of[Noun.NOTICES].items()
        for name in GROUPS
        for group in fields.get(name, ())
        if group not in groups
    ]
    return problems


def add_stored_notices(
    transaction: Transaction, parts: Parts, place: Callable[[int | None, int | None], str]
) -> None:
    """Adds what is stored to the parts; `place` gives the ISIL of an agency or branch."""
    for row in read_notice_rules(transaction):
        key = (place(row.agency_id, row.branch_id), row.patron_category or "", row.kind or "")
        parts.add(Noun.NOTICES, key, stored_terms(row, FIELDS, said_value))


def notice_writers(
    transaction: Transaction, owner: Callable[[str], Owner]
) -> tuple[dict[Noun, Callable[[Key, Fields, bool], None]], dict[Noun, Callable[[Key], None]]]:
    """What stores and what removes a rule; `owner` finds a place by its ISIL."""

    def scope(key: Key) -> dict[str, Any]:
        kind = {"kind": NoticeKind(key[2]) if key[2] else None}
        return stored_scope(owner, key, "patron_category") | kind

    def write(key: Key, fields: Fields, is_new: bool) -> None:
        store_notice_rule(transaction, **scope(key), **fields)

    return {Noun.NOTICES: write}, {
        Noun.NOTICES: lambda key: forget_notice_rule(transaction, **scope(key))
    }
