"""Where the keys of a TOML document are: `tomllib` gives values, but no line numbers.

This is only for a document that `tomllib` has accepted (TOML 1.0), so the text is not checked.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

Path = tuple[str | int, ...]

_SPACE = re.compile(r"[ \t]*")
_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_BASIC = re.compile(r'"(?:[^"\\]|\\.)*"')
_LITERAL = re.compile(r"'[^']*'")
_LONG_BASIC = re.compile(r'"""(?:[^\\]|\\.)*?"{3,5}(?!")', re.DOTALL)
_LONG_LITERAL = re.compile(r"'''.*?'{3,5}(?!')", re.DOTALL)
_SCALAR = re.compile(r"[^,\]}#\r\n]+")
#: By what a text begins with, the longer first.
_STRINGS = {'"""': _LONG_BASIC, "'''": _LONG_LITERAL, '"': _BASIC, "'": _LITERAL}
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))")
_ESCAPED = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "\\": "\\"}


def lines_of(text: str) -> dict[Path, int]:
    """The line, from 1, on which each table, key and element of an array begins.

    A path consists of keys and, for arrays, of positions from 0: ``("rules", 2, "loan_days")``.
    """
    return _Walk(text).document()


class _Walk:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.found: dict[Path, int] = {}
        self._ends = [place for place, character in enumerate(text) if character == "\n"]
        self._arrays: dict[Path, int] = {}  # of tables -> how many there are so far

    def document(self) -> dict[Path, int]:
        table: Path = ()
        while True:
            self._skip(_BLANK)
            if self.at >= len(self.text):
                return self.found
            if self.text[self.at] == "[":
                table = self._header()
            else:
                self._pair(table)

    def _skip(self, pattern: re.Pattern[str]) -> str:
        matched = pattern.match(self.text, self.at)
        if matched is None:
            raise ValueError(f"not a TOML document at line {self._line()}")
        self.at = matched.end()
        return matched[0]

    def _line(self) -> int:
        return bisect_right(self._ends, self.at - 1) + 1

    def _header(self) -> Path:
        line = self._line()
        is_array = self.text.startswith("[[", self.at)
        self.at += 2 if is_array else 1
        names = self._key()
        self.at += 2 if is_array else 1
        path: Path = ()
        for place, name in enumerate(names):
            path = (*path, name)
            self.found.setdefault(path, line)
            if is_array and place == len(names) - 1:
                self._arrays[path] = self._arrays.get(path, 0) + 1
            if path in self._arrays:
                path = (*path, self._arrays[path] - 1)
                self.found.setdefault(path, line)
        return path

    def _key(self) -> list[str]:
        names = []
        while True:
            self._skip(_SPACE)
            if self.text[self.at] == '"':
                names.append(_unescaped(self._skip(_BASIC)[1:-1]))
            elif self.text[self.at] == "'":
                names.append(self._skip(_LITERAL)[1:-1])
            else:
                names.append(self._skip(_BARE))
            self._skip(_SPACE)
            if not self.text.startswith(".", self.at):
                return names
            self.at += 1

    def _pair(self, table: Path) -> None:
        line, path = self._line(), table
        for name in self._key():
            path = (*path, name)
            self.found.setdefault(path, line)
        self.at += 1  # past the equals sign
        self._skip(_SPACE)
        self._value(path)

    def _value(self, path: Path) -> None:
        sign = self.text[self.at]
        if sign == "[":
            for number, _ in enumerate(self._elements("]")):
                self.found.setdefault((*path, number), self._line())
                self._value((*path, number))
        elif sign == "{":
            for _ in self._elements("}"):
                self._pair(path)
        else:
            begins = (start for start in _STRINGS if self.text.startswith(start, self.at))
            self._skip(_STRINGS.get(next(begins, ""), _SCALAR))

    def _elements(self, end: str) -> Iterator[None]:
        """Stops before each element of an array or an inline table, and goes past its end."""
        self.at += 1
        while True:
            self._skip(_BLANK)
            sign = self.text[self.at]
            if sign not in (end, ","):
                yield
                continue
            self.at += 1
            if sign == end:
                return


def _unescaped(text: str) -> str:
    def character(found: re.Match[str]) -> str:
        if found[3] is not None:
            return _ESCAPED[found[3]]
        return chr(int(found[1] or found[2], 16))

    return _ESCAPE.sub(character, text)
