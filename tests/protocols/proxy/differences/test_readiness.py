"""Patterns, what is accepted of them, and readiness, from a journal on the disk."""

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

    def readiness(self, where: str = "kiosk-1", *options: str) -> tuple[int, dict[str, Any]]:
        said = self.tiro("readiness", where, *options)
        found: dict[str, Any] = json.loads(said.stdout)
        return said.exit_code, found

    def against(self, *options: str) -> list[str]:
        return [each["what"] for each in self.readiness("kiosk-1", *options)[1]["against"]]


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path)


def test_fourteen_days_without_anything_to_explain_open_it(journal: Journal) -> None:
    for day in range(14):
        assert journal.readiness()[0] == 1
        if day:
            assert journal.against() == [f"judged on {day} days of the 14 that are wanted"]
        journal.exchange(OUT, out(), out(rest="AFLånt|"))
    assert journal.readiness() == (
        0,
        {
            "is_ready": True,
            "against": [],
            "days": 14,
            "judged": 14,
            "dialect": [],
            "unexplained": [],
            "differing": [],
        },
    )
    assert journal.readiness("DK-900101")[0] == 0
    assert journal.readiness("DK-900102")[0] == 1


def test_a_pattern_is_explained_once(journal: Journal) -> None:
    for limit in (20, 21):
        journal.exchange(OUT, out(), refused(Text.TOO_MANY_LOANS, limit=limit))
    [listed] = json.loads(journal.tiro("differences", "kiosk-1").stdout)
    code, found = journal.readiness("kiosk-1", "--days", "2")
    [obstacle] = found["against"]
    assert code == 1
    assert obstacle["what"].startswith("1 patterns of one system granting what the other refuses")
    assert obstacle["example"].startswith(f"{listed['pattern']} (11 policy ok: granted / ")
    assert "tiro proxy accept" in obstacle["what_to_do"]
    assert (listed["class"], listed["count"]) == ("policy", 2)
    said = journal.tiro("accept", listed["pattern"], "--why", 'a "new" limit', "--who", "ida")
    assert said.exit_code == 0, said.output
    [accepted] = read_accepted(journal.folder / "accepted-differences.toml").values()
    assert (accepted.why, accepted.who) == ('a "new" limit', "ida")
    assert journal.readiness("kiosk-1", "--days", "2")[0] == 0
    assert json.loads(journal.tiro("differences").stdout) == []
    assert len(json.loads(journal.tiro("differences", "--all").stdout)) == 1


def test_a_state_is_never_accepted_and_ends_when_both_agree_again(journal: Journal) -> None:
    journal.exchange(IN, RETURNED, RETURNED.replace("AAP1|", ""))
    code, found = journal.readiness("kiosk-1", "--days", "1")
    assert (code, found["differing"]) == (1, ["I1"])
    assert "tiro proxy reconcile" in found["against"][0]["what_to_do"]
    [listed] = json.loads(journal.tiro("differences").stdout)
    said = journal.tiro("accept", listed["pattern"], "--why", "never mind")
    assert said.exit_code == 1
    assert "a difference in state" in said.output
    journal.exchange(OUT, out(), out())
    assert journal.readiness("kiosk-1", "--days", "1")[0] == 0


def test_what_was_not_told_or_not_judged_keeps_it_shut(journal: Journal) -> None:
    journal.exchange(OUT, out(), out(), told="failed")
    assert "still to be told" in str(journal.against("--days", "1"))
    journal.exchange(OUT, out(), out(), told="refused")
    assert "settled by a person" in str(journal.against("--days", "1"))
    journal.exchange(OUT, out(), None)
    assert "1 of 3 exchanges were not judged" in str(journal.against("--days", "1"))


WHO = "2300020261130    101500AOX|AAP1|AC|AD{pin}|"
PATRON = "24{flags}00020261130    101500AOX|AAP1|AEJo|BLY|CQY|"
OWES = f"{' ' * 10}Y   "


def test_a_field_that_the_old_system_never_sends_is_no_difference(journal: Journal) -> None:
    """Patrons owe there, too: only 24 does not say how much."""
    for number in range(20):
        old = PATRON.format(flags=OWES if number == 7 else " " * 14)
        new = old + ("BHDKK|BV20.00|" if number == 7 else "")
        journal.exchange(WHO.format(pin=number), old, new, told="")
        if number == 7:
            assert journal.readiness("kiosk-1", "--days", "1")[1]["differing"] == ["P1"]
            journal.exchange(WHO.format(pin="x"), old, new, told="")
    code, found = journal.readiness()
    assert (code, found["differing"], found["dialect"]) == (0, [], ["leaves out 24.BV"])
    assert json.loads(journal.tiro("differences").stdout) == []
    shown = CliRunner().invoke(
        tiro, ["proxy", "readiness", "kiosk-1", "--file", str(journal.folder / "proxy.toml")]
    )
    assert shown.output.splitlines()[0] == "kiosk-1 is ready"
    assert "the old system leaves out 24.BV: these are no differences" in shown.output


def test_a_field_that_nothing_shows_to_be_left_out_is_a_difference(journal: Journal) -> None:
    """Nobody owes anything there: Tiro may have debts that are paid."""
    old = PATRON.format(flags=" " * 14)
    for number in range(25):
        journal.exchange(WHO.format(pin=number), old, f"{old}BHDKK|BV20.00|", told="")
    assert journal.readiness()[1]["differing"] == ["P1"]
    path = journal.folder / "proxy.toml"
    text = path.read_text().replace("[new]", '[old.dialect]\nleaves_out = ["24.BV"]\n[new]')
    path.write_text(text)
    assert journal.readiness()[0] == 0


def test_what_a_comparison_has_found_equal_since_does_not_count(journal: Journal) -> None:
    journal.exchange(IN, RETURNED, RETURNED.replace("AAP1|", ""))
    assert journal.readiness("kiosk-1", "--days", "1")[1]["differing"] == ["I1"]
    listed = {"old": ["ON_LOAN", "2026-12-23"], "new": ["IN", ""], "cause": "ELSEWHERE"}
    listed |= {"remedy": "DELIVERY", "errand": "DELIVER"}
    about = {"kind": "compared", "subject": "item", "name": "I1", "branch": "DK-900101"}
    journal.put(kind="sweep", branch="", who="", subject="", name="")
    journal.put(**about, unequal={"loan": listed})
    journal.put(kind="sweep", branch="", who="", is_over=True)
    found = journal.readiness("kiosk-1", "--days", "1")[1]
    unequal = next(each for each in found["against"] if "both systems" in each["what"])
    assert unequal["example"].startswith("item I1: old system on loan until 2026-12-23, Tiro not")
    journal.put(**about, unequal={})
    assert journal.readiness("kiosk-1", "--days", "1")[0] == 0


def test_the_old_names_work_with_a_warning(journal: Journal) -> None:
    said = journal.tiro("gate", "kiosk-1")
    assert said.exit_code == 1
    assert "tiro proxy readiness" in said.stderr


def test_nobody_is_called_so(journal: Journal) -> None:
    said = journal.tiro("readiness", "kiosk-9")
    assert said.exit_code == 1
    assert "no terminal and no branch is called kiosk-9" in said.output
    said = journal.tiro("accept", "00000000", "--why", "x")
    assert "no pattern is called 00000000" in said.output
    (journal.folder / "accepted-differences.toml").write_text("[[accepted]]\npattern = 1\n")
    assert journal.tiro("readiness", "kiosk-1").exit_code == 1
