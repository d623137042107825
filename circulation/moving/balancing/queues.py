"""Queues that differ: the titles behind a queue checksum, with the places of each hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from circulation.patrons.identifiers import is_hashed

#: Holds of a queue that are named.
_MOST: Final = 20
#: The holds of each title by their keys, in their order; a title by its control number, or by the
#: barcode of the item that is waited for.
Queues = Mapping[str, Sequence[str]]


class QueueDifference(NamedTuple):
    """A queue that is not the same on both sides. `places` are those of holds that differ: the
    hold, its place in the files, and here; 0 for none."""

    number: str
    places: tuple[tuple[str, int, int], ...]

    def describe(self) -> str:
        """Return the places in words."""
        told = []
        for key, there, here in self.places[:_MOST]:
            name = "/".join("?" if is_hashed(part) else part for part in key.split("/"))
            told.append(f"hold {name}: {there or 'not'} in the files, {here or 'not'} here")
        if more := len(self.places) - _MOST:
            told += [f"{more} more"] if more > 0 else []
        return "; ".join(told)


def compare_queues(files: Queues, here: Queues) -> list[QueueDifference]:
    """Return the queues that differ, by the number of the title."""
    found: list[QueueDifference] = []
    for number in sorted({*files, *here}):
        theirs, ours = files.get(number, ()), here.get(number, ())
        if [*theirs] == [*ours]:
            continue
        at = {key: place for place, key in enumerate(theirs, 1)}
        there = {key: place for place, key in enumerate(ours, 1)}
        keys = dict.fromkeys([*theirs, *ours])
        places = [(key, at.get(key, 0), there.get(key, 0)) for key in keys]
        found.append(QueueDifference(number, tuple(e for e in places if e[1] != e[2])))
    return found
