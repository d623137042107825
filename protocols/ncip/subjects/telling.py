"""What a request wants to be told besides: of the item and the user, as they are after the verb."""

from __future__ import annotations

from typing import Any

from circulation.items import availability
from circulation.patrons import accounts
from circulation.results import Refused
from protocols.answering import Context
from protocols.ncip.models.items import ItemOptionalFields
from protocols.ncip.models.users import UserOptionalFields
from protocols.ncip.settings import Partner
from protocols.ncip.subjects.items import item_optional_fields
from protocols.ncip.subjects.users import desired, user_optional_fields


def item_fields(request: Any, barcode: str, context: Context) -> ItemOptionalFields | None:
    """The ItemElementTypes of the request; None where it asks for none."""
    wanted = desired(request.item_element_type)
    if not wanted:
        return None
    status = availability.circulation_status(
        context.circulation, context.transaction, item=barcode, now=context.now
    )
    return item_optional_fields(context, status, wanted) if status else None


def user_fields(
    request: Any, identifier: str, caller: Partner, context: Context
) -> UserOptionalFields | None:
    """The UserElementTypes of the request; None where it asks for none."""
    wanted = desired(request.user_element_type)
    if not wanted:
        return None
    status = accounts.patron_status(
        context.circulation, context.transaction, patron=identifier, now=context.now
    )
    if isinstance(status, Refused):
        return None
    return user_optional_fields(context, status, wanted, caller)
