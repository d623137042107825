"""Small exports of other systems: rows with the columns of their tables, each case told with what
is to become of it.

A case is a usual row, but for some cells; `facts` say what is to be here, by the words of
`tests.circulation.moving.test_systems`, or ASIDE, or PASSED where the plan does not choose it.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from lxml import etree

from tests.builders.marc_items import records

#: The row is listed with its reason, and not in.
ASIDE: Final = "aside"
#: The plan leaves out such rows.
PASSED: Final = "passed"
Facts = Mapping[str, Any]
Case = tuple[Mapping[str, object], Facts | str]


@dataclass(frozen=True)
class Table:
    """A file with these columns, whose rows are of a kind: the usual row and what it is to be, and
    the cases that differ from it."""

    kind: str
    file: str
    columns: str
    key: str | Sequence[str]
    usual: Mapping[str, object]
    facts: Facts
    cases: Sequence[Case]
    null: str = ""
    tag: str = ""  # of a file of XML, the name of the element that is a row

    @property
    def names(self) -> list[str]:
        """The columns; in text with semicolons their names may have blanks."""
        between = ";" if ";" in self.columns else None
        return [each.strip() for each in self.columns.split(between)]

    def rows(self) -> list[dict[str, str]]:
        """The rows, each with a key of its own unless the case gives one."""
        made = []
        for number, (changes, _) in enumerate([({}, self.facts), *self.cases], 1):
            given = {name: self._filled(value, number) for name, value in self.usual.items()}
            given |= {name: self._filled(value, number) for name, value in changes.items()}
            unknown = given.keys() - {*self.names}
            assert not unknown, (self.file, unknown)
            made.append(dict.fromkeys(self.names, self.null) | given)
        return made

    def _filled(self, value: object, number: int) -> str:
        return self.null if value is None else str(value).replace("#", str(number))

    def wanted(self) -> dict[str, Facts | str]:
        """What is to become of each row, by its key."""
        keys = [self.key] if isinstance(self.key, str) else self.key
        cases = [({}, {}), *self.cases]
        return {
            "/".join(row[name] for name in keys): (
                said if isinstance(said, str) else {**self.facts, **said}
            )
            for row, (_, said) in zip(self.rows(), cases, strict=True)
        }


@dataclass(frozen=True)
class Export:
    """What a system has written; `codes` are added to tables of values of its plan."""

    system: str
    tables: Sequence[Table]
    codes: Mapping[str, str] = field(default_factory=dict)
    #: The tag of items in MARC, where the system has no table of them.
    tag: str = ""
    #: Sections that the library adds to the plan.
    more: str = ""
    #: Properties of the system that a file does not have, by its name: the plan speaks of them too.
    others: Mapping[str, str] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Write the files that the plan names."""
        for table in self.tables:
            if table.file.endswith(".mrc"):
                (folder / table.file).write_bytes(records(self.tag, *table.rows()))
                continue
            if table.tag:
                (folder / table.file).write_bytes(etree.tostring(_elements(table)))
                continue
            with (folder / table.file).open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, table.names)
                writer.writeheader()
                writer.writerows(table.rows())


def _elements(table: Table) -> etree._Element:
    """The rows as elements; columns are paths in them, and a cell may hold elements."""
    whole = etree.Element("all")
    for row in table.rows():
        element = etree.SubElement(whole, table.tag)
        for path, text in row.items():
            place = element
            for name in path.split("/"):
                found = place.find(name)
                place = etree.SubElement(place, name) if found is None else found
            if text.startswith("<"):
                place.extend(etree.fromstring(f"<x>{text}</x>"))
            else:
                place.text = text
    return whole
