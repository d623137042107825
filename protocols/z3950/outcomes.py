"""How a request ended, for whoever counts them: one that is refused has diagnostics or says so."""

from __future__ import annotations

from protocols.hosting.traces import OK, REFUSED
from protocols.z3950 import messages as m
from protocols.z3950.association import Answer
from protocols.z3950.handling.scanning import ScanStatus

_DIAGNOSTICS = (m.DefaultDiagFormat, m.MultipleNonSurDiagnostics)


def outcome_of(answer: Answer) -> str:
    """Of an answer; surrogate diagnostics, in the place of single records, do not count."""
    response = answer.response
    if isinstance(response, m.SearchResponse | m.PresentResponse):
        is_refused = isinstance(response.records, _DIAGNOSTICS)
    elif isinstance(response, m.InitializeResponse):
        is_refused = not response.result
    elif isinstance(response, m.ScanResponse):
        is_refused = response.scan_status == ScanStatus.FAILURE
    elif isinstance(response, m.SortResponse | m.ExtendedServicesResponse):
        is_refused = bool(response.diagnostics)
    elif isinstance(response, m.DeleteResultSetResponse):
        is_refused = response.delete_operation_status != 0
    else:
        is_refused = isinstance(response, m.Close)
    return REFUSED if is_refused else OK
