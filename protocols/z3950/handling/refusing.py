"""Services that are not offered: each is refused by its own response, with a diagnostic.

A client that asks for one anyway can go on with the others.
"""

from __future__ import annotations

from protocols.z3950.association import Answer, Association
from protocols.z3950.diagnostics import Bib1, Refused, diagnostic
from protocols.z3950.messages.association import ResourceReportRequest, ResourceReportResponse
from protocols.z3950.messages.building_blocks import DiagRec
from protocols.z3950.messages.result_sets import (
    DuplicateDetectionRequest,
    DuplicateDetectionResponse,
)


def refuse_resource_report(request: ResourceReportRequest, caller: Association) -> Answer:
    """Failure-5: there are no reports (3.2.6.4)."""
    return Answer(ResourceReportResponse(resource_report_status=6))


def refuse_duplicate_detection(request: DuplicateDetectionRequest, caller: Association) -> Answer:
    refused = Refused(Bib1.SERVICE_UNSUPPORTED_FOR_DATABASE, "duplicate detection")
    diagnostics: list[DiagRec] = [diagnostic(refused, caller.version)]
    return Answer(DuplicateDetectionResponse(status=1, diagnostics=diagnostics))
