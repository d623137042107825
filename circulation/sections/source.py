"""A TOML document that is being read: its values, their lines, and all its problems."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple

from circulation.sections.positions import Path, lines_of

_ERROR_LINE = re.compile(r" \(at line (\d+), column \d+\)$")


class Problem(NamedTuple):
    """Something to correct. `line` is None if it is not in one particular place."""

    line: int | None
    text: str


class NotToml(ValueError):
    """The text is not TOML; the only argument is a `Problem`."""


def parse(text: str) -> Source:
    """Reads a document. Raises NotToml."""
    text = text.replace("\r\n", "\n").removeprefix("\ufeff")
    try:
        source = Source(tomllib.loads(text), lines_of(text))
        _refuse_nul(source, source.document)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        found = _ERROR_LINE.search(str(error))
        if found is None:
            last = text.count("\n") + 1
            raise NotToml(Problem(last, f"this is not TOML: {error}")) from error
        said = str(error)[: found.start()]
        raise NotToml(Problem(int(found[1]), f"this is not TOML: {said}")) from error
    return source


class Source:
    """The document, read table by table. Every method notes what is wrong and continues."""

    def __init__(self, document: dict[str, Any], lines: dict[Path, int]) -> None:
        self.document = document
        self.problems: list[Problem] = []
        self._lines = lines

    def line(self, path: Path) -> int:
        """The line of the path, or of the innermost table around it that has one."""
        while path not in self._lines and path:
            path = path[:-1]
        return self._lines.get(path, 1)

    def problem(self, path: Path, text: str) -> None:
        self.problems.append(Problem(self.line(path), f"{dotted(path)}: {text}" if path else text))

    def table(self, path: Path, value: object) -> Mapping[str, Any]:
        """The value if it is a table, else an empty table."""
        if isinstance(value, dict):
            return value
        self.problem(path, f"must be a table, not {shown(value)}")
        return {}

    def tables(self, path: Path, value: object) -> list[tuple[Path, Mapping[str, Any]]]:
        """The elements of an array of tables, each with its path."""
        if not isinstance(value, list):
            self.problem(path, f"must be an array of tables, not {shown(value)}")
            return []
        paths = [(*path, place) for place in range(len(value))]
        return [(own, self.table(own, each)) for own, each in zip(paths, value, strict=True)]

    def only(self, path: Path, table: Mapping[str, Any], known: Iterable[str]) -> None:
        """Rejects unknown keys: a misspelt one must not go unnoticed."""
        known = list(known)
        for name in table:
            if name not in known:
                near = get_close_matches(name, known, 1)
                hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
                self.problem((*path, name), f"no such key; {hint}")

    def text(
        self, path: Path, table: Mapping[str, Any], name: str, default: str | None = None
    ) -> str | None:
        """A text that is not empty; None, and a problem, if there is no text and no default."""
        value = table.get(name)
        if value is None:
            if default is None:
                self.problem(path, f"{name} is missing")
            return default
        if not isinstance(value, str) or not value.strip():
            self.problem((*path, name), f"must be a text, not {shown(value)}")
            return None
        return value

    def choice(
        self, path: Path, table: Mapping[str, Any], name: str, words: tuple[str, ...], default: str
    ) -> str:
        value = table.get(name, default)
        if value not in words:
            self.problem((*path, name), f"must be {' or '.join(words)}, not {shown(value)}")
            return default
        return str(value)

    def flag(self, path: Path, table: Mapping[str, Any], name: str, default: bool) -> bool:
        value = table.get(name, default)
        if not isinstance(value, bool):
            self.problem((*path, name), f"must be true or false, not {shown(value)}")
            return default
        return value

    def number(
        self, path: Path, table: Mapping[str, Any], name: str, most: int = 1_000_000
    ) -> int | None:
        """A whole number from 0 to `most`, or None if there is none."""
        value = table.get(name)
        if value is None:
            return None
        if type(value) is not int or not 0 <= value <= most:
            text = f"must be a whole number from 0 to {most}, not {shown(value)}"
            self.problem((*path, name), text)
            return None
        return value


def _refuse_nul(source: Source, value: object, path: Path = ()) -> None:
    """Notes every text and key with a NUL, which no database can store as text."""
    if isinstance(value, dict):
        for key, each in value.items():
            _refuse_nul(source, key, (*path, key))
            _refuse_nul(source, each, (*path, key))
    elif isinstance(value, list):
        for place, each in enumerate(value):
            _refuse_nul(source, each, (*path, place))
    elif isinstance(value, str) and "\0" in value:
        source.problem(path, "a text cannot hold the character U+0000")


def dotted(path: Path) -> str:
    """A path for display: ``rules[3].loan_days``, with positions from 1."""
    text = ""
    for step in path:
        text += f"[{step + 1}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def shown(value: object) -> str:
    """A value for display; of tables and arrays only what they are."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "an array"
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)
