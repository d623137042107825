"""Facets of a search (SRU 2.0): ``facetLimit``, ``facetStart`` and ``facetSort``.

``facetLimit`` is a number, for the facets of `DEFAULT`, or a list of ``number:index``;
``facetStart`` likewise. The values with most records come first; any other order is refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from pyroaring import BitMap

from catalogue.query import Completeness, Part, UnsupportedSearch
from catalogue.searching.facets import MOST_VALUES, facets
from catalogue.searching.facets import Facet as Counted
from protocols.cql.context_sets import EVERY_RECORD, access_point_of
from protocols.cql.diagnostics import Refused, Srw
from protocols.cql.parser import Boolean, Clause, CqlQuery, Tree, written
from protocols.hosting.answering import Context
from protocols.sru.diagnostics import diagnostic_of
from protocols.sru.messages import Diagnostic, Facet, FacetValue, SearchRetrieveRequest

#: The facets where a request names none.
DEFAULT: Final = ("dc.creator", "dc.subject", "dc.date", "dc.language", "dc.type")
#: The most facets that are counted for one search.
MOST_FACETS: Final = 20

_ENTRY: Final = re.compile(r"\s*([0-9]{1,9})\s*(?::\s*([^\s:,]+)\s*)?")
_SORTS: Final = frozenset(("", "recordcount", "recordcount,descending"))


@dataclass(frozen=True, slots=True)
class Wanted:
    """A facet asked for: at most `limit` values, from number `start` on, of an index."""

    index: str
    access_point: str
    limit: int
    start: int = 1


def facets_wanted(request: SearchRetrieveRequest) -> tuple[Wanted, ...]:
    """What the parameters ask for; nothing if there is no limit. Raises Refused."""
    if not request.facet_limit:
        return ()
    if request.facet_sort.lower() not in _SORTS:
        raise Refused(Srw.UNSUPPORTED_PARAMETER_VALUE, "facetSort")
    limits = _numbers("facetLimit", request.facet_limit)
    starts = _numbers("facetStart", request.facet_start)
    names = [name for name in limits if name] or list(DEFAULT)
    if len(names) > MOST_FACETS or ("" in limits and len(limits) > 1):
        raise Refused(Srw.UNSUPPORTED_PARAMETER_VALUE, "facetLimit")
    wanted = []
    for name in names:
        point = access_point_of(name.lower(), None)
        if point == EVERY_RECORD:
            raise Refused(Srw.UNSUPPORTED_INDEX, name)
        limit = limits[name] if name in limits else limits[""]
        start = starts.get(name, starts.get("", 1))
        if start < 1:
            raise Refused(Srw.UNSUPPORTED_PARAMETER_VALUE, "facetStart")
        wanted.append(Wanted(name, point, limit, start))
    return tuple(wanted)


def _numbers(parameter: str, text: str) -> dict[str, int]:
    """The numbers of a parameter by index; one without an index has the empty name."""
    found: dict[str, int] = {}
    for entry in text.split(",") if text else ():
        match = _ENTRY.fullmatch(entry)
        if match is None:
            raise Refused(Srw.UNSUPPORTED_PARAMETER_VALUE, parameter)
        found[match[2] or ""] = int(match[1])
    return found


def count_facets(
    context: Context,
    request: SearchRetrieveRequest,
    tree: Tree,
    records: BitMap,
    wanted: Sequence[Wanted],
) -> tuple[list[Facet], list[Diagnostic]]:
    """The facets of the records that `tree` found, and why one of them could not be made. A facet
    without values is left out: the schema has no place for it.
    """
    counted: list[Facet] = []
    diagnostics: list[Diagnostic] = []
    for each in wanted:
        last = min(each.start - 1 + each.limit, MOST_VALUES)
        try:
            found = facets(context.transaction, records, each.access_point, last)
        except UnsupportedSearch as error:
            if error.part is Part.ACCESS_POINT:
                error = UnsupportedSearch(Part.ACCESS_POINT, each.index)
            diagnostics.append(diagnostic_of(error))
            continue
        listed = found[each.start - 1 :]
        if listed:
            is_whole = listed[0].search.completeness is Completeness.COMPLETE_FIELD
            relation = "==" if is_whole else "="
            values = [_value(request, tree, each.index, relation, one) for one in listed]
            counted.append(Facet(each.index, relation, values))
    return counted, diagnostics


def _value(
    request: SearchRetrieveRequest, tree: Tree, index: str, relation: str, counted: Counted
) -> FacetValue:
    """A value, with the search for those of the found records that have it. A query with prefixes
    of its own cannot be joined with another.
    """
    if _has_prefixes(tree):
        return FacetValue(counted.text, counted.hits, "", "")
    clause = Clause(index, relation, (), counted.search.text)
    query = written(CqlQuery(Boolean("and", (), clause, tree)))
    url = f"{request.base_url}?query={quote(query)}"
    return FacetValue(counted.text, counted.hits, query, url)


def _has_prefixes(tree: Tree) -> bool:
    waiting = [tree]
    while waiting:
        step = waiting.pop()
        if isinstance(step, Boolean):
            waiting += (step.left, step.right)
        elif step.context_set is not None:
            return True
    return False
