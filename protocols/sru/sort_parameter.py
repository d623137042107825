"""The parameter ``sortKeys`` of SRU 1.1: the order that a request asks for outside its query.

Case and accents never make a difference, so keys that ask for that are honoured and those that ask
for the opposite are refused.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from typing import Final

from catalogue.searching.sorting import SortKey
from protocols.cql.context_sets import prefix_of_schema
from protocols.cql.diagnostics import Refused, Srw
from protocols.cql.sort_order import count_keys, sortable

#: Keys are separated by blanks; a path in quotes may hold blanks, commas and quotes.
_KEY: Final = re.compile(r'(?:"[^"]*"|[^\s"])+')
_KEYS: Final = re.compile(r'(?:"[^"]*"|[^"])*')

_FLAGS: Final = {"1": True, "true": True, "0": False, "false": False}
_MISSING_VALUES: Final = {"lowvalue": True, "highvalue": False}


def keys_of_parameter(text: str) -> tuple[SortKey, ...]:
    """The order that ``sortKeys`` asks for: ``path,schema,ascending,caseSensitive,missingValue``
    for each key; all but the path may be missing. Raises Refused."""
    if not _KEYS.fullmatch(text):
        raise Refused(Srw.SORT_SEQUENCE_UNSUPPORTED, text)
    found = [next(csv.reader([key])) for key in _KEY.findall(text)]
    count_keys(len(found))
    return tuple(_key_of_parameter(each) for each in found)


def _key_of_parameter(parts: Sequence[str]) -> SortKey:
    path, schema, ascending, case, missing = (*parts, "", "", "", "", "")[:5]
    if len(parts) > 5:
        raise Refused(Srw.SORT_SEQUENCE_UNSUPPORTED, ",".join(parts))
    is_ascending = _FLAGS.get(ascending.lower() or "1")
    if is_ascending is None:
        raise Refused(Srw.SORT_DIRECTION_UNSUPPORTED, ascending)
    if _FLAGS.get(case.lower() or "0") is not False:
        raise Refused(Srw.SORT_CASE_UNSUPPORTED, case)
    is_low = _MISSING_VALUES.get(missing.lower() or "highvalue")
    if is_low is None:
        raise Refused(Srw.SORT_MISSING_VALUE_UNSUPPORTED, missing)
    prefix = prefix_of_schema(schema)
    if prefix is None:
        raise Refused(Srw.SORT_SCHEMA_UNSUPPORTED, schema)
    point = sortable(f"{prefix}.{path}".lower() if prefix else path.lower(), None)
    return SortKey(point, not is_ascending, is_low is is_ascending)
