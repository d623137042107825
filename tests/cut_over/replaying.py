"""What the journal says that was done, in order, and what an old system would have said to it.

Nothing here knows the product: lines of the journal are read as its documentation says, and the
rules are those by which the old system of the rehearsal lends.
"""

from __future__ import annotations

import csv
import json
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Generic, NamedTuple, TypeVar

from tests.builders.circulation import ZONE
from tests.cut_over.terminals import all_of, field_of

T = TypeVar("T")

#: The old system's rules: days, renewals, loans at once.
DAYS, RENEWALS, LOANS = 28, 2, 12
_EVENT_OF: Final = {"09": "checked_in", "11": "checked_out", "29": "renewed"}
_CHANGING: Final = frozenset({"01", "09", "11", "15", "25", "29", "37", "65"})
#: What is for a person because of a loan is off the list once something later of it was taken.
_LOANS: Final = frozenset({"09", "11", "29", "65"})
#: What an act may leave unequal.
_ASPECT_OF: Final = {
    "09": ("loan", "holds"),
    "11": ("loan", "holds"),
    "29": ("loan",),
    "65": ("loan",),
    "15": ("holds",),
    "37": ("debt",),
    "01": ("block",),
    "25": ("block",),
}
#: Answers to these always mean that it was done.
_ALWAYS: Final = frozenset({"01", "25"})


class Act(NamedTuple):
    """A message that was to change something, and its answer. `began` and `over` are the records'
    numbers in the journal, `by` who has answered: old, new or proxy."""

    began: int
    over: int
    terminal: str
    at: str
    code: str
    card: str
    item: str
    is_granted: bool
    by: str
    sent: str
    answer: str

    @property
    def told_due(self) -> str:
        """The due date that the patron was told: YYYYMMDD."""
        return _written_day(field_of(self.answer, "AH"))

    def text(self) -> str:
        return f"{self.terminal} {self.at[:19]} {self.sent} -> {self.by}: {self.answer}"


@dataclass
class Span:
    """What is for a person: from which record on, and until which."""

    since: int
    code: str
    item: str
    card: str
    until: int = 2**62


class Lists:
    """What `tiro proxy status` lists at a record: differences, and what is for a person."""

    def __init__(self) -> None:
        self._rows: defaultdict[tuple[str, str], list[tuple[int, dict[str, Any]]]] = defaultdict(
            list
        )
        self._open: dict[tuple[int, int, str], Span] = {}
        self._spans: list[Span] = []

    def compared(self, record: dict[str, Any]) -> None:
        """Both systems were compared."""
        subject, name, unequal = record["subject"], record["name"], record["unequal"]
        self._rows[subject, name].append((record["id"], unequal))
        if subject == "item" and not unequal:
            self._end_loans(record["id"], name)

    def for_a_person(self, key: tuple[int, int, str], span: Span) -> None:
        self._open[key] = span
        self._spans.append(span)

    def taken(self, number: int, item: str, system: str) -> None:
        """A system has the last of an item."""
        self._end_loans(number, item, system)

    def settled(self, number: int, request: int) -> None:
        """A person has seen to it."""
        for key in [key for key in self._open if key[0] == request]:
            self._open.pop(key).until = number

    def _end_loans(self, number: int, item: str, system: str = "") -> None:
        for key, span in list(self._open.items()):
            is_of_it = span.item == item and span.code in _LOANS
            if item and is_of_it and system in ("", key[2]):
                self._open.pop(key).until = number

    def rows(self, subject: str, name: str, number: int) -> dict[str, Any]:
        """What is listed of an item or a patron at a record, by aspect."""
        known = [unequal for at, unequal in self._rows.get((subject, name), ()) if at <= number]
        return known[-1] if known else {}

    def spans(self, number: int) -> list[Span]:
        return [each for each in self._spans if each.since <= number < each.until]

    def names(self, aspect: str, name: str, cards: Iterable[str], number: int) -> bool:
        """Is it listed at a record that this aspect of an item, or of a patron, is unequal?

        Args:
            aspect: `loan` of an item, or holds, debt or block of a patron.
            name: The barcode, or the card.
            cards: Who has the item in one of the systems.
            number: The record.
        """
        subject = "item" if aspect == "loan" else "patron"
        if {aspect, "patron"} & self.rows(subject, name, number).keys():
            return True
        if any(self._names_loan(name, card, number) for card in cards if subject == "item"):
            return True
        return any(
            name == (each.item if subject == "item" else each.card)
            and aspect in _ASPECT_OF[each.code]
            for each in self.spans(number)
        )

    def _names_loan(self, item: str, card: str, number: int) -> bool:
        """Is the loan in the row of its patron, or is that patron known to one system alone?"""
        rows = self.rows("patron", card, number)
        sides = [side[1] for side in rows.get("loans", {}).values() if isinstance(side, list)]
        return "patron" in rows or any(
            item in side.partition(" + ")[0].split(", ") or " + " in side for side in sides
        )

    def items(self, number: int) -> set[str]:
        """Items of which a list says at a record that the loan is unequal."""
        found = {each.item for each in self.spans(number) if each.code in _LOANS}
        for subject, name in self._rows:
            rows = self.rows(subject, name, number)
            if subject == "item" and "loan" in rows:
                found.add(name)
        return found - {""}


