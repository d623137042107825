"""The closed lists of ISO 18626, which a message may not go beyond, and its versions.

Open lists (reasons, conditions, identifiers, formats) are texts: whatever a peer writes is kept,
and what is not known is never refused.
"""

from __future__ import annotations

from enum import Enum
from typing import Final, TypeVar

#: The namespace of both versions.
NAMESPACE: Final = "http://illtransactions.org/2013/iso18626"


class Version(Enum):
    """What is spoken. The value is what stands in the attribute ``version``."""

    V1_2 = "1.2"
    V2021 = "2021-2"


class Action(Enum):
    """What a requester does or wants (requestingAgencyMessage)."""

    STATUS_REQUEST = "StatusRequest"
    RECEIVED = "Received"
    CANCEL = "Cancel"
    RENEW = "Renew"
    SHIPPED_RETURN = "ShippedReturn"
    SHIPPED_FORWARD = "ShippedForward"
    NOTIFICATION = "Notification"
    HOLD_RETURN = "HoldReturn"  # since 2021, as is LOST
    LOST = "Lost"


class ReasonForMessage(Enum):
    """Why a supplier writes (supplyingAgencyMessage)."""

    REQUEST_RESPONSE = "RequestResponse"
    STATUS_REQUEST_RESPONSE = "StatusRequestResponse"
    RENEW_RESPONSE = "RenewResponse"
    CANCEL_RESPONSE = "CancelResponse"
    STATUS_CHANGE = "StatusChange"
    NOTIFICATION = "Notification"


class Status(Enum):
    """How far the supplier is."""

    REQUEST_RECEIVED = "RequestReceived"
    EXPECT_TO_SUPPLY = "ExpectToSupply"
    WILL_SUPPLY = "WillSupply"
    LOANED = "Loaned"
    OVERDUE = "Overdue"
    RECALLED = "Recalled"
    RETRY_POSSIBLE = "RetryPossible"
    UNFILLED = "Unfilled"
    COPY_COMPLETED = "CopyCompleted"
    LOAN_COMPLETED = "LoanCompleted"
    COMPLETED_WITHOUT_RETURN = "CompletedWithoutReturn"
    CANCELLED = "Cancelled"
    HOLD_RETURN = "HoldReturn"  # since 2021, as is RELEASE_HOLD_RETURN
    RELEASE_HOLD_RETURN = "ReleaseHoldReturn"


class RequestType(Enum):
    """Is it a request of its own, another try, or a reminder of one that was not answered?"""

    NEW = "New"
    RETRY = "Retry"
    REMINDER = "Reminder"


class ServiceType(Enum):
    """What is wanted."""

    COPY = "Copy"
    LOAN = "Loan"
    COPY_OR_LOAN = "CopyOrLoan"


class ErrorType(Enum):
    """Why a message is not accepted (errorData)."""

    UNSUPPORTED_ACTION_TYPE = "UnsupportedActionType"
    UNSUPPORTED_REASON_FOR_MESSAGE_TYPE = "UnsupportedReasonForMessageType"
    UNRECOGNISED_DATA_ELEMENT = "UnrecognisedDataElement"
    UNRECOGNISED_DATA_VALUE = "UnrecognisedDataValue"
    BADLY_FORMED_MESSAGE = "BadlyFormedMessage"


#: What 1.2 has no word for.
ONLY_2021: Final = frozenset(
    {Action.HOLD_RETURN, Action.LOST, Status.HOLD_RETURN, Status.RELEASE_HOLD_RETURN}
)

Closed = TypeVar("Closed", bound=Enum)


def code_of(kind: type[Closed], text: str) -> Closed | None:
    """The code that a peer means, whatever its case; None where the list has no such code."""
    folded = text.strip().casefold()
    return next((each for each in kind if each.value.casefold() == folded), None)
