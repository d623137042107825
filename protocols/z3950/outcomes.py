"""How a request ended, for the metrics: a refused one has diagnostics or says so."""

from __future__ import annotations

from protocols.hosting.traces import OK, REFUSED
from protocols.z3950.association import Answer
from protocols.z3950.handling.scanning import ScanStatus
from protocols.z3950.messages.association import Close, InitializeResponse
from protocols.z3950.messages.building_blocks import DefaultDiagFormat
from protocols.z3950.messages.extended_services import ExtendedServicesResponse
from protocols.z3950.messages.result_sets import DeleteResultSetResponse, SortResponse
from protocols.z3950.messages.retrieval import MultipleNonSurDiagnostics, PresentResponse
from protocols.z3950.messages.scanning import ScanResponse
from protocols.z3950.messages.searching import SearchResponse

# Tuples: a union would be made anew for each answer.
_DIAGNOSTICS = (DefaultDiagFormat, MultipleNonSurDiagnostics)
_WITH_RECORDS = (SearchResponse, PresentResponse)


def outcome_of(answer: Answer) -> str:
    """The outcome of an answer; surrogate diagnostics, in place of single records, do not count."""
    response = answer.response
    if isinstance(response, _WITH_RECORDS):
        is_refused = isinstance(response.records, _DIAGNOSTICS)
    elif isinstance(response, InitializeResponse):
        is_refused = not response.result
    elif isinstance(response, ScanResponse):
        is_refused = response.scan_status == ScanStatus.FAILURE
    elif isinstance(response, SortResponse | ExtendedServicesResponse):
        is_refused = bool(response.diagnostics)
    elif isinstance(response, DeleteResultSetResponse):
        is_refused = response.delete_operation_status != 0
    else:
        is_refused = isinstance(response, Close)
    return REFUSED if is_refused else OK
