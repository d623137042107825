"""The figures: what was lost, refused without reason, told or done twice, and what differs.

    python -m tests.cut_over.checker FOLDER      # of a rehearsal that was kept

It reads what terminals wrote down, the journal of the proxy and both databases, and nothing of the
model by which the rehearsal chose its acts.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from sqlalchemy import Connection, create_engine, text

from tests.cut_over.letters import Letters, moment
from tests.cut_over.nights import differences, read_nights
from tests.cut_over.old_system.character import Character
from tests.cut_over.old_system.store import FINE, Store, day_of
from tests.cut_over.replaying import Act, Journal, OwnRenewal, Shop, read, without_secrets
from tests.cut_over.state import There, url_of
from tests.cut_over.terminals import all_of, field_of, read_diary
from tests.cut_over.world import is_mixed

_EVENTS: Final = ("checked_out", "renewed", "checked_in")
_SHOWN: Final = 12


@dataclass
class Figures:
    """Lists hold a line for each case. `unknown`: nobody knows what became of it, so that a person
    must find out; what has to do with the same item or patron is not judged from then on."""

    answered: int = 0
    unanswered: int = 0
    changes: int = 0
    messages: int = 0
    lost: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    told_twice: list[str] = field(default_factory=list)
    #: What each system has left to the other one to tell.
    told_by_nobody: list[str] = field(default_factory=list)
    done_twice: list[str] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    #: What a system would not take for good: it is on that list, or a later act has made up for it.
    not_taken: list[str] = field(default_factory=list)
    #: Where a system went by its own rules, and that stands on the list for people: how it differs.
    listed: list[str] = field(default_factory=list)
    #: Differences after a night that no list named, and those at the end; all that differed then.
    unexplained: list[str] = field(default_factory=list)
    unequal_unlisted: list[str] = field(default_factory=list)
    unequal: int = 0
    #: Debts that differ, of which the status says that they cannot be compared, and why.
    not_compared: list[str] = field(default_factory=list)
    #: Payments that were not taken while a system was down.
    not_paid: int = 0
    #: Patrons who wanted to renew all loans meanwhile, of whose loans the proxy had seen none.
    not_renewed: int = 0

    @property
    def is_sound(self) -> bool:
        return not any(cases for _, cases in self._counted)

    @property
    def _counted(self) -> list[tuple[str, list[str]]]:
        return [
            ("lost", self.lost),
            ("refused that the old system would have allowed", self.refused),
            ("done twice", self.done_twice),
            ("patrons notified twice", self.told_twice),
            ("patrons not notified", self.told_by_nobody),
            ("differences not on the list within one night", self.unexplained),
            ("unequal at the end and not listed", self.unequal_unlisted),
            ("loans, debts, holds and blocks that differ at the end", self.differing),
        ]

    def text(self) -> str:
        lines = [
            f"{self.answered:,} messages answered, {self.changes:,} acts granted",
            f"{self.unanswered} without an answer, {self.messages:,} letters",
            f"{self.not_paid} payments were not taken while a system was down",
            f"{self.not_renewed} renewals of all loans by patrons who were not seen before it was",
            *(f"{name}: {len(cases)}" for name, cases in self._counted),
            f"unequal at the end, and listed: {self.unequal - len(self.unequal_unlisted)}",
            f"debts of which the status says that they are not compared: {len(self.not_compared)}",
            f"not taken by a system, which was told to people: {len(self.not_taken)}",
            f"differ, and stand on the list for people: {len(self.listed)}",
            f"of which nobody knows what became of them: {len(self.unknown)}",
        ]
        for cases in (
            *(cases for _, cases in self._counted),
            *(self.not_taken, self.listed, self.unknown),
        ):
            lines += [f"  {case}" for case in cases[:_SHOWN]]
        return "\n".join(lines)


def figures(folder: Path) -> Figures:
    """Of the rehearsal in that folder."""
    found = Figures()
    journal = read(folder / "proxy" / "journal")
    _heard(found, folder / "terminals.jsonl", journal)
    shop = Shop.before(folder / "first files")
    own = _own_renewals(folder)
    for act in journal.acts:
        while own and own[0].at < act.at:
            shop.move_due(own.pop(0), act.began)
        if act.is_granted:
            found.changes += 1
            shop.do(act)
    for left in own:
        shop.move_due(left, journal.acts[-1].over)
    desk = _lent_off_line(folder / "files" / "desk.koc")
    old = Store(folder / "old")
    engine = create_engine(url_of(folder))
    try:
        with engine.connect() as connection:
            _in_both(found, folder, journal, shop, (old, connection), desk)
    finally:
        old.close()
        engine.dispose()
    return found


def _in_both(
    found: Figures,
    folder: Path,
    journal: Journal,
    shop: Shop,
    both: tuple[Store, Connection],
    desk: Mapping[str, str],
) -> None:
    """Lay what was granted beside both databases."""
    old, new = both
    unsure = _unsure(found, journal, shop)
    if Character.read(folder / "old").mixed_terminals:
        # One system hears nothing of some terminals at which these are.
        unsure |= {each for (each,) in old.rows("SELECT barcode FROM items") if is_mixed(each)}
        cards = [each for (each,) in old.rows("SELECT card FROM patrons") if is_mixed(each)]
        unsure |= {*cards, *map(_debt, cards)}
    _refusals(found, journal, shop, unsure)
    for (card,) in old.rows("SELECT card FROM charges WHERE why LIKE '% is late'"):
        shop.owed[card] += FINE
    unsure |= set(desk)
    _direct(found, folder / "terminals.jsonl", old, new)
    there = {"old": There.of_old(old), "new": There.of_new(new)}
    letters = {"old": Letters.of_old(old), "new": Letters.read(new)}
    events = {"old": _events_of_old(old), "new": _events_of_new(new)}
    payments = {"old": _payments_of_old(old), "new": _payments_of_new(new)}
    for name in ("old", "new"):
        since = 0 if name == "old" else journal.shadow
        strange = journal.listed[name]
        _compare_events(
            found, name, events[name], shop, _Doubts(unsure, strange, journal.remedies), since
        )
        _compare_payments(found, name, payments[name], shop, unsure, since)
    _off_line(found, new, there["new"], desk, shop)
    _compare(found, there, shop, unsure, journal)
    letters["new"].forget_before(journal.shadow_at)
    _told(found, letters, shop, unsure, journal)
    _explained(found, folder, journal)


def _direct(found: Figures, diary: Path, old: Store, new: Connection) -> None:
    """Every loan that a terminal of one system alone heard of must be there."""
    heard: Counter[tuple[str, str, str]] = Counter()
    for each in read_diary(diary):
        if each.system and each.is_granted and each.sent[:2] == "11":
            heard[each.system, field_of(each.sent, "AA"), field_of(each.sent, "AB")] += 1
    for (system, card, item), number in heard.items():
        if system == "old":
            statement = "SELECT count(*) FROM loans WHERE card = ? AND item = ?"
            ((there,),) = old.rows(statement, card, item)
        else:
            (there,) = new.execute(
                text(
                    "SELECT count(*) FROM loans l JOIN items i ON i.id = l.item_id"
                    " JOIN patron_identifiers p ON p.patron_id = l.patron_id AND p.kind = 'card'"
                    " WHERE i.barcode = :item AND p.identifier = :card"
                ),
                {"item": item, "card": card},
            ).one()
        if not there:
            found.lost.append(
                f"{system}: {item} was lent to {card} {number} times, at its terminal"
            )


def _explained(found: Figures, folder: Path, journal: Journal) -> None:
    """Is each difference listed after the night in which it was there?"""
    nights = read_nights(folder)
    for night in nights:
        if night.last_id < journal.shadow:
            continue
        missing = [
            each
            for each in night.differences
            if not journal.lists.names(each.aspect, each.name, each.cards, night.last_id)
        ]
        is_end = night is nights[-1]
        if "DEBTS" in night.not_compared:
            debts = [each for each in missing if each.aspect == "debt"]
            missing = [each for each in missing if each.aspect != "debt"]
            found.not_compared += [f"day {night.day + 1}: {each.text()}" for each in debts]
            found.unequal -= len(debts) if is_end else 0
        cases = found.unequal_unlisted if is_end else found.unexplained
        cases += [f"day {night.day + 1}: {each.text()}" for each in missing]
        if is_end:
            found.unequal += len(night.differences)


def _own_renewals(folder: Path) -> list[OwnRenewal]:
    """What the old system has renewed by itself, in order."""
    ahead = timedelta(seconds=Character.read(folder / "old").clock)
    old = Store(folder / "old")
    try:
        rows = old.rows(
            "SELECT at, item, card, due FROM events WHERE kind = 'own_renewal' ORDER BY id"
        )
    finally:
        old.close()
    return [
        OwnRenewal(stamp(moment(at) - ahead), item, card, day_of(due))
        for at, item, card, due in rows
    ]


def stamp(at: datetime) -> str:
    """A moment as the journal has it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


