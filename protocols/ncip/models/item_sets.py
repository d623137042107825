"""LookupItemSet: many items of many titles, in pages (Z39.83-1-2012, 5.3.6)."""

from datetime import datetime
from typing import Annotated

from protocols.ncip.messages import (
    Code,
    InitiationMessage,
    ItemId,
    Problem,
    ResponseMessage,
)
from protocols.ncip.models.elements import element
from protocols.ncip.models.items import (
    BibliographicDescription,
    BibliographicId,
    ItemOptionalFields,
    Location,
)
from protocols.ncip.models.lookups import CurrentBorrower, CurrentRequester
from protocols.ncip.models.marks import Choice


@element
class LookupItemSet(InitiationMessage):
    bibliographic_id: Annotated[tuple[BibliographicId, ...], Choice("items")] = ()
    holdings_set_id: Annotated[tuple[str, ...], Choice("items")] = ()
    item_id: Annotated[tuple[ItemId, ...], Choice("items")] = ()
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
    problem: Annotated[tuple[Problem, ...], Choice("outcome")] = ()


@element
class HoldingsSet:
    """The items of one title at one branch."""

    holdings_set_id: str | None = None
    location: Location | None = None
    call_number: str | None = None
    item_information: Annotated[tuple[ItemInformation, ...], Choice("outcome")] = ()


@element
class BibInformation:
    bibliographic_id: BibliographicId | None = None
    bibliographic_description: BibliographicDescription | None = None
    title_hold_queue_length: int | None = None
    current_requester: tuple[CurrentRequester, ...] = ()
    holdings_set: Annotated[tuple[HoldingsSet, ...], Choice("outcome")] = ()
    problem: Annotated[tuple[Problem, ...], Choice("outcome")] = ()


@element
class LookupItemSetResponse(ResponseMessage):
    bib_information: Annotated[tuple[BibInformation, ...], Choice("outcome")] = ()
    next_item_token: str | None = None
