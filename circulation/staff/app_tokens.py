"""Codes and refresh tokens of apps as they are kept: by their digests, and until they would end.

All that one consent has led to is a family, with the access tokens (sessions) that were given for
it. A code or refresh token is taken once; one that comes a second time is in two hands, and ends
the family (RFC 6749, 4.1.2; RFC 9700, 4.14.2). So those that were taken are kept as well.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import delete, insert, select, update

from catalogue.database import Statement, Transaction, change, columns, one, send
from circulation.staff.schema import app_tokens, sessions
from circulation.staff.tokens import digest_of, new_token


class Consent(NamedTuple):
    """What somebody has agreed to: of `staff_id` and `patron_id` exactly one. `ends` is when
    nothing can be got for it any more."""

    family: bytes
    program_id: int
    staff_id: int | None
    patron_id: int | None
    scope: str
    ends: datetime


class KeptToken(NamedTuple):
    """A code (`redirect_uri` and `challenge` are those of its request) or refresh token."""

    digest: bytes
    family: bytes
    program_id: int
    staff_id: int | None
    patron_id: int | None
    scope: str
    ends: datetime
    redirect_uri: str | None
    challenge: str | None
    expires: datetime
    used: datetime | None

    @property
    def consent(self) -> Consent:
        return Consent(*(getattr(self, name) for name in Consent._fields))


@one(KeptToken)
def _with(*, digest: bytes) -> Statement:
    return select(*columns(KeptToken, app_tokens)).where(app_tokens.c.digest == digest)


@send
def _insert(
    *,
    digest: bytes,
    family: bytes,
    program_id: int,
    staff_id: int | None,
    patron_id: int | None,
    scope: str,
    ends: datetime,
    redirect_uri: str | None,
    challenge: str | None,
    expires: datetime,
) -> Statement:
    return insert(app_tokens).values(locals())


@change
def _use(*, digest: bytes, now: datetime) -> Statement:
    its = app_tokens.c
    return update(app_tokens).where(its.digest == digest, its.used.is_(None)).values(used=now)


@send
def _end_sessions(*, family: bytes) -> Statement:
    return delete(sessions).where(sessions.c.family == family)


@send
def _forget_family(*, family: bytes) -> Statement:
    return delete(app_tokens).where(app_tokens.c.family == family)


@send
def forget_tokens_of_staff(*, staff_id: int) -> Statement:
    """Apps get nothing more in the name of the account."""
    return delete(app_tokens).where(app_tokens.c.staff_id == staff_id)


@send
def forget_tokens_of_program(*, program_id: int) -> Statement:
    """The app gets nothing more in anybody's name."""
    return delete(app_tokens).where(app_tokens.c.program_id == program_id)


@change
def forget_app_tokens(*, now: datetime) -> Statement:
    """Deletes those whose consent has ended; gives how many."""
    return delete(app_tokens).where(app_tokens.c.ends <= now)


def new_code(
    transaction: Transaction,
    consent: Consent,
    asked: tuple[str, str],
    now: datetime,
    lasts: timedelta,
) -> str:
    """A code for what was `asked`: redirect URI and challenge."""
    return _new(transaction, consent, (*asked, now + lasts))


def new_refresh_token(transaction: Transaction, consent: Consent) -> str:
    """One that lasts as long as the consent."""
    return _new(transaction, consent, (None, None, consent.ends))


def _new(
    transaction: Transaction, consent: Consent, rest: tuple[str | None, str | None, datetime]
) -> str:
    token, (redirect_uri, challenge, expires) = new_token(), rest
    _insert(
        transaction,
        digest=digest_of(token),
        redirect_uri=redirect_uri,
        challenge=challenge,
        expires=expires,
        **consent._asdict(),
    )
    return token


def kept_token(transaction: Transaction, token: str) -> KeptToken | None:
    """What is known of a code or a refresh token, whether it was taken or not."""
    return _with(transaction, digest=digest_of(token))


def use_token(transaction: Transaction, kept: KeptToken, now: datetime) -> bool:
    """Takes it; False where somebody has taken it before."""
    return bool(_use(transaction, digest=kept.digest, now=now))


def end_family(transaction: Transaction, family: bytes) -> None:
    """Ends all that the consent has led to."""
    _end_sessions(transaction, family=family)
    _forget_family(transaction, family=family)
