"""`tiro move checklist`: where a change of systems stands."""

from __future__ import annotations

import getpass
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import click

from catalogue.database import Transaction
from circulation.kernel.elsewhere import periods_elsewhere
from circulation.kernel.set_up import SetUp
from circulation.kernel.spreadsheets import TableWriter
from circulation.moving.checklist import (
    TICKED,
    TICKED_OF_BRANCHES,
    Project,
    Step,
    Tick,
    last_deliveries,
    list_steps,
    read_ticks,
)
from circulation.moving.plans import Plan
from circulation.moving.surveys.plan_files import list_unfilled
from protocols.commands.moving.shared import PLAN, REPORTS, planned_by
from protocols.commands.shared.library import opened
from protocols.commands.shared.saying import as_json as json_option
from protocols.commands.shared.saying import say
from protocols.commands.shared.settings import Settings
from protocols.hosting.proxy_control import NoProxy, ask
from protocols.process.failures import Failure

_TICKS = sorted({*TICKED, *TICKED_OF_BRANCHES})


@click.command()
@PLAN
@REPORTS
@click.option(
    "--proxy",
    "proxy_file",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="TIRO_PROXY",
    help="The configuration of the proxy (variable TIRO_PROXY).  [default: proxy.toml beside it]",
)
@click.option("--tick", type=click.Choice(_TICKS), help="Say that this step is done.")
@click.option("--untick", type=click.Choice(_TICKS), help="Say that it is not done after all.")
@click.option("--branch", default="", metavar="ISIL", help="Of which branch the ticked step is.")
@click.option("--note", default="", help="What is to be remembered of it.")
@json_option
@click.pass_obj
def checklist(
    settings: Settings,
    plan: Path,
    reports: Path | None,
    proxy_file: Path | None,
    tick: str | None,
    untick: str | None,
    branch: str,
    note: str,
    as_json: bool,
) -> None:
    """Show where the change of systems by PLAN stands: what is done, and what is to be done.

    What can be seen is looked at: the database, the reports of `tiro move load` and `balance`, and
    the proxy. The rest is ticked, and kept in a file beside the reports. Ends with 1 as long as
    anything is open.
    """
    planned = planned_by(plan, None)
    where = reports or plan.parent
    file = where / f"{planned.source}.checklist.tsv"
    ticks = read_ticks(file)
    for step in filter(None, (tick, untick)):
        _must_fit(step, branch)
        ticks = [each for each in ticks if each[:2] != (step, branch)]
    if tick:
        at = datetime.now(UTC).isoformat(timespec="seconds")
        ticks.append(Tick(tick, branch, at, getpass.getuser(), note))
    if tick or untick:
        _write_ticks(file, ticks)
    unfilled = list_unfilled(plan)
    project = Project(planned, datetime.now(UTC), where, unfilled=unfilled, ticks=ticks)
    _ask_proxy(project, proxy_file or plan.parent / "proxy.toml")
    with opened(settings, mapped=False) as library:
        set_up = library.read(library.circulation.current_set_up)
        library.read(lambda transaction: _look(project, planned, set_up, transaction))
    steps = list_steps(project)
    if as_json:
        say([each._asdict() for each in steps], True)
    else:
        for each in steps:
            _print(each)
        done = sum(each.is_done for each in steps)
        click.echo(f"{done} of {len(steps)} steps are done")
    if not all(each.is_done for each in steps):
        click.get_current_context().exit(1)


def _must_fit(step: str, branch: str) -> None:
    if bool(branch) != (step in TICKED_OF_BRANCHES):
        raise Failure(
            f"{step} is {'of the whole change' if branch else 'of one branch'}",
            "Leave --branch out." if branch else "Name the branch with --branch ISIL.",
        )


def _look(project: Project, plan: Plan, set_up: SetUp, transaction: Transaction) -> None:
    """Read what the database knows of the change."""
    project.delivered = last_deliveries(transaction, source=plan.source)
    periods = periods_elsewhere(transaction)
    isils = {each.branch_id: set_up.branches[each.branch_id].isil for each in periods}
    project.elsewhere = frozenset(isils[e.branch_id] for e in periods if e.until is None)
    project.came_over = frozenset(isils.values()) - project.elsewhere


def _ask_proxy(project: Project, path: Path) -> None:
    """Note the proxy's status and what shadow has shown; nothing where no proxy answers."""
    from protocols.proxy.settings import ProxyUnusable, load_settings

    if not path.exists():
        return
    try:
        settings = load_settings(path)
    except ProxyUnusable as error:
        raise Failure(str(error), "Put it right there.") from error
    project.at_proxy = frozenset(each.branch for each in settings.terminals)
    with suppress(NoProxy):
        project.proxy = ask(settings.journal, ask="status")
        project.differences = ask(settings.journal, ask="differences")


def _write_ticks(path: Path, ticks: list[Tick]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = TableWriter(file, Tick._fields, delimiter="\t")
        for each in ticks:
            writer.write(each)


def _print(step: Step) -> None:
    mark = click.style("done", fg="green") if step.is_done else click.style("open", bold=True)
    name = f"{step.name} {step.branch}".strip()
    click.echo(f"{mark}  {name}: {step.found}")
    if step.what_to_do:
        click.echo(f"      {step.what_to_do}")
