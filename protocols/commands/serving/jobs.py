"""`tiro jobs`: what is done once a day, for any day, as often as wanted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import click

from catalogue.database import Transaction
from circulation.jobs.running import run_job, runs_since, try_job
from circulation.jobs.table import JOBS
from circulation.kernel.leases import Lease, LeaseTaken
from protocols.commands.asking.answers import print_answer
from protocols.commands.asking.asked import asked, asks
from protocols.commands.notices.posting import foreseen, send_due
from protocols.commands.serving.daily import daily
from protocols.commands.shared.library import Library, opened
from protocols.commands.shared.progress import progress
from protocols.commands.shared.saying import as_json, say
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import DAY
from protocols.hosting.process_names import this_process


@click.group()
def jobs() -> None:
    """Run the daily jobs. A job run again for the same day does no harm."""


@jobs.command()
@click.argument("name", required=False, type=click.Choice(list(JOBS)))
@click.option(
    "--date",
    "day",
    type=DAY,
    help="The day the job is for, today or any before; with any_day in the configuration any other "
    "as well, as if it had come.  [default: today]",
)
@click.option(
    "--unless-done",
    is_flag=True,
    help="Leave out what was run for that day already, and everything while another process is at "
    "it: for timers on several hosts.",
)
@click.option("--dry-run", is_flag=True, help="Change nothing: say what would be done, and why.")
@as_json
@click.pass_obj
def run(
    settings: Settings,
    name: str | None,
    day: date | None,
    unless_done: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Run the job NAME, or all. Only one process does so at a time.

    After all jobs, and after `notices`, the messages that are due are sent. A dry run of `notices`
    tells who would be told what after all the jobs before it.
    """
    with opened(settings) as library:
        today = library.today()
        chosen = day or today
        if chosen > today + timedelta(days=1):
            if not settings.configuration.circulation.any_day:
                raise click.UsageError(f"{chosen} has not come yet")
            library = replace(library, now=datetime.combine(chosen, _WORKING_HOUR))
        if dry_run and name == "notices":
            said = foreseen(settings, library, chosen)
        else:
            names = [name] if name else list(JOBS)
            if unless_done:
                names = _not_run(library, names, chosen)
            lease = Lease("jobs", this_process())
            try:
                said = _run(library, names, chosen, dry_run, lease)
            except LeaseTaken as taken:
                if not unless_done:
                    raise click.ClickException(f"{taken.holder} is running the jobs") from None
                said = [{"job": each, "day": chosen, "run by": taken.holder} for each in names]
                dry_run = True
            finally:
                library.release(lease)
            if not dry_run and name in (None, "notices"):
                said.append({"job": "sending", "day": chosen, **send_due(settings, library)})
    say(said, as_json)


#: When the jobs of a day that has not come are run, as if it had; in UTC.
_WORKING_HOUR = time(11, tzinfo=UTC)


def _not_run(library: Library, names: list[str], day: date) -> list[str]:
    """Those that were not run for the day."""
    runs = library.read(lambda transaction: runs_since(transaction, first=day))
    done = {each.job for each in runs if each.day == day}
    return [each for each in names if each not in done]


def _run(
    library: Library, names: list[str], day: date, dry_run: bool, lease: Lease
) -> list[dict[str, Any]]:
    said = []

    def hold(transaction: Transaction) -> None:
        lease.hold(transaction, datetime.now(UTC))

    with progress() as report:
        for number, name in enumerate(names):
            report(f"job {name}", "jobs", number, len(names))
            asked = library.circulation, library.database, name
            if dry_run:
                ran = try_job(*asked, day=day, now=library.now)
            else:
                ran = run_job(*asked, day=day, now=library.now, hold=hold)
            facts = {"job": ran.job, "day": ran.day, "runs": ran.runs} | ran.counts
            said.append(facts | ({"told": list(ran.told)} if ran.told else {}))
    return said


@jobs.command("list")
@click.option("--days", type=click.IntRange(0), default=7, show_default=True)
@as_json
@click.pass_obj
@asks("list_jobs")
def list_(settings: Settings, days: int, as_json: bool) -> None:
    """List the jobs, and when they were run for the last days."""
    with asked(settings) as asker:
        print_answer(asker.ask("list_jobs", days=days), as_json)


jobs.add_command(daily)
