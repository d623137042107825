"""What is recognised in files of another system, and what a survey of them says.

The texts are under tests/transcripts/moving/surveys.
``python -m tests.circulation.moving.test_surveys`` writes them again: then read what has changed.
"""

from __future__ import annotations

import difflib
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from circulation.moving.balancing.findings import (
    describe_queues,
    find_in_files,
    survey_plan,
    write_findings,
)
from circulation.moving.balancing.queues import QueueDifference, compare_queues
from circulation.moving.kinds.table import FIELDS, KINDS
from circulation.moving.plans import FieldPlan, Plan, read_plan
from circulation.moving.recognition.advice import NO_AMOUNT, NO_DATE, Advice
from circulation.moving.recognition.amounts import NumberForms
from circulation.moving.recognition.dates import (
    OLDEST_AGE,
    DateForms,
    ZoneForms,
    is_date_form,
    read_day,
    tell_filler,
)
from circulation.moving.recognition.delimiters import tell_layout
from circulation.moving.recognition.encodings import survey_bytes
from circulation.moving.surveys.code_tables import OwnCodes, find_lacking, is_shown, propose
from circulation.moving.surveys.columns import (
    Column,
    DayRule,
    is_birth,
    is_personal,
    shapes_of,
)
from circulation.moving.surveys.facts import describe_file, expand, find_odd_dates
from circulation.moving.surveys.files import FieldCodes, FileSurvey, survey_file
from circulation.moving.surveys.plan_files import PlanNotKept, write_plan
from circulation.patrons.identifiers import IdentifierKey

FOLDER: Final = Path(__file__).parents[2] / "transcripts" / "moving" / "surveys"
ZONE: Final = "Europe/Copenhagen"
TODAY: Final = date(2026, 11, 25)
Lines = Iterator[str]

DATES: Final = (
    *("2026-11-25", "2026-13-25", "2026-11-25 10:00", "2026-11-25T10:00:00Z", "2026-11-25  10:00"),
    *("2026-11-25 9:00", "2026-11-25 09:00 pm", "2026-11-25 10.00", "2026-11-25T10:00:00.123+0100"),
    *("2026-11-25 10:00:00,123 +01:00", "2026/11/25", "2026.11.25 10:00", "2026/11.25", "2026/1/2"),
    *("25/11/2026", "11/25/2026", "05/04/2026", "12/12/26", "13-12-26", "12-13-26", "1.2.2026"),
    *("25/11/2026 10:00:01AM", "25/11/2026 9:00 pm", "25.11.2026 10.00", "25/11-2026", "25/11/202"),
    *("31121999", "12311999", "01021999", "12121212", "19991231", "19991301", "19990001"),
    *("19991200", "19991232", "18120131", "20000101", "99991231", "98991231", "17991231"),
    *("13/12/2026", "12/13/2026", "13/13/2026", "12/14/2026", "14/14/2026"),
    *("25/11/2026T10:00", "19991231 1000", "19991231 10:00", "1999123", "x", "2026-11-25x", ""),
)  # fmt: skip
FILLERS: Final = (
    *((1, 1, 1), (1753, 1, 1), (1899, 12, 29), (1899, 12, 30), (1899, 12, 31), (1900, 1, 1)),
    *((1900, 1, 2), (1901, 1, 1), (2999, 12, 31), (2999, 12, 30), (9989, 12, 31), (9990, 1, 1)),
    *((9991, 1, 1), (9999, 12, 31)),
)
NUMBERS: Final = (
    *("0", "-5", "12", "1" * 15, "1" * 16, "1.5", "-1,50", "1.505", "1.5000", "1,", ".5", "1.2.3"),
    *("1.123456789", "1,12345678", "1.234,50", "1,234.5", "1.234.567", "1 234", "1\u00a0234,00"),
    *("1'234.50", "1.234.50", "12.34,5", "1,234,5", "kr. 5,00", "kr 5", "5,00 kr.", "5 DKK"),
    *("DKK 1.234,50", "€5.10", "5,-", "$ 5", "5 dkk", "-kr 5", "kr. 1.2.3", "x", "", "1.00 EUR"),
)


def see_dates(*texts: str | tuple[str, int]) -> DateForms:
    forms = DateForms()
    for each in texts:
        forms.see(*((each,) if isinstance(each, str) else each))
    return forms


def recognised_dates() -> Lines:
    for text in DATES:
        forms = DateForms()
        is_seen = forms.see(text, 3)
        form = "the form of one" if is_date_form(text) else "no form of one"
        for each in forms.forms():
            read = [read_day(text, form) for form in (each.form, each.other) if form]
            days = ", ".join("no day" if day is None else day.isoformat() for day in read)
            yield f"{text!r}: {tuple(each)} {days}"
        if not is_seen:
            yield f"{text!r}: no date, {form}"
    for form in ("ISO 8601", "%Y-%m-%d", "%d/%m/%Y"):
        yield f"25/11/2026 as {form}: {read_day('25/11/2026', form)}"
    yield ""
    for parts in FILLERS:
        day = date(*parts)
        yield f"{day.isoformat()}: {tell_filler(day.isoformat(), day) or 'a day'}"
    for text in ("0000-00-00", "00/00/00", "00000", "000000", "0000-00-01", "00/00/0000"):
        yield f"{text}: {tell_filler(text, None) or 'no day'}"
    yield ""
    several = {
        "one": ("25/11/2026",),
        "one of two readings": ("05/04/2026",),
        "two of two readings": ("05/04/2026", "06/04/2026"),
        "days first": (("25/11/2026", 5), ("05/04/2026", 2)),
        "months first": (("11/25/2026", 5), ("05/04/2026", 2)),
        "both": (("25/11/2026", 2), ("11/25/2026", 1), ("05/04/2026", 4)),
        "both, months more": (("25/11/2026", 1), ("11/25/2026", 2), ("05/04/2026", 4)),
        "both alike": (("25/11/2026", 2), ("11/25/2026", 2), ("05/04/2026", 4)),
        "twelve": ("12/12/2026",),
        "two forms": (("2026-11-25", 2), ("25.11.2026", 1)),
        "two forms, one unclear": (("25.11.2026", 3), ("05/04/2026", 1)),
        "two forms, unclear first": (("05/04/2026", 3), ("25.11.2026", 1)),
        "ISO alone": ("2026-11-25",),
        "many": (("25.11.2026", 1_000),),
        "none": (),
    }
    plans: dict[str, tuple[tuple[str, ...], bool]] = {
        "no forms": ((), False),
        "no forms, ISO was read": ((), True),
        "months first": (("%m/%d/%Y",), False),
        "days first": (("%d/%m/%Y",), False),
        "ISO and days": (("%Y-%m-%d", "%d.%m.%Y"), False),
        "months and points": (("%m/%d/%Y", "%d.%m.%Y"), False),
    }
    for name, texts in several.items():
        forms = see_dates(*texts)
        yield f"> {name}: {[tuple(each) for each in forms.forms()]}"
        for plan, (planned, is_read) in plans.items():
            yield f"  {plan}: {forms.advise(planned, is_iso_read=is_read) or 'nothing'}"
    yield f"  (without a word of ISO: {see_dates('25.11.2026').advise(())})"


