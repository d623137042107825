"""The table of the proof that each service demands of its caller, and its enforcement.

By then the caller has proven who it is (`partners.authentication`), and that the service is agreed
with it (`partners.partners`). This is about the people and things that a request names. It is
checked in one place for all services, before any of them is carried out; a service without a row is
not carried out at all. `subjects.authority` says what an agreement and a PIN are good for.

| proof | what must be so |
|---|---|
| NONE | nothing: nobody is told of, and nothing changes, but that an item is taken back |
| USER | the user's PIN, or an agreement on the user |
| AGREED_USER | an agreement on the user: what no user can allow, and no PIN |
| REQUEST | USER, of whom the request is for; or it is a request that the partner has made |
| USER_OF_REQUEST | USER, of whom the request is for |
| ITEM | an agreement on the item; or the partner has brought it |
| LOAN | an agreement on item and borrower; or it was lent through the partner, or brought by it |
| USER_OR_LOAN | USER where a user is named, else LOAN |
| ARRIVAL | AGREED_USER where a user is named, else HERE; or we have asked for it |
| HERE | an agreement on the agency whose branch does the partner's work |
| OWN_LOAN | nothing: it is about a loan of the partner's own, or about none |
| SHIPMENT | OWN_LOAN, and HERE where it begins one |
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto
from typing import Any, NamedTuple

from circulation.patrons.pin_rules import look_at_pin_of_nobody
from protocols.hosting.answering import Context
from protocols.ncip.handling.lookups import no_such_item
from protocols.ncip.handling.receipts import loan_meant
from protocols.ncip.messages import Problem, Refusal, RequestId
from protocols.ncip.models.accounts import CreateUserFiscalTransaction
from protocols.ncip.models.agencies import LookupAgency
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
from protocols.ncip.models.users import (
    AddUserFields,
    AuthenticateUser,
    CreateUser,
    DeleteUser,
    DeleteUserFields,
    UpdateUser,
)
from protocols.ncip.problems.problem_types import ProblemType
from protocols.ncip.problems.problems import problem, problems, refusal
from protocols.ncip.settings import Partner
from protocols.ncip.subjects.authority import (
    is_agreed,
    is_item_agreed,
    is_loan_agreed,
    is_patron_agreed,
    loan_asked_of,
    serves_here,
    serves_some,
)
from protocols.ncip.subjects.items import barcode_of
from protocols.ncip.subjects.named import desk_of, is_given, known_user
from protocols.ncip.subjects.request_ids import (
    card_of,
    found_request,
    is_made_by,
    unknown_request,
)
from protocols.ncip.subjects.users import NamedUser, folded, named_user
from protocols.ncip.subjects.wishes import case_meant, is_brought_by

_UNAUTHORIZED = ProblemType.UNAUTHORIZED_COMBINATION_FOR_AGENCY


class Proof(Enum):
    """What a caller must prove; the table above explains each."""

    NONE = auto()
    USER = auto()
    AGREED_USER = auto()
    REQUEST = auto()
    USER_OF_REQUEST = auto()
    ITEM = auto()
    LOAN = auto()
    USER_OR_LOAN = auto()
    ARRIVAL = auto()
    HERE = auto()
    OWN_LOAN = auto()
    SHIPMENT = auto()


class Demand(NamedTuple):
    """What a service demands, and what more if `when` is true of the request."""

    proof: Proof
    besides: tuple[Proof, ...] = ()
    when: Callable[[Any], bool] = lambda request: False


def _names_request_alone(request: LookupItem) -> bool:
    return request.item_id is None and request.request_id is not None


def _changes_privileges(request: UpdateUser) -> bool:
    """Does it change what only the library decides of a user: name and birth, privileges,
    blocks?"""
    added = request.add_user_fields or AddUserFields()
    deleted = request.delete_user_fields or DeleteUserFields()
    return any(
        each.name_information or each.date_of_birth or each.user_privilege or each.block_or_trap
        for each in (added, deleted)
    )


def _forgives(request: CreateUserFiscalTransaction) -> bool:
    """Does it reduce what is owed to the library? Anything but a payment or a charge does."""
    about = request.fiscal_transaction_information
    action = about.fiscal_action_type if about else None
    return action is not None and folded(action.value) not in ("payment", "assess", "penalty")


_BY_USER, _OWN_LOAN = Demand(Proof.USER), Demand(Proof.OWN_LOAN)

AUTHORITY: dict[type[Any], Demand] = {
    LookupAgency: Demand(Proof.NONE),
    LookupItem: Demand(Proof.NONE, (Proof.REQUEST,), _names_request_alone),
    LookupItemSet: Demand(Proof.NONE),
    CheckInItem: Demand(Proof.NONE),
    LookupUser: _BY_USER,
    AuthenticateUser: _BY_USER,
    CheckOutItem: _BY_USER,
    RenewItem: _BY_USER,
    RequestItem: _BY_USER,
    ReportCirculationStatusChange: _BY_USER,
    UpdateUser: Demand(Proof.USER, (Proof.AGREED_USER,), _changes_privileges),
    DeleteUser: _BY_USER,
    CreateUserFiscalTransaction: Demand(Proof.USER, (Proof.AGREED_USER, Proof.HERE), _forgives),
    SendUserNotice: Demand(Proof.AGREED_USER),
    LookupRequest: Demand(Proof.REQUEST),
    CancelRequestItem: Demand(Proof.REQUEST),
    UpdateRequestItem: Demand(Proof.USER_OF_REQUEST),
    UndoCheckOutItem: Demand(Proof.USER_OR_LOAN),
    RecallItem: Demand(Proof.LOAN),
    CancelRecallItem: Demand(Proof.LOAN),
    UpdateCirculationStatus: Demand(Proof.LOAN),
    UpdateItem: Demand(Proof.ITEM),
    DeleteItem: Demand(Proof.ITEM),
    CreateItem: Demand(Proof.HERE),
    CreateUser: Demand(Proof.HERE),
    AcceptItem: Demand(Proof.ARRIVAL),
    ItemRequested: Demand(Proof.ARRIVAL),
    ItemShipped: Demand(Proof.SHIPMENT),
    ItemReceived: _OWN_LOAN,
    ItemCheckedOut: _OWN_LOAN,
    ItemCheckedIn: _OWN_LOAN,
    ItemRenewed: _OWN_LOAN,
    ItemRequestCancelled: _OWN_LOAN,
    ItemRecalled: _OWN_LOAN,
    CirculationStatusUpdated: _OWN_LOAN,
}


def denial(request: Any, caller: Partner, context: Context) -> Refusal | None:
    """Why the partner may not ask for this; None if it may.

    Raises VerificationNeeded (see `circulation.patrons.pins`).
    """
    demand = AUTHORITY[type(request)]
    proofs = (demand.proof, *(demand.besides if demand.when(request) else ()))
    for proof in proofs:
        denied = _CHECKS[proof](request, caller, context)
        if denied is not None:
            return denied
    return None


def _nothing(request: Any, caller: Partner, context: Context) -> Refusal | None:
    return None


def _user(request: Any, caller: Partner, context: Context) -> Refusal | None:
    user = _named(request)
    if user is None or is_agreed(user.identifier, caller, context):
        return None
    if user.pin is not None:
        return _by_pin(request, user, caller, context)
    return _unproven(request, user, caller, context, "a PIN of the user")


def _agreed_user(request: Any, caller: Partner, context: Context) -> Refusal | None:
    user = _named(request)
    if user is None or is_agreed(user.identifier, caller, context):
        return None
    return _unproven(request, user, caller, context, "an agreement on the agency of the user")


def _named(request: Any) -> NamedUser | None:
    """The user that the request names; None if it names nobody, which the service itself
    reports."""
    if hasattr(request, "authentication_input"):
        user = named_user(request)
        return None if isinstance(user, Problem) else user
    given = request.user_id.user_identifier_value if request.user_id else None
    return None if given is None else NamedUser(given, None, {"UserIdentifierValue": given})


def _by_pin(request: Any, user: NamedUser, caller: Partner, context: Context) -> Refusal | None:
    """Without an agreement or the right PIN, a caller does not learn whether there is such a
    user."""
    status = known_user(request, user, context.act(desk_of(caller, context)))
    if not isinstance(status, Refusal):
        return None
    types = {each.problem_type.value for each in status.problem if each.problem_type}
    if ProblemType.UNKNOWN_USER.value not in types:
        return status
    assert user.pin is not None
    wrong = look_at_pin_of_nobody(context.act(desk_of(caller, context)), user.identifier, user.pin)
    return refusal(request, *problems(type(request).__name__, (wrong,), user.quotable))


def _unproven(
    request: Any, user: NamedUser, caller: Partner, context: Context, needed: str
) -> Refusal:
    """The same answer whether or not there is such a user."""
    element = "UserIdentifierValue" if user.quotable else "AuthenticationInputData"
    if serves_some(caller, context):
        kind, why = ProblemType.UNKNOWN_USER, f"no user of the agencies agreed; {needed} is needed"
    else:
        kind, why = _UNAUTHORIZED, f"nothing is agreed on users; {needed} is needed"
    return refusal(request, problem(kind, why, element, user.quotable.get(element)))


def _request(request: Any, caller: Partner, context: Context) -> Refusal | None:
    if _is_own_request(request, caller, context):
        user = _named(request) if hasattr(request, "user_id") else None
        has_pin = user is not None and user.pin is not None
        return _user(request, caller, context) if has_pin else None
    return _user_of_request(request, caller, context)


def _is_own_request(request: Any, caller: Partner, context: Context) -> bool:
    """Has the partner made it? A partner that proves nothing cannot be known to be the same."""
    if request.request_id is None or not caller.has_proof:
        return False
    if isinstance(request, CancelRequestItem):  # what the partner is going to bring counts, too
        name = request.request_id.request_identifier_value
        if loan_asked_of(name, caller, context) is not None:
            return True
    case = case_meant(request.request_id, caller, context)
    if case is not None:
        return is_brought_by(case, caller, context)
    found = found_request(request.request_id, caller, context)
    return not isinstance(found, Problem) and is_made_by(found[0].hold, caller, context)


def _user_of_request(request: Any, caller: Partner, context: Context) -> Refusal | None:
    if hasattr(request, "user_id") and is_given(request):
        return _user(request, caller, context)
    if request.request_id is None:
        return None
    patron_id = _patron_of(request.request_id, caller, context)
    if patron_id is not None:
        card = card_of(patron_id, context)
        if is_patron_agreed(patron_id, caller, context, card):
            return None
    value = request.request_id.request_identifier_value
    if serves_some(caller, context):  # the answer does not say whether it is another agency's
        unknown = unknown_request(value)
        is_item = isinstance(request, LookupItem)
        return refusal(request, no_such_item(unknown) if is_item else unknown)
    why = "neither a request of this partner nor of a user agreed; a PIN of the user is needed"
    return refusal(request, problem(_UNAUTHORIZED, why, "RequestIdentifierValue", value))


def _patron_of(request_id: RequestId, caller: Partner, context: Context) -> int | None:
    """Whom a hold or a wish is for; None where nobody is known for whom it is."""
    case = case_meant(request_id, caller, context)
    if case is not None:
        return case.patron_id
    found = found_request(request_id, caller, context)
    return None if isinstance(found, Problem) else found[1]


def _item(request: Any, caller: Partner, context: Context) -> Refusal | None:
    return _of_item(request, is_item_agreed, caller, context)


def _loan(request: Any, caller: Partner, context: Context) -> Refusal | None:
    return _of_item(request, is_loan_agreed, caller, context)


def _of_item(
    request: Any,
    agreed: Callable[[str, Partner, Context], bool],
    caller: Partner,
    context: Context,
) -> Refusal | None:
    barcode = barcode_of(request.item_id)
    if isinstance(barcode, Problem) or agreed(barcode, caller, context):
        return None
    why = "nothing is agreed on items of this agency, or on who has this one"
    return refusal(request, problem(_UNAUTHORIZED, why, "ItemIdentifierValue", barcode))


def _user_or_loan(request: Any, caller: Partner, context: Context) -> Refusal | None:
    check = _user if is_given(request) else _loan
    return check(request, caller, context)


def _arrival(request: Any, caller: Partner, context: Context) -> Refusal | None:
    name = request.request_id.request_identifier_value if request.request_id else None
    loan = loan_asked_of(name, caller, context)
    user = _named(request)
    if loan is not None and (user is None or user.identifier == loan.user):
        return None
    if user is None:
        return _here(request, caller, context)
    return _agreed_user(request, caller, context)


def _here(request: Any, caller: Partner, context: Context) -> Refusal | None:
    if serves_here(caller, context):
        return None
    why = "nothing is agreed on the agency where the work of this partner is done"
    return refusal(request, problem(_UNAUTHORIZED, why, "FromAgencyId"))


def _shipment(request: Any, caller: Partner, context: Context) -> Refusal | None:
    if loan_meant(request, caller, context) is not None:
        return None
    return _here(request, caller, context)


_CHECKS: dict[Proof, Callable[[Any, Partner, Context], Refusal | None]] = {
    Proof.NONE: _nothing,
    Proof.USER: _user,
    Proof.AGREED_USER: _agreed_user,
    Proof.REQUEST: _request,
    Proof.USER_OF_REQUEST: _user_of_request,
    Proof.ITEM: _item,
    Proof.LOAN: _loan,
    Proof.USER_OR_LOAN: _user_or_loan,
    Proof.ARRIVAL: _arrival,
    Proof.HERE: _here,
    Proof.OWN_LOAN: _nothing,
    Proof.SHIPMENT: _shipment,
}
