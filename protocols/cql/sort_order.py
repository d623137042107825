"""``sortBy`` of CQL (set sort-v1.0): the order that a query asks for.

Records can be sorted by title, author and date. Case and accents never make a difference, so
modifiers that ask for that are honoured and those that ask for the opposite are refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from catalogue.searching.sorting import MOST_KEYS, SortKey
from protocols.cql.context_sets import access_point_of
from protocols.cql.diagnostics import Refused, Srw
from protocols.cql.parser import Modifier
from protocols.cql.parser import SortKey as CqlKey

#: Access points that can be sorted by.
SORTABLE: Final = frozenset(("title", "author", "year"))

_AS_ALWAYS: Final = frozenset(("ignorecase", "ignoreaccents"))
_AGAINST: Final = frozenset(("respectcase", "respectaccents"))
_DIRECTIONS: Final = {"ascending": False, "descending": True}
#: Is a missing value lower than all others?
_MISSING: Final = {"missinglow": True, "missinghigh": False}
_OTHER_MISSING: Final = frozenset(("missingomit", "missingfail", "missingvalue"))


def keys_of_query(keys: Sequence[CqlKey]) -> tuple[SortKey, ...]:
    """The order that a ``sortBy`` asks for; missing values come last by default.

    Raises Refused.
    """
    count_keys(len(keys))
    return tuple(_key_of_query(each) for each in keys)


def count_keys(number: int) -> None:
    """Raises Refused where there are too many."""
    if number > MOST_KEYS:
        raise Refused(Srw.TOO_MANY_SORT_KEYS, str(MOST_KEYS))


def _key_of_query(key: CqlKey) -> SortKey:
    is_descending: bool | None = None
    is_low: bool | None = None
    for modifier in key.modifiers:
        name = modifier.name.removeprefix("sort.")
        _refuse(name, modifier)
        if name in _DIRECTIONS:
            if is_descending is not None:
                raise Refused(Srw.SORT_DIRECTION_UNSUPPORTED, modifier.name)
            is_descending = _DIRECTIONS[name]
        elif name in _MISSING:
            if is_low is not None:
                raise Refused(Srw.SORT_MISSING_VALUE_UNSUPPORTED, modifier.name)
            is_low = _MISSING[name]
    point = sortable(key.index, key.context_set)
    is_descending = bool(is_descending)
    # Low values are first in ascending order, and last in descending.
    is_first = is_low is not None and is_low is not is_descending
    return SortKey(point, is_descending, is_first)


def _refuse(name: str, modifier: Modifier) -> None:
    if name in _AGAINST:
        raise Refused(Srw.SORT_CASE_UNSUPPORTED, modifier.name)
    if name in _OTHER_MISSING:
        raise Refused(Srw.SORT_MISSING_VALUE_UNSUPPORTED, modifier.name)
    if modifier.comparison or not (name in _AS_ALWAYS or name in _DIRECTIONS or name in _MISSING):
        raise Refused(Srw.SORT_SEQUENCE_UNSUPPORTED, modifier.name)


def sortable(index: str, uri: str | None) -> str:
    """The access point of an index. Raises Refused if records cannot be sorted by it."""
    try:
        point = access_point_of(index, uri)
    except Refused:
        point = ""
    if point not in SORTABLE:
        raise Refused(Srw.SORT_PATH_UNSUPPORTED, index)
    return point
