"""What a system has to be told because of a record of the journal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from protocols.proxy.dates import BLANK
from protocols.proxy.journal.records import Purpose, Record, bytes_of, text_of
from protocols.proxy.kinds import ALL_LOANS, all_fields, text_field, with_field
from protocols.proxy.settings import System

#: What leaves an item as it says, whatever came before.
OF_ONE_LOAN: Final = frozenset({"09", "11", "29"})


@dataclass(slots=True)
class Task:
    """Something that a system has to be told: request and answer as they stand in the journal."""

    request: int
    part: int
    to: System
    purpose: Purpose
    terminal: str
    at: str
    sent: str
    answer: str
    #: The system may have done it already: it is asked first.
    is_unknown: bool = False
    tries: int = 0
    why: str = ""

    @property
    def key(self) -> tuple[int, int, System]:
        return self.request, self.part, self.to

    @property
    def about(self) -> dict[str, Any]:
        """The same as the journal has it."""
        return {"of": self.request, "part": self.part, "to": self.to}


def loan_of(task: Task) -> str:
    """The item that is lent, renewed or handed in by it; empty where it is about something else."""
    return text_field(bytes_of(task.sent), "AB") if task.sent[:2] in OF_ONE_LOAN else ""


def date_it(task: Task, until: str) -> None:
    """Until when is known by now."""
    task.answer = text_of(with_field(bytes_of(task.answer), b"AH", bytes_of(until)))


def task_of(request: Record, record: Record, part: int, to: System, purpose: Purpose) -> Task:
    return Task(
        request["id"],
        part,
        to,
        purpose,
        request["terminal"],
        request["at"],
        request["sent"],
        record["sent"],
    )


def parts_of(sent: str, record: Record) -> list[tuple[int, str, str]]:
    """What is told of one exchange: itself; or of all loans renewed at once, each renewal that has
    no request of its own."""
    answer, beside = record["sent"], record.get("beside", ())
    if sent[:2] != ALL_LOANS:
        return [(0, sent, answer)]
    request, response = bytes_of(sent), bytes_of(answer)
    place, card = text_field(request, "AO"), text_field(request, "AA")
    date = answer[11:29]
    return [
        (
            number,
            f"29NN{sent[2:20]}{BLANK}AO{place}|AA{card}|AB{text_of(item).strip()}|",
            f"301YNN{date}AO{place}|AA{card}|AB{text_of(item).strip()}|AJ|AH|",
        )
        for number, item in enumerate(all_fields(response, b"BM"), 1)
        if text_of(item) not in beside
    ]
