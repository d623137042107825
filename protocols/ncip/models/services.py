"""The services of NCIP (Z39.83-1-2012, 5.3 to 5.5), and those that we offer."""

from __future__ import annotations

from typing import Any

from protocols.ncip.models import interlending
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

#: The requests that we carry out, by service.
SERVICES: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        LookupUser,
        LookupItem,
        CheckOutItem,
        CheckInItem,
        RenewItem,
        RequestItem,
        CancelRequestItem,
        LookupItemSet,
        LookupRequest,
        LookupAgency,
        UpdateRequestItem,
        UndoCheckOutItem,
        RecallItem,
        CancelRecallItem,
        ReportCirculationStatusChange,
        UpdateCirculationStatus,
        CreateItem,
        UpdateItem,
        DeleteItem,
        CreateUser,
        UpdateUser,
        DeleteUser,
        CreateUserFiscalTransaction,
        SendUserNotice,
        AuthenticateUser,
    )
}

_LOOKUP = "LookupAgency LookupItem LookupItemSet LookupRequest LookupUser"
_UPDATE = """
    AcceptItem CancelRecallItem CancelRequestItem CheckInItem CheckOutItem CreateAgency CreateItem
    CreateUser CreateUserFiscalTransaction DeleteItem DeleteUser RecallItem RenewItem
    ReportCirculationStatusChange RequestItem SendUserNotice UndoCheckOutItem UpdateAgency
    UpdateCirculationStatus UpdateItem UpdateRequestItem UpdateUser"""
_NOTIFICATION = """
    AgencyCreated AgencyUpdated CirculationStatusChangeReported CirculationStatusUpdated
    ItemCheckedIn ItemCheckedOut ItemCreated ItemRecallCancelled ItemRecalled ItemReceived
    ItemRenewed ItemRequestCancelled ItemRequestUpdated ItemRequested ItemShipped ItemUpdated
    UserCreated UserFiscalTransactionCreated UserNoticeSent UserUpdated"""

#: All services of version 2.02 (Z39.83-1-2012, 5.3 to 5.5); each has a response of its name.
ALL_SERVICES = frozenset((_LOOKUP + _UPDATE + _NOTIFICATION).split())
SERVICES |= {name: kind for name, kind in vars(interlending).items() if name in ALL_SERVICES}

#: The services that report what has happened elsewhere (5.5): their responses have no content.
NOTIFICATIONS = frozenset(_NOTIFICATION.split())

#: The service that only version 1 has.
ONLY_VERSION_1 = frozenset({"AuthenticateUser"})
#: The service of version 2 that 1.01 has, but not 1.0.
LOOKUP_REQUEST_1 = "LookupRequest"
#: The first version of the services that some versions lack.
FIRST_VERSION: dict[str, tuple[int, int]] = {
    "DeleteItem": (2, 0),
    "DeleteUser": (2, 0),
    "LookupRequest": (2, 0),
    "LookupItemSet": (2, 2),
}
