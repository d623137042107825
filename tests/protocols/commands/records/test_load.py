"""`tiro load` as a librarian runs it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select

from catalogue.database import Statement, many, open_database, scalar_one
from catalogue.marc.iso2709 import build
from catalogue.query import Term
from catalogue.schema import items, records
from catalogue.searching.evaluation import search
from protocols.commands.records.load import load
from tests.builders.catalogue import a_record, add_branch


@scalar_one(int)
def _count() -> Statement:
    return select(func.count()).select_from(records)


@many(tuple[str])
def _barcodes() -> Statement:
    return select(items.c.barcode).order_by(items.c.barcode)


@dataclass
class Settings:
    database_url: str

    @property
    def session_url(self) -> str:
        return self.database_url


@pytest.fixture
def library(sqlite_url: str, tmp_path: Path) -> Settings:
    (tmp_path / "good.mrc").write_bytes(a_record() * 3)
    (tmp_path / "mixed.mrc").write_bytes(a_record(title="x") + b"broken\x1d")
    (tmp_path / "letter.txt").write_text("Dear library")
    return Settings(sqlite_url)


def run(library: Settings, *arguments: object) -> Result:
    return CliRunner().invoke(load, list(map(str, arguments)), obj=library)


def test_loads_and_says_so(library: Settings, tmp_path: Path) -> None:
    result = run(library, tmp_path / "good.mrc")
    assert result.exit_code == 0
    assert f"{tmp_path}/good.mrc: 3 of 3 records loaded" in result.output
    again = run(library, tmp_path / "good.mrc")
    assert again.exit_code == 0
    assert "loaded before, nothing to do (3 records)" in again.output


def test_records_set_aside_are_no_failure(library: Settings, tmp_path: Path) -> None:
    result = run(library, tmp_path / "mixed.mrc", "--rejected", tmp_path / "aside")
    assert result.exit_code == 0
    assert "1 of 2 records loaded" in result.output
    assert str(tmp_path / "aside/mixed.mrc.rejected.txt") in result.output
    assert (tmp_path / "aside/mixed.mrc.rejected.mrc").read_bytes() == b"broken\x1d"


def test_unreadable_file_is_a_failure_and_stops_no_other(library: Settings, tmp_path: Path) -> None:
    result = run(library, tmp_path / "letter.txt", tmp_path / "good.mrc")
    assert result.exit_code == 1
    assert "3 of 3 records loaded" in result.output
    assert f"Error: {tmp_path}/letter.txt holds no MARC records" in result.output


def test_the_index_at_the_end(library: Settings, tmp_path: Path) -> None:
    result = run(library, tmp_path / "good.mrc", "--index-at-end")
    assert result.exit_code == 0, result.output
    assert "3 of 3 records loaded" in result.output
    database = open_database(library.database_url)
    found = database.read(lambda t: search(t, Term("title", "title"))).result()
    assert len(found) == 3
    database.close()
    refused = run(library, tmp_path / "mixed.mrc", "--index-at-end", "--match", "control-number")
    assert refused.exit_code == 2
    assert "--index-at-end writes later" in refused.output.replace("\n", " ")


def test_items(library: Settings, tmp_path: Path) -> None:
    database = open_database(library.database_url)
    database.write(add_branch).result()
    result = run(
        library,
        tmp_path / "good.mrc",
        *("--with-items", "DK-900101", "--first-barcode", "I000099"),
    )
    assert result.exit_code == 0, result.output
    assert database.read(_barcodes).result() == [("I000099",), ("I000100",), ("I000101",)]
    database.close()


@pytest.mark.parametrize(
    "arguments",
    [
        ("--with-items", "DK-900101"),
        ("--first-barcode", "I1"),
        ("--with-items", "DK-900101", "--first-barcode", "no number"),
        ("--with-items", "DK-NONE", "--first-barcode", "I1"),
    ],
)
def test_items_that_cannot_be_made(
    library: Settings, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    database = open_database(library.database_url)
    database.write(add_branch).result()
    assert run(library, tmp_path / "good.mrc", *arguments).exit_code == 2
    assert database.read(_count).result() == 0
    database.close()


def test_holdings_records_become_items(library: Settings, tmp_path: Path) -> None:
    database = open_database(library.database_url)
    database.write(add_branch).result()
    holdings = build(
        b"00000cx  a22000001n 4500",
        [(b"001", b"9"), (b"004", b"7"), (b"852", b"  \x1fbUnknown\x1fhAB 1")],
    )
    path = tmp_path / "holdings.mrc"
    path.write_bytes(a_record(control_number="7") + holdings + holdings.replace(b"7\x1e", b"8\x1e"))
    aside = ("--rejected", tmp_path / "aside")
    result = run(library, path, *aside, "--holdings-at", "DK-900101")
    assert result.exit_code == 0
    assert "1 of 3 records loaded" in result.output
    assert "1 holdings records became items" in result.output
    assert "1 set aside" in result.output
    assert database.read(_barcodes).result() == [("H9",)]
    database.close()
    assert run(library, path, *aside, "--holdings-at", "DK-1").exit_code == 2


def test_danmarc2_in_lines_needs_no_format(library: Settings, tmp_path: Path) -> None:
    path = tmp_path / "records.txt"
    path.write_bytes(
        "001 00 *a 1 *b 870970\n245 00 *a Smørrebrød\n$\nnot a field\n".encode("latin-1")
    )
    result = run(library, path, "--rejected", tmp_path / "aside")
    assert "1 of 2 records loaded" in result.output
    assert (tmp_path / "aside/records.txt.rejected.lines").read_bytes() == b"not a field\n"
    told = (tmp_path / "aside/records.txt.rejected.txt").read_text()
    assert told.split("\t") == ["2", "45", "12", "-", "line 1 is no field: 'not a field'\n"]
