"""`tiro oai`: what is done here, and not by the server: to harvest a source, to delete what it has
withdrawn, to forget it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime

import click

from circulation.harvesting.progress import forget_source, want_now
from circulation.harvesting.rows import find_source
from circulation.kernel.leases import LeaseTaken
from protocols.commands.shared.library import Library, opened
from protocols.commands.shared.progress import progress
from protocols.commands.shared.saying import as_json, say, tell
from protocols.commands.shared.settings import Settings
from protocols.oai.harvesting.harvester import Harvester, NotHere
from protocols.process.failures import Failure

_SOURCE = click.argument("source")


@click.command()
@_SOURCE
@click.option("--from-the-beginning", is_flag=True, help="All of it, as at the first time.")
@as_json
@click.pass_obj
def harvest(settings: Settings, source: str, from_the_beginning: bool, as_json: bool) -> None:
    """Harvest SOURCE now, to the end of its list.

    It may be interrupted, and goes on where it was, here or by the server at its hour.
    """
    with _harvesting(settings, source) as (library, harvester):
        library.write(lambda t: want_now(t, source, from_the_beginning=from_the_beginning))
        harvester.tell(source)
        found = library.read(lambda transaction: find_source(transaction, name=source))
    if found is None or found.problem:
        raise Failure(
            f"{source}: {'it was forgotten' if found is None else found.problem}",
            "What has come stays, and the list goes on where it was.",
        )
    if found.list_begun is not None:
        raise click.ClickException(f"another process harvests {source}")
    say({"source": source, **found.counts}, as_json)


@click.command()
@_SOURCE
@as_json
@click.pass_obj
def withdraw(settings: Settings, source: str, as_json: bool) -> None:
    """Delete what SOURCE has withdrawn and nothing here needs, however much it is.

    `tiro oai problems` lists it first.
    """
    with _harvesting(settings, source) as (_, harvester):
        try:
            counts = harvester.withdraw(source)
        except LeaseTaken as taken:
            raise click.ClickException(f"{taken.holder} harvests {source}") from None
        except NotHere as error:
            raise click.ClickException(str(error)) from None
    number = counts.get("withdrawn", 0)
    tell(f"{number} records are deleted.", {"source": source, "deleted": number}, as_json)


@click.command()
@_SOURCE
@as_json
@click.pass_obj
def forget(settings: Settings, source: str, as_json: bool) -> None:
    """Forget SOURCE, which tiro.toml no longer names; its records stay."""
    if source in settings.configuration.standards["oai"].sources:
        raise click.ClickException(f"{source} still stands in [oai.sources] of tiro.toml")
    with opened(settings) as library:
        if not library.write(lambda transaction: forget_source(transaction, source)):
            raise click.ClickException(f"nothing is harvested under the name {source}")
    tell(f"{source} is forgotten.", {"source": source}, as_json)


@contextmanager
def _harvesting(settings: Settings, source: str) -> Iterator[tuple[Library, Harvester]]:
    sources = settings.configuration.standards["oai"].sources
    with opened(settings) as library, progress() as report:
        if source not in sources:
            raise click.ClickException(f"there is no [oai.sources.{source}] in tiro.toml")

        def taken(name: str, counts: Mapping[str, int]) -> None:
            report(name, "records", counts.get("told", 0))

        harvester = Harvester(library.database, library.circulation, sources, _clock, taken)
        harvester.register()
        yield library, harvester


def _clock() -> datetime:
    return datetime.now(UTC)
