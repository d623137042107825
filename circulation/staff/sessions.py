"""Who is signed in: opaque tokens, in the database, so that they outlive a restart.

A session ends after its absolute limit, after its idle limit, when somebody signs out, and when the
account is disabled or gets another password. A request reads it with all that makes a `Principal`
in one statement; that it was used is written at most once a minute (`Session.is_stale`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, delete, func, insert, select, update

from catalogue.database import Statement, Transaction, change, columns, many, send
from catalogue.schema import branches
from circulation.kernel.engine import Circulation
from circulation.kernel.rights import Kind, Principal
from circulation.kernel.set_up import VERSION, SetUp
from circulation.patrons.schema import patrons
from circulation.staff.app_tokens import forget_tokens_of_staff
from circulation.staff.desk_sign_ins import forget_desks_of, forget_people_at
from circulation.staff.roles import ROLES, Grants, HeldRole, grants_of_program
from circulation.staff.schema import programs, sessions, staff_accounts, staff_roles, workstations
from circulation.staff.tokens import digest_of, new_token

#: How old `seen` may become before it is written anew.
_STALE = timedelta(minutes=1)


class NewSession(NamedTuple):
    """A session to begin; of staff, patron and program one. That of an app has its program besides,
    the `scope` of what it may do, and the family of its tokens."""

    methods: str
    address: str
    expires: datetime
    idle_minutes: int | None
    staff_id: int | None = None
    patron_id: int | None = None
    program_id: int | None = None
    workstation_id: int | None = None
    is_limited: bool = False
    scope: str | None = None
    family: bytes | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is signed in. `digest` names the session without letting anybody in.

    `methods` are the words for how they have shown who they are: password, code, recovery, passkey,
    pin, secret. `is_limited`: all that is open to them is setting up a second factor, and they have
    no rights before. `ends` is when they have to sign in again if they do nothing until then.
    `is_stale`: the caller has `touch` written, and need not wait for it. `scope` is what may be
    done with it in the name of somebody, by an app or in a realm that has scopes; None: everything.
    """

    principal: Principal
    digest: bytes
    methods: frozenset[str]
    is_limited: bool
    expires: datetime
    ends: datetime
    is_stale: bool
    requests_per_minute: int | None = None
    workstation_id: int | None = None
    language: str = ""
    program_id: int | None = None
    scope: str | None = None


class Open(NamedTuple):
    """A session as its owner is shown it; `workstation` is None where it is at none."""

    digest: bytes
    methods: str
    address: str
    workstation: str | None
    created: datetime
    seen: datetime
    expires: datetime
    idle_minutes: int | None

    @property
    def ends(self) -> datetime:
        """When it ends if nothing is done."""
        if self.idle_minutes is None:
            return self.expires
        return min(self.expires, self.seen + timedelta(minutes=self.idle_minutes))


class _Row(NamedTuple):
    version: int
    methods: str
    is_limited: bool
    address: str
    seen: datetime
    idle_minutes: int | None
    expires: datetime
    staff_id: int | None
    user_name: str | None
    language: str | None
    disabled: datetime | None
    waiving_limit: int | None
    role: str | None
    role_agency_id: int | None
    role_branch_id: int | None
    patron_id: int | None
    program_id: int | None
    program_name: str | None
    is_of_all: bool | None
    rights: str | None
    requests_per_minute: int | None
    program_expires: datetime | None
    revoked: datetime | None
    workstation_id: int | None
    workstation: str | None
    branch_id: int
    agency_id: int
    scope: str | None


def _where_they_are() -> ColumnElement[int]:
    """The branch: that of the workstation, else that of the account, patron or program."""
    return func.coalesce(
        workstations.c.branch_id,
        staff_accounts.c.branch_id,
        patrons.c.home_branch_id,
        programs.c.branch_id,
    )


@many(_Row)
def _rows(*, digest: bytes) -> Statement:
    """The session, once for each role of its account."""
    its = {
        "version": VERSION,
        "expires": sessions.c.expires,
        "staff_id": sessions.c.staff_id,
        "patron_id": sessions.c.patron_id,
        "language": func.coalesce(staff_accounts.c.language, patrons.c.language),
        "role_agency_id": staff_roles.c.agency_id,
        "role_branch_id": staff_roles.c.branch_id,
        "program_id": sessions.c.program_id,
        "program_name": programs.c.name,
        "program_expires": programs.c.expires,
        "workstation": workstations.c.name,
        "branch_id": branches.c.id,
        "agency_id": branches.c.agency_id,
    }
    tables = (
        sessions.outerjoin(staff_accounts, staff_accounts.c.id == sessions.c.staff_id)
        .outerjoin(staff_roles, staff_roles.c.staff_id == sessions.c.staff_id)
        .outerjoin(patrons, patrons.c.id == sessions.c.patron_id)
        .outerjoin(programs, programs.c.id == sessions.c.program_id)
        .outerjoin(workstations, workstations.c.id == sessions.c.workstation_id)
        .join(branches, branches.c.id == _where_they_are())
    )
    known = (sessions, staff_accounts, staff_roles, programs)
    return (
        select(*columns(_Row, *known, **its))
        .select_from(tables)
        .where(sessions.c.digest == digest)
        .order_by(staff_roles.c.id)
    )


@many(Open)
def sessions_of(*, staff_id: int) -> Statement:
    """Those of an account, the one that was used last first; some may be over."""
    its = {"workstation": workstations.c.name}
    return (
        select(*columns(Open, sessions, **its))
        .outerjoin(workstations, workstations.c.id == sessions.c.workstation_id)
        .where(sessions.c.staff_id == staff_id)
        .order_by(sessions.c.seen.desc(), sessions.c.digest)
    )


