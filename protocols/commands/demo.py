"""`tiro demo`: a whole library system to try, on 127.0.0.1, in a folder of its own."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from catalogue.database import migrate, open_database
from protocols.configuration import Configuration, ConfigurationError, load_configuration
from protocols.demo.configuration import demo_configuration
from protocols.standard import installed_standards

_PORT = click.IntRange(0, 65535)


@click.command()
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the library: made where it is missing, continued where it holds a demo "
    "library. Without it, a temporary folder that is removed at the end.",
)
@click.option("--sip2-port", type=_PORT, help="SIP2.  [default: 6001]")
@click.option("--z3950-port", type=_PORT, help="Z39.50.  [default: 2100]")
@click.option("--http-port", type=_PORT, help="NCIP over HTTP.  [default: 8080]")
@click.option("--ncip-port", type=_PORT, help="NCIP over raw TCP.  [default: 3121]")
@click.option("--operations-port", type=_PORT, help="Metrics and health.  [default: 9464]")
@click.option("--patrons", type=click.IntRange(1), default=100, show_default=True)
@click.option("--items", type=click.IntRange(1), default=None, help="[default: one for each work]")
@click.option(
    "--marc",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    help="A file of MARC records to load as well, an item for each; repeatable.",
)
def demo(
    data: Path | None,
    patrons: int,
    items: int | None,
    marc: tuple[Path, ...],
    **ports: int | None,
) -> None:
    """Run a demo library: patrons P0000001 upward with PIN 1234, items I0000001 upward.

    SIP2 logins kiosk/kiosk and sorter/sorter. SIGTERM and SIGINT end it.
    """
    from protocols.demo.seeding import SET_UP, load_marc, seed
    from protocols.server import CannotStart, configure_logging, run  # loads the reactor

    with ExitStack() as stack:
        if data is None:
            data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tiro-demo-")))
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        configuration = _configuration(data, ports)
        configure_logging(configuration.logging.level, configuration.logging.form)
        migrate(configuration.database_url)
        database = open_database(configuration.database_url)
        try:
            now = datetime.now(UTC)
            if seed(database, patrons=patrons, items=items, now=now):
                (data / SET_UP.name).write_bytes(SET_UP.read_bytes())
                click.echo(f"Seeded a demo library in {data}")
            else:
                click.echo(f"Continuing the demo library in {data}")
            for path in marc:
                for line in load_marc(database, path, data / "rejected", now=now):
                    click.echo(line)
        finally:
            database.close()

        def ready(bound: Any) -> None:
            click.echo("Tiro is ready")
            for name, standard in installed_standards().items():
                settings = configuration.standards[name]
                for line in standard.examples(settings, bound.ports[name], bound.http):
                    click.echo(line)

        try:
            run(configuration, installed_standards(), ready)
        except CannotStart as error:
            raise click.ClickException(str(error)) from error


def _configuration(data: Path, ports: dict[str, int | None]) -> Configuration:
    """The folder's tiro.toml, written at first; ports given at the command line win over it."""
    given = {name.removesuffix("_port"): port for name, port in ports.items() if port is not None}
    path = data / "tiro.toml"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(demo_configuration(**given), encoding="utf-8")
    try:
        configuration = load_configuration(path, installed_standards())
    except ConfigurationError as error:
        raise click.ClickException(str(error)) from error
    if "http" in given:
        configuration = replace(
            configuration, http=replace(configuration.http, port=given.pop("http"))
        )
    standards = dict(configuration.standards)
    for name, port in given.items():
        standards[name] = replace(standards[name], port=port)
    return replace(configuration, standards=standards)
