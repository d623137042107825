"""`tiro check`: is the configuration fit to serve?"""

from __future__ import annotations

import click

from protocols.command_line import Settings


@click.command()
@click.pass_obj
def check(settings: Settings) -> None:
    """Read the configuration and say all that is wrong in it."""
    configuration = settings.configuration
    click.echo(
        f"{configuration.path} is in order; the database is {_shown(configuration.database_url)}"
    )


def _shown(url: str) -> str:
    """A database URL without its password."""
    head, at, tail = url.rpartition("@")
    if not at:
        return url
    scheme, _, login = head.partition("://")
    return f"{scheme}://{login.partition(':')[0]}@{tail}"
