"""What keeps a sheet from being signed though its figures agree, each with what to do about it.

Files that cannot be read, columns with values that nothing reads, days that cannot be right, queues
in another order. Those of columns are waived by name in the plan: ``waived = ["sex",
"dateexpiry: expired"]``. A waiver of what does not exist is a finding itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple

from circulation.kernel.spreadsheets import TableWriter
from circulation.moving.balancing.queues import QueueDifference
from circulation.moving.plans import Plan
from circulation.moving.reports import new_file
from circulation.moving.sources.opening import require_inside
from circulation.moving.sources.rows import UnreadableFile
from circulation.moving.surveys.facts import find_odd_dates
from circulation.moving.surveys.files import FileSurvey, OnRows, kinds_of, survey_file

UNREADABLE: Final = "unreadable file"
UNREAD: Final = "unread column"
ODD_DATE: Final = "impossible date"
EXPIRED: Final = "expired"
WAIVER: Final = "waiver of nothing"
QUEUE: Final = "queue in another order"


class Finding(NamedTuple):
    """`what` is found in the file of a kind, how often, and in which rows first; `detail` names the
    column or title, `do` says what to do."""

    what: str
    kind: str
    file: str
    detail: str
    number: int
    rows: str
    do: str


def survey_plan(plan: Plan, timezone: str, on_rows: OnRows) -> list[FileSurvey]:
    """Return the survey of each file of the plan, of those too that cannot be read."""
    found: list[FileSurvey] = []
    for path in dict.fromkeys(path for kind in plan.kinds for path in plan.paths(kind)):
        try:
            require_inside(path, plan)
        except UnreadableFile as error:
            found.append(FileSurvey(path, "", unreadable=str(error)))
        except OSError as error:
            found.append(FileSurvey(path, "", unreadable=error.strerror or type(error).__name__))
        else:
            found.append(survey_file(path, plan, timezone, on_rows))
    return found


def find_in_files(plan: Plan, surveys: Sequence[FileSurvey], today: date) -> list[Finding]:
    """Return what is found in the files, but for what is waived."""
    found = [*_find_unread_files(plan, surveys)]
    surveys = [each for each in surveys if not each.unreadable]
    found += _find_waivers(plan, surveys)
    for survey in surveys:
        kinds = [each.kind for each in survey.kinds]
        waived = {name for kind in kinds for name in plan.kinds[kind].waived}
        file, kind = survey.path.name, ", ".join(kinds)
        for column in survey.unread():
            if column.name not in waived:
                do = f"read it in [{kinds[0]}.fields], or {_waive(column.name, kinds[0])}"
                found.append(Finding(UNREAD, kind, file, column.name, column.filled, "", do))
        for name, field, column_name, odd in find_odd_dates(plan, survey, today):
            waiver = f"{column_name}: {odd.what}"
            if waiver in waived:
                continue
            what = EXPIRED if odd.what == EXPIRED else ODD_DATE
            do = f"{_advise(odd.what)}, or {_waive(waiver, name)}"
            detail, rows = f"{waiver} ({field})", ", ".join(map(str, odd.rows))
            found.append(Finding(what, name, file, detail, odd.number, rows, do))
    return found


def _waive(waiver: str, kind: str) -> str:
    return f'write waived = ["{waiver}"] in [{kind}]'


def _advise(what: str) -> str:
    if what == EXPIRED:
        return "leave out what has ended there, by unless or in the query"
    if what[:1].isdigit():
        return "add it to empty, as the files write it, if it means no date"
    if what == "no such date":
        return "correct it there, or the dates of the plan"
    return "correct it there"


def _find_unread_files(plan: Plan, surveys: Sequence[FileSurvey]) -> Iterable[Finding]:
    """Find what the load has taken nothing of: its rows are on neither side of the sheet."""
    do = "correct the plan, or ask for the file again, and load it"
    for name, its in plan.kinds.items():
        if not plan.paths(name) and its.delivery == "whole":
            files = ", ".join(its.files)
            yield Finding(UNREADABLE, name, files, "no file has that name", 1, "", do)
    for survey in surveys:
        kinds = ", ".join(kinds_of(survey.path, plan))
        if survey.unreadable:
            yield Finding(UNREADABLE, kinds, survey.path.name, survey.unreadable, 1, "", do)
        for kind in survey.kinds:
            if kind.missing:
                told = f"it has no column {', '.join(kind.missing)}"
                yield Finding(UNREADABLE, kind.kind, survey.path.name, told, 1, "", do)


def _find_waivers(plan: Plan, surveys: Sequence[FileSurvey]) -> Iterable[Finding]:
    for name, its in plan.kinds.items():
        those = [each for each in surveys if any(kind.kind == name for kind in each.kinds)]
        columns = {column for each in those for column in each.columns}
        read = {
            column for each in those for kind in each.kinds for column in kind.plan.columns_named()
        }
        for waiver in its.waived if those else ():
            column, has_fault, _ = waiver.rpartition(": ")
            if waiver in columns and waiver in read:
                do = "remove it from waived: the plan reads that column"
            elif waiver in columns or (has_fault and column in columns):
                continue
            else:
                do = "remove it from waived, or correct it: the files have no such column"
            files = ", ".join(each.path.name for each in those)
            yield Finding(WAIVER, name, files, waiver, 1, "", do)


def describe_queues(queues: Sequence[QueueDifference], titles: Mapping[str, str]) -> list[Finding]:
    """Return the queues that differ as findings; `titles` name them by their numbers."""
    return [
        Finding(
            QUEUE,
            "holds",
            "",
            titles.get(each.number, each.number),
            len(each.places),
            each.describe(),
            "compare the queue in both systems; move holds at the desk, or have it delivered again",
        )
        for each in queues
    ]


def write_findings(path: Path, findings: Sequence[Finding]) -> None:
    """Write the findings into a file, tab-separated."""
    with new_file(path) as file:
        writer = TableWriter(file, Finding._fields, delimiter="\t")
        for each in findings:
            writer.write(each)
