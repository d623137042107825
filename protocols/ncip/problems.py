"""Why not, in the words of NCIP: the 57 problem types, and which one says what circulation said.

A service may use the general and messaging types and those of its own list (Z39.83-1-2012,
5.3 to 5.5; the lists are the processing error schemes).
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from circulation.reasons import Reason
from circulation.results import Refusal as EngineRefusal
from protocols.ncip.messages import Code, Problem, Refusal, Request


class ProblemType(Enum):
    """Every problem type of NCIP; the value is what stands in ProblemType."""

    # Messaging
    INVALID_MESSAGE_SYNTAX = "Invalid Message Syntax Error"
    PROTOCOL_ERROR = "Protocol Error"
    UNKNOWN_ELEMENT = "Unknown Element"
    UNKNOWN_SCHEME = "Unknown Scheme"
    UNKNOWN_VALUE_FROM_KNOWN_SCHEME = "Unknown Value From Known Scheme"
    # General
    AGENCY_AUTHENTICATION_FAILED = "Agency Authentication Failed"
    INVALID_AMOUNT = "Invalid Amount"
    INVALID_DATE = "Invalid Date"
    NEEDED_DATA_MISSING = "Needed Data Missing"
    SYSTEM_AUTHENTICATION_FAILED = "System Authentication Failed"
    TEMPORARY_PROCESSING_FAILURE = "Temporary Processing Failure"
    UNAUTHORIZED_COMBINATION_FOR_AGENCY = "Unauthorized Combination Of Element Values For Agency"
    UNAUTHORIZED_COMBINATION_FOR_SYSTEM = "Unauthorized Combination Of Element Values For System"
    UNAUTHORIZED_SERVICE_FOR_AGENCY = "Unauthorized Service For Agency"
    UNAUTHORIZED_SERVICE_FOR_SYSTEM = "Unauthorized Service For System"
    UNKNOWN_AGENCY = "Unknown Agency"
    UNKNOWN_SYSTEM = "Unknown System"
    UNSUPPORTED_SERVICE = "Unsupported Service"
    # Of some services
    ACCOUNT_ACCESS_DENIED = "Account Access Denied"
    AGENCY_ACCESS_DENIED = "Agency Access Denied"
    CANNOT_ACCEPT_ITEM = "Cannot Accept Item"
    CANNOT_GUARANTEE_RESTRICTIONS = "Cannot Guarantee Restrictions On Use"
    DUPLICATE_AGENCY = "Duplicate Agency"
    DUPLICATE_FISCAL_TRANSACTION = "Duplicate Fiscal Transaction"
    DUPLICATE_ITEM = "Duplicate Item"
    DUPLICATE_REQUEST = "Duplicate Request"
    DUPLICATE_USER = "Duplicate User"
    ELEMENT_RULE_VIOLATED = "Element Rule Violated"
    ITEM_ACCESS_DENIED = "Item Access Denied"
    ITEM_CANNOT_BE_RECALLED = "Item Cannot Be Recalled"
    ITEM_DOES_NOT_CIRCULATE = "Item Does Not Circulate"
    ITEM_NOT_AVAILABLE_IN_TIME = "Item Not Available By Need Before Date"
    ITEM_NOT_CHECKED_OUT = "Item Not Checked Out"
    ITEM_NOT_CHECKED_OUT_TO_THIS_USER = "Item Not Checked Out To This User"
    ITEM_NOT_RENEWABLE = "Item Not Renewable"
    MAXIMUM_CHECK_OUTS_EXCEEDED = "Maximum Check Outs Exceeded"
    MAXIMUM_RENEWALS_EXCEEDED = "Maximum Renewals Exceeded"
    NON_UNIQUE_ITEM = "Non-Unique Item"
    NON_UNIQUE_REQUEST = "Non-Unique Request"
    NON_UNIQUE_USER = "Non-Unique User"
    RECALL_CANNOT_BE_CANCELLED = "Recall Cannot Be Cancelled At This Time"
    RENEWAL_NOT_ALLOWED = "Renewal Not Allowed - Item Has Outstanding Requests"
    REQUEST_ALREADY_PROCESSED = "Request Already Processed"
    RESOURCE_CANNOT_BE_PROVIDED = "Resource Cannot Be Provided"
    UNABLE_TO_ADD_ELEMENT = "Unable To Add Element"
    UNABLE_TO_DELETE_ELEMENT = "Unable To Delete Element"
    UNKNOWN_ITEM = "Unknown Item"
    UNKNOWN_REQUEST = "Unknown Request"
    UNKNOWN_USER = "Unknown User"
    UNSUPPORTED_NOTICE = "Unsupported Notice"
    UNSUPPORTED_SHIPPING_ADDRESS = "Unsupported Shipping Address Type"
    USER_ACCESS_DENIED = "User Access Denied"
    USER_AUTHENTICATION_FAILED = "User Authentication Failed"
    USER_BLOCKED = "User Blocked"
    USER_INELIGIBLE_TO_CHECK_OUT = "User Ineligible To Check Out This Item"
    USER_INELIGIBLE_TO_RENEW = "User Ineligible To Renew This Item"
    USER_INELIGIBLE_TO_REQUEST = "User Ineligible To Request This Item"


P = ProblemType

# A reason that a service's verb never gives still has an entry: the nearest type the service may
# use, so that a new check in circulation cannot put the wrong word on the wire.

_LENDING: dict[Reason, ProblemType] = {
    Reason.PATRON_UNKNOWN: P.UNKNOWN_USER,
    Reason.PIN_MISSING: P.USER_AUTHENTICATION_FAILED,
    Reason.PIN_WRONG: P.USER_AUTHENTICATION_FAILED,
    Reason.PIN_LOCKED: P.USER_AUTHENTICATION_FAILED,
    Reason.CARD_REPORTED_LOST: P.USER_BLOCKED,
    Reason.CARD_NOT_VALID: P.USER_BLOCKED,
    Reason.PATRON_EXPIRED: P.USER_BLOCKED,
    Reason.PATRON_BLOCKED: P.USER_BLOCKED,
    Reason.ITEM_UNKNOWN: P.UNKNOWN_ITEM,
    Reason.BRANCH_UNKNOWN: P.UNKNOWN_AGENCY,
}

#: What no service of NCIP asks for: bookings, deposits, themes.
_BOOKINGS = (
    Reason.BOOKING_UNKNOWN,
    Reason.NOT_BOOKABLE,
    Reason.NOT_ENOUGH_COPIES,
    Reason.BOOKING_DATES_WRONG,
    Reason.BOOKING_TOO_LONG,
    Reason.BOOKING_UNDER_WAY,
    Reason.NOT_FOR_BOOKING,
    Reason.STAYS_ELSEWHERE,
    Reason.PLACEMENT_UNKNOWN,
)

#: What only payments and agreeing to fees are refused for.
_MONEY = (
    Reason.FEE_NOT_ACKNOWLEDGED,
    Reason.CHARGE_UNKNOWN,
    Reason.NOTHING_OWED,
    Reason.CHARGE_SETTLED,
    Reason.AMOUNT_WRONG,
    Reason.PAYMENT_TOO_LARGE,
    Reason.PARTIAL_PAYMENT,
    Reason.CURRENCY_NOT_OWED,
    Reason.ORDER_ID_TAKEN,
)

PROBLEMS: dict[str, dict[Reason, ProblemType]] = {
    "CheckOutItem": {
        **_LENDING,
        Reason.ITEM_NOT_LOANABLE: P.ITEM_DOES_NOT_CIRCULATE,
        Reason.ON_SITE_ONLY: P.ITEM_DOES_NOT_CIRCULATE,
        Reason.NO_LOAN_POLICY: P.USER_INELIGIBLE_TO_CHECK_OUT,
        Reason.ON_LOAN_TO_ANOTHER: P.RESOURCE_CANNOT_BE_PROVIDED,
        Reason.ALREADY_ON_LOAN_TO_PATRON: P.RESOURCE_CANNOT_BE_PROVIDED,
        Reason.TOO_MANY_LOANS: P.MAXIMUM_CHECK_OUTS_EXCEEDED,
        Reason.TOO_MANY_LOANS_IN_GROUP: P.MAXIMUM_CHECK_OUTS_EXCEEDED,
        Reason.LOAN_SUSPENDED: P.RESOURCE_CANNOT_BE_PROVIDED,
        Reason.ITEM_CLAIMED_RETURNED: P.RESOURCE_CANNOT_BE_PROVIDED,
        Reason.ITEM_LOST: P.RESOURCE_CANNOT_BE_PROVIDED,
        Reason.NOTHING_TO_CANCEL: P.RESOURCE_CANNOT_BE_PROVIDED,
        Reason.ITEM_NOT_ON_LOAN: P.RESOURCE_CANNOT_BE_PROVIDED,
        Reason.NOT_ON_LOAN_TO_PATRON: P.RESOURCE_CANNOT_BE_PROVIDED,
        Reason.MAX_RENEWALS_REACHED: P.RESOURCE_CANNOT_BE_PROVIDED,
        Reason.RENEWAL_WINDOW_NOT_OPEN: P.RESOURCE_CANNOT_BE_PROVIDED,
        Reason.ITEM_NOT_AT_HAND: P.RESOURCE_CANNOT_BE_PROVIDED,
        Reason.LOAN_RECALLED: P.RESOURCE_CANNOT_BE_PROVIDED,
        Reason.NOT_RECALLABLE: P.RESOURCE_CANNOT_BE_PROVIDED,
        Reason.BOOKED: P.RESOURCE_CANNOT_BE_PROVIDED,
        Reason.ON_DISPLAY: P.ITEM_DOES_NOT_CIRCULATE,
        **dict.fromkeys(_BOOKINGS, P.RESOURCE_CANNOT_BE_PROVIDED),
        **dict.fromkeys(_MONEY, P.USER_INELIGIBLE_TO_CHECK_OUT),
        Reason.OVERDUE_NOT_RENEWABLE: P.RESOURCE_CANNOT_BE_PROVIDED,
        Reason.ON_HOLD_FOR_ANOTHER: P.RESOURCE_CANNOT_BE_PROVIDED,
        Reason.WANTED_BY_ANOTHER: P.RESOURCE_CANNOT_BE_PROVIDED,
        Reason.RECORD_UNKNOWN: P.UNKNOWN_ITEM,
        Reason.NOT_HOLDABLE: P.RESOURCE_CANNOT_BE_PROVIDED,
        Reason.ALREADY_ON_HOLD: P.RESOURCE_CANNOT_BE_PROVIDED,
        Reason.TOO_MANY_HOLDS: P.RESOURCE_CANNOT_BE_PROVIDED,
        Reason.HOLD_UNKNOWN: P.RESOURCE_CANNOT_BE_PROVIDED,
        Reason.HOLD_DATES_WRONG: P.RESOURCE_CANNOT_BE_PROVIDED,
        Reason.NOT_WANTED: P.RESOURCE_CANNOT_BE_PROVIDED,
        Reason.BEING_FETCHED: P.RESOURCE_CANNOT_BE_PROVIDED,
    },
    "RenewItem": {
        **_LENDING,
        Reason.ITEM_NOT_LOANABLE: P.ITEM_NOT_RENEWABLE,
        Reason.ON_SITE_ONLY: P.ITEM_NOT_RENEWABLE,
        Reason.NO_LOAN_POLICY: P.USER_INELIGIBLE_TO_RENEW,
        Reason.ON_LOAN_TO_ANOTHER: P.USER_INELIGIBLE_TO_RENEW,
        Reason.ALREADY_ON_LOAN_TO_PATRON: P.ITEM_NOT_RENEWABLE,
        Reason.TOO_MANY_LOANS: P.USER_INELIGIBLE_TO_RENEW,
        Reason.TOO_MANY_LOANS_IN_GROUP: P.USER_INELIGIBLE_TO_RENEW,
        Reason.LOAN_SUSPENDED: P.ITEM_NOT_RENEWABLE,
        Reason.ITEM_CLAIMED_RETURNED: P.ITEM_NOT_RENEWABLE,
        Reason.ITEM_LOST: P.ITEM_NOT_RENEWABLE,
        Reason.NOTHING_TO_CANCEL: P.ITEM_NOT_RENEWABLE,
        Reason.ITEM_NOT_ON_LOAN: P.ITEM_NOT_CHECKED_OUT,
        Reason.NOT_ON_LOAN_TO_PATRON: P.USER_INELIGIBLE_TO_RENEW,
        Reason.MAX_RENEWALS_REACHED: P.MAXIMUM_RENEWALS_EXCEEDED,
        Reason.RENEWAL_WINDOW_NOT_OPEN: P.ITEM_NOT_RENEWABLE,
        Reason.ITEM_NOT_AT_HAND: P.ITEM_NOT_RENEWABLE,
        Reason.LOAN_RECALLED: P.RENEWAL_NOT_ALLOWED,
        Reason.NOT_RECALLABLE: P.ITEM_NOT_RENEWABLE,
        Reason.BOOKED: P.RENEWAL_NOT_ALLOWED,
        Reason.ON_DISPLAY: P.ITEM_NOT_RENEWABLE,
        **dict.fromkeys(_BOOKINGS, P.ITEM_NOT_RENEWABLE),
        **dict.fromkeys(_MONEY, P.USER_INELIGIBLE_TO_RENEW),
        Reason.OVERDUE_NOT_RENEWABLE: P.ITEM_NOT_RENEWABLE,
        Reason.ON_HOLD_FOR_ANOTHER: P.RENEWAL_NOT_ALLOWED,
        Reason.WANTED_BY_ANOTHER: P.RENEWAL_NOT_ALLOWED,
        Reason.RECORD_UNKNOWN: P.UNKNOWN_ITEM,
        Reason.NOT_HOLDABLE: P.ITEM_NOT_RENEWABLE,
        Reason.ALREADY_ON_HOLD: P.ITEM_NOT_RENEWABLE,
        Reason.TOO_MANY_HOLDS: P.ITEM_NOT_RENEWABLE,
        Reason.HOLD_UNKNOWN: P.ITEM_NOT_RENEWABLE,
        Reason.HOLD_DATES_WRONG: P.ITEM_NOT_RENEWABLE,
        Reason.NOT_WANTED: P.ITEM_NOT_RENEWABLE,
        Reason.BEING_FETCHED: P.ITEM_NOT_RENEWABLE,
    },
    "CheckInItem": {
        reason: {
            Reason.ITEM_UNKNOWN: P.UNKNOWN_ITEM,
            Reason.ITEM_NOT_ON_LOAN: P.ITEM_NOT_CHECKED_OUT,
            Reason.NOT_ON_LOAN_TO_PATRON: P.ITEM_NOT_CHECKED_OUT,
            Reason.BRANCH_UNKNOWN: P.UNKNOWN_AGENCY,
        }.get(reason, P.UNAUTHORIZED_COMBINATION_FOR_AGENCY)
        for reason in Reason
    },
    "RequestItem": {
        reason: {
            **_LENDING,
            Reason.RECORD_UNKNOWN: P.UNKNOWN_ITEM,
            Reason.NOT_HOLDABLE: P.ITEM_DOES_NOT_CIRCULATE,
            Reason.ALREADY_ON_HOLD: P.DUPLICATE_REQUEST,
            Reason.HOLD_DATES_WRONG: P.ITEM_NOT_AVAILABLE_IN_TIME,
        }.get(reason, P.USER_INELIGIBLE_TO_REQUEST)
        for reason in Reason
    },
    "CancelRequestItem": {
        reason: {
            Reason.PATRON_UNKNOWN: P.UNKNOWN_USER,
            Reason.PIN_MISSING: P.USER_AUTHENTICATION_FAILED,
            Reason.PIN_WRONG: P.USER_AUTHENTICATION_FAILED,
            Reason.ITEM_UNKNOWN: P.UNKNOWN_ITEM,
            Reason.HOLD_UNKNOWN: P.UNKNOWN_REQUEST,
            Reason.BRANCH_UNKNOWN: P.UNKNOWN_AGENCY,
        }.get(reason, P.ELEMENT_RULE_VIOLATED)
        for reason in Reason
    },
    "LookupUser": {
        reason: {
            Reason.PATRON_UNKNOWN: P.UNKNOWN_USER,
            Reason.PIN_MISSING: P.USER_AUTHENTICATION_FAILED,
            Reason.PIN_WRONG: P.USER_AUTHENTICATION_FAILED,
            Reason.PIN_LOCKED: P.USER_AUTHENTICATION_FAILED,
            Reason.BRANCH_UNKNOWN: P.UNKNOWN_AGENCY,
        }.get(reason, P.USER_ACCESS_DENIED)
        for reason in Reason
    },
    "LookupItem": {
        reason: {
            Reason.ITEM_UNKNOWN: P.UNKNOWN_ITEM,
            Reason.BRANCH_UNKNOWN: P.UNKNOWN_AGENCY,
        }.get(reason, P.ITEM_ACCESS_DENIED)
        for reason in Reason
    },
}
"""By service, the problem type of every reason."""

#: The element at fault, where it is one the caller sent.
_ELEMENTS = {
    Reason.PATRON_UNKNOWN: "UserIdentifierValue",
    Reason.PIN_MISSING: "AuthenticationInputData",
    Reason.PIN_WRONG: "AuthenticationInputData",
    Reason.ITEM_UNKNOWN: "ItemIdentifierValue",
}


def problem(
    kind: ProblemType, detail: str = "", element: str = "", value: str | None = None
) -> Problem:
    """A Problem. `value` may be quoted from the request only where it cannot be a secret."""
    return Problem(Code(kind.value), detail or None, element or None, value or None)


def problems(
    service: str, refusals: Iterable[EngineRefusal], values: dict[str, str | None]
) -> tuple[Problem, ...]:
    """What circulation refused, the weightiest first, each type once.

    `values` gives what the caller sent in an element, for those that are no secret.
    """
    made: dict[ProblemType, Problem] = {}
    for refusal in refusals:
        kind = PROBLEMS[service][refusal.reason]
        if kind not in made:
            element = _ELEMENTS.get(refusal.reason, "")
            if element == "UserIdentifierValue" and element not in values:
                element = "AuthenticationInputData"  # the identifier was typed by the user
            made[kind] = problem(kind, refusal.reason.value, element, values.get(element))
    return tuple(made.values())


def refusal(request: Request, *found: Problem) -> Refusal:
    """The response that says why the request was not carried out."""
    return Refusal(type(request).__name__, found)
