"""The three figures: what was lost, what was refused without reason, who was told twice.

It reads what terminals saw, the journal of the proxy and both databases, and nothing of the model
by which the rehearsal chose its acts.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from protocols.proxy.journal.reading import read_journal
from tests.cut_over.terminals import Heard

#: What an answer that grants a message stands for among the events.
_GAINS_NOTHING = "renewed until the same day"
_EVENTS = {"11": "checked_out", "29": "renewed", "09": "checked_in"}


@dataclass
class Figures:
    """`lost` and the others hold a line for each case."""

    answered: int = 0
    changes: int = 0
    lost: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    told_twice: list[str] = field(default_factory=list)
    done_twice: list[str] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)
    unknown: int = 0
    messages: int = 0

    @property
    def is_sound(self) -> bool:
        return not (
            self.lost or self.refused or self.told_twice or self.done_twice or self.differing
        )

    def text(self) -> str:
        lines = [
            f"{self.answered:,} messages answered, {self.changes:,} acts granted",
            f"{self.unknown} without an answer, {self.messages:,} letters",
            f"lost: {len(self.lost)}",
            f"refused that the old system would have allowed: {len(self.refused)}",
            f"told twice: {len(self.told_twice)}",
            f"done twice: {len(self.done_twice)}",
            f"loans that differ at the end: {len(self.differing)}",
        ]
        for cases in (
            *(self.lost, self.refused, self.told_twice, self.done_twice, self.differing),
        ):
            lines += [f"  {case}" for case in cases[:10]]
        return "\n".join(lines)


def figures(
    folder: Path,
    heard: Iterable[Heard],
    unfounded: Iterable[Heard],
    *,
    unsure: set[str],
    since: datetime,
    off_line: Mapping[str, str],
) -> Figures:
    """Of the rehearsal in that folder. `unsure`: items of which no terminal knows what became;
    `since` when the new system was told of all that happened; `off_line` who has borrowed what at
    the desk whose file came twice."""
    found = Figures()
    acts = list(heard)
    found.answered = sum(each.answer is not None for each in acts)
    found.unknown = sum(each.answer is None for each in acts)
    found.refused = [
        f"{each.terminal} {each.at:%d/%m %H:%M} {each.sent} -> {each.answer}" for each in unfounded
    ]
    told = _as_told(acts, unsure)
    found.changes = sum(map(len, told.values()))
    answered = _answered_in(folder / "proxy" / "journal")
    for each in acts:
        if each.is_granted and each.sent[:2] in _EVENTS and each.answer not in answered:
            found.lost.append(f"not in the journal: {each.sent} -> {each.answer}")
    for name in ("old", "new"):
        database = folder / name / "tiro.sqlite"
        with closing(sqlite3.connect(database)) as connection:
            _compare_loans(found, name, connection, told)
            _compare_events(found, name, connection, told, since)
    with closing(sqlite3.connect(folder / "new" / "tiro.sqlite")) as connection:
        lent = {barcode: [("checked_out", card, since)] for barcode, card in off_line.items()}
        _compare_loans(found, "new, off line", connection, lent)
        _compare_events(found, "new, off line", connection, lent, since)
    _letters(found, folder)
    return found


Told = dict[str, list[tuple[str, str, datetime]]]


def _as_told(acts: Iterable[Heard], unsure: set[str]) -> Told:
    """Of each item what was granted, in order: the event, the card, and when. A renewal until the
    day that was told before is apart: a system may well say yes to it and do nothing."""
    told: Told = defaultdict(list)
    due: dict[str, str] = {}
    for each in acts:
        event, barcode = _EVENTS.get(each.sent[:2]), each.asked("AB")
        if not event or not each.is_granted or barcode in unsure:
            continue
        day = each.field("AH")[:8]
        if event == "renewed" and day == due.get(barcode):
            event = _GAINS_NOTHING
        due[barcode] = day
        told[barcode].append((event, each.asked("AA"), each.at))
    return told


def _answered_in(journal: Path) -> set[str]:
    return {each["sent"] for each in read_journal(journal) if each["kind"] == "answer"}


def _compare_loans(found: Figures, name: str, connection: sqlite3.Connection, told: Told) -> None:
    """Has each item whoever was told so last?"""
    lent: dict[str, str] = dict(
        connection.execute(
            "SELECT i.barcode, p.identifier FROM loans l JOIN items i ON i.id = l.item_id"
            " JOIN patron_identifiers p ON p.patron_id = l.patron_id AND p.kind = 'card'"
            " WHERE l.checked_in IS NULL"
        )
    )
    for barcode, acts in told.items():
        last, card, _ = acts[-1]
        held_by = card if last != "checked_in" else None
        if lent.get(barcode) != held_by:
            found.differing.append(
                f"{name}: {barcode} is with {lent.get(barcode)}, and {held_by} was told"
            )


def _compare_events(
    found: Figures, name: str, connection: sqlite3.Connection, told: Told, since: datetime
) -> None:
    """Is every act among the events, once? What the old system did before the rehearsal began was
    done at another machine. A loan that another one ended was not handed in."""
    events: dict[str, Counter[str]] = defaultdict(Counter)
    for barcode, kind, number in connection.execute(
        "SELECT i.barcode, e.kind, count(*) FROM events e JOIN items i ON i.id = e.item_id"
        " WHERE e.actor <> 'kiosk' AND coalesce(e.after, '') NOT LIKE '%ended_by_loan%'"
        " GROUP BY i.barcode, e.kind"
    ):
        events[barcode][kind] = number
    for barcode, acts in told.items():
        wanted = Counter(event for event, _, at in acts if name == "old" or at >= since)
        for event in _EVENTS.values():
            there, number = events[barcode][event], wanted[event]
            may_be = wanted[_GAINS_NOTHING] if event == "renewed" else 0
            if there < number:
                found.lost.append(f"{name}: {barcode} {event} {there} of {number} times")
            elif number and there > number + may_be:
                found.done_twice.append(f"{name}: {barcode} {event} {there} for {number}")


def _letters(found: Figures, folder: Path) -> None:
    """Joins both logs of messages by patron, item, loan and step."""
    told: Counter[tuple[str, ...]] = Counter()
    for name in ("old", "new"):
        with closing(sqlite3.connect(folder / name / "tiro.sqlite")) as connection:
            for row in connection.execute(
                "SELECT p.identifier, n.kind, n.cause FROM notices n"
                " JOIN patron_identifiers p ON p.patron_id = n.patron_id AND p.kind = 'card'"
                " WHERE n.state = 'sent'"
            ):
                for case in _cases(connection, *row):
                    told[case] += 1
    found.messages = sum(told.values())
    found.told_twice = [
        f"{' '.join(case)}: {number} times" for case, number in told.items() if number > 1
    ]


def _cases(
    connection: sqlite3.Connection, card: str, kind: str, cause: str
) -> list[tuple[str, ...]]:

    facts = json.loads(cause)
    found: list[tuple[str, ...]] = []
    for loan in facts.get("loans") or ():
        row = connection.execute(
            "SELECT i.barcode, l.checked_out FROM loans l JOIN items i ON i.id = l.item_id"
            " WHERE l.id = ?",
            (loan,),
        ).fetchone()
        if row is not None:
            found.append((card, kind, str(facts.get("key", "")), row[0], str(row[1])[:10]))
    return found
