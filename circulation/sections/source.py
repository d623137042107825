"""A TOML document that is being read: its values, their lines, and all its problems."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final, NamedTuple

from circulation.languages.sentences import Sentence, listed
from circulation.sections.positions import Path, lines_of
from circulation.sections.renamed import Renamed, take_up

#: Keys of library.toml that have another name since a minor version ago.
RENAMED: Final[tuple[Renamed, ...]] = ()
_ERROR_LINE = re.compile(r" \(at line (\d+), column \d+\)$")


class Problem(NamedTuple):
    """Something to correct. `line` is None if it is not in one particular place."""

    line: int | None
    text: Sentence


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
            raise NotToml(Problem(last, _not_toml(str(error)))) from error
        said = str(error)[: found.start()]
        raise NotToml(Problem(int(found[1]), _not_toml(said))) from error
    source.warnings = [
        Problem(source.line(met.path), _renamed(dotted(met.path), met.new, met.until))
        for met in take_up(source.document, RENAMED)
    ]
    return source


def _renamed(old: str, new: str | None, until: str) -> Sentence:
    if new is None:
        return Sentence("KEY_GONE", old=old, until=until)
    return Sentence("KEY_RENAMED", old=old, new=new, until=until)


class Source:
    """The document, read table by table. Every method notes what is wrong and continues."""

    def __init__(self, document: dict[str, Any], lines: dict[Path, int]) -> None:
        self.document = document
        self.problems: list[Problem] = []
        #: What is right, and will not be for ever.
        self.warnings: list[Problem] = []
        self._lines = lines

    def line(self, path: Path) -> int:
        """The line of the path, or of the innermost table around it that has one."""
        while path not in self._lines and path:
            path = path[:-1]
        return self._lines.get(path, 1)

    def problem(self, path: Path, text: Sentence) -> None:
        whole = Sentence("AT", path=dotted(path), text=text) if path else text
        self.problems.append(Problem(self.line(path), whole))

    def must_be(self, path: Path, what: str | tuple[str, ...], value: object) -> None:
        """Notes that the value is something else; `what` is the name of a sentence, or the words
        that it may be."""
        wanted = Sentence(what) if isinstance(what, str) else Sentence("EITHER", words=what)
        self.problem(path, Sentence("MUST_BE", what=wanted, value=shown(value)))

    def table(self, path: Path, value: object) -> Mapping[str, Any]:
        """The value if it is a table, else an empty table."""
        if isinstance(value, dict):
            return value
        self.must_be(path, "A_TABLE", value)
        return {}

    def tables(self, path: Path, value: object) -> list[tuple[Path, Mapping[str, Any]]]:
        """The elements of an array of tables, each with its path."""
        if not isinstance(value, list):
            self.must_be(path, "AN_ARRAY_OF_TABLES", value)
            return []
        paths = [(*path, place) for place in range(len(value))]
        return [(own, self.table(own, each)) for own, each in zip(paths, value, strict=True)]

    def only(self, path: Path, table: Mapping[str, Any], known: Iterable[str]) -> None:
        """Rejects unknown keys: a misspelt one must not go unnoticed."""
        known = list(known)
        for name in table:
            if name not in known:
                self.problem((*path, name), no_such_key(name, known))

    def text(
        self, path: Path, table: Mapping[str, Any], name: str, default: str | None = None
    ) -> str | None:
        """A text that is not empty; None, and a problem, if there is no text and no default."""
        value = table.get(name)
        if value is None:
            if default is None:
                self.problem(path, Sentence("MISSING", name=name))
            return default
        if not isinstance(value, str) or not value.strip():
            self.must_be((*path, name), "A_TEXT", value)
            return None
        return value

    def choice(
        self, path: Path, table: Mapping[str, Any], name: str, words: tuple[str, ...], default: str
    ) -> str:
        value = table.get(name, default)
        if value not in words:
            self.must_be((*path, name), words, value)
            return default
        return str(value)

    def flag(self, path: Path, table: Mapping[str, Any], name: str, default: bool) -> bool:
        value = table.get(name, default)
        if not isinstance(value, bool):
            self.must_be((*path, name), "TRUE_OR_FALSE", value)
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
            wanted = Sentence("FROM_TO", least=0, most=most)
            text = Sentence("MUST_BE", what=wanted, value=shown(value))
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
        source.problem(path, Sentence("NO_NUL"))


def no_such_key(name: str, known: Sequence[str]) -> Sentence:
    """A key that is none of those that are known, and the one that was perhaps meant."""
    if near := get_close_matches(name, known, 1):
        return Sentence("NO_SUCH_KEY_BUT", near=near[0])
    return Sentence("NO_SUCH_KEY", known=listed(known))


#: What the parser says -> the name of our sentence.
_PARSER = (
    (re.compile(r"Expected '=' after a key"), "TOML_EQUALS"),
    (re.compile(r"Expected newline or end of document"), "TOML_LINE_END"),
    (re.compile(r"Expected '\]\]?' at the end"), "TOML_BRACKET"),
    (re.compile(r"Unclosed (?:array|inline table)"), "TOML_UNCLOSED"),
    (re.compile(r"Unterminated string|Expected [\"']+"), "TOML_QUOTES"),
    (re.compile(r"Unescaped|Escaped|Invalid hex"), "TOML_BACKSLASH"),
    (re.compile(r"(?:Illegal|Found invalid) character (?P<what>.+)"), "TOML_CHARACTER"),
    (re.compile(r"maximum recursion"), "TOML_DEPTH"),
    (re.compile(r"Invalid date or datetime"), "TOML_DATE"),
    (re.compile(r"Invalid value"), "TOML_VALUE"),
    (re.compile(r"Invalid (?:statement|initial character)"), "TOML_KEY"),
    (
        re.compile(r"Cannot (?:declare|overwrite|mutate|redefine)|Duplicate inline table key"),
        "TOML_TWICE",
    ),
)


def _not_toml(said: str) -> Sentence:
    """What is wrong in our words, as far as we have any: the parser knows English alone."""
    for pattern, name in _PARSER:
        if found := pattern.match(said):
            return Sentence("NOT_TOML", error=Sentence(name, **found.groupdict()))
    return Sentence("NOT_TOML", error=Sentence("TOML_OTHER", said=said))


def dotted(path: Path) -> str:
    """A path for display: ``rules[3].loan_days``, with positions from 1."""
    text = ""
    for step in path:
        text += f"[{step + 1}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def shown(value: object) -> str:
    """A value for display; of tables and arrays only what they are."""
    if isinstance(value, dict):
        return Sentence("A_TABLE")
    if isinstance(value, list):
        return Sentence("AN_ARRAY")
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)
