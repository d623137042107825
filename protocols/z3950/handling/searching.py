"""Search (Z39.50-2003, 3.2.2): from a request to a result set, and to records that come with the
response."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from catalogue.query import Query, UnsupportedSearch
from catalogue.searching.evaluation import is_wide, names_result_sets, search
from protocols.hosting.answering import Context, Lane
from protocols.z3950.association import Answer, Association, ResultSet
from protocols.z3950.databases import is_explain, records_in
from protocols.z3950.diagnostics import Bib1, Refused, diagnostic, refusal_of
from protocols.z3950.handling import explain
from protocols.z3950.handling.presenting import FEW_RECORDS, page_of
from protocols.z3950.handling.sorting import check_keys, in_order
from protocols.z3950.messages.retrieval import ElementSetNames
from protocols.z3950.messages.searching import Query as WireQuery
from protocols.z3950.messages.searching import SearchRequest, SearchResponse, Type104
from protocols.z3950.queries.cql_queries import cql_search_of
from protocols.z3950.queries.rpn import query_of, refusal_in
from protocols.z3950.records.retrieval import Wanted

#: resultSetStatus of a failed search: there is no result set (3.2.2.1.11).
NO_RESULT_SET: Final = 3

#: Finds the records of a prepared search. Raises Refused.
Finding = Callable[[Context], ResultSet]

#: Short queries whose trees are remembered, by their identity: `codec.decode` gives the same object
#: for the same octets, and the entry keeps it alive.
REMEMBERED: Final = 512
_trees: Final[dict[int, tuple[WireQuery, Query]]] = {}


def query_of_search(request: SearchRequest, caller: Association) -> Query:
    """The query to search, once all that needs no database has been checked. Raises Refused."""
    check_name(request, caller)
    try:
        return query_of(request.query, caller.result_sets)
    except Refused as refused:
        if refused.condition is Bib1.NO_SUCH_RESULT_SET:
            raise caller.without_result_set(refused.addinfo) from refused
        raise


def check_name(request: SearchRequest, caller: Association) -> None:
    """Raises Refused if the result set exists and must not be replaced."""
    if request.result_set_name in caller.result_sets and not request.replace_indicator:
        raise Refused(Bib1.RESULT_SET_EXISTS, request.result_set_name)


def prepare_search(
    request: SearchRequest, caller: Association
) -> tuple[Lane, Callable[[Context], Answer]]:
    """Where the search runs, and the search: what may read much must not keep others waiting."""
    try:
        is_wide_query, find = _prepared(request, caller)
    except Refused as error:
        refused = error  # the name in an except clause does not outlive it
        return Lane.READ, lambda context: failed_search(request, caller, refused)
    most = request.small_set_upper_bound
    if request.large_set_lower_bound > 1:
        most = max(most, request.medium_set_present_number)
    lane = Lane.WIDE_READ if is_wide_query or most > FEW_RECORDS else Lane.READ
    return lane, lambda context: answer_search(request, caller, context, find)


def _prepared(request: SearchRequest, caller: Association) -> tuple[bool, Finding]:
    """Whether the search may read much, and the function that finds its result set. Raises
    Refused."""
    if is_explain(request.database_names):
        check_name(request, caller)
        return False, lambda context: explain.search(request.query, caller, context)
    asked, known = _trees.get(id(request.query), (None, None))
    if known is not None and asked is request.query:
        check_name(request, caller)
        return False, lambda context: _found(request, known, caller, context)
    if isinstance(request.query, Type104):
        return True, _prepared_cql(request, request.query, caller)
    query = query_of_search(request, caller)
    try:
        is_wide_query = is_wide(query)
    except UnsupportedSearch as unsupported:
        raise refusal_in(request.query, unsupported) from unsupported
    if not is_wide_query and not names_result_sets(query):
        while len(_trees) >= REMEMBERED:
            del _trees[next(iter(_trees))]
        _trees[id(request.query)] = request.query, query
    return is_wide_query, lambda context: _found(request, query, caller, context)


def _prepared_cql(request: SearchRequest, query: Type104, caller: Association) -> Finding:
    """The function that finds and sorts the records of a query in CQL. Raises Refused."""
    check_name(request, caller)
    wanted = cql_search_of(query)
    check_keys(wanted.sort_keys)

    def find(context: Context) -> ResultSet:
        names = request.database_names
        visible = records_in(context.transaction, names, caller.settings)
        try:
            found = search(context.transaction, wanted.query, visible)
        except UnsupportedSearch as unsupported:
            raise refusal_of(unsupported) from unsupported
        if not wanted.sort_keys:
            return ResultSet(found, names)
        return in_order(context, found, names, wanted.sort_keys)

    return find


def _found(
    request: SearchRequest, query: Query, caller: Association, context: Context
) -> ResultSet:
    names = request.database_names
    visible = records_in(context.transaction, names, caller.settings)
    try:
        return ResultSet(search(context.transaction, query, visible), names)
    except UnsupportedSearch as unsupported:
        raise refusal_in(request.query, unsupported) from unsupported


def answer_search(
    request: SearchRequest, caller: Association, context: Context, find: Finding
) -> Answer:
    """Finds records, keeps the set under its name, and adds some to the response if the set is
    small."""
    try:
        found = find(context)
    except Refused as refused:
        return failed_search(request, caller, refused)
    count = len(found)
    response = SearchResponse(count, 0, 1 if count else 0, search_status=True)
    number, element_sets = _to_send_along(request, count)
    if number:
        wanted = Wanted([(1, number)], request.preferred_record_syntax, element_sets)
        page = page_of(context, found, wanted, caller)
        response.number_of_records_returned = page.number
        response.next_result_set_position = page.following
        response.present_status = page.status
        response.records = page.records
    return Answer(response, {request.result_set_name: found})


def failed_search(request: SearchRequest, caller: Association, refused: Refused) -> Answer:
    """The answer with a diagnostic; a set that was to be replaced is gone nevertheless
    (3.2.2.1.4)."""
    response = SearchResponse(
        0,
        0,
        0,
        search_status=False,
        result_set_status=NO_RESULT_SET,
        records=diagnostic(refused, caller.version),
    )
    if request.replace_indicator:
        return Answer(response, {request.result_set_name: None})
    return Answer(response)


def _to_send_along(request: SearchRequest, count: int) -> tuple[int, ElementSetNames | None]:
    """How many records a response carries, by the bounds of the request (3.2.2.1.6)."""
    if count <= request.small_set_upper_bound:
        return count, request.small_set_element_set_names
    if count >= request.large_set_lower_bound:
        return 0, None
    number = min(count, max(request.medium_set_present_number, 0))
    return number, request.medium_set_element_set_names
