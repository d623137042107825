"""The reader of CSV and its kin: whatever a file holds, each line of it is a row or told."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from circulation.moving.plans import KindPlan
from circulation.moving.sources.delimited import LONGEST, Delimited
from circulation.moving.sources.rows import Line, UnreadableFile


def plan(**options: Any) -> KindPlan:
    return KindPlan(files=("x",), key=("a",), fields={}, **options)


def read(data: bytes, encoding: str = "utf-8-sig", **options: Any) -> list[Line]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file.csv"
        path.write_bytes(data)
        return list(Delimited(path, plan(**options), encoding).lines())


CELL = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0\r"), max_size=8)


@given(st.lists(st.lists(CELL, min_size=3, max_size=3), max_size=20))
def test_what_was_written_is_read(rows: list[list[str]]) -> None:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([["a", "b", "c"], *rows])
    found = read(text.getvalue().encode())
    assert [list(line.cells) for line in found] == rows
    assert not any(line.fault for line in found)


@given(st.binary(max_size=300), st.sampled_from(["utf-8", "latin-1", "cp1252"]))
def test_any_bytes_give_rows_or_faults(data: bytes, encoding: str) -> None:
    for line in read(b"a,b\n" + data, encoding):
        assert len(line.cells) == 2 or line.fault
        assert 1 < line.number <= data.count(b"\n") + data.count(b"\r") + 2


@given(st.integers(0, 9), st.integers(0, 12))
def test_one_broken_line_costs_one_row(at: int, place: int) -> None:
    lines = [f"{number},x{number},y" for number in range(10)]
    lines[at] = lines[at][:place] + '"' + lines[at][place:]
    found = read("\n".join(["a,b,c", *lines, ""]).encode())
    whole = {line.cells[0] for line in found if not line.fault}
    assert whole >= {str(number) for number in range(10) if number != at}
    assert sum(bool(line.fault) for line in found) <= 1


def test_inches_in_two_rows_are_not_a_pair() -> None:
    found = read(b'a,b\n1,a 12" record\n2,y\n3,z\n4,another 7" one\n')
    assert [line.cells for line in found] == [
        ["1", 'a 12" record'],
        ["2", "y"],
        ["3", "z"],
        ["4", 'another 7" one'],
    ]


def test_notes_with_line_ends_are_of_one_row() -> None:
    note = "\n".join(["x"] * LONGEST)
    (line, after) = read(f'a,b\n1,"{note}"\n2,y\n'.encode())
    assert (line.number, line.cells) == (2, ["1", note])
    assert after.number == 2 + LONGEST


def test_other_dialects() -> None:
    assert read(b"1;x", delimiter=";", columns=("a", "b"))[0].cells == ["1", "x"]
    assert read(b'a\tb\n1\t"x', delimiter="\t", quote="")[0].cells == ["1", '"x']
    assert read(b'a,b\n1,"x\\"y"', escape="\\")[0].cells == ["1", 'x"y']
    assert read("a,b\n1,Ørsted".encode("utf-16"), "utf-16")[0].cells == ["1", "Ørsted"]
    assert read(b"\xef\xbb\xbfa,b\n1,x")[0].cells == ["1", "x"]


def test_a_file_without_a_header_is_none() -> None:
    for data in (b"", b"\n\n", b"\xff\xfe\xff\n1"):
        with pytest.raises(UnreadableFile):
            read(data)
