"""Where a change of systems stands: its steps in order, each done or with what is to be done.

Most steps are seen in the database, in the reports of `tiro move` and at the proxy. Some only a
person can know, such as that the old system's letters are switched off: they are ticked.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

from sqlalchemy import select

from catalogue.database import Statement, columns, many
from circulation.kernel.spreadsheets import unescape_cell
from circulation.moving.plans import Plan
from circulation.moving.reports import describe_count
from circulation.moving.schema import moved_deliveries
from circulation.moving.set_aside import read_set_aside

#: What only a person can know, with what is to be done. Those of a branch are ticked for each.
TICKED: Final = {
    "terminals": "have all terminals connect to the proxy, and none to the old system",
    "accounts": "make the accounts that judge, follow and replay in Tiro's settings",
    "rules": "compare loan periods, limits, fees and calendars with the old system's",
    "staff": "let the staff practise on a copy",
    "go-back": "write down how terminals are pointed at the old system again, and who decides it",
    "end": "switch the old system off",
}
TICKED_OF_BRANCHES: Final = {
    "jobs-off": "switch off the old system's letters, bills, fines and automatic renewals for the"
    " branch",
}
#: How long a delivery counts as the last night's.
_FRESH: Final = timedelta(hours=30)
#: Seconds by which a system's clock may be off.
_MOST_OFF: Final = 60.0
_WITH_TIRO: Final = ("new with write-back", "new")


class Step(NamedTuple):
    """A step of the change.

    `branch` is an ISIL, or "" for the whole change. `found` is its present state; `what_to_do` is
    empty where the step is done.
    """

    name: str
    branch: str
    is_done: bool
    found: str
    what_to_do: str


class Delivered(NamedTuple):
    """The last whole delivery of a kind of rows."""

    kind: str
    rows: int
    at: datetime


class Tick(NamedTuple):
    """What a person has said of a step. `at` is an ISO 8601 time."""

    step: str
    branch: str
    at: str
    who: str
    note: str


@dataclass
class Project:
    """The facts about a change of systems. Those of the proxy are empty where it is silent."""

    plan: Plan
    now: datetime
    reports: Path
    #: Codes that a survey found and that nobody has filled in.
    unfilled: Sequence[str] = ()
    delivered: Sequence[Delivered] = ()
    #: ISILs of branches whose terminals the proxy serves.
    at_proxy: frozenset[str] = frozenset()
    #: ISILs of branches that the other system looks after, and of those that have come over.
    elsewhere: frozenset[str] = frozenset()
    came_over: frozenset[str] = frozenset()
    proxy: Mapping[str, Any] = field(default_factory=dict)
    differences: Mapping[str, Any] = field(default_factory=dict)
    ticks: Sequence[Tick] = ()


@many(Delivered)
def last_deliveries(*, source: str) -> Statement:
    """Return the last whole delivery of each kind that came from the source."""
    its = moved_deliveries
    whole = its.c.kind.not_like("% %")
    return select(*columns(Delivered, its)).where(its.c.source == source, whole).order_by(its.c.at)


def list_steps(project: Project) -> list[Step]:
    """Return all steps in the order in which they are taken."""
    terminals = project.proxy.get("terminals", [])
    branches = sorted(project.at_proxy | project.elsewhere | project.came_over)
    steps = [
        _tick(project, "rules"),
        _plan(project),
        _left(project, branches),
        *_loaded(project),
        _set_aside(project),
        _balance(project),
        _tick(project, "accounts"),
        _tick(project, "go-back"),
        _proxy(project),
        _clocks(project),
        _tick(project, "terminals"),
        _tick(project, "staff"),
    ]
    for branch in branches:
        steps += _of_branch(project, branch, [e for e in terminals if e["branch"] == branch])
    return [*steps, _unequal(project), _told(project), _tick(project, "end")]


def _plan(project: Project) -> Step:
    if left := project.unfilled:
        shown = ", ".join(left[:3]) + (" ..." if left[3:] else "")
        found = f"{describe_count(len(left), 'code')} of the survey not filled in: {shown}"
        return _open("plan", found, "fill in the lines that `tiro move survey` left in the plan")
    return _done("plan", f"the plan reads {', '.join(project.plan.kinds)}")


def _left(project: Project, branches: Sequence[str]) -> Step:
    known = project.elsewhere | project.came_over
    missing = [each for each in branches if each not in known]
    if not known or missing:
        named = " ".join(missing) or "BRANCH ..."
        found = f"left to the old system: {', '.join(sorted(project.elsewhere)) or 'no branch'}"
        return _open("leave", found, f"before the first load: tiro move leave {named}")
    return _done("leave", f"left to the old system: {', '.join(sorted(project.elsewhere)) or '-'}")


def _loaded(project: Project) -> Iterator[Step]:
    delivered = {each.kind: each for each in project.delivered}
    whole = [kind for kind, its in project.plan.kinds.items() if its.delivery == "whole"]
    missing = [kind for kind in whole if kind not in delivered]
    if missing:
        yield _open("load", f"never loaded: {', '.join(missing)}", "tiro move load PLAN")
        return
    rows = ", ".join(f"{kind} {delivered[kind].rows:,}" for kind in whole)
    yield _done("load", f"rows of the last delivery: {rows}")
    oldest = min((delivered[kind].at for kind in whole), default=project.now)
    hours = (project.now - oldest).total_seconds() / 3600
    found = f"the last whole delivery is {describe_count(round(hours), 'hour')} old"
    if project.elsewhere and project.now - oldest > _FRESH:
        yield _open("nightly", found, "load a delivery each night until all branches are here")
    else:
        yield _done("nightly", found)


def _set_aside(project: Project) -> Step:
    path = project.reports / f"{project.plan.source}.set-aside.tsv"
    if not path.exists():
        return _open("set-aside", "nothing was loaded with these reports", "tiro move load PLAN")
    reasons = Counter(f"{each.kind}: {each.reason}" for each in read_set_aside(path))
    if not reasons:
        return _done("set-aside", "no row was set aside")
    most = ", ".join(f"{count:,} {reason}" for reason, count in reasons.most_common(3))
    were = "was" if reasons.total() == 1 else "were"
    found = f"{describe_count(reasons.total(), 'row')} {were} set aside: {most}"
    return _open("set-aside", found, f"see {path}; put the plan or the old system's data right")


def _balance(project: Project) -> Step:
    source = project.plan.source
    sheet = project.reports / f"{source}.balance.tsv"
    aside = project.reports / f"{source}.set-aside.tsv"
    if not sheet.exists() or (
        aside.exists() and sheet.stat().st_mtime_ns < aside.stat().st_mtime_ns
    ):
        found = "the last delivery was not balanced"
        return _open("balance", found, "tiro move balance PLAN, with the files of that delivery")
    wrong = sum(row["difference"] not in ("", "0") for row in _read_table(sheet))
    findings = project.reports / f"{source}.findings.tsv"
    listed = len([*_read_table(findings)]) if findings.exists() else 0
    if wrong or listed:
        do = "does" if wrong == 1 else "do"
        lines = f"{describe_count(wrong, 'line')} {do} not balance"
        told = f"{lines}, {describe_count(listed, 'finding')}"
        return _open("balance", told, f"see {sheet} and {findings}")
    return _done("balance", "files and database balance")


def _read_table(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            yield {name: unescape_cell(value or "") for name, value in row.items()}


def _proxy(project: Project) -> Step:
    if not project.proxy:
        return _open(
            "proxy",
            "the proxy does not answer",
            "start it (tiro proxy serve), or name its file (--proxy FILE)",
        )
    down = [name for name, each in project.proxy["systems"].items() if each["is_down"]]
    if down:
        return _open("proxy", f"down: {', '.join(down)}", "tiro proxy status says why")
    return _done("proxy", f"it knows {describe_count(len(project.proxy['terminals']), 'terminal')}")


def _clocks(project: Project) -> Step:
    clocks = {
        name: each["clock_seconds"]
        for name, each in project.proxy.get("systems", {}).items()
        if each.get("clock_seconds") is not None
    }
    found = ", ".join(f"{name} system {seconds:+g} s" for name, seconds in clocks.items())
    if not clocks:
        return _open(
            "clocks",
            "no clock was measured yet",
            "they are measured by the messages of terminals: wait, or run tiro probe",
        )
    if any(abs(each) > _MOST_OFF for each in clocks.values()):
        return _open("clocks", found, "have the clocks set by one source")
    return _done("clocks", found)


def _of_branch(
    project: Project, branch: str, terminals: Sequence[Mapping[str, Any]]
) -> Iterator[Step]:
    """Yield the steps of one branch, from shadow to the day on which Tiro serves it."""
    modes = Counter(each["mode"] for each in terminals)
    told = ", ".join(
        f"{describe_count(count, 'terminal')} in the mode {mode}" for mode, count in modes.items()
    )
    told = told or "no terminals"
    if terminals and not modes["old"]:
        yield _done("shadow", told, branch)
    else:
        switch = f"tiro proxy switch-mode {branch} --to shadow --why ..."
        yield _open("shadow", told, switch, branch)
    has_moved = bool(terminals) and all(each["mode"] in _WITH_TIRO for each in terminals)
    gate = project.differences.get("gates", {}).get(branch)
    if has_moved or (gate and gate["is_open"]):
        yield _done("readiness", "it has moved" if has_moved else "it is ready", branch)
    else:
        against = "; ".join(each["text"] for each in gate["against"]) if gate else "not counted"
        yield _open("readiness", against, f"tiro proxy readiness {branch}", branch)
    if has_moved:
        yield _done("switch", told, branch)
    else:
        to = f'tiro proxy switch-mode {branch} --to "new with write-back" --why ...'
        yield _open("switch", told, to, branch)
    yield _tick(project, "jobs-off", branch)
    if branch in project.came_over and branch not in project.elsewhere:
        yield _done("take-over", "it is looked after here", branch)
    else:
        yield _open(
            "take-over",
            "the old system looks after it",
            f"after closing time, with nothing left to be told: tiro move take-over {branch}",
            branch,
        )


def _unequal(project: Project) -> Step:
    if not project.proxy:
        return _open("equal", "not known", "tiro proxy status")
    compared = project.proxy.get("unequal", {})
    if not compared.get("is_possible"):
        return _open("equal", "the systems are not compared", "name the accounts in proxy.toml")
    if not compared.get("ended"):
        return _open("equal", "never compared as a whole", "tiro proxy reconcile")
    unequal, persons = compared["number"], project.proxy.get("number_for_a_person", 0)
    found = (
        f"{describe_count(unequal, 'difference')}, {describe_count(persons, 'act')} for a person"
    )
    if unequal or persons:
        return _open("equal", found, "tiro proxy status lists them with what to do")
    return _done("equal", found)


def _told(project: Project) -> Step:
    modes = {each["mode"] for each in project.proxy.get("terminals", [])}
    left = sum(each["to_be_told"] for each in project.proxy.get("systems", {}).values())
    acts = describe_count(left, "act")
    found = f"{acts} still to be told; modes: {', '.join(sorted(modes)) or 'unknown'}"
    if modes == {"new"} and not left:
        return _done("new", found)
    return _open("new", found, "switch the terminals to the mode new when nobody will go back")


def _tick(project: Project, name: str, branch: str = "") -> Step:
    tick = next((each for each in project.ticks if each[:2] == (name, branch)), None)
    if tick is not None:
        note = f": {tick.note}" if tick.note else ""
        return _done(name, f"ticked by {tick.who}, {tick.at[:10]}{note}", branch)
    words = (TICKED | TICKED_OF_BRANCHES)[name]
    where = f" --branch {branch}" if branch else ""
    return _open(name, "not ticked", f"{words}; then --tick {name}{where}", branch)


def _done(name: str, found: str, branch: str = "") -> Step:
    return Step(name, branch, True, found, "")


def _open(name: str, found: str, what_to_do: str, branch: str = "") -> Step:
    return Step(name, branch, False, found, what_to_do)


def read_ticks(path: Path) -> list[Tick]:
    """Return what was ticked, in the file of the checklist; nothing where there is none."""
    return [Tick(**each) for each in _read_table(path)] if path.exists() else []
