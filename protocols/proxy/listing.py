"""The list of differences by pages, filtered: for `tiro proxy unequal` and for the desk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, Final

from protocols.hosting.proxy_words import ERRANDS
from protocols.proxy.reconciling.rows import SUBJECTS, Row

#: The rows of a page where the caller does not say, and the most that it may ask for.
PAGE: Final = 100
MOST: Final = 1_000
_URGENCY: Final = {name: place for place, name in enumerate(ERRANDS)}


def list_differences(known: Iterable[Row], asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return a page of differences, the most urgent first and then the oldest.

    `asked` may have ``branch`` (an ISIL; empty: where none is known), ``errand`` (a name of
    `ERRANDS`), ``find`` (a part of a barcode or card, as the journal has it), ``subjects``
    that ``find`` looks at, ``after`` (the ``next`` of the page before) and ``limit``.

    Returns ``number`` (of rows that fit), ``branches`` and ``errands`` (how many rows each has
    among those that fit the other filters, and the chosen one), ``rows``, and ``next``, null on
    the last page. Raises ValueError for what is malformed.
    """
    branch, errand = asked.get("branch"), asked.get("errand")
    rows = [each for each in known if _is_found(each, asked)]
    at_branch = [each for each in rows if branch in (None, each.branch)]
    fitting = sorted((each for each in at_branch if errand in (None, each.errand)), key=_place)
    branches = Counter(each.branch for each in rows if errand in (None, each.errand))
    errands = Counter(each.errand for each in at_branch)
    # What was chosen is named also where it has none.
    branches.update({} if branch is None else {branch: 0})
    errands.update({} if errand is None else {errand: 0})
    limit = min(max(int(asked.get("limit", PAGE)), 1), MOST)
    after = _read(asked.get("after"))
    left = fitting if after is None else [each for each in fitting if _place(each) > after]
    page = left[:limit]
    return {
        "number": len(fitting),
        "branches": dict(sorted(branches.items())),
        "errands": {name: errands[name] for name in ERRANDS if name in errands},
        "rows": [asdict(each) for each in page],
        "next": list(_place(page[-1])) if len(left) > limit else None,
    }


def _is_found(row: Row, asked: Mapping[str, Any]) -> bool:
    """Return whether the item or patron of the row has what is looked for."""
    find = str(asked.get("find", "")).strip().casefold()
    if not find:
        return True
    return row.subject in asked.get("subjects", SUBJECTS) and find in row.name.casefold()


#: Where a row stands in the list: its urgency, since when, its record, and the aspect.
_Place = tuple[int, str, int, str]


def _place(row: Row) -> _Place:
    return _URGENCY[row.errand], row.since, row.of, row.aspect


def _read(after: Any) -> _Place | None:
    """Return the place that a caller gives, None for the beginning. Raises ValueError."""
    if after is None:
        return None
    try:
        urgency, since, of, aspect = after
        return int(urgency), str(since), int(of), str(aspect)
    except TypeError:
        raise ValueError("after is no place of the list") from None