@send
def _insert(
    *,
    digest: bytes,
    methods: str,
    address: str,
    created: datetime,
    seen: datetime,
    expires: datetime,
    idle_minutes: int | None,
    staff_id: int | None,
    patron_id: int | None,
    program_id: int | None,
    workstation_id: int | None,
    is_limited: bool,
    scope: str | None,
    family: bytes | None,
) -> Statement:
    return insert(sessions).values(locals())


@send
def touch(*, digest: bytes, now: datetime) -> Statement:
    """Notes that the session was used; for one that `is_stale`."""
    return update(sessions).where(sessions.c.digest == digest).values(seen=now)


@change
def end_session_with(*, digest: bytes) -> Statement:
    """Ends the session that the digest names."""
    return delete(sessions).where(sessions.c.digest == digest)


@send
def _end_of_staff(*, staff_id: int, but: bytes) -> Statement:
    return delete(sessions).where(sessions.c.staff_id == staff_id, sessions.c.digest != but)


@change
def end_sessions_of_patron(*, patron_id: int, but: bytes) -> Statement:
    """Ends all sessions of the patron but the one with that digest (empty: all)."""
    return delete(sessions).where(sessions.c.patron_id == patron_id, sessions.c.digest != but)


@change
def end_sessions_of_program(*, program_id: int) -> Statement:
    """Ends all sessions of the program."""
    return delete(sessions).where(sessions.c.program_id == program_id)


@send
def _end_at(*, workstation_id: int) -> Statement:
    return delete(sessions).where(sessions.c.workstation_id == workstation_id)


@change
def move_session(*, digest: bytes, workstation_id: int | None) -> Statement:
    """The session goes on at that workstation, and at its branch; None: at none."""
    here = {"workstation_id": workstation_id}
    return update(sessions).where(sessions.c.digest == digest).values(here)


@change
def forget_sessions(*, now: datetime) -> Statement:
    """Deletes the sessions that are over; gives how many."""
    return delete(sessions).where(sessions.c.expires <= now)


def begin_session(transaction: Transaction, new: NewSession, now: datetime, realm: str = "") -> str:
    """Signs somebody in; gives the token, which stands nowhere else."""
    token = new_token()
    digest = digest_of(token, realm)
    _insert(transaction, digest=digest, created=now, seen=now, **new._asdict())
    return token


def end_sessions_of_staff(transaction: Transaction, *, staff_id: int, but: bytes) -> None:
    """Ends all sessions of the account but the one with that digest (empty: all); its PIN is
    enough nowhere, and apps get nothing more in its name."""
    _end_of_staff(transaction, staff_id=staff_id, but=but)
    forget_tokens_of_staff(transaction, staff_id=staff_id)
    forget_desks_of(transaction, staff_id=staff_id)


def end_sessions_at(transaction: Transaction, *, workstation_id: int) -> None:
    """Ends all sessions at the workstation; nobody's PIN is enough there."""
    _end_at(transaction, workstation_id=workstation_id)
    forget_people_at(transaction, workstation_id=workstation_id)


def end_session(transaction: Transaction, token: str, realm: str = "") -> bool:
    """Signs out; False where nobody was signed in by that token."""
    return bool(end_session_with(transaction, digest=digest_of(token, realm)))


def session_of(
    circulation: Circulation,
    transaction: Transaction,
    token: str,
    now: datetime,
    realm: str = "",
) -> Session | None:
    """Who is signed in by the token; None where nobody is, or is no longer, or in another realm."""
    digest = digest_of(token, realm)
    rows = _rows(transaction, digest=digest)
    if not rows or not (ends := _ends(rows[0])) > now:
        return None
    row = rows[0]
    return Session(
        principal=_principal(circulation.set_up(transaction, row.version), rows),
        digest=digest,
        methods=frozenset(row.methods.split()),
        is_limited=bool(row.is_limited),
        expires=row.expires,
        ends=ends,
        is_stale=now - row.seen >= _STALE,
        requests_per_minute=row.requests_per_minute,
        workstation_id=row.workstation_id,
        language=row.language or "",
        program_id=row.program_id,
        scope=row.scope,
    )


def _ends(row: _Row) -> datetime:
    """When the session ends if nothing is done; that of an account that is disabled is over."""
    if row.disabled is not None or row.revoked is not None:
        return row.seen
    limits = [row.expires]
    if row.idle_minutes is not None:
        limits.append(row.seen + timedelta(minutes=row.idle_minutes))
    if row.program_expires is not None:
        limits.append(row.program_expires)
    return min(limits)


def _principal(set_up: SetUp, rows: list[_Row]) -> Principal:
    row = rows[0]
    grants: Grants = {}
    if row.staff_id is not None:
        kind, number, name = Kind.STAFF, row.staff_id, row.user_name or ""
        if not row.is_limited:
            held = tuple(
                HeldRole(each.role, each.role_agency_id, each.role_branch_id)
                for each in rows
                if each.role is not None
            )
            grants = ROLES.of(set_up).grants(held, row.waiving_limit)
    elif row.patron_id is not None:
        kind, number, name = Kind.PATRON, row.patron_id, Kind.PATRON.value
    else:
        assert row.program_id is not None
        kind, number, name = (
            Kind.PROGRAM,
            row.program_id,
            f"{Kind.PROGRAM.value}:{row.program_name}",
        )
        grants = grants_of_program(row.rights or "[]", None if row.is_of_all else row.agency_id)
    device = row.workstation or row.address
    if row.scope is not None and row.program_id is not None:  # an app, in somebody's name
        device, allowed = f"{Kind.PROGRAM.value}:{row.program_name}", row.scope.split()
        grants = {right: reach for right, reach in grants.items() if right.value in allowed}
    return Principal(kind, number, name, row.agency_id, row.branch_id, device, grants)
