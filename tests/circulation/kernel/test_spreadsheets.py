"""One function writes every cell that a spreadsheet may open, and one reads it again."""

from __future__ import annotations

import ast
import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, String

from circulation.archiving.forms import form_of
from circulation.kernel.spreadsheets import TableWriter, escape_cell, unescape_cell
from circulation.moving.plans import KindPlan
from circulation.moving.sources.delimited import Delimited
from protocols.commands.moving.fbs_files import write_files
from tests.sources import modules, name_of, nodes_of

FORMULAS = [
    "=1+1",
    "+A1",
    "-A1",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "\t",
    "-",
    "'=1",
    "''-x",
    "\uff1d1",
]
HARMLESS = ["", "x", "a=b", "'tis", "-5", "+4522334455", "-12.50", "-12,50", " =1", "\\N"]


@pytest.mark.parametrize("text", FORMULAS)
def test_what_a_spreadsheet_computes_is_escaped(text: str) -> None:
    assert escape_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", HARMLESS)
def test_what_it_does_not_compute_stays(text: str) -> None:
    assert escape_cell(text) == text


@given(st.text() | st.text("'=+-@\t\r\n1.x\uff1d"))
def test_every_text_comes_back(text: str) -> None:
    assert unescape_cell(escape_cell(text)) == text


def test_numbers_and_texts_of_a_row() -> None:
    file = io.StringIO()
    writer = TableWriter(file, ["a", "b", "c", "d"], delimiter=";")
    writer.write(["=1", -5, None, "-5"])
    writer.write(["\r", "a\nb", "", ""])
    writer.write_named({"d": "\tx", "a": "a;b"})
    assert file.getvalue() == ('a;b;c;d\n\'=1;-5;;-5\n"\'\r";"a\nb";;\n"a;b";;;\'\tx\n')
    with pytest.raises(ValueError, match="e, f"):
        writer.write_named({"f": 1, "e": 2})


def test_an_archive_gives_back_what_it_was_given() -> None:
    """So does one of the layout before, in which nothing is escaped."""
    columns = [Column("x", String())]
    file = io.StringIO(newline="")
    form = form_of("csv", 2)
    assert form.write(file, columns, [[text] for text in FORMULAS + HARMLESS]) == len(
        FORMULAS + HARMLESS
    )
    cells = [cell for (cell,) in csv.reader(io.StringIO(file.getvalue(), newline=""))][1:]
    assert cells[: len(FORMULAS)] == [f"'{text}" for text in FORMULAS]
    file.seek(0)
    assert [text for (text,) in form.read(file, columns)] == FORMULAS + HARMLESS
    former = io.StringIO("x\n'=1\n=1\n", newline="")
    assert [*form_of("csv", 1).read(former, columns)] == [["'=1"], ["=1"]]


def test_a_delivery_that_was_fetched_is_loaded_as_it_was(tmp_path: Path) -> None:
    fetched = [
        {
            "rows": {"patrons": [{"id": 1, "card": "=1", "name": text} for text in FORMULAS]},
            "aside": [[1, "loans", "", "\tnot there"]],
        }
    ]
    write_files(tmp_path, iter(fetched))
    assert "'\tnot there" in (tmp_path / "not-fetched.csv").read_text()
    plan = KindPlan(
        files="patrons.csv",  # type: ignore[arg-type]
        key="id",  # type: ignore[arg-type]
        fields={"name": "name"},  # type: ignore[dict-item]
        has_apostrophes=True,
    )
    with (tmp_path / "patrons.csv").open(newline="") as file:
        assert {row["card"] for row in csv.DictReader(file)} == {"'=1"}
    source = Delimited(tmp_path / "patrons.csv", plan, "utf-8")
    at = source.columns.index("name")
    assert [line.cells[at] for line in source.lines()] == FORMULAS


def test_delimited_cells_are_written_in_one_place() -> None:
    writers = {
        name_of(path)
        for path in modules("catalogue", "circulation", "protocols")
        for node in nodes_of(path)
        if (isinstance(node, ast.Attribute) and node.attr in ("writer", "DictWriter"))
        or (isinstance(node, ast.ImportFrom) and node.module == "csv")
        if not isinstance(node, ast.Attribute) or ast.unparse(node).startswith("csv.")
    }
    assert writers == {"circulation.kernel.spreadsheets"}
