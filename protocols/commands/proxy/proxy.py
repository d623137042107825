"""`tiro proxy`: one address for terminals in front of two library systems."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from protocols.process.failures import Failure

if TYPE_CHECKING:
    from protocols.proxy.settings import ProxySettings

_FILE = click.option(
    "--file",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="TIRO_PROXY",
    default=Path("proxy.toml"),
    show_default=True,
    help="The configuration of the proxy (variable TIRO_PROXY).",
)


@click.group()
def proxy() -> None:
    """Put one address in front of the old system and Tiro, and move terminals one by one."""


def settings_of(path: Path) -> ProxySettings:
    """The settings in the file. Raises Failure with all that is wrong there."""
    from protocols.proxy.settings import ProxyUnusable, load_settings

    if not path.exists():
        raise Failure(
            f"{path} does not exist",
            "Name it with --file FILE or the variable TIRO_PROXY;"
            " docs/one-address-for-two-systems.md has one to start from.",
        )
    try:
        return load_settings(path)
    except ProxyUnusable as error:
        raise Failure(str(error), "Put it right there.") from error


@proxy.command()
@_FILE
def serve(path: Path) -> None:
    """Serve terminals until stopped (SIGTERM, SIGINT)."""
    settings = settings_of(path)
    from protocols.hosting.logs import configure_logging
    from protocols.proxy.journal.writing import JournalInUse
    from protocols.proxy.serving import CannotListen, run
    from protocols.proxy.towards import CannotVerify

    configure_logging(settings.logging.level, settings.logging.form)
    try:
        run(settings, lambda number: click.echo(f"SIP2 on {settings.listen.interface}:{number}"))
    except JournalInUse as error:
        raise Failure(str(error), "One journal is written by one proxy: stop the other.") from error
    except CannotVerify as error:
        raise Failure(str(error), "Look at the files named there.") from error
    except CannotListen as error:
        raise Failure(
            f"cannot listen on {error}", "Stop what listens there, or change [listen] port."
        ) from error
