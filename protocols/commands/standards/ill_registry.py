"""`tiro ill registry`: the partners of a registry, from its file."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from catalogue.database import Transaction
from circulation.callers.registries import PartnerRegistry, all_registries
from circulation.callers.registry_files import NotARegistry, read_file
from circulation.callers.taking_registries import LEAST, Taken, TooShort, take_registry
from circulation.kernel.act import Act
from circulation.kernel.engine import Circulation
from circulation.kernel.results import UNATTENDED
from circulation.loans.judging import tried
from protocols.commands.shared.databases import open_configured
from protocols.commands.shared.saying import as_json, say
from protocols.commands.shared.settings import Settings
from protocols.process.failures import Failure


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--registry", "code", help="Its code.  [default: the only one of library.toml]")
@click.option("--dry-run", is_flag=True, help="Say what would be done; change nothing.")
@click.option(
    "--shorter",
    is_flag=True,
    help=f"Take it where it has less than {LEAST:.0%} of the libraries of the last one.",
)
@as_json
@click.pass_obj
def registry(
    settings: Settings, file: Path, code: str | None, dry_run: bool, shorter: bool, as_json: bool
) -> None:
    """Take in FILE, with the address and the secret of each library.

    What is agreed with them stands in [partner_registries] of library.toml. Who stands in
    library.toml itself stays what it is there. The job `registries` does the same every night.
    """

    def work(transaction: Transaction) -> Taken:
        act = Act(transaction, Circulation(), UNATTENDED, datetime.now(UTC))
        return take_registry(act, _registry(transaction, code), found, may_be_shorter=shorter)

    database = open_configured(settings)
    try:
        found = read_file(file)
        taken = tried(database, work) if dry_run else database.write(work).result()
    except NotARegistry as error:
        raise Failure(f"{file}: {error}", "Nothing was taken in.") from error
    except TooShort as error:
        raise Failure(
            f"{file}: {error}", "Nothing was taken in. If that is right, say --shorter."
        ) from error
    finally:
        database.close()
    _tell(taken, dry_run, as_json)


def _registry(transaction: Transaction, code: str | None) -> PartnerRegistry:
    found = [each for each in all_registries(transaction) if code in (None, each.code)]
    if len(found) == 1:
        return found[0]
    if found:
        raise Failure(f"say --registry: there are {', '.join(each.code for each in found)}")
    what = "no registry" if code is None else f"no registry {code}"
    raise Failure(
        f"library.toml has {what}", "Write [partner_registries.CODE] with a branch, and apply it."
    )


def _tell(taken: Taken, is_tried: bool, as_json: bool) -> None:
    facts: dict[str, Any] = {
        "tried": is_tried,
        "added": taken.added,
        "changed": taken.changed,
        "same": taken.same,
        "gone": taken.gone,
        "removed": taken.removed,
        "in_library_toml": taken.ours,
        "set_aside": [each._asdict() for each in taken.set_aside],
    }
    if as_json:
        say(facts, True)
        return
    for each in taken.set_aside:
        click.echo(f"line {each.line}: {each.isil} {each.reason}".replace(":  ", ": "))
    for words, agencies in (
        ("added", taken.added),
        ("changed", taken.changed),
        ("not in the file any more; kept, as something is under way", taken.gone),
        ("not in the file any more; removed", taken.removed),
        ("in library.toml, and as it says there", taken.ours),
    ):
        if agencies:
            click.echo(f"{len(agencies)} {words}: {', '.join(agencies)}")
    click.echo(f"{taken.same} as they were, {len(taken.set_aside)} rows set aside.")
    if is_tried:
        click.echo("Nothing was changed.")
