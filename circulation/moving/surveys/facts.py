"""A survey as facts to print: no value of a person among them, codes with their counts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

from circulation.moving.kinds.table import KINDS
from circulation.moving.plans import Plan
from circulation.moving.recognition.delimiters import NAMES
from circulation.moving.recognition.encodings import ByteSurvey
from circulation.moving.reports import describe_count
from circulation.moving.surveys.code_tables import is_shown
from circulation.moving.surveys.columns import Column, DayRule, OddDate, is_birth, is_personal
from circulation.moving.surveys.files import FileSurvey, KindSurvey, kinds_of, sources_of
from circulation.moving.values import BIRTH_DATE, DATES

_ENDS: Final = {"\r\n": "CRLF", "\n": "LF", "\r": "CR"}
#: How often a code must be found in a column of which the plan says nothing.
_LEAST_USE: Final = 5
#: Fields whose days have been.
_PAST: Final = frozenset(
    {"created", "checked_out", "checked_in", "placed", "sent", "blocked_since", "shelved"}
    | {"last_lent", "reminded"}
)
#: Fields of days on which something ends, of the kinds that are of no use after it.
_EXPIRY: Final = frozenset({("patrons", "expires"), ("holds", "interest_until")})


def describe_file(survey: FileSurvey, today: date) -> dict[str, Any]:
    """Return what a file is, without its columns."""
    facts: dict[str, Any] = {
        "file": survey.path.name,
        "read_as": [each.kind for each in survey.kinds],
        "format": survey.format,
        "unreadable": survey.unreadable or None,
    }
    if survey.layout is not None:
        assert survey.octets is not None
        facts["encoding"] = _encoding(survey.octets)
        facts["delimiter"] = NAMES.get(survey.layout.delimiter, survey.layout.delimiter)
        facts["quotes"] = bool(survey.layout.quote)
        facts["escape"] = survey.layout.escape or None
        facts["header"] = survey.layout.has_header
        facts["line_ends"] = _line_ends(survey.octets)
        facts["ends_with_a_line_end"] = survey.octets.has_last_end
    if survey.tag:
        facts["tag"] = survey.tag
    facts["rows"] = survey.rows
    facts["broken"] = dict(survey.broken.most_common())
    facts["columns"] = [
        describe_column(each, survey, today)
        for each in survey.columns.values()
        if each.filled or survey.format == "csv"
    ]
    return facts


def _encoding(octets: ByteSurvey) -> str:
    if octets.is_mixed:
        other = octets.looks_like or "an unknown one"
        return f"mixed: {describe_count(octets.utf_8, 'row')} of UTF-8, {octets.other:,} of {other}"
    if octets.other and not octets.looks_like:
        return f"unknown: {describe_count(octets.other, 'row')} not of UTF-8"
    if octets.encoding == "utf-8" and not octets.utf_8:
        return "ascii"
    return octets.encoding


def _line_ends(octets: ByteSurvey) -> str:
    return " and ".join(name for end, name in _ENDS.items() if octets.ends[end])


def describe_column(column: Column, survey: FileSurvey, today: date) -> dict[str, Any]:
    """Return what a column holds."""
    uses = [
        (kind, name)
        for kind in survey.kinds
        for name, planned in sources_of(kind.plan)
        if column.name in planned.column
    ]
    kind = column.kind
    facts: dict[str, Any] = {
        "column": column.name,
        "holds": kind,
        "filled": column.filled,
        "becomes": [f"{its.kind}.{name}" for its, name in uses],
    }
    if column.filled and column.shortest == column.longest:
        facts["length"] = str(column.shortest)
    elif column.filled:
        facts["length"] = f"{column.shortest}-{column.longest}"
    if kind == "date":
        facts |= _describe_days(column, today, hides_days=_tells_birth(column, uses))
    if kind in ("number", "money") and (decimal := column.numbers.decimal):
        facts["decimal"] = decimal
    if shown := _shown_codes(column, uses):
        facts["holds"] = "code" if kind in ("text", "number") else kind
        facts["codes"] = shown
        if others := column.filled - sum(shown.values()):
            facts["not_shown"] = others
    return facts


def _tells_birth(column: Column, uses: Sequence[tuple[KindSurvey, str]]) -> bool:
    return is_birth(column.name) or any(name == "birth_date" for _, name in uses)


def _describe_days(column: Column, today: date, *, hides_days: bool) -> dict[str, Any]:
    forms = column.date_forms
    facts: dict[str, Any] = {
        "forms": {
            each.form + (f" or {each.other}" if each.other else ""): each.number for each in forms
        }
    }
    if ambiguous := sum(each.ambiguous for each in forms):
        facts["ambiguous"] = f"{ambiguous / column.filled:.0%}"
    rule = DayRule(today, is_birth=hides_days)
    days = [day for (text, day) in column.days() if day is not None and not rule.tell(text, day)]
    if days:  # of births the years alone
        told = [f"{each:%Y}" if hides_days else each.isoformat() for each in (min(days), max(days))]
        facts["earliest"], facts["latest"] = told
    if odd := column.odd_dates(rule):
        facts["impossible"] = {each.what: each.number for each in odd}
    return facts


def _shown_codes(column: Column, uses: Sequence[tuple[KindSurvey, str]]) -> dict[str, int]:
    """Return the codes of a column that may be shown.

    A column that the plan makes a code of is one; of any other that has few values, each often.
    """
    if column.values is None or column.kind == "date":
        return {}
    fields = {(kind.kind, name) for kind, name in uses}
    planned = [c for kind, _ in uses for c in kind.codes if (c.kind, c.name) in fields]
    is_free = not uses and column.kind in ("code", "yes or no") and not is_personal(column.name)
    if not planned and not is_free:
        return {}
    return {
        text: number
        for text, number in column.values.most_common()
        if is_shown(text, number) and (planned or number >= _LEAST_USE)
    }


def rule_of(kind: str, field: str, today: date) -> DayRule:
    """Return which days of a field cannot be right."""
    is_birth = KINDS[kind].cells[field] == BIRTH_DATE
    return DayRule(
        today,
        is_birth=is_birth,
        is_past=field in _PAST,
        is_expiry=(kind, field) in _EXPIRY,
        may_be_never=not is_birth and field not in _PAST,
    )


def find_odd_dates(
    plan: Plan, survey: FileSurvey, today: date
) -> list[tuple[str, str, str, OddDate]]:
    """Return the days of the file that cannot be right: kind, field, column and days."""
    found: list[tuple[str, str, str, OddDate]] = []
    for kind in survey.kinds:
        cells = KINDS[kind.kind].cells
        for name, planned in sources_of(kind.plan):
            if cells[name] not in DATES:
                continue
            rule = rule_of(kind.kind, name, today)
            for column in planned.column:
                if column in kind.columns:
                    odd = kind.columns[column].odd_dates(rule, plan.dates)
                    found += [(kind.kind, name, column, each) for each in odd]
    return found


def expand(paths: Sequence[Path], plan: Plan | None) -> list[Path]:
    """Return the files, each once, and of folders those that the plan reads, or all but plans and
    hidden files."""
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            its = (each for each in sorted(path.iterdir()) if each.is_file())
            found |= dict.fromkeys(each for each in its if _is_delivered(each, plan))
        else:
            found[path] = None
    return [*found]


def _is_delivered(path: Path, plan: Plan | None) -> bool:
    if plan is not None:
        return bool(kinds_of(path, plan))
    return path.suffix != ".toml" and not path.name.startswith(".")
