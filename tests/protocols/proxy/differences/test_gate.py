"""Patterns, what is accepted of them, and the gate, from a journal on the disk."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from protocols.commands.command_line import tiro
from protocols.proxy.differences.patterns import read_accepted
from protocols.proxy.journal.records import Record, line_of
from protocols.sip2.wording import Text
from tests.protocols.proxy.differences.test_comparing import IN, OUT, out, refused
from tests.protocols.proxy.serving import KEY

FIRST = date(2026, 11, 1)
RETURNED = "101YNN20261130    101500AOX|ABI1|AQX|AAP1|"

SETTINGS = f"""
journal = "journal"
key = "{KEY}"
[old]
host = "127.0.0.1"
[new]
host = "127.0.0.1"
[[terminals]]
login = "kiosk-1"
branch = "DK-900101"
mode = "shadow"
[[terminals]]
login = "kiosk-2"
branch = "DK-900102"
"""


class Journal:
    """Writes a journal as the proxy does: one exchange a day."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "journal").mkdir()
        (folder / "proxy.toml").write_text(SETTINGS)
        self.day, self.last = FIRST, 0

    def put(self, **record: Any) -> int:
        self.last += 1
        at = f"{self.day}T10:00:00.000Z"
        made: Record = {"id": self.last, "at": at, **record}  # type: ignore[typeddict-item]
        with (self.folder / "journal" / f"{self.day}.journal").open("ab") as file:
            file.write(line_of(made))
        return self.last

    def exchange(
        self, sent: str, old: str, new: str | None, *, terminal: str = "kiosk-1", told: str = "done"
    ) -> None:
        told_of = self.put(
            kind="request",
            terminal=terminal,
            connection=1,
            mode="shadow",
            side="shadow",
            to="old",
            sent=sent,
        )
        judged = {"why": "queue full"} if new is None else {"sent": new}
        self.put(kind="judged", of=told_of, by="new", **judged)
        self.put(kind="answer", of=told_of, by="old", ms=3.0, sent=old)
        if told:
            self.put(
                kind="carried", of=told_of, to="new", purpose="follow", sent=sent, outcome=told
            )
        self.day += timedelta(1)

    def tiro(self, *arguments: str) -> Result:
        file = str(self.folder / "proxy.toml")
        command, *rest = arguments
        return CliRunner().invoke(tiro, ["proxy", command, *rest, "--file", file, "--json"])

    def gate(self, where: str = "kiosk-1", *options: str) -> tuple[int, dict[str, Any]]:
        said = self.tiro("gate", where, *options)
        found: dict[str, Any] = json.loads(said.stdout)
        return said.exit_code, found


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path)


def test_fourteen_days_without_anything_to_explain_open_it(journal: Journal) -> None:
    for day in range(14):
        code, found = journal.gate() if day else (1, {"against": ["nothing yet"]})
        assert code == 1
        assert day == 0 or found["against"] == [f"judged on {day} days of the 14 that are wanted"]
        journal.exchange(OUT, out(), out(rest="AFLånt|"))
    assert journal.gate() == (
        0,
        {
            "may_be_flipped": True,
            "against": [],
            "days": 14,
            "judged": 14,
            "unexplained": [],
            "differing": [],
        },
    )
    assert journal.gate("DK-900101")[0] == 0
    assert journal.gate("DK-900102")[0] == 1


def test_a_pattern_is_explained_once(journal: Journal) -> None:
    for limit in (20, 21):
        journal.exchange(OUT, out(), refused(Text.TOO_MANY_LOANS, limit=limit))
    code, found = journal.gate("kiosk-1", "--days", "2")
    assert (code, found["against"]) == (1, ["1 patterns are not explained"])
    [listed] = json.loads(journal.tiro("differences", "kiosk-1").stdout)
    assert (listed["class"], listed["count"]) == ("policy", 2)
    said = journal.tiro("accept", listed["pattern"], "--why", 'a "new" limit', "--who", "ida")
    assert said.exit_code == 0, said.output
    [accepted] = read_accepted(journal.folder / "accepted-differences.toml").values()
    assert (accepted.why, accepted.who) == ('a "new" limit', "ida")
    assert journal.gate("kiosk-1", "--days", "2")[0] == 0
    assert json.loads(journal.tiro("differences").stdout) == []
    assert len(json.loads(journal.tiro("differences", "--all").stdout)) == 1


def test_a_state_is_never_accepted_and_ends_when_both_agree_again(journal: Journal) -> None:
    journal.exchange(IN, RETURNED, RETURNED.replace("AAP1|", ""))
    code, found = journal.gate("kiosk-1", "--days", "1")
    assert (code, found["differing"]) == (1, ["I1"])
    [listed] = json.loads(journal.tiro("differences").stdout)
    said = journal.tiro("accept", listed["pattern"], "--why", "never mind")
    assert said.exit_code == 1
    assert "a difference in state" in said.output
    journal.exchange(OUT, out(), out())
    assert journal.gate("kiosk-1", "--days", "1")[0] == 0


def test_what_was_not_told_or_not_judged_keeps_it_shut(journal: Journal) -> None:
    journal.exchange(OUT, out(), out(), told="failed")
    assert "still to be told" in str(journal.gate("kiosk-1", "--days", "1")[1]["against"])
    journal.exchange(OUT, out(), out(), told="refused")
    assert "settled by a person" in str(journal.gate("kiosk-1", "--days", "1")[1]["against"])
    journal.exchange(OUT, out(), None)
    assert "1 of 3 exchanges were not judged" in str(
        journal.gate("kiosk-1", "--days", "1")[1]["against"]
    )


def test_nobody_is_called_so(journal: Journal) -> None:
    said = journal.tiro("gate", "kiosk-9")
    assert said.exit_code == 1
    assert "no terminal and no branch is called kiosk-9" in said.output
    said = journal.tiro("accept", "00000000", "--why", "x")
    assert "no pattern is called 00000000" in said.output
    (journal.folder / "accepted-differences.toml").write_text("[[accepted]]\npattern = 1\n")
    assert journal.tiro("gate", "kiosk-1").exit_code == 1
