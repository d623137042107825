"""The table of what was measured: what is measured anew takes the place of its own kind alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.table import Figures, Row, write

BEFORE = """\
Words before.
<!-- measured -->
Measured by `make bench`:

* Loading a record: 1 May 2026, a machine
* Z39.50: 2 May 2026, a machine
* SIP2: 3 May 2026, another

|  | at once | us CPU | a second |
|---|---|---|---|
| Loading a record | 1 | 309 | 3,156 |
| Z39.50, title word | 1 | 108 | 6,298 |
| Z39.50, title word | 8 | 44 | 22,213 |
| SIP2, 23 63 | 1 | 352 | 2,287 |
<!-- end of measured -->
Words behind.
"""


def test_other_kinds_stay(tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    path.write_text(BEFORE)
    write([Row("Z39.50, scan", 1, Figures(5.0, 6.0), ("Zebra", Figures(10.0, 3.0)))], path)
    text = path.read_text()
    assert text.startswith("Words before.\n<!-- measured -->\n")
    assert text.endswith("<!-- end of measured -->\nWords behind.\n")
    rows = [line for line in text.splitlines() if line.startswith("| ") and "at once" not in line]
    assert rows[0] == "| Loading a record | 1 | 309 | 3,156 |"
    assert rows[1].startswith("| Z39.50, scan | 1 | 5.00 | 6.00 |")
    assert rows[1].endswith("| 0.50 |")
    assert rows[2] == "| SIP2, 23 63 | 1 | 352 | 2,287 |"
    assert len(rows) == 3
    assert "* SIP2: 3 May 2026, another" in text
    assert "* Z39.50: 2 May" not in text
    assert text.count("* Z39.50: ") == 1
    write([Row("Z39.50, scan", 1, Figures(7.0, 6.0))], path)
    assert path.read_text().count("Z39.50, scan") == 1


def test_a_new_kind_comes_last(tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    path.write_text(BEFORE)
    write([Row("Sorting", 1, Figures(5.0, 6.0))], path)
    lines = path.read_text().splitlines()
    assert lines[lines.index("<!-- end of measured -->") - 1].startswith("| Sorting | 1 ")


def test_a_readme_without_its_marks_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    path.write_text("Words.")
    with pytest.raises(ValueError, match="no place for the table"):
        write([], path)
    assert path.read_text() == "Words."
