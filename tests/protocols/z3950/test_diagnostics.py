"""The engine's refusals as Bib-1 diagnostics."""

from __future__ import annotations

import pytest

from catalogue.query import Part, UnsupportedSearch
from protocols.z3950.diagnostics import (
    BIB_1,
    CONDITION_OF_PART,
    Bib1,
    Refused,
    diagnostic,
    refusal_of,
)
from protocols.z3950.messages.building_blocks import DefaultDiagFormat, V2Addinfo, V3Addinfo


@pytest.mark.parametrize("part", Part)
def test_every_part_of_a_search_has_its_diagnostic(part: Part) -> None:
    refused = refusal_of(UnsupportedSearch(part, "the value"))
    assert refused.condition is CONDITION_OF_PART[part]
    assert refused.addinfo == "the value"


def test_no_two_parts_share_a_diagnostic() -> None:
    assert len(set(CONDITION_OF_PART.values())) == len(Part)


def test_each_version_has_its_form() -> None:
    refused = Refused(Bib1.NO_SUCH_RESULT_SET, "bøger")
    assert diagnostic(refused, 3) == DefaultDiagFormat(BIB_1, 30, V3Addinfo("bøger"))
    assert diagnostic(refused, 2) == DefaultDiagFormat(BIB_1, 30, V2Addinfo("b?ger"))
