"""`tiro proxy differences`, `accept` and `gate`: what shadow has shown, and whether to flip."""

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
    groups = grouped(judged_in(read_journal(settings.journal, since=since), terminals))
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
    groups = grouped(judged_in(read_journal(settings.journal)))
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


@click.command("gate")
@click.argument("where")
@click.option("--days", type=click.IntRange(1), default=14, show_default=True)
@FILE
@as_json
@click.pass_context
def ask_gate(context: click.Context, where: str, days: int, path: Path, as_json: bool) -> None:
    """Say whether a terminal or a branch may be flipped to Tiro, and what speaks against it.

    Ends with 1 where anything does.
    """
    from protocols.proxy.differences.gate import gate
    from protocols.proxy.journal.reading import read_journal

    settings = settings_of(path)
    terminals = terminals_of(settings, where)
    found = gate(read_journal(settings.journal), terminals, _accepted(path), days=days)
    facts: dict[str, Any] = {
        "may_be_flipped": found.is_open,
        "against": list(map(str, found.against)),
        "days": found.days,
        "judged": found.judged,
        "unexplained": [each.pattern.id for each in found.unexplained],
        "differing": found.differing,
    }
    say(facts, as_json)
    context.exit(0 if found.is_open else 1)


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
