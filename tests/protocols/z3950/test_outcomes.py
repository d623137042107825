"""Which answers count as refusals."""

from __future__ import annotations

import pytest

from protocols.hosting.traces import OK, REFUSED
from protocols.z3950 import messages as m
from protocols.z3950.association import Answer
from protocols.z3950.outcomes import outcome_of

DIAGNOSTIC = m.DefaultDiagFormat("1.2.840.10003.4.1", 114, "")


@pytest.mark.parametrize(
    ("response", "outcome"),
    [
        (m.SearchResponse(3, 0, 1, True), OK),
        (m.SearchResponse(0, 0, 0, False, records=DIAGNOSTIC), REFUSED),
        (m.PresentResponse(0, 0, 5, DIAGNOSTIC), REFUSED),
        (m.PresentResponse(0, 0, 0, m.MultipleNonSurDiagnostics([DIAGNOSTIC])), REFUSED),
        (m.InitializeResponse(7, 0, 1000, 1000, True), OK),
        (m.InitializeResponse(7, 0, 1000, 1000, False), REFUSED),
        (m.ScanResponse(0, 2), OK),
        (m.ScanResponse(6, 0), REFUSED),
        (m.SortResponse(0), OK),
        (m.SortResponse(2, diagnostics=[DIAGNOSTIC]), REFUSED),
        (m.DeleteResultSetResponse(0), OK),
        (m.DeleteResultSetResponse(1), REFUSED),
        (m.Close(m.CloseReason.SYSTEM_PROBLEM), REFUSED),
    ],
)
def test_diagnostics_in_the_place_of_an_answer_decide(response: m.Apdu, outcome: str) -> None:
    assert outcome_of(Answer(response)) == outcome
