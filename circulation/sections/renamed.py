"""Keys of TOML files that have another name by now, or none: each is read for one minor version
more, and who reads it is told (docs/versions.md).

A line of such a table says where the key was, with ``*`` for any table of a list or of a name:

    Renamed(("http", "adress"), "address", "0.4.0")
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from circulation.sections.positions import Path

ANY: Final = "*"


class Renamed(NamedTuple):
    """`new` is its name in the same table, None where nothing has taken its place. `until` is the
    first version that does not read it."""

    old: tuple[str, ...]
    new: str | None
    until: str


class Met(NamedTuple):
    """One that stands in a document."""

    path: Path
    new: str | None
    until: str

    def __str__(self) -> str:
        *around, key = map(str, self.path)
        place = f"[{'.'.join(around)}] {key}: " if around else f"{key}: "
        said = "is not read any more" if self.new is None else f"is called {self.new} now"
        return f"{place}{said}; an error from {self.until} on"


def take_up(document: dict[str, Any], renamed: Sequence[Renamed]) -> list[Met]:
    """Puts what stands under old names under the new ones, in the document itself, and tells of
    each. One whose new name stands there as well is left, as the unknown key that it is."""
    found = []
    for each in renamed:
        *around, key = each.old
        for path, table in _tables(document, tuple(around), ()):
            if key not in table or (each.new is not None and each.new in table):
                continue
            value = table.pop(key)
            if each.new is not None:
                table[each.new] = value
            found.append(Met((*path, key), each.new, each.until))
    return found


def _tables(value: Any, steps: Sequence[str], path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The tables that the steps lead to, each with its path."""
    if not steps:
        if isinstance(value, dict):
            yield path, value
        return
    step, *rest = steps
    inner: Any = ()
    if isinstance(value, list):
        inner = enumerate(value) if step == ANY else ()
    elif isinstance(value, dict):
        inner = value.items() if step == ANY else [(step, value[step])] if step in value else ()
    for name, each in inner:
        yield from _tables(each, rest, (*path, name))
