"""What the commands of `tiro move` share: where the plan, its files and its reports are."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from circulation.moving.balancing.file_rows import At
from circulation.moving.kinds.table import FIELDS
from circulation.moving.plans import Plan, PlanUnfit, read_plan
from circulation.moving.set_aside import read_set_aside
from protocols.process.failures import Failure

PLAN = click.argument("plan", type=click.Path(exists=True, dir_okay=False, path_type=Path))
FILES = click.option(
    "--files",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Where the files of this delivery are.  [default: beside the plan]",
)
REPORTS = click.option(
    "--reports",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the list of what is set aside is, and the sheet.  [default: beside the plan]",
)


def planned_by(path: Path, folder: Path | None) -> Plan:
    """The plan in the file. Raises Failure with all that is wrong with it."""
    try:
        return read_plan(path, FIELDS, folder)
    except PlanUnfit as error:
        raise Failure(str(error), "Nothing was done: put the plan right.") from error


def print_advice(lines: Iterable[str]) -> None:
    """Print what to write in the plan, each thing once."""
    for line in dict.fromkeys(lines):
        click.echo(f"{click.style('advice:', bold=True)}       {line}")


def reasons_aside(where: Path, plan: Plan) -> dict[tuple[str, At], str]:
    """Why rows of the last load were set aside, by kind and place. Raises Failure where there has
    been none."""
    path = where / f"{plan.source}.set-aside.tsv"
    if not path.exists():
        raise Failure(f"there is no {path}", "Run tiro move load of the same files before.")
    return {(each.kind, (each.file, int(each.line))): each.reason for each in read_set_aside(path)}
