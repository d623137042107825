"""Items as fields of bibliographic records: 952 of Koha, 945 of Sierra, 999, 995, 852 with 876.

Each field with the tag of the plan is a row. Its columns are the codes of its subfields, ``001``,
and the subfields of other fields, such as ``852b``: of the one with the same number in $8, else of
the first. ``b[2]`` is the second subfield b; without a number all of them are joined by a blank.
Which of them there are is known from the plan alone, so a code that no field has is an empty cell.
Rows are numbered by the item fields of the file.
"""

from __future__ import annotations

import string
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

from catalogue.marc import iso2709, sources
from catalogue.marc.checking import Refused, accept
from circulation.moving.plans import KindPlan
from circulation.moving.sources.rows import Line, UnreadableFile

_BETWEEN = " "
Field = tuple[str, bytes]
#: Fields of items: Koha, Sierra, Symphony and Aleph, UNIMARC, danMARC2 (two), MARC 21 (two).
ITEM_TAGS: Final = ("952", "945", "999", "995", "996", "096", "876", "852")
#: Codes of subfields, in danMARC2 too.
_CODES: Final = string.digits + string.ascii_letters + "æøåÆØÅ&"
#: Records from which the tag of the items is told.
_FIRST: Final = 500


class MarcItems:
    """A file of MARC records as `plan` reads it; with `all_columns` all subfields of its items,
    and those columns."""

    def __init__(
        self, path: Path, plan: KindPlan, *, all_columns: Collection[str] | None = None
    ) -> None:
        self._path, self._tag = path, plan.tag
        self._is_whole = all_columns is not None
        self.columns = sorted({*_CODES, *(all_columns or ())})
        if all_columns is None:
            self.columns = sorted(plan.columns_named())

    def lines(self) -> Iterator[Line]:
        number = 0
        try:
            with sources.Source(self._path) as source:
                for found in source.records():
                    for cells in self._items(found):
                        number += 1
                        yield Line(number, cells or (), "" if cells else "no sound record")
        except sources.UnreadableFile as error:
            raise UnreadableFile(str(error).removeprefix(str(self._path)).strip(" :")) from error

    def _items(self, found: sources.Found) -> Iterator[Sequence[str] | None]:
        """The rows of a record; None for one that is none."""
        try:
            data = found.data if found.record_format else accept(found.data, take_note=str)
            fields = [(tag.decode(), content) for tag, content in iso2709.fields(data)]
        except (Refused, ValueError):
            yield None
            return
        if found.refusal:
            yield None
            return
        for tag, content in fields:
            if tag == self._tag and self._is_whole:
                values = _all_values(content)
                yield [
                    values.get(name, "") if len(name) == 1 else self._cell(name, content, fields)
                    for name in self.columns
                ]
            elif tag == self._tag:
                yield [self._cell(name, content, fields) for name in self.columns]

    def _cell(self, name: str, content: bytes, fields: Sequence[Field]) -> str:
        column = _column(name)
        if not column.tag:
            return _value(content, column.code, column.number)
        its = [other for known, other in fields if known == column.tag]
        if not column.code:
            return its[0].decode("utf-8", "replace").strip() if its else ""
        link = _value(content, "8")
        same = [other for other in its if link and _value(other, "8") == link]
        return _value((same or its)[0], column.code, column.number) if its else ""


def tell_item_tag(path: Path) -> str:
    """Return the tag that the items of a file have: the most frequent one of those in use."""
    counts: Counter[bytes] = Counter()
    with sources.Source(path) as source:
        for found in islice(source.records(), _FIRST):
            with suppress(Refused, ValueError):
                data = found.data if found.record_format else accept(found.data, take_note=str)
                counts.update(tag for tag, _ in iso2709.fields(data))
    return max(ITEM_TAGS, key=lambda tag: counts[tag.encode()])


def _all_values(content: bytes) -> dict[str, str]:
    """Return the subfields of a field by their codes, those of one code joined."""
    found: dict[str, str] = {}
    for code, value in iso2709.subfields(content):
        name, text = code.decode("utf-8", "replace"), value.decode("utf-8", "replace").strip()
        found[name] = f"{found[name]}{_BETWEEN}{text}" if name in found else text
    return found


class _Column(NamedTuple):
    tag: str  # none: of the item field itself
    code: str
    number: int  # of several; 0: all


@cache
def _column(name: str) -> _Column:
    plain, _, number = name.removesuffix("]").partition("[")
    which = int(number) if number.isascii() and number.isdigit() else 0
    if len(plain) <= 1:
        return _Column("", plain, which)
    return _Column(plain[:3], plain[3:], which)


def _value(content: bytes, code: str, number: int = 0) -> str:
    found = [value for known, value in iso2709.subfields(content) if known == code.encode()]
    parts = found[number - 1 : number] if number else found
    return _BETWEEN.join(part.decode("utf-8", "replace").strip() for part in parts)
