"""What staff have patrons told: words of their own, and statements of what is owed.

The types of `BY_STAFF` come of nothing that the engine knows of (see the README); staff send them
themselves.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import select

from catalogue.database import Statement, many
from circulation.kernel.act import Act
from circulation.ledger.schema import charges
from circulation.notices.causes import Cause
from circulation.notices.kinds import NoticeKind
from circulation.notices.requests import NoticeId, NoticeRequest, request_notice

#: Types of message that are words of the staff; CANNOT_BE_OBTAINED is sent by itself as well.
BY_STAFF = (
    NoticeKind.STAFF,
    NoticeKind.CANNOT_BE_OBTAINED,
    NoticeKind.PURCHASE,
    NoticeKind.SORTER_MESSAGE,
    NoticeKind.SUPPLIER_AGREEMENT,
)


@many(tuple[int, int, int])
def _owed(*, patron_id: int) -> Statement:
    return (
        select(charges.c.id, charges.c.agency_id, charges.c.branch_id)
        .where(charges.c.patron_id == patron_id, charges.c.balance > 0)
        .order_by(charges.c.id)
    )


class Words(NamedTuple):
    """`title` is what a purchase, or what cannot be obtained, is about."""

    text: str
    subject: str = ""
    title: str = ""


def write_to(
    act: Act,
    words: Words,
    *,
    patron_id: int,
    actor: str,
    kind: NoticeKind = NoticeKind.STAFF,
    channels: tuple[str, ...] | None = None,
) -> NoticeId | None:
    """Has the patron told it as a message of a kind of `BY_STAFF`; gives the notice's id.

    `channels` is this order in place of the rule's. None where no rule names a channel. Raises
    ValueError for another kind.
    """
    if kind not in BY_STAFF:
        raise ValueError(f"{kind.value} is not a message that staff write")
    facts = {"text": words.text, "subject": words.subject, "actor": actor}
    if words.title or kind is NoticeKind.CANNOT_BE_OBTAINED:
        facts |= {"title": words.title, "author": ""}
    return request_notice(
        act,
        NoticeRequest(
            patron_id=patron_id,
            kind=kind,
            cause=Cause(key=f"staff {act.circulation.ids.next(act.now)}"),
            facts=facts,
            channels=channels,
        ),
    )


def state_balance(act: Act, *, patron_id: int, actor: str) -> list[NoticeId]:
    """Has the patron told all that they owe now, a message for each agency; gives the notices.

    As often as it is asked for. A step of dunning sends the same by itself (`message = "balance"`).
    """
    by_agency: dict[int, list[tuple[int, int]]] = {}
    for charge_id, agency_id, branch_id in _owed(act.transaction, patron_id=patron_id):
        by_agency.setdefault(agency_id, []).append((charge_id, branch_id))
    made = []
    for owed in by_agency.values():
        notice_id = request_notice(
            act,
            NoticeRequest(
                patron_id=patron_id,
                kind=NoticeKind.BALANCE,
                cause=Cause(
                    charges=tuple(charge_id for charge_id, _ in owed),
                    key=f"asked for {act.circulation.ids.next(act.now)}",
                ),
                facts={"actor": actor},
                branch_id=owed[-1][1],
            ),
        )
        if notice_id is not None:
            made.append(notice_id)
    return made
