"""LookupItemSet: many items of many titles, by pages (Z39.83-1-2012, 5.3.6)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from protocols.ncip.messages import Code, InitiationHeader, ItemId, Problem, ResponseHeader
from protocols.ncip.models.elements import element
from protocols.ncip.models.items import (
    BibliographicDescription,
    BibliographicId,
    ItemOptionalFields,
    Location,
)
from protocols.ncip.models.lookups import CurrentBorrower, CurrentRequester
from protocols.ncip.models.rows import (
    CODE,
    COUNT,
    FLAG,
    HEADER,
    MANY,
    MOMENT,
    OPTIONAL,
    RESPONSE_HEADER,
    SOME,
    TEXT,
    Row,
)


@element
class LookupItemSet:
    initiation_header: InitiationHeader | None = None
    bibliographic_id: tuple[BibliographicId, ...] = ()
    holdings_set_id: tuple[str, ...] = ()
    item_id: tuple[ItemId, ...] = ()
    item_element_type: tuple[Code, ...] = ()
    current_borrower_desired: bool = False
    current_requesters_desired: bool = False
    maximum_items_count: int | None = None
    next_item_token: str | None = None


@element
class ItemInformation:
    item_id: ItemId | None = None
    current_borrower: CurrentBorrower | None = None
    date_due: datetime | None = None
    date_recalled: datetime | None = None
    hold_pickup_date: datetime | None = None
    item_optional_fields: ItemOptionalFields | None = None
    problem: tuple[Problem, ...] = ()


@element
class HoldingsSet:
    """The items of one title at one branch."""

    holdings_set_id: str | None = None
    location: Location | None = None
    call_number: str | None = None
    item_information: tuple[ItemInformation, ...] = ()


@element
class BibInformation:
    bibliographic_id: BibliographicId | None = None
    bibliographic_description: BibliographicDescription | None = None
    title_hold_queue_length: int | None = None
    current_requester: tuple[CurrentRequester, ...] = ()
    holdings_set: tuple[HoldingsSet, ...] = ()
    problem: tuple[Problem, ...] = ()


@element
class LookupItemSetResponse:
    response_header: ResponseHeader | None = None
    bib_information: tuple[BibInformation, ...] = ()
    next_item_token: str | None = None


LAYOUTS: dict[type[Any], tuple[Row, ...]] = {
    LookupItemSet: (
        HEADER,
        Row("bibliographic_id", BibliographicId, SOME, choice="items"),
        Row("holdings_set_id", TEXT, SOME, choice="items"),
        Row("item_id", ItemId, SOME, choice="items"),
        Row("item_element_type", CODE, MANY),
        Row("current_borrower_desired", FLAG, OPTIONAL),
        Row("current_requesters_desired", FLAG, OPTIONAL),
        Row("maximum_items_count", COUNT, OPTIONAL),
        Row("next_item_token", TEXT, OPTIONAL),
    ),
    ItemInformation: (
        Row("item_id", ItemId, OPTIONAL),
        Row("current_borrower", CurrentBorrower, OPTIONAL, choice="outcome"),
        Row("date_due", MOMENT, OPTIONAL, choice="outcome"),
        Row("date_recalled", MOMENT, OPTIONAL, choice="outcome"),
        Row("hold_pickup_date", MOMENT, OPTIONAL, choice="outcome"),
        Row("item_optional_fields", ItemOptionalFields, OPTIONAL, choice="outcome"),
        Row("problem", Problem, SOME, choice="outcome"),
    ),
    HoldingsSet: (
        Row("holdings_set_id", TEXT, OPTIONAL),
        Row("location", Location, OPTIONAL, choice="outcome"),
        Row("call_number", TEXT, OPTIONAL, choice="outcome"),
        Row("item_information", ItemInformation, SOME, choice="outcome"),
    ),
    BibInformation: (
        Row("bibliographic_id", BibliographicId, OPTIONAL),
        Row("bibliographic_description", BibliographicDescription, OPTIONAL, choice="outcome"),
        Row("title_hold_queue_length", COUNT, OPTIONAL, choice="outcome"),
        Row("current_requester", CurrentRequester, MANY, choice="outcome"),
        Row("holdings_set", HoldingsSet, SOME, choice="outcome"),
        Row("problem", Problem, SOME, choice="outcome"),
    ),
    LookupItemSetResponse: (
        RESPONSE_HEADER,
        Row("bib_information", BibInformation, SOME, choice="outcome"),
        Row("next_item_token", TEXT, OPTIONAL, choice="outcome"),
    ),
}
