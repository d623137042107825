"""LookupAgency."""

from __future__ import annotations

import pytest

from protocols.ncip.partners.presets import PRESETS
from protocols.ncip.settings import NcipSettings, Partner
from tests.builders.circulation import a_patron, an_item
from tests.protocols.ncip.furnishing import service
from tests.protocols.ncip.stage import (
    N,
    Stage,
    elements,
    item,
    problem_types,
    text_of,
    user,
)


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


def test_vufind_finds_places_and_barcodes_where_it_looks_for_them(stage: Stage) -> None:
    """Its driver reads places of pickup, with their numbers, in Ext, and sends a number back; and
    of items it shows the barcodes of type Barcode alone."""
    preset = PRESETS["vufind"]
    partner = Partner("DK-710100", "DK-900101", serves=("DK-900100",), **preset)
    stage.use(NcipSettings(partners=(partner,)))
    library = stage.library
    answer = stage.ask(look_up("DK-900100", "Agency Address Information"))
    places = {
        text_of(each, "LocationNameValue"): text_of(each, "LocationNameLevel")
        for each in answer.iterfind(f"{N}Ext/{N}LocationName/{N}LocationNameInstance")
    }
    assert places[library.other.name] == str(library.other.id)
    card, barcode = a_patron(library), an_item(library, call_number="86-04")
    found = stage.ask(service("LookupItem", item(barcode)))
    assert text_of(found, "ItemId/ItemIdentifierType") == "Barcode"
    requested = stage.ask(
        service(
            "RequestItem",
            user(card),
            item(barcode),
            "<RequestType>Hold</RequestType><RequestScopeType>Item</RequestScopeType>",
            f"<PickupLocation>{places[library.other.name]}</PickupLocation>",
        )
    )
    assert not problem_types(requested)
    assert text_of(requested, "ItemId/ItemIdentifierType") == "Barcode"
    account = stage.ask(service("LookupUser", user(card), "<RequestedItemsDesired/>"))
    assert text_of(account, "RequestedItem/PickupLocation") == library.other.name
    assert text_of(account, "RequestedItem/ItemId/ItemIdentifierType") == "Barcode"


def test_others_are_told_as_before(stage: Stage) -> None:
    answer = stage.ask(look_up("DK-900100", "Agency Address Information"))
    assert answer.find(f"{N}Ext") is None
    found = stage.ask(service("LookupItem", item(an_item(stage.library))))
    assert text_of(found, "ItemId/ItemIdentifierType") == "Item Barcode"
