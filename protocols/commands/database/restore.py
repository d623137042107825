"""`tiro restore`: the database as it was when a backup was made."""

from __future__ import annotations

from pathlib import Path

import click

from catalogue.database import migrate
from catalogue.database import restore as put_back
from protocols.commands.shared.progress import progress
from protocols.commands.shared.saying import as_json, say
from protocols.commands.shared.settings import Settings
from protocols.hosting.process_names import this_process


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Even if the database holds a library: it is lost.")
@as_json
@click.pass_obj
def restore(settings: Settings, file: Path, replace: bool, as_json: bool) -> None:
    """Put the backup FILE back into the database of the configuration.

    A backup of an older Tiro is brought up to date. Refused while `tiro serve` has the database:
    what it answers meanwhile would be lost.
    """
    with progress() as report:
        put_back(
            settings.session_url,
            file,
            replacing=replace,
            on_progress=lambda written, of: report(file.name, "bytes", written, of),
            holder=f"{this_process()} restores a backup",
        )
    migrate(settings.session_url)
    say({"restored": str(file)}, as_json)
