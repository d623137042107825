"""How a response is sorted: CQL's ``sortBy`` (set sort-v1.0) and the parameter ``sortKeys``.

Records can be sorted by title, author and date. Case and accents never make a difference, so what
asks for that is honoured and what asks for the contrary is refused.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from typing import Final

from catalogue.sorting import MOST_KEYS, SortKey
from protocols.sru.context_sets import access_point_of, prefix_of_schema
from protocols.sru.cql import Modifier
from protocols.sru.cql import SortKey as CqlKey
from protocols.sru.diagnostics import Refused, Sru

#: Access points that can be sorted by.
SORTABLE: Final = frozenset(("title", "author", "year"))

#: Keys are separated by blanks; a path in quotes may hold blanks, commas and quotes.
_KEY: Final = re.compile(r'(?:"[^"]*"|[^\s"])+')
_KEYS: Final = re.compile(r'(?:"[^"]*"|[^"])*')

_AS_ALWAYS: Final = frozenset(("ignorecase", "ignoreaccents"))
_AGAINST: Final = frozenset(("respectcase", "respectaccents"))
_DIRECTIONS: Final = {"ascending": False, "descending": True}
#: Is a missing value lower than all others?
_MISSING: Final = {"missinglow": True, "missinghigh": False}
_OTHER_MISSING: Final = frozenset(("missingomit", "missingfail", "missingvalue"))

_FLAGS: Final = {"1": True, "true": True, "0": False, "false": False}
_MISSING_VALUES: Final = {"lowvalue": True, "highvalue": False}


def keys_of_query(keys: Sequence[CqlKey]) -> tuple[SortKey, ...]:
    """The order that a ``sortBy`` asks for; a missing value is last where nothing else is said.

    Raises Refused.
    """
    _count(len(keys))
    return tuple(_key_of_query(each) for each in keys)


def keys_of_parameter(text: str) -> tuple[SortKey, ...]:
    """The order that ``sortKeys`` asks for: ``path,schema,ascending,caseSensitive,missingValue``
    for each key, all but the path may be missing. Raises Refused."""
    if not _KEYS.fullmatch(text):
        raise Refused(Sru.SORT_SEQUENCE_UNSUPPORTED, text)
    found = [next(csv.reader([key])) for key in _KEY.findall(text)]
    _count(len(found))
    return tuple(_key_of_parameter(each) for each in found)


def _count(number: int) -> None:
    if number > MOST_KEYS:
        raise Refused(Sru.TOO_MANY_SORT_KEYS, str(MOST_KEYS))


def _key_of_query(key: CqlKey) -> SortKey:
    is_descending: bool | None = None
    is_low: bool | None = None
    for modifier in key.modifiers:
        name = modifier.name.removeprefix("sort.")
        _refuse(name, modifier)
        if name in _DIRECTIONS:
            if is_descending is not None:
                raise Refused(Sru.SORT_DIRECTION_UNSUPPORTED, modifier.name)
            is_descending = _DIRECTIONS[name]
        elif name in _MISSING:
            if is_low is not None:
                raise Refused(Sru.SORT_MISSING_VALUE_UNSUPPORTED, modifier.name)
            is_low = _MISSING[name]
    point = _sortable(key.index, key.context_set)
    is_descending = bool(is_descending)
    # Low values are first in ascending order, and last in descending.
    is_first = is_low is not None and is_low is not is_descending
    return SortKey(point, is_descending, is_first)


def _refuse(name: str, modifier: Modifier) -> None:
    if name in _AGAINST:
        raise Refused(Sru.SORT_CASE_UNSUPPORTED, modifier.name)
    if name in _OTHER_MISSING:
        raise Refused(Sru.SORT_MISSING_VALUE_UNSUPPORTED, modifier.name)
    if modifier.comparison or not (name in _AS_ALWAYS or name in _DIRECTIONS or name in _MISSING):
        raise Refused(Sru.SORT_SEQUENCE_UNSUPPORTED, modifier.name)


def _key_of_parameter(parts: Sequence[str]) -> SortKey:
    path, schema, ascending, case, missing = (*parts, "", "", "", "", "")[:5]
    if len(parts) > 5:
        raise Refused(Sru.SORT_SEQUENCE_UNSUPPORTED, ",".join(parts))
    is_ascending = _FLAGS.get(ascending.lower() or "1")
    if is_ascending is None:
        raise Refused(Sru.SORT_DIRECTION_UNSUPPORTED, ascending)
    if _FLAGS.get(case.lower() or "0") is not False:
        raise Refused(Sru.SORT_CASE_UNSUPPORTED, case)
    is_low = _MISSING_VALUES.get(missing.lower() or "highvalue")
    if is_low is None:
        raise Refused(Sru.SORT_MISSING_VALUE_UNSUPPORTED, missing)
    prefix = prefix_of_schema(schema)
    if prefix is None:
        raise Refused(Sru.SORT_SCHEMA_UNSUPPORTED, schema)
    point = _sortable(f"{prefix}.{path}".lower() if prefix else path.lower(), None)
    return SortKey(point, not is_ascending, is_low is is_ascending)


def _sortable(index: str, uri: str | None) -> str:
    try:
        point = access_point_of(index, uri)
    except Refused:
        point = ""
    if point not in SORTABLE:
        raise Refused(Sru.SORT_PATH_UNSUPPORTED, index)
    return point
