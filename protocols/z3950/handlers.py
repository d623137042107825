"""What each request is answered with, by its message class.

Those that need the engines run in a transaction; those of `LOCAL` need the association alone.
Services that are not offered are answered with their own response and a diagnostic, so that a
client that asks anyway goes on with what there is.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Final

from catalogue.query import Query, UnsupportedSearch
from catalogue.searching import is_wide, search
from protocols.answering import Context, Lane, Services
from protocols.z3950 import messages as m
from protocols.z3950.association import Answer, Association, ResultSet
from protocols.z3950.diagnostics import Bib1, Refused, diagnostic
from protocols.z3950.initialization import initialize
from protocols.z3950.retrieval import Page, PresentStatus, choose_form, take_page
from protocols.z3950.rpn import query_of, refusal_in

log = logging.getLogger(__name__)

#: resultSetStatus of a failed search: there is no result set (3.2.2.1.11).
NO_RESULT_SET: Final = 3

#: More records than this are not made ready while other requests wait.
FEW_RECORDS: Final = 50

#: deleteFunction, and values of DeleteSetStatus (3.2.4.1).
DELETE_LIST: Final = 0
DELETE_ALL: Final = 1
SUCCESS: Final = 0
DID_NOT_EXIST: Final = 1
SYSTEM_PROBLEM: Final = 3
NOT_ALL_DELETED: Final = 9


# Search (3.2.2)


def query_of_search(request: m.SearchRequest, caller: Association) -> Query:
    """What is to be searched, when it may be: checks all that needs no database. Raises Refused."""
    known = {name.lower() for name in caller.settings.databases}
    for name in request.database_names or [""]:
        if name.lower() not in known:
            raise Refused(Bib1.DATABASE_UNAVAILABLE, name)
    kept = caller.result_sets
    if request.result_set_name in kept and not request.replace_indicator:
        raise Refused(Bib1.RESULT_SET_EXISTS, request.result_set_name)
    try:
        return query_of(request.query, kept)
    except Refused as refused:
        if refused.condition is Bib1.NO_SUCH_RESULT_SET:
            raise caller.without_result_set(refused.addinfo) from refused
        raise


def lane_of_search(request: m.SearchRequest, caller: Association) -> Lane:
    """Where the search runs: what may read much must not keep others waiting."""
    most = request.small_set_upper_bound
    if request.large_set_lower_bound > 1:
        most = max(most, request.medium_set_present_number)
    if most > FEW_RECORDS:
        return Lane.WIDE_READ
    try:
        return Lane.WIDE_READ if is_wide(query_of_search(request, caller)) else Lane.READ
    except (Refused, UnsupportedSearch):
        return Lane.READ


def answer_search(request: m.SearchRequest, caller: Association, context: Context) -> Answer:
    """Finds records, keeps the set under its name, and sends some along if the set is small."""
    try:
        query = query_of_search(request, caller)
        try:
            records = search(context.transaction, query)
        except UnsupportedSearch as unsupported:
            raise refusal_in(request.query, unsupported) from unsupported
    except Refused as refused:
        return failed_search(request, caller, refused)
    found = ResultSet(records, request.database_names[0])
    count = len(records)
    response = m.SearchResponse(count, 0, 1 if count else 0, search_status=True)
    number, element_sets = _to_send_along(request, count)
    if number:
        page = _page(context, found, 1, number, request, element_sets, caller)
        response.number_of_records_returned = page.number
        response.next_result_set_position = page.following
        response.present_status = page.status
        response.records = page.records
    return Answer(response, {request.result_set_name: found})


def failed_search(request: m.SearchRequest, caller: Association, refused: Refused) -> Answer:
    """The answer with a diagnostic; a set to be replaced is gone even so (3.2.2.1.4)."""
    response = m.SearchResponse(
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


def _to_send_along(request: m.SearchRequest, count: int) -> tuple[int, m.ElementSetNames | None]:
    """How many records a response carries, by the bounds of the request (3.2.2.1.6)."""
    if count <= request.small_set_upper_bound:
        return count, request.small_set_element_set_names
    if count >= request.large_set_lower_bound:
        return 0, None
    number = min(count, max(request.medium_set_present_number, 0))
    return number, request.medium_set_element_set_names


def _page(
    context: Context,
    found: ResultSet,
    start: int,
    number: int,
    request: m.SearchRequest | m.PresentRequest,
    composition: m.ElementSetNames | m.CompSpec | None,
    caller: Association,
) -> Page:
    """The records asked for, or the diagnostic why there are none."""
    try:
        form = choose_form(request.preferred_record_syntax, composition, found.database)
    except Refused as refused:
        return Page(diagnostic(refused, caller.version), 0, start, PresentStatus.FAILURE)
    return take_page(context, found, start, number, form, caller)


# Present (3.2.3)


def answer_present(request: m.PresentRequest, caller: Association, context: Context) -> Answer:
    """Records of a result set kept before."""
    try:
        found = caller.result_sets.get(request.result_set_id)
        if found is None:
            raise caller.without_result_set(request.result_set_id)
        if request.additional_ranges:
            raise Refused(Bib1.ADDITIONAL_RANGES_UNSUPPORTED)
        start, number = request.result_set_start_point, request.number_of_records_requested
        if start < 1 or number < 0 or start + number - 1 > len(found.records):
            raise Refused(Bib1.PRESENT_OUT_OF_RANGE, f"{start}+{number}")
    except Refused as refused:
        return failed_present(caller, refused)
    page = _page(context, found, start, number, request, request.record_composition, caller)
    return Answer(m.PresentResponse(page.number, page.following, page.status, page.records))


def lane_of_present(request: m.PresentRequest, caller: Association) -> Lane:
    return Lane.READ if request.number_of_records_requested <= FEW_RECORDS else Lane.WIDE_READ


def failed_present(caller: Association, refused: Refused) -> Answer:
    return Answer(
        m.PresentResponse(0, 0, PresentStatus.FAILURE, diagnostic(refused, caller.version))
    )


# Without the engines


def delete_result_sets(request: m.DeleteResultSetRequest, caller: Association) -> Answer:
    """Forgets some result sets, or all of them (3.2.4)."""
    if request.delete_function == DELETE_ALL:
        return Answer(m.DeleteResultSetResponse(SUCCESS), dict.fromkeys(caller.result_sets))
    if request.delete_function != DELETE_LIST:
        return Answer(m.DeleteResultSetResponse(SYSTEM_PROBLEM))
    names = request.result_set_list or []
    statuses = [
        m.ListStatus(name, SUCCESS if name in caller.result_sets else DID_NOT_EXIST)
        for name in names
    ]
    is_done = all(each.status == SUCCESS for each in statuses)
    response = m.DeleteResultSetResponse(SUCCESS if is_done else NOT_ALL_DELETED, statuses or None)
    return Answer(response, dict.fromkeys(names))


def refuse_scan(request: m.ScanRequest, caller: Association) -> Answer:
    refused = diagnostic(Refused(Bib1.TERM_LIST_UNSUPPORTED), caller.version)
    entries = m.ListEntries(nonsurrogate_diagnostics=[refused])
    return Answer(m.ScanResponse(scan_status=6, number_of_entries_returned=0, entries=entries))


def refuse_sort(request: m.SortRequest, caller: Association) -> Answer:
    """Failure; the sets are as they were (resultSetStatus unchanged)."""
    refused = diagnostic(Refused(Bib1.CANNOT_SORT_SO), caller.version)
    return Answer(m.SortResponse(sort_status=2, result_set_status=3, diagnostics=[refused]))


def refuse_extended_service(request: m.ExtendedServicesRequest, caller: Association) -> Answer:
    refused = Refused(Bib1.SERVICE_TYPE_UNSUPPORTED, request.package_type)
    diagnostics: list[m.DiagRec] = [diagnostic(refused, caller.version)]
    return Answer(m.ExtendedServicesResponse(operation_status=3, diagnostics=diagnostics))


def refuse_resource_report(request: m.ResourceReportRequest, caller: Association) -> Answer:
    """Failure-5: no reports can be had (3.2.6.4)."""
    return Answer(m.ResourceReportResponse(resource_report_status=6))


def refuse_duplicate_detection(request: m.DuplicateDetectionRequest, caller: Association) -> Answer:
    refused = Refused(Bib1.SERVICE_UNSUPPORTED_FOR_DATABASE, "duplicate detection")
    diagnostics: list[m.DiagRec] = [diagnostic(refused, caller.version)]
    return Answer(m.DuplicateDetectionResponse(status=1, diagnostics=diagnostics))


# All of them

LaneChoice = Callable[[Any, Association], Lane]
Handler = Callable[[Any, Association, Context], Answer]

#: Requests that need the engines, and where each runs.
HANDLERS: Final[dict[type[m.Apdu], tuple[Handler, LaneChoice]]] = {
    m.SearchRequest: (answer_search, lane_of_search),
    m.PresentRequest: (answer_present, lane_of_present),
}

#: Requests that the association alone can answer.
LOCAL: Final[dict[type[m.Apdu], Callable[[Any, Association], Answer]]] = {
    m.InitializeRequest: initialize,
    m.DeleteResultSetRequest: delete_result_sets,
    m.ScanRequest: refuse_scan,
    m.SortRequest: refuse_sort,
    m.ExtendedServicesRequest: refuse_extended_service,
    m.ResourceReportRequest: refuse_resource_report,
    m.DuplicateDetectionRequest: refuse_duplicate_detection,
}


def answer(
    services: Services, caller: Association, request: m.Apdu, reply: Callable[[Answer], None]
) -> None:
    """Answers a request: calls `reply` once, at once or later, whatever happens."""

    def done(answered: Answer | None, error: BaseException | None) -> None:
        if answered is None:
            log.error("%s failed", type(request).__name__, exc_info=error)
            answered = failed(request, caller)
        reply(answered)

    local = LOCAL.get(type(request))
    try:
        if local is None:
            handler, choose_lane = HANDLERS[type(request)]
            lane = choose_lane(request, caller)
        else:
            answered = local(request, caller)
    except Exception as error:
        done(None, error)
        return
    if local is None:
        services.perform(lane, lambda context: handler(request, caller, context), done)
    else:
        done(answered, None)


def failed(request: m.Apdu, caller: Association) -> Answer:
    """The answer to a request whose handler broke."""
    refused = Refused(Bib1.TEMPORARY_SYSTEM_ERROR)
    if isinstance(request, m.SearchRequest):
        return failed_search(request, caller, refused)
    if isinstance(request, m.PresentRequest):
        return failed_present(caller, refused)
    return Answer(m.Close(m.CloseReason.SYSTEM_PROBLEM), closing=True)
