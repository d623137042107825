"""Programs: bots and web sites, each with a secret of its own and a set of rights.

A program shows its client id and secret (RFC 6749, 4.4: client credentials) and gets an access
token for an hour; one that cannot do so is given a bearer token (RFC 6750) that holds until the
program expires. Both are sessions, and end when it is revoked. A program that works in the name of
others, with their consent, is an app (`circulation.staff.apps`), and gets nothing in its own.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime, timedelta
from hmac import compare_digest
from secrets import token_hex
from typing import Any, Final, NamedTuple

from sqlalchemy import Select, insert, select, update

from catalogue.database import Statement, Transaction, change, columns, many, one, scalar_one
from catalogue.schema import branches
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.kernel.rights import Kind, Principal, Right
from circulation.languages.sentences import Sentence
from circulation.staff.administering import StaffUnfit, check_grants
from circulation.staff.app_tokens import forget_tokens_of_program
from circulation.staff.redirects import problems_of_redirects
from circulation.staff.results import NotSignedIn, SignedIn, SignInRefusal
from circulation.staff.roles import grants_of_program
from circulation.staff.schema import programs
from circulation.staff.sessions import (
    NewSession,
    begin_session,
    end_sessions_of_program,
    session_of,
)
from circulation.staff.tokens import digest_of, new_token
from circulation.staff.wrong_passwords import forget_failures_of, must_wait, note_failure

#: How long an access token holds that is got by client credentials.
ACCESS_TOKEN: Final = timedelta(hours=1)


class NewProgram(NamedTuple):
    """A program to be. `is_of_all`: its rights hold at all agencies, not only at its branch's.

    An app `acts_for` staff or patrons, a value of `Kind`, and comes back to its `redirect_uris`;
    its rights are what it may ask staff for.
    """

    name: str
    branch_id: int
    rights: Collection[Right]
    is_of_all: bool = False
    requests_per_minute: int = 600
    expires: datetime | None = None
    acts_for: str | None = None
    redirect_uris: tuple[str, ...] = ()


class Program(NamedTuple):
    """A program; `rights` and `redirect_uris` are JSON arrays."""

    id: int
    client_id: str
    name: str
    branch_id: int
    branch_isil: str
    agency_id: int
    is_of_all: bool
    rights: str
    requests_per_minute: int
    created: datetime
    expires: datetime | None
    revoked: datetime | None
    acts_for: str | None
    redirect_uris: str | None

    @property
    def ways_back(self) -> tuple[str, ...]:
        """The addresses to which browsers are sent back to it."""
        return tuple(json.loads(self.redirect_uris or "[]"))

    def is_app_at(self, now: datetime) -> bool:
        """Does it work in somebody's name, and still?"""
        is_over = self.revoked is not None or (self.expires is not None and self.expires <= now)
        return self.acts_for is not None and not is_over


class AddedProgram(NamedTuple):
    """What its owner is told this once; `bearer` is None where none was asked for."""

    client_id: str
    secret: str
    bearer: str | None


class _KeptSecret(NamedTuple):
    id: int
    secret_digest: bytes
    expires: datetime | None
    revoked: datetime | None
    acts_for: str | None


def _select() -> Select[Any]:
    its = {
        "id": programs.c.id,
        "name": programs.c.name,
        "branch_isil": branches.c.isil,
        "agency_id": branches.c.agency_id,
    }
    return select(*columns(Program, programs, **its)).join(
        branches, branches.c.id == programs.c.branch_id
    )


@many(Program)
def all_programs() -> Statement:
    """All of them, by name; those that were revoked as well."""
    return _select().order_by(programs.c.name)


@one(Program)
def program_named(*, name: str) -> Statement:
    return _select().where(programs.c.name == name)


@one(Program)
def program_with(*, client_id: str) -> Statement:
    return _select().where(programs.c.client_id == client_id)


@one(_KeptSecret)
def _secret_of(*, client_id: str) -> Statement:
    return select(*columns(_KeptSecret, programs)).where(programs.c.client_id == client_id)


@scalar_one(int)
def _insert(
    *,
    client_id: str,
    name: str,
    secret_digest: bytes,
    branch_id: int,
    is_of_all: bool,
    rights: str,
    requests_per_minute: int,
    created: datetime,
    expires: datetime | None,
    acts_for: str | None,
    redirect_uris: str | None,
) -> Statement:
    return insert(programs).values(locals()).returning(programs.c.id)


@change
def _revoke(*, program_id: int, revoked: datetime) -> Statement:
    return update(programs).where(programs.c.id == program_id).values(revoked=revoked)


