"""What the commands about the proxy share: which file, and what it says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from protocols.process.failures import Failure

if TYPE_CHECKING:
    from protocols.proxy.settings import ProxySettings

FILE = click.option(
    "--file",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="TIRO_PROXY",
    default=Path("proxy.toml"),
    show_default=True,
    help="The configuration of the proxy (variable TIRO_PROXY).",
)


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
