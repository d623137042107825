"""Passkeys: made, named and removed by their owner; shown by whoever signs in."""

from __future__ import annotations

import re
from typing import Any, Final

from circulation.kernel.engine import Circulation
from circulation.kernel.results import UNATTENDED
from circulation.kernel.rights import Principal
from circulation.staff.accounts import Account
from circulation.staff.ceremonies import (
    NoPasskeys,
    begin_registration,
    begin_showing,
    finish_registration,
)
from circulation.staff.passkeys import Passkey as KnownPasskey
from circulation.staff.passkeys import passkeys_of, remove_passkey, rename_passkey
from circulation.staff.site import SITE, Site
from protocols.api.authentication import is_loopback
from protocols.api.messages import Asked, Reply
from protocols.api.models.account import (
    NewPasskey,
    Passkey,
    PasskeyName,
    PasskeyOptions,
    Passkeys,
    PasskeySignIn,
    passkey_shown,
)
from protocols.api.models.second_factor import OwnPassword
from protocols.api.operation import Caller, Operation, Plain, Request, post
from protocols.api.operations.account import must_know_password, of_own_account, own_account
from protocols.api.problems import Outcome, Problem
from protocols.hosting.answering import Context

_PASSKEYS: Final = "/account/passkeys"
_PASSKEY: Final = f"{_PASSKEYS}/{{passkey}}"
_NO_SITE: Final = "this needs [http] address in tiro.toml, or http://localhost"
#: Of who tries a server out on their own machine.
_HERE: Final = re.compile(r"localhost(:\d{1,5})?")


def site_at(circulation: Circulation, asked: Asked) -> Site | None:
    """Where browsers reach this server: what the configuration says, or else whoever is on the
    machine itself asks for localhost."""
    site, host = SITE.of(circulation), asked.header("host") or ""
    if site is None and is_loopback(asked) and _HERE.fullmatch(host):
        return Site(f"http://{host}")
    return site


def site_of(request: Request[Any, Any], context: Context) -> Site:
    """The same. Raises Problem where it is not known."""
    site = site_at(context.circulation, request.asked)
    if site is None:
        raise Problem(Outcome.CONFLICT, _NO_SITE)
    return site


def no_passkeys(error: NoPasskeys) -> Problem:
    return Problem(Outcome.CONFLICT, str(error))


def begin_passkey_sign_in(request: Plain, principal: Principal, context: Context) -> PasskeySignIn:
    """What the browser is told to ask for a passkey, with a challenge that is taken once within
    five minutes. `POST /sessions` takes the answer. It says nothing of who has any; a server that
    takes none says why."""
    site = site_at(context.circulation, request.asked)
    if site is None:
        return PasskeySignIn(None, _NO_SITE)
    try:
        return PasskeySignIn(begin_showing(context.act(UNATTENDED), site))
    except NoPasskeys as error:
        return PasskeySignIn(None, str(error))


def list_own_passkeys(request: Plain, principal: Principal, context: Context) -> Passkeys:
    """Those of whoever is signed in, the oldest first."""
    found = passkeys_of(context.transaction, staff_id=own_account(principal, context).id)
    return Passkeys(tuple(map(passkey_shown, found)))


def begin_passkey(
    request: Request[OwnPassword, None], principal: Principal, context: Context
) -> PasskeyOptions | Problem:
    """What the browser is told to make a passkey. The password is asked for again: a session that
    somebody has left open is not enough."""
    account, site = own_account(principal, context), site_of(request, context)
    problem = must_know_password(request, request.body.password, account, context)
    if problem is not None:
        return problem
    try:
        return PasskeyOptions(begin_registration(context.act(principal.desk), account, site))
    except NoPasskeys as error:
        raise no_passkeys(error) from None


def add_own_passkey(
    request: Request[NewPasskey, None], principal: Principal, context: Context
) -> Reply | Problem:
    """Keeps the passkey that the browser has made. Who was let in to set up a second factor signs
    in anew."""
    account, wish = own_account(principal, context), request.body
    act, site = context.act(principal.desk), site_of(request, context)
    try:
        made = finish_registration(act, account, wish.name.strip(), wish.credential, site)
    except NoPasskeys as error:
        raise no_passkeys(error) from None
    if made is None:  # given back, so that the challenge stays taken
        return Problem(Outcome.CONFLICT, "this is no answer to what was begun: begin anew")
    found = passkeys_of(context.transaction, staff_id=account.id)
    shown = next(passkey_shown(each) for each in found if each.id == made)
    return Reply(shown, 201, (("Location", f"/api/v1{_PASSKEYS}/{made}"),))


def name_own_passkey(
    request: Request[PasskeyName, None], principal: Principal, context: Context
) -> Passkey:
    """Calls it otherwise."""
    account = own_account(principal, context)
    passkey = passkey_meant(request, account, context)
    name = request.body.name.strip()
    rename_passkey(context.act(principal.desk), account, passkey, name)
    return passkey_shown(passkey._replace(name=name))


def remove_own_passkey(request: Plain, principal: Principal, context: Context) -> None:
    """Nobody gets in by it any more."""
    account = own_account(principal, context)
    passkey = passkey_meant(request, account, context)
    remove_passkey(context.act(principal.desk), account, passkey)


def passkey_meant(request: Request[Any, Any], account: Account, context: Context) -> KnownPasskey:
    """The one of the path, if it is the account's. Raises Problem."""
    for each in passkeys_of(context.transaction, staff_id=account.id):
        if str(each.id) == request.path["passkey"]:
            return each
    text = f"{account.user_name} has no passkey {request.path['passkey']}"
    raise Problem(Outcome.NOT_FOUND, text)


OPERATIONS: Final[tuple[Operation, ...]] = (
    post(
        "/sessions/passkey",
        "Begin to sign in by a passkey",
        begin_passkey_sign_in,
        PasskeySignIn,
        tag="account",
        caller=Caller.ANYBODY,
        is_once=False,
    ),
    of_own_account("GET", _PASSKEYS, "One's own passkeys", list_own_passkeys, answer=Passkeys),
    of_own_account(
        "POST",
        f"{_PASSKEYS}/options",
        "Begin to make a passkey",
        begin_passkey,
        answer=PasskeyOptions,
        body=OwnPassword,
    ),
    of_own_account(
        "POST",
        _PASSKEYS,
        "Keep a passkey",
        add_own_passkey,
        answer=Passkey,
        body=NewPasskey,
        status=201,
    ),
    of_own_account(
        "PATCH", _PASSKEY, "Name a passkey", name_own_passkey, answer=Passkey, body=PasskeyName
    ),
    of_own_account("DELETE", _PASSKEY, "Remove a passkey", remove_own_passkey, status=204),
)
