"""`tiro check`: is everything ready to serve?"""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import click

from circulation.languages.installed import language, tags
from protocols.commands.shared.saying import as_json, say
from protocols.commands.shared.settings import Settings
from protocols.hosting.findings import Finding, error
from protocols.hosting.standard import installed_standards
from protocols.process.configuration import Configuration, configuration_from, load_configuration
from protocols.process.failures import without_password
from protocols.process.foundation import ConfigurationError, renamed_findings, renamed_taken_up
from protocols.process.health.files import certificate_findings, permission_findings
from protocols.process.health.pooling import pool_findings
from protocols.process.health.proxy import proxy_findings
from protocols.process.health.replication import replica_findings
from protocols.process.health.surroundings import (
    database_findings,
    font_findings,
    https_findings,
    port_findings,
)


@click.command()
@click.option(
    "--running",
    is_flag=True,
    help="The server runs, as somebody whose files you may not see: ports are not tried.",
)
@as_json
@click.pass_obj
def check(settings: Settings, running: bool, as_json: bool) -> None:
    """Check the configuration, database, ports, certificates, permissions and partners.

    Says everything that is wrong at once. The status is 1 where there is an error; a warning is for
    you to judge.
    """
    configuration, found = look(settings, running)
    if as_json:
        say([{"severity": each.severity, "text": each.text} for each in found], True)
    else:
        for each in found:
            click.secho(
                f"{each.severity}: {each.text}",
                err=True,
                fg="red" if each.severity == "error" else "yellow",
            )
    if any(each.severity == "error" for each in found):
        raise SystemExit(1)
    if configuration is not None and not as_json:
        shown = without_password(configuration.database_url)
        click.echo(f"{configuration.path} is in order; the database is {shown}")
        spoken = (tag if language(tag).is_complete else f"{tag} (in part)" for tag in tags())
        click.echo(f"languages: {', '.join(spoken)}")


def look(settings: Settings, running: bool) -> tuple[Configuration | None, list[Finding]]:
    """The configuration as far as it can be used, and all that is wrong with it and around it."""
    configuration, wrong, found = _read(settings)
    found += renamed_findings(settings.path)
    if configuration is not None:
        owners = frozenset(f"[{name}]" for name in wrong)
        if not running:
            found += port_findings(configuration, owners)
        found += https_findings(configuration)
        found += certificate_findings(configuration, datetime.now(UTC))
        found += permission_findings(configuration)
        found += font_findings(configuration)
        found += proxy_findings(configuration)
        if "database" not in wrong:
            pooled = [*pool_findings(configuration)]
            found += pooled
            if not any(each.severity == "error" for each in pooled):
                found += database_findings(configuration)
            found += replica_findings(configuration)
    return configuration, found


def _read(settings: Settings) -> tuple[Configuration | None, set[str], list[Finding]]:
    """The configuration as far as it can be used, the sections that cannot, and what is wrong."""
    path = settings.path
    standards = installed_standards()
    if not path.exists():
        settings.configuration  # noqa: B018 - says so, and what to do
    try:
        return load_configuration(path, standards), set(), []
    except ConfigurationError as problem:
        found = [error(f"{path}: {each}") for each in problem.problems]
        wrong = {name for each in problem.problems for name in _SECTION.findall(each)}
    try:
        table = renamed_taken_up(tomllib.loads(Path(path).read_text(encoding="utf-8")))
        usable = {name: value for name, value in table.items() if name not in wrong}
        return configuration_from(usable, path, standards), wrong, found
    except (OSError, ValueError, ConfigurationError):  # said above
        return None, wrong, found


#: How a problem begins: with its section.
_SECTION = re.compile(r"^\[([^\].]+)")
