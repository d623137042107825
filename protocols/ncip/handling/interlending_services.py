"""Services that interlibrary loans extend, and those that they add."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from protocols.ncip.handling.borrowed_items import (
    cancelling,
    deleting,
    recalling,
    renewing,
    taking_back,
)
from protocols.ncip.handling.forwarding import cancelling_wishes, looking_up_wishes
from protocols.ncip.handling.interlending import Handler, accept_item
from protocols.ncip.handling.lending_out import lending, requesting
from protocols.ncip.handling.receipts import (
    circulation_status_updated,
    item_checked_in,
    item_checked_out,
    item_recalled,
    item_received,
    item_renewed,
    item_request_cancelled,
    item_requested,
    item_shipped,
)
from protocols.ncip.models.circulation import CheckInItem, CheckOutItem, RenewItem
from protocols.ncip.models.interlending import (
    AcceptItem,
    CirculationStatusUpdated,
    ItemCheckedIn,
    ItemCheckedOut,
    ItemRecalled,
    ItemReceived,
    ItemRenewed,
    ItemRequestCancelled,
    ItemRequested,
    ItemShipped,
)
from protocols.ncip.models.requests import CancelRequestItem, LookupRequest, RequestItem
from protocols.ncip.models.statuses import RecallItem
from protocols.ncip.models.stock import DeleteItem

#: By request, the function around its handler.
AROUND: dict[type[Any], Callable[..., Handler]] = {
    RequestItem: requesting,
    CheckOutItem: lending,
    CheckInItem: taking_back,
    RenewItem: renewing,
    CancelRequestItem: lambda inner: cancelling_wishes(cancelling(inner)),
    LookupRequest: looking_up_wishes,
    RecallItem: recalling,
    DeleteItem: deleting,
}

#: The requests that serve only interlibrary loans; all of them write.
INTERLENDING: dict[type[Any], Handler] = {
    AcceptItem: accept_item,
    ItemRequested: item_requested,
    ItemShipped: item_shipped,
    ItemReceived: item_received,
    ItemCheckedOut: item_checked_out,
    ItemCheckedIn: item_checked_in,
    ItemRenewed: item_renewed,
    ItemRequestCancelled: item_request_cancelled,
    ItemRecalled: item_recalled,
    CirculationStatusUpdated: circulation_status_updated,
}
