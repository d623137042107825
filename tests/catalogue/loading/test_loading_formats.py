"""Loading danMARC2 with its authorities, UNIMARC, holdings records, and broken files."""

from __future__ import annotations

import lzma
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from catalogue.changes.authorities import records_linking_to
from catalogue.database import Database, Statement, many, open_database
from catalogue.formats.exchange import DANMARC2_LATIN_1
from catalogue.items import find_item, items_of_records
from catalogue.loading.files import load_files
from catalogue.loading.load_reports import LoadOptions, LoadReport
from catalogue.marc.iso2709 import build, fields
from catalogue.marc.mfhd import NotHoldings, is_holdings, read_holdings
from catalogue.query import Term
from catalogue.records import Record, fetch_records, find_by_control_number
from catalogue.schema import items
from catalogue.searching.evaluation import search
from tests.builders.catalogue import a_record, add_branch
from tests.builders.danmarc2 import a_danmarc2_record, lines_of

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@many(tuple[str])
def _barcodes() -> Statement:
    return select(items.c.barcode).order_by(items.c.barcode)


@pytest.fixture
def load(sqlite_url: str, tmp_path: Path) -> Callable[..., LoadReport]:
    """Loads a file, or bytes, into one SQLite database."""

    def loaded(what: Path | bytes, name: str = "file", **options: object) -> LoadReport:
        path = what if isinstance(what, Path) else tmp_path / name
        if isinstance(what, bytes):
            path.write_bytes(what)
        database = open_database(sqlite_url)
        arguments = {"now": NOW, "processes": 1, "reject_folder": tmp_path, **options}
        [report] = load_files(database, [path], LoadOptions(**arguments))  # type: ignore[arg-type]
        database.close()
        return report

    return loaded


def reasons(report: LoadReport) -> list[list[str]]:
    text = report.rejected_files[1].read_text("utf-8")
    return [line.split("\t") for line in text.splitlines()]


def records_in(path: Path) -> list[bytes]:
    """The records of an ISO 2709 file, each without its terminator."""
    with lzma.open(path) as file:
        return file.read().split(b"\x1d")[:-1]


def author(database: Database, name: str) -> list[int]:
    term = Term("author", name)
    return list(database.read(lambda t: search(t, term)).result())


RECORD = a_danmarc2_record(
    "001 00 *a 12345678 *b 870970",
    "008 00 *t m *a 2001",
    "100 00 *5 870979 *6 68058953 *4 aut",
    "245 00 *a Den ¤store Čapek",
)
AUTHORITY = a_danmarc2_record(
    "001 00 *a 68058953 *b 870979",
    "008 00 *t h",
    "100 00 *a Ellis *h Bret",
    "400 00 *a Easton *h B.",
)


@pytest.fixture
def library(sqlite_url: str) -> Iterator[Database]:
    opened = open_database(sqlite_url)
    yield opened
    opened.close()


@pytest.mark.parametrize("order", ["before", "after", "together", "in another batch"])
def test_names_are_found_whenever_the_authority_comes(
    library: Database, tmp_path: Path, order: str
) -> None:
    check_names(library, tmp_path, order)


def test_both_databases_find_names_and_keep_holdings(database: Database, tmp_path: Path) -> None:
    check_names(database, tmp_path, "after")
    check_holdings(database, tmp_path, "two places")


def check_names(database: Database, tmp_path: Path, order: str) -> None:
    contents = {
        "before": [AUTHORITY, RECORD],
        "after": [RECORD, AUTHORITY],
        "together": [RECORD + AUTHORITY],
        "in another batch": [RECORD + RECORD + AUTHORITY + RECORD],
    }[order]
    for number, content in enumerate(contents):
        path = tmp_path / f"{number}.mrc"
        path.write_bytes(content)
        [report] = load_files(
            database,
            [path],
            LoadOptions(now=NOW, processes=1, record_format="danmarc2", batch_size=2),
        )
        assert report.loaded == report.read
    stored = database.read(lambda t: find_by_control_number(t, control_number="12345678")).result()
    assert stored
    for record in stored:
        assert lines_of(record.data)[2:4] == [
            "100 00 *a Ellis *h Bret *5 870979 *6 68058953 *4 aut",
            "245 00 *a Den ¤store Čapek",
        ]
        assert record.author == "Ellis, Bret"
        assert record.id in author(database, "ellis")
        assert record.id in author(database, "easton")


def test_a_corrected_authority_corrects_the_records(library: Database, tmp_path: Path) -> None:
    database = library
    for number, content in enumerate((AUTHORITY, RECORD, AUTHORITY.replace(b"Bret", b"Beat"))):
        path = tmp_path / f"{number}.mrc"
        path.write_bytes(content)
        load_files(database, [path], LoadOptions(now=NOW, processes=1, record_format="danmarc2"))
    (record,) = database.read(
        lambda t: find_by_control_number(t, control_number="12345678")
    ).result()
    assert record.author == "Ellis, Beat"
    assert record.id not in author(database, "bret ellis")
    assert database.read(lambda t: records_linking_to(t, ["68058953"])).result() == [record.id]


