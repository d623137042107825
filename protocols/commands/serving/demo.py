"""`tiro demo`: a whole library system to try, on 127.0.0.1, in a folder of its own."""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

import circulation.assembly  # noqa: F401  the features join before anything is done
from catalogue.changes.accession import ItemDefaults
from catalogue.database import Database, Transaction, kept_from_others, migrate, open_database
from catalogue.loading import loads
from circulation.kernel.organisation import find_branch
from protocols.commands.records.load import load_with_progress, summary
from protocols.demo.configuration import PORTS, TOKENS, demo_configuration
from protocols.demo.ports import bind_all
from protocols.demo.seeding import HOME_BRANCH, SET_UP, seed
from protocols.hosting.process_names import this_process
from protocols.hosting.sockets import Sockets
from protocols.hosting.standard import installed_standards
from protocols.process.addresses import Address, addresses
from protocols.process.configuration import Configuration, load_configuration
from protocols.process.foundation import ConfigurationError

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
@click.option(
    "--operations-port",
    type=_PORT,
    help="Metrics and health.  [default: 9464]",
)
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

    SIP2 logins kiosk/kiosk and sorter/sorter; of the staff, desk/desk and head/head. SIGTERM and
    SIGINT end it. Where another program has a port that was not asked for by option, another one is
    taken: a demo runs beside a demo.
    """
    from protocols.hosting.logs import configure_logging
    from protocols.process.server import CannotStart, run  # loads the reactor

    with ExitStack() as stack:
        if data is None:
            data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tiro-demo-")))
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        sockets = Sockets()
        given = {name[: -len("_port")]: port for name, port in ports.items() if port is not None}
        configuration = _configuration(data, given, sockets)
        configure_logging(configuration.logging.level, configuration.logging.form)
        stack.enter_context(
            kept_from_others(configuration.database_url, f"{this_process()} serves it")
        )
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
                for line in _load_marc(database, path, data / "rejected", now=now):
                    click.echo(line)
        finally:
            database.close()

        def ready(bound: Any) -> None:
            sockets.close()  # the server has its own
            click.echo("Tiro is ready")
            _greet(configuration, bound)

        try:
            run(configuration, installed_standards(), ready, sockets)
        except CannotStart as error:
            raise click.ClickException(str(error)) from error


def _greet(configuration: Configuration, bound: Any) -> None:
    """What there is to see, and a line to paste for each way in; the rest are comments."""
    click.secho(
        f"# A library of its own in {configuration.path.parent}, until you press Ctrl-C.\n"
        "# Paste a line into another terminal, or its address into a browser.",
        dim=True,
    )
    called = "tiro" if shutil.which("tiro") else str(Path(sys.executable).parent / "tiro")
    for name, standard in sorted(installed_standards().items(), key=lambda each: each[0] != "desk"):
        settings = configuration.standards[name]
        for example in standard.examples(settings, bound.ports[name], bound.http):
            line, _, shows = example.rpartition("  # ")
            click.secho(f"# {shows}", fg="green")
            click.echo(re.sub(r"^tiro(?= )", called, line))


def _configuration(data: Path, given: dict[str, int], sockets: Sockets) -> Configuration:
    """The folder's tiro.toml, written at first with the ports that were to be had.

    Later ports given at the command line win over it, and so does one that is free over one that
    is taken.
    """
    path = data / "tiro.toml"
    if not path.exists():
        wanted = PORTS | given
        places = [Address(f"[{name}]", "127.0.0.1", port) for name, port in wanted.items()]
        instead = {each.owner: port for each, port in bind_all(places, given, sockets).items()}
        wanted = {name: instead.get(f"[{name}]", port) for name, port in wanted.items()}
        texts = {path: demo_configuration(**wanted), data / "tokens.toml": TOKENS}
        for file, text in texts.items():
            file.touch(mode=0o600)
            file.write_text(text, encoding="utf-8")
        return _loaded(path)
    configuration = _loaded(path)
    for name, port in given.items():
        configuration = _with_port(configuration, name, port)
    places = addresses(configuration)
    for address, port in bind_all(places, given, sockets).items():
        click.echo(f"{address.owner} is at port {port}: {address.number} of {path} is taken")
        configuration = _with_port(configuration, address.owner.strip("[]"), port)
    return configuration


def _loaded(path: Path) -> Configuration:
    try:
        return load_configuration(path, installed_standards())
    except ConfigurationError as error:
        raise click.ClickException(str(error)) from error


def _with_port(configuration: Configuration, name: str, port: int) -> Configuration:
    if name == "http":
        return replace(configuration, http=replace(configuration.http, port=port))
    standards = dict(configuration.standards)
    standards[name] = replace(standards[name], port=port)
    return replace(configuration, standards=standards)


def _load_marc(database: Database, path: Path, rejected: Path, *, now: datetime) -> list[str]:
    """Loads a file of MARC records, each with an item in the home branch; what became of it.

    The items' barcodes are M, the number of the load in two digits, and the record's place in the
    file in six: the same however often the load is interrupted.
    """

    def begin(transaction: Transaction) -> ItemDefaults:
        load = loads.begin(transaction, digest, path.name, now)
        branch = find_branch(transaction, isil=HOME_BRANCH)
        assert branch is not None
        return ItemDefaults(branch.id, f"M{load.id:02}", digits=6, material_group="book")

    digest = loads.digest_of(path)
    defaults = database.write(begin).result()
    rejected.mkdir(exist_ok=True)
    reports = load_with_progress(database, (path,), reject_folder=rejected, with_items=defaults)
    problems = [report.problem for report in reports if report.problem]
    if problems:
        raise click.ClickException("\n".join(problems))
    return [summary(report) for report in reports]
