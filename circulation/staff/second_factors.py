"""Second factors: codes of an authenticator, and recovery codes for who has lost it or a passkey.

The secret is sealed under the key of the configuration, so that a copy of the database lets nobody
in; without a key there are no second factors. A code is taken once, whoever tries it at the same
time: the step that it belongs to is written with the condition that it is later than the last.
"""

from __future__ import annotations

from base64 import b32decode, b32encode
from datetime import datetime
from secrets import token_bytes
from typing import NamedTuple

from sqlalchemy import delete, func, insert, select, update

from catalogue.database import (
    Statement,
    Transaction,
    change,
    columns,
    one,
    scalar_one,
    send,
    send_many,
)
from circulation.kernel.act import Act
from circulation.kernel.engine import Circulation
from circulation.patrons.identifiers import IDENTIFIERS
from circulation.patrons.seals import Seal, Unreadable
from circulation.staff.passkeys import forget_passkeys
from circulation.staff.schema import recovery_codes, second_factors
from circulation.staff.tokens import digest_of
from circulation.staff.totp import new_secret, step_of

#: How many recovery codes there are at once, and of how many characters.
RECOVERY_CODES, _RECOVERY_CHARACTERS = 10, 16


class NoSeal(ValueError):
    """There is no key to keep the secret under: set seal_key in the configuration."""


class SecondFactor(NamedTuple):
    """What is kept of an account's authenticator."""

    sealed: bytes | None
    pending: bytes | None
    last_step: int


class _RecoveryCode(NamedTuple):
    staff_id: int
    digest: bytes


@one(SecondFactor)
def second_factor_of(*, staff_id: int) -> Statement:
    """None where there has never been one."""
    return select(*columns(SecondFactor, second_factors)).where(
        second_factors.c.staff_id == staff_id
    )


@send
def _insert(*, staff_id: int, pending: bytes) -> Statement:
    return insert(second_factors).values(staff_id=staff_id, pending=pending, last_step=0)


@change
def _set_pending(*, staff_id: int, pending: bytes) -> Statement:
    its = second_factors.c
    return update(second_factors).where(its.staff_id == staff_id).values(pending=pending)


@change
def _confirm(*, staff_id: int, step: int) -> Statement:
    its = second_factors.c
    waiting = its.staff_id == staff_id, its.pending.is_not(None)
    taken = {"sealed": its.pending, "pending": None, "last_step": step}
    return update(second_factors).where(*waiting).values(taken)


@change
def _take(*, staff_id: int, step: int) -> Statement:
    its = second_factors.c
    later = its.staff_id == staff_id, its.last_step < step
    return update(second_factors).where(*later).values(last_step=step)


@change
def _forget(*, staff_id: int) -> Statement:
    return delete(second_factors).where(second_factors.c.staff_id == staff_id)


@send_many
def _insert_codes(code: _RecoveryCode) -> Statement:
    return insert(recovery_codes).values(code._asdict())


@change
def _take_code(*, staff_id: int, digest: bytes) -> Statement:
    its = recovery_codes.c
    return delete(recovery_codes).where(its.staff_id == staff_id, its.digest == digest)


@scalar_one(int)
def recovery_codes_left(*, staff_id: int) -> Statement:
    """How many there are that nobody has used."""
    return select(func.count()).where(recovery_codes.c.staff_id == staff_id)


@send
def _forget_codes(*, staff_id: int) -> Statement:
    return delete(recovery_codes).where(recovery_codes.c.staff_id == staff_id)


def begin_second_factor(act: Act, staff_id: int) -> str:
    """The secret, in base 32, for the owner's authenticator; it counts once they have shown a code.

    One that they have already counts until then. Raises NoSeal.
    """
    secret = new_secret()
    sealed = _seal(act.circulation).sealed(secret, _owner(staff_id))
    if not _set_pending(act.transaction, staff_id=staff_id, pending=sealed):
        _insert(act.transaction, staff_id=staff_id, pending=sealed)
    return secret


def confirm_second_factor(act: Act, staff_id: int, code: str) -> tuple[str, ...] | None:
    """The recovery codes, which are told this once; None where the code is wrong."""
    kept = second_factor_of(act.transaction, staff_id=staff_id)
    if kept is None or kept.pending is None:
        return None
    step = _step(act.circulation, kept.pending, staff_id, code, act.now, 0)
    if step is None or not _confirm(act.transaction, staff_id=staff_id, step=step):
        return None
    return new_recovery_codes(act.transaction, staff_id)


def new_recovery_codes(transaction: Transaction, staff_id: int) -> tuple[str, ...]:
    """In place of those before; they are told this once."""
    codes = tuple(_new_recovery_code() for _ in range(RECOVERY_CODES))
    _forget_codes(transaction, staff_id=staff_id)
    _insert_codes(transaction, [_RecoveryCode(staff_id, digest_of(_plain(each))) for each in codes])
    return codes


def remove_second_factor(transaction: Transaction, staff_id: int) -> bool:
    """For who has lost it, the passkeys as well; False where there was none."""
    _forget_codes(transaction, staff_id=staff_id)
    removed = _forget(transaction, staff_id=staff_id)
    return bool(removed + forget_passkeys(transaction, staff_id=staff_id))


def take_code(act: Act, staff_id: int, kept: SecondFactor | None, code: str) -> str | None:
    """``code`` or ``recovery``, whichever was shown and is none any more; None for a wrong one."""
    if len(_plain(code)) == _RECOVERY_CHARACTERS:
        taken = _take_code(act.transaction, staff_id=staff_id, digest=digest_of(_plain(code)))
        return "recovery" if taken else None
    if kept is None or kept.sealed is None:
        return None
    step = _step(act.circulation, kept.sealed, staff_id, code, act.now, kept.last_step)
    if step is None or not _take(act.transaction, staff_id=staff_id, step=step):
        return None
    return "code"


def _step(
    circulation: Circulation, sealed: bytes, staff_id: int, code: str, now: datetime, after: int
) -> int | None:
    try:
        secret = _seal(circulation).opened(bytes(sealed), _owner(staff_id))
    except (NoSeal, Unreadable):
        return None
    return step_of(b32decode(secret), code, now, after)


def _seal(circulation: Circulation) -> Seal:
    seal = IDENTIFIERS.of(circulation).seal
    if seal is None:
        raise NoSeal("a second factor needs a key to be kept under: [circulation] seal_key")
    return seal


def _owner(staff_id: int) -> str:
    return f"staff {staff_id}"


def _new_recovery_code() -> str:
    text = b32encode(token_bytes(_RECOVERY_CHARACTERS * 5 // 8)).decode().lower()
    return "-".join(text[start : start + 4] for start in range(0, _RECOVERY_CHARACTERS, 4))


def _plain(code: str) -> str:
    return "".join(filter(str.isalnum, code)).lower()