def recognised_amounts() -> Lines:
    total = NumberForms()
    for text in NUMBERS:
        forms = NumberForms()
        is_seen = forms.see(text, 2)
        total.add(forms)
        told = {n: v for n in NumberForms.__slots__ if (v := getattr(forms, n))}
        yield f"{text!r}: {is_seen}, {forms.numbers} numbers, decimal {forms.decimal!r}, {told}"
    yield f"all: {total}"
    several = (
        *(("1,5",), ("1.5",), ("1,5", "2,5"), ("1.234",), ("kr 5",), ("1 234,5", "5"), ("5",), ()),
        *(("1.5", "1,5"), ("1.5",) * 1000, ("1 234", "2 345"), ("kr 1",) * 1000),
    )
    for texts in several:
        forms = NumberForms()
        for text in texts:
            forms.see(text)
        for planned in (".", ","):
            said = forms.advise(planned) or "nothing"
            yield f"{texts[:2]} x{len(texts)} with {planned}: {forms.decimal!r}, {said}"


def recognised_zones() -> Lines:
    def at(*hours: str) -> ZoneForms:
        zones = ZoneForms(ZONE)
        for hour in hours:
            zones.see(datetime.fromisoformat(f"2026-11-25 {hour}"))
        return zones

    for hours in (
        *((), ("22:58",), ("22:59",), ("22:59:59",), ("23:00",), ("23:01",), ("23:59",)),
        *(("00:00",), ("22:59", "10:00"), ("22:59", "23:00", "10:00"), ("22:59", "23:59")),
        *(
            ("22:59", "22:59", "23:59"),
            ("22:59", "22:59", "22:59", "00:00"),
            ("22:59", "23:59") * 2,
        ),
    ):
        zones = at(*hours)
        for is_planned in (False, True):
            said = zones.advise(is_planned=is_planned) or "nothing"
            yield f"{hours}, planned {is_planned}: {zones.looks_like_utc}, {said}"
    several = ZoneForms(ZONE)
    for hour in [22] * 6 + [23] * 3:
        several.see(datetime.fromisoformat(f"2026-11-25 {hour}:59"))
    yield f"6 and 3 of {several.without}: {several.looks_like_utc}"
    several.see(datetime.fromisoformat("2026-07-01 21:59"))
    yield f"7 and 3 of {several.without}: {several.looks_like_utc}"
    here = ZoneForms("UTC")
    here.see(datetime.fromisoformat("2026-11-25 23:59"))
    yield f"UTC: {here.looks_like_utc}, {here.advise(is_planned=False)}"


#: Danish, in whatever encoding.
WORDS: Final = "1,Bo Åkjær,Søgade 3,RØDOVRE\n2,Ida Jensen,Vej 4,Ærø\n"
OCTETS: Final[Mapping[str, bytes]] = {
    "nothing": b"",
    "one octet": b"1",
    "ASCII": b"1,2\r\n3,4\n",
    "no last end": b"1,2\n3,4",
    "CR alone": b"1,2\r3,4\r",
    "CR within": b"1,2\r3\n",
    "CRLF": b"1,2\r\n3,4\r\n",
    "UTF-8": WORDS.encode(),
    "UTF-8, one row": "Ø\n".encode(),
    "UTF-8 with a mark": b"\xef\xbb\xbf" + WORDS.encode(),
    "a mark alone": b"\xef\xbb\xbf1,2\n",
    "cp1252": WORDS.encode("cp1252"),
    "cp1252, one row": "Søgade\n".encode("cp1252"),
    "cp1252, a sign": "5 € \u2013 på Ærø\n".encode("cp1252"),
    "cp850": WORDS.encode("cp850"),
    "cp437, capitals": "ÅRHUS, GÆST\n".encode("cp437"),
    "mac-roman": WORDS.encode("mac-roman"),
    "mixed": WORDS.encode() + WORDS.encode("cp1252") + "Ø\n".encode(),
    "mixed, one row each": "Ø\n".encode() + "Ø\n".encode("cp1252"),
    "signs alone": "5 €, 6 £\n".encode("cp1252"),
    "one half odd": "Ærø åÅåÅ\n".encode("cp1252"),
    "more than half odd": "Ærø åÅåÅÅ\n".encode("cp1252"),
    "three odd of seven": "Ærøå åÅø\n".encode("cp1252"),
    "mixed, noise": WORDS.encode() + b"\x81\x8d\n",
    "noise": b"\x81\x8d\x8f\x90\n" * 3,
    "one row of noise": b"\x81\x8d\n",
    "odd capitals": "åÅåÅ\n".encode("cp1252"),
    "UTF-16": WORDS.encode("utf-16"),
    "UTF-16, big": b"\xfe\xff" + WORDS.encode("utf-16-be"),
    "UTF-16 without a mark": WORDS.encode("utf-16-le"),
    "UTF-16, big, without a mark": WORDS.encode("utf-16-be"),
    "few zeros": b"\0\0" + b"a" * 8,
    "zeros on both sides": b"\0" * 20,
    "zeros, one fifth": b"a\0aaaaaaaa",
    "zeros, two of ten": b"a\0a\0aaaaaa",
    "zeros, nine to one": b"a\0" * 9 + b"\0\0",
    "zeros, above one fifth": b"a\0a\0a\0aaaa",
    "one zero": b"\0",
    "two octets": b"a\0",
    "zeros, ten to one": b"a\0" * 10 + b"\0\0",
    "zeros, eleven to one": b"a\0" * 10 + b"\0\0" + b"a\0" * 1,
}  # fmt: skip
PLANNED: Final = ("utf-8", "utf-8-sig", "latin-1", "cp1252", "iso8859-15", "cp865", "cp850",
                  "cp858", "cp437", "mac-roman", "macroman", "utf-16", "utf-16-le")  # fmt: skip


def recognised_encodings(folder: Path) -> Lines:
    path = folder / "x.csv"
    for name, data in OCTETS.items():
        path.write_bytes(data)
        found = survey_bytes(path)
        yield f"> {name}: {found}"
        said = {p: found.advise(p).replace(f"read as {p}", "read as it") for p in PLANNED}
        for sentence in dict.fromkeys(said.values()):
            names = [each for each in PLANNED if said[each] == sentence]
            if sentence:
                yield f"  {', '.join(names)}: {sentence}"


LAYOUTS: Final = (
    *("", "\n", "a", "a,b\n1,2\n", "a;b\n1;2,5\n", "a\tb\n1\t2\n", "a|b\n", "a^b\n", "a~b\n"),
    *('"a","b"\n"1","2"\n', '"a"\n', 'a,"b"\n', 'a,b"\n', 'a;"b\nc"\n1;2\n', 'a,b\n"1\\"",2\n'),
    *("1,2\n3,4\n", "a,a\n", "a,,b\n1,2,3\n", ",\n", "a,2026-11-25\n", "a,x@y\n", "a,+45\n"),
    *("a,25/11/2026\n", "\na,b\n1,2\n", '"a\r\nb",c\n', '"a\\"x",b\n'),
    ",".join("a" * 50).replace("a,a", "a,;a") + ";a" * 2 + "\n",
    '"a,b\n' + f"1,{'x' * 1000}\n" * 199,
    "a," + "x" * 100_000 + "\n",
    *("a,b;c;d\n1,2;3;4\n", "a;b,c\n1;2,3\n1;2\n", "a,b\n1,2,3\n1,2,3\n1,2;4;5,3\n", " a , b \n"),
    *('a,"b\n1,2\n' * 3, "a,b\r\n1,2\r\n", "a\rb,c\n", "a,b\n\n1,2\n", "a;b,c,d\n1;b\n2;c\n"),
)  # fmt: skip


