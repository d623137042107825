"""Proximity: two words or phrases within some distance of each other in a field.

The index holds no positions but pairs of neighbours: records that have both words are candidates,
and their text decides. Each reading of a field is looked at by itself (`catalogue.index.folding`).
"""

from __future__ import annotations

import operator
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence

from pyroaring import BitMap

from catalogue.database import Transaction
from catalogue.index.access_points import ACCESS_POINTS, Kind, searched_points
from catalogue.index.field_texts import texts_of
from catalogue.index.folding import fold_words
from catalogue.index.spellings import looking_for
from catalogue.query import (
    Completeness,
    Near,
    Part,
    Position,
    Relation,
    Structure,
    Term,
    Truncation,
    Unit,
    UnsupportedSearch,
)
from catalogue.records import Record
from catalogue.searching.lookups import records_passing

_COMPARISONS: dict[Relation, Callable[[int, int], bool]] = {
    Relation.LESS: operator.lt,
    Relation.LESS_OR_EQUAL: operator.le,
    Relation.EQUAL: operator.eq,
    Relation.GREATER_OR_EQUAL: operator.ge,
    Relation.GREATER: operator.gt,
    Relation.NOT_EQUAL: operator.ne,
}
_UNTRUNCATED = (None, Truncation.NONE)


def check_near(near: Near) -> None:
    """Raises UnsupportedSearch for what cannot be honoured beyond the two terms themselves."""
    name = near.left.access_point
    if name in ACCESS_POINTS and _has_no_words(name):
        raise UnsupportedSearch(Part.PROXIMITY, name)
    if near.right.access_point != name:
        raise UnsupportedSearch(Part.PROXIMITY, f"{name}, {near.right.access_point}")
    if near.relation not in _COMPARISONS:
        raise UnsupportedSearch(Part.PROXIMITY, near.relation.value)
    if near.distance < 0 or (near.unit is Unit.FIELD and near.distance > 0):
        raise UnsupportedSearch(Part.PROXIMITY, f"{near.distance} {near.unit.value}s")
    for term in (near.left, near.right):
        if term.relation not in (None, Relation.EQUAL):
            raise UnsupportedSearch(Part.PROXIMITY, term.relation.value)
        if term.structure is Structure.FREE_FORM:
            raise UnsupportedSearch(Part.PROXIMITY, term.structure.value)
        if term.position not in (None, Position.ANY):
            raise UnsupportedSearch(Part.PROXIMITY, term.position.value)
        if term.completeness not in (None, Completeness.INCOMPLETE_SUBFIELD):
            raise UnsupportedSearch(Part.PROXIMITY, term.completeness.value)
        if term.truncation not in (*_UNTRUNCATED, Truncation.RIGHT):
            raise UnsupportedSearch(Part.PROXIMITY, term.truncation.value)


def _has_no_words(name: str) -> bool:
    first = searched_points(name)[0]
    return not first.within and Kind.WORD not in first.kinds


def find_near(transaction: Transaction, near: Near, candidates: BitMap) -> BitMap:
    """The candidates in which the two are near each other; `check_near` has let them pass."""
    left, right = _Words(near.left), _Words(near.right)
    compare = _COMPARISONS[near.relation]
    looks = [
        looking_for([word.encode() for word in words.words], words.is_open)
        for words in (left, right)
    ]

    def is_wanted(text: bytes) -> bool:
        return all(is_possible(text) for is_possible in looks)

    def passes(record: Record) -> bool:
        return any(
            compare(distance, near.distance)
            for readings in texts_of(record.format, record.data, near.left.access_point, is_wanted)
            for text in readings
            for distance in _distances(text.split(), left, right, near)
        )

    return records_passing(transaction, candidates, passes)


class _Words:
    """A word or phrase to be found; the last word may be open."""

    def __init__(self, term: Term) -> None:
        self.words = fold_words(term.text)
        self.is_open = term.truncation is Truncation.RIGHT
        self.size = len(self.words)

    def places(self, words: Sequence[str]) -> list[int]:
        """Where among the words of a field it begins."""
        return [at for at in range(len(words) - self.size + 1) if self._stands(words, at)]

    def _stands(self, words: Sequence[str], at: int) -> bool:
        last = self.words[-1]
        there = words[at + self.size - 1]
        if not (there.startswith(last) if self.is_open else there == last):
            return False
        return list(words[at : at + self.size - 1]) == self.words[:-1]


def _distances(words: Sequence[str], left: _Words, right: _Words, near: Near) -> Iterator[int]:
    """The distances between the two in a field, where they do not overlap: for each place of the
    left one those that matter, the least, the greatest and the one asked for.
    """
    rights = right.places(words)
    if not rights:
        return
    among = set(rights)
    for one in left.places(words):
        behind = one + left.size
        at = bisect_left(rights, behind)
        exact = behind + near.distance - 1
        for other in (*rights[at : at + 1], rights[-1], *({exact} & among)):
            if other >= behind:
                yield other - behind + 1 if near.unit is Unit.WORD else 0
        if near.is_ordered:
            continue
        at = bisect_right(rights, one - right.size)
        exact = one - right.size - near.distance + 1
        for other in (*rights[max(at - 1, 0) : at], rights[0], *({exact} & among)):
            if other + right.size <= one:
                yield one - (other + right.size) + 1 if near.unit is Unit.WORD else 0
