"""Where the keys of a TOML document stand: `tomllib` gives values, but no line numbers.

Only for a document that `tomllib` has read without complaint (TOML 1.0), so this walks the text
and checks nothing.
"""

from __future__ import annotations

import re
from bisect import bisect_right

Path = tuple[str | int, ...]

_SPACE = re.compile(r"[ \t]*")
_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_BASIC = re.compile(r'"(?:[^"\\]|\\.)*"')
_LITERAL = re.compile(r"'[^']*'")
_LONG_BASIC = re.compile(r'"""(?:[^\\]|\\.)*?"{3,5}(?!")', re.DOTALL)
_LONG_LITERAL = re.compile(r"'''.*?'{3,5}(?!')", re.DOTALL)
_SCALAR = re.compile(r"[^,\]}#\r\n]+")
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))")
_ESCAPED = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "\\": "\\"}


def lines_of(text: str) -> dict[Path, int]:
    """The line (1 is the first) on which each table, key and element of an array begins.

    A path is made of keys and, for arrays, of places from 0: ``("rules", 2, "loan_days")``.
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

    def _note(self, path: Path) -> None:
        self.found.setdefault(path, self._line())

    def _header(self) -> Path:
        line_start = self.at
        is_array = self.text.startswith("[[", self.at)
        self.at += 2 if is_array else 1
        names = self._key()
        self.at += 2 if is_array else 1
        after, self.at = self.at, line_start
        path: Path = ()
        for place, name in enumerate(names):
            path = (*path, name)
            self._note(path)
            if is_array and place == len(names) - 1:
                self._arrays[path] = self._arrays.get(path, 0) + 1
            if path in self._arrays:
                path = (*path, self._arrays[path] - 1)
                self._note(path)
        self.at = after
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
        start = self.at
        names = self._key()
        after, self.at = self.at, start
        path = table
        for name in names:
            path = (*path, name)
            self._note(path)
        self.at = after + 1  # past the sign of equality
        self._skip(_SPACE)
        self._value(path)

    def _value(self, path: Path) -> None:
        rest = self.text[self.at : self.at + 3]
        if rest == '"""':
            self._skip(_LONG_BASIC)
        elif rest == "'''":
            self._skip(_LONG_LITERAL)
        elif rest[0] == '"':
            self._skip(_BASIC)
        elif rest[0] == "'":
            self._skip(_LITERAL)
        elif rest[0] == "[":
            self._array(path)
        elif rest[0] == "{":
            self._inline_table(path)
        else:
            self._skip(_SCALAR)

    def _array(self, path: Path) -> None:
        self.at += 1
        number = 0
        while True:
            self._skip(_BLANK)
            if self.text[self.at] == "]":
                self.at += 1
                return
            if self.text[self.at] == ",":
                self.at += 1
                continue
            self._note((*path, number))
            self._value((*path, number))
            number += 1

    def _inline_table(self, path: Path) -> None:
        self.at += 1
        while True:
            self._skip(_BLANK)
            if self.text[self.at] == "}":
                self.at += 1
                return
            if self.text[self.at] == ",":
                self.at += 1
                continue
            self._pair(path)


def _unescaped(text: str) -> str:
    def character(found: re.Match[str]) -> str:
        if found[3] is not None:
            return _ESCAPED[found[3]]
        return chr(int(found[1] or found[2], 16))

    return _ESCAPE.sub(character, text)