def recognised_layouts(folder: Path) -> Lines:
    path = folder / "x.csv"
    wide = ";".join("abcdefghij" * 6) + "\n" + ",".join("abcdefghij" * 5)
    many = "a;b\n" + "1;2\n" * 198 + "1,2,3,4\n" * 201
    for text in (*LAYOUTS, wide, many):
        path.write_text(text, encoding="utf-8", newline="")
        found = tell_layout(path, "utf-8")
        told = (found.delimiter, found.quote, found.escape, found.has_header)
        columns = [each if len(each) < 40 else len(each) for each in found.columns[:4]]
        yield f"{text[:40]!r}: {told} {columns} of {len(found.columns)}"
    path.write_bytes(b"\xe6;b\n1;2\n")
    yield f"not UTF-8: {tell_layout(path, 'utf-8').columns}, {tell_layout(path, 'cp1252').columns}"


def a_plan(folder: Path, text: str) -> Plan:
    path = folder / "plan.toml"
    path.write_text(text, encoding="utf-8")
    return read_plan(path, FIELDS, folder)


HEAD: Final = 'source = "old"\n[guardians]\nfiles = "g.csv"\nkey = "child"\n'
GUARDIANS: Final = 'fields = { patron = "child", guardian = "adult" }\n'


def advised(folder: Path) -> Lines:
    path = folder / "g.csv"

    def of(text: str, plan: str = HEAD + GUARDIANS, name: str = "guardians") -> list[str]:
        path.write_text(text, encoding="utf-8", newline="")
        read = a_plan(folder, plan)
        advice, its = Advice(read, ZONE), read.kinds[name]
        found = advice.see_bytes(path, its)
        header = text.partition("\n")[0].split(its.delimiter) if text else []
        advice.see_columns(path, its, header)
        assert (found is None) is (its.format != "csv")
        return advice.lines()

    by_semicolon = f'{HEAD}delimiter = ";"\n{GUARDIANS}'
    optional = GUARDIANS.replace('"adult" }', '{ column = ["adult", "other"], optional = true } }')
    for text, plan in (
        ("child,adult\n", HEAD + GUARDIANS),
        ("child,adult", HEAD + GUARDIANS),
        ("Child,a_dult\n", HEAD + GUARDIANS),
        ("childs,parent\n", HEAD + GUARDIANS),
        ("CHILD_,x\n1,2\n", HEAD + GUARDIANS),
        ("child;adult\n1;2\n", HEAD + GUARDIANS),
        ("child\tadult\n1\t2\n", HEAD + GUARDIANS),
        ("x\ty\n1\t2\n", HEAD + GUARDIANS),
        ("child^adult\n1^2\n", HEAD + GUARDIANS),
        ("child,adult\n1,2\n", by_semicolon),
        ("child|adult\n1|2\n", by_semicolon),
        ("child\n1\n", HEAD + GUARDIANS),
        ("child\n1\n", HEAD + optional),
        ("adult,other\n1,2\n", HEAD + optional),
        ("child;a\n1;2\n", by_semicolon),
        ("child,Ådult\n1,2\n", 'encoding = "cp1252"\n' + HEAD + GUARDIANS),
        ("child,Ådult\n1,2\n", HEAD + 'encoding = "cp1252"\n' + GUARDIANS),
        ("<a><b/></a>", HEAD + 'format = "xml"\ntag = "b"\n' + GUARDIANS),
    ):
        yield f"{text!r}, {plan.removeprefix(HEAD)!r}"
        yield from (f"  {each}" for each in of(text, plan) or ["nothing"])
    named = {"child": 1, "adul": 2, "adult1": 3}
    advice = Advice(a_plan(folder, HEAD + GUARDIANS), ZONE)
    path.write_text("child,adul,adult1\n")
    advice.see_columns(path, a_plan(folder, HEAD + GUARDIANS).kinds["guardians"], named)
    yield f"two that are near: {advice.lines()}"
    other = Advice(a_plan(folder, HEAD + GUARDIANS), ZONE)
    its = a_plan(folder, HEAD + GUARDIANS).kinds["guardians"]
    assert other.see_bytes(folder / "none.csv", its) is None
    plans = {"no forms": "", "forms": 'dates = ["%d.%m.%Y"]\n', "zone": f'timezone = "{ZONE}"\n',
             "comma": 'decimal = ","\n'}  # fmt: skip
    for name, plan in plans.items():
        for number in (0, 1, 4_999, 5_000, 5_001):
            advice = Advice(a_plan(folder, plan + HEAD + GUARDIANS), ZONE)
            if number == 1:
                advice.see_time(datetime.fromisoformat("2026-11-25 10:00"), is_day=True)
                advice.see_time(datetime.fromisoformat("2026-11-25T22:59Z"), is_day=False)
            for _ in range(number if number > 1 else 0):
                advice.see_time(datetime.fromisoformat("2026-11-25 10:00"), is_day=False)
            advice.see_unread(NO_DATE, "25/11/2026")
            advice.see_unread(NO_AMOUNT, "1,5")
            advice.see_unread(NO_AMOUNT, "2,5")
            advice.see_unread("no number", "3,5")
            zones = advice._zones.without
            yield f"{name}, {number} times: {zones} without a zone"
            yield from (f"  {each}" for each in advice.lines())


def told_column(its: Column) -> str:
    facts = {
        "filled": f"{its.filled} of {its.rows}",
        "length": (its.shortest, its.longest),
        "kind": its.kind,
        "values": None if its.values is None else len(its.values),
        "shapes": len(its.shapes),
        "numbers": its.numbers.numbers,
        "decimal": its.numbers.decimal,
        "forms": [tuple(each) for each in its.date_forms],
    }
    return ", ".join(f"{name} {value}" for name, value in facts.items())


def a_column(name: str, *batches: Sequence[str], empty: Sequence[str] = ("NULL",)) -> Column:
    column, first = Column(name, frozenset(empty)), 2
    for cells in batches:
        column.see(cells, range(first, first + len(cells)))
        first += len(cells)
    return column


def letters(number: int) -> str:
    """A word of its own for each number."""
    return "".join("abcdefghij"[int(digit)] for digit in f"{number:04}")


