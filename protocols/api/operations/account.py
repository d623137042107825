"""What people of the staff do with their own account: password, second factor, sessions.

A session that somebody has left open is not enough for what lets people in: the password is asked
for again.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.kernel.results import UNATTENDED
from circulation.kernel.rights import Kind, Principal
from circulation.staff.accounts import Account, account_of
from circulation.staff.administering import set_password
from circulation.staff.passwords import WeakPassword, hash_password
from circulation.staff.second_factors import (
    NoSeal,
    begin_second_factor,
    confirm_second_factor,
    new_recovery_codes,
    recovery_codes_left,
    second_factor_of,
)
from circulation.staff.sessions import end_session_with, end_sessions_of_staff, sessions_of
from circulation.staff.settings import staff_settings_of
from circulation.staff.signing_in import Credentials, refusal_of_password
from circulation.staff.taking_over import has_pin, remove_pin, set_pin
from circulation.staff.tokens import digest_of
from circulation.staff.totp import provisioning_uri
from protocols.api.authentication import CHALLENGE
from protocols.api.models.account import (
    NewDeskPin,
    OpenSessions,
    OwnAccount,
    PasswordChange,
    session_shown,
)
from protocols.api.models.second_factor import Code, NewSecondFactor, OwnPassword, RecoveryCodes
from protocols.api.operation import Caller, Operation, Plain, Request
from protocols.api.problems import Outcome, Problem, malformed, said_by, sign_in_reason
from protocols.hosting.answering import Context, Lane

_ISSUER: Final = "Tiro"
#: How lately somebody without a password has signed in, where others are asked for theirs.
_FRESH: Final = timedelta(minutes=5)


def show_own_account(request: Plain, principal: Principal, context: Context) -> OwnAccount:
    """Who is signed in, and what they have to sign in with."""
    account = own_account(principal, context)
    factor = second_factor_of(context.transaction, staff_id=account.id)
    return OwnAccount(
        account.user_name,
        account.name,
        account.email,
        account.branch_isil,
        account.has_password,
        account.password_changed,
        factor is not None and factor.sealed is not None,
        recovery_codes_left(context.transaction, staff_id=account.id),
        has_pin(context.transaction, account.id),
    )


def change_own_password(
    request: Request[PasswordChange, None], principal: Principal, context: Context
) -> Problem | None:
    """Another password; all other sessions end. The one before is asked for."""
    account, wish = own_account(principal, context), request.body
    problem = must_know_password(request, wish.password, account, context)
    if problem is not None:
        return problem
    hashed = hashed_for(account, wish.new, "new", context)
    keep = digest_of(request.token)
    set_password(context.act(principal.desk), principal, account, hashed, keep)
    return None


def hashed_for(account: Account, password: str, field: str, context: Context) -> str:
    """The hash of a password for that account. Raises Problem where it is not good enough."""
    set_up = context.circulation.current_set_up(context.transaction)
    try:
        return hash_password(
            password,
            minimum_length=staff_settings_of(set_up, account.agency_id).minimum_length,
            names=(account.user_name, account.name, account.email),
        )
    except WeakPassword as error:
        raise malformed(field, "weak", said_by(error)) from None


def give_recovery_codes(
    request: Request[OwnPassword, None], principal: Principal, context: Context
) -> RecoveryCodes | Problem:
    """New recovery codes in place of those before, for who has a second factor; told this once."""
    account = own_account(principal, context)
    problem = must_know_password(request, request.body.password, account, context)
    if problem is not None:
        return problem
    if not account.has_second_factor:
        raise Problem(Outcome.CONFLICT, "recovery codes are for who has a second factor")
    return RecoveryCodes(new_recovery_codes(context.transaction, account.id))


def give_own_pin(
    request: Request[NewDeskPin, None], principal: Principal, context: Context
) -> Problem | None:
    """A PIN, in place of the one before. It takes a registered workstation over from a colleague,
    where one has signed in already that day."""
    account, wish = own_account(principal, context), request.body
    if account.has_password:
        if wish.password is None:
            raise malformed("password", "missing", "the password is asked for again")
        problem = must_know_password(request, wish.password, account, context)
        if problem is not None:
            return problem
    else:
        _must_have_come_by_provider(request, account, context)
    try:
        set_pin(context.act(principal.desk), account, wish.pin)
    except WeakPassword as error:
        raise malformed("pin", "weak", said_by(error)) from None
    return None


def remove_own_pin(request: Plain, principal: Principal, context: Context) -> None:
    """Nobody takes a workstation over by it any more."""
    if not remove_pin(context.act(principal.desk), own_account(principal, context)):
        raise Problem(Outcome.NOT_FOUND)


def list_own_sessions(request: Plain, principal: Principal, context: Context) -> OpenSessions:
    """Where one is signed in, the session that was used last first."""
    current = digest_of(request.token)
    found = sessions_of(context.transaction, staff_id=own_account(principal, context).id)
    shown = (session_shown(each, current) for each in found if each.ends > context.now)
    return OpenSessions(tuple(shown))


def end_other_sessions(request: Plain, principal: Principal, context: Context) -> None:
    """Signs out everywhere else, at once: other browsers, tokens and apps; a PIN is enough at no
    desk until its owner has signed in there again."""
    account = own_account(principal, context)
    keep = digest_of(request.token)
    end_sessions_of_staff(context.transaction, staff_id=account.id, but=keep)
    told = {"staff": account.user_name, "fields": ["sessions"]}
    append_event(context.act(principal.desk), NewEvent(EventKind.STAFF_CHANGED, after=told))


def end_own_session(request: Plain, principal: Principal, context: Context) -> None:
    """Signs out somewhere else."""
    for each in sessions_of(context.transaction, staff_id=own_account(principal, context).id):
        if session_shown(each, b"").id == request.path["session"]:
            end_session_with(context.transaction, digest=each.digest)
            return
    raise Problem(Outcome.NOT_FOUND)


def begin_second_factor_of(
    request: Request[OwnPassword, None], principal: Principal, context: Context
) -> NewSecondFactor | Problem:
    """Gives a secret for the authenticator. It counts once a code of it has been shown; one that
    there is counts until then. The password is asked for again: a session that somebody has left
    open is not enough."""
    account = own_account(principal, context)
    problem = must_know_password(request, request.body.password, account, context)
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
    request: Request[Any, Any], password: str, account: Account, context: Context
) -> Problem | None:
    """The problem, which the handler gives back so that the try stays counted, where this is not
    the password of whoever asks. Raises VerificationNeeded, and Problem for who has none: what
    they signed in with otherwise would outlast their account at the provider."""
    if not account.has_password:
        raise Problem(Outcome.CONFLICT, "this account is signed in to by its provider alone")
    given = Credentials(account.user_name, password, request.asked.host)
    refusal = refusal_of_password(context.act(UNATTENDED), given)
    if refusal is None:
        return None
    why = sign_in_reason(refusal, request.language)
    return Problem(Outcome.SIGN_IN_REFUSED, reasons=(why,), headers=CHALLENGE)


def _must_have_come_by_provider(
    request: Request[Any, Any], account: Account, context: Context
) -> None:
    """For who has no password. Raises Problem where they have not just signed in."""
    digest, since = digest_of(request.token), context.now - _FRESH
    for each in sessions_of(context.transaction, staff_id=account.id):
        if bytes(each.digest) == digest and "provider" in each.methods and each.created > since:
            return
    raise Problem(Outcome.CONFLICT, "sign in by the provider again, and then within five minutes")


def of_own_account(method: str, path: str, summary: str, handler: Any, **more: Any) -> Operation:
    """One that is for whoever is signed in, and whose answer is kept for nobody."""
    return Operation(
        method=method,
        path=path,
        summary=summary,
        handler=handler,
        tag="account",
        caller=Caller.SIGNED_IN,
        lane=Lane.READ if method == "GET" else Lane.WRITE,
        outcomes=(Outcome.SIGN_IN_REFUSED, Outcome.CONFLICT, Outcome.NOT_FOUND),
        **more,
    )


OPERATIONS: Final[tuple[Operation, ...]] = (
    of_own_account("GET", "/account", "One's own account", show_own_account, answer=OwnAccount),
    of_own_account(
        "POST",
        "/account/password",
        "Change one's own password",
        change_own_password,
        body=PasswordChange,
        status=204,
    ),
    of_own_account(
        "POST",
        "/account/second-factor",
        "Begin a second factor",
        begin_second_factor_of,
        answer=NewSecondFactor,
        body=OwnPassword,
    ),
    of_own_account(
        "POST",
        "/account/second-factor/confirmation",
        "Confirm a second factor",
        confirm_second_factor_of,
        answer=RecoveryCodes,
        body=Code,
    ),
    of_own_account(
        "POST",
        "/account/recovery-codes",
        "New recovery codes",
        give_recovery_codes,
        answer=RecoveryCodes,
        body=OwnPassword,
    ),
    of_own_account(
        "PUT", "/account/pin", "Choose a PIN for desks", give_own_pin, body=NewDeskPin, status=204
    ),
    of_own_account(
        "DELETE",
        "/account/pin",
        "Have no PIN for desks",
        remove_own_pin,
        status=204,
    ),
    of_own_account(
        "GET", "/account/sessions", "Where one is signed in", list_own_sessions, answer=OpenSessions
    ),
    of_own_account(
        "DELETE", "/account/sessions", "Sign out everywhere else", end_other_sessions, status=204
    ),
    of_own_account(
        "DELETE",
        "/account/sessions/{session}",
        "Sign out somewhere else",
        end_own_session,
        status=204,
    ),
)
