"""A plan completed from a survey: codes into its tables of values, settings into its head.

The text of the plan is kept line by line, and only lines are added, so nothing that a person has
filled in is lost. A code with a proposal becomes a line of its table; one without is a comment, and
so its rows stay set aside, until somebody fills it in and removes the mark of the comment. What was
written is read again, and must say all that the plan said before.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

from circulation.moving.plans import Plan
from circulation.moving.recognition.dates import ISO, ISO_FORMS, DateForms
from circulation.moving.reports import describe_count, new_file
from circulation.moving.surveys.code_tables import LackingCode
from circulation.moving.surveys.facts import describe_column
from circulation.moving.surveys.files import FileSurvey

_BARE: Final = re.compile("[A-Za-z0-9_-]+", re.ASCII)
_HEADER: Final = re.compile(r"\s*\[+\s*([^\[\]]+?)\s*\]+\s*(#.*)?")
_OURS: Final = "found by `tiro move survey`"
_FILL_IN: Final = "fill in, and remove the first mark"
_UNREAD: Final = "nothing reads these columns: name them here, or read them"


class PlanNotKept(Exception):
    """A plan that would not say what it said before; nothing was written."""


def write_plan(
    target: Path,
    based_on: Path | None,
    plan: Plan | None,
    surveys: Sequence[FileSurvey],
    lacking: Sequence[LackingCode],
    today: date,
) -> None:
    """Write the plan, or a draft of one where it is based on none. Raises PlanNotKept, OSError."""
    if based_on is None:
        text = _draft(surveys, today)
    else:
        assert plan is not None
        before = based_on.read_text(encoding="utf-8")
        text = _complete(before, plan, surveys, lacking)
        if not _says(_resolved(_read(text)), _resolved(tomllib.loads(before))):
            raise PlanNotKept(str(target))
    with new_file(target) as file:
        file.write(text)


def list_unfilled(path: Path) -> list[str]:
    """Return the codes that a survey has left in the plan for a person to fill in."""
    lines = path.read_text(encoding="utf-8").splitlines()
    marked = [each for each in lines if each.startswith("#") and each.endswith(_FILL_IN)]
    return [each.lstrip("# ").rpartition(' = ""  # ')[0].strip('"') for each in marked]


def _read(text: str) -> dict[str, Any]:
    """Return what the plan says; nothing where lines that were added do not go with the others."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return {}


def _resolved(read: dict[str, Any]) -> dict[str, Any]:
    """Return a plan with the tables of values in the fields that name them."""
    tables = read.get("values", {})

    def resolve(its: Any) -> Any:
        if not isinstance(its, dict):
            return its
        name = its.get("values")
        own = {"values": tables[name]} if isinstance(name, str) and name in tables else {}
        return {each: resolve(value) for each, value in its.items()} | own

    return {name: resolve(its) for name, its in read.items()}


def _says(after: Any, before: Any) -> bool:
    """Return whether all of what was said before is said still."""
    if isinstance(before, dict):
        return isinstance(after, dict) and all(
            name in after and _says(after[name], its) for name, its in before.items()
        )
    return bool(after == before)


def _complete(
    text: str, plan: Plan, surveys: Sequence[FileSurvey], lacking: Sequence[LackingCode]
) -> str:
    lines: list[str] = []
    for line in text.splitlines():
        if not line.startswith("#") or _OURS not in line:
            lines.append(line)
        elif line.startswith("# [values.") and lines and not lines[-1]:
            lines.pop()  # the blank line that came with it
    tables: dict[tuple[str, ...], dict[str, tuple[int, str]]] = {}
    for each in lacking:
        if not each.code:
            continue
        place = ("values", each.table) if each.table else _place(text, each)
        codes = tables.setdefault(place, {})
        rows, proposal = codes.get(each.code, (0, ""))
        codes[each.code] = rows + each.rows, proposal or each.proposal
    for place, codes in tables.items():
        added = [_code_line(code, *codes[code]) for code in codes]
        _insert(lines, place, added)
    for kind, names in _unread_by_kind(surveys).items():
        its = [name for name in names if name not in plan.kinds[kind].waived]
        if its:
            listed = ", ".join(map(_quoted, its))
            _insert(lines, (kind,), [f"# waived = [{listed}]  # {_OURS}: {_UNREAD}"], first=True)
    _insert_head(lines, plan, surveys)
    return "\n".join(lines) + "\n"


def _place(text: str, code: LackingCode) -> tuple[str, ...]:
    return (code.kind, "fields", code.field, "values")


def _code_line(code: str, rows: int, proposal: str) -> str:
    told = describe_count(rows, "row")
    if proposal:
        return f"{_key(code)} = {_quoted(proposal)}  # {told}, {_OURS}: a proposal, check it"
    return f'# {_key(code)} = ""  # {told}, {_OURS}: {_FILL_IN}'


def _key(code: str) -> str:
    return code if _BARE.fullmatch(code) else _quoted(code)


def _quoted(text: str) -> str:
    inner = text.replace("\\", "\\\\").replace('"', '\\"')
    return (
        '"' + "".join(each if each.isprintable() else f"\\u{ord(each):04x}" for each in inner) + '"'
    )


def _parts(header: str) -> tuple[str, ...]:
    """Return the names of a header: of ``values."my table"`` two."""
    try:
        read: Any = tomllib.loads(f"[{header}]")
    except tomllib.TOMLDecodeError:
        return ()
    found = []
    while isinstance(read, dict) and read:
        [(name, read)] = read.items()
        found.append(name)
    return tuple(found)