MANY: Final = [f"{n:04}" for n in range(301)]
NAMES: Final = [letters(n).title() for n in range(31)]
CELLS: Final[Mapping[str, tuple[str, list[list[str]]]]] = {
    "money, both signs": ("x", [["1,50", "2.25", "3,75", "4.75"]]),
    "marks alone": ("x", [["-"] * 9 + ["1"]]),
    "text with one number": ("x", [["1.50", "a b c", "d e"]]),
    "national numbers, nine of ten values": (
        "x", [["999999-1234"], [f"01028{n}-1234" for n in range(8)]]
    ),
    "eight digits that are no date": ("x", [["99999999"] * 5]),
    "dates that are none": ("x", [["13/13/2026"] * 5]),
    "dates of 2099, days first": ("x", [["31122099"] * 10]),
    "dates of 2100, days first": ("x", [["31122100"] * 10]),
    "no rows": ("x", []),
    "empty": ("x", [["", " ", "NULL", " NULL "]]),
    "blanks around": ("x", [["a", " a", "a ", "", "bbb"]]),
    "a batch without cells": ("x", [["aa"], [""], ["b"]]),
    "yes or no": ("x", [["Ja", "nej"] * 3]),
    "yes alone": ("x", [["ja"] * 3]),
    "yes, no and more": ("x", [["ja", "nej", "maybe"] * 3]),
    "codes, each five times": ("x", [["a", "b"] * 5]),
    "codes, once too few": ("x", [["a", "b"] * 4 + ["a"]]),
    "codes of a personal name": ("card", [["a", "b"] * 5]),
    "codes, nine of ten": ("x", [["a"] * 9 + ["no, this is no code"]]),
    "codes, eight of nine": ("x", [["a"] * 8 + ["no, this is no code"]]),
    "300 codes": ("x", [MANY[:300] * 5]),
    "301 codes": ("x", [MANY * 5]),
    "300 codes and one more": ("x", [MANY[:300] * 5, MANY[300:] * 5]),
    "301 codes and one more": ("x", [MANY * 5, ["a"]]),
    "30 capitals": ("x", [NAMES[:30] * 5]),
    "31 capitals": ("x", [NAMES * 5]),
    "31 capitals and 30 others": ("x", [(NAMES + [letters(n) for n in range(30)]) * 5]),
    "31 capitals and 31 others": ("x", [(NAMES + [letters(n) for n in range(31)]) * 5]),
    "31 small words": ("x", [[letters(n) for n in range(31)] * 5]),
    "31 with numbers": ("x", [[f"Book{n}" for n in range(31)] * 5]),
    "ISO dates": ("x", [["2026-11-25", "2026-11-24"], ["2026-11-24"]]),
    "ISO times": ("x", [["2026-11-25 10:00:00", "2026-11-25 11:00:00"]]),
    "ISO times with T and Z": ("x", [["2026-11-25T10:00:00Z", "2026-11-25T11:00Z"]]),
    "times of day": ("x", [["25/11/2026 10:00 AM", "26/11/2026 1:00 PM"]]),
    "times with T": ("x", [["25/11/2026T10:00", "26/11/2026T11:00"]]),
    "dates, nine of ten": ("x", [["2026-11-25"] * 9 + ["soon"]]),
    "dates, eight of nine": ("x", [["2026-11-25"] * 8 + ["soon"]]),
    "dates of eight digits": ("x", [["20261125"] * 9 + ["12345678"]]),
    "dates of eight digits, too few": ("x", [["20261125"] * 8 + ["12345678"]]),
    "old dates of eight digits": ("x", [["18501231", "18491231"] * 5]),
    "dates of 1851": ("x", [["18511231"] * 10]),
    "dates of 1850": ("x", [["18501231"] * 10]),
    "dates of 2099": ("x", [["20991231"] * 10]),
    "dates of 2100": ("x", [["21001231"] * 10]),
    "dates of eight digits and others": ("x", [["20261125"] * 5 + ["25/11/2026"] * 5]),
    "dates with a time after eight digits": ("x", [["20261125 10:00"] * 5]),
    "barcodes": ("x", [["30112345", "30119876", "30115555"]]),
    "whole numbers": ("x", [["1", "22", "-3", "444", "5-5"]]),
    "a mark in the middle": ("x", [["1-2", "--3"]]),
    "whole numbers, nine of ten": ("x", [[str(n) for n in range(9)] + ["x"]]),
    "whole numbers, eight of nine": ("x", [[str(n) for n in range(8)] + ["x"]]),
    "numbers as codes": ("x", [["1", "2"] * 5]),
    "money": ("x", [["1,50", "2,25", "3,00"]]),
    "money, nine of ten": ("x", [["1.50"] * 9 + ["1.555"]]),
    "money, eight of nine": ("x", [["1.50"] * 8 + ["1.555"]]),
    "money and whole numbers": ("x", [["1.50"] * 2 + ["7"] * 3]),
    "other decimals": ("x", [["1.555", "2.125"]]),
    "groups": ("x", [["1.234,50", "kr 5,00", "€ 7,00", "5 DKK"]]),
    "an apostrophe": ("x", [["1'234.50", "£5.00", "$6.00", "7\u00a0000,00"]]),
    "national numbers": ("x", [["010280-1234", "0102801235", "280222-1234"]]),
    "national numbers, no dates": ("x", [["999999-1234", "888888-1235"]]),
    "national numbers, half": ("x", [["010280-1234", "999999-1234"]]),
    "national numbers, nine of ten": ("x", [[f"01028{n}-1234" for n in range(9)] + ["x"]]),
    "national numbers, eight of nine": ("x", [[f"01028{n}-1234" for n in range(8)] + ["x"]]),
    "many national numbers": ("x", [[f"010280-{n:04}" for n in range(301)]]),
    "500 shapes": ("x", [["9" * n for n in range(1, 501)]]),
    "501 shapes": ("x", [["9" * n for n in range(1, 502)]]),
    "501 shapes, then dates": ("x", [["9" * n for n in range(1, 502)], ["2026-11-25"] * 5000]),
    "a date and 501 shapes": ("x", [["2026-11-25"], ["9" * n for n in range(1, 502)]]),
    "letters": ("x", [["Rødovre 2610", "ab12cd", "ab1", "٣"]]),
}  # fmt: skip
SHAPED: Final = ("2610 Rødovre", "a", "ab", "", "1-2", "٣", "ab\x1ecd", "\x1e")
RULES: Final = {
    "no rule": DayRule(TODAY),
    "of birth": DayRule(TODAY, is_birth=True),
    "past": DayRule(TODAY, is_past=True),
    "expiry": DayRule(TODAY, is_expiry=True),
    "may be never": DayRule(TODAY, may_be_never=True),
}
DAYS: Final = (
    None, TODAY, TODAY + timedelta(1), TODAY - timedelta(1), TODAY - OLDEST_AGE,
    TODAY - OLDEST_AGE - timedelta(1), date(2998, 12, 31), date(2999, 12, 31), date(9999, 12, 31),
    date(1900, 1, 1),
)  # fmt: skip
COLUMN_NAMES: Final = (
    *("birthdate", "dob", "dobbin", "fødselsdag", "foedt", "født", "fødder", "born", "geburt"),
    *("gadenavn", "straße", "strasse", "vejnavn", "vejen", "by", "byg", "ort", "sort", "zip"),
    *("opacnote", "PIN", "spin", "kode", "låner", "barcode", "branch", "sex", "category"),
)


