"""What patrons say that they want to be told, or not."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, insert, select

from catalogue.database import Transaction, change, many, send
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.notices.kinds import TRAITS, NoticeKind
from circulation.notices.schema import notice_choices
from circulation.notices.terms import NoticeTerms


class NotOptional(ValueError):
    """Messages of this kind are sent to everybody whom they concern."""


_of_patron = many(
    select(notice_choices.c.kind, notice_choices.c.wanted)
    .where(notice_choices.c.patron_id == bindparam("of_patron"))
    .order_by(notice_choices.c.kind),
    lambda kind, wanted: (NoticeKind(kind), bool(wanted)),
    "of_patron",
)
_forget = change(
    delete(notice_choices).where(
        notice_choices.c.patron_id == bindparam("of_patron"),
        notice_choices.c.kind == bindparam("of_kind"),
    ),
    "of_patron",
    "of_kind",
)
_insert = send(
    insert(notice_choices).values(
        patron_id=bindparam("new_patron_id"),
        kind=bindparam("new_kind"),
        wanted=bindparam("new_wanted"),
    ),
    "new_patron_id",
    "new_kind",
    "new_wanted",
)


def choices_of(transaction: Transaction, patron_id: int) -> dict[NoticeKind, bool]:
    """What the patron has said; the rules decide on everything else."""
    return dict(_of_patron(transaction, patron_id))


def choose(act: Act, patron_id: int, kind: NoticeKind, *, wanted: bool, terms: NoticeTerms) -> None:
    """The patron wants such messages, or does not.

    `terms` are what the rules say of that kind for the patron. Raises NotOptional for a kind that
    nobody may decline: bills, blocks, what somebody waits for.
    """
    transaction = act.transaction
    if not (terms.on_request or TRAITS[kind].is_optional):
        raise NotOptional(f"{kind.value} is sent to everybody whom it concerns")
    _forget(transaction, patron_id, kind.value)
    _insert(transaction, patron_id, kind.value, wanted)
    append_event(
        act,
        NewEvent(
            EventKind.PATRON_CHANGED, patron_id=patron_id, after={"notices": {kind.value: wanted}}
        ),
    )
