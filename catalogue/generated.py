"""Functions that are written as source while the program runs, as dataclasses does for its methods.

Statements and the codecs of the protocols are made of tables. A function generated for one row of
a table does at once what an interpreter of the table would decide anew each time. Each is compiled
when it is first needed, and a traceback through it shows the line of its source.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from threading import Lock
from types import CodeType
from typing import Any, Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class OnDemand(dict[K, V], Generic[K, V]):
    """What `make` gives for a key, kept from when it is first asked for."""

    def __init__(self, make: Callable[[K], V]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: K) -> V:
        made = self[key] = self._make(key)
        return made


class Source:
    """Functions that may call each other, by their names, and what else they mention.

    `title` says in a traceback whose they are: ``File "<protocols.sip2 decode_11>"``. Give the
    same functions the same title each time they are made, so that their source is kept once.
    `names` are the globals of the functions.
    """

    def __init__(self, title: str, names: Mapping[str, Any] | None = None) -> None:
        self.names: dict[str, Any] = dict(names or {})
        self._title = title
        self._waiting: dict[str, str] = {}
        self._lock = Lock()

    def add(self, name: str, source: str) -> None:
        """Takes the source of one function. What it calls may be added later."""
        self._waiting[name] = source

    def function(self, name: str) -> Any:
        """The function, compiled with all that it calls; raises KeyError for an unknown name."""
        with self._lock:
            needed = [name]
            while needed:
                one = needed.pop()
                source = self._waiting.pop(one, None)
                if source is not None:
                    exec(_compiled(f"{self._title} {one}", source), self.names)  # noqa: S102
                    needed += _mentioned(self.names[one].__code__)
        return self.names[name]


def _compiled(title: str, source: str) -> CodeType:
    """The code of `source`, whose lines a traceback finds under the title."""
    lines = source.splitlines(keepends=True)
    for number in count(1):
        file = f"<{title}>" if number == 1 else f"<{title} {number}>"
        known = linecache.cache.setdefault(file, (len(source), None, lines, file))
        if known[2:3] == (lines,):
            break
    return compile(source, file, "exec")


def _mentioned(code: CodeType) -> Iterator[str]:
    """The global names in a function and in the functions inside it."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _mentioned(constant)