def test_latin_1_and_escapes_are_read_from_iso_2709(
    load: Callable[..., LoadReport], sqlite_url: str
) -> None:
    record = Record(1, "danmarc2", RECORD, "", "", None, None)
    report = load(DANMARC2_LATIN_1.render(record), record_format="danmarc2")
    assert (report.loaded, report.rejected) == (1, 0)
    database = open_database(sqlite_url)
    (stored,) = database.read(lambda t: fetch_records(t, [1])).result()
    assert stored.data == RECORD
    assert database.read(lambda t: search(t, Term("title", "capek"))).result()
    database.close()


def test_danmarc2_samples_load_fully(load: Callable[..., LoadReport], shared: Path) -> None:
    lines = load(shared / "data/marc/danmarc2.lines.txt.xz", batch_size=400)
    assert (lines.loaded, lines.rejected) == (lines.read, 0)
    assert lines.read > 1_000
    xml = load(shared / "data/marc/danmarc2.marcxchange.xml.xz", record_format="danmarc2")
    assert (xml.loaded, xml.rejected, xml.problem) == (xml.read, 0, None)
    assert xml.read > 300


def test_unimarc_sample_loads_fully_and_as_it_is(
    load: Callable[..., LoadReport], shared: Path, sqlite_url: str
) -> None:
    path = shared / "data/marc/unimarc.utf8.mrc.xz"
    report = load(path, record_format="unimarc")
    found = records_in(path)
    assert (report.read, report.loaded, report.rejected) == (len(found), len(found), 0)
    assert len(found) >= 1_000
    database = open_database(sqlite_url)
    stored = database.read(lambda t: fetch_records(t, range(1, len(found) + 1))).result()
    database.close()
    assert [list(fields(record.data)) for record in stored] == [
        list(fields(data + b"\x1d")) for data in found
    ]


def mfhd(number: str, *parts: tuple[str, str], leader: str = "00000cx  a22000001n 4500") -> bytes:
    return build(
        leader.encode(),
        [(tag.encode(), content.encode()) for tag, content in (("001", number), *parts)],
    )


PLACE = ("852", "0 \x1faDK-900101\x1fbGen\x1fcStacks\x1fhMT130\x1fiZ93\x1ft1")
SERIAL = (
    ("853", "20\x1f81\x1fav.\x1fbno.\x1fi(year)\x1fj(month)"),
    ("863", "40\x1f81.1\x1fa1\x1fb2\x1fi1995\x1fj08"),
    ("863", "40\x1f81.2\x1fa1\x1fb3\x1fi1995\x1fj09"),
)
#: The parts of a holdings record, and the items: barcode, department, location, call number, part.
HOLDINGS = {
    "one place": ([PLACE], [("H9", "Gen", "Stacks", "MT130 Z93", "")]),
    "words": (
        [PLACE, ("866", "41\x1f80\x1fav.1-v.20"), *SERIAL],
        [("H9", "Gen", "Stacks", "MT130 Z93", "v.1-v.20")],
    ),
    "codes": (
        [PLACE, *SERIAL],
        [("H9", "Gen", "Stacks", "MT130 Z93", "v.1:no.2 (1995:08); v.1:no.3 (1995:09)")],
    ),
    "pieces": (
        [PLACE, *SERIAL, ("876", "  \x1f81.2\x1fp4711"), ("876", "  \x1fp4712\x1f3bind 2")],
        [
            ("4711", "Gen", "Stacks", "MT130 Z93", "v.1:no.3 (1995:09)"),
            ("4712", "Gen", "Stacks", "MT130 Z93", "bind 2"),
        ],
    ),
    "two places": (
        [PLACE, ("852", "0 \x1fbDK-900101\x1fpB1\x1fjsh 7")],
        [("B1", "", "", "sh 7", ""), ("H9", "Gen", "Stacks", "MT130 Z93", "")],
    ),
}


@pytest.mark.parametrize("case", HOLDINGS)
def test_holdings_become_items(library: Database, tmp_path: Path, case: str) -> None:
    check_holdings(library, tmp_path, case)


