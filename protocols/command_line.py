"""The command `tiro`: one subcommand for each module of `protocols.commands`."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import click

from protocols.configuration import Configuration, ConfigurationError, load_configuration
from protocols.standard import installed_standards

#: Command -> its module under protocols.commands, imported only when it is called. In it the
#: command has the module's name.
COMMANDS = {
    "accession": "accession",
    "apply": "apply",
    "charges": "charges",
    "backup": "backup",
    "booking": "booking",
    "check": "check",
    "close": "close",
    "collection": "collection",
    "demo": "demo",
    "deposit": "deposit",
    "digital-post": "digital_post",
    "explain": "explain",
    "export": "exporting",
    "hash": "hashing",
    "hold": "hold",
    "import": "importing",
    "item": "item",
    "jobs": "jobs",
    "list": "lists",
    "load": "load",
    "loan": "loan",
    "notices": "notices",
    "ncip": "ncip",
    "patron": "patron",
    "record": "record",
    "reindex": "reindex",
    "receiving": "receiving",
    "restore": "restore",
    "serve": "serve",
    "sorter": "sorter",
    "slip": "slip",
    "theme": "theme",
    "sip2": "sip2",
    "terminals": "terminals",
}


@dataclass
class Settings:
    """What every command is given: where the configuration is, read when it is needed."""

    path: Path

    @cached_property
    def configuration(self) -> Configuration:
        if not self.path.exists():
            raise click.ClickException(
                f"{self.path} does not exist: name the configuration with --config FILE or the "
                "variable TIRO_CONFIG; `tiro demo --data DIR` writes one to start from"
            )
        try:
            return load_configuration(self.path, installed_standards())
        except ConfigurationError as error:
            raise click.ClickException(str(error)) from error

    @property
    def database_url(self) -> str:
        return self.configuration.database_url


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module: Any = importlib.import_module(f"protocols.commands.{COMMANDS[cmd_name]}")
        command: click.Command = getattr(module, COMMANDS[cmd_name])
        return command


@click.command(cls=_Commands)
@click.option(
    "--config",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="TIRO_CONFIG",
    default=Path("tiro.toml"),
    help="The configuration (variable TIRO_CONFIG).",
    show_default=True,
)
@click.version_option(package_name="tiro-ils", prog_name="tiro")
@click.pass_context
def tiro(context: click.Context, path: Path) -> None:
    """A library system that speaks the standards: SIP2, Z39.50 and NCIP."""
    context.obj = Settings(path)


def main() -> None:
    """The entry point of the installed command."""
    tiro(prog_name="tiro")


if __name__ == "__main__":
    main()
