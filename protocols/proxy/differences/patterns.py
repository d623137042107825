"""Differences that are alike are one pattern, which a person explains once.

What was accepted stands in a file beside proxy.toml, to be kept under version control:

    [[accepted]]
    pattern = "8c1f02ab"
    about = "11 policy ok: granted / You have # loans"
    why = "the limit is raised on the day of the change"
    who = "ida"
    at = "2026-11-30"
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from hashlib import blake2b
from pathlib import Path
from typing import Final, NamedTuple

from protocols.proxy.differences.comparing import Class, Difference
from protocols.proxy.differences.exchanges import Judged

#: Nobody has to explain them, and nobody may: a state that differs is put right.
FREE: Final = frozenset({Class.EQUAL, Class.WORDING})
NEVER: Final = frozenset({Class.STATE})


class Pattern(NamedTuple):
    """A message, a field in which the answers to it differ, and how."""

    message: str
    difference: Difference

    @property
    def id(self) -> str:
        """Short, and the same tomorrow."""
        return blake2b(self.about.encode(), digest_size=4).hexdigest()

    @property
    def about(self) -> str:
        kind, name, old, new = self.difference
        return f"{self.message} {kind.value} {name}: {old or '-'} / {new or '-'}"


class Accepted(NamedTuple):
    """Somebody's word that a pattern is as it should be."""

    pattern: str
    about: str
    why: str
    who: str
    at: str


@dataclass(slots=True)
class Group:
    """A pattern, and what shows it. `of` are ids of requests, the last ones."""

    pattern: Pattern
    count: int = 0
    first: str = ""
    last: str = ""
    of: list[int] = field(default_factory=list)


def grouped(judged: Iterable[Judged]) -> list[Group]:
    """All patterns, the worst first, then the most frequent."""
    groups: dict[Pattern, Group] = {}
    for each in judged:
        for difference in each.differences:
            pattern = Pattern(each.message, difference)
            group = groups.setdefault(pattern, Group(pattern, first=each.at))
            group.count += 1
            group.last = each.at
            group.of = [*group.of[-2:], each.request]
    order = list(Class)
    return sorted(
        groups.values(), key=lambda each: (-order.index(each.pattern.difference.kind), -each.count)
    )


class AcceptedUnreadable(Exception):
    """The file of accepted patterns cannot be read."""


def read_accepted(path: Path) -> dict[str, Accepted]:
    """By the ids of patterns. Raises AcceptedUnreadable."""
    if not path.exists():
        return {}
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        found = [Accepted(**each) for each in table.get("accepted", [])]
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise AcceptedUnreadable(f"{path}: {error}") from error
    return {each.pattern: each for each in found}


def accept(path: Path, pattern: Pattern, *, why: str, who: str, day: date) -> None:
    """Adds the pattern to the file."""
    said = Accepted(pattern.id, pattern.about, why, who, day.isoformat())
    lines = [f"{name} = {_quoted(value)}" for name, value in said._asdict().items()]
    with path.open("a", encoding="utf-8") as file:
        file.write("\n".join(["", "[[accepted]]", *lines, ""]))


def _quoted(text: str) -> str:
    """A string of TOML; DEL is the one character that JSON would leave as it is."""
    return json.dumps(text, ensure_ascii=True).replace("\x7f", "\\u007f")
