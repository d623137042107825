"""`tiro digital-post`: is the way open, what became of messages, taking in receipts from files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from circulation.notices.outcomes import take_report
from protocols.commands.asking.described import Noun
from protocols.commands.shared.library import opened
from protocols.commands.shared.saying import as_json, say
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import flag
from protocols.digital_post.channel import DigitalPostDriver, identities_of
from protocols.digital_post.memo.checking import MemoInvalid, problems_of
from protocols.digital_post.memo.reading import read_memo
from protocols.digital_post.outcomes import PostFailure
from protocols.digital_post.receipts import ReceiptUnreadable, read_push, report_of
from protocols.digital_post.routes import open_route
from protocols.digital_post.settings import DigitalPostSettings, What

#: What is addressed by national number alone.
_BY_NUMBER = {What.DIGITAL_POST.value, What.NEMSMS.value, What.AUTOMATIC.value}


_FILES = click.argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)


digital_post = Noun(
    "digital-post", help="Digital Post, NemSMS and remote print: the way there and what came back."
)


def _channels(settings: Settings) -> dict[str, DigitalPostSettings]:
    """The channels of the configuration that Digital Post serves."""
    found = {
        name: each.options
        for name, each in settings.configuration.notices.channels.items()
        if isinstance(each.options, DigitalPostDriver.settings)
    }
    if not found:
        raise click.ClickException(
            'no channel has driver = "digital_post": see [notices.channels] in the configuration'
        )
    return found


@digital_post.command()
@as_json
@click.pass_obj
def check(settings: Settings, as_json: bool) -> None:
    """Show our certificate to the platform and send nothing; ends with 1 where we are refused."""
    said = []
    for name, each in _channels(settings).items():
        facts: dict[str, Any] = {
            "channel": name,
            "route": each.route,
            "environment": each.environment,
            "sends": "",
            "problem": "",
        }
        try:
            facts["sends"] = each.what(name).value
            open_route(each, settings.configuration.path.parent).greet()
        except (ValueError, PostFailure) as error:
            facts["problem"] = str(error)
        if settings.configuration.circulation.seal_key is None and facts["sends"] in _BY_NUMBER:
            facts["problem"] = facts["problem"] or "[circulation] seal_key is not set"
        said.append(facts)
    say(said, as_json)
    if any(facts["problem"] for facts in said):
        raise SystemExit(1)


def _some(notice: tuple[int, ...], unknown: bool, days: int) -> dict[str, Any]:
    if bool(notice) == unknown:
        raise click.UsageError("name messages with --message, or ask for --unknown")
    return {"notice": notice, "days": days}


digital_post.ask(
    "receipts",
    "list_receipts",
    """List receipts, as the platform worded them: of messages, or of unknown ones.

    `tiro notices --patron` lists them with each message of a patron.
    """,
    click.option("--message", "notice", type=int, multiple=True, help="Of this message."),
    flag("--unknown", about="Of messages that nobody here knows."),
    click.option("--days", type=click.IntRange(1), default=28, show_default=True),
    wish=_some,
)


@digital_post.command()
@_FILES
@as_json
def memo(files: tuple[Path, ...], as_json: bool) -> None:
    """Say what MeMo 1.1 or 1.2 does not allow in FILES; ends with 1 where anything is wrong.

    There is no official schema of 1.2.
    """
    said: list[dict[str, Any]] = []
    for file in files:
        try:
            message, version = read_memo(file.read_bytes())
            problems = problems_of(message, version)
            said.append({"file": file.name, "version": version.value, "problems": problems})
        except MemoInvalid as error:
            said.append({"file": file.name, "version": "", "problems": error.problems})
    say(said, as_json)
    if any(each["problems"] for each in said):
        raise SystemExit(1)


@digital_post.command()
@_FILES
@as_json
@click.pass_obj
def take(settings: Settings, files: tuple[Path, ...], as_json: bool) -> None:
    """Take in receipts from FILES that another program received (ModtagBeskedInput).

    One that was taken in before does no harm. Ends with 1 where a file holds none.
    """
    channels = _channels(settings)
    name, chosen = next(iter(channels.items()))
    identities = identities_of(chosen)
    said: list[dict[str, Any]] = []
    with opened(settings) as library:
        for file in files:
            try:
                receipt = read_push(file.read_bytes(), identities.message_id, library.now)
            except ReceiptUnreadable as error:
                said.append({"file": file.name, "problem": str(error)})
                continue
            report = report_of(receipt)
            is_known = library.write(
                lambda transaction, report=report: take_report(  # type: ignore[misc]
                    transaction, name, report, library.now
                )
            )
            said.append(
                {"file": file.name, "status": receipt.status, "known": is_known, "problem": ""}
            )
    say(said, as_json)
    if any(each["problem"] for each in said):
        raise SystemExit(1)