# What terminals were told


def _heard(found: Figures, diary: Path, journal: Journal) -> None:
    """Every grant that a terminal heard must stand in the journal."""
    for heard in read_diary(diary):
        if heard.answer is None:
            found.unanswered += 1
            continue
        found.answered += 1
        told = (heard.terminal, without_secrets(heard.sent), heard.answer)
        if heard.system:
            continue
        if heard.is_granted and told not in journal.answers:
            found.lost.append(f"not in the journal: {heard.sent} -> {heard.answer}")


def _unsure(found: Figures, journal: Journal, shop: Shop) -> set[str]:
    """Items, and what is owed by whom, of which nobody can say what became of them."""
    unsure = set()
    for act in journal.unknown:
        found.unknown.append(act.text())
        if act.code == "65":
            unsure.update(shop.items_during(act))
        else:
            unsure.add(act.item or _debt(act.card))
    for act in journal.silent_renewals:
        unsure.update({*shop.items_during(act)} - {*all_of(act.answer, "BM")})
    for case, items in journal.perhaps_renewed.items():
        found.unknown.append(case)
        unsure.update(items)
    for (number, system), (outcome, why) in journal.untold.items():
        cases = found.unknown if outcome == "unknown" else found.not_taken
        cases.append(f"request {number} was not taken by the {system} system: {why}")
        if outcome == "unknown":
            unsure.add(_debt(journal.cards.get(number, "")))
    return unsure


