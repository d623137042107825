"""Which function carries out a request, and where it runs.

A handler is a plain function (request, caller, context) -> response, in one transaction. It
answers with its response or with the Problems of a refusal; the header of the answer is put on
by `protocols.ncip.exchange`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from protocols.answering import Context, Lane
from protocols.ncip.circulating import check_in_item, check_out_item, renew_item
from protocols.ncip.lookups import look_up_item, look_up_user
from protocols.ncip.messages import (
    CancelRequestItem,
    CheckInItem,
    CheckOutItem,
    LookupItem,
    LookupUser,
    RenewItem,
    RequestItem,
    Response,
)
from protocols.ncip.requesting import cancel_request_item, request_item
from protocols.ncip.settings import Partner

Handler = Callable[[Any, Partner, Context], Response]

HANDLERS: dict[type[Any], tuple[Handler, Lane]] = {
    LookupUser: (look_up_user, Lane.READ),
    LookupItem: (look_up_item, Lane.READ),
    CheckOutItem: (check_out_item, Lane.WRITE),
    CheckInItem: (check_in_item, Lane.WRITE),
    RenewItem: (renew_item, Lane.WRITE),
    RequestItem: (request_item, Lane.WRITE),
    CancelRequestItem: (cancel_request_item, Lane.WRITE),
}
