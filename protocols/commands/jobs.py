"""`tiro jobs`: what is done once a day, for any day, as often as wanted."""

from __future__ import annotations

from datetime import datetime, timedelta

import click

from circulation.jobs import JOBS, run_job, runs_since
from protocols.command_line import Settings
from protocols.commands.library import as_json, opened, say


@click.group()
def jobs() -> None:
    """Run the daily jobs. A job run again for the same day does no harm."""


@jobs.command()
@click.argument("name", required=False, type=click.Choice(list(JOBS)))
@click.option(
    "--date",
    "day",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day the job is for, today or any before.  [default: today]",
)
@as_json
@click.pass_obj
def run(settings: Settings, name: str | None, day: datetime | None, as_json: bool) -> None:
    """Run the job NAME, or all."""
    with opened(settings) as library:
        chosen = library.now.date() if day is None else day.date()
        if chosen > library.now.date() + timedelta(days=1):
            raise click.UsageError(f"{chosen} has not come yet")
        ran = [
            run_job(library.circulation, library.database, each, day=chosen, now=library.now)
            for each in ([name] if name else JOBS)
        ]
    say(
        [{"job": each.job, "day": each.day, "runs": each.runs} | each.counts for each in ran],
        as_json,
    )


@jobs.command("list")
@click.option("--days", type=click.IntRange(0), default=7, show_default=True)
@as_json
@click.pass_obj
def list_(settings: Settings, days: int, as_json: bool) -> None:
    """List the jobs, and when they were run for the last days."""
    with opened(settings) as library:
        first = library.now.date() - timedelta(days=days)
        runs = library.read(lambda transaction: runs_since(transaction, first))
    say(
        [
            {
                "job": name,
                "about": job.about,
                "runs": [
                    {"day": each.day, "ran": each.ran, "runs": each.runs} | each.counts
                    for each in runs
                    if each.job == name
                ],
            }
            for name, job in JOBS.items()
        ],
        as_json,
    )
