"""`tiro proxy differences`, `accept` and `readiness`: what shadow has shown."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from protocols.commands.proxy.shared import FILE, settings_of
from protocols.commands.shared.saying import as_json, say
from protocols.process.failures import Failure

if TYPE_CHECKING:
    from protocols.proxy.differences.patterns import Accepted
    from protocols.proxy.settings import ProxySettings


@click.command("differences")
@click.argument("where", required=False)
@click.option("--since", metavar="DAY", default="", help="From this day on (2026-12-01).")
@click.option(
    "--all", "is_all", is_flag=True, help="Those of wording alone, and accepted ones too."
)
@FILE
@as_json
def list_differences(
    where: str | None, since: str, is_all: bool, path: Path, as_json: bool
) -> None:
    """List how Tiro would have answered otherwise, as patterns, the worst first.

    WHERE is a terminal's login or a branch.
    """
    from protocols.proxy.differences.exchanges import judged_in
    from protocols.proxy.differences.patterns import FREE, grouped
    from protocols.proxy.differences.summary import pattern_facts
    from protocols.proxy.journal.reading import read_journal

    settings = settings_of(path)
    terminals = None if where is None else terminals_of(settings, where)
    accepted = _accepted(path)
    records = read_journal(settings.journal, since=since)
    groups = grouped(judged_in(records, settings.old.dialect, terminals))
    shown = [
        pattern_facts(each, accepted)
        for each in groups
        if is_all or (each.pattern.difference.kind not in FREE and each.pattern.id not in accepted)
    ]
    say(shown, as_json)


@click.command("accept")
@click.argument("pattern")
@click.option("--why", required=True, help="Why it is as it should be.")
@click.option("--who", default=getpass.getuser, help="Who says so.  [default: you]")
@FILE
@as_json
def accept_pattern(pattern: str, why: str, who: str, path: Path, as_json: bool) -> None:
    """Accept a pattern of differences, by the number that `tiro proxy differences` gives it.

    What was lent or is owed in one system alone can never be accepted: it is put right.
    """
    from protocols.proxy.differences.exchanges import judged_in
    from protocols.proxy.differences.patterns import NEVER, accept, grouped
    from protocols.proxy.differences.summary import pattern_facts
    from protocols.proxy.journal.reading import read_journal

    settings = settings_of(path)
    groups = grouped(judged_in(read_journal(settings.journal), settings.old.dialect))
    found = next((each for each in groups if each.pattern.id == pattern), None)
    if found is None:
        raise Failure(f"no pattern is called {pattern}", "`tiro proxy differences` lists them.")
    if found.pattern.difference.kind in NEVER:
        raise Failure(
            f"{pattern} is a difference in state",
            "Find what has changed one system alone, or deliver the data anew.",
        )
    if pattern not in _accepted(path):
        accept(
            settings_of(path).accepted,
            found.pattern,
            why=why,
            who=who,
            day=datetime.now(UTC).date(),
        )
    say(pattern_facts(found, _accepted(path)), as_json)


def _ask_readiness(
    context: click.Context, where: str, days: int, path: Path, as_json: bool
) -> None:
    from protocols.proxy.differences.readiness import Looking, readiness
    from protocols.proxy.journal.reading import read_journal

    settings = settings_of(path)
    terminals = terminals_of(settings, where)
    branches = {each.branch for each in settings.terminals if each.login in terminals}
    looking = Looking(terminals, settings.old.dialect, branches)
    found = readiness(read_journal(settings.journal), looking, _accepted(path), days=days)
    facts: dict[str, Any] = {
        "is_ready": found.is_ready,
        "against": [
            {
                "what": str(each),
                **({"example": each.example} if each.example else {}),
                "what_to_do": each.what_to_do,
            }
            for each in found.against
        ],
        "days": found.days,
        "judged": found.judged,
        "dialect": found.dialect,
        "unexplained": [each.pattern.id for each in found.unexplained],
        "differing": found.differing,
    }
    if as_json:
        say(facts, as_json)
    else:
        _show(where, facts)
    context.exit(0 if found.is_ready else 1)


def _show(where: str, facts: dict[str, Any]) -> None:
    """Print what speaks against a switch, and what to do about each."""
    click.echo(f"{where} is ready" if facts["is_ready"] else f"{where} is not ready:")
    for each in facts["against"]:
        click.echo(f"* {each['what']}")
        if "example" in each:
            click.echo(f"  for example: {each['example']}")
        click.echo(f"  what to do: {each['what_to_do']}")
    click.echo(f"{facts['judged']} exchanges were judged on {facts['days']} days")
    if facts["dialect"]:
        click.echo(f"the old system {', '.join(facts['dialect'])}: these are no differences")


_DAYS = click.option("--days", type=click.IntRange(1), default=14, show_default=True)


@click.command("readiness")
@click.argument("where")
@_DAYS
@FILE
@as_json
@click.pass_context
def show_readiness(
    context: click.Context, where: str, days: int, path: Path, as_json: bool
) -> None:
    """Say whether a terminal or a branch is ready to be switched to Tiro.

    Each thing that speaks against it is explained, with an example and what to do. Ends with 1
    where anything does.
    """
    _ask_readiness(context, where, days, path, as_json)


@click.command("gate", deprecated="It is called `tiro proxy readiness` now.")
@click.argument("where")
@_DAYS
@FILE
@as_json
@click.pass_context
def ask_gate(context: click.Context, where: str, days: int, path: Path, as_json: bool) -> None:
    """Say whether a terminal or a branch is ready to be switched to Tiro."""
    _ask_readiness(context, where, days, path, as_json)


def terminals_of(settings: ProxySettings, where: str) -> frozenset[str]:
    """The logins of the terminal, or of the branch, that is called so. Raises Failure."""
    found = frozenset(_named(settings, where))
    if not found:
        raise Failure(f"no terminal and no branch is called {where}", "proxy.toml lists them.")
    return found


def _named(settings: ProxySettings, where: str) -> Iterator[str]:
    for each in settings.terminals:
        if where in (each.login, each.branch):
            yield each.login


def _accepted(path: Path) -> dict[str, Accepted]:
    from protocols.proxy.differences.patterns import AcceptedUnreadable, read_accepted

    try:
        return read_accepted(settings_of(path).accepted)
    except AcceptedUnreadable as error:
        raise Failure(str(error), "Put the file right.") from error
