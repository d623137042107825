"""Habits of the old system that are no differences: fields that it leaves out, one count of holds.

They are in proxy.toml (`[old.dialect]`), written by `tiro probe`, or learned from its answers: a
field that many answers lack, while others show that the system knows what it would say.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from protocols.proxy.differences.comparing import Difference
from protocols.proxy.journal.records import Record, bytes_of
from protocols.proxy.kinds import ANSWER_OF, fixed_length
from protocols.proxy.settings import DialectSettings
from protocols.sip2.fields import Kind
from protocols.sip2.messages import LAYOUTS

#: A field is learned to be left out from so many answers.
LEAST_ANSWERS: Final = 20
#: Answers whose fields are counted.
_COUNTED: Final = frozenset({"10", "12", "18", "24", "30", "64"})
#: Where 64 counts the items of its lists.
_COUNT_AT: Final = {"AS": 37, "AT": 41, "AU": 45, "AV": 49, "BU": 53, "CD": 57}
#: Where 24 and 64 say that a patron owes too much.
_OWES_AT: Final = (12, 13)
#: Dates and flags: who never sends them says nothing by that.
_PLAIN: Final = frozenset({"AH", "BL", "BW", "CJ", "CM", "CQ"})
_HOLD_COUNTS: Final = frozenset({"hold_items_count", "unavailable_holds_count"})


def _names() -> dict[tuple[str, str], str]:
    """By the code of an answer and the name of a field its id, of those that are optional."""
    return {
        (code, each.name): each.code
        for code, layout in LAYOUTS.items()
        for each in layout.variable
        if not each.is_required and each.kind is not Kind.EXTRA
    }


_CODES: Final = _names()


class Habits:
    """What the answers of the old system had. Give it every answer."""

    def __init__(self) -> None:
        self._seen: Counter[str] = Counter()

    def take(self, record: Record) -> None:
        """Count the fields of an answer of the old system."""
        sent = record["sent"]
        code = sent[:2]
        if record["by"] != "old" or code not in _COUNTED:
            return
        body = bytes_of(sent)
        fields = {part[:2] for part in body[fixed_length(body) :].split(b"|") if len(part) > 2}
        seen = self._seen
        seen[code] += 1
        seen.update(f"{code}.{each.decode('latin-1')}" for each in fields)
        if code in ("24", "64") and any(body[at : at + 1] == b"Y" for at in _OWES_AT):
            seen["owes"] += 1
        if code == "64":
            for field, at in _COUNT_AT.items():
                count = body[at : at + 4]
                if count.isdigit() and int(count):
                    seen[f"count {field}"] += 1

    def learned(self, written: DialectSettings) -> DialectSettings:
        """Return the dialect that is written in proxy.toml, with what was learned."""
        found = {
            f"{code}.{field}" for (code, _), field in _CODES.items() if self._lacks(code, field)
        }
        holds = written.hold_counts
        if holds == "two" and self._has_one_hold_count():
            holds = "one"
        return DialectSettings(tuple(sorted({*written.leaves_out, *found})), holds)

    def _lacks(self, code: str, field: str) -> bool:
        """Does the system know what the field says, and never send it in this answer?"""
        seen = self._seen
        if seen[code] < LEAST_ANSWERS or seen[f"{code}.{field}"]:
            return False
        if field == "BV":
            return bool(seen["owes"] or any(seen[f"{each}.BV"] for each in ("24", "64")))
        if field in _COUNT_AT:
            # It counts them, and never lists them.
            return seen[f"count {field}"] >= LEAST_ANSWERS
        return field in _PLAIN

    def _has_one_hold_count(self) -> bool:
        seen = self._seen
        enough = seen["64"] >= LEAST_ANSWERS and seen["count AS"] >= LEAST_ANSWERS
        return enough and not seen["count CD"]


def is_habit(message: str, difference: Difference, dialect: DialectSettings) -> bool:
    """Return whether a difference between answers to a message comes from the dialect alone."""
    name = difference.field
    if name in _HOLD_COUNTS and dialect.hold_counts == "one":
        return True
    code = ANSWER_OF.get(message, "")
    field = _CODES.get((code, name))
    return field is not None and f"{code}.{field}" in dialect.leaves_out


def left_out(dialect: DialectSettings) -> list[str]:
    """Return the habits in a few words."""
    words = [f"leaves out {', '.join(dialect.leaves_out)}"] if dialect.leaves_out else []
    return [*words, *(["counts holds as one"] if dialect.hold_counts == "one" else [])]