def _debt(card: str) -> str:
    return f"what {card} owes"


def _refusals(found: Figures, journal: Journal, shop: Shop, unsure: set[str]) -> None:
    for act in journal.acts:
        if act.code == "65" and act.is_granted:
            found.refused += [one.text() for one in shop.left_out(act) if one.item not in unsure]
        if (
            act.is_granted
            or {act.item, act.card} & unsure
            or (act.code == "37" and _debt(act.card) in unsure)
            or (act.by == "old" and {act.item, act.card} & journal.behind)
        ):
            continue
        if act.code == "37" and act.by == "proxy":
            found.not_paid += 1
        elif act.code == "65" and act.by == "proxy" and act.began in journal.of_strangers:
            found.not_renewed += 1
        elif not shop.would_refuse(act):
            found.refused.append(act.text())


def _loan_made(act: Act, barcode: str, told: Counter[tuple[str, ...]]) -> tuple[str, ...]:
    """The letter about a loan: of the day that its answer names, or of that on which it was asked
    for, where the answer was found out later.
    """
    case = act.card, "loan_made", barcode, act.answer[6:14]
    asked = *case[:3], act.sent[4:12]
    return asked if not told[case] and told[asked] else case


def _told(
    found: Figures, letters: dict[str, Letters], shop: Shop, unsure: set[str], journal: Journal
) -> None:
    """Everything is told once: by the system that looks after the branch then."""
    old, new = letters["old"], letters["new"]
    sent = old.sent + new.sent
    found.messages = sum(sent.values())
    acts = Counter(
        (act.card, barcode, act.at[:10].replace("-", ""))
        for barcode, its in shop.done.items()
        for _, act in its
    )
    found.told_twice = [
        f"{' '.join(case)}: {number} times"
        for case, number in sent.items()
        if number > max(1, acts[case[0], case[3], case[4]])
    ]
    told = old.by_day + new.by_day
    # What a system would not take, it writes nothing of: that is on the list for people.
    refused = {number for number, _ in journal.untold}
    loans = Counter(
        _loan_made(act, barcode, told)
        for barcode, acts in shop.done.items()
        for event, act in acts
        if event == "checked_out" and barcode not in unsure and act.began not in refused
    )
    # Who fetched it elsewhere, where a system would not take that, waits on its shelf alone.
    shelved = {
        case
        for name, its in letters.items()
        for case in its.shelved
        if case[2] not in journal.listed[name] | journal.behind
    }
    wanted = loans + Counter(shelved)
    found.told_by_nobody = [
        f"{' '.join(case)}: {told[case]} of {number} times"
        for case, number in wanted.items()
        if told[case] < number and case[2] not in unsure
    ]
    strange = unsure | journal.listed["old"] | journal.listed["new"]  # due on two days
    for one, other in ((old, new), (new, old)):
        found.told_by_nobody += [
            f"step {' '.join(step)}" for step in one.left_to_nobody(other) if step[1] not in strange
        ]


