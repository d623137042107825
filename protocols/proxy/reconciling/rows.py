"""The list of differences: what each system says, since when, why, and what is done about it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from protocols.proxy.journal.records import Record

Subject = Literal["item", "patron"]
#: An item or a patron: which of them, and its barcode, or the card as the journal has it.
Named = tuple[Subject, str]
SUBJECTS: Final[tuple[Subject, Subject]] = ("item", "patron")


@dataclass(slots=True)
class Row:
    """One difference. `old` and `new` are sides as the journal has them; cause, remedy and errand
    are names of `reconciling.causes`. `of` is the number of the record that found it first."""

    subject: Subject
    name: str
    aspect: str
    old: list[str]
    new: list[str]
    cause: str
    remedy: str
    errand: str
    branch: str
    since: str
    of: int
    remedies: int = 0

    @property
    def key(self) -> str:
        return key_of(self.subject, self.name, self.aspect)


def key_of(subject: str, name: str, aspect: str) -> str:
    return f"{subject} {aspect} {name}"


@dataclass(slots=True)
class Sweep:
    """How far a comparison of everything has come. `who` began it; empty: the night."""

    begun: str = ""
    branch: str = ""
    who: str = ""
    #: The last that was compared; None before the first.
    after: list[str] | None = None
    ended: str = ""
    is_running: bool = False

    def take(self, record: Record) -> None:
        """Learn how far it has come."""
        if record.get("is_over"):
            self.is_running, self.ended = False, record["at"]
        elif record["name"]:
            self.after = [record["subject"], record["name"]]
        else:
            self.begun, self.branch, self.who = record["at"], record["branch"], record["who"]
            self.after, self.is_running = None, True


class Differences:
    """All rows, by what they are about. Computed from records of the kind ``compared``."""

    def __init__(self, rows: list[Row] | None = None) -> None:
        self._rows: dict[Named, dict[str, Row]] = {}
        for each in rows or ():
            self._rows.setdefault((each.subject, each.name), {})[each.aspect] = each

    def __len__(self) -> int:
        return sum(map(len, self._rows.values()))

    @property
    def rows(self) -> list[Row]:
        """The oldest first."""
        return [row for its in self._rows.values() for row in its.values()]

    def of(self, named: Named) -> dict[str, Row]:
        """Those of an item or a patron, by aspect."""
        return self._rows.get(named, {})

    def take(self, record: Record) -> None:
        """Learn what a comparison has found: all aspects of one item or patron that differ."""
        named: Named = record["subject"], record["name"]
        before = self._rows.pop(named, {})
        rows = {}
        for aspect, facts in record["unequal"].items():
            known = before.get(aspect)
            rows[aspect] = Row(
                *named,
                aspect,
                facts["old"],
                facts["new"],
                facts["cause"],
                facts["remedy"],
                facts["errand"],
                record["branch"],
                record["at"] if known is None else known.since,
                record["id"] if known is None else known.of,
                0 if known is None else known.remedies,
            )
        if rows:
            self._rows[named] = rows

    def note_remedy(self, named: Named, aspect: str) -> None:
        """Count that Tiro has tried to put the difference right."""
        row = self.of(named).get(aspect)
        if row is not None:
            row.remedies += 1

    def dumped(self) -> list[dict[str, Any]]:
        return [asdict(each) for each in self.rows]