@dataclass
class Journal:
    """All of it. `answers` has every answer as a terminal may have got it; `unknown` requests of
    which nobody ever heard; `shadow` the number of the record with which shadow began, `shadow_at`
    when."""

    acts: list[Act] = field(default_factory=list)
    answers: set[tuple[str, str, str]] = field(default_factory=set)
    unknown: list[Act] = field(default_factory=list)
    #: By the renewal of all loans, what the proxy left out, and a system may have renewed.
    perhaps_renewed: dict[str, list[str]] = field(default_factory=dict)
    #: Renewals of all loans whose answer was lost: what the proxy had not seen may be renewed, too.
    silent_renewals: list[Act] = field(default_factory=list)
    #: What could not be told, by the number of the request and the system: outcome, and why.
    untold: dict[tuple[int, str], tuple[str, str]] = field(default_factory=dict)
    #: Items of which a system would not take what it was told, or has taken it otherwise, once.
    listed: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    #: What a comparison has had a system told, by system and item: the events.
    remedies: defaultdict[tuple[str, str], list[str]] = field(
        default_factory=lambda: defaultdict(list)
    )
    #: Requests of patrons of whom no system had told the proxy anything before.
    of_strangers: set[int] = field(default_factory=set)
    #: Cards that requests name.
    cards: dict[int, str] = field(default_factory=dict)
    lists: Lists = field(default_factory=Lists)
    last_id: int = 0
    shadow: int = 0
    shadow_at: datetime = datetime(9999, 1, 1, tzinfo=UTC)

    @cached_property
    def behind(self) -> set[str]:
        """Items and patrons of which the old system would not take something."""
        cards = {self.cards.get(of, "") for of, system in self.untold if system == "old"}
        return (cards | self.listed["old"]) - {""}


def without_secrets(message: str) -> str:
    """The message without the PIN, as it is compared."""
    return "|".join(part for part in message.split("|") if part[:2] != "AD")


def _records(folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.glob("*.journal")):
        for line in path.read_bytes().splitlines():
            yield json.loads(line[line.index(b"{") :])


def read(folder: Path) -> Journal:
    """The journal in that folder."""
    found, open_requests, sent_and_silent = Journal(), {}, set()
    known = {""}
    #: What requests are about; of all loans, in the order in which they were renewed.
    items: defaultdict[int, list[str]] = defaultdict(list)
    codes: dict[int, str] = {}
    for record in _records(folder):
        kind = record["kind"]
        found.last_id = record["id"]
        items[record.get("of", 0)] += all_of(record.get("sent", ""), "BM")
        if kind == "request":
            items[record["id"]] += all_of(record["sent"], "AB")
            codes[record["id"]] = record["sent"][:2]
            open_requests[record["id"]] = record
            found.cards[record["id"]] = field_of(record["sent"], "AA")
            before = record.get("again", 0)
            if open_requests.pop(before, None) and before in sent_and_silent:
                sent_and_silent.add(record["id"])
        elif kind == "flip" and record["to"] == "shadow" and not found.shadow:
            found.shadow = record["id"]
            found.shadow_at = datetime.fromisoformat(record["at"])
        elif kind == "compared":
            found.lists.compared(record)
        elif kind == "settled":
            found.lists.settled(record["id"], record["of"])
        elif kind == "remedy":
            items[record["id"]] += all_of(record["sent"], "AB")
            codes[record["id"]] = record["sent"][:2]
            found.cards[record["id"]] = field_of(record["sent"], "AA")
            found.remedies[record["to"], record["name"]].append(_EVENT_OF[record["sent"][:2]])
        elif kind == "silent" and record.get("was_sent"):
            sent_and_silent.add(record["of"])
        elif kind == "answer" and record["of"] in open_requests:
            request = open_requests.pop(record["of"])
            if found.cards[record["of"]] not in known:
                found.of_strangers.add(record["of"])
            if record["by"] in ("old", "new"):
                known |= {found.cards[record["of"]], field_of(record["sent"], "AA")}
            if record["sent"]:
                sent = without_secrets(request["sent"])
                found.answers.add((request["terminal"], sent, record["sent"]))
            if request["sent"][:2] in _CHANGING:
                _answered(found, request, record, request["id"] in sent_and_silent)
        elif kind == "carried" and record["outcome"] not in ("begun", "failed"):
            _carried(found, record, items[record["of"]], codes.get(record["of"], ""))
    found.unknown += [
        _act(request, {"id": 2**62, "by": "nobody", "sent": ""})
        for request in open_requests.values()
        if request["sent"][:2] in _CHANGING
    ]
    return found


