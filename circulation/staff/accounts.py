"""Accounts of the staff as they are kept: who they are, and what roles they have."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, exists, or_, select

from catalogue.database import Statement, Transaction, columns, lock, many, one
from catalogue.schema import branches
from circulation.staff.roles import HeldRole
from circulation.staff.schema import passkeys, second_factors, staff_accounts, staff_roles


class Account(NamedTuple):
    """An account. `waiving_limit` is in minor units; None is no bound."""

    id: int
    user_name: str
    name: str
    email: str
    language: str
    branch_id: int
    branch_isil: str
    agency_id: int
    waiving_limit: int | None
    password_changed: datetime | None
    has_second_factor: bool
    created: datetime
    disabled: datetime | None

    @property
    def has_password(self) -> bool:
        """Or does a provider of single sign-on alone vouch for them?"""
        return self.password_changed is not None


class KeptPassword(NamedTuple):
    """What an account is let in by. `password_hash` is None where that is no password."""

    id: int
    agency_id: int
    password_hash: str | None
    disabled: datetime | None


def folded_name(user_name: str) -> str:
    """What user names are compared by, and kept as."""
    return unicodedata.normalize("NFKC", user_name).strip().casefold()


def _select() -> Select[Any]:
    its = {
        "id": staff_accounts.c.id,
        "name": staff_accounts.c.name,
        "branch_isil": branches.c.isil,
        "agency_id": branches.c.agency_id,
        "has_second_factor": or_(
            second_factors.c.sealed.is_not(None),
            exists().where(passkeys.c.staff_id == staff_accounts.c.id),
        ),
    }
    return (
        select(*columns(Account, staff_accounts, **its))
        .join(branches, branches.c.id == staff_accounts.c.branch_id)
        .outerjoin(second_factors, second_factors.c.staff_id == staff_accounts.c.id)
    )


@many(Account)
def all_accounts() -> Statement:
    """All of them, by user name."""
    return _select().order_by(staff_accounts.c.user_name)


@one(Account)
def _named(*, user_name: str) -> Statement:
    return _select().where(staff_accounts.c.user_name == user_name)


@one(Account)
def account_of(*, staff_id: int) -> Statement:
    """The account with this id."""
    return _select().where(staff_accounts.c.id == staff_id)


@many(HeldRole)
def roles_of(*, staff_id: int) -> Statement:
    """The roles of an account, as they were given."""
    its = staff_roles.c
    held = columns(HeldRole, staff_roles)
    return select(*held).where(its.staff_id == staff_id).order_by(its.id)


@lock
def lock_account(*, user_name: str) -> Statement:
    """Until the end of the transaction nobody changes how the account is let in."""
    its = staff_accounts.c
    return select(its.id).where(its.user_name == user_name).with_for_update()


@one(KeptPassword)
def password_of(*, user_name: str) -> Statement:
    """By the folded name."""
    return (
        select(*columns(KeptPassword, staff_accounts, agency_id=branches.c.agency_id))
        .join(branches, branches.c.id == staff_accounts.c.branch_id)
        .where(staff_accounts.c.user_name == user_name)
    )


def account_named(transaction: Transaction, user_name: str) -> Account | None:
    """The account with that user name, however it is written."""
    return _named(transaction, user_name=folded_name(user_name))
