"""`tiro apply`: the library's set-up, from a text that librarians read and review."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from circulation.kernel.act import Act
from circulation.kernel.engine import Circulation
from circulation.kernel.results import UNATTENDED
from circulation.sections.source import Problem
from circulation.setting_up.applying import (
    ChangedMeanwhile,
    DoesNotFit,
    Plan,
    apply_set_up,
    plan,
)
from circulation.setting_up.reading import Declared, read
from protocols.api.models.rules import changes_shown
from protocols.commands.shared.databases import open_configured
from protocols.commands.shared.saying import say_answer
from protocols.commands.shared.settings import Settings
from protocols.hosting.standard import option_checks


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--check", "only_check", is_flag=True, help="Say what would change; change nothing.")
@click.option("--yes", is_flag=True, help="Apply without asking.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object; needs --check or --yes."
)
@click.pass_obj
def apply(settings: Settings, file: Path, only_check: bool, yes: bool, as_json: bool) -> None:
    """Make the library's set-up what FILE says: agencies, rules, terminals and so on.

    What would change is shown first. Either all of it is applied, or nothing: what does not fit is
    refused with its line and the reason. A library that runs follows from its next check-out on.
    Loans and holds that fall on days that are closed then get the next open day.
    """
    if as_json and not (only_check or yes):
        raise click.UsageError("--json asks nothing: give --check or --yes as well")
    declared = _declared(file, as_json)
    database = open_configured(settings, migrated=True)
    try:
        now = datetime.now(UTC)
        planned = database.read(
            lambda transaction: plan(transaction, declared, now), wide=True
        ).result()
        if planned.problems:
            _refuse(file, planned.problems, as_json)
        if not as_json:
            _show(file, planned)
        applied = False
        if planned.changes and not only_check:
            if not yes:
                click.confirm("Apply this?", abort=True)
            try:
                database.write(
                    lambda transaction: apply_set_up(
                        Act(transaction, Circulation(), UNATTENDED, now),
                        declared,
                        shown=planned.changes,
                    )
                ).result()
            except DoesNotFit as error:
                _refuse(file, error.problems, as_json)
            except ChangedMeanwhile as error:
                raise click.ClickException(f"nothing was applied: {error}") from error
            applied = True
    finally:
        database.close()
    if as_json:
        say_answer(changes_shown(planned.changes, moved=planned.moved, applied=applied))
    elif applied:
        click.echo("Applied.")


def _declared(file: Path, as_json: bool) -> Declared:
    """What the file says; ends the command where it cannot be. That needs no database."""
    try:
        declared = read(file.read_text(encoding="utf-8"), option_checks())
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{file} is not UTF-8: {error.reason}") from error
    for line, text in declared.warnings:
        click.echo(f"warning: {file}:{line}: {text}", err=True)
    if declared.problems:
        _refuse(file, declared.problems, as_json)
    return declared


def _show(file: Path, planned: Plan) -> None:
    if not planned.changes:
        click.echo(f"Nothing to do: the library is set up as {file} says.")
        return
    for change in planned.changes:
        colour = {"added": "green", "removed": "red", "changed": "yellow"}[change.what]
        click.secho(str(change), fg=colour)
    counts = [
        f"{number} {what}"
        for what in ("added", "changed", "removed")
        if (number := sum(change.what == what for change in planned.changes))
    ]
    click.echo(f"{', '.join(counts)}.")
    if planned.moved:
        loans, pickups = (
            sum(len(some) for some in numbers)
            for numbers in zip(*((each.loans, each.pickups) for each in planned.moved), strict=True)
        )
        click.echo(
            f"{loans} loans and {pickups} pickups fall on days that are closed then: they get later"
            " dates, and their patrons a message."
        )


def _refuse(file: Path, problems: list[Problem], as_json: bool) -> None:
    """Tells all that does not fit and ends the command with status 1."""
    if as_json:
        say_answer(changes_shown((), problems))
    else:
        for line, text in problems:
            place = str(file) if line is None else f"{file}:{line}"
            click.echo(f"{place}: {text}", err=True)
        click.echo("Nothing was applied.", err=True)
    raise click.exceptions.Exit(1)