def _compare(
    found: Figures, there: dict[str, There], shop: Shop, unsure: set[str], journal: Journal
) -> None:
    """Do both have what was told last?"""
    lists, last = journal.lists, journal.last_id
    unequal = list(differences(there["old"], there["new"]))
    # A comparison has brought both to what the old system would not be talked out of.
    settled = {item for _, item in journal.remedies} & journal.behind
    settled -= {each.name for each in unequal}
    for name, one in there.items():
        doubts = _Doubts(unsure, lists.items(last) | settled, journal.remedies)
        _compare_items(found, name, one, shop, doubts, journal)
        for card in {*one.debts, *shop.owed}:
            owed = one.debts.get(card, 0)
            if owed != shop.owed[card] and _debt(card) not in unsure:
                is_listed = lists.names("debt", card, (), last)
                cases = found.listed if is_listed else found.differing
                cases.append(f"{name}: {card} owes {owed}, and not {shop.owed[card]}")
        for card in {*one.blocked, *shop.blocks}:
            if card in unsure:
                continue
            if (card in one.blocked) not in list(shop.blocks[card].at_last()):
                found.differing.append(
                    f"{name}: {card} is blocked or not, and it was told otherwise"
                )
    found.differing += [
        each.text()
        for each in unequal
        if each.aspect == "loan"
        and each.name not in unsure
        and not lists.names("loan", each.name, each.cards, last)
    ]


class _Doubts(NamedTuple):
    """Items of which nobody can say what became of them, those on a system's list, and what a
    comparison has put right, by system and item."""

    unsure: set[str]
    listed: set[str]
    remedies: defaultdict[tuple[str, str], list[str]]


def _compare_items(
    found: Figures,
    name: str,
    one: There,
    shop: Shop,
    doubts: _Doubts,
    journal: Journal,
) -> None:
    """Loans and queues."""
    for barcode in {*one.loans, *shop.loans} - doubts.unsure:
        told = [each and (each.card, each.due) for each in shop.loans[barcode].at_last()]
        if not any(_is_told(one.loans.get(barcode), each) for each in told):
            cases = found.listed if barcode in doubts.listed else found.differing
            cases.append(f"{name}: {barcode} is with {one.loans.get(barcode)}, and {told} was told")
    for barcode in {*one.holds, *shop.queues} - doubts.unsure:
        queue = one.holds.get(barcode, ())
        waiting = [
            tuple(card for card in each if (barcode, card) not in one.not_fetched)
            for each in shop.queues[barcode].at_last()
        ]
        if queue not in waiting:
            cards = {*queue, *(card for each in waiting for card in each)}
            is_listed = any(
                journal.lists.names("holds", each, (), journal.last_id) for each in cards
            )
            cases = found.listed if is_listed else found.differing
            cases.append(f"{name}: for {barcode} wait {queue}, and not {waiting}")


def _is_told(there: tuple[str, str] | None, told: tuple[str, str] | None) -> bool:
    """Is that what was told? Who has renewed all loans was told no dates."""
    if there is None or told is None:
        return there is told
    return there[0] == told[0] and told[1] in ("", there[1])