def add_program(
    act: Act, by: Principal, new: NewProgram, *, with_bearer: bool = False
) -> AddedProgram:
    """Raises StaffUnfit and `circulation.staff.administering.BeyondOwnRights`."""
    if problems := _problems(act, new, with_bearer):
        raise StaffUnfit(problems)
    rights = json.dumps(sorted(each.value for each in new.rights))
    branch = act.circulation.current_set_up(act.transaction).branches[new.branch_id]
    check_grants(act, by, grants_of_program(rights, None if new.is_of_all else branch.agency_id))
    client_id, secret = f"tiro-{token_hex(8)}", new_token()
    program_id = _insert(
        act.transaction,
        client_id=client_id,
        secret_digest=digest_of(secret),
        created=act.now,
        **new._asdict()
        | {
            "name": new.name.strip(),
            "rights": rights,
            "redirect_uris": json.dumps(new.redirect_uris) if new.acts_for else None,
        },
    )
    _write(act, new.name.strip(), {"rights": json.loads(rights)})
    if new.expires is None or not with_bearer:
        return AddedProgram(client_id, secret, None)
    bearer = NewSession("bearer", "", new.expires, None, program_id=program_id)
    return AddedProgram(client_id, secret, begin_session(act.transaction, bearer, act.now))


def _problems(act: Act, new: NewProgram, with_bearer: bool) -> list[Sentence]:
    problems = []
    if not new.name.strip():
        problems.append(Sentence("PROGRAM_NAME"))
    elif program_named(act.transaction, name=new.name.strip()) is not None:
        problems.append(Sentence("PROGRAM_ALREADY", name=new.name.strip()))
    if new.expires is not None and new.expires <= act.now:
        problems.append(Sentence("PROGRAM_EXPIRED"))
    if with_bearer and new.expires is None:
        problems.append(Sentence("TOKEN_EXPIRES"))
    if new.requests_per_minute < 1:
        problems.append(Sentence("ASKS_ONCE"))
    if bool(new.acts_for) != bool(new.redirect_uris):
        problems.append(Sentence("APP_ADDRESSES"))
    if new.acts_for and with_bearer:
        problems.append(Sentence("APP_TOKEN"))
    if new.acts_for == Kind.PATRON.value and new.rights:
        problems.append(Sentence("APP_RIGHTS"))
    return problems + problems_of_redirects(new.redirect_uris)


def revoke_program(act: Act, program: Program) -> None:
    """Nothing is done for it any more."""
    _revoke(act.transaction, program_id=program.id, revoked=act.now)
    end_sessions_of_program(act.transaction, program_id=program.id)
    forget_tokens_of_program(act.transaction, program_id=program.id)
    _write(act, program.name, {"revoked": True})


def access_token(act: Act, client_id: str, secret: str, address: str) -> SignedIn | NotSignedIn:
    """An access token for client credentials. Refused with WRONG or MUST_WAIT."""
    transaction, circulation, _, now = act
    if must_wait(transaction, client_id, address, now, is_known=False):
        return NotSignedIn(SignInRefusal.MUST_WAIT)
    kept = _secret_of(transaction, client_id=client_id)
    is_right = compare_digest(digest_of(secret), bytes(kept.secret_digest) if kept else b"")
    is_over = kept is None or kept.revoked or (kept.expires and kept.expires <= now)
    if kept is None or not is_right or is_over or kept.acts_for is not None:
        note_failure(transaction, client_id, address, now)
        told = {"program": client_id[:64], "address": address} if kept else {"address": address}
        append_event(act, NewEvent(EventKind.STAFF_REFUSED, after=told))
        return NotSignedIn(SignInRefusal.WRONG)
    forget_failures_of(transaction, client_id, address)
    expires = min(now + ACCESS_TOKEN, kept.expires or now + ACCESS_TOKEN)
    new = NewSession("secret", address, expires, None, program_id=kept.id)
    token = begin_session(transaction, new, now)
    session = session_of(circulation, transaction, token, now)
    assert session is not None
    return SignedIn(token, session)


def has_secret(transaction: Transaction, program: Program, secret: str) -> bool:
    """Is it the program's?"""
    kept = _secret_of(transaction, client_id=program.client_id)
    return kept is not None and compare_digest(digest_of(secret), bytes(kept.secret_digest))


def _write(act: Act, name: str, told: dict[str, Any]) -> None:
    append_event(act, NewEvent(EventKind.PROGRAM_CHANGED, after={"program": name} | told))