def columns() -> Lines:
    for name, (column, batches) in CELLS.items():
        yield f"{name}: {told_column(a_column(column, *batches))}"
    for texts in (SHAPED[:6], SHAPED[6:7], SHAPED):
        yield f"{texts}: {shapes_of(texts)}"
    for text in COLUMN_NAMES:
        yield f"{text}: personal {is_personal(text)}, birth {is_birth(text)}"
    for text, number in (("a", 1), ("1234", 4), ("1234", 5), ("123", 1), ("a" * 25, 9)):
        yield f"{text} {number} times: shown {is_shown(text, number)}"
    yield f"1 January: {RULES['no rule'].tell('1900-01-01', date(1900, 1, 1))}"
    for rule, its in RULES.items():
        told = (f"{day}: {its.tell(str(day), day) or 'right'}" for day in DAYS)
        yield f"{rule}: {', '.join(told)}"
    yield f"zeros: {RULES['no rule'].tell('0000-00-00', None)}"
    days = ["1899-12-30"] * 2 + ["2045-01-01", "0000-00-00"] + ["1980-05-24", "2026-02-30"] * 2
    days += [f"2027-01-{n:02}" for n in range(1, 8)]
    of_days = a_column("x", days, ["1899-12-30", *days[::-1]])
    for forms in ((), ("%Y-%m-%d",), ("%d/%m/%Y",)):
        yield f"forms {forms}:"
        for (text, day), number in of_days.days(forms).items():
            yield f"  {text}: {day}, {number} times"
        for rule, its in RULES.items():
            yield f"  {rule}: {[tuple(each) for each in of_days.odd_dates(its, forms)]}"
    several = a_column("x", ["2045-01-02", " 01/01/2045 ", "2045-01-03"], ["02/01/2045"])
    yield f"in the future: {[tuple(each) for each in several.odd_dates(RULES['past'])]}"
    with_t = a_column("x", ["25/11/2026T10:00", "2026-11-25T11:00"])
    yield f"with T: {sorted(text for text, _ in with_t.days())}"
    timed = a_column("x", ["25/11/2026 10:00", "05/04/2026 11:00"], ["26/11/2026 9:00"])
    for forms in ((), ("%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M"), ("%d/%m/%Y %I:%M %p",)):
        yield f"{forms}: {[(text, str(day)) for text, day in timed.days(forms)]}"


#: Two patrons more than a code needs to be shown.
PEOPLE: Final = [
    "id;card;branch;cat;more;first;last;born;created;expires;sex;opacnote;fine;left;protected;own;ar",
    *(
        f"{n};P{n:03};{('M', '710100', 'North')[n % 3]};{('A', 'C')[n % 2]};"
        f"{('x|y', 'x', '', ' y | z ')[n % 4]};Kim;Ek {n};{n % 28 + 1:02}/03/19{n + 50};"
        f"2026-0{n % 9 + 1}-0{n % 9 + 1};31/12/20{n + 20};{('M', 'F')[n % 2]};"
        f"{('', 'æ', 'NULL')[n % 3]};{n},50;{n},5;{('ja', 'nej')[n % 2]};Q{n % 2};{n}"
        for n in range(21)
    ),
]
BROKEN: Final = ["1;2;3", '21;"P021;x', ";" * 16]
ODD: Final = [
    "22;P022;M;A;;Kim;Ek;30/12/1899;2027-01-01;31/12/9999;M;;1.234,50;1,5;ja;Q1;1",
    "23;P023;M;A;;Kim;Ek;00/00/0000;1899-12-30;01/01/2020;M;;kr 5,00;1,5;ja;Q1;1",
    "24;P024;M;A;;Kim;Ek;01/01/1890;2026-02-30;29/02/2027;M;;5;1,5;ja;Q1;1",
    "25;P025;M;A;;Kim;Ek;24/12/2045;;;X;;5;1,5;ja;Q1;1",
    "26;P026;M;A|C;-;Kim;Ek;31/12/9999; 9999-12-31 ;31/12/2030; F;;5;1,5;ja;NULL;1",
    "27;P027;M;NULL;;Kim;Ek;01/02/1980;2026-01-01;31/12/2030;NULL;{};5;1,5;ja; Q1 ;".format(
        "other until 2026-12-01: moved/debt"
    ),
]


def people(*, encoding: str = "cp1252", end: str = "\r\n", delimiter: str = ";") -> bytes:
    lines = [each.replace(";", delimiter) for each in (*PEOPLE, *BROKEN, *ODD)]
    return (end.join(lines) + end).encode(encoding)


RECORD: Final = (
    '<record xmlns="http://www.loc.gov/MARC21/slim"><leader>00000nam a2200000 i 4500</leader>'
    '<controlfield tag="001">t1</controlfield><datafield tag="245" ind1="0" ind2="0">'
    '<subfield code="a">A title</subfield></datafield>{}</record>'
)
ITEM: Final = (
    '<datafield tag="{2}" ind1=" " ind2=" "><subfield code="9">{0}</subfield><subfield code="p">'
    'B{0}</subfield><subfield code="a">{1}</subfield><subfield code="x">gift</subfield>'
    '<subfield code="x">of Bo</subfield></datafield>'
)


def records(*tags: str) -> bytes:
    fields = "".join(ITEM.format(n, ("CPL", "MPL")[n % 2], tag) for tag in tags for n in range(6))
    of = 'xmlns="http://www.loc.gov/MARC21/slim"'
    return f"<collection {of}>{RECORD.format(fields)}<record {of}/></collection>".encode()


PUPILS: Final = (
    '<Institution xmlns="urn:x" level="1"><?note x?><Number>151001</Number>{}</Institution>'
)
PUPIL: Final = (
    '<Person id="p{0}"><!-- a note --><Login><Id>ida{0}</Id></Login><Student since="{1}">'
    "<Role> Elev </Role><Level>{0}</Level><Group/><Extra><b>{0}</b></Extra></Student>"
    '<Name x="{0}">Ida</Name></Person>'
)
PUPILS_FILE: Final = PUPILS.format(
    "".join(PUPIL.format(n, f"2026-08-0{n + 1}") for n in range(6))
).encode()
#: Files of which no plan speaks.
UNPLANNED: Final[Mapping[str, bytes]] = {
    "people.csv": people(),
    "people-utf-8.csv": b"\xef\xbb\xbf" + people(encoding="utf-8", end="\n"),
    "people-strokes.csv": people(delimiter="|").replace(b",5", b".5"),
    "people-utf-16.csv": people(encoding="utf-16"),
    "people-utf-16-le.csv": people(encoding="utf-16-le", delimiter="\t"),
    "mixed.csv": "a,b\nÆ,1\n".encode() + "Ærø,2\nÆble,3\n".encode("cp1252"),
    "mixed-unknown.csv": "a,b\nÆ,1\n".encode() + b"\xe5\xc5\xe5\xc5,1\n",
    "utf-8.csv": "a,b\nÆ,1\n".encode(),
    "numbers.csv": b"when;gone;words;parts;code;login\n"
    + b"05/04/2026;1899-12-30;a 1;1.505;1;ja\n06/04/2026;1899-12-30;1.50;2.125;2;nej\n" * 6,
    "cut.mrc": records("952")[:400],
    "cut-utf-16.csv": people(encoding="utf-16")[:-1],
    "unknown.csv": b"a,b\n\xe5\xc5\xe5\xc5,1\n",
    "no-header.csv": b"1,Bo,2026-11-25\n2,Ida,2026-11-24\n\n3,Eva,\n",
    "no-header-wide.csv": b"1;2;3\n4;5\n",
    "header.csv": b"a,b,c\n",
    "twice.csv": b"a,b,a\n1,2,3\n",
    "escaped.csv": b'a,b\n"say \\"x\\"",2\n"1",NULL\n\\N,\\N\n',
    "quoted.csv": b'"a","b"\n"one\ntwo","3"\n',
    "ends.csv": b"a,b\r\n1,2\n3,4",
    "cr.csv": b"a,b\r1,2\r3,4\r",
    "one.csv": b"name\nBo\nIda\n",
    "empty.csv": b"",
    "blank.csv": b"\n\n",
    "noise.csv": bytes(range(256)) * 20,
    "wrong-header.csv": b'a,"b\n1,2\n',
    "pupils.xml": PUPILS_FILE,
    "pupils-marked.xml": b"\xef\xbb\xbf \n" + PUPILS_FILE.replace(b"<?note x?>", b""),
    "cut.xml": PUPILS_FILE[:200],
    "flat.xml": b"<a>1</a>",
    "tie.xml": b"<r><a><b><c>1</c></b></a><a><b><c>1</c></b></a></r>",
    "records.mrc": records("952"),
    "several.mrc": records("945", "999", "999"),
    "no-items.mrc": records(),
}


