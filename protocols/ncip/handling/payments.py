"""CreateUserFiscalTransaction (Z39.83-1-2012, 5.4.8): paying, charging, forgiving.

A transaction is done once for each FiscalTransactionReferenceId of a partner, or else once of each
kind for a RequestId, whatever it does (`circulation.ledger.orders`): a repetition gets the same
answer; another amount under the same number is a Duplicate Fiscal Transaction.
"""

from __future__ import annotations

from typing import Any

from circulation.fees.giving_up import GivingUp, give_up
from circulation.fees.paying import PaymentWish, account_currency, pay
from circulation.kernel.reasons import Reason
from circulation.kernel.results import PatronStatus, Refused
from circulation.ledger.balances import lock_account
from circulation.ledger.changes import charge_patron
from circulation.ledger.charges import NewCharge
from circulation.ledger.money import ChargeKind
from circulation.ledger.orders import MoneyAct
from protocols.hosting.answering import Context
from protocols.ncip.messages import Problem, Refusal, Response
from protocols.ncip.models.accounts import (
    CreateUserFiscalTransaction,
    CreateUserFiscalTransactionResponse,
    FiscalTransactionInformation,
)
from protocols.ncip.problems.problem_types import ProblemType
from protocols.ncip.problems.problems import problem, problems, refusal
from protocols.ncip.settings import Partner
from protocols.ncip.subjects.money import TRANSACTION_TYPES, reference
from protocols.ncip.subjects.named import desk_of, known_user
from protocols.ncip.subjects.users import folded, named_user, user_id

_SERVICE = "CreateUserFiscalTransaction"
#: ReShare's word for charging what the library usually charges for such a loan.
_DEFAULT_FEE = folded("charge-default-patron-fee")
_CHARGING = frozenset({"assess", "penalty", _DEFAULT_FEE})
#: Actions whose amount may be zero, since our rules have charged for the loan or the request
#: already. crosslink names no action at all.
_BY_OUR_RULES = frozenset({_DEFAULT_FEE, ""})
_GIVING_UP = {
    "waive": MoneyAct.WRITE_OFF,
    "forgive": MoneyAct.WRITE_OFF,
    "writeoff": MoneyAct.WRITE_OFF,
    "cancel": MoneyAct.REDUCTION,
}
#: By FiscalTransactionType; the first kind of each counts.
_KINDS = {folded(word): kind for kind, word in reversed(TRANSACTION_TYPES.items())} | {
    "cardreplacementcharge": ChargeKind.ADMINISTRATIVE,
    "interlibraryloanfee": ChargeKind.SERVICE,
    "renewalfee": ChargeKind.LOAN_FEE,
    "catalogsearch": ChargeKind.SERVICE,
    "daypass": ChargeKind.SERVICE,
}


def create_user_fiscal_transaction(
    request: CreateUserFiscalTransaction, caller: Partner, context: Context
) -> Response:
    """Does what FiscalActionType says with an amount in minor units.

    Payment pays what is owed to the partner's branch's agency: the charges that
    RelatedFiscalTransactionReferenceId names, or the oldest first. Assess and Penalty charge the
    user; with charge-default-patron-fee, or without an action, an amount of zero is accepted.
    Waive, Forgive, Write Off and Cancel need a related charge, and give it up or take it back.
    """
    user = named_user(request)
    if isinstance(user, Problem):
        return refusal(request, user)
    about = request.fiscal_transaction_information
    wrong = _wrong(about)
    if wrong or about is None or about.amount is None:
        return refusal(request, *wrong)
    status = known_user(request, user, context.act(desk_of(caller, context)))
    if isinstance(status, Refusal):
        return status
    if about.amount.monetary_value == 0:
        return _done(about, status, "0")
    action = _action(about) or "payment"
    if action == "payment":
        return _pay(request, about, user.identifier, status, caller, context)
    if action in _CHARGING:
        return _charge(request, about, status, caller, context)
    return _give_up(request, about, user.identifier, status, caller, context)


def _action(about: FiscalTransactionInformation) -> str:
    return folded(about.fiscal_action_type.value) if about.fiscal_action_type else ""


def _wrong(about: FiscalTransactionInformation | None) -> list[Problem]:
    if about is None:
        element = "FiscalTransactionInformation"
        return [problem(ProblemType.NEEDED_DATA_MISSING, "nothing is to be done", element)]
    wrong = []
    amount = about.amount
    if amount is None or amount.monetary_value is None:
        wrong.append(problem(ProblemType.NEEDED_DATA_MISSING, "no amount", "MonetaryValue"))
    elif amount.monetary_value < 0 or (
        amount.monetary_value == 0 and _action(about) not in _BY_OUR_RULES
    ):
        value = str(amount.monetary_value)
        wrong.append(problem(ProblemType.INVALID_AMOUNT, "not positive", "MonetaryValue", value))
    action = about.fiscal_action_type
    known = _CHARGING | _GIVING_UP.keys() | {"payment"}
    if action is not None and folded(action.value) not in known:
        kind = ProblemType.UNABLE_TO_ADD_ELEMENT
        wrong.append(problem(kind, "no such action", "FiscalActionType", action.value))
    return wrong