def _insert(
    lines: list[str], place: tuple[str, ...], added: Sequence[str], *, first: bool = False
) -> None:
    """Insert lines at the end of a table, or at its beginning. A table within a line is put into
    one of its own; one that does not exist is added at the end."""
    headers = {
        number: _parts(found[1])
        for number, line in enumerate(lines)
        if (found := _HEADER.fullmatch(line)) is not None
    }
    start = next((number for number, parts in headers.items() if parts == place), None)
    if start is None:
        start, is_table = _open_table(lines, headers, place)
        added = added if is_table else [each if each[:1] == "#" else f"# {each}" for each in added]
    if first:
        lines[start + 1 : start + 1] = added
        return
    end = next((number for number in headers if number > start), len(lines))
    while end > start + 1 and (not lines[end - 1].strip() or lines[end - 1].startswith("# ")):
        end -= 1
    lines[end:end] = added


_INLINE: Final = re.compile(r"(?P<before>.*\bvalues\s*=\s*)(?P<table>\{[^{}]*\})(?P<after>.*)")


def _open_table(
    lines: list[str], headers: Mapping[int, tuple[str, ...]], place: tuple[str, ...]
) -> tuple[int, bool]:
    """Put the table of values of a field, which is written within its line, into one of its own
    at the end. Return the line of its header, and whether it is more than a comment."""
    name, former = place[-1], {}
    if len(place) == 4:
        kind, _, field, _ = place
        name = f"{kind}_{field}"
        for number, line in enumerate(lines):
            section = [parts for at, parts in headers.items() if at <= number]
            found = _INLINE.fullmatch(line)
            its = {
                (kind, "fields"): rf"\s*{field}\s*=\s*\{{",
                (kind, "fields", field): r"\s*values\b",
            }
            if found and section and re.match(its.get(section[-1], "$."), line):
                former = tomllib.loads(f"t = {found['table']}")["t"]
                lines[number] = f'{found["before"]}"{name}"{found["after"]}'
                break
        else:
            told = f'{_OURS}: give {kind}.{field} values = "{name}"'
            lines += ["", f"# [values.{name}]  # {told}"]
            return len(lines) - 1, False
    lines += ["", f"[values.{_key(name)}]"]
    start = len(lines) - 1
    lines += [f"{_key(code)} = {_quoted(ours)}" for code, ours in former.items()]
    return start, True


def _unread_by_kind(surveys: Iterable[FileSurvey]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for survey in surveys:
        if survey.kinds:
            names = found.setdefault(survey.kinds[0].kind, [])
            names += [each.name for each in survey.unread() if each.name not in names]
    return found


def _insert_head(lines: list[str], plan: Plan, surveys: Sequence[FileSurvey]) -> None:
    """Write the settings of the head that the files need and the plan does not give."""
    given = plan.model_fields_set
    added = []
    its = [each for each in surveys if each.kinds and each.octets is not None]
    encodings = {each.octets.encoding for each in its if each.octets and _is_telling(each)}
    if "encoding" not in given and len(encodings) == 1 and not encodings <= {"utf-8", "utf-8-sig"}:
        added.append(f"encoding = {_quoted(encodings.pop())}")
    dates, comma, point = DateForms(), 0, 0
    for survey in its:
        for column in survey.columns.values():
            if column.kind == "date":
                column.tell_dates(dates)
            elif column.kind == "money":
                comma, point = comma + column.numbers.comma, point + column.numbers.point
    if "decimal" not in given and comma > point:
        added.append('decimal = ","')
    forms = dates.forms()
    if "dates" not in given and any(each.form != ISO for each in forms):
        known = dict.fromkeys(
            f for each in forms for f in (ISO_FORMS if each.form == ISO else (each.form,))
        )
        told = "dates = [" + ", ".join(map(_quoted, known)) + "]"
        doubtful = [f"{each.form} or {each.other}" for each in forms if each.other]
        if doubtful:
            added.append(
                f"# {told}  # {_OURS}: {', '.join(doubtful)}? Ask, and remove the first mark"
            )
        else:
            added.append(told)
    at = next((n for n, line in enumerate(lines) if re.match(r"\s*source\s*=", line)), -1)
    lines[at + 1 : at + 1] = added


def _is_telling(survey: FileSurvey) -> bool:
    octets = survey.octets
    return octets is not None and bool(
        octets.utf_8 or octets.other or octets.encoding[:6] == "utf-16"
    )


def _draft(surveys: Sequence[FileSurvey], today: date) -> str:
    """Return a draft for files of which no plan speaks: a comment for each column."""
    lines = [
        f"# A draft, {_OURS}: `tiro move fields` lists the fields of each kind. Give each file a",
        "# section such as [patrons] or [items], and name the columns of its fields in it.",
        'source = "old"',
    ]
    for survey in surveys:
        lines += ["", f"# [KIND] of {survey.path.name}, {describe_count(survey.rows, 'row')}"]
        lines += [f"# files = {_quoted(survey.path.name)}", '# key = "..."']
        if survey.format != "csv":
            lines += [f"# format = {_quoted(survey.format)}", f"# tag = {_quoted(survey.tag)}"]
        elif survey.layout is not None and survey.octets is not None:
            lines += [f"# encoding = {_quoted(survey.octets.encoding)}"]
            lines += [f"# delimiter = {_quoted(survey.layout.delimiter)}"]
        lines.append("# [KIND.fields]")
        for column in survey.columns.values():
            if not column.filled:
                continue
            facts = describe_column(column, survey, today)
            told = f"{facts['holds']}, {column.filled:,} filled"
            codes = ", ".join(
                f"{code} {number:,}" for code, number in facts.get("codes", {}).items()
            )
            line = f"# FIELD = {_quoted(column.name)}  # {told}" + (f": {codes}" if codes else "")
            lines.append("".join(each if each.isprintable() else " " for each in line))
    return "\n".join(lines) + "\n"