def _carried(found: Journal, record: dict[str, Any], items: list[str], code: str) -> None:
    """How it ended that a system was told of something. A hold puts nothing right of a loan."""
    outcome, to, of = record["outcome"], record["to"], record["of"]
    part = record.get("part", 0)
    item = items[max(0, part - 1)] if items else ""
    if outcome in ("refused", "unknown"):
        found.untold[of, to] = outcome, record.get("why", "")
    elif code in _LOANS:
        found.lists.taken(record["id"], item, to)
    if outcome in ("refused", "differs", "ignored"):
        found.listed[to].add(item)
    if outcome in ("refused", "unknown", "differs", "ignored"):
        span = Span(record["id"], code, item, found.cards.get(of, ""))
        found.lists.for_a_person((of, part, to), span)


def _answered(
    found: Journal, request: dict[str, Any], record: dict[str, Any], was_silent: bool
) -> None:
    act = _act(request, record)
    for each in record.get("beside") or ():  # these have requests of their own
        act = act._replace(answer=act.answer.replace(f"BM{each}|", ""))
    if act.by == "proxy" and was_silent and not act.is_granted:
        found.unknown.append(act)  # nobody knows what the system has done
        span = Span(act.over, act.code, act.item, act.card)
        found.lists.for_a_person((act.began, 0, request["to"]), span)
    elif act.answer:
        found.acts.append(act)
        left = [each.partition(" ")[0] for each in all_of(act.answer, "BN")]
        if act.by == "proxy" and was_silent and left:
            found.perhaps_renewed[act.text()] = left
        if act.by == "proxy" and was_silent and act.code == "65":
            found.silent_renewals.append(act)


def _act(request: dict[str, Any], record: dict[str, Any]) -> Act:
    sent, answer = request["sent"], record["sent"]
    code = sent[:2]
    is_granted = bool(answer) and (code in _ALWAYS or answer[2:3] in ("1", "Y"))
    return Act(
        request["id"],
        record["id"],
        request["terminal"],
        request["at"],
        code,
        field_of(sent, "AA"),
        field_of(sent, "AB"),
        is_granted,
        record["by"],
        sent,
        answer,
    )


class Timeline(Generic[T]):
    """Something that changes by acts, and what it was while another act was under way."""

    def __init__(self, first: T) -> None:
        self._first = first
        self._changes: list[tuple[float, float, T]] = []

    @property
    def now(self) -> T:
        return self._changes[-1][2] if self._changes else self._first

    def becomes(self, act: Act, value: T) -> None:
        self._changes.append((act.over, act.began, value))

    def become(self, at: float, value: T) -> None:
        """It changes while nobody is at a terminal."""
        self._changes.append((at, at, value))

    def during(self, act: Act) -> Iterator[T]:
        """All that it may have been then."""
        place = bisect_left(self._changes, (act.began, 0), key=lambda change: change[:2])
        yield self._changes[place - 1][2] if place else self._first
        for _, began, value in self._changes[place:]:
            if began > act.over:
                break
            yield value

    def at_last(self) -> Iterator[T]:
        """All that it may be now: two acts at once may have been done in either order."""
        began = self._changes[-1][1] if self._changes else 0
        if not self._changes:
            yield self._first
        for over, _, value in self._changes:
            if over >= began:
                yield value


