"""Who would be told what now, and why, without telling anybody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from catalogue.database import Statement, many
from circulation.kernel.act import Act
from circulation.notices.persons import Person
from circulation.notices.planning import Planned, Planner
from circulation.notices.post import Post
from circulation.notices.rows import Notice, read_notice, select_notices
from circulation.notices.schema import IS_WAITING_NOTICE, notices


@many(read_notice)
def _waiting(*, now: datetime) -> Statement:
    return select_notices(IS_WAITING_NOTICE, notices.c.due <= now).order_by(
        notices.c.recipient_id, notices.c.kind, notices.c.id
    )


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What would become of notices that belong together: a message, or why there is none."""

    planned: Planned
    about: Person | None
    recipient: Person | None

    @property
    def notices(self) -> list[Notice]:
        return self.planned.notices


def forecast(act: Act, post: Post) -> list[Foreseen]:
    """Every notice that is due, as it would be dealt with now."""
    transaction, circulation, _, now = act
    found = _waiting(transaction, now=now)
    planner = Planner(transaction, circulation.current_set_up(transaction), post, found, now)
    return [
        Foreseen(
            planned,
            planner.persons.get(planned.notices[0].patron_id or 0),
            planned.recipient or planner.persons.get(planned.notices[0].recipient_id or 0),
        )
        for planned in planner.plan(found)
    ]
