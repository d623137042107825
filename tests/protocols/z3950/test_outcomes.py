"""Which answers count as refusals."""

from __future__ import annotations

import pytest

from protocols.hosting.traces import OK, REFUSED
from protocols.z3950.association import Answer
from protocols.z3950.messages.apdus import Apdu
from protocols.z3950.messages.association import Close, CloseReason, InitializeResponse
from protocols.z3950.messages.building_blocks import DefaultDiagFormat
from protocols.z3950.messages.result_sets import DeleteResultSetResponse, SortResponse
from protocols.z3950.messages.retrieval import MultipleNonSurDiagnostics, PresentResponse
from protocols.z3950.messages.scanning import ScanResponse
from protocols.z3950.messages.searching import SearchResponse
from protocols.z3950.outcomes import outcome_of

DIAGNOSTIC = DefaultDiagFormat("1.2.840.10003.4.1", 114, "")


@pytest.mark.parametrize(
    ("response", "outcome"),
    [
        (SearchResponse(3, 0, 1, True), OK),
        (SearchResponse(0, 0, 0, False, records=DIAGNOSTIC), REFUSED),
        (PresentResponse(0, 0, 5, DIAGNOSTIC), REFUSED),
        (PresentResponse(0, 0, 0, MultipleNonSurDiagnostics([DIAGNOSTIC])), REFUSED),
        (InitializeResponse(7, 0, 1000, 1000, True), OK),
        (InitializeResponse(7, 0, 1000, 1000, False), REFUSED),
        (ScanResponse(0, 2), OK),
        (ScanResponse(6, 0), REFUSED),
        (SortResponse(0), OK),
        (SortResponse(2, diagnostics=[DIAGNOSTIC]), REFUSED),
        (DeleteResultSetResponse(0), OK),
        (DeleteResultSetResponse(1), REFUSED),
        (Close(CloseReason.SYSTEM_PROBLEM), REFUSED),
    ],
)
def test_diagnostics_in_the_place_of_an_answer_decide(response: Apdu, outcome: str) -> None:
    assert outcome_of(Answer(response)) == outcome
