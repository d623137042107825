"""Opening hours of agencies and branches in library.toml."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from operator import attrgetter
from typing import Any

from circulation.calendars.days import parse_days
from circulation.calendars.opening_hours import WEEKDAYS, Calendar, hours_text, parse_hours
from circulation.calendars.rows import (
    ClosureRow,
    SpecialDaysRow,
    WeekdayRow,
    forget_special_days,
    make_calendars,
    special_days_rows,
    store_special_days,
    store_week,
    weekday_rows,
)
from circulation.kernel.results import Branch
from circulation.languages.sentences import Sentence
from circulation.sections.changes import Change
from circulation.sections.parts import AGENCY, BRANCH, Fields, Key, Noun, Parts
from circulation.sections.positions import Path
from circulation.sections.sections import Reading, Section, Stored, Storing
from circulation.sections.source import Source, shown

WEEK = Noun("opening hours", lambda key: Sentence("HOURS_OF", place=key[0]))
SPECIAL_DAYS = Noun("special days", lambda key: Sentence("DAYS_OF", days=key[1], place=key[0]))


class WeekSection(Section):
    shape = """[agencies.ISIL.week] or [branches.ISIL.week]
monday-thursday = "10-18", saturday = "10:00-12:30, 14-16\""""
    adds = {AGENCY: ("week",), BRANCH: ("week",)}
    nouns = (WEEK,)
    tables = {"opening_hours": "week"}

    def read(self, reading: Reading) -> None:
        for key, path, table in (*reading.written(AGENCY), *reading.written(BRANCH)):
            if "week" in table:
                own = (*path, "week")
                week = reading.source.table(own, table["week"])
                reading.add(WEEK, key, _week(reading.source, own, week), own)

    def load(self, stored: Stored) -> None:
        weeks: dict[Key, Fields] = {}
        for row in sorted(weekday_rows(stored.transaction), key=attrgetter("weekday")):
            week = weeks.setdefault((stored.place(row.agency_id, row.branch_id),), {})
            week[WEEKDAYS[row.weekday]] = hours_text(parse_hours(row.hours) or ())
        for key, week in weeks.items():
            stored.parts.add(WEEK, key, week)

    def store(self, storing: Storing, change: Change, fields: Fields) -> None:
        week = {WEEKDAYS.index(day): hours for day, hours in fields.items()}
        store_week(storing.transaction, storing.owner(change.key[0]), week)

    def forget(self, storing: Storing, change: Change) -> None:
        store_week(storing.transaction, storing.owner(change.key[0]), {})


def _week(source: Source, path: Path, table: Mapping[str, Any]) -> Fields:
    week: dict[str, str] = {}
    for name, value in table.items():
        hours = _hours(source, (*path, name), value)
        first, _, last = name.partition("-")
        if first not in WEEKDAYS or (last or first) not in WEEKDAYS:
            source.problem((*path, name), Sentence("NO_WEEKDAY"))
            continue
        days = WEEKDAYS[WEEKDAYS.index(first) : WEEKDAYS.index(last or first) + 1]
        if not days:
            source.problem((*path, name), Sentence("FROM_MONDAY"))
        for day in days:
            if day in week:
                source.problem((*path, name), Sentence("HOURS_ALREADY", day=day))
            week[day] = hours
    week = {day: week[day] for day in WEEKDAYS if week.get(day)}
    if not week:
        source.problem(path, Sentence("NO_OPEN_DAY"))
    return dict(week)


class SpecialDaysSection(Section):
    shape = """[[agencies.ISIL.special_days]] or [[branches.ISIL.special_days]]
days (2026-12-24, 12-24..12-26, easter-2), hours (without them closed), note"""
    adds = {AGENCY: ("special_days",), BRANCH: ("special_days",)}
    nouns = (SPECIAL_DAYS,)
    tables = {"special_days": "special_days"}

    def read(self, reading: Reading) -> None:
        source = reading.source
        for key, path, table in (*reading.written(AGENCY), *reading.written(BRANCH)):
            own = (*path, "special_days")
            for each, special in source.tables(own, table.get("special_days", [])):
                self._read(reading, key[0], each, special)

    def _read(self, reading: Reading, isil: str, path: Path, table: Mapping[str, Any]) -> None:
        source = reading.source
        source.only(path, table, ("days", "hours", "note"))
        written = table.get("days")
        if isinstance(written, date) and not isinstance(written, datetime):
            written = written.isoformat()
        days = parse_days(written) if isinstance(written, str) else None
        if written is None:
            source.problem(path, Sentence("MISSING", name="days"))
        elif days is None:
            source.problem((*path, "days"), Sentence("NO_PERIOD", value=shown(written)))
        note = table.get("note", "")
        if not isinstance(note, str):
            source.must_be((*path, "note"), "A_TEXT", note)
        hours = _hours(source, (*path, "hours"), table.get("hours", "closed"))
        if days is not None:
            said = {"hours": hours, "note": str(note)}
            reading.add(SPECIAL_DAYS, (isil, str(days)), said, path)

    def load(self, stored: Stored) -> None:
        for row in special_days_rows(stored.transaction):
            hours = hours_text(parse_hours(row.hours) or ())
            key = (stored.place(row.agency_id, row.branch_id), row.days)
            stored.parts.add(SPECIAL_DAYS, key, {"hours": hours, "note": row.note})

    def store(self, storing: Storing, change: Change, fields: Fields) -> None:
        isil, days = change.key
        owner = storing.owner(isil)
        store_special_days(storing.transaction, owner, days, fields["hours"], fields["note"])

    def forget(self, storing: Storing, change: Change) -> None:
        isil, days = change.key
        forget_special_days(storing.transaction, storing.owner(isil), days)


def _hours(source: Source, path: Path, value: object) -> str:
    hours = parse_hours(value) if isinstance(value, str) else None
    if hours is None:
        source.must_be(path, "SOME_HOURS", value)
    return hours_text(hours or ())


CALENDARS = (WeekSection(), SpecialDaysSection())


def declared_calendars(
    parts: Parts, branches: Sequence[Branch], closed_periods: Iterable[ClosureRow]
) -> dict[int, Calendar]:
    """Return the calendars that a text declares for stored branches, by the branch's id.

    Closures are not part of a text: `closed_periods` are those that are stored.
    """
    owners: dict[str, tuple[int | None, int | None]] = {}
    for branch in branches:
        owners[branch.agency_isil] = (branch.agency_id, None)
        owners[branch.isil] = (None, branch.id)
    weekdays = [
        WeekdayRow(*owners[isil], WEEKDAYS.index(day), hours)
        for (isil,), week in parts.of[WEEK].items()
        if isil in owners
        for day, hours in week.items()
    ]
    special = [
        SpecialDaysRow(*owners[isil], days, fields["hours"], fields["note"])
        for (isil, days), fields in parts.of[SPECIAL_DAYS].items()
        if isil in owners
    ]
    return make_calendars(branches, weekdays, special, closed_periods)
