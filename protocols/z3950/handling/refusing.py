"""Services that are not offered: each is refused by its own response, with a diagnostic.

A client that asks anyway goes on with what there is.
"""

from __future__ import annotations

from protocols.z3950 import messages as m
from protocols.z3950.association import Answer, Association
from protocols.z3950.diagnostics import Bib1, Refused, diagnostic


def refuse_resource_report(request: m.ResourceReportRequest, caller: Association) -> Answer:
    """Failure-5: no reports can be had (3.2.6.4)."""
    return Answer(m.ResourceReportResponse(resource_report_status=6))


def refuse_duplicate_detection(request: m.DuplicateDetectionRequest, caller: Association) -> Answer:
    refused = Refused(Bib1.SERVICE_UNSUPPORTED_FOR_DATABASE, "duplicate detection")
    diagnostics: list[m.DiagRec] = [diagnostic(refused, caller.version)]
    return Answer(m.DuplicateDetectionResponse(status=1, diagnostics=diagnostics))
