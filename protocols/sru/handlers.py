"""The answer to each request, by its message class.

A handler is ``(request, caller, context) -> response``; the caller may be anybody, so the settings
take its place. Whatever is wrong becomes diagnostics in the response of the same operation.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from catalogue.database import DatabaseUnavailable
from catalogue.index.access_points import searched_points
from catalogue.query import Query, UnsupportedSearch
from catalogue.searching.evaluation import is_wide, search
from catalogue.searching.scan_lists import list_for
from catalogue.searching.scanning import scan
from catalogue.searching.sorting import SortKey, sort
from protocols.cql.diagnostics import Refused, Srw
from protocols.cql.parser import Clause, Tree, parse
from protocols.cql.sort_order import keys_of_query
from protocols.cql.translation import query_of, term_of_scan
from protocols.hosting.answering import Context, Lane, Services
from protocols.hosting.traces import mark_failed, mark_refused
from protocols.sru import xcql
from protocols.sru.codec import encode
from protocols.sru.databases import is_whole, scope_in, title_of
from protocols.sru.diagnostics import diagnostic_of
from protocols.sru.explain import zeerex
from protocols.sru.faceting import count_facets, facets_wanted
from protocols.sru.messages import (
    AnyRequest,
    AnyResponse,
    Diagnostic,
    ExplainRequest,
    ExplainResponse,
    ScanRequest,
    ScanResponse,
    ScanTerm,
    SearchRetrieveRequest,
    SearchRetrieveResponse,
    Version,
)
from protocols.sru.retrieval import entries_of
from protocols.sru.schemas import schema_named
from protocols.sru.settings import SruSettings
from protocols.sru.sort_parameter import keys_of_parameter

log = logging.getLogger(__name__)

#: More records than this are not prepared while other requests wait.
FEW_RECORDS: Final = 50
#: The same for the terms of a scan.
FEW_TERMS: Final = 50
#: Longer queries are parsed in a thread, and neither remembered nor given as XCQL.
SHORT_QUERY: Final = 1_000


@dataclass(frozen=True, slots=True)
class Understood:
    """A query that can be searched, its order if it names one, and its XCQL."""

    tree: Tree
    query: Query
    sort_keys: tuple[SortKey, ...]
    x_query: str


def understood(text: str) -> Understood:
    """What a query means. Raises Refused."""
    return _remembered(text) if len(text) <= SHORT_QUERY else _understood(text)


def _understood(text: str) -> Understood:
    parsed = parse(text)
    query, sort_keys = query_of(parsed.tree), keys_of_query(parsed.sort_keys)
    x_query = xcql.operand(parsed.tree) if len(text) <= SHORT_QUERY else ""
    return Understood(parsed.tree, query, sort_keys, x_query)


#: Clients page through what they found, so a query often comes again.
_remembered = lru_cache(maxsize=256)(_understood)


# searchRetrieve


def lane_of_search(request: SearchRetrieveRequest, caller: SruSettings) -> Lane:
    """Where the search runs: what may read much must not keep others waiting."""
    if _number_of_records(request, caller) > FEW_RECORDS or len(request.query) > SHORT_QUERY:
        return Lane.WIDE_READ
    try:
        meant = understood(request.query)
        is_slow = (
            request.sort_keys or request.facet_limit or meant.sort_keys or is_wide(meant.query)
        )
        return Lane.WIDE_READ if is_slow else Lane.READ
    except (Refused, UnsupportedSearch):
        return Lane.READ


def answer_search(
    request: SearchRetrieveRequest, caller: SruSettings, context: Context
) -> SearchRetrieveResponse:
    """Finds records, and returns some of them."""
    try:
        scope = scope_in(context.transaction, request.database, caller)
        meant = understood(request.query)
        sort_keys = meant.sort_keys or keys_of_parameter(request.sort_keys)
        if meant.sort_keys and request.sort_keys:
            raise Refused(Srw.SORT_IN_QUERY_AND_PARAMETER)
        facets = facets_wanted(request)
        schema = schema_named(request.record_schema or caller.default_schema)
        found = search(context.transaction, meant.query, scope.records)
    except (Refused, UnsupportedSearch) as error:
        return _failed_search(request, [diagnostic_of(error)])
    count, start = len(found), request.start_record
    response = SearchRetrieveResponse(request, count, x_query=meant.x_query)
    if start > max(count, 1):
        response.diagnostics = [Diagnostic(Srw.FIRST_RECORD_OUT_OF_RANGE)]
        return response
    number = _number_of_records(request, caller)
    if sort_keys:
        ids = sort(context.transaction, found, sort_keys, offset=start - 1, limit=number)
    else:
        ids = list(found[start - 1 : start - 1 + number])
    response.records = entries_of(context, ids, start, schema, scope.branches)
    response.facets, response.diagnostics = count_facets(
        context, request, meant.tree, found, facets
    )
    following = start + len(ids)
    if following <= count:
        response.next_record_position = following
    return response


def _number_of_records(request: SearchRetrieveRequest, caller: SruSettings) -> int:
    if request.maximum_records is None:
        return caller.default_records
    return min(request.maximum_records, caller.maximum_records)


def _failed_search(
    request: SearchRetrieveRequest, diagnostics: list[Diagnostic]
) -> SearchRetrieveResponse:
    x_query = ""
    if request.version is not Version.V2_0 and len(request.query) <= SHORT_QUERY:
        with suppress(Refused):
            x_query = xcql.operand(parse(request.query).tree)
    return SearchRetrieveResponse(request, diagnostics=diagnostics, x_query=x_query)


# scan


def lane_of_scan(request: ScanRequest, caller: SruSettings) -> Lane:
    """Where the scan runs: a list of the whole catalogue is a short range of the index."""
    number = request.maximum_terms or caller.default_terms
    if number > FEW_TERMS or len(request.scan_clause) > SHORT_QUERY:
        return Lane.WIDE_READ
    if not is_whole(request.database, caller):
        return Lane.WIDE_READ
    try:
        point = term_of_scan(_clause_of(request.scan_clause)).access_point
    except Refused:
        return Lane.READ
    return Lane.READ if len(searched_points(point)) == 1 else Lane.WIDE_READ


def answer_scan(request: ScanRequest, caller: SruSettings, context: Context) -> ScanResponse:
    """Terms of an index, with the number of records that a search for each finds."""
    most = request.maximum_terms or caller.default_terms
    position = request.response_position
    try:
        scope = scope_in(context.transaction, request.database, caller)
        clause = _clause_of(request.scan_clause)
        term = term_of_scan(clause)
        if not searched_points(term.access_point)[0].kinds:  # it has no list of its own
            raise Refused(Srw.UNSUPPORTED_INDEX, clause.index)
        if most > caller.maximum_terms:
            raise Refused(Srw.TOO_MANY_TERMS, str(caller.maximum_terms))
        if position > most + 1:
            raise Refused(Srw.SCAN_POSITION_OUT_OF_RANGE, str(position))
        before = max(position - 1, 0)
        page = scan(
            context.transaction,
            term,
            before=before,
            after=most - before if position else most + 1,
            visible=scope.records,
        )
    except (Refused, UnsupportedSearch) as error:
        return _failed_scan(request, [diagnostic_of(error)])
    entries, is_start, is_end = page.entries, page.is_start, page.is_end
    if position == 0 and entries:  # the term itself comes just before the first that is given
        if entries[0].term == list_for(term).phrase:
            entries, is_start = entries[1:], False
        is_end = is_end and len(entries) <= most
        entries = entries[:most]
    places = _places(len(entries), is_start, is_end)
    terms = [
        ScanTerm(entry.term, entry.hits, place)
        for entry, place in zip(entries, places, strict=True)
    ]
    return ScanResponse(request, terms, x_scan_clause=_x_clause(request))


def _clause_of(text: str) -> Clause:
    parsed = parse(text)
    if not isinstance(parsed.tree, Clause) or parsed.sort_keys:
        raise Refused(Srw.SYNTAX_ERROR, "a scan clause is one index, relation and term")
    return parsed.tree


def _places(number: int, is_start: bool, is_end: bool) -> list[str]:
    """Where each term stands in the whole list, as far as the page shows."""
    places = ["inner"] * number
    if number and is_start:
        places[0] = "first"
    if number and is_end:
        places[-1] = "only" if number == 1 and is_start else "last"
    return places


def _x_clause(request: ScanRequest) -> str:
    if request.version is not Version.V2_0 and len(request.scan_clause) <= SHORT_QUERY:
        with suppress(Refused):
            return xcql.search_clause(_clause_of(request.scan_clause))
    return ""


def _failed_scan(request: ScanRequest, diagnostics: list[Diagnostic]) -> ScanResponse:
    return ScanResponse(request, diagnostics=diagnostics, x_scan_clause=_x_clause(request))


# explain


def answer_explain(
    request: ExplainRequest, caller: SruSettings, context: Context
) -> ExplainResponse:
    """What there is; for an unknown database that of the first, with the diagnostic."""
    try:
        title = title_of(context.transaction, request.database, caller)
    except Refused as refused:
        return _failed_explain(request, caller, [diagnostic_of(refused)])
    return ExplainResponse(request, zeerex(request, caller, request.database, title))


def _failed_explain(
    request: ExplainRequest, caller: SruSettings, diagnostics: list[Diagnostic]
) -> ExplainResponse:
    """All versions want a record in the response."""
    record = zeerex(request, caller, caller.databases[0], caller.title)
    return ExplainResponse(request, record, diagnostics)


# All requests

Handler = Callable[[Any, SruSettings, Context], AnyResponse]
LaneOf = Callable[[Any, SruSettings], Lane]

HANDLERS: Final[dict[type[AnyRequest], tuple[Handler, LaneOf]]] = {
    SearchRetrieveRequest: (answer_search, lane_of_search),
    ScanRequest: (answer_scan, lane_of_scan),
    ExplainRequest: (answer_explain, lambda request, caller: Lane.READ),
}


def answer(
    services: Services,
    caller: SruSettings,
    request: AnyRequest,
    reply: Callable[[bytes], None],
) -> None:
    """Answers a request: calls `reply` with the document, at once or later, whatever happens."""
    if request.problems:
        mark_refused()
        reply(encode(failed(request, caller, request.problems)))
        return

    def done(document: bytes | None, error: BaseException | None) -> None:
        if document is None:
            said = Srw.SYSTEM_TEMPORARILY_UNAVAILABLE
            if not isinstance(error, DatabaseUnavailable):  # the log was told once
                log.error("%s failed", type(request).__name__, exc_info=error)
                said = Srw.GENERAL_SYSTEM_ERROR
            document = encode(failed(request, caller, [Diagnostic(said)]))
        reply(document)

    handler, choose_lane = HANDLERS[type(request)]
    try:
        lane = choose_lane(request, caller)
    except Exception as error:
        mark_failed()
        done(None, error)
        return

    def carry_out(context: Context) -> bytes:
        response = handler(request, caller, context)
        if response.diagnostics:
            mark_refused()
        return encode(response)

    # A large document is written where its records were read, not while others wait.
    services.perform(lane, carry_out, done, may_lag=True)


def failed(request: AnyRequest, caller: SruSettings, diagnostics: list[Diagnostic]) -> AnyResponse:
    """The response to a request that is not carried out."""
    if isinstance(request, SearchRetrieveRequest):
        return _failed_search(request, diagnostics)
    if isinstance(request, ScanRequest):
        return _failed_scan(request, diagnostics)
    return _failed_explain(request, caller, diagnostics)
