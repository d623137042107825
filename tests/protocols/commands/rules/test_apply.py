"""`tiro apply` as a librarian runs it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from protocols.commands.rules.apply import apply
from protocols.demo.seeding import SET_UP


@dataclass
class Library:
    database_url: str
    file: Path

    @property
    def session_url(self) -> str:
        return self.database_url

    def run(self, *options: str, answer: str = "") -> Result:
        return CliRunner().invoke(apply, [str(self.file), *options], obj=self, input=answer)

    def edit(self, old: str, new: str) -> int:
        """Puts `new` in the place of `old`; gives the line where that is."""
        text = self.file.read_text(encoding="utf-8")
        before, found, after = text.partition(old)
        assert found
        self.file.write_text(before + new + after, encoding="utf-8")
        return before.count("\n") + 1


@pytest.fixture
def library(sqlite_url: str, tmp_path: Path) -> Library:
    file = tmp_path / "library.toml"
    file.write_bytes(SET_UP.read_bytes())
    return Library(sqlite_url, file)


def test_it_shows_asks_and_applies_and_then_has_nothing_to_do(library: Library) -> None:
    result = library.run(answer="y\n")
    assert result.exit_code == 0, result.output
    assert '+ branch DK-900101: agency "DK-900100", name "Main library"' in result.output
    assert result.output.endswith("Applied.\n")
    again = library.run(answer="")
    assert again.exit_code == 0
    assert again.output.startswith("Nothing to do: the library is set up as ")


def test_a_no_changes_nothing(library: Library) -> None:
    assert library.run(answer="n\n").exit_code == 1
    assert "+ branch DK-900101" in library.run("--check").output


def test_check_changes_nothing(library: Library) -> None:
    assert library.run("--yes").exit_code == 0
    library.edit("loan_days = 30", "loan_days = 28")
    for _ in range(2):
        result = library.run("--check")
        assert result.exit_code == 0
        assert result.output == (
            "~ rule everywhere for everybody of everything: loan_days 30 -> 28\n1 changed.\n"
        )
    assert library.run("--yes").output.endswith("1 changed.\nApplied.\n")


def test_what_does_not_fit_is_refused_with_file_line_and_reason(library: Library) -> None:
    rule = library.edit("loan_days = 30", "loan_day = 30")
    kind = library.edit('kind = "school"', 'kind = "college"')
    result = library.run("--yes")
    assert result.exit_code == 1
    lines = result.stderr.splitlines()
    named = [line.partition(".toml:")[2].partition(":")[0] for line in lines]
    assert named == [str(kind), str(rule), ""]
    assert lines[0].startswith(f"{library.file}:{kind}: agencies.DK-900200.kind: must be public or")
    assert lines[-1] == "Nothing was applied."
    library.edit("loan_day = 30", "loan_days = 30")
    library.edit('kind = "college"', 'kind = "school"')
    assert "+ branch DK-900101" in library.run("--check").output


def test_json(library: Library) -> None:
    assert library.run("--json").exit_code == 2
    told = json.loads(library.run("--json", "--yes").output)
    assert told["applied"] is True
    assert {
        "change": "added",
        "noun": "branch",
        "key": ["DK-900102"],
        "before": None,
        "after": {"agency": "DK-900100", "name": "Harbour branch"},
    } in told["changes"]
    again = json.loads(library.run("--json", "--check").output)
    moved = {"moved_loans": 0, "moved_pickups": 0}
    assert again == {"applied": False, "changes": [], "problems": []} | moved
    line = library.edit("renewals = 2", "renewals = -2")
    refused = library.run("--json", "--check")
    assert refused.exit_code == 1
    [problem] = json.loads(refused.output)["problems"]
    assert (problem["line"], problem["text"].partition(":")[0]) == (line, "rules[1].renewals")


def test_a_file_that_is_not_utf_8(library: Library) -> None:
    library.file.write_bytes("consortium = 'Rødovre'".encode("latin-1"))
    result = library.run("--check")
    assert result.exit_code == 1
    assert "is not UTF-8" in result.stderr
