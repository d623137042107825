"""Whom a rule is for, as the text says it: `at`, `category`, `group`. The same for all rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from circulation.calendars.rows import Owner
from circulation.setting_up.difference import title
from circulation.setting_up.parts import Fields, Key, Noun, Parts
from circulation.setting_up.positions import Path
from circulation.setting_up.source import Problem, Source

#: Adds a part that was read.
Add = Callable[[Noun, Key, Fields, Path], None]
#: Where a part, or a field of it, stands.
Lines = Callable[[Noun, Key, str], int | None]

#: What the parts of a scope name, and what people call that.
_NAMED: dict[str, tuple[tuple[Noun, ...], str]] = {
    "at": ((Noun.AGENCY, Noun.BRANCH), "agency or branch"),
    "category": ((Noun.CATEGORY,), "patron category"),
    "group": ((Noun.GROUP,), "material group"),
}


def no_such(noun: Noun, key: Key, line: int | None, what: str, name: str) -> Problem:
    """A part names something that is not there."""
    return Problem(line, f'{title(noun, key)}: there is no {what} "{name}"')


def unknown_in_scopes(parts: Parts, line: Lines, noun: Noun, names: Sequence[str]) -> list[Problem]:
    """Every place, category and group that is not there and a rule of that noun is for.

    `names` are those of the parts of its keys, in their order.
    """
    known = {
        name: {key[0] for named in nouns for key in parts.of[named]}
        for name, (nouns, _) in _NAMED.items()
    }
    return [
        no_such(noun, key, line(noun, key, name), _NAMED[name][1], value)
        for key in parts.of[noun]
        for name, value in zip(names, key, strict=True)
        if value and name in known and value not in known[name]
    ]


def read_terms(
    source: Source,
    path: Path,
    table: Mapping[str, Any],
    names: Sequence[str],
    problems_of: Callable[[Fields], Mapping[str, str]],
) -> Fields:
    """The fields of a rule that are sound; notes what is wrong with the others."""
    fields = {name: value for name, value in table.items() if name in names}
    problems = problems_of(fields)
    for name, text in problems.items():
        source.problem((*path, name), text)
    if not fields:
        source.problem(path, "the rule says nothing")
    return {name: value for name, value in fields.items() if name not in problems}


def stored_terms(
    row: object, names: Iterable[str], said: Callable[[str, Any], Any] = lambda _, value: value
) -> Fields:
    """The fields that a row sets, each as a rule says it."""
    terms = {name: said(name, getattr(row, name)) for name in names}
    return {name: value for name, value in terms.items() if value is not None}


def stored_scope(owner: Callable[[str], Owner], key: Key, *names: str) -> dict[str, Any]:
    """The columns of a scope: the place that `owner` finds by its ISIL, and the codes that follow
    it in the key, under their names."""
    agency_id, branch_id = owner(key[0])
    codes = {name: code or None for name, code in zip(names, key[1:], strict=False)}
    return {"agency_id": agency_id, "branch_id": branch_id} | codes
