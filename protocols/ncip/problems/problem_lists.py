"""The problem types that each service may use: the processing error schemes of Z39.83-1-2012. Every
service may also use the messaging and the general types.
"""

from __future__ import annotations

from protocols.ncip.problems.problem_types import ProblemType

P = ProblemType

MESSAGING = frozenset(
    {
        P.INVALID_MESSAGE_SYNTAX,
        P.PROTOCOL_ERROR,
        P.UNKNOWN_ELEMENT,
        P.UNKNOWN_SCHEME,
        P.UNKNOWN_VALUE_FROM_KNOWN_SCHEME,
    }
)
GENERAL = frozenset(
    {
        P.AGENCY_AUTHENTICATION_FAILED,
        P.INVALID_AMOUNT,
        P.INVALID_DATE,
        P.NEEDED_DATA_MISSING,
        P.SYSTEM_AUTHENTICATION_FAILED,
        P.TEMPORARY_PROCESSING_FAILURE,
        P.UNAUTHORIZED_COMBINATION_FOR_AGENCY,
        P.UNAUTHORIZED_COMBINATION_FOR_SYSTEM,
        P.UNAUTHORIZED_SERVICE_FOR_AGENCY,
        P.UNAUTHORIZED_SERVICE_FOR_SYSTEM,
        P.UNKNOWN_AGENCY,
        P.UNKNOWN_SYSTEM,
        P.UNSUPPORTED_SERVICE,
    }
)

