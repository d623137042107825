"""`tiro move checklist` follows a change of systems from its plan to its end."""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from circulation.moving.checklist import TICKED, Project, Tick, last_deliveries, list_steps
from circulation.moving.example_plans import example_path
from circulation.moving.kinds.table import FIELDS
from circulation.moving.plans import read_plan
from circulation.moving.surveys.plan_files import list_unfilled
from tests.builders.koha import KohaExport
from tests.builders.moving import BO, IDA, LENT, OldSystem
from tests.builders.staff import Staff
from tests.protocols.proxy.serving import IN, OUT, ask, proxy
from tests.protocols.proxy.test_two_systems import Two, two, until

__all__ = ["two"]
MAIN = "DK-900101"


@pytest.fixture
def old(staff: Staff, two: Two) -> OldSystem:
    old = OldSystem(staff.library, two.folder)
    old.read()
    return old


def steps(staff: Staff, folder: Path, *words: str, code: int = 1) -> dict[str, Any]:
    """The steps by their names and branches: None where one is done, else what is to be done."""
    said = staff.run("move", "checklist", str(folder / "plan.toml"), *words, "--json")
    assert said.exit_code == code, said.output
    return {
        f"{each['name']} {each['branch']}".strip(): each["what_to_do"] or None
        for each in json.loads(said.stdout)
    }


def test_the_steps_of_a_change_from_the_plan_to_the_end(
    staff: Staff, old: OldSystem, two: Two
) -> None:
    folder, plan = two.folder, str(two.folder / "plan.toml")
    first = steps(staff, folder)
    assert first["plan"] is None
    assert first["leave"] == "before the first load: tiro move leave BRANCH ..."
    assert "tiro move load" in first["load"]
    assert "tiro proxy serve" in first["proxy"]
    assert staff.run("move", "leave", MAIN).exit_code == 0
    old.write("loans", LENT, ("9", *LENT[1:3], "2026-11-29", "0", "", ""))
    assert staff.run("move", "load", plan).exit_code == 0
    loaded = steps(staff, folder)
    assert loaded["leave"] is loaded["load"] is loaded["nightly"] is None
    assert "old.set-aside.tsv" in loaded["set-aside"]
    assert "tiro move balance" in loaded["balance"]
    old.write("loans", LENT)
    assert staff.run("move", "load", plan, "--shorter").exit_code == 0
    assert staff.run("move", "balance", plan).exit_code == 0
    balanced = steps(staff, folder)
    assert balanced["set-aside"] is balanced["balance"] is None
    two.settings("old", "shadow")
    with proxy(folder) as running:
        ask(running.terminal(), OUT)
        ask(running.terminal(), IN)
        at_proxy = steps(staff, folder)
        assert at_proxy["proxy"] is None
        assert at_proxy[f"shadow {MAIN}"] == (
            f"tiro proxy switch-mode {MAIN} --to shadow --why ..."
        )
        assert at_proxy["shadow DK-900102"] is None
        assert f"tiro proxy readiness {MAIN}" in at_proxy[f"readiness {MAIN}"]
        assert at_proxy["equal"] == "tiro proxy reconcile"
        compared = staff.run("proxy", "reconcile", "--file", str(folder / "proxy.toml"))
        assert compared.exit_code == 0, compared.output
        until(lambda: steps(staff, folder)["equal"] is None)
    two.settings("new", "new")
    assert staff.run("move", "take-over", MAIN).exit_code == 0
    for step in ("rules", "accounts", "go-back", "terminals", "staff"):
        assert steps(staff, folder, "--tick", step, "--note", "seen")[step] is None
    for branch in (MAIN, "DK-900102"):
        ticked = steps(staff, folder, "--tick", "jobs-off", "--branch", branch)
        assert ticked[f"jobs-off {branch}"] is None
    assert steps(staff, folder, "--untick", "staff")["staff"] is not None


def test_all_is_done_at_the_end(staff: Staff, old: OldSystem) -> None:
    plan = str(old.folder / "plan.toml")
    for verb in ("load", "balance"):
        assert staff.run("move", verb, plan).exit_code == 0
    now = datetime.now(UTC)
    project = Project(read_plan(old.folder / "plan.toml", FIELDS), now, old.folder)
    project.delivered = staff.library.read(lambda t: last_deliveries(t, source="old"))
    project.at_proxy = project.came_over = frozenset({MAIN})
    up = {"is_down": False, "clock_seconds": 0.4, "to_be_told": 0}
    terminal = {"login": "kiosk", "branch": MAIN, "mode": "new"}
    project.proxy = {"systems": {"old": up, "new": up}, "terminals": [terminal]}
    project.proxy |= {"unequal": {"number": 0, "is_possible": True, "ended": now.isoformat()}}
    project.ticks = [
        *(Tick(each, "", "2026-12-01T10:00:00+00:00", "ida", "") for each in TICKED),
        Tick("jobs-off", MAIN, "2026-12-01T10:00:00+00:00", "ida", ""),
    ]
    done = list_steps(project)
    assert [each for each in done if not each.is_done] == []
    terminal["mode"] = "new with write-back"
    up["clock_seconds"] = -3600.2
    assert {each.name for each in list_steps(project) if not each.is_done} == {"clocks", "new"}


def test_a_tick_needs_a_branch_where_the_step_is_of_one(staff: Staff, old: OldSystem) -> None:
    plan = str(old.folder / "plan.toml")
    for words in (("--tick", "jobs-off"), ("--tick", "rules", "--branch", MAIN)):
        refused = staff.run("move", "checklist", plan, *words)
        assert refused.exit_code == 1
        assert "branch" in refused.output
    assert not (old.folder / "old.checklist.tsv").exists()


def test_what_was_balanced_before_the_last_load_does_not_count(
    staff: Staff, old: OldSystem
) -> None:
    plan = str(old.folder / "plan.toml")
    assert staff.run("move", "load", plan).exit_code == 0
    assert staff.run("move", "balance", plan).exit_code == 0
    assert steps(staff, old.folder)["balance"] is None
    old.write("patrons", IDA, BO)
    assert staff.run("move", "load", plan).exit_code == 0
    os.utime(old.folder / "old.balance.tsv", (0, 0))
    assert steps(staff, old.folder)["balance"] is not None


def test_codes_that_a_survey_left_are_open_and_those_for_nothing_are_not(
    staff: Staff, tmp_path: Path
) -> None:
    """Koha's plan has codes that stand for nothing, such as 0 for an item that can be lent."""
    plan = tmp_path / "plan.toml"
    plan.write_text(example_path("koha").read_text())
    assert steps(staff, tmp_path)["plan"] is None
    files = tmp_path / "files"
    files.mkdir()
    KohaExport(date(2026, 11, 25), 7).write(files)
    surveyed = staff.run("move", "survey", str(files), "--plan", str(plan), "--write", str(plan))
    assert surveyed.exit_code == 0, surveyed.output
    assert "ZZ" in list_unfilled(plan)
    assert "survey" in steps(staff, tmp_path)["plan"]
    filled = re.sub(r"^# (\S+ = )\"\"  # .*the first mark$", r'\1"x"', plan.read_text(), flags=re.M)
    plan.write_text(filled)
    assert steps(staff, tmp_path)["plan"] is None
