"""What to write in a plan so that its files are read: learnt while they are read.

The survey and the load use it alike, so that both say the same of the same files.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from circulation.moving.plans import KindPlan, Plan
from circulation.moving.recognition.amounts import NumberForms
from circulation.moving.recognition.dates import DateForms, ZoneForms
from circulation.moving.recognition.delimiters import NAMES, tell_layout
from circulation.moving.recognition.encodings import ByteSurvey, survey_bytes

#: Why a cell is not read.
NO_DATE: Final = "no such date"
NO_AMOUNT: Final = "no amount"
#: Times without a zone from which it is told whether they are UTC.
_TIMES: Final = 5_000


class Advice:
    """What was learnt of the files of one kind of rows."""

    def __init__(self, plan: Plan, timezone: str) -> None:
        self._plan = plan
        self._files: dict[str, None] = {}
        self.dates, self.numbers = DateForms(), NumberForms()
        self._zones = ZoneForms(timezone)
        self._is_iso_read = False

    def see_bytes(self, path: Path, kind: KindPlan) -> ByteSurvey | None:
        """Read the bytes of a file of cells; return what they are, None for other files."""
        if kind.format != "csv" or not path.is_file():
            return None
        found = survey_bytes(path)
        self._note(path, found.advise(kind.encoding or self._plan.encoding))
        if not found.has_last_end:
            self._note(path, "its last row has no line end: the file may have been cut off")
        return found

    def see_columns(self, path: Path, kind: KindPlan, columns: Collection[str]) -> None:
        """Compare the columns of a file with those of the plan."""
        missing = sorted(kind.columns_needed() - {*columns})
        if not missing or kind.format != "csv":
            return
        encoding = kind.encoding or self._plan.encoding
        delimiter = tell_layout(path, encoding).delimiter
        if len(columns) == 1 and delimiter != kind.delimiter:
            written = delimiter.replace("\t", "\\t")
            parted = f'its cells are parted by {NAMES[delimiter]}: write delimiter = "{written}"'
            self._note(path, parted)
            return
        for name in missing:
            near = get_close_matches(name, columns, 1) or _find_same(name, columns)
            self._note(
                path, f"it has no column {name!r}" + (f"; {near[0]!r} is near" if near else "")
            )

    def see_unread(self, reason: str, text: str) -> None:
        """Learn from a cell that could not be read."""
        if reason == NO_DATE:
            self.dates.see(text)
        elif reason == NO_AMOUNT:
            self.numbers.see(text)

    def see_time(self, read: datetime, *, is_day: bool) -> None:
        """Learn from a time that was read."""
        self._is_iso_read = True
        if read.tzinfo is None and not is_day and self._zones.without < _TIMES:
            self._zones.see(read)

    def lines(self) -> list[str]:
        """Return what to write, a sentence for each thing."""
        is_iso_read = self._is_iso_read and not self._plan.dates
        told = (
            *self._files,
            self.dates.advise(self._plan.dates, is_iso_read=is_iso_read),
            self.numbers.advise(self._plan.decimal),
            self._zones.advise(is_planned=self._plan.timezone is not None),
        )
        return [each for each in told if each]

    def _note(self, path: Path, told: str) -> None:
        if told:
            self._files[f"{path.name}: {told}"] = None


def _find_same(name: str, columns: Collection[str]) -> list[str]:
    """Return the columns that have the name in other letters: CARDNUMBER, card_number."""
    return [each for each in columns if _bare(each) == _bare(name)]


def _bare(name: str) -> str:
    return "".join(filter(str.isalnum, name.casefold()))
