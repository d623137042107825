"""What a system has told its patrons, and what it has left to the other one to tell."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, text

from tests.builders.circulation import ZONE
from tests.cut_over.old_system.store import Store, day_of

_LEFT: Final = "the other system%"


@dataclass
class Letters:
    """Of one system. `sent` counts by patron, kind, step, item, and the day of the loan or hold;
    `by_day` by patron, kind, item and day, with what was not so any more when it was to be sent.
    `shelved` are those who were to be told that something waits for them, and did not fetch it the
    same day. `left` are steps of the flow that it has left to the other system, and when; `done`
    those that it has seen to. `ended` says when loans ended.
    """

    sent: Counter[tuple[str, ...]] = field(default_factory=Counter)
    by_day: Counter[tuple[str, ...]] = field(default_factory=Counter)
    shelved: set[tuple[str, ...]] = field(default_factory=set)
    left: dict[tuple[str, ...], datetime] = field(default_factory=dict)
    done: set[tuple[str, ...]] = field(default_factory=set)
    ended: dict[tuple[str, ...], datetime] = field(default_factory=dict)

    @classmethod
    def read(cls, connection: Connection) -> Letters:
        found = cls()
        found._read_notices(connection, _about(connection))
        found._read_shelf(connection)
        found._read_steps(connection)
        return found

    @classmethod
    def of_old(cls, old: Store) -> Letters:
        """Those of the old system, which writes each at once."""
        found = cls()
        for card, kind, step, item, of_day in old.rows(
            "SELECT card, kind, step, item, of_day FROM letters"
        ):
            found.sent[card, kind, step, item, of_day] += 1
            found.by_day[card, kind, item, of_day] += 1
            if step:
                found.done.add((card, item, of_day, step))
        for card, item, placed, shelved, closed in old.rows(
            "SELECT card, item, placed, shelved, closed FROM holds WHERE shelved IS NOT NULL"
        ):
            if closed is None or day_of(closed) > day_of(shelved):
                found.shelved.add((card, "hold_ready", item, day_of(placed)))
        for card, item, lent, ended, step, is_ours, at in old.rows(
            "SELECT l.card, l.item, l.out, l.ended, s.step, s.is_ours, s.at"
            " FROM loans l LEFT JOIN steps s ON s.loan = l.id"
        ):
            loan = card, item, day_of(lent)
            if ended is not None:
                found.ended[loan] = moment(ended)
            if step is not None and is_ours:
                found.done.add((*loan, step))
            elif step is not None:
                found.left[*loan, step] = moment(at)
        return found

    def _read_notices(
        self, connection: Connection, about: dict[tuple[str, int], tuple[str, datetime]]
    ) -> None:
        for card, kind, cause, state in connection.execute(
            text(
                "SELECT p.identifier, n.kind, n.cause, n.state FROM notices n"
                " JOIN patron_identifiers p ON p.patron_id = n.patron_id AND p.kind = 'card'"
                " WHERE n.state = 'sent' OR n.state = 'withdrawn' AND n.why NOT LIKE :left"
            ),
            {"left": _LEFT},
        ):
            facts: dict[str, Any] = json.loads(cause)
            key = str(facts.get("key", ""))
            for what in ("loans", "holds"):
                for number in facts.get(what) or ():
                    item, at = about.get((what, number), ("", datetime.min.replace(tzinfo=UTC)))
                    self.by_day[card, kind, item, day(at)] += 1
                    if state == "sent":
                        self.sent[card, kind, key, item, day(at)] += 1

    def _read_shelf(self, connection: Connection) -> None:
        for card, item, placed, at, closed in connection.execute(
            text(
                "SELECT p.identifier, i.barcode, h.placed, e.at, h.closed FROM events e"
                " JOIN holds h ON h.id = e.hold_id JOIN items i ON i.record_id = h.record_id"
                " JOIN patron_identifiers p ON p.patron_id = h.patron_id AND p.kind = 'card'"
                " WHERE e.kind = 'hold_shelved'"
            )
        ):
            if closed is None or day(moment(closed)) > day(moment(at)):
                self.shelved.add((card, "hold_ready", item, day(moment(placed))))

    def _read_steps(self, connection: Connection) -> None:
        for card, item, lent, ended, step, at, facts in connection.execute(
            text(
                "SELECT p.identifier, i.barcode, l.checked_out, l.checked_in, a.step, a.at, a.facts"
                " FROM loans l LEFT JOIN dunning_acts a ON l.id = a.loan_id"
                " JOIN items i ON i.id = l.item_id"
                " JOIN patron_identifiers p ON p.patron_id = l.patron_id AND p.kind = 'card'"
            )
        ):
            loan = card, item, day(moment(lent))
            if ended is not None:
                self.ended[loan] = moment(ended)
            if facts is not None and json.loads(facts).get("elsewhere"):
                self.left[*loan, step] = moment(at)
            elif facts is not None:
                self.done.add((*loan, step))

    def forget_before(self, moment: datetime) -> None:
        """Nothing was left to the other system before then: what this one knew was of yesterday."""
        self.left = {step: at for step, at in self.left.items() if at >= moment}

    def left_to_nobody(self, other: Letters) -> list[tuple[str, ...]]:
        """Steps that it has left to the other system, which has not seen to them, though the loan
        was open there."""
        return [
            step
            for step, at in self.left.items()
            if step not in other.done and not (other.ended.get(step[:3], at) < at)
        ]


def _about(connection: Connection) -> dict[tuple[str, int], tuple[str, datetime]]:
    """The item and the moment of each loan and hold."""
    found = {}
    for number, barcode, at in connection.execute(
        text("SELECT l.id, i.barcode, l.checked_out FROM loans l JOIN items i ON i.id = l.item_id")
    ):
        found["loans", number] = barcode, moment(at)
    for number, barcode, at in connection.execute(
        text(
            "SELECT h.id, i.barcode, h.placed FROM holds h"
            " JOIN items i ON i.record_id = h.record_id"
        )
    ):
        found["holds", number] = barcode, moment(at)
    return found


def moment(stored: str | datetime) -> datetime:
    at = datetime.fromisoformat(stored) if isinstance(stored, str) else stored
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def day(at: datetime) -> str:
    """Where the library is, YYYYMMDD."""
    return "" if at.year == 1 else f"{at.astimezone(ZONE):%Y%m%d}"