#: The types that a service has besides those.
OF_SERVICE: dict[str, frozenset[ProblemType]] = {
    "AcceptItem": frozenset(
        {
            P.CANNOT_ACCEPT_ITEM,
            P.CANNOT_GUARANTEE_RESTRICTIONS,
            P.ELEMENT_RULE_VIOLATED,
            P.UNKNOWN_ITEM,
            P.UNKNOWN_REQUEST,
            P.UNKNOWN_USER,
            P.USER_INELIGIBLE_TO_CHECK_OUT,
        }
    ),
    "CancelRecallItem": frozenset(
        {
            P.ITEM_NOT_CHECKED_OUT,
            P.RECALL_CANNOT_BE_CANCELLED,
            P.UNKNOWN_ITEM,
        }
    ),
    "CancelRequestItem": frozenset(
        {
            P.ELEMENT_RULE_VIOLATED,
            P.REQUEST_ALREADY_PROCESSED,
            P.UNKNOWN_ITEM,
            P.UNKNOWN_REQUEST,
            P.UNKNOWN_USER,
            P.USER_AUTHENTICATION_FAILED,
        }
    ),
    "CheckInItem": frozenset(
        {
            P.ITEM_NOT_CHECKED_OUT,
            P.UNKNOWN_ITEM,
        }
    ),
    "CheckOutItem": frozenset(
        {
            P.ITEM_DOES_NOT_CIRCULATE,
            P.MAXIMUM_CHECK_OUTS_EXCEEDED,
            P.RESOURCE_CANNOT_BE_PROVIDED,
            P.UNKNOWN_ITEM,
            P.UNKNOWN_REQUEST,
            P.UNKNOWN_USER,
            P.UNSUPPORTED_SHIPPING_ADDRESS,
            P.USER_AUTHENTICATION_FAILED,
            P.USER_BLOCKED,
            P.USER_INELIGIBLE_TO_CHECK_OUT,
        }
    ),
    "CreateAgency": frozenset(
        {
            P.DUPLICATE_AGENCY,
            P.ELEMENT_RULE_VIOLATED,
        }
    ),
    "CreateItem": frozenset(
        {
            P.DUPLICATE_ITEM,
            P.ELEMENT_RULE_VIOLATED,
        }
    ),
    "CreateUser": frozenset(
        {
            P.DUPLICATE_USER,
            P.ELEMENT_RULE_VIOLATED,
            P.USER_AUTHENTICATION_FAILED,
        }
    ),
    "CreateUserFiscalTransaction": frozenset(
        {
            P.ACCOUNT_ACCESS_DENIED,
            P.DUPLICATE_FISCAL_TRANSACTION,
            P.ELEMENT_RULE_VIOLATED,
            P.UNABLE_TO_ADD_ELEMENT,
            P.UNKNOWN_ITEM,
            P.UNKNOWN_REQUEST,
            P.UNKNOWN_USER,
            P.USER_ACCESS_DENIED,
            P.USER_AUTHENTICATION_FAILED,
        }
    ),
    "LookupAgency": frozenset(
        {
            P.AGENCY_ACCESS_DENIED,
            P.ELEMENT_RULE_VIOLATED,
        }
    ),
    "LookupItem": frozenset(
        {
            P.ELEMENT_RULE_VIOLATED,
            P.ITEM_ACCESS_DENIED,
            P.NON_UNIQUE_ITEM,
            P.UNKNOWN_ITEM,
        }
    ),
    "LookupRequest": frozenset(
        {
            P.NON_UNIQUE_REQUEST,
            P.UNKNOWN_REQUEST,
        }
    ),
    "LookupUser": frozenset(
        {
            P.ELEMENT_RULE_VIOLATED,
            P.NON_UNIQUE_USER,
            P.UNKNOWN_USER,
            P.USER_ACCESS_DENIED,
            P.USER_AUTHENTICATION_FAILED,
        }
    ),
    "RecallItem": frozenset(
        {
            P.ITEM_CANNOT_BE_RECALLED,
            P.ITEM_NOT_CHECKED_OUT,
            P.UNKNOWN_ITEM,
            P.UNSUPPORTED_SHIPPING_ADDRESS,
        }
    ),
    "RenewItem": frozenset(
        {
            P.ITEM_NOT_CHECKED_OUT,
            P.ITEM_NOT_RENEWABLE,
            P.MAXIMUM_RENEWALS_EXCEEDED,
            P.RENEWAL_NOT_ALLOWED,
            P.UNKNOWN_ITEM,
            P.UNKNOWN_USER,
            P.USER_AUTHENTICATION_FAILED,
            P.USER_BLOCKED,
            P.USER_INELIGIBLE_TO_RENEW,
        }
    ),
    "ReportCirculationStatusChange": frozenset(
        {
            P.ELEMENT_RULE_VIOLATED,
            P.ITEM_NOT_CHECKED_OUT_TO_THIS_USER,
            P.UNKNOWN_ITEM,
            P.UNKNOWN_USER,
            P.USER_AUTHENTICATION_FAILED,
        }
    ),
    "RequestItem": frozenset(
        {
            P.DUPLICATE_REQUEST,
            P.ELEMENT_RULE_VIOLATED,
            P.ITEM_DOES_NOT_CIRCULATE,
            P.ITEM_NOT_AVAILABLE_IN_TIME,
            P.UNKNOWN_ITEM,
            P.UNKNOWN_USER,
            P.USER_AUTHENTICATION_FAILED,
            P.USER_BLOCKED,
            P.USER_INELIGIBLE_TO_REQUEST,
        }
    ),
    "SendUserNotice": frozenset(
        {
            P.ELEMENT_RULE_VIOLATED,
            P.ITEM_NOT_CHECKED_OUT,
            P.UNKNOWN_ITEM,
            P.UNKNOWN_USER,
            P.UNSUPPORTED_NOTICE,
        }
    ),
    "UndoCheckOutItem": frozenset(
        {
            P.UNKNOWN_ITEM,
            P.UNKNOWN_USER,
            P.USER_AUTHENTICATION_FAILED,
        }
    ),
    "UpdateAgency": frozenset(
        {
            P.AGENCY_ACCESS_DENIED,
            P.ELEMENT_RULE_VIOLATED,
            P.UNABLE_TO_ADD_ELEMENT,
            P.UNABLE_TO_DELETE_ELEMENT,
        }
    ),
    "UpdateCirculationStatus": frozenset(
        {
            P.ELEMENT_RULE_VIOLATED,
            P.ITEM_ACCESS_DENIED,
            P.UNABLE_TO_ADD_ELEMENT,
            P.UNABLE_TO_DELETE_ELEMENT,
            P.UNKNOWN_ITEM,
        }
    ),
    "UpdateItem": frozenset(
        {
            P.ELEMENT_RULE_VIOLATED,
            P.ITEM_ACCESS_DENIED,
            P.UNABLE_TO_ADD_ELEMENT,
            P.UNABLE_TO_DELETE_ELEMENT,
            P.UNKNOWN_ITEM,
        }
    ),
    "UpdateRequestItem": frozenset(
        {
            P.ELEMENT_RULE_VIOLATED,
            P.ITEM_ACCESS_DENIED,
            P.UNABLE_TO_ADD_ELEMENT,
            P.UNABLE_TO_DELETE_ELEMENT,
            P.UNKNOWN_ITEM,
            P.UNKNOWN_REQUEST,
            P.UNKNOWN_USER,
            P.USER_AUTHENTICATION_FAILED,
        }
    ),
    "UpdateUser": frozenset(
        {
            P.ELEMENT_RULE_VIOLATED,
            P.UNABLE_TO_ADD_ELEMENT,
            P.UNABLE_TO_DELETE_ELEMENT,
            P.UNKNOWN_USER,
            P.USER_ACCESS_DENIED,
            P.USER_AUTHENTICATION_FAILED,
        }
    ),
}


