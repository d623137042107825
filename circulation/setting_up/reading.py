"""From the text of a set-up to its parts, or to all that is wrong with it.

    consortium = "Demo libraries"
    [categories]  code = "Name", or { name = "Name", parent = "code" }
    [groups]      the same, for material groups, with media_type and magnetic
    [agencies.ISIL]  name, kind, timezone, week, special_days, departments and so on
    [branches.ISIL]  agency, name, week, special_days
    [[rules]]        at, category, group, and fields of `circulation.kernel.policy.LoanTerms`
    [float_groups]   code = [ISIL, ...]
    [[transport]]    from, to, cost (or never = true)

Terminals, partners, sorting and PINs: see `circulation.setting_up.callers`. Defaults of new
items, ranges of barcodes: see `circulation.setting_up.new_items`. Money: see
`circulation.setting_up.fees`, and how it is paid: `circulation.setting_up.paying`. Messages: see
`circulation.setting_up.notices`.
items, ranges of barcodes: see `circulation.setting_up.new_items`. Between agencies:
see `circulation.setting_up.agreements`. Money: see
`circulation.setting_up.fees`. Messages: see `circulation.setting_up.notices`.

A commented example is the demo library's own, `protocols/demo/library.toml`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from circulation.calendars.days import parse_days
from circulation.calendars.opening_hours import WEEKDAYS, hours_text, parse_hours
from circulation.items.media import MediaType
from circulation.items.placement import LEVELS
from circulation.kernel.policy import FIELDS, rule_problems
from circulation.kernel.set_up import DEFAULT_TIMEZONE
from circulation.setting_up.agreements import SECTIONS as AGREEMENTS
from circulation.setting_up.agreements import read_agreement_parts
from circulation.setting_up.callers import SECTIONS, read_callers, read_pins
from circulation.setting_up.checking import check_references
from circulation.setting_up.dunning import SECTIONS as DUNNING
from circulation.setting_up.dunning import read_flows
from circulation.setting_up.fees import SECTIONS as FEES
from circulation.setting_up.fees import read_fees
from circulation.setting_up.new_items import SECTIONS as NEW_ITEMS
from circulation.setting_up.new_items import read_new_items
from circulation.setting_up.notices import SECTIONS as NOTICES
from circulation.setting_up.notices import read_notices
from circulation.setting_up.options import Checks
from circulation.setting_up.parts import Fields, Key, Noun, Parts
from circulation.setting_up.paying import read_payment
from circulation.setting_up.positions import Path
from circulation.setting_up.source import NotToml, Problem, Source, parse, shown

_TOP = (
    "consortium",
    "categories",
    "groups",
    "agencies",
    "branches",
    *AGREEMENTS,
    "rules",
    "float_groups",
    "transport",
    *SECTIONS,
    *NEW_ITEMS,
    *FEES,
    *DUNNING,
    *NOTICES,
)
_CALENDAR = ("week", "special_days")
_ISIL = re.compile(r"[A-Za-z0-9]{1,4}-[A-Za-z0-9:/-]{1,11}", re.ASCII)


@dataclass
class Declared:
    """A set-up as its text declares it.

    With problems, `parts` is what could be read all the same and not fit to be applied. `lines`
    tells where a part stands, and where a field of it does.
    """

    parts: Parts = field(default_factory=Parts)
    problems: list[Problem] = field(default_factory=list)
    lines: dict[tuple[Noun, Key, str], int] = field(default_factory=dict)

    def line(self, noun: Noun, key: Key, name: str = "") -> int | None:
        return self.lines.get((noun, key, name)) or self.lines.get((noun, key, ""))


def read(text: str, checks: Checks = Checks()) -> Declared:  # noqa: B008  it is never changed
    """What the text declares, with every problem in the order of its lines.

    `checks` is what the protocols say of options that are theirs.
    """
    declared = Declared()
    try:
        source = parse(text)
    except NotToml as error:
        declared.problems.append(error.args[0])
        return declared
    _Reading(source, declared, checks).read()
    declared.problems = source.problems
    declared.problems += check_references(declared.parts, declared.line)
    declared.problems.sort(key=lambda problem: problem.line or 0)
    return declared


class _Reading:
    def __init__(self, source: Source, declared: Declared, checks: Checks) -> None:
        self.source = source
        self.declared = declared
        self.checks = checks

    def read(self) -> None:
        source, top = self.source, self.source.document
        source.only((), top, _TOP)
        name = source.text((), top, "consortium")
        self._add(Noun.CONSORTIUM, (), {"name": name or ""}, ("consortium",))
        self._tree(Noun.CATEGORY, ("categories",))
        self._tree(Noun.GROUP, ("groups",))
        for isil, path, table in self._by_isil("agencies"):
            self._agency(isil, path, table)
        for isil, path, table in self._by_isil("branches"):
            self._branch(isil, path, table)
        read_agreement_parts(source, self._add)
        for path, table in source.tables(("rules",), top.get("rules", [])):
            self._rule(path, table)
        self._float_groups()
        for path, table in source.tables(("transport",), top.get("transport", [])):
            self._transport(path, table)
        read_callers(source, self._add, self.checks)
        read_new_items(source, self._add)
        read_fees(source, self._add)
        read_flows(source, self._add)
        read_notices(source, self._add)

    def _add(self, noun: Noun, key: Key, fields: Fields, path: Path) -> None:
        """Notes a part; a second one of the same key is a problem."""
        if (first := self.declared.line(noun, key)) is not None:
            self.source.problem(path, f"line {first} says this already")
            return
        self.declared.parts.add(noun, key, fields)
        self.declared.lines[noun, key, ""] = self.source.line(path)
        for name in fields:
            self.declared.lines[noun, key, name] = self.source.line((*path, name))

    def _tree(self, noun: Noun, path: Path) -> None:
        codes = self.source.table(path, self.source.document.get(str(path[0]), {}))
        for code, value in codes.items():
            own = (*path, code)
            if not code.strip():
                self.source.problem(own, "a code cannot be empty")
            table = {"name": value} if isinstance(value, str) else self.source.table(own, value)
            media = self._media(own, table) if noun is Noun.GROUP else {}
            self.source.only(own, table, ("name", "parent", *media))
            parent = self.source.text(own, table, "parent") if "parent" in table else None
            name = self.source.text(own, table, "name") or ""
            self._add(noun, (code,), {"name": name, "parent": parent, **media}, own)

    def _media(self, path: Path, table: Mapping[str, Any]) -> Fields:
        """What a material group says of its things; None where it says nothing."""
        words = tuple(each.value for each in MediaType)
        fields: Fields = {"media_type": None, "magnetic": None}
        if "media_type" in table:
            fields["media_type"] = self.source.choice(path, table, "media_type", words, "other")
        if "magnetic" in table:
            fields["magnetic"] = self.source.flag(path, table, "magnetic", False)
        return fields

    def _by_isil(self, section: str) -> list[tuple[str, Path, Mapping[str, Any]]]:
        found: list[tuple[str, Path, Mapping[str, Any]]] = []
        for isil, value in self.source.table(
            (section,), self.source.document.get(section, {})
        ).items():
            path: Path = (section, isil)
            if not _ISIL.fullmatch(isil):
                self.source.problem(path, "this is no ISIL, such as DK-900100")
            found.append((isil, path, self.source.table(path, value)))
        return found

    def _agency(self, isil: str, path: Path, table: Mapping[str, Any]) -> None:
        source = self.source
        names = [f"{level}s" for level in LEVELS]
        source.only(
            path,
            table,
            (
                "name",
                "kind",
                "timezone",
                "history_days",
                "shares_stock",
                "payment",
                "pins",
                *_CALENDAR,
                *names,
            ),
        )
        timezone = source.text(path, table, "timezone", DEFAULT_TIMEZONE) or DEFAULT_TIMEZONE
        try:
            ZoneInfo(timezone)
        except (KeyError, ValueError, OSError):
            source.problem((*path, "timezone"), f'there is no timezone "{timezone}"')
        fields = {
            "name": source.text(path, table, "name") or "",
            "kind": source.choice(path, table, "kind", ("public", "school"), "public"),
            "timezone": timezone,
            "history_days": source.number(path, table, "history_days", 3_650),
            "shares_stock": source.flag(path, table, "shares_stock", False),
        }
        self._add(Noun.AGENCY, (isil,), fields, path)
        self._calendar(isil, path, table)
        if "payment" in table:
            read_payment(source, self._add, isil, (*path, "payment"), table["payment"])
        if "pins" in table:
            read_pins(source, self._add, isil, (*path, "pins"), table["pins"])
        for level, plural in zip(LEVELS, names, strict=True):
            codes = source.table((*path, plural), table.get(plural, {}))
            for code in codes:
                name = source.text((*path, plural), codes, code) or ""
                self._add(
                    Noun.PLACEMENT, (isil, level, code), {"name": name}, (*path, plural, code)
                )

    def _branch(self, isil: str, path: Path, table: Mapping[str, Any]) -> None:
        source = self.source
        source.only(path, table, ("agency", "name", *_CALENDAR))
        fields = {
            "agency": source.text(path, table, "agency") or "",
            "name": source.text(path, table, "name") or "",
        }
        self._add(Noun.BRANCH, (isil,), fields, path)
        self._calendar(isil, path, table)

    def _calendar(self, isil: str, path: Path, table: Mapping[str, Any]) -> None:
        if "week" in table:
            self._week(isil, (*path, "week"), self.source.table((*path, "week"), table["week"]))
        days_path = (*path, "special_days")
        for own, special in self.source.tables(days_path, table.get("special_days", [])):
            self._special_days(isil, own, special)

    def _week(self, isil: str, path: Path, table: Mapping[str, Any]) -> None:
        week: dict[str, str] = {}
        for name, value in table.items():
            hours = self._hours((*path, name), value)
            first, _, last = name.partition("-")
            if first not in WEEKDAYS or (last or first) not in WEEKDAYS:
                self.source.problem(
                    (*path, name), "no such weekday, as in monday or monday-thursday"
                )
                continue
            days = WEEKDAYS[WEEKDAYS.index(first) : WEEKDAYS.index(last or first) + 1]
            if not days:
                self.source.problem((*path, name), "a week begins on monday")
            for day in days:
                if day in week:
                    self.source.problem((*path, name), f"{day} has hours already")
                week[day] = hours
        week = {day: week[day] for day in WEEKDAYS if week.get(day)}
        if not week:
            self.source.problem(path, "a week needs a day on which somebody is there")
        self._add(Noun.WEEK, (isil,), dict(week), path)

    def _special_days(self, isil: str, path: Path, table: Mapping[str, Any]) -> None:
        self.source.only(path, table, ("days", "hours", "note"))
        written = table.get("days")
        if isinstance(written, date) and not isinstance(written, datetime):
            written = written.isoformat()
        days = parse_days(written) if isinstance(written, str) else None
        if written is None:
            self.source.problem(path, "days is missing")
        elif days is None:
            self.source.problem(
                (*path, "days"),
                f"{shown(written)} is no day or period, such as 2026-12-24, 12-24..12-26, easter-2",
            )
        note = table.get("note", "")
        if not isinstance(note, str):
            self.source.problem((*path, "note"), f"must be a text, not {shown(note)}")
        fields = {"hours": self._hours((*path, "hours"), table.get("hours", "closed"))}
        if days is not None:
            fields["note"] = str(note)
            self._add(Noun.SPECIAL_DAYS, (isil, str(days)), fields, path)

    def _hours(self, path: Path, value: object) -> str:
        hours = parse_hours(value) if isinstance(value, str) else None
        if hours is None:
            self.source.problem(
                path, f'must be hours, such as "10-18", "10:00-12:30, 14-18", not {shown(value)}'
            )
        return hours_text(hours or ())

    def _rule(self, path: Path, table: Mapping[str, Any]) -> None:
        source = self.source
        source.only(path, table, ("at", "category", "group", *FIELDS))
        scope = tuple(
            source.text(path, table, name) or "" if name in table else ""
            for name in ("at", "category", "group")
        )
        fields = {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in table.items()
            if name in FIELDS
        }
        for name, text in rule_problems(fields).items():
            source.problem((*path, name), text)
        if not fields:
            source.problem(path, "the rule says nothing")
        self._add(Noun.RULE, scope, fields, path)
        for name, part in zip(("at", "category", "group"), scope, strict=True):
            if part:
                self.declared.lines.setdefault((Noun.RULE, scope, name), source.line((*path, name)))

    def _float_groups(self) -> None:
        path: Path = ("float_groups",)
        for code, value in self.source.table(
            path, self.source.document.get("float_groups", {})
        ).items():
            own = (*path, code)
            if not isinstance(value, list) or not all(isinstance(isil, str) for isil in value):
                self.source.problem(own, "must be an array of ISILs of branches")
                value = []
            if len(set(value)) < 2:
                self.source.problem(own, "items float between two branches at least")
            self._add(Noun.FLOAT_GROUP, (code,), {"branches": sorted(set(value))}, own)

    def _transport(self, path: Path, table: Mapping[str, Any]) -> None:
        source = self.source
        source.only(path, table, ("from", "to", "cost", "never"))
        key = (source.text(path, table, "from") or "", source.text(path, table, "to") or "")
        never = table.get("never", False)
        if not isinstance(never, bool):
            source.problem((*path, "never"), f"must be true or false, not {shown(never)}")
        if (never is True) == ("cost" in table):
            source.problem(path, "either cost or never = true")
        self._add(Noun.TRANSPORT, key, {"cost": source.number(path, table, "cost")}, path)
