"""All that the proxy knows, computed from its journal: `take` is given every record, in order.

It is the same whether the records are read back at the start or come one by one: who is in which
mode, what is still to be told to which system, who holds which loan, and what was seen of items and
patrons, from which the proxy answers while a system is down.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Final, cast

from circulation.languages.sentences import Sentence
from protocols.proxy.dates import after, days_between, wire_date
from protocols.proxy.journal.records import FOR_A_PERSON, Purpose, Record, bytes_of, text_of
from protocols.proxy.kinds import (
    ALL_LOANS,
    CHANGING,
    LOAN,
    LOGIN,
    MONEY,
    all_fields,
    is_granted,
    text_field,
    with_field,
)
from protocols.proxy.periods import Periods
from protocols.proxy.reconciling.rows import Differences, Named, Row, Sweep
from protocols.proxy.routing import tells
from protocols.proxy.seen import SOMEBODY, Item, Patron
from protocols.proxy.settings import Mode, System
from protocols.proxy.tasks import Task, date_it, loan_of, parts_of, task_of

#: Circulation statuses (18) of what nobody has on loan: available, on the hold shelf, waiting to be
#: shelved, on its way. What is lost or claimed to be returned may be on loan all the same.
_IN: Final = frozenset({b"03", b"08", b"09", b"10"})
#: So many messages are kept for terminals that ask again.
RECENT: Final = 1000


@dataclass(slots=True)
class State:
    """See the module."""

    last_id: int = 0
    modes: dict[str, Mode] = field(default_factory=dict)
    #: Messages without an answer, by id.
    open: dict[int, Record] = field(default_factory=dict)
    #: What is still to be told, oldest first; and what is for a person.
    tasks: dict[tuple[int, int, System], Task] = field(default_factory=dict)
    for_a_person: dict[tuple[int, int, System], Task] = field(default_factory=dict)
    items: dict[str, Item] = field(default_factory=dict)
    patrons: dict[str, Patron] = field(default_factory=dict)
    #: The last login of a terminal that was accepted, as it stands in the journal.
    logins: dict[str, str] = field(default_factory=dict)
    #: Terminals whose wishes a system has granted.
    served: set[str] = field(default_factory=set)
    #: Messages that changed something: when, which terminal, the message, the answer.
    recent: list[tuple[str, str, str, str]] = field(default_factory=list)
    periods: Periods = field(default_factory=Periods)
    counts: Counter[str] = field(default_factory=Counter)
    #: The items that a patron has on loan, the first that was lent first.
    loans: dict[str, dict[str, None]] = field(default_factory=dict)
    #: Seconds that the clocks of systems are ahead of the proxy's.
    clocks: dict[str, float] = field(default_factory=dict)
    #: In what the systems differ, and how far the last comparison of everything has come.
    differences: Differences = field(default_factory=Differences)
    sweep: Sweep = field(default_factory=Sweep)
    #: The institution id in the messages of a terminal.
    places: dict[str, str] = field(default_factory=dict)

    def take(self, record: Record) -> list[Task]:
        """Learns from a record; returns what is to be told because of it."""
        self.last_id = record["id"]
        kind = record["kind"]
        if kind == "request":
            self.open[record["id"]] = record
            self.open.pop(record.get("again", 0), None)
        elif kind == "answer":
            request = self.open.pop(record["of"], None)
            if request is not None:
                return self._answered(request, record)
        elif kind == "remedy":
            return [self._remedy(record)]
        elif kind in _LEARNED:
            _LEARNED[kind](self, record)
        return []

    def _judged(self, record: Record) -> None:
        self._learn_period("new", bytes_of(record.get("sent", "")))

    def _flipped(self, record: Record) -> None:
        self.modes[record["terminal"]] = cast("Mode", record["to"])

    def _settled(self, record: Record) -> None:
        for key in [key for key in self.for_a_person if key[0] == record["of"]]:
            del self.for_a_person[key]

    def _clock(self, record: Record) -> None:
        self.clocks[record["system"]] = record["seconds"]

    # Differences

    def _compared(self, record: Record) -> None:
        self.differences.take(record)
        if not record["unequal"]:
            for key in self._listed((record["subject"], record["name"])):
                del self.for_a_person[key]

    def _listed(self, named: Named) -> list[tuple[int, int, System]]:
        """What is for a person because of a loan of the item."""
        if named[0] != "item":
            return []
        return [key for key, task in self.for_a_person.items() if loan_of(task) == named[1]]

    def is_listed(self, named: Named) -> bool:
        """Is there anything for a person because of a loan of the item?"""
        return bool(self.for_a_person) and bool(self._listed(named))

    def last_outcome(self, named: Named) -> str:
        """The outcome of telling a system of the last act."""
        known = (self.items if named[0] == "item" else self.patrons).get(named[1])
        return "" if known is None else known.outcome

    def _remedy(self, record: Record) -> Task:
        """A system is told as if a terminal had done it."""
        self.differences.note_remedy((record["subject"], record["name"]), "loan")
        answer: Record = {"sent": record["answer"]}
        to = cast("System", record["to"])
        if record["sent"][:2] == "09":
            self._is_in(record["name"])
        task = task_of(record, answer, 0, to, record["purpose"])
        task.at = record.get("happened") or record["at"]
        self.tasks[task.key] = task
        return task

    def _swept(self, record: Record) -> None:
        self.sweep.take(record)

    # Answers

    def _answered(self, request: Record, record: Record) -> list[Task]:
        sent, answer = bytes_of(request["sent"]), bytes_of(record["sent"])
        code, by = request["sent"][:2], record["by"]
        self.counts[f"{code} by {by}"] += 1
        if by == "proxy" and code not in CHANGING:
            return []  # what it said was learned before
        if code in ("23", "63"):
            self._learn_patron(sent, answer)
        elif code == "17":
            self._learn_item(answer)
        elif code == LOGIN:
            if answer[2:3] == b"1":
                self.logins[request["terminal"]] = request["sent"]
        elif code in CHANGING and is_granted(code, answer):
            if by != "proxy":
                self.served.add(request["terminal"])
            self._learn_act(code, sent, answer, by, request["to"])
            if code == LOAN:
                item = self.items.setdefault(text_field(sent, "AB"), Item())
                item.is_unknown_to_old = request["side"] == "new"
            self.recent.append((record["at"], request["terminal"], request["sent"], record["sent"]))
            del self.recent[:-RECENT]
            if code == ALL_LOANS and all_fields(answer, b"BN"):
                self._was_refused(request, record)
            return self._to_be_told(self._in_order(request, record), record)
        elif code in CHANGING:
            self._was_refused(request, record)
        return []

    def _in_order(self, request: Record, record: Record) -> Record:
        """Return the request, dated no earlier than the act before it: two terminals may send
        messages about one item at the same time, and these are answered one after the other.
        """
        self.places[request["terminal"]] = text_field(bytes_of(request["sent"]), "AO")
        item = self.items.get(text_field(bytes_of(request["sent"]), "AB"))
        if item is None:
            return request
        before, item.acted = item.acted, record["at"]
        item.terminal = request["terminal"]
        return {**request, "at": max(request["at"], before)}

    def _was_refused(self, request: Record, record: Record) -> None:
        """The terminal was told no, at least of one of all loans. Where the proxy said so, the
        system may have done it."""
        if record["by"] == "proxy" and request.get("was_sent"):
            task = task_of(request, record, 0, cast("System", request["to"]), "replay")
            task.why = Sentence("REFUSED_IN_DOUBT")
            self.for_a_person[task.key] = task

    def _to_be_told(self, request: Record, record: Record) -> list[Task]:
        if "shares" in request:
            return self._shares(request, record)
        by = record["by"]
        was_silent = bool(request.get("was_sent"))
        made = []
        asked, side = cast("System", request["to"]), cast("Mode", request["side"])
        for to, purpose in tells(side, by, asked):
            if purpose == "write-back" and self._knows_nothing_of(request):
                continue
            for part, sent, answer in parts_of(request["sent"], record):
                task = task_of(request, record, part, to, purpose)
                task.sent, task.answer = sent, answer
                if by == "proxy" and part:
                    self._promise(task, asked)
                task.is_unknown = was_silent and purpose == "replay"
                self.tasks[task.key] = task
                made.append(task)
        return made

    def _knows_nothing_of(self, request: Record) -> bool:
        """Is it a renewal of a loan that the old system was never told of?"""
        item = self.items.get(text_field(bytes_of(request["sent"]), "AB"))
        return request["sent"][:2] == "29" and item is not None and item.is_unknown_to_old

    def promised(self, system: System, barcode: str, card: str, date: str) -> str:
        """Until when, if it is lent or renewed at that date in the place of the system: as long as
        that has lent this item, else what is like it. A renewal takes no days away.
        """
        item, patron = self.items.get(barcode, Item()), self.patrons.get(card, Patron())
        days = item.days(system) or self.periods.usual(system, item.kind, patron.kind)
        due = after(date, days)
        return max(due, wire_date(item.due)) if item.patron == card else due

    def _promise(self, task: Task, asked: System) -> None:
        """One of all loans that the proxy has renewed at once."""
        sent, answer = bytes_of(task.sent), bytes_of(task.answer)
        barcode, card = text_field(sent, "AB"), text_field(sent, "AA")
        until = self.promised(asked, barcode, card, task.answer[6:24])
        task.answer = text_of(with_field(answer, b"AH", until.encode()))
        self.items.setdefault(barcode, Item()).due = until

    def _shared(self, record: Record) -> None:
        """A payment goes where the debt is."""
        request = self.open.get(record["of"])
        if request is not None:
            request["to"] = record["to"]
            if "shares" in record:
                request["shares"], request["adds"] = record["shares"], record["adds"]

    def _shares(self, request: Record, record: Record) -> list[Task]:
        """What of a payment the other system is told: its part, or that the same debt is paid."""
        made = []
        for part, (to, amount) in enumerate(request["shares"].items(), 1):
            same: Purpose = "write-back" if to == "old" else "follow"
            purpose: Purpose = "replay" if request["adds"] else same
            task = task_of(request, record, part, cast("System", to), purpose)
            task.sent = text_of(with_field(bytes_of(task.sent), b"BV", amount.encode()))
            self.tasks[task.key] = task
            made.append(task)
        return made

    def _silent(self, record: Record) -> None:
        """Its outcome is unknown, which counts when the proxy answers in the system's place."""
        self.counts[f"silent {record['by']}"] += 1
        request = self.open.get(record["of"])
        if request is not None and record.get("was_sent"):
            request["was_sent"] = True

    def _learn_patron(self, sent: bytes, answer: bytes) -> None:
        card = text_field(sent, "AA")
        if not card or answer[:2] not in (b"24", b"64"):
            return
        known = self.patrons.setdefault(card, Patron())
        known.is_valid = text_field(answer, "BL") != "N"
        known.is_blocked = answer[2:3] == b"Y"
        if text_field(answer, "CQ") == "Y" and text_field(sent, "AD"):
            known.pin = text_field(sent, "AD")
        known.kind = text_field(answer, "PC") or known.kind
        for listed in all_fields(answer, b"AU") if answer[:2] == b"64" else ():
            barcode = text_of(listed).partition("%")[0].strip()
            if barcode and not self.items.setdefault(barcode, Item()).patron:
                self._has(barcode, card)

    def _has(self, barcode: str, card: str) -> Item:
        """The item is on loan to this patron, or to nobody."""
        item = self.items.setdefault(barcode, Item())
        if item.patron != card:
            before = self.loans.get(item.patron)
            if before is not None:
                before.pop(barcode, None)
                if not before:
                    del self.loans[item.patron]
            item.patron = card
            if card:
                self.loans.setdefault(card, {})[barcode] = None
        item.is_in = item.is_in and not card
        return item

    def _is_in(self, barcode: str) -> Item:
        item = self._has(barcode, "")
        item.due = ""
        item.holder = None
        return item

    def _learn_kind(self, item: Item, answer: bytes) -> None:
        item.kind = text_field(answer, "CR") or text_field(answer, "CK") or item.kind

    def _learn_item(self, answer: bytes) -> None:
        barcode = text_field(answer, "AB")
        if not barcode or answer[:2] != b"18":
            return
        item = self.items.setdefault(barcode, Item())
        self._learn_kind(item, answer)
        status = answer[2:4]
        if status != b"04":
            self._is_in(barcode).is_in = status in _IN
        else:
            item.due = text_field(answer, "AH")
            item.is_in = False
        if status == b"08":
            item.waits_for = item.waits_for or SOMEBODY
        elif status == b"03":
            item.waits_for = ""

    def _learn_act(self, code: str, sent: bytes, answer: bytes, by: str, asked: str) -> None:
        barcode = text_field(sent, "AB")
        system = cast("System", by if by in ("old", "new") else asked)
        if code in ("11", "29") and barcode:
            item = self._has(barcode, text_field(sent, "AA") or self._patron_of(barcode))
            item.holder = system
            item.due = text_field(answer, "AH")
            item.waits_for = ""
            if by in ("old", "new"):
                self._learn_kind(item, answer)
                self._learn_period(system, answer)
            self.patrons.setdefault(item.patron, Patron())
        elif code == "09" and barcode:
            returned_by = self._patron_of(barcode)
            ended_due = self.items.get(barcode, Item()).due
            item = self._is_in(barcode)
            item.ended_due = ended_due or item.ended_due
            item.returned_by, item.is_in = returned_by, True
            self._learn_kind(item, answer)
            if text_field(answer, "CV") in ("01", "02") or text_field(answer, "CY"):
                item.waits_for = text_field(answer, "CY") or SOMEBODY
        elif code == ALL_LOANS and by in ("old", "new"):
            for listed in all_fields(answer, b"BM"):  # it does not say until when
                item = self._has(text_of(listed).strip(), text_field(sent, "AA"))
                item.holder, item.due, item.waits_for = system, "", ""
        elif code == "01":
            self.patrons.setdefault(text_field(sent, "AA"), Patron()).is_blocked = True
        elif code == "25":
            self.patrons.setdefault(text_field(sent, "AA"), Patron()).is_blocked = False

    def _patron_of(self, barcode: str) -> str:
        item = self.items.get(barcode)
        return "" if item is None else item.patron

    def _learn_period(self, system: System, answer: bytes) -> None:
        """From a 12 of a loan that is no renewal."""
        if answer[:3] != b"121" or answer[3:4] == b"Y":
            return
        days = days_between(answer[6:24].decode("latin-1"), text_field(answer, "AH"))
        item = self.items.get(text_field(answer, "AB"))
        if days is None or days <= 0 or item is None:
            return
        if system == "old":
            item.old_days = days
        else:
            item.new_days = days
        patron = self.patrons.get(text_field(answer, "AA"))
        self.periods.learn(system, item.kind, "" if patron is None else patron.kind, days)

    # What others were told

    def _dated(self, record: Record) -> None:
        task = self.tasks.get((record["of"], record["part"], cast("System", record["to"])))
        if task is not None:
            date_it(task, record["until"])

    def _carried(self, record: Record) -> None:
        outcome = record["outcome"]
        key = (record["of"], record.get("part", 0), cast("System", record["to"]))
        self.counts[f"{record['purpose']} {outcome}"] += 1
        if outcome in ("failed", "begun"):
            task = self.tasks.get(key)
            if task is not None:
                task.tries += outcome == "failed"
                if task.sent[:2] == MONEY:  # it is sent once: what failed was not
                    task.is_unknown = outcome == "begun"
                task.why = record.get("why", "")
            return
        task = self.tasks.pop(key, None)
        if task is None:
            return
        self._learn_outcome(task, outcome)
        if outcome not in ("refused", "unknown"):
            self._is_as_told(task)
            self._learn_date(task, bytes_of(record.get("answer", "")))
        if outcome in FOR_A_PERSON:
            task.why = record.get("why", "")
            self.for_a_person[key] = task

    def _learn_outcome(self, task: Task, outcome: str) -> None:
        sent = bytes_of(task.sent)
        known = self.items.get(text_field(sent, "AB")) or self.patrons.get(text_field(sent, "AA"))
        if known is not None:
            known.outcome = outcome

    def _learn_date(self, task: Task, answer: bytes) -> None:
        """Who has renewed all loans was told no dates; by now one of the systems has said it."""
        item = self.items.get(text_field(bytes_of(task.sent), "AB"))
        is_theirs = item is not None and item.patron == text_field(bytes_of(task.sent), "AA")
        if task.part and item is not None and is_theirs and not item.due:
            item.due = text_field(answer, "AH")

    def _is_as_told(self, task: Task) -> None:
        """The system has the last that there is to be told of an item: what it would not take of
        the loans before is of no account any more."""
        barcode = loan_of(task)
        past = [
            key
            for key, each in self.for_a_person.items()
            if barcode and key[2] == task.to and loan_of(each) == barcode
        ]
        for key in past:
            del self.for_a_person[key]

    # A state in a file

    def dumped(self) -> dict[str, Any]:
        """The state as JSON has it."""
        return {
            "last_id": self.last_id,
            "modes": self.modes,
            "open": list(self.open.values()),
            "tasks": [asdict(each) for each in self.tasks.values()],
            "for_a_person": [asdict(each) for each in self.for_a_person.values()],
            "items": {name: list(asdict(each).values()) for name, each in self.items.items()},
            "patrons": {name: list(asdict(each).values()) for name, each in self.patrons.items()},
            "logins": self.logins,
            "served": sorted(self.served),
            "recent": self.recent,
            "periods": self.periods.dumped(),
            "counts": self.counts,
            "clocks": self.clocks,
            "differences": self.differences.dumped(),
            "sweep": asdict(self.sweep),
            "places": self.places,
        }

    @classmethod
    def loaded(cls, dumped: dict[str, Any]) -> State:
        """The state that was dumped."""
        tasks = [Task(**each) for each in dumped["tasks"]]
        persons = [Task(**each) for each in dumped["for_a_person"]]
        found = cls(
            dumped["last_id"],
            dumped["modes"],
            {each["id"]: each for each in dumped["open"]},
            {each.key: each for each in tasks},
            {each.key: each for each in persons},
            {name: Item(*each) for name, each in dumped["items"].items()},
            {name: Patron(*each) for name, each in dumped["patrons"].items()},
            dumped["logins"],
            set(dumped.get("served", ())),
            [(at, terminal, sent, told) for at, terminal, sent, told in dumped["recent"]],
            Periods.loaded(dumped["periods"]),
            Counter(dumped["counts"]),
            clocks=dumped["clocks"],
            differences=Differences([Row(**each) for each in dumped["differences"]]),
            sweep=Sweep(**dumped["sweep"]),
            places=dumped["places"],
        )
        for barcode, item in found.items.items():
            if item.patron:
                found.loans.setdefault(item.patron, {})[barcode] = None
        return found


#: Records that nothing has to be told because of.
_LEARNED: Final[dict[str, Callable[[State, Record], None]]] = {
    "shared": State._shared,
    "silent": State._silent,
    "judged": State._judged,
    "dated": State._dated,
    "carried": State._carried,
    "flip": State._flipped,
    "settled": State._settled,
    "clock": State._clock,
    "compared": State._compared,
    "sweep": State._swept,
}
