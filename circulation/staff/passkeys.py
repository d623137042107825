"""Passkeys of the staff as they are kept: public keys, each with the name that its owner gave.

The secret never leaves the authenticator, so nothing here lets anybody in. How a passkey is made
and shown is in `circulation.staff.ceremonies`.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, insert, or_, select, update

from catalogue.database import Statement, change, columns, many, one, scalar_one, send
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.staff.accounts import Account
from circulation.staff.schema import passkeys

#: How many an account may have.
MOST = 20


class Passkey(NamedTuple):
    """A passkey. `public_key` is a COSE key; `sign_count` what the authenticator counted when it
    was shown last, 0 where it does not count."""

    id: int
    staff_id: int
    credential_id: bytes
    public_key: bytes
    sign_count: int
    name: str
    created: datetime
    used: datetime | None


@many(Passkey)
def passkeys_of(*, staff_id: int) -> Statement:
    """Those of an account, the oldest first."""
    its = passkeys.c
    return select(*columns(Passkey, passkeys)).where(its.staff_id == staff_id).order_by(its.id)


@one(Passkey)
def passkey_with(*, credential_id: bytes) -> Statement:
    """The one that an authenticator calls so."""
    return select(*columns(Passkey, passkeys)).where(passkeys.c.credential_id == credential_id)


@scalar_one(int)
def _insert(
    *,
    staff_id: int,
    credential_id: bytes,
    public_key: bytes,
    sign_count: int,
    name: str,
    created: datetime,
) -> Statement:
    return insert(passkeys).values(locals()).returning(passkeys.c.id)


@change
def note_use(*, passkey_id: int, sign_count: int, now: datetime) -> Statement:
    """Changes no row where the counter has not gone on, unless it never counts (WebAuthn,
    7.2 step 22)."""
    its = passkeys.c
    goes_on = or_(its.sign_count < sign_count, (its.sign_count == 0) & (sign_count == 0))
    new = {"sign_count": sign_count, "used": now}
    return update(passkeys).where(its.id == passkey_id, goes_on).values(new)


@send
def _set_name(*, passkey_id: int, name: str) -> Statement:
    return update(passkeys).where(passkeys.c.id == passkey_id).values(name=name)


@send
def _delete(*, passkey_id: int) -> Statement:
    return delete(passkeys).where(passkeys.c.id == passkey_id)


@change
def forget_passkeys(*, staff_id: int) -> Statement:
    """All of an account; gives how many."""
    return delete(passkeys).where(passkeys.c.staff_id == staff_id)


def add_passkey(
    act: Act, account: Account, name: str, credential_id: bytes, public_key: bytes, sign_count: int
) -> int:
    """Gives its id."""
    passkey_id = _insert(
        act.transaction,
        staff_id=account.id,
        credential_id=credential_id,
        public_key=public_key,
        sign_count=sign_count,
        name=name,
        created=act.now,
    )
    _write(act, account, {"passkey": name, "what": "added"})
    return passkey_id


def rename_passkey(act: Act, account: Account, passkey: Passkey, name: str) -> None:
    """Its owner calls it otherwise."""
    _set_name(act.transaction, passkey_id=passkey.id, name=name)
    _write(act, account, {"passkey": name, "what": "renamed"})


def remove_passkey(act: Act, account: Account, passkey: Passkey) -> None:
    """Nobody gets in by it any more."""
    _delete(act.transaction, passkey_id=passkey.id)
    _write(act, account, {"passkey": passkey.name, "what": "removed"})


def _write(act: Act, account: Account, told: dict[str, str]) -> None:
    after = {"staff": account.user_name} | told
    append_event(act, NewEvent(EventKind.STAFF_CHANGED, after=after))