def told_survey(survey: FileSurvey, plan: Plan | None) -> Lines:
    facts = describe_file(survey, TODAY)
    its = facts.pop("columns")
    yield ", ".join(f"{name}={value!r}" for name, value in facts.items())
    for column in its:
        yield "  " + ", ".join(f"{name}={value!r}" for name, value in column.items())
    for kind in survey.kinds:
        told = {each.name: dict([*each.counts.items()][-9:]) for each in kind.codes}
        filled = {name: kind.columns[name].filled for name in sorted(kind.columns) if kind.chooses}
        yield f"  {kind.kind}: {kind.rows} rows, missing {kind.missing}, codes {told}, {filled}"
    if survey.kinds:
        yield f"  unread: {[each.name for each in survey.unread()]}"
    if plan is not None:
        for each in find_odd_dates(plan, survey, TODAY):
            yield f"  odd: {each[:3]} {tuple(each[3])}"
    yield from (f"  advice: {each}" for each in survey.advice)


def unplanned(folder: Path) -> Lines:
    seen: list[str] = []
    for name, data in UNPLANNED.items():
        (folder / name).write_bytes(data)
        yield f"> {name}"
        head, *lines = told_survey(survey_file(folder / name, None, ZONE), None)
        yield head
        yield from ["  the same columns"] if lines and lines == seen else lines
        seen = lines or seen
    (folder / ".hidden").write_bytes(b"")
    (folder / "plan.toml").write_bytes(b"")
    (folder / "inner").mkdir()
    for name in ("inner", "missing.csv"):
        yield f"> {name}"
        yield from told_survey(survey_file(folder / name, None, ZONE), None)
    found = [each.name for each in expand([folder / "one.csv", folder, folder / "x"], None)]
    yield f"of a folder: {found}"


