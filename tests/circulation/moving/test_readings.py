"""What the readers make of files, plans and cells, side by side with what these hold.

The table is tests/transcripts/moving/readings.txt;
``python -m tests.circulation.moving.test_readings`` writes it again: read what has changed.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Final

import pymarc
import pytest

from circulation.moving import values
from circulation.moving.balancing.comparing import balance, write_sheet
from circulation.moving.balancing.figures import Figure
from circulation.moving.balancing.file_rows import FileRows, parted
from circulation.moving.balancing.from_files import FilesSheet, _told
from circulation.moving.balancing.samples import address_told, debt_told, loan_told
from circulation.moving.kinds.items import ItemState
from circulation.moving.kinds.table import FIELDS, KINDS, fields_told
from circulation.moving.mapping import Mapper
from circulation.moving.off_line.files import NotOffLine, Origin, read_off_line
from circulation.moving.plan_settings import settings_told
from circulation.moving.plans import KindPlan, Plan, PlanUnfit, read_plan
from circulation.moving.rows import Fault, Place, code_shown
from circulation.moving.set_aside import read_set_aside, writing
from circulation.moving.sources.opening import open_source
from circulation.moving.sources.rows import Line, Source, UnreadableFile
from circulation.moving.values import Formats, Unreadable
from circulation.patrons.identifiers import IdentifierKey
from tests.circulation.moving.test_journal import FOLDER

ZONE: Final = "Europe/Copenhagen"
FORMATS: Final = Formats({"DK-900101": 1}, ZONE, date(2026, 11, 25))
#: What pydantic and tomllib say in words of their own.
OTHERS_SAY: Final = r": (Extra|Field|Input|Invalid|String|Value) .*"
OTHERS: Final = replace(
    FORMATS, dates=("%d.%m.%Y %H:%M", "%d.%m.%y", "%Y-%m-%d %H.%M"), decimal=",", _days={}
)
CELLS: Final = {
    "TEXT": ("Ørsted", "a\0b"),
    "SMALL": ("0", "9999", "10000", "-1", "-", "--1", "٣", "1.5"),
    "TRUTH": ("1", "Ja", "J", "Y", "t", "TRUE", "yes", "0", "nej", "N", "no", "F", "False", "2"),
    "BRANCH": ("DK-900101", "DK-900102"),
    "DAY": ("2026-11-25", "2026-11-25T23:30+00:00", "1850-01-02", "1849-01-01", "25.11.26"),
    "BIRTH_DATE": ("2026-11-26", "2026-11-25"),
    "MOMENT": (
        "2026-07-01",
        "2026-07-01T10",
        "20260701T1000",
        "2026-07-01T10:00Z",
        "x",
        "2026-07-01 10.30",
        "2026-07-01T10,5",
        "2026-07-01 10:30.5",
    ),
    "LAST_MOMENT": ("2026-07-01", "2026-07-01T00:00", "2026-07-01T00:01", "2026-W27-3"),
    "AMOUNT": ("0", "-1", "1.5", "1.05", "1.055", "1 000\u00a0000.10", "1,5", "42949673", "1" * 16),
}
OTHER_CELLS: Final = {
    "DAY": ("25.11.2026 10:00", "25.11.26", "2026-11-25", "2026-11-25 10.30"),
    "BIRTH_DATE": ("26.11.26", "25.11.26", "26.11.2026 00:00"),
    "LAST_MOMENT": ("25.11.2026 10:00", "25.11.26", "25.11.2026 00:00"),
    "AMOUNT": ("1,5", "1.5", "1.000,50", "-0,01"),
}
CODES: Final = ("MAIN", "a b.c:d/e+f-g_h", "x" * 24, "x" * 25, "120580-1234", " 1205801234 ", "a'b")
PLAN: Final = """
source = "old"
empty = ["NULL", "-"]
values.towns = { g = "101" }
values.blocks = { l = "card_stolen", x = "", m = "other until 2027-01-01: moved", "k: 1" = "debt" }
values.branches = { M = "DK-900101", "*" = "DK-900102" }
[patrons]
files = ["p*.csv", "late.csv", "p1.csv"]
key = ["id", "sub"]
only = { live = ["1", ""], kind = "p" }
unless = { live = "gone" }
[patrons.fields]
card = "card"
home_branch = { column = "at", values = "branches" }
category = { column = "cat", values = { A = "adult", "" = "child" } }
family_name = { column = ["last", "sub"], joined_by = ", " }
note = { column = "note", newline = "$" }
other_cards = { column = "more", separator = ";" }
blocks = { column = "blocks", separator = "/", values = "blocks" }
language = { constant = "en" }
expires = "expires"
pin = "pin"
kind = { column = "what", values = { g = "group", h = "person" } }
municipality = { column = "what", values = "towns" }
"""
HEADER: Final = "id;sub;live;kind;card;at;cat;last;note;more;blocks;expires;pin;what"
ROWS: Final = (
    "1;a;1;p;C1;M;A;Ek;one$two;X1; X2 ;l/x;2027-01-01;1;g",
    "1;a;1;p;C1;M;A;Ek;one$two;X1;l/x;2027-01-01;1;g",
    " 2 ;;;p;C2;?;;NULL;-;;/ / ;;;",
    "3;b;2;p;C3;M;A;x;;;;;;",
    "4;b;1;q;C4;M;A;x;;;;;;",
    "5;b;gone;p;C5;M;A;x;;;;;;",
    "NULL;-;1;p;C6;M;A;x;;;;;;",
    "7;120580-1234;1;p;;;A;x;;;;;;",
    "8;;1;p;C8;M;B;x;;;;;;",
    "9;;1;p;C9;M;A;x;;;q;;;",
    "10;;1;p;C10;M;A;x;;;;soon;4711;",
    "11;;1;p;C11;M;A;x;;;;;;4711",
    "12;;1;p;C12;M;A;x;;;;;;h",
    "13;;1;p;C13;M;A;x;;;;;;zz",
    "14;;1;p;C14;M;A;x;;;m/m: far/m until 2026-12-24: off/x: gone/k: 1/l until 2026-12-24;;;",
    f"{'1' * 199};;1;p;C12;M;A;x;;;;;;",
    f"{'1' * 200};;1;p;C12;M;A;x;;;;;;",
)
PLANS: Final = (FOLDER / "plans.txt").read_text("utf-8").split("---\n")
TEXTS: Final[tuple[tuple[bytes, dict[str, Any]], ...]] = (
    (b"", {}),
    (b" a , b\n1,2\n\n3\n 4 ,5,6\r\n7,8", {}),
    (b'a,b\n"1\n2",3\n"4,5\n6,7\n"8""9",0\n"1"2,3\n', {}),
    (b'"a,b\n', {}),
    (b'1;x\n2;"y', {"columns": ["a", "b"], "delimiter": ";", "quote": ""}),
    (b'a,b\n"1\\"2",3\\,4\n', {"escape": "\\"}),
    (b"a,b\n'=1,''2\n", {"has_apostrophes": True}),
    (b"a,b\n'=1,''2\n", {}),
    (b"a,a\n1,\xe6\n", {"encoding": "utf-8"}),
    (b"a,b\n1,\xe6\n", {"encoding": "latin-1"}),
    (b"a,b\n1,\0\n", {}),
    (b"a,b\n" + b"x" * 131_072 + b",1\n" + b"x" * 131_073 + b",2\n", {}),
    (b"a,b\n" + b"1" * 1_000_001 + b",x\n2,3\n", {}),
    (b'a,b\n1,"' + b"x\n" * 49 + b'"\n2,"' + b"x\n" * 50 + b'"\n3,4\n', {}),
)
XML: Final = """<x:all xmlns:x="urn:x"><x:s n="1"><x:r i="a"> <x:k>1</x:k><x:v> p </x:v><x:v/>
<x:v>q</x:v></x:r></x:s>
<x:s n="2"><x:r><x:k>2</x:k></x:r></x:s></x:all>"""
ENTITY: Final = '<!DOCTYPE r [<!ENTITY e "told">]><a><r><k>1&e;</k></r></a>'
KOC: Final = (
    "Version=1.0\tGenerator=kocfile",
    "2026-11-25 09:30:00 123\tissue\t P1 \t B1 ",
    "2026-11-25T09-31-00.500\treturn\t B1 ",
    "2026-11-25 09:32:00,123456\tpayment\t P1 \t 12,50 ",
    "2026-11-25 09:33:00\tpayment\tP1\t0.00",
    "2026-11-25 09:33:00\tpayment\tP1\t12345678",
    "2026-11-25 09:33:00\tpayment\tP1",
    "2026-11-25 09:34:00\trenew\tP1\tB1",
    "2026-02-30 09:34:00\tissue\tP1\tB1",
    "2026-11-25 09:34\tissue\tP1\tB1",
    "",
    "issue\tP1\tB1\t2026-11-25 09:35:00",
    "return\tB1\tx\t2026-11-25 09:36:00",
    "2026-11-25 09:36:00\tissue\tP\0\tB1",
    "2026-11-25 09:36:00\tissue",
    "2026-11-25 09:37:00\treturn\tB1",
    "2026-11-25 09:37:00\treturn\tB1",
)
EVERGREEN: Final = (
    {"type": "checkout", "timestamp": 1795600000, "patron_barcode": " P1 ", "barcode": " B1 ",
     "checkout_time": "2026-11-25T08:00:00", "due_date": "2026-12-24"},
    {"type": "checkout", "timestamp": "1795600000", "due_date": "2026-12-24T12:00:00+00:00"},
    {"type": "checkin", "timestamp": 1795600000, "barcode": "B1", "backdate": "2026-11-20"},
    {"type": "checkin", "timestamp": 1795600000, "backdate": "2030-11-20"},
    {"type": "checkin", "backdate": "2026-11-20T10:00:00+00:00"},
    {"type": "renew", "timestamp": "2026-11-25 10:00:00", "barcode": 17},
    {"type": "register", "timestamp": 1795600000, "user": {"card": {"barcode": "P9"}}},
    {"type": "register", "timestamp": 1795600000, "user": {"card": "P9"}},
    {"type": "in_house_use", "timestamp": 1795600000, "user": "P9"},
    {"type": "dance", "timestamp": 1795600000},
    {"type": "checkin"},
    {"type": "checkin", "timestamp": "soon"},
    {"type": "checkin", "timestamp": 1e99},
    {"type": "checkin", "timestamp": 1795600000, "due_date": "soon"},
)  # fmt: skip
OFF_LINE: Final[tuple[tuple[str, float], ...]] = (
    ("\r\n".join(KOC) + "\r\n", 0.0),
    ("\n".join(KOC[1:3]) + "\n", 60.5),
    ("\n".join(KOC[:3]), 0.0),
    ("\ufeff\n" + "\r".join(KOC[11:13]) + "\r", 0.0),
    ("\n".join(map(json.dumps, EVERGREEN)) + '\n[1]\n{"a', 0.0),
    (json.dumps(EVERGREEN[0]), 3600.0),
    ("", 0.0),
    ("issues\tP1\n", 0.0),
    (' {"type": "checkin", "timestamp": 1795600000}\n', 0.0),
    (" return\tB1\tx\t2026-11-25 09:36:00\n", 0.0),
    ("2026-11-25 09:30:00\tissue\tP1\tB1\n", 0.0),
)


def told_of(lines: Iterable[object]) -> Iterator[str]:
    for each in lines:
        text = str(each)
        yield f"    {text if len(text) < 1_000 else f'{text[:60]}... {len(text)} characters'}"


def read_values() -> Iterator[str]:
    for formats, cells in ((FORMATS, CELLS), (OTHERS, OTHER_CELLS)):
        for name, texts in cells.items():
            yield f"> {name} {formats.dates or ''}".rstrip()
            for text in texts:
                try:
                    found = repr(getattr(values, name).read(text, formats))
                except (Unreadable, ValueError) as error:
                    found = f"{type(error).__name__}: {error}"
                yield f"    {text!r}: {found.replace('datetime.', '')}"
    state = values.coded(ItemState)
    yield f"> {state.told}, {state.is_code}, {state.is_list}: {state.read('missing', FORMATS)}"
    yield from (f"> code {text!r}: {code_shown(text)}" for text in CODES)
    yield f"> parted: {parted(' a | |b', '|')}"
    yield f"> {address_told('a  b', ' ', 'c')}; {debt_told('fee', 'now', -5)}"
    yield f"> {loan_told('B1', 'now', 2, 'lost')}; {loan_told('B1', 'now', 0, None)}"
    for figure in (Figure("a", "?", "1205801234"), Figure("a", "b", "")):
        yield f"> {_told(figure)}"
    yield from (f"> {each}" for each in settings_told())
    for each in fields_told():
        yield f"> {each.kind}.{each.field}{' is needed' * each.needed}: {each.holds}"


def read_rows(folder: Path) -> Iterator[str]:
    """By the mapper, and by the other code that fills in the balancing sheet."""
    (folder / "plan.toml").write_text(PLAN.replace('"id", "sub"]', '"id", "sub"]\ndelimiter = ";"'))
    plan, key = read_plan(folder / "plan.toml", FIELDS), IdentifierKey(b"k" * 16)
    for name in ("p2.csv", "p1.csv", "late.csv"):
        (folder / name).write_text(f"{HEADER}\n")
    (folder / "p2.csv").write_text("\n".join((HEADER, *ROWS)))
    yield f"> files: {[each.name for each in plan.paths('patrons')]}"
    yield f"> homes: {sorted(plan.homes('patrons'))}"
    mapper = Mapper(plan, KINDS["patrons"], Formats({"DK-900101": 1}, ZONE, date(2026, 1, 1)), key)
    source = open_source(folder / "p2.csv", plan, plan.kinds["patrons"])
    with pytest.raises(UnreadableFile) as missing:
        mapper.begin(source.columns[:4])
    yield f"> {missing.value}"
    mapper.begin(source.columns)
    for line in source.lines():
        yield f"> {ROWS[line.number - 2][:100]}"
        found = mapper.arrival("p2.csv", line)
        home, wanted = mapper.home(line), mapper.is_wanted(line)
        yield f"    key {mapper.key(line)}, home {home}{', not wanted' * (not wanted)}"
        if isinstance(found, Fault):
            yield f"    {found.key}: {found.reason} ({found.detail}) {found.remedy}".rstrip()
        else:
            defaults = found.row._field_defaults
            said = found.row._asdict().items()
            yield f"    { ({n: v for n, v in said if v != defaults.get(n)}) }"
    rows = FileRows(plan, ZONE, key.stored)
    yield f"> by key: {rows.is_by_key('patrons', 'card')}, {rows.is_by_key('loans', 'item')}"
    yield "> for the sheet"
    for row in rows.of("patrons"):
        yield f"    {row.at} {row.key[:60]}: { ({n: v for n, v in row.texts.items() if v}) }"
        yield f"    {rows.several('patrons', row, 'other_cards')}, {rows.day(row['expires'])}"
    for text in CELLS["AMOUNT"]:
        yield f"    {text!r}: {rows.amount(text)}"


def read_plans(folder: Path) -> Iterator[str]:
    path = folder / "plan.toml"
    for text in PLANS:
        yield f"> {' | '.join(text.splitlines())}"
        path.write_text(text)
        try:
            yield f"    {read_plan(path, {'patrons': FIELDS['patrons'], 'uses': FIELDS['uses']})}"
        except PlanUnfit as unfit:
            yield from told_of(re.sub(OTHERS_SAY, "", each) for each in unfit.problems)


def _read_all(source: Source) -> list[str]:
    def short(line: Line) -> str:
        cells = [each if len(each) < 100 else f"{len(each)} x" for each in line.cells]
        return f"{line.number}: {line.fault or cells}"

    return [f"columns {source.columns}", *map(short, source.lines())]


def read_sources(folder: Path) -> Iterator[str]:
    def read(what: str, name: str, **options: Any) -> Iterator[str]:
        yield f"> {what} {options or ''}".rstrip()
        kind = KindPlan(files=(name,), key=options.pop("key", ("a",)), fields={}, **options)
        plan = Plan(source="old", folder=folder, kinds={"uses": kind})
        try:
            yield from told_of(_read_all(open_source(folder / name, plan, kind)))
        except UnreadableFile as error:
            yield f"    unreadable: {str(error).replace(str(folder), '')}"

    for data, options in TEXTS:
        (folder / "x.csv").write_bytes(data)
        shown = data if len(data) < 200 else f"{len(data)} octets"
        yield from read(f"csv {shown}", "x.csv", **options)
    its = {"format": "xml", "tag": "r"}
    paths = ["k", "v", "@i", "../@n", "../../s[r/k = $row/k]/@n", "count(v)", "boolean(v)"]
    for text, key in ((XML, paths), (XML, ["$k"]), (XML[:-3], ["k"]), ("<r><k>&e;</k></r>", ["k"]),
                      (ENTITY, ["k"])):  # fmt: skip
        (folder / "x.xml").write_text(text)
        yield from read("xml", "x.xml", key=key, **its)
    for tag, key in (
        ("876", ["p", "p[2]", "p[3]", "001", "852b", "852b[1]", "999a", "003", "p[²]"]),
    ):
        record = pymarc.Record(force_utf8=True)
        record.add_field(pymarc.Field(tag="001", data="t1 "))
        for number, pairs in (
            ("852", "8 1 b MAIN b ATTIC"),
            ("852", "8 2 b PORT"),
            ("852", "b YARD"),
            ("876", "8 2 p B1 p B1a"),
            ("876", "p B2"),
            ("876", "8 3 p _B3_"),
        ):
            codes = [each.replace("_", " ") for each in pairs.split()]
            fields = [pymarc.Subfield(*each) for each in zip(codes[::2], codes[1::2], strict=True)]
            record.add_field(pymarc.Field(number, pymarc.Indicators(" ", " "), fields))
        (folder / "x.mrc").write_bytes(record.as_marc() + b"no record\x1d" + record.as_marc())
        yield from read("marc", "x.mrc", format="marc", tag=tag, key=key)
        yield from read("marc", "x.xml", format="marc", tag=tag, key=["p"])


def read_off_line_files(folder: Path) -> Iterator[str]:
    for text, fast in OFF_LINE:
        (folder / "x").write_bytes(text.encode())
        yield f"> {text[:40]!r}, of {len(text)} characters, {fast} seconds fast"
        try:
            for line in read_off_line(folder / "x", Origin(1, ZONE, fast)):
                told = {n: str(v) for n, v in line._asdict().items() if v not in (None, "")}
                yield f"    {told.pop('number')}: {told}".replace("'file': 'x', ", "")
        except NotOffLine as error:
            yield f"    {error}"


def read_reports(folder: Path) -> Iterator[str]:
    path = folder / "x.tsv"
    with writing(path) as write:
        write(
            "loans",
            Fault(
                Place("=a", 1), f"1/{IdentifierKey(b'k' * 16).stored('1205801234')}", "wrong", "+1"
            ),
        )
        write("loans", Fault(Place("a", 2), "2", "odd", is_noted=True))
    yield "> set aside"
    yield from told_of(map(repr, path.read_text("utf-8").splitlines()))
    yield from told_of(read_set_aside(path))
    sheet = FilesSheet()
    for number, name in enumerate(("none", "loan checksum", "loans")):
        figure = Figure(name)
        sheet.all[figure], sheet.aside[figure] = 3 * number, number
        sheet.reasons[figure][Figure("wrong")] += number
    write_sheet(path, balance(sheet, sheet.aside))
    yield "> the sheet"
    yield from told_of(map(repr, path.read_text("utf-8").splitlines()))


def readings() -> str:
    lines: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        parts = (read_rows, read_plans, read_sources, read_off_line_files, read_reports)
        for part in (lambda _: read_values(), *parts):
            lines += part(folder)
        return "\n".join(lines).replace(name, "FOLDER") + "\n"


def test_readings_are_as_written() -> None:
    assert readings().split("\n") == (FOLDER / "readings.txt").read_text("utf-8").split("\n")


if __name__ == "__main__":
    (FOLDER / "readings.txt").write_text(readings(), "utf-8")