#: Services without a scheme of their own in version 2, and those whose types they use.
OF_SERVICE |= {
    service: OF_SERVICE[like]
    for service, like in {
        "AuthenticateUser": "LookupUser",
        "DeleteItem": "UpdateItem",
        "DeleteUser": "UpdateUser",
        "LookupItemSet": "LookupItem",
    }.items()
}

#: The types by their values.
TYPES = {kind.value: kind for kind in ProblemType}

_UNKNOWN = (P.UNKNOWN_VALUE_FROM_KNOWN_SCHEME,)
_NOT_THIS_ITEM = (P.CANNOT_ACCEPT_ITEM, P.RESOURCE_CANNOT_BE_PROVIDED, P.ELEMENT_RULE_VIOLATED)
_NOT_THIS_USER = (
    P.USER_INELIGIBLE_TO_CHECK_OUT,
    P.USER_INELIGIBLE_TO_REQUEST,
    P.USER_INELIGIBLE_TO_RENEW,
    P.USER_ACCESS_DENIED,
)
#: The types closest to one that a service may not use, the closest first.
_NEAR: dict[ProblemType, tuple[ProblemType, ...]] = {
    **dict.fromkeys((P.UNKNOWN_ITEM, P.UNKNOWN_REQUEST, P.UNKNOWN_USER), _UNKNOWN),
    P.REQUEST_ALREADY_PROCESSED: (P.DUPLICATE_REQUEST, *_NOT_THIS_ITEM),
    P.DUPLICATE_REQUEST: (P.REQUEST_ALREADY_PROCESSED, *_NOT_THIS_ITEM),
    P.DUPLICATE_ITEM: _NOT_THIS_ITEM,
    P.CANNOT_ACCEPT_ITEM: _NOT_THIS_ITEM,
    P.RESOURCE_CANNOT_BE_PROVIDED: _NOT_THIS_ITEM,
    P.ITEM_DOES_NOT_CIRCULATE: _NOT_THIS_ITEM,
    P.ITEM_NOT_CHECKED_OUT: (P.ITEM_NOT_CHECKED_OUT_TO_THIS_USER, P.ELEMENT_RULE_VIOLATED),
    P.ITEM_NOT_CHECKED_OUT_TO_THIS_USER: (P.ITEM_NOT_CHECKED_OUT, P.ELEMENT_RULE_VIOLATED),
    P.ITEM_NOT_AVAILABLE_IN_TIME: (P.INVALID_DATE,),
    P.USER_BLOCKED: _NOT_THIS_USER,
    P.USER_INELIGIBLE_TO_CHECK_OUT: (P.USER_BLOCKED, *_NOT_THIS_USER),
    P.USER_INELIGIBLE_TO_REQUEST: (P.USER_BLOCKED, *_NOT_THIS_USER),
    P.USER_INELIGIBLE_TO_RENEW: (P.USER_BLOCKED, *_NOT_THIS_USER),
    P.USER_AUTHENTICATION_FAILED: (P.USER_ACCESS_DENIED, P.UNKNOWN_USER, *_UNKNOWN),
}
#: The type to use if nothing is close.
_AT_LAST = (P.ELEMENT_RULE_VIOLATED, P.UNAUTHORIZED_COMBINATION_FOR_AGENCY)


def allowed(service: str) -> frozenset[ProblemType]:
    """Every type that a service may answer with."""
    return MESSAGING | GENERAL | OF_SERVICE.get(service, frozenset())


def nearest(service: str, kind: ProblemType) -> ProblemType:
    """The type itself if the service may use it, else the closest of its own."""
    may = allowed(service)
    return next(each for each in (kind, *_NEAR.get(kind, ()), *_AT_LAST) if each in may)
