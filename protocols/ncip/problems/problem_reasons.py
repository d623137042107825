"""Circulation's reasons for a refusal, in the words of NCIP: a table for each service."""

from __future__ import annotations

from circulation.kernel.reasons import Reason
from protocols.ncip.models.services import NOTIFICATIONS
from protocols.ncip.problems.problem_types import ProblemType

P = ProblemType

# Even a reason that a service's verb never gives has an entry: the closest type that the service
# may use, so that a new check in circulation cannot put the wrong word on the wire.

_LENDING: dict[Reason, ProblemType] = {
    Reason.PATRON_UNKNOWN: P.UNKNOWN_USER,
    Reason.PIN_MISSING: P.USER_AUTHENTICATION_FAILED,
    Reason.PIN_WRONG: P.USER_AUTHENTICATION_FAILED,
    Reason.PIN_LOCKED: P.USER_AUTHENTICATION_FAILED,
    Reason.PATRON_NOT_SERVED: P.USER_BLOCKED,
    Reason.CARD_REPORTED_LOST: P.USER_BLOCKED,
    Reason.CARD_NOT_VALID: P.USER_BLOCKED,
    Reason.PATRON_EXPIRED: P.USER_BLOCKED,
    Reason.PATRON_BLOCKED: P.USER_BLOCKED,
    Reason.ITEM_UNKNOWN: P.UNKNOWN_ITEM,
    Reason.BRANCH_UNKNOWN: P.UNKNOWN_AGENCY,
}

#: Reasons about things that NCIP has no service for: bookings, deposits, themes.
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