class Loan(NamedTuple):
    """An open loan. `due` is YYYYMMDD; empty where the patron was told no date (66)."""

    card: str
    due: str
    renewals: int


class OwnRenewal(NamedTuple):
    """What the old system has renewed by itself. `at` is as the journal has it."""

    at: str
    item: str
    card: str
    due: str


@dataclass
class Shop:
    """What the old system would know, if it had done all that was granted."""

    loans: defaultdict[str, Timeline[Loan | None]]
    counts: defaultdict[str, Timeline[int]]
    #: Who waits for an item, in order.
    queues: defaultdict[str, Timeline[tuple[str, ...]]]
    blocks: defaultdict[str, Timeline[bool]]
    owed: defaultdict[str, int]
    #: Of each item what was done: the event, and whether it gained anything.
    done: dict[str, list[tuple[str, Act]]] = field(default_factory=dict)
    paid: dict[str, list[Act]] = field(default_factory=dict)

    @classmethod
    def before(cls, files: Path) -> Shop:
        """As it was, by the files that the old system wrote on the first day."""
        lent: dict[str, Loan] = {}
        counts: defaultdict[str, int] = defaultdict(int)
        for row in _rows(files / "loans.csv"):
            due = datetime.fromisoformat(row["due"]).astimezone(ZONE)
            lent[row["item"]] = Loan(row["card"], f"{due:%Y%m%d}", int(row["renewals"]))
            counts[row["card"]] += 1
        waiting: defaultdict[str, list[str]] = defaultdict(list)
        for row in _rows(files / "holds.csv"):
            waiting[row["item"]].append(row["card"])
        owed: defaultdict[str, int] = defaultdict(int)
        for row in _rows(files / "debts.csv"):
            owed[row["card"]] += round(float(row["left"]) * 100)
        return cls(
            _Lazily(lambda item: Timeline(lent.get(item))),
            _Lazily(lambda card: Timeline(counts[card])),
            _Lazily(lambda item: Timeline(tuple(waiting[item]))),
            _Lazily(lambda card: Timeline(False)),
            owed,
        )

    def do(self, act: Act) -> None:
        """Does what was granted."""
        _DOES[act.code](self, act)

    def lend(self, act: Act) -> None:
        before = self.loans[act.item].now
        if before is not None and before.card == act.card:
            self.renew(act)
            return
        if before is not None:
            self._ends(before, act)
        self.loans[act.item].becomes(act, Loan(act.card, act.told_due, 0))
        self.counts[act.card].becomes(act, self.counts[act.card].now + 1)
        queue = self.queues[act.item].now
        if act.card in queue:
            self.queues[act.item].becomes(act, tuple(each for each in queue if each != act.card))
        self._note("checked_out", act)

    def renew(self, act: Act) -> None:
        before = self.loans[act.item].now
        renewals = 0 if before is None else before.renewals + 1
        is_told = bool(act.told_due) or act.by != "proxy"
        is_known = before is not None and (before.due or act.by != "proxy")
        # Of all loans (66) no date is told, so whether one gained anything is not known.
        is_new_date = before is None or bool(act.told_due and before.due != act.told_due)
        gains = is_new_date and (before is None or bool(is_told and is_known))
        self.loans[act.item].becomes(act, Loan(act.card, act.told_due, renewals))
        if before is None or before.card != act.card:
            if before is not None:
                self._ends(before, act)
            self.counts[act.card].becomes(act, self.counts[act.card].now + 1)
        self._note("renewed" if gains else "gained nothing", act)

    def move_due(self, renewal: OwnRenewal, number: int) -> None:
        """The old system has renewed it by itself, before the record of that number."""
        before = self.loans[renewal.item].now
        if before is not None and before.card == renewal.card:
            at = number - 0.5
            self.loans[renewal.item].become(
                at, before._replace(due=renewal.due, renewals=before.renewals + 1)
            )

    def renew_all(self, act: Act) -> None:
        for item in all_of(act.answer, "BM"):
            self.renew(act._replace(item=item))

    def items_of(self, card: str) -> list[str]:
        """What somebody has on loan."""
        return [
            item
            for item, loan in self.loans.items()
            if loan.now is not None and loan.now.card == card
        ]

    def items_during(self, act: Act) -> list[str]:
        """What whoever did it may have had on loan then."""
        return [
            item
            for item, loan in self.loans.items()
            if any(each is not None and each.card == act.card for each in loan.during(act))
        ]

    def take_back(self, act: Act) -> None:
        before = self.loans[act.item].now
        if before is None:
            return
        self._ends(before, act)
        self.loans[act.item].becomes(act, None)
        self._note("checked_in", act)

    def _ends(self, loan: Loan, act: Act) -> None:
        self.counts[loan.card].becomes(act, self.counts[loan.card].now - 1)

    def reserve(self, act: Act) -> None:
        self.queues[act.item].becomes(act, (*self.queues[act.item].now, act.card))

    def pay(self, act: Act) -> None:
        self.owed[act.card] -= round(float(field_of(act.sent, "BV")) * 100)
        self.paid.setdefault(act.card, []).append(act)

    def block(self, act: Act) -> None:
        self.blocks[act.card].becomes(act, True)

    def unblock(self, act: Act) -> None:
        self.blocks[act.card].becomes(act, False)

    def _note(self, event: str, act: Act) -> None:
        self.done.setdefault(act.item, []).append((event, act))

    # What the old system would have refused

    def would_refuse(self, act: Act) -> bool:
        """Had the old system a reason, at any moment while the message was under way?"""
        if any(self.blocks[act.card].during(act)):
            return act.code != "09"
        return _REFUSES[act.code](self, act)

    def _refuses_loan(self, act: Act) -> bool:
        is_full = max(self.counts[act.card].during(act)) >= LOANS
        return is_full or any(self.loans[act.item].during(act)) or self._waits_for_others(act)

    def _refuses_renewal(self, act: Act) -> bool:
        gain = _day(act.sent[4:12]) + timedelta(days=DAYS)
        return self._waits_for_others(act) or any(
            loan is None
            or loan.card != act.card
            or loan.renewals >= RENEWALS
            or not loan.due
            or _day(loan.due) >= gain
            for loan in self.loans[act.item].during(act)
        )

    def _refuses_all(self, act: Act) -> bool:
        return all(
            self._refuses_renewal(act._replace(item=item, sent=_one_of(act.sent)))
            for item in self.items_of(act.card)
        )

    def left_out(self, act: Act) -> list[Act]:
        """Of all loans renewed at once, those that were not, and that the old system renews."""
        each = (
            act._replace(item=item, sent=_one_of(act.sent)) for item in all_of(act.answer, "BN")
        )
        return [one for one in each if not self._refuses_renewal(one)]

    def _waits_for_others(self, act: Act) -> bool:
        return any(queue and queue[0] != act.card for queue in self.queues[act.item].during(act))

    def _refuses_hold(self, act: Act) -> bool:
        has_it = any(
            loan is None or loan.card == act.card for loan in self.loans[act.item].during(act)
        )
        return has_it or any(act.card in queue for queue in self.queues[act.item].during(act))


