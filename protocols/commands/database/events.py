"""`tiro events`: what happened long ago, moved out of the database into files."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from catalogue.database import known_revisions
from circulation.archiving.moving_out.moving import Moving, move_out
from circulation.archiving.moving_out.readiness import CannotMoveOut
from circulation.kernel.moves_out import MoveOut, all_moves_out
from protocols.commands.shared.library import opened
from protocols.commands.shared.progress import progress
from protocols.commands.shared.saying import as_json, say
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import DAY
from protocols.process.failures import Failure


@click.group()
def events() -> None:
    """Move what happened long ago out of the database, into files that any program reads."""


@events.command("move-out")
@click.argument("folder", type=click.Path(file_okay=False, resolve_path=True, path_type=Path))
@click.option("--before", type=DAY, required=True, help="What is older than that day.")
@as_json
@click.pass_obj
def moving_out(settings: Settings, folder: Path, before: date, as_json: bool) -> None:
    """Write what is older than a day into FOLDER, which is new or empty, and delete it from the
    database: events, and loans that are over and name nobody. The library goes on working.

    It can be stopped at any moment: run it again with the same folder. What names a person stays,
    as does what anything else still needs.
    """
    with opened(settings, is_long=True, mapped=False) as library, progress() as report:
        try:
            move = move_out(
                Moving(
                    library.database,
                    library.circulation,
                    folder,
                    before,
                    library.now,
                    known_revisions(),
                    tell=lambda what, rows, done, of: report(f"{rows} {what}", "rows", done, of),
                )
            )
        except CannotMoveOut as error:
            raise Failure(str(error), error.advice) from None
    if move is None:
        say({"before": before, "events": 0, "loans": 0}, as_json)
    else:
        say(_shown(move), as_json)


@events.command("moved-out")
@as_json
@click.pass_obj
def moved_out(settings: Settings, as_json: bool) -> None:
    """List what was moved out: where to, and the SHA-256 of the manifest there."""
    with opened(settings) as library:
        say([_shown(each) for each in library.read(all_moves_out)], as_json)


def _shown(move: MoveOut) -> dict[str, object]:
    return {name: value for name, value in move._asdict().items() if name != "id"}