def _events_of_new(connection: Connection) -> dict[str, Counter[str]]:
    """By item. What the system did before the rehearsal began was done at another machine, and a
    loan that another one ended was not handed in."""
    events: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for barcode, kind, number in connection.execute(
        text(
            "SELECT i.barcode, e.kind, count(*) FROM events e JOIN items i ON i.id = e.item_id"
            " WHERE e.actor <> 'kiosk' AND coalesce(e.after, '') NOT LIKE '%ended_by_loan%'"
            " GROUP BY i.barcode, e.kind"
        )
    ):
        events[barcode][kind] = number
    return events


def _events_of_old(old: Store) -> dict[str, Counter[str]]:
    events: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for item, kind, number in old.rows("SELECT item, kind, count(*) FROM events GROUP BY 1, 2"):
        events[item][kind] = number
    return events


def _compare_events(
    found: Figures,
    name: str,
    events: dict[str, Counter[str]],
    shop: Shop,
    doubts: _Doubts,
    since: int,
) -> None:
    """Is every act among the events, once? What it would not take is not there, what gains
    something by one's rules may gain nothing by those of the other, and what a comparison has put
    right is an act of its own."""
    for barcode in {*events, *shop.done} - doubts.unsure:
        is_listed = barcode in doubts.listed
        acts = shop.done.get(barcode, [])
        wanted = Counter(event for event, act in acts if act.began > since)
        for event in _EVENTS:
            there, number = events.get(barcode, Counter())[event], wanted[event]
            may_be = wanted["gained nothing"] if event == "renewed" else 0
            may_be += doubts.remedies[name, barcode].count(event)
            if is_listed and (there < number or event == "renewed"):
                continue
            if there < number:
                found.lost.append(f"{name}: {barcode} {event} {there} of {number} times")
            elif there > number + may_be:
                found.done_twice.append(f"{name}: {barcode} {event} {there} for {number}")


def _payments_of_new(connection: Connection) -> dict[str, int]:
    rows = connection.execute(
        text(
            "SELECT p.identifier, count(*) FROM payments y"
            " JOIN patron_identifiers p ON p.patron_id = y.patron_id AND p.kind = 'card'"
            " GROUP BY p.identifier"
        )
    )
    return dict(tuple(row) for row in rows)


def _payments_of_old(old: Store) -> dict[str, int]:
    return dict(old.rows("SELECT card, count(*) FROM payments GROUP BY card"))


def _compare_payments(
    found: Figures, name: str, taken: dict[str, int], shop: Shop, unsure: set[str], since: int
) -> None:
    """Was every payment taken, once?"""
    for card in {*taken, *shop.paid}:
        number = sum(act.began > since for act in shop.paid.get(card, []))
        there = taken.get(card, 0)
        if there < number and _debt(card) not in unsure:
            found.lost.append(f"{name}: {card} has paid {there} of {number} times")
        elif there > number and _debt(card) not in unsure:
            found.done_twice.append(f"{name}: {card} has paid {there} times for {number}")


def _lent_off_line(file: Path) -> dict[str, str]:
    """Who has borrowed what at the desk whose file came twice."""
    if not file.exists():
        return {}
    rows = [line.split("\t") for line in file.read_text(encoding="utf-8").splitlines()[1:]]
    return {row[3]: row[2] for row in rows}


def _off_line(
    found: Figures, connection: Connection, there: There, desk: Mapping[str, str], shop: Shop
) -> None:
    """They are lent to whoever the file says, once."""
    for barcode, card in desk.items():
        if there.loans.get(barcode, ("", ""))[0] != card:
            found.lost.append(f"new: {barcode} was lent off line to {card}")
        (number,) = connection.execute(
            text(
                "SELECT count(*) FROM events e JOIN items i ON i.id = e.item_id"
                " WHERE i.barcode = :barcode AND e.kind = 'checked_out'"
            ),
            {"barcode": barcode},
        ).one()
        before = sum(event == "checked_out" for event, _ in shop.done.get(barcode, ()))
        if number > before + 1:
            found.done_twice.append(f"new: {barcode} was lent off line {number - before} times")


if __name__ == "__main__":
    result = figures(Path(sys.argv[1]))
    print(result.text())
    sys.exit(0 if result.is_sound else 1)
