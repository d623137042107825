"""The command `tiro`: one subcommand for each module of `protocols.commands`."""

from __future__ import annotations

import gc
import importlib
import importlib.util
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from protocols.process.failures import INTERRUPTED, JSON, Failure, in_json, report_failures

if TYPE_CHECKING:  # `tiro --help` and completion load nothing that they do not need
    from protocols.process.configuration import Configuration

#: Command -> its module under protocols.commands, imported only when it is called. In it the
#: command has the module's name; the first line of the module says what it is for.
COMMANDS = {
    "accession": "accession",
    "apply": "apply",
    "charges": "charges",
    "backup": "backup",
    "booking": "booking",
    "check": "check",
    "close": "close",
    "collection": "collection",
    "completion": "completion",
    "demo": "demo",
    "deposit": "deposit",
    "digital-post": "digital_post",
    "explain": "explain",
    "export": "exporting",
    "group": "group",
    "hash": "hashing",
    "health": "health",
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
    "statistics": "statistics",
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
        from protocols.hosting.standard import installed_standards
        from protocols.process.configuration import ConfigurationError, load_configuration

        if not self.path.exists():
            raise Failure(
                f"{self.path} does not exist",
                "Name the configuration with --config FILE or the variable TIRO_CONFIG; "
                "`tiro demo --data DIR` writes one to start from.",
            )
        try:
            return load_configuration(self.path, installed_standards())
        except ConfigurationError as error:
            raise Failure(
                str(error), "Put it right there; `tiro check` looks at all the rest as well."
            ) from error

    @property
    def database_url(self) -> str:
        return self.configuration.database_url


#: What others than the owner may do with files that a command or the server makes, whatever the
#: folder: nothing. Nearly all of them tell of people, and the rest hold keys.
PRIVATE: Final = 0o077

#: A first line such as ``"""`tiro load`: files of MARC records into the catalogue."""``.
_ABOUT = re.compile(r'"""`tiro [a-z0-9-]+`: (.+?)\.?(?:"""|$)')


class _Commands(click.Group):
    """The subcommands of the registry; every failure of one is told in the same way."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module: Any = importlib.import_module(f"protocols.commands.{COMMANDS[cmd_name]}")
        command: click.Command = getattr(module, COMMANDS[cmd_name])
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, about(name)) for name in self.list_commands(ctx)])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        from click.shell_completion import CompletionItem

        names = [name for name in self.list_commands(ctx) if name.startswith(incomplete)]
        if names and not incomplete.startswith("-"):
            return [CompletionItem(name, help=about(name)) for name in names]
        return click.Command.shell_complete(self, ctx, incomplete)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        from protocols.process.near import did_you_mean

        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            ctx.fail(f"there is no command {args[0]!r}.{did_you_mean(args[0], COMMANDS)}")
        return super().resolve_command(ctx, args)

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Runs a command; programs, which say --json, are told of failures in JSON as well."""
        words = sys.argv[1:] if args is None else list(args)
        if not standalone_mode or JSON not in words:
            return super().main(args, prog_name, complete_var, standalone_mode, **extra)
        try:
            status = super().main(args, prog_name, complete_var, False, **extra)
        except click.ClickException as failure:
            click.echo(in_json(failure), err=True)
            status = failure.exit_code
        except click.Abort:
            click.echo(in_json(Failure("the answer was no")), err=True)
            status = 1
        sys.exit(status if isinstance(status, int) else 0)

    def invoke(self, ctx: click.Context) -> Any:
        ctx.meta[JSON] = JSON in ctx.args
        with report_failures(ctx, show_all=ctx.params["debug"]):
            return super().invoke(ctx)


def about(command: str) -> str:
    """What the command is for, out of its module's first line, which is not run for it."""
    found = importlib.util.find_spec(f"protocols.commands.{COMMANDS[command]}")
    if found is None or found.origin is None:
        return ""
    with Path(found.origin).open(encoding="utf-8") as file:
        said = _ABOUT.match(file.readline())
    return said[1] if said else ""


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
@click.option(
    "--debug",
    is_flag=True,
    envvar="TIRO_DEBUG",
    help="Show where in the program an unexpected failure is (variable TIRO_DEBUG).",
)
@click.version_option(package_name="tiro-ils", prog_name="tiro")
@click.pass_context
def tiro(context: click.Context, path: Path, debug: bool) -> None:
    """A library system that speaks the standards: SIP2, Z39.50 and NCIP."""
    os.umask(PRIVATE)
    context.obj = Settings(path)
    if os.environ.get("NO_COLOR"):
        context.color = False


def main() -> None:
    """The entry point of the installed command."""
    gc.set_threshold(50_000)  # what is loaded stays: looking for garbage in it costs a tenth
    try:
        tiro(prog_name="tiro")
    except KeyboardInterrupt:  # before the command began
        os._exit(INTERRUPTED)


if __name__ == "__main__":
    main()
