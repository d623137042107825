"""What library.toml says of new items: their defaults, and where their barcodes come from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalogue.index.describing import MATERIAL_TYPES
from circulation.accession.barcode_ranges import (
    BarcodeRange,
    all_ranges,
    forget_range,
    let_go_of_agency,
    let_go_of_branch,
    range_problem,
    store_range,
)
from circulation.accession.item_defaults import ITEM_DEFAULTS
from circulation.accession.schema import delivery_lines
from circulation.languages.sentences import Sentence, listed
from circulation.sections.changes import Change
from circulation.sections.parts import (
    AGENCY,
    BRANCH,
    GROUP,
    Fields,
    Key,
    Lines,
    Noun,
    Parts,
    no_such,
)
from circulation.sections.positions import Path
from circulation.sections.rules import RuleSection, at_place
from circulation.sections.sections import Changes, Reading, Section, Stored, Storing
from circulation.sections.source import Problem, Source
from circulation.sections.transport import FLOAT_GROUP


def _called(key: Key) -> Sentence:
    place, group, material_type = key
    of = " ".join(filter(None, (group, material_type)))
    return Sentence(
        "DEFAULTS_OF",
        noun=Sentence("NOUN_item defaults"),
        place=at_place(place),
        group=Sentence("OF", group=of) if of else Sentence("OF_ALL"),
    )


class DefaultsSection(RuleSection):
    empty = "NOTHING_GIVEN"
    named_in = {GROUP: delivery_lines.c.material_group}

    def key(self, source: Source, path: Path, table: Mapping[str, Any]) -> Key:
        key = super().key(source, path, table)
        if key[2] and key[2] not in MATERIAL_TYPES:
            text = Sentence("NO_SUCH_TYPE", known=listed(sorted(MATERIAL_TYPES)))
            source.problem((*path, "type"), text)
        return key

    def check(self, parts: Parts, line: Lines) -> list[Problem]:
        """Besides: every group that is given and is not there."""
        given = (("gives_group", GROUP, "material group"), ("float_group", FLOAT_GROUP, None))
        return super().check(parts, line) + [
            no_such(self.noun, key, line(self.noun, key, name), what or named.word, fields[name])
            for key, fields in parts.of[self.noun].items()
            for name, named, what in given
            if isinstance(fields.get(name), str) and (fields[name],) not in parts.of[named]
        ]


RANGE = Noun("barcode range")  # code -> at, prefix, first, last, digits, check_digit
#: The greatest number of a range.
_MOST = 10**15 - 1


class RangeSection(Section):
    shape = "[barcode_ranges.CODE]   at, prefix, first, last, digits, check_digit"
    keys = ("barcode_ranges",)
    nouns = (RANGE,)
    tables = {"barcode_ranges": "barcode_ranges"}

    def read(self, reading: Reading) -> None:
        source = reading.source
        path: Path = ("barcode_ranges",)
        for code, value in source.table(path, source.document.get("barcode_ranges", {})).items():
            own = (*path, code)
            if not code.strip():
                source.problem(own, Sentence("CODE_EMPTY"))
            table = source.table(own, value)
            reading.add(RANGE, (code,), _range(source, code, own, table), own)

    def check(self, parts: Parts, line: Lines) -> list[Problem]:
        places = {*parts.of[AGENCY], *parts.of[BRANCH]}
        return [
            no_such(RANGE, key, line(RANGE, key, "at"), "agency or branch", fields["at"])
            for key, fields in parts.of[RANGE].items()
            if fields["at"] and (fields["at"],) not in places
        ]

    def load(self, stored: Stored) -> None:
        for each in all_ranges(stored.transaction):
            fields = {
                "at": stored.place(each.agency_id, each.branch_id),
                "prefix": each.prefix,
                "first": each.first_number,
                "last": each.last_number,
                "digits": each.digits,
                "check_digit": each.check_digit,
            }
            stored.parts.add(RANGE, (each.code,), fields)

    def remove(self, storing: Storing, changes: Changes) -> None:
        """Ranges of a place that is removed get another in the same transaction, and go on."""
        super().remove(storing, changes)
        for change in changes[BRANCH]:
            if change.after is None:
                let_go_of_branch(storing.transaction, branch_id=storing.branch(change.key[0]))
        for change in changes[AGENCY]:
            if change.after is None:
                let_go_of_agency(storing.transaction, agency_id=storing.agency(change.key[0]))

    def store(self, storing: Storing, change: Change, fields: Fields) -> None:
        agency_id, branch_id = storing.owner(fields["at"])
        numbers = fields["first"], fields["last"], fields["digits"], fields["check_digit"]
        whose = change.key[0], agency_id, branch_id, fields["prefix"]
        store_range(storing.transaction, BarcodeRange(*whose, *numbers, fields["first"]))

    def forget(self, storing: Storing, change: Change) -> None:
        forget_range(storing.transaction, code=change.key[0])


def _range(source: Source, code: str, path: Path, table: Mapping[str, Any]) -> Fields:
    source.only(path, table, ("at", "prefix", "first", "last", "digits", "check_digit"))
    prefix = table.get("prefix", "")
    if not isinstance(prefix, str):
        source.must_be((*path, "prefix"), "A_TEXT", prefix)
        prefix = ""
    for name in ("first", "last"):
        if name not in table:
            source.problem(path, Sentence("MISSING", name=name))
    first = source.number(path, table, "first", _MOST) or 0
    last = source.number(path, table, "last", _MOST) or first
    fields: Fields = {
        "at": source.text(path, table, "at", "") or "",
        "prefix": prefix,
        "first": first,
        "last": last,
        "digits": source.number(path, table, "digits", 15) or len(str(last)),
        "check_digit": source.flag(path, table, "check_digit", False),
    }
    numbers = first, last, fields["digits"], fields["check_digit"], first
    problem = range_problem(BarcodeRange(code, None, None, prefix, *numbers))
    if problem is not None:
        source.problem(path, problem)
    return fields


NEW_ITEMS = (
    DefaultsSection(
        "item_defaults", Noun("item defaults", _called), ITEM_DEFAULTS, ("at", "group", "type")
    ),
    RangeSection(),
)