def check_holdings(database: Database, tmp_path: Path, case: str) -> None:
    parts, expected = HOLDINGS[case]
    branch = database.write(lambda t: add_branch(t, "DK-900101")).result()
    path = tmp_path / "both.mrc"
    path.write_bytes(a_record("Mahler", control_number="7") + mfhd("9", ("004", "7"), *parts))
    [report] = load_files(database, [path], LoadOptions(now=NOW, processes=1))
    assert (report.read, report.loaded, report.holdings, report.rejected) == (2, 1, 1, 0)
    (record,) = database.read(lambda t: find_by_control_number(t, control_number="7")).result()
    found = database.read(lambda t: items_of_records(t, [record.id])).result()[record.id]
    told = sorted((i.barcode, i.department, i.location, i.call_number, i.part) for i in found)
    assert told == expected
    assert {item.branch_id for item in found} == {branch}


def test_holdings_loaded_again_move_their_item(
    load: Callable[..., LoadReport], sqlite_url: str
) -> None:
    database = open_database(sqlite_url)
    database.write(lambda t: add_branch(t, "DK-900101")).result()
    second = database.write(lambda t: add_branch(t, "DK-900102")).result()
    database.close()
    load(a_record(control_number="7") + mfhd("9", ("004", "7"), PLACE), "first")
    moved = ("852", "0 \x1faDK-900102\x1fhNew")
    assert load(mfhd("9", ("004", "7"), moved), "second").holdings == 1
    database = open_database(sqlite_url)
    item = database.read(lambda t: find_item(t, "H9")).result()
    assert item is not None
    assert (item.branch_id, item.call_number, item.location) == (second, "New", "")
    assert [code for (code,) in database.read(_barcodes).result()] == ["H9"]
    database.close()


SET_ASIDE = {
    "there is no record 8": [("004", "8"), PLACE],
    "no branch is called Gen": [("004", "7"), ("852", "  \x1fbGen")],
    "without 004": [PLACE],
    "without 852": [("004", "7")],
    "barcode 4711 is an item of another record": [("004", "7"), PLACE, ("876", "  \x1fp4711")],
}


@pytest.mark.parametrize("reason", SET_ASIDE)
def test_holdings_that_belong_nowhere_are_set_aside(
    load: Callable[..., LoadReport], sqlite_url: str, reason: str
) -> None:
    database = open_database(sqlite_url)
    database.write(lambda t: add_branch(t, "DK-900101")).result()
    database.close()
    other = mfhd("1", ("004", "6"), PLACE, ("876", "  \x1fp4711"))
    before = a_record(control_number="6") + other + a_record(control_number="7")
    bad = mfhd("9", *SET_ASIDE[reason])
    report = load(before + bad + a_record(control_number="5"))
    assert (report.read, report.loaded, report.holdings, report.rejected) == (5, 3, 1, 1)
    [[position, offset, length, number, told]] = reasons(report)
    assert (position, number) == ("4", "9")
    assert (int(offset), int(length)) == (len(before), len(bad))
    assert reason in told
    assert report.rejected_files[0].read_bytes() == bad


def test_a_deleted_holdings_record_is_told_of() -> None:
    data = mfhd("9", ("004", "7"), PLACE, leader="00000dx  a22000001n 4500")
    assert is_holdings(data)
    with pytest.raises(NotHoldings, match="deleted"):
        read_holdings(data)


def test_the_sample_of_holdings(
    load: Callable[..., LoadReport], sqlite_url: str, shared: Path
) -> None:
    """Those with a record become items, the others are set aside, each with its reason."""
    found = records_in(shared / "data/marc/holdings.utf8.mrc.xz")
    numbers = set()
    for data in found:
        try:
            numbers |= set(read_holdings(data + b"\x1d").belongs_to)
        except NotHoldings:
            continue
    database = open_database(sqlite_url)
    branch = database.write(lambda t: add_branch(t)).result()
    database.close()
    load(b"".join(a_record(control_number=number) for number in sorted(numbers)), "titles")
    path = shared / "data/marc/holdings.utf8.mrc.xz"
    report = load(path, holdings_branch=branch)
    assert report.problem is None
    assert (report.read, report.loaded) == (len(found), 0)
    assert report.holdings > 330
    assert report.holdings + report.rejected == report.read
    for told in reasons(report):
        assert (
            told[4].startswith("a holdings record without ")
            or "is an item of another record" in told[4]
            or "neither a barcode nor a number" in told[4]
        )


def test_every_broken_record_is_told_with_its_place(
    load: Callable[..., LoadReport], shared: Path
) -> None:
    """What is found at the place that a reason names is the record that was set aside."""
    told = 0
    for path in sorted((shared / "data/marc/broken").iterdir()):
        report = load(path)
        assert report.problem is None
        assert report.read == report.loaded + report.rejected > 0
        if not report.rejected:
            continue
        content, kept = path.read_bytes(), report.rejected_files[0].read_bytes()
        for position, offset, length, _, reason in reasons(report):
            assert 1 <= int(position) <= report.read
            found = content[int(offset) : int(offset) + int(length)]
            assert found
            assert kept.startswith(found)
            kept = kept[len(found) :]
            assert " " in reason
            told += 1
    assert told == 4