def _pay(
    request: Any,
    about: FiscalTransactionInformation,
    identifier: str,
    status: PatronStatus,
    caller: Partner,
    context: Context,
) -> Response:
    amount, currency = _amount(about, status, caller, context)
    related = _related(about)
    if related is None:
        return _no_such_charge(request, about)
    paid = pay(
        context.act(desk_of(caller, context)),
        PaymentWish(
            amount=amount,
            currency=currency,
            order_id=_order(about, caller, MoneyAct.PAYMENT),
            charge=related or None,
            method=about.payment_method_type.value if about.payment_method_type else "",
        ),
        patron=identifier,
    )
    if isinstance(paid, Refused):
        return refusal(request, *problems(_SERVICE, paid.refusals, _quotable(about)))
    return _done(about, status, str(paid.payment_id))


def _charge(
    request: Any,
    about: FiscalTransactionInformation,
    status: PatronStatus,
    caller: Partner,
    context: Context,
) -> Response:
    amount, currency = _amount(about, status, caller, context)
    kind = folded(about.fiscal_transaction_type.value) if about.fiscal_transaction_type else ""
    desk = desk_of(caller, context)
    reason = about.fiscal_transaction_description or caller.known_as
    new = NewCharge(_KINDS.get(kind, ChargeKind.OTHER), amount, currency, desk.branch_id, reason)
    order_id = _order(about, caller, MoneyAct.CHARGE)
    charged = charge_patron(context.act(desk), status.patron.id, new, order_id=order_id)
    if isinstance(charged, Refused):
        return refusal(request, *problems(_SERVICE, charged.refusals, _quotable(about)))
    return _done(about, status, str(charged.charge.id))


def _give_up(
    request: Any,
    about: FiscalTransactionInformation,
    identifier: str,
    status: PatronStatus,
    caller: Partner,
    context: Context,
) -> Response:
    amount, currency = _amount(about, status, caller, context)
    related = _related(about)
    if not related:
        return _no_such_charge(request, about)
    act = _GIVING_UP[_action(about)]
    given_up = give_up(
        context.act(desk_of(caller, context)),
        GivingUp(
            amount=amount,
            currency=currency,
            reason=about.fiscal_transaction_description or caller.known_as,
            order_id=_order(about, caller, act),
            charge=related,
            act=act,
        ),
        patron=identifier,
    )
    if isinstance(given_up, Refused):
        if Reason.CHARGE_UNKNOWN in given_up.reasons:
            return _no_such_charge(request, about)
        return refusal(request, *problems(_SERVICE, given_up.refusals, _quotable(about)))
    return _done(about, status, str(given_up.charges[0]))


def _quotable(about: FiscalTransactionInformation) -> dict[str, str | None]:
    amount, own = about.amount, about.fiscal_transaction_reference_id
    related = about.related_fiscal_transaction_reference_id
    currency = amount.currency_code if amount else None
    return {
        "MonetaryValue": str(amount.monetary_value) if amount else None,
        "CurrencyCode": currency.value if currency else None,
        "FiscalTransactionReferenceId": own.fiscal_transaction_identifier_value if own else None,
        "RelatedFiscalTransactionReferenceId": (
            related[0].fiscal_transaction_identifier_value if related else None
        ),
    }


def _amount(
    about: FiscalTransactionInformation, status: PatronStatus, caller: Partner, context: Context
) -> tuple[int, str]:
    """The amount in minor units, and its currency, by default that of the account, which is locked:
    the transaction that follows changes it."""
    assert about.amount is not None
    assert about.amount.monetary_value is not None
    given = about.amount.currency_code
    if given is not None and given.value.strip():
        return about.amount.monetary_value, given.value.strip().upper()
    related = _related(about)
    lock_account(context.transaction, patron_id=status.patron.id)
    currency = account_currency(
        context.act(desk_of(caller, context)),
        patron_id=status.patron.id,
        category=status.patron.category,
        charge=related[0] if related else None,
    )
    return about.amount.monetary_value, currency


def _related(about: FiscalTransactionInformation) -> list[int] | None:
    """The named charges; None if one of them cannot be a charge."""
    found = []
    for each in about.related_fiscal_transaction_reference_id:
        value = each.fiscal_transaction_identifier_value or ""
        if not (value.isascii() and value.isdigit() and len(value) < 19):
            return None
        found.append(int(value))
    return found


def _order(about: FiscalTransactionInformation, caller: Partner, act: MoneyAct) -> str | None:
    """The partner's name for the transaction; a request may have one of each kind."""
    own = about.fiscal_transaction_reference_id
    name = own.fiscal_transaction_identifier_value if own else None
    if name:
        return f"{caller.agency.casefold()} {name}"
    name = about.request_id.request_identifier_value if about.request_id else None
    return f"{caller.agency.casefold()} {act.value} of {name}" if name else None


def _done(about: FiscalTransactionInformation, status: PatronStatus, number: str) -> Response:
    own = about.fiscal_transaction_reference_id
    isil = status.home_branch.agency_isil
    is_named = own is not None and own.agency_id and own.fiscal_transaction_identifier_value
    return CreateUserFiscalTransactionResponse(
        user_id=user_id(status.patron.identifier, isil),
        fiscal_transaction_reference_id=own if is_named else reference(isil, number),
    )


def _no_such_charge(request: Any, about: FiscalTransactionInformation) -> Refusal:
    related = about.related_fiscal_transaction_reference_id
    value = related[0].fiscal_transaction_identifier_value if related else None
    return refusal(
        request,
        problem(
            ProblemType.UNABLE_TO_ADD_ELEMENT,
            "the user has no such charge with this agency",
            "RelatedFiscalTransactionReferenceId",
            value,
        ),
    )
