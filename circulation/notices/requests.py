"""Having somebody told something: one row for each person and cause, whatever asks for it.

    overdue = NoticeRequest(7, NoticeKind.OVERDUE, Cause(loans=(12,)), {"number": 1})
    request_notice(act, overdue)

Nothing is written or sent here: how the message reads, where it goes and whether it is still so
is decided when it is sent (see `circulation.notices.claiming`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import exists, insert, select

from catalogue.database import Statement, Transaction, many_of, one, scalar, send
from circulation.kernel.act import Act
from circulation.kernel.reasons import BlockReason
from circulation.kernel.set_up import SetUp
from circulation.notices.causes import Cause, cause_text
from circulation.notices.kinds import TRAITS, NoticeKind, NoticeState
from circulation.notices.rules import NOTICES, notice_terms
from circulation.notices.schema import notice_choices, notices
from circulation.notices.terms import NoticeTerms
from circulation.notices.times import next_time
from circulation.patrons.guardians import ADULT_AGE, guardians_told
from circulation.patrons.schema import patron_blocks, patrons
from circulation.patrons.traits import age_on

#: The id of a row of `notices`.
NoticeId = int


class NoticeRequest(NamedTuple):
    """Whom to tell what, and why.

    `facts` are what the template is given besides (JSON). `branch_id` is in whose name, and by
    whose rules: the patron's own branch by default. `due`: not before; `channels`: this order
    in place of the rule's.
    """

    patron_id: int
    kind: NoticeKind
    cause: Cause
    facts: Mapping[str, Any] = {}
    branch_id: int | None = None
    due: datetime | None = None
    channels: tuple[str, ...] | None = None


class Addressee(NamedTuple):
    """What the rules ask of a person."""

    id: int
    agency_id: int
    home_branch_id: int
    category: str
    birth_date: date | None
    is_dead: bool


_is_dead = exists().where(
    patron_blocks.c.patron_id == patrons.c.id,
    patron_blocks.c.reason == BlockReason.DECEASED.value,
)
_select_addressee = select(
    patrons.c.id,
    patrons.c.agency_id,
    patrons.c.home_branch_id,
    patrons.c.category,
    patrons.c.birth_date,
    _is_dead.label("is_dead"),
)


@one(Addressee)
def addressee(*, patron_id: int) -> Statement:
    return _select_addressee.where(patrons.c.id == patron_id)


@many_of(Addressee)
def _addressees(*, patron_ids: Sequence[int]) -> Statement:
    return _select_addressee.where(patrons.c.id.in_(patron_ids))


class Addressees:
    """The persons of a page of requests, read at once; they stay as they were then."""

    def __init__(self, transaction: Transaction, patron_ids: Iterable[int]) -> None:
        wanted = sorted(set(patron_ids))
        self._by_id = {each.id: each for each in _addressees(transaction, patron_ids=wanted)}

    def person(self, patron_id: int) -> Addressee | None:
        return self._by_id.get(patron_id)


@scalar(int)
def _known(*, once: str) -> Statement:
    return select(notices.c.id).where(notices.c.once == once)


@send
def _insert(
    *,
    notice_id: int,
    patron_id: int,
    recipient_id: int,
    branch_id: int,
    kind: str,
    once: str,
    cause: str,
    facts: str,
    channels: str | None,
    failed: str,
    state: str,
    why: str,
    created: datetime,
    due: datetime,
) -> Statement:
    given = locals()
    return insert(notices).values(id=given.pop("notice_id"), **given)


@scalar(bool)
def _choice(*, patron_id: int, kind: str) -> Statement:
    return select(notice_choices.c.wanted).where(
        notice_choices.c.patron_id == patron_id, notice_choices.c.kind == kind
    )


def is_told(set_up: SetUp, branch_id: int, category: str, kind: NoticeKind) -> bool:
    """Do the rules name a channel for such messages to such patrons, in the name of the branch?"""
    return kind in NOTICES.of(set_up).kinds and bool(
        notice_terms(set_up, branch_id, category, kind).channels
    )


class NewNotice(NamedTuple):
    """A notice that is to be written, unless it was asked for before."""

    patron_id: int
    recipient_id: int
    branch_id: int
    kind: NoticeKind
    cause: Cause
    facts: Mapping[str, Any]
    channels: tuple[str, ...] | None
    due: datetime

    @property
    def once(self) -> str:
        return f"{self.kind.value} {self.patron_id}>{self.recipient_id} {self.cause.name}"


def request_notice(
    act: Act, request: NoticeRequest, *, among: Addressees | None = None
) -> NoticeId | None:
    """Has the patron told, and a guardian where the rules say so; gives the id of the notice.

    None where nobody is to be told: the rules name no channel, the patron does not want it or is
    dead, or it was asked for before (the same kind, person and cause). `among`: persons that were
    read with others.
    """
    return write_notices(act, planned_notices(act, request, among=among))


def planned_notices(
    act: Act, request: NoticeRequest, *, among: Addressees | None = None
) -> list[NewNotice]:
    """What would be written for `request_notice`, found out by reading alone."""
    transaction, circulation, _, now = act
    set_up = circulation.current_set_up(transaction)
    kind, channels, patron_id = request.kind, request.channels, request.patron_id
    if channels is None and kind not in NOTICES.of(set_up).kinds:
        return []
    person = (
        addressee(transaction, patron_id=patron_id) if among is None else among.person(patron_id)
    )
    if person is None or person.is_dead:
        return []
    branch = person.home_branch_id if request.branch_id is None else request.branch_id
    terms = notice_terms(set_up, branch, person.category, kind)
    if not (terms.channels if channels is None else channels):
        return []
    if not _is_wanted(transaction, person.id, kind, terms):
        return []
    due = sending_time(terms, now, request.due, set_up.branches[branch].timezone)
    day = set_up.day(now, person.home_branch_id)
    return [
        NewNotice(patron_id, recipient, branch, kind, request.cause, request.facts, channels, due)
        for recipient in _recipients(transaction, person, terms, day)
    ]


def sending_time(
    terms: NoticeTerms, now: datetime, not_before: datetime | None, timezone: str
) -> datetime:
    """Return when a message is sent by the rules, at the earliest at the given time."""
    due = max(now, not_before or now)
    return next_time(due, terms.send_at, timezone) if terms.digest == "day" else due


def write_notices(act: Act, planned: Iterable[NewNotice]) -> NoticeId | None:
    """Writes notices, but for those that were asked for before; gives the id of the first."""
    transaction, circulation, _, now = act
    made = None
    for new in planned:
        if _known(transaction, once=new.once) is not None:
            continue
        notice_id = circulation.ids.next(now)
        _insert(
            transaction,
            notice_id=notice_id,
            patron_id=new.patron_id,
            recipient_id=new.recipient_id,
            branch_id=new.branch_id,
            kind=new.kind,
            once=new.once,
            cause=cause_text(new.cause),
            facts=json.dumps(dict(new.facts), ensure_ascii=False, default=str),
            channels=None if new.channels is None else " ".join(new.channels),
            failed="",
            state=NoticeState.WAITING,
            why="",
            created=now,
            due=new.due,
        )
        made = made or notice_id
    return made


def _is_wanted(
    transaction: Transaction, patron_id: int, kind: NoticeKind, terms: NoticeTerms
) -> bool:
    if not (terms.on_request or TRAITS[kind].is_optional):
        return True
    said = _choice(transaction, patron_id=patron_id, kind=kind)
    return not terms.on_request if said is None else said


def may_be_child(birth_date: date | None, day: date) -> bool:
    """Do guardians answer for somebody who was born then? Somebody with guardians and no date of
    birth counts as a child."""
    return birth_date is None or age_on(day, birth_date) < ADULT_AGE


def _recipients(
    transaction: Transaction, person: Addressee, terms: NoticeTerms, day: date
) -> list[int]:
    """Who is told: the patron, and guardians as the rules say as long as the patron is a child."""
    if terms.guardians in ("none", "fallback") or not may_be_child(person.birth_date, day):
        return [person.id]
    guardians = guardians_told(transaction, person.id, person.birth_date, day)
    if terms.guardians == "instead" and guardians:
        return guardians
    return [person.id, *guardians]
