"""Places of pickup: words of partners, ISILs, addresses of version 1."""

from __future__ import annotations

from dataclasses import replace

import pytest

from protocols.ncip.codec import encode
from protocols.ncip.messages import Code
from protocols.ncip.models.addresses import (
    PhysicalAddress,
    ShippingInformation,
    StructuredAddress,
)
from protocols.ncip.models.requests import (
    AddRequestFields,
    DeleteRequestFields,
    LookupRequest,
    RequestItem,
    UpdateRequestItem,
)
from protocols.ncip.settings import NcipSettings
from protocols.ncip.wire.dialects import VERSIONS, Dialect
from tests.builders.circulation import a_patron, an_item
from tests.protocols.ncip.asking import BY_TITLE, HEADER, HOLD, item, named, user
from tests.protocols.ncip.stage import PARTNER, Stage, problem_types, text_of

WITH_WORDS = replace(PARTNER, pickup=("hb=DK-900101", "kl = DK-900102"))
V1_01 = Dialect((1, 1), VERSIONS[1, 1])
NEWEST = Dialect()


def address(locality: str) -> ShippingInformation:
    """As Danish callers name a place of pickup."""
    return ShippingInformation(
        physical_address=PhysicalAddress(
            StructuredAddress(line1="-", locality=locality),
            physical_address_type=Code("Postal Address"),
        )
    )


@pytest.fixture
def placed(stage: Stage) -> RequestItem:
    """A request of a partner with words of its own, not sent yet."""
    stage.use(NcipSettings(partners=(WITH_WORDS,)))
    return RequestItem(
        HEADER,
        user_id=user(a_patron(stage.library)),
        item_id=(item(an_item(stage.library)),),
        request_id=named("R 17"),
        request_type=HOLD,
        request_scope_type=BY_TITLE,
    )


def ask(stage: Stage, request: object, dialect: Dialect = NEWEST) -> list[str]:
    question = encode(request, dialect)
    stage.schemas.check(question, "1.0" if dialect is V1_01 else None)
    return list(problem_types(stage.schemas.check(stage.answer(question))))


def place(stage: Stage) -> str | None:
    answer = stage.schemas.check(
        stage.answer(encode(LookupRequest(HEADER, request_id=named("R 17"))))
    )
    return text_of(answer[0], "PickupLocation")


@pytest.mark.parametrize(
    ("said", "told"),
    [("KL", "kl"), ("DK-900102", "kl"), ("dk-900102 ", "kl"), ("hb", "hb")],
)
def test_a_place_by_a_word_or_an_isil(
    stage: Stage, placed: RequestItem, said: str, told: str
) -> None:
    assert ask(stage, replace(placed, pickup_location=Code(said))) == []
    assert place(stage) == told


def test_a_place_that_is_none(stage: Stage, placed: RequestItem) -> None:
    assert ask(stage, replace(placed, pickup_location=Code("xx"))) == ["Unknown Agency"]


def test_version_1_names_it_in_an_address(stage: Stage, placed: RequestItem) -> None:
    assert ask(stage, replace(placed, shipping_information=address("kl")), V1_01) == []
    assert place(stage) == "kl"
    moved = UpdateRequestItem(
        HEADER,
        request_id=named("R 17"),
        delete_request_fields=DeleteRequestFields(shipping_information=address("kl")),
        add_request_fields=AddRequestFields(shipping_information=address("hb")),
    )
    assert ask(stage, moved, V1_01) == []
    assert place(stage) == "hb"
    look_up = encode(LookupRequest(HEADER, request_id=named("R 17")), V1_01)
    answer = stage.schemas.check(stage.answer(look_up))[0]
    path = "ShippingInformation/PhysicalAddress/StructuredAddress/"
    assert answer.findtext(path + "Line1") == "Hovedbiblioteket"
    assert answer.findtext(path + "Locality") == "hb"
    assert answer.find("PickupLocation") is None


def test_an_address_to_send_to_is_no_place_of_pickup(stage: Stage, placed: RequestItem) -> None:
    assert ask(stage, replace(placed, shipping_information=address("Egå"))) == []
    assert place(stage) == "hb"


def test_without_words_it_is_an_isil(stage: Stage, placed: RequestItem) -> None:
    stage.use(NcipSettings(partners=(PARTNER,)))
    assert ask(stage, replace(placed, pickup_location=Code("DK-900102"))) == []
    assert place(stage) == "DK-900102"
