"""What patrons say that they want to be told, or not."""

from __future__ import annotations

from sqlalchemy import delete, insert, select

from catalogue.database import Statement, Transaction, change, many, send
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.notices.kinds import TRAITS, NoticeKind
from circulation.notices.schema import notice_choices
from circulation.notices.terms import NoticeTerms


class NotOptional(ValueError):
    """Messages of this kind are sent to everybody whom they concern."""


@many(tuple[str, bool])
def _of_patron(*, patron_id: int) -> Statement:
    return (
        select(notice_choices.c.kind, notice_choices.c.wanted)
        .where(notice_choices.c.patron_id == patron_id)
        .order_by(notice_choices.c.kind)
    )


@change
def _forget(*, patron_id: int, kind: str) -> Statement:
    return delete(notice_choices).where(
        notice_choices.c.patron_id == patron_id, notice_choices.c.kind == kind
    )


@send
def _insert(*, patron_id: int, kind: str, wanted: bool) -> Statement:
    return insert(notice_choices).values(locals())


def choices_of(transaction: Transaction, patron_id: int) -> dict[NoticeKind, bool]:
    """What the patron has said; the rules decide on everything else."""
    found = _of_patron(transaction, patron_id=patron_id)
    return {NoticeKind(kind): wanted for kind, wanted in found}


def choose(act: Act, patron_id: int, kind: NoticeKind, *, wanted: bool, terms: NoticeTerms) -> None:
    """The patron wants such messages, or does not.

    `terms` are what the rules say of that kind for the patron. Raises NotOptional for a kind that
    nobody may decline: bills, blocks, what somebody waits for.
    """
    transaction = act.transaction
    if not (terms.on_request or TRAITS[kind].is_optional):
        raise NotOptional(f"{kind.value} is sent to everybody whom it concerns")
    _forget(transaction, patron_id=patron_id, kind=kind.value)
    _insert(transaction, patron_id=patron_id, kind=kind.value, wanted=wanted)
    append_event(
        act,
        NewEvent(
            EventKind.PATRON_CHANGED, patron_id=patron_id, after={"notices": {kind.value: wanted}}
        ),
    )
