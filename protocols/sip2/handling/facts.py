"""What the templates of an account can show of patrons, holds and items."""

from __future__ import annotations

from datetime import tzinfo
from typing import Any

from circulation.kernel.results import HeldFor, Item, Patron, PatronStatus
from circulation.patrons.identifiers import COVER
from protocols.sip2.fields import Fields
from protocols.sip2.settings import Account
from protocols.sip2.terminals.templates import (
    HOLD_PLACES,
    ITEM_PLACES,
    PATRON_PLACES,
    fields_of,
    template,
)
from protocols.sip2.wire.text import given_back


def patron_shown(sent: str, patron: Patron | None, account: Account | None) -> str:
    """AA: the card that the patron goes by, whatever was sent, so that one person has one number.
    It is what was sent if the account wants that, the patron has not been let in, or has no card. A
    national number is never sent back.
    """
    card = card_shown(None if patron is None else patron.card)
    if account is not None and account.echo_patron_identifier:
        return given_back(sent) or card or ""
    return card or given_back(sent)


def card_shown(card: str | None) -> str | None:
    """A card as machines are told of it; None if it is a national number with its end masked."""
    return None if card is None or card.endswith(COVER) else card


_YES_NO = {True: "Y", False: "N"}


def patron_facts(status: PatronStatus) -> dict[str, Any]:
    patron = status.patron
    return {
        "name": patron.name,
        "given_name": status.given_name,
        "family_name": status.family_name,
        "identifier": patron_shown(patron.identifier, patron, None),
        "id": patron.id,
        "category": patron.category,
        "language": patron.language,
        "home_branch": status.home_branch.isil,
        "home_branch_name": status.home_branch.name,
        "agency": status.home_branch.agency_isil,
        "expires": status.expires,
        "expired": _YES_NO[status.is_expired],
        "birth_date": status.birth_date,
        "email": status.email,
        "phone": status.phone,
    }


def item_facts(item: Item) -> dict[str, Any]:
    return {
        "barcode": item.barcode,
        "title": item.title,
        "author": item.author,
        "call_number": item.call_number,
        "material_group": item.material_group,
        "department": item.department,
        "location": item.location,
        "sublocation": item.sublocation,
        "section": item.section,
        "home_branch": item.home_branch.isil,
        "home_branch_name": item.home_branch.name,
        "agency": item.home_branch.agency_isil,
        "record": item.record_id,
    }


def name_of(status: PatronStatus, account: Account | None) -> str:
    """AE."""
    if account is None or account.name_template == "{name}":
        return status.patron.name
    return template(account.name_template, PATRON_PLACES)(patron_facts(status))


def patron_fields(status: PatronStatus, account: Account | None) -> Fields:
    """The account's own fields of 24 and 64."""
    if account is None or not account.extra_patron_fields:
        return ()
    return fields_of(account.extra_patron_fields, PATRON_PLACES, patron_facts(status))


def item_fields(item: Item, account: Account | None) -> Fields:
    """The account's own fields of 10 and 18."""
    if account is None or not account.extra_item_fields:
        return ()
    return fields_of(account.extra_item_fields, ITEM_PLACES, item_facts(item))


def hold_patron(held_for: HeldFor, card: str | None, account: Account, zone: tzinfo) -> str:
    """DA."""
    deadline = held_for.deadline
    facts = {
        "name": held_for.patron_name,
        "card": card,
        "number": held_for.number,
        "pickup_branch": held_for.pickup_branch.isil,
        "pickup_branch_name": held_for.pickup_branch.name,
        "deadline": deadline.astimezone(zone).date() if deadline else None,
    }
    return template(account.hold_patron_template, HOLD_PLACES)(facts)


def stands_in(item: Item, account: Account | None) -> str:
    """AQ: the home branch, or the place in it that the account wants."""
    level = "branch" if account is None else account.permanent_location
    place: str = "" if level == "branch" else getattr(item, level)
    return place or item.home_branch.isil
