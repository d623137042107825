"""`tiro backup`: the whole database into one file, while the library goes on working."""

from __future__ import annotations

from pathlib import Path

import click

from catalogue.database import back_up
from protocols.commands.shared.progress import progress
from protocols.commands.shared.saying import as_json, say
from protocols.commands.shared.settings import Settings


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@as_json
@click.pass_obj
def backup(settings: Settings, file: Path, as_json: bool) -> None:
    """Write a backup of the database to FILE, which takes the place of an older one when whole.

    The configuration is not in it: keep a copy of that elsewhere. Without its identifier key
    nobody is found by a number that was stored with it.
    """
    with progress() as report:
        back_up(
            settings.session_url,
            file,
            on_progress=lambda written, of: report(file.name, "bytes", written, of),
        )
    say({"file": str(file), "bytes": file.stat().st_size}, as_json)
