"""What was judged: requests of the journal, with both answers and how these differ."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace

from protocols.proxy.differences.comparing import Class, Difference, differences, worst
from protocols.proxy.differences.dialect import Habits, is_habit
from protocols.proxy.journal.records import Record, bytes_of
from protocols.proxy.kinds import text_field
from protocols.proxy.settings import DialectSettings


@dataclass(frozen=True, slots=True)
class Judged:
    """A request that both systems have answered. `subject` is the item that it names, else the
    patron."""

    request: int
    at: str
    terminal: str
    message: str
    subject: str
    differences: tuple[Difference, ...]

    def without_habits(self, dialect: DialectSettings) -> Judged:
        """Return the same without what comes from the old system's dialect alone."""
        left = tuple(each for each in self.differences if not is_habit(self.message, each, dialect))
        return self if len(left) == len(self.differences) else replace(self, differences=left)

    @property
    def kind(self) -> Class:
        return worst(self.differences)


@dataclass(slots=True)
class Joining:
    """Joins records as they come; those of `terminals` alone, if any are named."""

    terminals: Collection[str] | None = None
    #: Why others were not judged, and how often.
    unjudged: dict[str, int] = field(default_factory=dict)
    #: What is known of the old system's dialect by now.
    habits: Habits = field(default_factory=Habits)
    _requests: dict[int, Record] = field(default_factory=dict)
    _first: dict[int, Record] = field(default_factory=dict)

    def take(self, record: Record) -> Judged | None:
        """What is known of both answers with this record, whichever came first."""
        kind = record["kind"]
        if kind == "answer":
            self.habits.take(record)
        if kind == "request":
            if record["mode"] == "shadow" and self._is_wanted(record):
                self._requests[record["id"]] = record
        elif kind == "silent":
            self._requests.pop(record["of"], None)
        elif kind in ("answer", "judged") and (request := self._requests.get(record["of"])):
            first = self._first.pop(record["of"], None)
            if first is None:
                self._first[record["of"]] = record
                return None
            del self._requests[record["of"]]
            answer, judged = (first, record) if kind == "judged" else (record, first)
            return self._joined(request, answer, judged)
        return None

    def _is_wanted(self, record: Record) -> bool:
        return self.terminals is None or record["terminal"] in self.terminals

    def _joined(self, request: Record, answer: Record, judged: Record) -> Judged | None:
        if "sent" not in judged:
            why = judged.get("why", "")
            self.unjudged[why] = self.unjudged.get(why, 0) + 1
            return None
        sent = bytes_of(request["sent"])
        return Judged(
            request["id"],
            request["at"],
            request["terminal"],
            request["sent"][:2],
            text_field(sent, "AB") or text_field(sent, "AA"),
            differences(request["sent"], answer["sent"], judged["sent"]),
        )


def judged_in(
    records: Iterable[Record],
    dialect: DialectSettings,
    terminals: Collection[str] | None = None,
) -> list[Judged]:
    """All that was judged, in order, without what comes from the old system's dialect alone."""
    joining = Joining(terminals)
    found = [each for record in records if (each := joining.take(record)) is not None]
    learned = joining.habits.learned(dialect)
    return [each.without_habits(learned) for each in found]
