"""Setting up a second factor, by whoever is signed in, for themselves."""

from __future__ import annotations

from typing import Any, Final

from circulation.kernel.results import UNATTENDED
from circulation.kernel.rights import Kind, Principal
from circulation.staff.accounts import Account, account_of
from circulation.staff.second_factors import NoSeal, begin_second_factor, confirm_second_factor
from circulation.staff.signing_in import Credentials, refusal_of_password
from circulation.staff.totp import provisioning_uri
from protocols.api.authentication import CHALLENGE
from protocols.api.models.second_factor import Code, NewSecondFactor, OwnPassword, RecoveryCodes
from protocols.api.operation import Caller, Operation, Request, post
from protocols.api.problems import Outcome, Problem, ProblemReason
from protocols.hosting.answering import Context, Lane

_ISSUER: Final = "Tiro"


def begin_second_factor_of(
    request: Request[OwnPassword, None], principal: Principal, context: Context
) -> NewSecondFactor | Problem:
    """Gives a secret for the authenticator. It counts once a code of it has been shown; one that
    there is counts until then. The password is asked for again: a session that somebody has left
    open is not enough."""
    account = own_account(principal, context)
    problem = must_know_password(request, request.body.password, principal, context)
    if problem is not None:
        return problem
    try:
        secret = begin_second_factor(context.act(principal.desk), account.id)
    except NoSeal as error:
        raise Problem(Outcome.CONFLICT, str(error)) from error
    return NewSecondFactor(secret, provisioning_uri(secret, principal.name, _ISSUER))


def confirm_second_factor_of(
    request: Request[Code, None], principal: Principal, context: Context
) -> RecoveryCodes:
    """Shows a code of the new authenticator; gives recovery codes, this once. Who was let in to set
    it up signs in anew."""
    act = context.act(principal.desk)
    codes = confirm_second_factor(act, own_account(principal, context).id, request.body.code)
    if codes is None:
        raise Problem(Outcome.CONFLICT, "the code is wrong, or there is nothing to be confirmed")
    return RecoveryCodes(codes)


def own_account(principal: Principal, context: Context) -> Account:
    """That of whoever asks. Raises Problem for who is none of the staff."""
    staff_id = principal.id if principal.kind is Kind.STAFF else None
    account = None
    if staff_id is not None:
        account = account_of(context.transaction, staff_id=staff_id)
    if account is None:
        raise Problem(Outcome.CONFLICT, "this is for people of the staff")
    return account


def must_know_password(
    request: Request[Any, Any], password: str, principal: Principal, context: Context
) -> Problem | None:
    """The problem, which the handler gives back so that the try stays counted, where this is not
    the password of whoever asks. Raises VerificationNeeded."""
    given = Credentials(principal.name, password, request.asked.host)
    refusal = refusal_of_password(context.act(UNATTENDED), given)
    if refusal is None:
        return None
    why = ProblemReason(refusal.name, refusal.value)
    return Problem(Outcome.SIGN_IN_REFUSED, reasons=(why,), headers=CHALLENGE)


OPERATIONS: Final[tuple[Operation, ...]] = (
    post(
        "/sessions/current/second-factor",
        "Begin a second factor",
        begin_second_factor_of,
        NewSecondFactor,
        body=OwnPassword,
        tag="sessions",
        caller=Caller.SIGNED_IN,
        lane=Lane.WRITE,
        is_once=False,
        outcomes=(Outcome.SIGN_IN_REFUSED, Outcome.CONFLICT),
    ),
    post(
        "/sessions/current/second-factor/confirmation",
        "Confirm a second factor",
        confirm_second_factor_of,
        RecoveryCodes,
        body=Code,
        tag="sessions",
        caller=Caller.SIGNED_IN,
        is_once=False,
        outcomes=(Outcome.CONFLICT,),
    ),
)
