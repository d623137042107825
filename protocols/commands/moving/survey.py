"""`tiro move survey`: what files of another system hold, before any of it is loaded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from circulation.kernel.results import DEFAULT_TIMEZONE
from circulation.kernel.trees import CATEGORIES, GROUPS
from circulation.moving.example_plans import SYSTEMS, example_path
from circulation.moving.plans import Plan
from circulation.moving.surveys.code_tables import LackingCode, OwnCodes, find_lacking
from circulation.moving.surveys.facts import describe_file, expand
from circulation.moving.surveys.files import FileSurvey, survey_file
from circulation.moving.surveys.plan_files import PlanNotKept, write_plan
from protocols.commands.moving.shared import planned_by, print_advice
from protocols.commands.shared.library import Library, opened
from protocols.commands.shared.progress import progress
from protocols.commands.shared.saying import as_json, say
from protocols.commands.shared.settings import Settings
from protocols.process.failures import Failure


@click.command()
@click.argument(
    "files",
    nargs=-1,
    required=True,
    metavar="FILE...",
    type=click.Path(exists=True, path_type=Path),
)
@click.option(
    "--plan",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Compare the files with this plan.",
)
@click.option(
    "--like", type=click.Choice(SYSTEMS), help="Compare them with the plan that comes along."
)
@click.option(
    "--write",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the plan with the codes that its tables lack. What is filled in there is kept.",
)
@click.option(
    "--library",
    "with_library",
    is_flag=True,
    help="Propose the branches, categories and material groups of this library.",
)
@as_json
@click.pass_obj
def survey(
    settings: Settings,
    files: tuple[Path, ...],
    plan: Path | None,
    like: str | None,
    target: Path | None,
    with_library: bool,
    as_json: bool,
) -> None:
    """Survey each FILE, or the files of a folder: how it is written, and what each column holds.

    Nothing is loaded, and no library is needed. Codes are listed with their counts; of columns
    that tell of persons no value is shown.
    """
    if plan is not None and like is not None:
        raise click.UsageError("Give --plan or --like, not both.")
    based_on = plan or (None if like is None else example_path(like))
    if target is not None and target.exists():
        based_on = target  # what is filled in there is not lost
    folder = files[0] if files[0].is_dir() else files[0].parent
    planned = None if based_on is None else planned_by(based_on, folder)
    paths = expand(files, planned)
    if not paths:
        raise Failure(
            "there is no file to survey",
            "Name the files, or a folder that has files by the names of the plan.",
        )
    own, timezone = OwnCodes(), DEFAULT_TIMEZONE
    if with_library:
        with opened(settings) as library:
            own, timezone = _codes_of(library)
    with progress() as report:
        found = [
            survey_file(path, planned, timezone, lambda file, rows: report(file, "rows", rows))
            for path in paths
        ]
    today = datetime.now(ZoneInfo(timezone)).date()
    lacking = [] if planned is None else find_lacking(planned, found, own)
    if target is not None:
        try:
            write_plan(target, based_on, planned, found, lacking, today)
        except PlanNotKept as error:
            raise Failure(
                f"{error}: its tables of values cannot be completed without changing others",
                "Nothing was written. Give each field a table such as [values.branches].",
            ) from error
    _print(found, planned, lacking, target, today, as_json=as_json)


def _codes_of(library: Library) -> tuple[OwnCodes, str]:
    def read(transaction: Any) -> OwnCodes:
        set_up = library.circulation.current_set_up(transaction)
        return OwnCodes(
            {branch.isil: branch.name for branch in set_up.branches.values()},
            {node.code: node.name for node in CATEGORIES.all(transaction)},
            {node.code: node.name for node in GROUPS.all(transaction)},
        )

    return library.read(read), library.read(library.circulation.current_set_up).timezone


def _print(
    found: Sequence[FileSurvey],
    planned: Plan | None,
    lacking: Sequence[LackingCode],
    target: Path | None,
    today: date,
    *,
    as_json: bool,
) -> None:
    files = [describe_file(each, today) for each in found]
    unread = [
        {"file": each.path.name, "column": column.name, "holds": column.kind, "rows": column.filled}
        for each in found
        if each.kinds
        for column in each.unread()
    ]
    missing = [
        {"file": each.path.name, "kind": kind.kind, "column": column}
        for each in found
        for kind in each.kinds
        for column in _missing(each, kind.kind)
    ]
    codes = [each._asdict() for each in lacking]
    advice = [line for each in found for line in each.advice]
    without = [each.path.name for each in found if planned is not None and not each.kinds]
    facts = {
        "files": files,
        "unread_columns": unread,
        "missing_columns": missing,
        "codes_without_a_value": codes,
        "not_in_the_plan": without,
        "advice": advice,
        "plan": str(target) if target is not None else None,
    }
    if as_json:
        say(facts, True)
        return
    for file in files:
        say({name: value for name, value in file.items() if name != "columns"}, False)
        click.echo()
        say(file["columns"], False)
        click.echo()
    for title, rows in (
        ("Columns with values that nothing reads", unread),
        ("Columns of the plan that the files lack", missing),
        ("Codes that the tables of the plan lack", codes),
    ):
        if rows:
            click.secho(title, bold=True)
            say(rows, False)
            click.echo()
    for name in without:
        click.echo(f"{name}: no section of the plan reads it")
    print_advice(advice)
    if target is not None:
        click.echo(f"Written: {target}")


def _missing(survey: FileSurvey, kind: str) -> list[str]:
    """Return the columns that the plan names for the kind and the file lacks."""
    its = next(each for each in survey.kinds if each.kind == kind)
    if survey.format == "csv":
        return its.missing
    if survey.format == "marc":
        empty = {name for name, each in its.columns.items() if not each.filled}
        return sorted(name for name in its.plan.columns_named() & empty if len(name) == 1)
    return []
