"""The answer to each request, by its message class. Handlers that need the engines run in a
transaction; those of `LOCAL` need only the association.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Final

from protocols.hosting.answering import Context, Lane, Services
from protocols.hosting.failures import Failure
from protocols.hosting.traces import mark_failed
from protocols.z3950.association import Answer, Association
from protocols.z3950.diagnostics import Bib1, Refused
from protocols.z3950.extended.extended_services import failed_service, prepare_service
from protocols.z3950.handling.deleting import delete_result_sets
from protocols.z3950.handling.initialization import initialize, lane_of_initialize
from protocols.z3950.handling.presenting import answer_present, failed_present, lane_of_present
from protocols.z3950.handling.refusing import (
    refuse_duplicate_detection,
    refuse_resource_report,
)
from protocols.z3950.handling.scanning import failed_scan, prepare_scan
from protocols.z3950.handling.searching import failed_search, prepare_search
from protocols.z3950.handling.sorting import answer_sort, failed_sort, lane_of_sort
from protocols.z3950.messages.apdus import Apdu
from protocols.z3950.messages.association import (
    Close,
    CloseReason,
    InitializeRequest,
    ResourceReportRequest,
)
from protocols.z3950.messages.extended_services import ExtendedServicesRequest
from protocols.z3950.messages.result_sets import (
    DeleteResultSetRequest,
    DuplicateDetectionRequest,
    SortRequest,
)
from protocols.z3950.messages.retrieval import PresentRequest
from protocols.z3950.messages.scanning import ScanRequest
from protocols.z3950.messages.searching import SearchRequest

log = logging.getLogger(__name__)


Work = Callable[[Context], Answer]

#: Looks at a request and says where it runs, and what answers it there.
Prepare = Callable[[Any, Association], tuple[Lane, Work]]


def _in_lane(
    handler: Callable[[Any, Association, Context], Answer],
    choose_lane: Callable[[Any, Association], Lane],
) -> Prepare:
    return lambda request, caller: (
        choose_lane(request, caller),
        lambda context: handler(request, caller, context),
    )


#: Requests that need the engines.
HANDLERS: Final[dict[type[Apdu], Prepare]] = {
    InitializeRequest: _in_lane(initialize, lane_of_initialize),
    SearchRequest: prepare_search,
    PresentRequest: _in_lane(answer_present, lane_of_present),
    ScanRequest: prepare_scan,
    SortRequest: _in_lane(answer_sort, lane_of_sort),
    ExtendedServicesRequest: prepare_service,
}

#: Requests that the association can answer alone.
LOCAL: Final[dict[type[Apdu], Callable[[Any, Association], Answer]]] = {
    DeleteResultSetRequest: delete_result_sets,
    ResourceReportRequest: refuse_resource_report,
    DuplicateDetectionRequest: refuse_duplicate_detection,
}


def answer(
    services: Services, caller: Association, request: Apdu, reply: Callable[[Answer], None]
) -> None:
    """Answers a request: calls `reply` once, at once or later, whatever happens."""

    def done(answered: Answer | None, error: BaseException | None) -> None:
        if answered is None:
            assert error is not None
            failure = services.open_requests.failure_of(error, repr(request))
            if failure.is_logged:
                log.error("%s failed", type(request).__name__, exc_info=error)
            answered = FAILED[failure](request, caller)
        if isinstance(request, InitializeRequest) and caller.entrance is not None:
            is_in = answered.account is not None
            caller.entrance.tried(request, is_in=is_in, is_refused=answered.is_refused)
        reply(answered)

    local = LOCAL.get(type(request))
    try:
        if local is None:
            lane, work = HANDLERS[type(request)](request, caller)
        else:
            answered = local(request, caller)
    except Exception as error:
        mark_failed()
        done(None, error)
        return
    if local is None:
        services.perform(lane, work, done, may_lag=True)
    else:
        done(answered, None)


def failed(request: Apdu, caller: Association) -> Answer:
    """The answer to a request whose handler failed."""
    refused = Refused(Bib1.TEMPORARY_SYSTEM_ERROR)
    if isinstance(request, SearchRequest):
        return failed_search(request, caller, refused)
    if isinstance(request, PresentRequest):
        return failed_present(caller, refused)
    if isinstance(request, ScanRequest):
        return failed_scan(caller, refused)
    if isinstance(request, SortRequest):
        return failed_sort(caller, refused)
    if isinstance(request, ExtendedServicesRequest):
        return failed_service(caller, refused)
    return Answer(Close(CloseReason.SYSTEM_PROBLEM), closing=True)


def hung_up(request: Apdu, caller: Association) -> Answer:
    """The end of the association: the request may have been carried out, and gets no answer."""
    return Answer(Close(CloseReason.SYSTEM_PROBLEM), closing=True)


#: The answer to a request whose work failed. The origin sends an insertion again, and then gets the
#: answer that was kept with the work (`extended.once`).
FAILED: Final[dict[Failure, Callable[[Apdu, Association], Answer]]] = {
    Failure.PASSING: failed,
    Failure.UNKNOWN: hung_up,
    Failure.FAULT: failed,
}