#: Reasons that concern only payments and agreeing to fees.
_MONEY = (
    Reason.FEE_NOT_ACKNOWLEDGED,
    Reason.CHARGE_UNKNOWN,
    Reason.NOTHING_OWED,
    Reason.OWED_ELSEWHERE,
    Reason.CHARGE_SETTLED,
    Reason.AMOUNT_WRONG,
    Reason.AMOUNT_ABOVE_LIMIT,
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
        Reason.COPY_WANTED: P.RESOURCE_CANNOT_BE_PROVIDED,
        Reason.COPY_KEPT_FOR_HOLD: P.RESOURCE_CANNOT_BE_PROVIDED,
        Reason.RECORD_UNKNOWN: P.UNKNOWN_ITEM,
        Reason.NOT_HOLDABLE: P.RESOURCE_CANNOT_BE_PROVIDED,
        Reason.ALREADY_ON_HOLD: P.RESOURCE_CANNOT_BE_PROVIDED,
        Reason.TOO_MANY_HOLDS: P.RESOURCE_CANNOT_BE_PROVIDED,
        Reason.HOLD_UNKNOWN: P.RESOURCE_CANNOT_BE_PROVIDED,
        Reason.HOLD_DATES_WRONG: P.RESOURCE_CANNOT_BE_PROVIDED,
        Reason.NOT_WANTED: P.RESOURCE_CANNOT_BE_PROVIDED,
        Reason.BEING_FETCHED: P.RESOURCE_CANNOT_BE_PROVIDED,
        Reason.DATE_TOO_OLD: P.RESOURCE_CANNOT_BE_PROVIDED,
        Reason.DATE_IN_FUTURE: P.RESOURCE_CANNOT_BE_PROVIDED,
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
        Reason.COPY_WANTED: P.RENEWAL_NOT_ALLOWED,
        Reason.COPY_KEPT_FOR_HOLD: P.RENEWAL_NOT_ALLOWED,
        Reason.RECORD_UNKNOWN: P.UNKNOWN_ITEM,
        Reason.NOT_HOLDABLE: P.ITEM_NOT_RENEWABLE,
        Reason.ALREADY_ON_HOLD: P.ITEM_NOT_RENEWABLE,
        Reason.TOO_MANY_HOLDS: P.ITEM_NOT_RENEWABLE,
        Reason.HOLD_UNKNOWN: P.ITEM_NOT_RENEWABLE,
        Reason.HOLD_DATES_WRONG: P.ITEM_NOT_RENEWABLE,
        Reason.NOT_WANTED: P.ITEM_NOT_RENEWABLE,
        Reason.BEING_FETCHED: P.ITEM_NOT_RENEWABLE,
        Reason.DATE_TOO_OLD: P.ITEM_NOT_RENEWABLE,
        Reason.DATE_IN_FUTURE: P.ITEM_NOT_RENEWABLE,
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

_USER = {
    Reason.PATRON_UNKNOWN: P.UNKNOWN_USER,
    Reason.PIN_MISSING: P.USER_AUTHENTICATION_FAILED,
    Reason.PIN_WRONG: P.USER_AUTHENTICATION_FAILED,
    Reason.PIN_LOCKED: P.USER_AUTHENTICATION_FAILED,
    Reason.BRANCH_UNKNOWN: P.UNKNOWN_AGENCY,
}
_ITEM = {
    Reason.ITEM_UNKNOWN: P.UNKNOWN_ITEM,
    Reason.RECORD_UNKNOWN: P.UNKNOWN_ITEM,
    Reason.BRANCH_UNKNOWN: P.UNKNOWN_AGENCY,
}
_NOT_ON_LOAN = {Reason.ITEM_NOT_ON_LOAN: P.ITEM_NOT_CHECKED_OUT}

#: For the other services: the types of some reasons, and the one for all others.
_OTHERS: dict[str, tuple[dict[Reason, ProblemType], ProblemType]] = {
    "LookupItemSet": (_ITEM, P.ITEM_ACCESS_DENIED),
    "LookupRequest": ({Reason.BRANCH_UNKNOWN: P.UNKNOWN_AGENCY}, P.UNKNOWN_REQUEST),
    "LookupAgency": ({Reason.BRANCH_UNKNOWN: P.UNKNOWN_AGENCY}, P.AGENCY_ACCESS_DENIED),
    "AuthenticateUser": (_USER, P.USER_ACCESS_DENIED),
    "UpdateRequestItem": (
        _USER
        | _ITEM
        | {Reason.HOLD_UNKNOWN: P.UNKNOWN_REQUEST, Reason.HOLD_DATES_WRONG: P.INVALID_DATE},
        P.UNABLE_TO_ADD_ELEMENT,
    ),
    "UndoCheckOutItem": (_USER | _ITEM, P.UNAUTHORIZED_COMBINATION_FOR_AGENCY),
    "RecallItem": (_ITEM | _NOT_ON_LOAN, P.ITEM_CANNOT_BE_RECALLED),
    "CancelRecallItem": (_ITEM | _NOT_ON_LOAN, P.RECALL_CANNOT_BE_CANCELLED),
    "ReportCirculationStatusChange": (
        _USER
        | _ITEM
        | {
            Reason.NOT_ON_LOAN_TO_PATRON: P.ITEM_NOT_CHECKED_OUT_TO_THIS_USER,
            Reason.ITEM_NOT_ON_LOAN: P.ITEM_NOT_CHECKED_OUT_TO_THIS_USER,
        },
        P.ELEMENT_RULE_VIOLATED,
    ),
    "UpdateCirculationStatus": (_ITEM, P.ELEMENT_RULE_VIOLATED),
    "CreateItem": ({Reason.BRANCH_UNKNOWN: P.UNKNOWN_AGENCY}, P.ELEMENT_RULE_VIOLATED),
    "UpdateItem": (_ITEM, P.UNABLE_TO_ADD_ELEMENT),
    "DeleteItem": (_ITEM, P.ITEM_ACCESS_DENIED),
    "CreateUser": (
        {reason: kind for reason, kind in _USER.items() if kind is not P.UNKNOWN_USER},
        P.ELEMENT_RULE_VIOLATED,
    ),
    "UpdateUser": (_USER, P.USER_ACCESS_DENIED),
    "DeleteUser": (_USER, P.USER_ACCESS_DENIED),
    "CreateUserFiscalTransaction": (
        _USER
        | _ITEM
        | {
            Reason.AMOUNT_WRONG: P.INVALID_AMOUNT,
            Reason.AMOUNT_ABOVE_LIMIT: P.INVALID_AMOUNT,
            Reason.PAYMENT_TOO_LARGE: P.INVALID_AMOUNT,
            Reason.PARTIAL_PAYMENT: P.INVALID_AMOUNT,
            Reason.NOTHING_OWED: P.INVALID_AMOUNT,
            Reason.OWED_ELSEWHERE: P.INVALID_AMOUNT,
            Reason.CURRENCY_NOT_OWED: P.INVALID_AMOUNT,
            Reason.CHARGE_SETTLED: P.DUPLICATE_FISCAL_TRANSACTION,
            Reason.ORDER_ID_TAKEN: P.DUPLICATE_FISCAL_TRANSACTION,
            Reason.CHARGE_UNKNOWN: P.UNABLE_TO_ADD_ELEMENT,
        },
        P.ACCOUNT_ACCESS_DENIED,
    ),
    "AcceptItem": (
        {
            Reason.PATRON_UNKNOWN: P.UNKNOWN_USER,
            Reason.ITEM_UNKNOWN: P.UNKNOWN_ITEM,
            Reason.RECORD_UNKNOWN: P.UNKNOWN_ITEM,
            Reason.BRANCH_UNKNOWN: P.UNKNOWN_AGENCY,
            Reason.CARD_REPORTED_LOST: P.USER_INELIGIBLE_TO_CHECK_OUT,
            Reason.CARD_NOT_VALID: P.USER_INELIGIBLE_TO_CHECK_OUT,
            Reason.PATRON_EXPIRED: P.USER_INELIGIBLE_TO_CHECK_OUT,
            Reason.PATRON_BLOCKED: P.USER_INELIGIBLE_TO_CHECK_OUT,
            Reason.TOO_MANY_LOANS: P.USER_INELIGIBLE_TO_CHECK_OUT,
            Reason.TOO_MANY_HOLDS: P.USER_INELIGIBLE_TO_CHECK_OUT,
        },
        P.CANNOT_ACCEPT_ITEM,
    ),
    "SendUserNotice": (
        _ITEM
        | _NOT_ON_LOAN
        | {
            Reason.PATRON_UNKNOWN: P.UNKNOWN_USER,
            Reason.NOT_ON_LOAN_TO_PATRON: P.ITEM_NOT_CHECKED_OUT,
        },
        P.ELEMENT_RULE_VIOLATED,
    ),
}

#: Notifications have no list of their own: failures are reported in general types.
_OF_A_NOTIFICATION: tuple[dict[Reason, ProblemType], ProblemType] = (
    {
        Reason.PATRON_UNKNOWN: P.UNKNOWN_VALUE_FROM_KNOWN_SCHEME,
        Reason.ITEM_UNKNOWN: P.UNKNOWN_VALUE_FROM_KNOWN_SCHEME,
        Reason.RECORD_UNKNOWN: P.UNKNOWN_VALUE_FROM_KNOWN_SCHEME,
        Reason.HOLD_UNKNOWN: P.UNKNOWN_VALUE_FROM_KNOWN_SCHEME,
        Reason.CHARGE_UNKNOWN: P.UNKNOWN_VALUE_FROM_KNOWN_SCHEME,
        Reason.HOLD_DATES_WRONG: P.INVALID_DATE,
        Reason.AMOUNT_WRONG: P.INVALID_AMOUNT,
        Reason.AMOUNT_ABOVE_LIMIT: P.INVALID_AMOUNT,
        Reason.BRANCH_UNKNOWN: P.UNKNOWN_AGENCY,
    },
    P.UNAUTHORIZED_COMBINATION_FOR_AGENCY,
)
_OTHERS |= dict.fromkeys(NOTIFICATIONS, _OF_A_NOTIFICATION)

PROBLEMS |= {
    service: {reason: known.get(reason, otherwise) for reason in Reason}
    for service, (known, otherwise) in _OTHERS.items()
}
