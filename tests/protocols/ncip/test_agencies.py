"""LookupAgency."""

from __future__ import annotations

import pytest

from tests.protocols.ncip.furnishing import service
from tests.protocols.ncip.stage import N, Stage, elements, problem_types, text_of


def look_up(isil: str, *wanted: str) -> str:
    return service(
        "LookupAgency", elements("AgencyId", isil), elements("AgencyElementType", *wanted)
    )


def test_a_library_with_its_places_of_pickup(stage: Stage) -> None:
    answer = stage.ask(
        look_up("dk-900100", "Organization Name Information", "Agency Address Information")
    )
    name = "OrganizationNameInformation/OrganizationName"
    assert text_of(answer, name) == "Prøvekommunens Biblioteker"
    places = [each.text for each in answer.iter(f"{N}UnstructuredAddressData")]
    assert places == ["Havnefilialen\nDK-900102", "Hovedbiblioteket\nDK-900101"]
    assert answer.find(f"{N}AuthenticationPrompt") is None


def test_a_branch_and_how_its_users_prove_who_they_are(stage: Stage) -> None:
    answer = stage.ask(look_up("DK-900102", "Authentication Prompt"))
    types = [each.text for each in answer.iter(f"{N}AuthenticationInputType")]
    assert types == ["Barcode Id", "PIN"]
    assert len(list(answer.iter(f"{N}SensitiveDataFlag"))) == 1
    assert answer.find(f"{N}OrganizationNameInformation") is None


def test_all_of_it_where_nothing_is_named(stage: Stage) -> None:
    answer = stage.ask(service("LookupAgency", elements("AgencyId", "DK-900102")))
    assert text_of(answer, "OrganizationNameInformation/OrganizationName") == "Havnefilialen"


@pytest.mark.parametrize(
    ("isil", "problem"), [("DK-1", "Unknown Agency"), ("", "Needed Data Missing")]
)
def test_no_library(stage: Stage, isil: str, problem: str) -> None:
    assert problem_types(stage.ask(look_up(isil, "Consortium Agreement"))) == [problem]
