"""The function that carries out each request, and where it runs.

A handler is a plain function (request, caller, context) -> response, in one transaction. It returns
its response or the Problems of a refusal; `protocols.ncip.exchange` adds the header of the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from protocols.hosting.answering import Context, Lane
from protocols.ncip.handling.agencies import look_up_agency
from protocols.ncip.handling.circulating import check_in_item, check_out_item, renew_item
from protocols.ncip.handling.holdings import look_up_item_set
from protocols.ncip.handling.interlending_services import AROUND, INTERLENDING
from protocols.ncip.handling.lookups import authenticate_user, look_up_item, look_up_user
from protocols.ncip.handling.members import create_user, delete_user, update_user
from protocols.ncip.handling.payments import create_user_fiscal_transaction
from protocols.ncip.handling.reports import (
    cancel_recall_item,
    recall_item,
    report_circulation_status_change,
    undo_check_out_item,
    update_circulation_status,
)
from protocols.ncip.handling.request_changes import look_up_request, update_request_item
from protocols.ncip.handling.requesting import cancel_request_item, request_item
from protocols.ncip.handling.stock import create_item, delete_item, update_item
from protocols.ncip.handling.user_notices import send_user_notice
from protocols.ncip.messages import Response
from protocols.ncip.models.accounts import CreateUserFiscalTransaction
from protocols.ncip.models.agencies import LookupAgency
from protocols.ncip.models.circulation import CheckInItem, CheckOutItem, RenewItem
from protocols.ncip.models.item_sets import LookupItemSet
from protocols.ncip.models.lookups import LookupItem, LookupUser
from protocols.ncip.models.notices import SendUserNotice
from protocols.ncip.models.requests import (
    CancelRequestItem,
    LookupRequest,
    RequestItem,
    UpdateRequestItem,
)
from protocols.ncip.models.statuses import (
    CancelRecallItem,
    RecallItem,
    ReportCirculationStatusChange,
    UndoCheckOutItem,
    UpdateCirculationStatus,
)
from protocols.ncip.models.stock import CreateItem, DeleteItem, UpdateItem
from protocols.ncip.models.users import AuthenticateUser, CreateUser, DeleteUser, UpdateUser
from protocols.ncip.settings import Partner
from protocols.ncip.subjects.items import in_words_of

Handler = Callable[[Any, Partner, Context], Response]

HANDLERS: dict[type[Any], tuple[Handler, Lane]] = {
    # Each writes that its user was looked at: cheaper where it was read than afterwards.
    LookupUser: (look_up_user, Lane.SHORT_WRITE),
    LookupItem: (look_up_item, Lane.READ),
    CheckOutItem: (check_out_item, Lane.SHORT_WRITE),
    CheckInItem: (check_in_item, Lane.SHORT_WRITE),
    RenewItem: (renew_item, Lane.SHORT_WRITE),
    RequestItem: (request_item, Lane.WRITE),
    CancelRequestItem: (cancel_request_item, Lane.WRITE),
    LookupItemSet: (look_up_item_set, Lane.WIDE_READ),
    LookupRequest: (look_up_request, Lane.READ),
    LookupAgency: (look_up_agency, Lane.READ),
    AuthenticateUser: (authenticate_user, Lane.READ),
    UpdateRequestItem: (update_request_item, Lane.WRITE),
    UndoCheckOutItem: (undo_check_out_item, Lane.WRITE),
    RecallItem: (recall_item, Lane.WRITE),
    CancelRecallItem: (cancel_recall_item, Lane.WRITE),
    ReportCirculationStatusChange: (report_circulation_status_change, Lane.WRITE),
    UpdateCirculationStatus: (update_circulation_status, Lane.WRITE),
    CreateItem: (create_item, Lane.WRITE),
    UpdateItem: (update_item, Lane.WRITE),
    DeleteItem: (delete_item, Lane.WRITE),
    CreateUser: (create_user, Lane.WRITE),
    UpdateUser: (update_user, Lane.WRITE),
    DeleteUser: (delete_user, Lane.WRITE),
    CreateUserFiscalTransaction: (create_user_fiscal_transaction, Lane.WRITE),
    SendUserNotice: (send_user_notice, Lane.WRITE),
}

#: What interlibrary loans change in the services above, and add to them.
HANDLERS |= {
    kind: (AROUND[kind](handler), lane)
    for kind, (handler, lane) in HANDLERS.items()
    if kind in AROUND
}
HANDLERS |= {kind: (handler, Lane.WRITE) for kind, handler in INTERLENDING.items()}


def _worded(handler: Handler) -> Handler:
    """Makes answers name our items as the partner does."""

    @wraps(handler)
    def respond(request: Any, caller: Partner, context: Context) -> Response:
        answer: Response = in_words_of(caller, handler(request, caller, context))
        return answer

    return respond


HANDLERS |= {kind: (_worded(handler), lane) for kind, (handler, lane) in HANDLERS.items()}