class _Lazily(defaultdict[str, T]):
    """Makes what is not there of its name."""

    def __init__(self, make: Callable[[str], T]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, name: str) -> T:
        made = self[name] = self._make(name)
        return made


def _one_of(sent: str) -> str:
    """The date of a 65 where a 29 has it."""
    return f"29NN{sent[2:20]}"


def _written_day(text: str) -> str:
    """The day of a due date in any form that a system writes, as YYYYMMDD."""
    if text[2:3] == "-":
        return f"{text[6:10]}{text[3:5]}{text[:2]}"
    return text.replace("-", "")[:8]


def _day(text: str) -> date:
    return date(int(text[:4]), int(text[4:6]), int(text[6:8]))


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


_DOES: Final = {
    "11": Shop.lend,
    "29": Shop.renew,
    "09": Shop.take_back,
    "65": Shop.renew_all,
    "15": Shop.reserve,
    "37": Shop.pay,
    "01": Shop.block,
    "25": Shop.unblock,
}
_REFUSES: Final[dict[str, Callable[[Shop, Act], bool]]] = {
    "11": Shop._refuses_loan,
    "29": Shop._refuses_renewal,
    "65": Shop._refuses_all,
    "15": Shop._refuses_hold,
    "09": lambda shop, act: False,
    "37": lambda shop, act: act.by == "proxy",
    "01": lambda shop, act: False,
    "25": lambda shop, act: False,
}
