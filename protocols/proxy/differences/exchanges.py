"""What was judged: requests of the journal, with both answers and how these differ."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from protocols.proxy.differences.comparing import Class, Difference, differences, worst
from protocols.proxy.journal.records import Record, bytes_of
from protocols.proxy.kinds import text_field


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

    @property
    def kind(self) -> Class:
        return worst(self.differences)


@dataclass(slots=True)
class Joining:
    """Joins records as they come; those of `terminals` alone, if any are named."""

    terminals: Collection[str] | None = None
    #: Why others were not judged, and how often.
    unjudged: dict[str, int] = field(default_factory=dict)
    _requests: dict[int, Record] = field(default_factory=dict)
    _first: dict[int, Record] = field(default_factory=dict)

    def take(self, record: Record) -> Judged | None:
        """What is known of both answers with this record, whichever came first."""
        kind = record["kind"]
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
    records: Iterable[Record], terminals: Collection[str] | None = None
) -> Iterator[Judged]:
    """All that was judged, in order."""
    joining = Joining(terminals)
    for record in records:
        found = joining.take(record)
        if found is not None:
            yield found
