"""What is done to accounts of the staff by who administers them.

An account is never deleted, as events name it; who has left is disabled. Nobody gives others more
than they have themselves, nor takes an account over that can do more (`BeyondOwnRights`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import delete, insert, select, update

from catalogue.database import Statement, Transaction, change, scalar_one, send, send_many
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.kernel.rights import Kind, Principal, Right
from circulation.languages.sentences import Sentence
from circulation.patrons.checking import is_email
from circulation.staff.accounts import Account, account_named, folded_name, roles_of
from circulation.staff.passkeys import Passkey, remove_passkey
from circulation.staff.roles import ROLES, Grants, HeldRole, Roles, beyond
from circulation.staff.schema import staff_accounts, staff_roles
from circulation.staff.second_factors import remove_second_factor
from circulation.staff.sessions import end_sessions_of_staff

_USER_NAME: Final = re.compile(r"[\w.@+-]{1,64}")
#: Characters of an account's preferences as JSON.
_PREFERENCES_AT_MOST: Final = 16_384


class StaffUnfit(ValueError):
    """What was said of an account cannot be so; `problems` has a sentence for each."""

    def __init__(self, problems: Sequence[Sentence]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


class BeyondOwnRights(ValueError):
    """It would give, or give access to, rights that whoever asks does not have themselves."""

    def __init__(self, rights: Sequence[Right]) -> None:
        names = ", ".join(sorted(each.value for each in rights))
        super().__init__(Sentence("BEYOND_OWN_RIGHTS", rights=names))
        self.rights = tuple(rights)


class AccountFields(NamedTuple):
    """What is written of an account, by who administers it."""

    name: str
    branch_id: int
    email: str = ""
    language: str = ""
    waiving_limit: int | None = None


class _RoleRow(NamedTuple):
    staff_id: int
    role: str
    agency_id: int | None
    branch_id: int | None


@scalar_one(str)
def _preferences(*, staff_id: int) -> Statement:
    return select(staff_accounts.c.preferences).where(staff_accounts.c.id == staff_id)


@scalar_one(int)
def _insert(
    *,
    user_name: str,
    name: str,
    branch_id: int,
    email: str,
    language: str,
    waiving_limit: int | None,
    password_hash: str | None,
    password_changed: datetime | None,
    preferences: str,
    created: datetime,
) -> Statement:
    return insert(staff_accounts).values(locals()).returning(staff_accounts.c.id)


@change
def _change(
    *,
    staff_id: int,
    name: str,
    branch_id: int,
    email: str,
    language: str,
    waiving_limit: int | None,
) -> Statement:
    new = {
        "name": name,
        "branch_id": branch_id,
        "email": email,
        "language": language,
        "waiving_limit": waiving_limit,
    }
    return update(staff_accounts).where(staff_accounts.c.id == staff_id).values(new)


@change
def _set_password(*, staff_id: int, password_hash: str, password_changed: datetime) -> Statement:
    new = {"password_hash": password_hash, "password_changed": password_changed}
    return update(staff_accounts).where(staff_accounts.c.id == staff_id).values(new)


@change
def _set_disabled(*, staff_id: int, disabled: datetime | None) -> Statement:
    its = staff_accounts.c
    return update(staff_accounts).where(its.id == staff_id).values(disabled=disabled)


@send
def _set_preferences(*, staff_id: int, preferences: str) -> Statement:
    its = staff_accounts.c
    return update(staff_accounts).where(its.id == staff_id).values(preferences=preferences)


@send
def _forget_roles(*, staff_id: int) -> Statement:
    return delete(staff_roles).where(staff_roles.c.staff_id == staff_id)


@send_many
def _insert_roles(row: _RoleRow) -> Statement:
    return insert(staff_roles).values(row._asdict())


def grants_of_account(act: Act, account: Account) -> Grants:
    """What the roles of the account give, whether it is disabled or not."""
    held = tuple(roles_of(act.transaction, staff_id=account.id))
    return _roles(act).grants(held, account.waiving_limit)


def add_account(
    act: Act,
    by: Principal,
    user_name: str,
    fields: AccountFields,
    held: Sequence[HeldRole] = (),
    password_hash: str | None = None,
) -> Account:
    """Makes an account; without a password nobody gets in yet.

    Raises StaffUnfit, BeyondOwnRights.
    """
    folded = folded_name(user_name)
    problems = _problems(act, fields, held)
    if not _USER_NAME.fullmatch(folded):
        problems.append(Sentence("USER_NAME"))
    elif account_named(act.transaction, folded) is not None:
        problems.append(Sentence("ACCOUNT_ALREADY", name=folded))
    if problems:
        raise StaffUnfit(problems)
    check_grants(act, by, _roles(act).grants(tuple(held), fields.waiving_limit))
    staff_id = _insert(
        act.transaction,
        user_name=folded,
        password_hash=password_hash,
        password_changed=None if password_hash is None else act.now,
        preferences="{}",
        created=act.now,
        **fields._asdict(),
    )
    _insert_roles(act.transaction, [_RoleRow(staff_id, *each) for each in held])
    _write(act, EventKind.STAFF_ADDED, folded, {"roles": _told(held)})
    account = account_named(act.transaction, folded)
    assert account is not None
    return account


def change_account(
    act: Act,
    by: Principal,
    account: Account,
    fields: AccountFields,
    held: Sequence[HeldRole] | None = None,
) -> None:
    """Changes what is written of an account, and its roles where they are given.

    Raises StaffUnfit, BeyondOwnRights.
    """
    before = roles_of(act.transaction, staff_id=account.id)
    after = before if held is None else list(held)
    if problems := _problems(act, fields, after if held is not None else ()):
        raise StaffUnfit(problems)
    check_grants(act, by, grants_of_account(act, account))
    check_grants(act, by, _roles(act).grants(tuple(after), fields.waiving_limit))
    _change(act.transaction, staff_id=account.id, **fields._asdict())
    told: dict[str, Any] = {
        "fields": [
            name for name, value in fields._asdict().items() if value != getattr(account, name)
        ]
    }
    if after != before:
        _forget_roles(act.transaction, staff_id=account.id)
        _insert_roles(act.transaction, [_RoleRow(account.id, *each) for each in after])
        told["roles"] = _told(after)
    _write(act, EventKind.STAFF_CHANGED, account.user_name, told)


def set_password(
    act: Act, by: Principal, account: Account, password_hash: str, keep: bytes = b""
) -> None:
    """Gives the account another password, and ends its sessions but the one with the digest `keep`.

    Raises BeyondOwnRights, unless it is their own.
    """
    _check_account(act, by, account)
    _set_password(
        act.transaction,
        staff_id=account.id,
        password_hash=password_hash,
        password_changed=act.now,
    )
    end_sessions_of_staff(act.transaction, staff_id=account.id, but=keep)
    _write(act, EventKind.STAFF_CHANGED, account.user_name, {"fields": ["password"]})


def disable_account(act: Act, by: Principal, account: Account) -> None:
    """Who has left: nobody gets in by the account any more, and who is in is out."""
    _check_account(act, by, account)
    _set_disabled(act.transaction, staff_id=account.id, disabled=act.now)
    end_sessions_of_staff(act.transaction, staff_id=account.id, but=b"")
    _write(act, EventKind.STAFF_CHANGED, account.user_name, {"disabled": True})


def enable_account(act: Act, by: Principal, account: Account) -> None:
    """They are back, with the roles that they had."""
    _check_account(act, by, account)
    _set_disabled(act.transaction, staff_id=account.id, disabled=None)
    _write(act, EventKind.STAFF_CHANGED, account.user_name, {"disabled": False})


def take_second_factor(act: Act, by: Principal, account: Account) -> bool:
    """For who has lost their authenticator and the recovery codes, or all of their passkeys; False
    where there was none."""
    _check_account(act, by, account)
    end_sessions_of_staff(act.transaction, staff_id=account.id, but=b"")
    _write(act, EventKind.STAFF_CHANGED, account.user_name, {"fields": ["second factor"]})
    return remove_second_factor(act.transaction, account.id)


def take_passkey_away(act: Act, by: Principal, account: Account, passkey: Passkey) -> None:
    """For who has lost it. Raises BeyondOwnRights."""
    _check_account(act, by, account)
    end_sessions_of_staff(act.transaction, staff_id=account.id, but=b"")
    remove_passkey(act, account, passkey)


def preferences_of_account(transaction: Transaction, staff_id: int) -> dict[str, Any]:
    """What somebody has chosen for themselves: keys of the desk and the like."""
    found: dict[str, Any] = json.loads(_preferences(transaction, staff_id=staff_id))
    return found


def set_preferences_of_account(
    transaction: Transaction, staff_id: int, preferences: Mapping[str, Any]
) -> None:
    """In place of those before. Raises StaffUnfit for more than 16 KiB."""
    written = json.dumps(preferences, ensure_ascii=False, separators=(",", ":"))
    if len(written) > _PREFERENCES_AT_MOST:
        raise StaffUnfit([Sentence("PREFERENCES_TOO_LONG", most=_PREFERENCES_AT_MOST)])
    _set_preferences(transaction, staff_id=staff_id, preferences=written)


def _roles(act: Act) -> Roles:
    return ROLES.of(act.circulation.current_set_up(act.transaction))


def _problems(act: Act, fields: AccountFields, held: Sequence[HeldRole]) -> list[Sentence]:
    problems = [
        Sentence("NO_ROLE", role=each.role) for each in held if each.role not in _roles(act).by_code
    ]
    if not fields.name.strip():
        problems.append(Sentence("ACCOUNT_NAME"))
    if fields.email and not is_email(fields.email):
        problems.append(Sentence("NO_EMAIL"))
    if fields.waiving_limit is not None and fields.waiving_limit < 0:
        problems.append(Sentence("LIMIT_BELOW_NOTHING"))
    return problems


def _check_account(act: Act, by: Principal, account: Account) -> None:
    if (by.kind, by.id) != (Kind.STAFF, account.id):
        check_grants(act, by, grants_of_account(act, account))


def check_grants(act: Act, by: Principal, wanted: Grants) -> None:
    set_up = act.circulation.current_set_up(act.transaction)
    agency_of = {each.id: each.agency_id for each in set_up.branches.values()}
    if rights := beyond(wanted, by.grants, agency_of):
        raise BeyondOwnRights(rights)


def _told(held: Sequence[HeldRole]) -> list[dict[str, Any]]:
    return [each._asdict() for each in held]


def _write(act: Act, kind: EventKind, user_name: str, told: dict[str, Any]) -> None:
    append_event(act, NewEvent(kind, after={"staff": user_name} | told))
