"""The steps of a change of systems, by what is known of it.

The text is tests/transcripts/moving/checklist.txt;
``python -m tests.circulation.moving.test_checklist`` writes it again: read what has changed.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from circulation.moving.checklist import (
    TICKED,
    Delivered,
    Project,
    Step,
    Tick,
    list_steps,
    read_ticks,
)
from circulation.moving.kinds.table import FIELDS
from circulation.moving.plans import read_plan
from tests.builders.moving import PLAN
from tests.circulation.moving.test_journal import FOLDER

NOW: Final = datetime(2026, 11, 25, 12, tzinfo=UTC)
MAIN, PORT, THIRD = "DK-900101", "DK-900102", "DK-900103"
HEAD: Final = "kind\toutcome\tfile\tline\tkey\treason\tdetail\n"


def system(*, is_down: bool = False, seconds: float | None = 0.0, told: int = 0) -> dict[str, Any]:
    return {"is_down": is_down, "clock_seconds": seconds, "to_be_told": told}


def at(branch: str, *modes: str) -> list[dict[str, str]]:
    return [{"branch": branch, "mode": mode} for mode in modes]


def delivered(*hours: float, rows: int = 1_234) -> list[Delivered]:
    kinds = ("patrons", "items", "loans")
    return [
        Delivered(kind, rows, NOW - timedelta(hours=each))
        for kind, each in zip(kinds, hours, strict=False)
    ]


def steps_of(folder: Path) -> Iterator[str]:
    (folder / "plan.toml").write_text(PLAN)
    plan = read_plan(folder / "plan.toml", FIELDS)
    empty = folder / "reports"
    empty.mkdir()
    project = Project(plan, NOW, empty)
    told: dict[tuple[str, str], Step] = {}

    def of(what: str, project: Project) -> Iterator[str]:
        """Give the steps that are not as they were before."""
        yield f"> {what}"
        for each in list_steps(project):
            if told.get(each[:2]) != each:
                told[each[:2]] = each
                words = f"{each.name} {each.branch}".strip()
                yield f"  {words}: {'done' * each.is_done or 'open'}, {each.found}"
                if each.what_to_do:
                    yield f"    {each.what_to_do.replace(str(folder), '')}"

    yield from of("nothing is known", project)
    for number in (1, 3, 4):
        codes = [f"C{n}" for n in range(number)]
        yield from of(f"{number} codes not filled in", replace(project, unfilled=codes))
    for elsewhere, here, proxy in (
        ((), (), (MAIN,)),
        ((PORT, MAIN), (), ()),
        ((PORT,), (), (MAIN, THIRD)),
        ((PORT,), (MAIN,), (MAIN,)),
        ((PORT, MAIN), (MAIN,), ()),
        ((), (MAIN, PORT), ()),
    ):
        its = {"elsewhere": frozenset(elsewhere), "came_over": frozenset(here)}
        project = replace(project, **its, at_proxy=frozenset(proxy))
        yield from of(f"elsewhere {elsewhere}, here {here}, at the proxy {proxy}", project)
    project = replace(project, elsewhere=frozenset({PORT}), came_over=frozenset({MAIN}))
    for hours in ((1,), (1, 2, 3), (30, 2, 3), (30.02, 2, 3), (100, 2, 3)):
        yield from of(f"delivered {hours} hours ago", replace(project, delivered=delivered(*hours)))
    alone = replace(project, elsewhere=frozenset(), delivered=delivered(100, 1, 1, rows=5))
    yield from of("an old delivery, and all branches are here", alone)
    changes = plan.model_copy(
        update={
            "kinds": {
                name: its.model_copy(update={"delivery": "changes"})
                for name, its in plan.kinds.items()
            }
        }
    )
    yield from of("a plan of changes", replace(project, plan=changes))
    yield from _of_reports(project, folder / "reports", of)
    yield from _of_proxy(project, of)
    for tick in (
        Tick("rules", "", "2026-11-24T10:00:00+00:00", "Eva", "seen"),
        Tick("jobs-off", MAIN, "2026-11-24T10:00:00+00:00", "Eva", ""),
        Tick("jobs-off", "", "2026-11-24T10:00:00+00:00", "Eva", ""),
        Tick("none", "", "2026-11-24T10:00:00+00:00", "Eva", ""),
    ):
        yield from of(f"ticked: {tick}", replace(project, ticks=[tick]))
    every = [Tick(name, "", "2026-11-24", "Eva", "") for name in TICKED]
    yield from of("all is ticked", replace(project, ticks=every))
    path = folder / "ticks.tsv"
    yield f"> ticks of no file: {read_ticks(path)}"
    path.write_text("step\tbranch\tat\twho\tnote\nrules\t\t2026-11-24\tØrsted\t'=1\nend\n", "utf-8")
    yield f"> ticks of a file: {read_ticks(path)}"


def _of_reports(project: Project, folder: Path, of: Any) -> Iterator[str]:
    aside, sheet, findings = (
        folder / f"old.{name}.tsv" for name in ("set-aside", "balance", "findings")
    )
    balanced = "figure\tdifference\na\t0\nb\t\n"
    for what, files in (
        ("none", {aside: HEAD}),
        ("noted", {aside: f"{HEAD}items\tnoted\ta\t1\tk\todd\t\n"}),
        ("one row", {aside: f"{HEAD}items\tset aside\ta\t1\tk\todd\t\n"}),
        (
            "set aside",
            {
                aside: HEAD
                + "items\tset aside\ta\t1\tk\todd\t\n" * 2
                + "".join(f"loans\tset aside\ta\t1\tk\treason {n}\t\n" for n in range(3))
            },
        ),
        ("balanced", {sheet: balanced}),
        ("no row of the sheet", {sheet: "figure\tdifference\n"}),
        ("one line not balanced", {sheet: f"{balanced}c\t1\n", findings: "what\nx\n"}),
        ("not balanced", {sheet: f"{balanced}c\t1\nd\t-2\n"}),
        ("findings", {sheet: balanced, findings: "what\nx\ny\n"}),
        ("no findings", {findings: "what\n"}),
    ):
        for path, text in files.items():
            path.write_text(text)
        for number, path in enumerate((aside, sheet)):
            if path.exists():
                os.utime(path, ns=(number, number))
        yield from of(f"reports: {what}", project)
    os.utime(aside, ns=(1, 1))
    yield from of("balanced in the moment of the load", project)
    os.utime(aside, ns=(2, 2))
    yield from of("loaded since", project)
    aside.unlink()
    yield from of("balanced without a load", project)


def _of_proxy(project: Project, of: Any) -> Iterator[str]:
    both = {"old": system(), "new": system(seconds=-1.5)}
    compared = {"number": 0, "is_possible": True, "ended": "2026-11-25T02:00:00+00:00"}
    silent: Mapping[str, Any] = {
        "terminals": at(MAIN, "old"),
        "systems": both,
        "unequal": compared,
    }
    for what, proxy in (
        ("well", silent),
        ("one is down", silent | {"systems": {"old": system(is_down=True, seconds=None)}}),
        ("clocks are off", silent | {"systems": both | {"old": system(seconds=60.5)}}),
        ("clocks are nearly off", silent | {"systems": both | {"old": system(seconds=-60)}}),
        ("old and shadow", silent | {"terminals": at(MAIN, "old", "shadow", "shadow")}),
        ("shadow", silent | {"terminals": at(MAIN, "shadow") + at(PORT, "new")}),
        ("with Tiro", silent | {"terminals": at(MAIN, "new", "new with write-back")}),
        ("partly with Tiro", silent | {"terminals": at(MAIN, "new", "shadow")}),
        ("new alone", silent | {"terminals": at(MAIN, "new") + at(PORT, "new")}),
        ("nothing is compared", silent | {"unequal": compared | {"is_possible": False}}),
        ("not compared yet", silent | {"unequal": compared | {"ended": ""}}),
        ("something differs", silent | {"unequal": compared | {"number": 2}}),
        ("one of each", silent | {"unequal": compared | {"number": 1}, "number_for_a_person": 1}),
        ("something is for a person", silent | {"number_for_a_person": 3}),
        (
            "acts are to be told",
            silent
            | {"terminals": at(MAIN, "new"), "systems": {"a": system(told=2), "b": system(told=1)}},
        ),
    ):
        yield from of(f"the proxy: {what}", replace(project, proxy=proxy))
    for what, gate in (
        ("open", {"is_open": True, "against": []}),
        ("shut", {"is_open": False, "against": [{"text": "few days"}, {"text": "a difference"}]}),
    ):
        gates = {"gates": {MAIN: gate}}
        yield from of(
            f"the gate is {what}",
            replace(project, proxy={**silent, "terminals": at(MAIN, "shadow")}, differences=gates),
        )


def checklist() -> list[str]:
    with tempfile.TemporaryDirectory() as name:
        return [*steps_of(Path(name))]


def test_the_steps_are_as_written() -> None:
    assert checklist() == (FOLDER / "checklist.txt").read_text("utf-8").splitlines()


if __name__ == "__main__":
    (FOLDER / "checklist.txt").write_text("\n".join(checklist()) + "\n", "utf-8")
