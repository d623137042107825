"""The apps that somebody has let work in their name, as they and the staff see and end them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Table, delete, func, or_, select

from catalogue.database import Statement, Transaction, change, many
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.staff.app_access import has_new_pin
from circulation.staff.schema import app_tokens, programs, sessions


class Owner(NamedTuple):
    """Somebody in whose name apps work: exactly one of the two is given."""

    staff_id: int | None = None
    patron_id: int | None = None


class AllowedApp(NamedTuple):
    """An app with what it was allowed: rights, or ``self`` of a patron. `ends` is when it must ask
    again; `used` when it was last seen, as far as is known."""

    id: int
    name: str
    scope: tuple[str, ...]
    ends: datetime
    used: datetime | None


class _Kept(NamedTuple):
    id: int
    name: str
    scope: str
    ends: datetime


class _Seen(NamedTuple):
    program_id: int
    seen: datetime


def _is_theirs(table: Table, staff_id: int | None, patron_id: int | None) -> ColumnElement[Any]:
    """NULL is equal to nothing, so that one id is looked for."""
    return or_(table.c.staff_id == staff_id, table.c.patron_id == patron_id)


@many(_Kept)
def _kept(*, staff_id: int | None, patron_id: int | None, now: datetime) -> Statement:
    """What an app can get an access token by."""
    its = app_tokens.c
    return (
        select(programs.c.id, programs.c.name, its.scope, func.max(its.ends).label("ends"))
        .join(programs, programs.c.id == its.program_id)
        .where(_is_theirs(app_tokens, staff_id, patron_id), its.used.is_(None), its.expires > now)
        .group_by(programs.c.id, programs.c.name, its.scope)
        .order_by(programs.c.name, its.scope)
    )


@many(_Seen)
def _seen(*, staff_id: int | None, patron_id: int | None) -> Statement:
    its = sessions.c
    return (
        select(its.program_id, func.max(its.seen).label("seen"))
        .where(_is_theirs(sessions, staff_id, patron_id), its.family.is_not(None))
        .group_by(its.program_id)
    )


@change
def _end_sessions(*, program_id: int, staff_id: int | None, patron_id: int | None) -> Statement:
    its = sessions.c
    of_app = its.program_id == program_id, its.family.is_not(None)
    return delete(sessions).where(*of_app, _is_theirs(sessions, staff_id, patron_id))


@change
def _forget_tokens(*, program_id: int, staff_id: int | None, patron_id: int | None) -> Statement:
    theirs = _is_theirs(app_tokens, staff_id, patron_id)
    return delete(app_tokens).where(app_tokens.c.program_id == program_id, theirs)


def allowed_apps(transaction: Transaction, owner: Owner, now: datetime) -> list[AllowedApp]:
    """Those that may go on, by their names; what was allowed in several steps is one."""
    seen = dict(_seen(transaction, **owner._asdict()))
    found: dict[int, AllowedApp] = {}
    for each in _kept(transaction, **owner._asdict(), now=now):
        if owner.patron_id is not None and has_new_pin(transaction, owner.patron_id, each.ends):
            continue
        before = found.get(each.id)
        scope = {*each.scope.split(), *(before.scope if before else ())}
        ends = max(each.ends, before.ends) if before else each.ends
        used = seen.get(each.id)
        found[each.id] = AllowedApp(each.id, each.name, tuple(sorted(scope)), ends, used)
    return list(found.values())


def end_allowed_app(act: Act, owner: Owner, app: AllowedApp, why: str) -> None:
    """Ends at once all that the app got in their name, access tokens with the rest. It has to ask
    again."""
    _end_sessions(act.transaction, program_id=app.id, **owner._asdict())
    _forget_tokens(act.transaction, program_id=app.id, **owner._asdict())
    told = {"program": app.name, "why": why}
    append_event(act, NewEvent(EventKind.APP_CUT_OFF, patron_id=owner.patron_id, after=told))
