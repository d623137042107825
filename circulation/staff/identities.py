"""Staff whom a provider of single sign-on vouches for.

An account is found by issuer and subject, which never change; at the first sign-in it may be
matched by its user name, or made, where the provider is trusted that far (`Admission`). What roles
the provider's claims give replaces those of the account at each sign-in.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from sqlalchemy import insert, select

from catalogue.database import Statement, scalar, send
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.kernel.organisation import find_branch
from circulation.kernel.rights import EVERYTHING, Kind, Principal
from circulation.staff.accounts import (
    Account,
    account_named,
    account_of,
    folded_name,
    lock_account,
    roles_of,
)
from circulation.staff.administering import AccountFields, add_account, change_account
from circulation.staff.held_roles import held_roles
from circulation.staff.results import NotSignedIn, SignedIn, SignInRefusal
from circulation.staff.schema import staff_identities
from circulation.staff.signing_in import Arrival, Proof, arrived, let_in_staff

#: The claims table is written by who administers the server, who may do everything.
_PROVIDER = Principal(Kind.PROGRAM, None, "single sign-on", 0, 0, grants=EVERYTHING)


class Identity(NamedTuple):
    """Who somebody is, as the provider says. `is_strong`: it has asked for more than a password."""

    issuer: str
    subject: str
    user_name: str
    name: str
    email: str = ""
    is_strong: bool = False


class Admission(NamedTuple):
    """How far a provider is trusted.

    `accounts`: those that are ``known`` by issuer and subject, or at the first sign-in ``matched``
    by the user name as well, or ``made`` besides, at the branch `branch_isil`. `roles` are what the
    claims give (`circulation.staff.held_roles`); None leaves the account's as they are.
    """

    accounts: Literal["known", "matched", "made"]
    branch_isil: str
    roles: tuple[str, ...] | None = None


@scalar(int)
def _known(*, issuer: str, subject: str) -> Statement:
    its = staff_identities.c
    return select(its.staff_id).where(its.issuer == issuer, its.subject == subject)


@scalar(str)
def _subject(*, issuer: str, staff_id: int) -> Statement:
    its = staff_identities.c
    return select(its.subject).where(its.issuer == issuer, its.staff_id == staff_id)


@send
def _insert(*, issuer: str, subject: str, staff_id: int) -> Statement:
    return insert(staff_identities).values(locals())


def sign_in_by_identity(
    act: Act, identity: Identity, admission: Admission, arrival: Arrival
) -> SignedIn | NotSignedIn:
    """Lets somebody in for whom a provider vouches. Refused with NO_ACCOUNT, NO_ROLE,
    NO_SECOND_FACTOR; without a role no account is made, and one that is there loses its own.

    Raises ValueError where the admission does not fit the library: a branch or role that is not
    there.
    """
    account = _account(act, identity, admission)
    if admission.roles == ():
        if account is not None:
            _give_roles(act, account, admission)
        return _refused(act, SignInRefusal.NO_ROLE, identity, account)
    if account is None or account.disabled is not None:
        return _refused(act, SignInRefusal.NO_ACCOUNT, identity, account)
    place = arrived(act, account.agency_id, arrival)
    if place.wants_second_factor and not identity.is_strong:
        return NotSignedIn(SignInRefusal.NO_SECOND_FACTOR)
    _give_roles(act, account, admission)
    methods = "provider mfa" if identity.is_strong else "provider"
    return let_in_staff(act, account.id, account.user_name, place, Proof(methods))


def _refused(
    act: Act, refusal: SignInRefusal, identity: Identity, account: Account | None
) -> NotSignedIn:
    told = {"why": refusal.name.lower(), "issuer": identity.issuer}
    if account is not None:
        told["staff"] = account.user_name
    append_event(act, NewEvent(EventKind.STAFF_REFUSED, after=told))
    return NotSignedIn(refusal)


def _account(act: Act, identity: Identity, admission: Admission) -> Account | None:
    """The account, under its lock; matched or made where that is allowed."""
    transaction, (issuer, subject) = act.transaction, identity[:2]
    staff_id = _known(transaction, issuer=issuer, subject=subject)
    if staff_id is not None:
        account = account_of(transaction, staff_id=staff_id)
        assert account is not None
        lock_account(transaction, user_name=account.user_name)
        return account_of(transaction, staff_id=staff_id)
    if admission.accounts == "known" or not identity.user_name:
        return None
    lock_account(transaction, user_name=folded_name(identity.user_name))
    account = account_named(transaction, identity.user_name)
    if account is not None and _subject(transaction, issuer=issuer, staff_id=account.id):
        return None  # it is somebody else's, who has the name no longer
    if account is None and admission.accounts == "made" and admission.roles != ():
        account = _made(act, identity, admission)
    if account is not None:
        _insert(transaction, issuer=issuer, subject=subject, staff_id=account.id)
        told = {"staff": account.user_name, "fields": ["identity"], "issuer": issuer}
        append_event(act, NewEvent(EventKind.STAFF_CHANGED, after=told))
    return account


def _made(act: Act, identity: Identity, admission: Admission) -> Account:
    branch = find_branch(act.transaction, isil=admission.branch_isil)
    if branch is None:
        raise ValueError(f"there is no branch {admission.branch_isil}")
    fields = AccountFields(identity.name or identity.user_name, branch.id, identity.email)
    return add_account(act, _PROVIDER, identity.user_name, fields)


def _give_roles(act: Act, account: Account, admission: Admission) -> None:
    if admission.roles is None:
        return
    held = held_roles(act.transaction, admission.roles, account.agency_id)
    if list(held) != roles_of(act.transaction, staff_id=account.id):
        fields = AccountFields(**{name: getattr(account, name) for name in AccountFields._fields})
        change_account(act, _PROVIDER, account, fields, held)
