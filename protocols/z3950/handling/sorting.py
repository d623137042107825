"""Sort (Z39.50-2003, 3.2.7.1): sorts result sets, several of them into one.

Keys are title, author and year, by use attribute or by name. Case and diacritics make no
difference, whichever case sensitivity is asked for: clients send one or the other without meaning
it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import IntEnum
from functools import reduce
from operator import or_
from typing import Final

from pyroaring import BitMap

from catalogue.query import Relation, Term
from catalogue.searching.evaluation import search
from catalogue.searching.result_order import ResultOrder
from catalogue.searching.sorting import MOST_KEYS, SortKey, is_wide_sort
from protocols.hosting.answering import Context, Lane
from protocols.z3950.association import Answer, Association, Option, ResultSet
from protocols.z3950.databases import is_explain
from protocols.z3950.diagnostics import Bib1, Refused, diagnostic
from protocols.z3950.messages.building_blocks import DiagRec, Specification
from protocols.z3950.messages.result_sets import (
    MissingValueAction,
    SortKeySpec,
    SortRequest,
    SortResponse,
)
from protocols.z3950.messages.result_sets import SortKey as WireSortKey
from protocols.z3950.messages.searching import AttributeElement, ComplexAttributeValue
from protocols.z3950.queries.attributes import BIB_1, AttributeType

#: The keys by use attribute.
KEY_OF_USE: Final[dict[int, str]] = {
    4: "title",
    30: "year",
    31: "year",
    33: "title",
    1002: "author",
    1003: "author",
    1004: "author",
    1005: "author",
    1006: "author",
}
#: The keys by name.
KEY_OF_NAME: Final[dict[str, str]] = {
    "title": "title",
    "author": "author",
    "name": "author",
    "date": "year",
    "year": "year",
}

#: sortRelation and caseSensitivity (3.2.7.1.3).
ASCENDING: Final = 0
DESCENDING: Final = 1
CASE_VALUES: Final = (0, 1)

#: resultSetStatus of a failed sort: the output set is as it was.
UNCHANGED: Final = 3


class SortStatus(IntEnum):
    """How a sort went (3.2.7.1.5)."""

    SUCCESS = 0
    FAILURE = 2


def lane_of_sort(request: SortRequest, caller: Association) -> Lane:
    kept = caller.result_sets
    records = _together(kept[name] for name in request.input_result_set_names if name in kept)
    return Lane.WIDE_READ if is_wide_sort(records) else Lane.READ


def answer_sort(request: SortRequest, caller: Association, context: Context) -> Answer:
    """Sorts the records of all input sets, each once, into the output set."""
    try:
        found = _sorted(request, caller, context)
    except Refused as refused:
        return failed_sort(caller, refused)
    is_counted = caller.options & Option.RESULT_COUNT_IN_SORT
    response = SortResponse(SortStatus.SUCCESS, result_count=len(found) if is_counted else None)
    return Answer(response, {request.sorted_result_set_name: found})


def failed_sort(caller: Association, refused: Refused) -> Answer:
    """Failure; the sets are as they were."""
    diagnostics: list[DiagRec] = [diagnostic(refused, caller.version)]
    return Answer(SortResponse(SortStatus.FAILURE, UNCHANGED, diagnostics))


def _sorted(request: SortRequest, caller: Association, context: Context) -> ResultSet:
    inputs = []
    for name in request.input_result_set_names:
        found = caller.result_sets.get(name)
        if found is None:
            raise caller.without_result_set(name)
        if is_explain(found.databases):
            raise Refused(Bib1.COMBINATION_OF_DATABASES_UNSUPPORTED, found.database)
        inputs.append(found)
    if not inputs:
        raise Refused(Bib1.SORT_WITHOUT_A_SET)
    records = _together(inputs)
    specs = request.sort_sequence
    keys = [_key(spec) for spec in specs]
    if len(keys) > MOST_KEYS:
        raise Refused(Bib1.TOO_MANY_SORT_KEYS, str(MOST_KEYS))
    check_keys(keys)
    for spec, key in zip(specs, keys, strict=True):
        if spec.missing_value_action is MissingValueAction.ABORT:
            _require(context, records, key.point)
    databases = dict.fromkeys(name for found in inputs for name in found.databases)
    return in_order(context, records, list(databases), keys)


def check_keys(keys: Sequence[SortKey]) -> None:
    """Raises Refused if one is given twice."""
    points = [key.point for key in keys]
    if len(set(points)) < len(points):
        raise Refused(Bib1.DUPLICATE_SORT_KEYS, ",".join(points))


def in_order(
    context: Context, records: BitMap, databases: Sequence[str], keys: Sequence[SortKey]
) -> ResultSet:
    """The records as a set in the order of the keys; the first of them are found at once."""
    order = ResultOrder(records, keys)
    order.ids(context.transaction, 1, 1)
    return ResultSet(records, databases, order)


def _together(inputs: Iterable[ResultSet]) -> BitMap:
    return reduce(or_, (found.records for found in inputs), BitMap())


def _require(context: Context, records: BitMap, point: str) -> None:
    """Raises Refused if a record has no value for a key that asks for abort in that case."""
    present = Term(point, "", relation=Relation.ALWAYS_MATCHES)
    if records - search(context.transaction, present):
        raise Refused(Bib1.CANNOT_SORT_SO, f"not every record has {point}")


def _key(spec: SortKeySpec) -> SortKey:
    """One key of the sequence. Raises Refused."""
    if spec.sort_relation not in (ASCENDING, DESCENDING):
        raise Refused(Bib1.SORT_RELATION_ILLEGAL, str(spec.sort_relation))
    if spec.case_sensitivity not in CASE_VALUES:
        raise Refused(Bib1.CASE_VALUE_ILLEGAL, str(spec.case_sensitivity))
    if isinstance(spec.missing_value_action, bytes):
        raise Refused(Bib1.MISSING_DATA_ACTION_UNSUPPORTED, "missing value data")
    if isinstance(spec.sort_element, list):
        raise Refused(Bib1.DATABASE_SPECIFIC_SORT_UNSUPPORTED)
    is_descending = spec.sort_relation == DESCENDING
    # A null is less than every value; by default, records without a value come last.
    is_null = spec.missing_value_action is MissingValueAction.NULL
    return SortKey(_point(spec.sort_element), is_descending, is_null and not is_descending)


def _point(key: WireSortKey) -> str:
    if isinstance(key, str):
        point = KEY_OF_NAME.get(key.lower())
        if point is None:
            raise Refused(Bib1.CANNOT_SORT_SO, key)
        return point
    if isinstance(key, Specification):
        raise Refused(Bib1.CANNOT_SORT_SO, "element specification")
    return _point_of_attributes(key.id, key.list_)


def _point_of_attributes(attribute_set: str, attributes: Sequence[AttributeElement]) -> str:
    points = []
    for attribute in attributes:
        named = attribute.attribute_set or attribute_set
        if named != BIB_1:
            raise Refused(Bib1.ATTRIBUTE_SET_UNSUPPORTED, named)
        value = attribute.attribute_value
        if attribute.attribute_type != AttributeType.USE:
            raise Refused(Bib1.CANNOT_SORT_SO, f"attribute type {attribute.attribute_type}")
        if isinstance(value, ComplexAttributeValue) or value not in KEY_OF_USE:
            shown = value if isinstance(value, int) else ",".join(map(str, value.list_))
            raise Refused(Bib1.CANNOT_SORT_SO, str(shown))
        points.append(KEY_OF_USE[value])
    if len(points) != 1:
        raise Refused(Bib1.CANNOT_SORT_SO, f"{len(points)} use attributes in one key")
    return points[0]
