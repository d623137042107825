"""Rows of cells become rows of a kind, as the plan says; one that cannot is a fault."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from hashlib import blake2b
from typing import Any, Final, NamedTuple

from circulation.moving.code_tables import translate_code, translate_value
from circulation.moving.plans import Columns, FieldPlan, Plan
from circulation.moving.rows import Arrival, Fault, Kind, Place, code_shown
from circulation.moving.sources.rows import Line, UnreadableFile
from circulation.moving.values import UNKNOWN_CODE, Cell, Formats, Unreadable, part_tail
from circulation.patrons.identifiers import IdentifierKey

#: Characters of a key.
_LONGEST_KEY: Final = 200
BROKEN: Final = "broken row"
_PIN: Final = re.compile("[0-9]{4,12}", re.ASCII)


class _Source(NamedTuple):
    columns: tuple[int, ...]
    plan: FieldPlan
    table: Mapping[str, str] | None


class _Field(NamedTuple):
    name: str
    cell: Cell
    default: Any
    is_needed: bool
    sources: tuple[_Source, ...]


class _Wrong(Exception):
    """A field cannot be read from this source."""

    def __init__(self, source: _Source, text: str, why: str) -> None:
        super().__init__(why)
        self.source, self.text, self.why = source, text, why


def _columns(names: Sequence[str], header: Mapping[str, int]) -> tuple[int, ...]:
    """Return where the columns are, without optional ones that the file lacks."""
    return tuple(header[name] for name in names if name in header)


class Mapper:
    """Makes an `Arrival` or a `Fault` of each line of a file with these columns.

    Raises UnreadableFile where a column of the plan is missing.
    """

    def __init__(
        self, plan: Plan, kind: Kind, formats: Formats, identifiers: IdentifierKey
    ) -> None:
        self._plan, self._kind = plan.kinds[kind.name], kind
        self._whole, self._formats, self._identifiers = plan, formats, identifiers
        self._empty = frozenset(plan.empty) | {""}
        self._digest_key = identifiers.keyed("rows that were moved").encode()[:64]
        self._fields: list[_Field] = []
        self._home: _Field | None = None
        self._key: tuple[int, ...] = ()
        self._only: list[tuple[tuple[int, ...], frozenset[str], bool]] = []

    def begin(self, columns: Sequence[str]) -> None:
        """The lines that follow have these columns."""
        header = {name: number for number, name in reversed([*enumerate(columns)])}
        its = self._plan
        if missing := sorted(its.columns_needed() - header.keys()):
            raise UnreadableFile(f"it has no column {', '.join(missing)}")
        self._key = _columns(its.key, header)
        self._only = [*_choices(its.only, header, True), *_choices(its.unless, header, False)]
        cells, defaults = self._kind.cells, self._kind.defaults
        self._fields = [
            _Field(
                name,
                cell,
                defaults.get(name),
                name not in defaults,
                tuple(
                    _Source(_columns(each.column, header), each, self._whole.table(each))
                    for each in planned.sources
                    if each.constant is not None or not header.keys().isdisjoint(each.column)
                ),
            )
            for name, cell in cells.items()
            if (planned := its.fields.get(name)) is not None
        ]
        for each in self._fields:
            if each.is_needed and not each.sources:
                raise UnreadableFile(f"it has no column for {each.name}")
        self._home = next((each for each in self._fields if each.name == "home_branch"), None)

    def is_wanted(self, line: Line) -> bool:
        """Do `only` and `unless` of the plan choose it? What is broken is wanted."""
        return bool(line.fault) or all(
            (self._joined(line.cells, columns, " ") in values) is wanted
            for columns, values, wanted in self._only
        )

    def key(self, line: Line) -> str | None:
        """What stands in the database for the key of the row; None where it has none."""
        if line.fault:
            return None
        parts = (self._joined(line.cells, (number,), "") for number in self._key)
        key = "/".join(map(self._identifiers.stored, parts))
        return key if key.strip("/") and len(key) <= _LONGEST_KEY and "\0" not in key else None

    def home(self, line: Line) -> str | None:
        """The ISIL of the home branch that the row tells, where it tells one that there is."""
        if self._home is not None and not line.fault:
            with suppress(Unreadable):
                texts = (
                    translate_code(each.table, self._text(each, line.cells))
                    for each in self._home.sources
                )
                told = next(filter(None, texts), "")
                return told if told in self._formats.branches else None
        return None

    def arrival(self, file: str, line: Line) -> Arrival | Fault:
        place = Place(file, line.number)
        if line.fault:
            return Fault(place, "", BROKEN, line.fault)
        key = self.key(line)
        if key is None:
            return Fault(place, "", "no key")
        values = {}
        for each in self._fields:
            try:
                values[each.name] = self._value(each, line.cells)
            except _Wrong as wrong:
                if self._formats.advice is not None:
                    self._formats.advice.see_unread(wrong.why, wrong.text)
                code = self._code(each, wrong)
                said = f"{each.name}: {code}".rstrip(": ")
                remedy = self._remedy(each, wrong, code)
                return Fault(place, key, wrong.why, said, remedy=remedy)
        row = self._kind.row(**values)  # what the plan does not give is as it is by default
        digest = blake2b(repr(row).encode("utf-8", "replace"), key=self._digest_key, digest_size=8)
        checksum = int.from_bytes(digest.digest()) >> 1
        return Arrival(place, key, row, checksum)

    def _joined(self, cells: Sequence[str], columns: Sequence[int], between: str) -> str:
        parts = (cells[number].strip() for number in columns)
        return between.join("" if part in self._empty else part for part in parts)

    def _text(self, source: _Source, cells: Sequence[str]) -> str:
        if source.plan.constant is not None:
            return source.plan.constant
        if len(source.columns) == 1:
            part = cells[source.columns[0]].strip()
            return "" if part in self._empty else part
        parts = (cells[number].strip() for number in source.columns)
        return source.plan.joined_by.join(part for part in parts if part not in self._empty)

    def _value(self, field: _Field, cells: Sequence[str]) -> Any:
        """Return what the first source gives, or all of them where the field holds a list. Raises
        _Wrong."""
        found: list[Any] = []
        for source in field.sources:
            text = self._text(source, cells)
            several = text.split(source.plan.separator) if field.cell.is_list else [text]
            try:
                for each in several:
                    piece = _lines(each.strip(), source.plan)
                    has_tail = field.cell.has_tail
                    if value := translate_value(source.table, piece, has_tail=has_tail):
                        found.append(field.cell.read(value, self._formats))
            except (ValueError, OverflowError) as error:
                is_told = isinstance(error, Unreadable)
                why = str(error) if is_told else "cannot be read"
                shown = part_tail(piece).code if field.cell.has_tail else text
                raise _Wrong(source, shown, why) from error
            if found and not field.cell.is_list:
                return found[0]
        if field.cell.is_list:
            return tuple(found)
        if field.is_needed:
            raise _Wrong(field.sources[-1], "", "nothing there")
        return field.default

    def _code(self, field: _Field, wrong: _Wrong) -> str:
        """The code that is unknown; nothing of any other cell. Cells may have slipped into the next
        column, so where there are PINs, what may be one is no code."""
        if not field.cell.is_code and wrong.source.table is None:
            return ""
        may_be_pin = "pin" in self._plan.fields and _PIN.fullmatch(wrong.text)
        return "" if may_be_pin else code_shown(wrong.text)

    def _remedy(self, field: _Field, wrong: _Wrong, code: str) -> str:
        """Return what to write in the plan for a code that no table of values has."""
        if not code or wrong.why != UNKNOWN_CODE or wrong.source.table is None:
            return ""
        named = wrong.source.plan.values
        place = f"{self._kind.name}.fields.{field.name}.values"
        place = f"values.{named}" if isinstance(named, str) else place
        told = f" ({field.cell.told})" if field.cell.told not in ("text", "code") else ""
        return f"add {code} to [{place}]{told}"


def _lines(text: str, plan: FieldPlan) -> str:
    return text.replace(plan.newline, "\n") if plan.newline else text


def _choices(
    columns: Columns, header: Mapping[str, int], wanted: bool
) -> list[tuple[tuple[int, ...], frozenset[str], bool]]:
    return [((header[name],), frozenset(values), wanted) for name, values in columns.items()]
