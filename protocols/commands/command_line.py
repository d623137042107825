"""The command `tiro`: its subcommands, each a module that is loaded when it is called."""

from __future__ import annotations

import gc
import importlib
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click

from protocols.commands.shared.settings import Settings
from protocols.process.failures import INTERRUPTED, JSON, Failure, in_json, report_failures

#: Command -> its module in the folders here, imported only when it is called. In it the command has
#: the module's name; the first line of the module says what it is for.
COMMANDS = {
    "accession": "accession.accession",
    "apply": "rules.apply",
    "backup": "database.backup",
    "booking": "bookings.booking",
    "charges": "money.charges",
    "check": "serving.check",
    "close": "rules.close",
    "collection": "money.collection",
    "completion": "serving.completion",
    "demo": "serving.demo",
    "deposit": "items.deposit",
    "digital-post": "notices.digital_post",
    "events": "database.events",
    "explain": "rules.explain",
    "export": "database.exporting",
    "group": "patrons.group",
    "hash": "serving.hashing",
    "health": "serving.health",
    "hold": "holds.hold",
    "holdings": "standards.holdings",
    "ill": "standards.ill",
    "import": "database.importing",
    "inventory": "items.inventory",
    "item": "items.item",
    "jobs": "serving.jobs",
    "list": "reports.lists",
    "load": "records.load",
    "loan": "loans.loan",
    "lookups": "staff.lookups",
    "ncip": "standards.ncip",
    "move": "moving.move",
    "new": "serving.new",
    "notices": "notices.notices",
    "oai": "standards.oai",
    "off-line": "moving.off_line",
    "patron": "patrons.patron",
    "probe": "proxy.probe",
    "proxy": "proxy.proxy",
    "receiving": "accession.receiving",
    "record": "records.record",
    "reindex": "records.reindex",
    "restore": "database.restore",
    "role": "staff.role",
    "serve": "serving.serve",
    "sip2": "standards.sip2",
    "slip": "notices.slip",
    "sorter": "loans.sorter",
    "staff": "staff.staff",
    "statistics": "reports.statistics",
    "terminals": "standards.terminals",
    "theme": "items.theme",
    "token": "staff.token",
    "unused": "reports.unused",
    "workstation": "staff.workstation",
    "yearly": "reports.yearly",
    "z3950": "standards.z3950",
}


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
        folder, _, name = COMMANDS[cmd_name].partition(".")
        module: Any = importlib.import_module(f"protocols.commands.{folder}.{name}")
        command: click.Command = getattr(module, name)
        if ctx.params.get("server") is None:
            return command
        from protocols.commands.over_http.asking import over_http

        return over_http(command, cmd_name)

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
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from protocols.api.near import did_you_mean

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
    file = Path(__file__).parent.joinpath(*COMMANDS[command].split(".")).with_suffix(".py")
    with file.open(encoding="utf-8") as lines:
        said = _ABOUT.match(lines.readline())
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
    "--server",
    metavar="URL",
    envvar="TIRO_SERVER",
    help="Ask this server over HTTP in place of the database; TIRO_TOKEN_FILE names a file with the"
    " token (variable TIRO_SERVER).",
)
@click.option(
    "--debug",
    is_flag=True,
    envvar="TIRO_DEBUG",
    help="Show where in the program an unexpected failure is (variable TIRO_DEBUG).",
)
@click.version_option(package_name="tiro-ils", prog_name="tiro")
@click.pass_context
def tiro(context: click.Context, path: Path, server: str | None, debug: bool) -> None:
    """A library system that speaks the standards: SIP2, Z39.50 and NCIP."""
    os.umask(PRIVATE)
    context.obj = Settings(path, server)
    if os.environ.get("NO_COLOR"):
        context.color = False


def main() -> None:
    """The entry point of the installed command."""
    gc.set_threshold(200_000)  # what is loaded stays: looking for garbage in it costs a tenth
    try:
        tiro(prog_name="tiro")
    except KeyboardInterrupt:  # before the command began
        os._exit(INTERRUPTED)
    finally:
        # The interpreter looks for garbage a last time when it ends. In all that was loaded that
        # is a third of what a short command costs.
        gc.freeze()


if __name__ == "__main__":
    main()
