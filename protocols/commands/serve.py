"""`tiro serve`: the library system on the configured database."""

from __future__ import annotations

import click

from catalogue.database import migrate
from protocols.command_line import Settings
from protocols.standard import installed_standards


@click.command()
@click.pass_obj
def serve(settings: Settings) -> None:
    """Serve SIP2, Z39.50 and NCIP until stopped.

    The tables are brought to this version first. SIGTERM and SIGINT end it.
    """
    from protocols.server import CannotStart, configure_logging, run  # loads the reactor

    configuration = settings.configuration
    configure_logging(configuration.logging.level)
    migrate(configuration.database_url)
    try:
        run(configuration, installed_standards(), lambda bound: click.echo("Tiro is ready"))
    except CannotStart as error:
        raise click.ClickException(str(error)) from error
