"""From a path to its calls, and the pattern of a path that is none: without what stands in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from protocols.fbs.calls import Call

_WORD: Final = re.compile(r"[A-Za-z][A-Za-z]{0,39}|v[0-9]{1,3}")
_VARIABLE: Final = "{}"
_MOST: Final = 12


class Route(NamedTuple):
    """The calls of a path by method, and what stands in its variable parts."""

    calls: Mapping[str, Call]
    path: Mapping[str, str]

    @property
    def allowed(self) -> str:
        return ", ".join(sorted({*self.calls, "OPTIONS"}))


class Routes:
    """The paths of all calls. A part that is written out goes before a variable one."""

    def __init__(self, calls: Iterable[Call]) -> None:
        self._paths: dict[tuple[str, ...], dict[str, Call]] = {}
        for call in calls:
            key = tuple(_VARIABLE if part[0] == "{" else part for part in call.path.split("/"))
            at = self._paths.setdefault(key, {})
            if call.method in at:
                raise ValueError(f"two calls are {call.method} {'/'.join(key)}")
            at[call.method] = call

    def find(self, path: Sequence[str]) -> Route | None:
        """None where no call is there."""
        for key in self._candidates(path):
            calls = self._paths.get(key)
            if calls is not None:
                call = next(iter(calls.values()))
                names = call.path.split("/")
                its = {
                    name[1:-1]: part
                    for name, part in zip(names, path, strict=True)
                    if name[0] == "{"
                }
                return Route(calls, its)
        return None

    def _candidates(self, path: Sequence[str]) -> Iterable[tuple[str, ...]]:
        """The ways to read a path, the most literal first: the library is the first or second part,
        and one part more may be variable."""
        if not 1 < len(path) <= _MOST:
            return
        start = 1 if path[0] in ("v1", "v2") else 0
        parts = [*path]
        parts[start] = _VARIABLE
        yield tuple(parts)
        for place in range(start + 1, len(parts)):
            once = [*parts]
            once[place] = _VARIABLE
            yield tuple(once)
        for place in range(start + 1, len(parts)):
            for other in range(place + 1, len(parts)):
                twice = [*parts]
                twice[place] = twice[other] = _VARIABLE
                yield tuple(twice)


def pattern_of(path: Sequence[str]) -> str:
    """A path for the log, with everything covered that may say whom it is about."""
    shown = [part if _WORD.fullmatch(part) else _VARIABLE for part in path[:_MOST]]
    return "/".join(shown) + ("/..." if len(path) > _MOST else "")
