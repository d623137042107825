"""`tiro serve`: the library system on the configured database."""

from __future__ import annotations

import logging
import os

import click

from catalogue.database import (
    DatabaseInUse,
    DatabasePooled,
    DatabaseTooNew,
    DatabaseUnavailable,
    NotALibrary,
    kept_from_others,
    migrate,
)
from protocols.commands.shared.databases import refuse_missing
from protocols.commands.shared.settings import Settings
from protocols.hosting.logs import configure_logging
from protocols.hosting.process_names import process_called
from protocols.hosting.standard import installed_standards

log = logging.getLogger(__name__)


@click.command()
@click.option(
    "--processes",
    type=click.IntRange(1, 256),
    help="So many processes share the ports.  [default: as configured]",
)
@click.option(
    "--with-jobs",
    is_flag=True,
    help="Run the daily jobs as well (`tiro jobs daily`), where no timer does, as in a container.",
)
@click.option("--create", is_flag=True, help="Create an empty library where the database has none.")
@click.pass_obj
def serve(settings: Settings, processes: int | None, with_jobs: bool, create: bool) -> None:
    """Serve SIP2, Z39.50 and NCIP until stopped.

    The tables are brought to this version first. Without --create, a database that holds no
    library is refused: its address may be mistyped. SIGTERM and SIGINT end it. SIGHUP makes it
    read its configuration again, SIGUSR2 changes to the Tiro that is installed now. Clients that
    connect meanwhile are not refused.
    """
    from protocols.process.foundation import renamed_findings
    from protocols.process.health.files import permission_findings
    from protocols.process.health.surroundings import index_findings
    from protocols.process.server import CannotStart  # loads the reactor
    from protocols.process.supervision.beside import Beside
    from protocols.process.supervision.plan import Plan
    from protocols.process.supervision.running import Alone, run_worker
    from protocols.process.supervision.supervisor import become_supervisor
    from protocols.process.supervision.worker import supervised

    supervisor = supervised()
    configuration = settings.configuration
    configure_logging(configuration.logging.level, configuration.logging.form)
    if supervisor is None:
        renamed = renamed_findings(configuration.path)
        for finding in (*renamed, *permission_findings(configuration)):
            log.warning("%s", finding.text)
    number = configuration.server.processes if processes is None else processes
    server = process_called(os.getpid() if supervisor is None else os.getppid())
    try:
        if not create:
            refuse_missing(configuration.session_url)
        with kept_from_others(configuration.database_url, f"{server} serves it"):
            migrate(configuration.session_url)
        if supervisor is None:
            for finding in index_findings(configuration):
                log.warning("%s", finding.text)
    except (
        DatabaseTooNew,
        DatabaseInUse,
        DatabasePooled,
        NotALibrary,
        DatabaseUnavailable,
    ) as error:
        raise click.ClickException(str(error)) from error
    if with_jobs and supervisor is None:
        Beside.begin(configuration.path)
    try:
        if supervisor is not None:
            run_worker(configuration, installed_standards(), supervisor)
        elif number == 1:
            Alone(configuration, installed_standards(), processes).run()
        else:
            become_supervisor(Plan(configuration.path, number), processes)
    except CannotStart as error:
        raise click.ClickException(str(error)) from error
