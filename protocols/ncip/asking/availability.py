"""Whether a responder has a title in: LookupItemSet by its ISBN, and the status of each copy."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from pydantic import ValidationError

from circulation.callers.partners import USUAL_PROTOCOL
from circulation.interlending.ranking import Availability
from protocols.hosting.availability import Catalogue, Title, of_copies
from protocols.ncip.asking.client import NcipClient
from protocols.ncip.asking.telling_partners import client_of
from protocols.ncip.messages import Code, Refusal
from protocols.ncip.models.item_sets import LookupItemSet, LookupItemSetResponse
from protocols.ncip.models.items import BibliographicId, BibliographicItemId
from protocols.ncip.partners.agreements import AGREEMENTS
from protocols.ncip.settings import Partner

_STATUS: Final = Code("Circulation Status")
_IN: Final = frozenset({"available on shelf", "available for pickup"})
#: Items that are looked at.
_MOST: Final = 100


def ask(catalogue: Catalogue, title: Title) -> Availability:
    """Raises NcipUnreachable. A partner of this protocol is asked as it was agreed with it."""
    if not title.number:
        return Availability.UNKNOWN
    number = BibliographicItemId(title.number, Code("ISBN"))
    with _client(catalogue) as client:
        answer = client.ask(
            LookupItemSet(
                bibliographic_id=(BibliographicId(bibliographic_item_id=number),),
                item_element_type=(_STATUS,),
                maximum_items_count=_MOST,
            )
        )
    if isinstance(answer, Refusal) or not isinstance(answer, LookupItemSetResponse):
        return Availability.UNKNOWN
    if all(each.problem for each in answer.bib_information):
        return Availability.NOT_HELD
    return of_copies(
        [
            said.circulation_status.value.casefold() in _IN
            for bib in answer.bib_information
            for holdings in bib.holdings_set
            for item in holdings.item_information
            for said in (item.item_optional_fields,)
            if said is not None and said.circulation_status is not None
        ]
    )


def _client(catalogue: Catalogue) -> NcipClient:
    agreed = _agreed(catalogue)
    if agreed is None:
        return NcipClient(
            catalogue.address,
            timeout=catalogue.seconds,
            agency=catalogue.branch.agency_isil,
            to_agency=catalogue.partner.agency,
        )
    there = replace(agreed, address=catalogue.address)
    return client_of(there, catalogue.branch.agency_isil, timeout=catalogue.seconds)


def _agreed(catalogue: Catalogue) -> Partner | None:
    """What was agreed with the partner, where this protocol is spoken with it."""
    if catalogue.partner.protocol != USUAL_PROTOCOL:
        return None
    try:
        return AGREEMENTS.partner_of(catalogue.partner, catalogue.branch)
    except ValidationError:
        return None