def many_rows(folder: Path) -> Lines:
    dos = ("Søgade, Ærø og Ålborg " * 20_000 + "\n").encode("cp850")
    for size in (199_999, 200_000):  # of those before it
        lines = "Ærø\n".encode("cp1252") * ((size - 9) // 4) + b"x" * ((size - 9) % 4)
        lines += "Ærøærøæø\n".encode("cp1252")
        (folder / "x.csv").write_bytes(lines + dos)
        found = survey_bytes(folder / "x.csv")
        yield f"{len(lines)} octets of Windows, and DOS: {found.looks_like}"
    many = [(date(1800, 1, 1) + timedelta(n)).isoformat() for n in range(60_001)]
    yield f"60,000 days: {len(a_column('x', many[:-1]).days())}"
    yield f"60,001 days: {told_column(a_column('x', many))}"
    read: list[tuple[str, int]] = []
    for number in (81_919, 81_920, 163_841):
        (folder / "long.csv").write_bytes(b"a\n" + b"1\n" * number)
        survey = survey_file(folder / "long.csv", None, ZONE, lambda *told: read.append(told))
        yield f"{number} rows: {survey.rows}, reported {read}"
        read.clear()


PLANNED_HEAD: Final = """source = "old"
empty = ["NULL", "-"]

[values.branches]
M = "DK-900101"

[values.categories]
A = "adult"

[values.any]
"*" = "adult"

"""
PATRONS: Final = """[patrons]
files = ["people*.csv", "none.csv"]
key = "id"
[patrons.fields]
card = "card"
home_branch = { column = "branch", values = "branches" }
category = [
    { column = "cat", values = "categories" },
    { column = ["sex", "own", "gone"], optional = true },
]
family_name = "last"
given_name = { column = ["first", "gone"], optional = true }
birth_date = "born"
created = "created"
expires = "expires"
is_protected = "protected"
note = "created"
blocks = { column = "opacnote", separator = "/" }
consents = { column = "more", values = { x = "history" } }
language = { column = ["sex", "own"], joined_by = "-", values = "any" }
"""
MEMBERS: Final = """
[debts]
files = "people*.csv"
key = "id"
only = { sex = ["F", ""] }
unless = { own = "Q0" }
[debts.fields]
patron = "card"
branch = { column = "branch", values = "branches" }
kind = { constant = "late_fee" }
amount = "fine"
remaining = "left"
created = "created"
reason = { column = "opacnote" }
"""
LOANS_PLAN: Final = """source = "old"
[loans]
files = "loans.csv"
key = "item"
fields = { patron = "who", item = "item", checked_out = "out", due = "due" }
"""
ITEMS_PLAN: Final = """source = "old"
[values.branches]
CPL = "DK-900101"
[items]
files = "*.mrc"
format = "marc"
tag = "952"
key = "9"
[items.fields]
barcode = "p"
record = "001"
part = "x[2]"
branch = { column = "a", values = "branches" }
material_group = "9"
department = { column = "y", optional = true }
"""
PUPILS_PLAN: Final = """source = "old"
[persons]
files = "*.xml"
format = "xml"
tag = "Person"
key = "Login/Id"
[persons.fields]
national_id = "Student/Level[1]"
"""
OWN: Final = OwnCodes(
    {"DK-900101": "Main", "DK-710100": "Elsewhere", "DK-900102": "north"},
    {"adult": "Adults", "child": "C"},
    {"book": "Books"},
)


def compared(folder: Path, plan_text: str, *names: str, own: OwnCodes = OWN) -> Lines:
    """What the survey says with the plan, of the files that it names if none is named."""
    plan = a_plan(folder, plan_text)
    paths = expand([folder], plan) if not names else [folder / each for each in names]
    found = [survey_file(path, plan, ZONE) for path in paths]
    for survey in found:
        yield f"> {survey.path.name}"
        yield from told_survey(survey, plan)
    yield from (f"  lacking: {tuple(each)}" for each in find_lacking(plan, found, own))


def planned(folder: Path) -> Lines:
    of = partial(compared, folder)

    def write(name: str, data: bytes | str) -> None:
        (folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())

    dialect = PATRONS.replace('key = "id"', 'key = "id"\ndelimiter = ";"')
    members = MEMBERS.replace('key = "id"', 'key = "id"\ndelimiter = ";"')
    write("people.csv", people())
    yield "a plan that fits the delimiter"
    yield from of(PLANNED_HEAD + dialect + members)
    yield "a plan for another delimiter"
    yield from of(PLANNED_HEAD + PATRONS, own=OwnCodes())
    yield "a plan with all settings"
    settings = 'encoding = "cp1252"\ndates = ["%d/%m/%Y", "%Y-%m-%d"]\ndecimal = ","\n'
    yield from of(settings + PLANNED_HEAD + dialect + members)
    yield "a plan that only chooses"
    of_women = members.replace('unless = { own = "Q0" }\n', "")
    yield from of(settings + PLANNED_HEAD + dialect + of_women)
    yield "columns are named by the plan, and the choosing ones are not there"
    listed = ", ".join(f'"c{n}"' for n in range(17))
    its = dialect.replace('key = "id"', f'key = "c0"\ncolumns = [{listed}]\nunless = {{ z = "1" }}')
    its += 'municipality = "c8"\nkind = "c0"\ncountry = "c4"\n'
    for number, name in ((1, "card"), (2, "branch"), (9, "born")):
        its = its.replace(f'"{name}"', f'"c{number}"')
    yield from of(PLANNED_HEAD + its)
    yield "the file has no header that can be read, and one column alone"
    write("people.csv", 'a,"b\n1,2\n')
    write("people2.csv", "id\n1\n2\n")
    write("people3.csv", "")
    write("people4.csv", "<id>;<card>\n1;2\n")
    yield from of(PLANNED_HEAD + PATRONS)
    for name in ("people.csv", "people2.csv", "people3.csv", "people4.csv"):
        (folder / name).unlink()
    yield "records and elements"
    write("records.mrc", records("952"))
    write("pupils.xml", PUPILS_FILE)
    yield from of(ITEMS_PLAN)
    yield from of(PUPILS_PLAN)
    yield from of(PUPILS_PLAN.replace('"Person"', '"Student"'))
    yield "a file of no section"
    yield from of(PUPILS_PLAN, "records.mrc")


def many_times(folder: Path) -> Lines:
    of = partial(compared, folder)
    yield "times that end a day"
    times = ["2026-11-20 10:00"] * 2 + ["2026-11-20 22:59"] * 3 + ["2026-11-20 23:59"] * 3
    rows = "".join(f"1,2,2026-11-01,{at}\n" * 4_096 for at in times)
    for number in (5, 8):
        lines = rows.splitlines(keepends=True)[: number * 4_096]
        (folder / "loans.csv").write_text("who,item,out,due\n" + "".join(lines))
        yield from of(LOANS_PLAN)
    yield from of(LOANS_PLAN.replace('due = "due"', 'due = { column = ["out", "due"] }'))
    yield from of('timezone = "UTC"\n' + LOANS_PLAN)
    yield "many codes"
    coded = LOANS_PLAN.replace('"who"', '{ column = "who", values = { a1 = "x" } }')
    (folder / "loans.csv").write_text(
        "who,item,out,due\n" + "".join(f"a{n},1,,\n" for n in [*range(2_003), 5, 2_001])
    )
    yield from (each for each in of(coded) if "lacking" not in each)
    lacking = [each for each in of(coded) if "lacking" in each]
    yield f"{len(lacking)} are lacking, at last {lacking[-1].strip()}"


FIRST_PLAN: Final = """# My plan
source = "old"  # ours
empty = ["NULL", "-"]

[values.branches]
M = "DK-900101"
# one more of ours


[values."our types"]
A = "adult"

[patrons]  # the people
files = ["people.csv"]
key = "id"
delimiter = ";"
# waived = ["card"]  # found by `tiro move survey`: x
[patrons.fields]
card = "card"
home_branch = { column = "branch", values = "branches" }
category = { column = "cat", values = "our types" }
birth_date = "born"
consents = { column = "more", values = { x = "history" } }
"""


def completed(folder: Path) -> Lines:
    target = folder / "mine.toml"

    def of(text: str | None, *names: str, own: OwnCodes = OWN) -> Lines:
        plan = None if text is None else a_plan(folder, text)
        found = [survey_file(folder / each, plan, ZONE) for each in names]
        lacking = [] if plan is None else find_lacking(plan, found, own)
        based_on = None if text is None else folder / "plan.toml"
        target.unlink(missing_ok=True)
        try:
            write_plan(target, based_on, plan, found, lacking, TODAY)
            yield from (f"  {each}" for each in target.read_text("utf-8").splitlines())
        except PlanNotKept as error:
            yield f"  not kept: {error.args[0] == str(target)}, {target.exists()}"

    def write(name: str, data: bytes) -> None:
        (folder / name).write_bytes(data)

    write("people.csv", people())
    plans = {
        "a plan": FIRST_PLAN,
        "a plan with a head": 'encoding = "cp1252"\ndates = ["%d/%m/%Y"]\ndecimal = ","\n'
        + FIRST_PLAN.replace('key = "id"', 'key = "id"\nwaived = ["sex", "own"]'),
        "a plan with a table of a field": FIRST_PLAN.replace(
            'consents = { column = "more", values = { x = "history" } }\n',
            '[patrons.fields.consents]\ncolumn = "more"\nvalues = { x = "history" }\n',
        ),
        "a plan with a section of values": FIRST_PLAN.replace(
            'consents = { column = "more", values = { x = "history" } }\n',
            '[patrons.fields.consents]\ncolumn = "more"\n[patrons.fields.consents.values]\n'
            'x = "history"\n\n\n',
        ),
        "a plan that says a table elsewhere": FIRST_PLAN.replace(
            'consents = { column = "more", values = { x = "history" } }\n',
            'consents.column = "more"\nconsents.values.x = "history"\n',
        ),
        "a plan in few lines": 'values = { branches = { M = "DK-900101" } }\n'
        'source = "old"\n[patrons]\nfiles = "people.csv"\nkey = "id"\nfields = { card = "card", '
        'home_branch = { column = "branch", values = "branches" }, category = "cat" }\n',
        "a plan with two sources": FIRST_PLAN.replace(
            'consents = { column = "more", values = { x = "history" } }',
            'consents = [{ column = "more", values = { x = "history" } }, '
            '{ column = "own", values = { Q0 = "history" } }]',
        ),
        "codes without a table": FIRST_PLAN.replace(', values = "our types"', ""),
    }
    for name, text in plans.items():
        yield f"> {name}"
        first = [*of(text, "people.csv")]
        yield from first
        if target.exists():
            again = [*of(target.read_text("utf-8"), "people.csv")]
            yield "  > once more"
            yield from difflib.unified_diff(first, again, n=0, lineterm="")
    yield "> codes that have to be quoted, and other dates"
    odd = ['id;card;branch;cat;more;born;"x ""y"" \\z"']
    odd += [f"{n};P;æ b;12-3;;05.04.2026;\t" for n in range(6)] + ["7;P;æ b;12-3;;;1"]
    write("people.csv", "\n".join([*odd, ""]).encode())
    yield from of(FIRST_PLAN, "people.csv")
    write(
        "people.csv", "\n".join([odd[0], "1;P;M;A;;2026-04-05;", "2;P;N;A;;25.04.2026;"]).encode()
    )
    yield from of(FIRST_PLAN, "people.csv")
    odd[1:] = ["1;P;M;A;;2026-04-05;1.50", "2;P;N;A;;;2,50"]
    write("people.csv", "\n".join(odd).encode())
    yield from of(FIRST_PLAN, "people.csv")
    write("people.csv", people(encoding="utf-16"))
    yield from (each for each in of(FIRST_PLAN, "people.csv") if "encoding" in each)
    write("records.mrc", records("952"))
    write("pupils.xml", PUPILS_FILE)
    yield "> records"
    yield from of(ITEMS_PLAN, "records.mrc")
    yield "> files of several kinds and encodings"
    several = FIRST_PLAN.replace('["people.csv"]', '["people*.csv"]')
    several += ITEMS_PLAN.partition("[items]")[1] + ITEMS_PLAN.partition("[items]")[2]
    several = several.replace('"branches" }\nmaterial', '"branches" }\npart = "x"\nmaterial')
    several = several.replace('part = "x[2]"\n', "").replace('A = "adult"\n', "")
    several = several.replace('M = "DK-900101"\n', 'M = "DK-900101"\n  \n')
    write("people.csv", people())
    write("people2.csv", people(encoding="utf-8-sig"))
    write("notes.csv", "a;b\nÆ;1,50\n".encode("cp865"))
    yield from of(several, "people.csv", "people2.csv", "records.mrc", "notes.csv", "pupils.xml")
    yield "> UTF-8 with a mark alone"
    yield from (each for each in of(FIRST_PLAN, "people2.csv") if "encoding" in each)
    write("people.csv", "\n".join([odd[0], "1;P;M;A;Keep-History;;1,50", "2;P;M;A;;;"]).encode())
    yield "> one amount, and a code that is proposed"
    yield from of(FIRST_PLAN, "people.csv")
    write("people.csv", "\n".join([odd[0], *("1;P;M;A;;;1,50", "2;P;M;A;;;a")]).encode())
    yield "> words with one amount"
    yield from (each for each in of(FIRST_PLAN, "people.csv") if "decimal" in each)
    yield "> drafts"
    write("people.csv", people())
    write("odd.csv", b'a\tb,"c ""d"" \\x",e,f\n1,2,,3\n')
    yield from of(None, "people.csv", "records.mrc", "pupils.xml", "odd.csv")


WAIVED: Final = """
[guardians]
files = ["g*.csv", "none.csv"]
key = "child"
waived = ["sex", "own", "child", "card"]
fields = { patron = { column = "child", by = "key" }, guardian = "adult" }

[holds]
files = "none*.csv"
key = "id"
fields = { patron = "card", record = "title", pickup_branch = "at", placed = "at" }

[persons]
files = ["p.csv", "gone*.csv"]
key = "id"
fields = { national_id = "id" }

[uses]
files = "gone*.csv"
key = "id"
delivery = "changes"
fields = { item = "id", loans = "n" }

[loans]
files = ["gone1*.csv", "gone2*.csv"]
key = "id"
fields = { patron = "p", item = "id", checked_out = "d", due = "d" }
"""


def findings(folder: Path) -> Lines:
    """What keeps the sheet from being signed."""
    waived = "waived = ['sex', 'born: in the future', 'none: in the future', 'expires: ', 'last']"
    its = PATRONS.replace('key = "id"', f'key = "id"\ndelimiter = ";"\n{waived}')
    settings = 'encoding = "cp1252"\ndates = ["%d/%m/%Y", "%Y-%m-%d"]\ndecimal = ","\n'
    plan = a_plan(folder, settings + PLANNED_HEAD + its + WAIVED)
    (folder / "people.csv").write_bytes(people())
    (folder / "people2.csv").write_bytes(b"")
    (folder / "g1.csv").write_text("child;adult\n1;2\n")
    (folder / "g2.csv").write_text("child,adult,own,empty\n1,2,3,\n")
    (folder / "g3.csv").symlink_to(folder.parent / "x.csv")
    (folder / "none.csv").mkdir()
    surveys = survey_plan(plan, ZONE, lambda file, rows: None)
    yield from (f"{each.path.name}: {each.unreadable or 'read'}" for each in surveys)
    yield from (str(tuple(each)) for each in find_in_files(plan, surveys, TODAY))
    for number in (19, 20, 21):
        places = tuple((f"h{n}", n % 3, 1 - n % 2) for n in range(number))
        (found,) = describe_queues([QueueDifference("t1", places)], {"t1": "A title"})
        told = found.rows.split("; ")
        yield f"{number} places: {found._replace(rows='')}, {told[:3]}, {len(told)}, {told[-1]}"
    other = QueueDifference("t2", ((f"1/{IdentifierKey(b'k' * 16).stored('1205801234')}", 1, 2),))
    found = describe_queues([other], {"t1": "A title"})
    write_findings(folder / "findings.tsv", found)
    yield from (folder / "findings.tsv").read_text("utf-8").splitlines()
    for files, here in (({"t": "ab"}, {"t": "ab"}), ({"t": "abc"}, {"t": "acd"}), ({"u": "a"}, {})):
        yield f"{files} and {here}: {compare_queues(files, here)}"


def codes(folder: Path) -> Lines:
    """Which codes a field may have where no table says so."""
    for kind, its in KINDS.items():
        for name, cell in its.cells.items():
            field = FieldCodes(kind, name, cell, FieldPlan(column=("x",)), None)
            if found := OWN.of(field):
                yield f"{kind}.{name}: {dict(found)}"
    for text, known in (
        ("N", {"n": "x", "m": "N"}),
        ("N", {"n": "x", "m": "M"}),
        ("710", {"DK-710": "", "X": ""}),
        ("710", {"DK-710": "", "SE-710": ""}),
        ("K-710", {"DK-710": ""}),
        ("th", {"north": "", "south": "x"}),
        ("Main library", {"m": "main-library"}),
    ):
        yield f"{text} of {known}: {propose(text, known)!r}"


PARTS: Final[Mapping[str, Callable[[Path], Lines]]] = {
    "dates": lambda folder: recognised_dates(),
    "amounts": lambda folder: recognised_amounts(),
    "zones": lambda folder: recognised_zones(),
    "encodings": recognised_encodings,
    "layouts": recognised_layouts,
    "advice": advised,
    "columns": lambda folder: columns(),
    "unplanned": unplanned,
    "planned": planned,
    "completed": completed,
    "findings": findings,
    "codes": codes,
    "many-rows": many_rows,
    "many-times": many_times,
}


@pytest.mark.parametrize("name", PARTS)
def test_what_is_recognised_is_as_written(tmp_path: Path, name: str) -> None:
    written = (FOLDER / f"{name}.txt").read_text("utf-8").splitlines()
    assert [*PARTS[name](tmp_path)] == written


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for part, work in PARTS.items():
        with tempfile.TemporaryDirectory() as made:
            (FOLDER / f"{part}.txt").write_text("\n".join(work(Path(made))) + "\n", "utf-8")
