"""`tiro statistics`: loans, renewals and returns by day, branch, material and who they were for;
pictures of them, of a day, of a queue and of a hold."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, get_args

import click

from protocols.api.models.sums import By
from protocols.api.plots import alone
from protocols.commands.asking.answers import print_answer
from protocols.commands.asking.asked import asked, asks
from protocols.commands.reports.pictures import figures_drawn, hold_drawn, queue_drawn
from protocols.commands.shared.saying import as_json
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import DAY, ISIL


@click.command()
@click.option("--from", "first", type=DAY, help="The first day.")
@click.option("--until", "last", type=DAY, help="The last day.  [default: today]")
@click.option(
    "--by",
    type=click.Choice(sorted(get_args(By))),
    multiple=True,
    default=("kind",),
    show_default=True,
    help="Repeat it for several.",
)
@click.option(
    "--plot",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Draw it as well, as SVG, into this file.",
)
@click.option("--day-of", "branch", type=ISIL, help="In place of figures: a day there, by hour.")
@click.option("--queue", "title", help="In place of figures: who waits for TITLE, by its number.")
@click.option("--hold", help="In place of figures: what becomes of HOLD, by its number.")
@as_json
@click.pass_obj
@asks("show_statistics", "show_today", "show_queue", "show_hold")
def statistics(
    settings: Settings,
    first: date | None,
    last: date | None,
    by: tuple[str, ...],
    plot: Path | None,
    branch: str | None,
    title: str | None,
    hold: str | None,
    as_json: bool,
) -> None:
    """How much was lent, renewed and returned, on the days that `jobs run statistics` counted."""
    if len([each for each in (branch, title, hold) if each is not None]) > 1:
        raise click.UsageError("--day-of, --queue and --hold are one picture each")
    now = datetime.now(UTC)
    drawn: str
    answer: Any
    with asked(settings, branch) as asker:
        if branch is not None:
            answer = asker.ask("show_today", day=first)
            drawn = answer.pop("plots")["hours"]
        elif title is not None:
            answer = asker.ask("show_queue", title=title)
            drawn = queue_drawn(answer, now)
        elif hold is not None:
            answer = asker.ask("show_hold", hold=hold)
            drawn = hold_drawn(answer, now)
        elif first is None:
            raise click.UsageError("Missing option '--from'.")
        else:
            answer = asker.ask("show_statistics", first=first, last=last, by=by)
            drawn = figures_drawn(answer, by)
    if plot is not None:
        _write(plot, drawn)
    print_answer(answer, as_json)


def _write(path: Path, drawn: str) -> None:
    try:
        path.write_text(alone(drawn), encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error.strerror}") from error
