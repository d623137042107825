"""`tiro proxy unequal`: in what the two systems differ, and what is to be done about it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import click

from protocols.commands.proxy.shared import AS_JSON, FILE, asked
from protocols.hosting.proxy_words import (
    ERRANDS,
    say_cause,
    say_errand,
    say_not_compared,
    say_remedy,
    say_side,
)

#: What a person may have to do, as `--errand` names it.
_ERRANDS: Final = {name.lower().replace("_", "-"): name for name in ERRANDS}
_MOST: Final = 1_000


@click.command("unequal")
@click.option("--branch", metavar="ISIL", help="Of this branch; empty: of no known branch.")
@click.option(
    "--errand", type=click.Choice([*_ERRANDS]), help="Where a person has to see to this alone."
)
@click.option("--find", metavar="BARCODE", default="", help="With this in the barcode or card.")
@FILE
@AS_JSON
def list_unequal(
    branch: str | None, errand: str | None, find: str, path: Path, as_json: bool
) -> None:
    """List the items and patrons in which the two systems differ, the most urgent first."""
    wish = {"branch": branch, "errand": errand and _ERRANDS[errand], "find": find}
    rows: list[dict[str, Any]] = []
    after = None
    while True:
        found = asked(path, ask="unequal", **wish, after=after, limit=_MOST)
        rows += found["rows"]
        after = found["next"]
        if after is None:
            break
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for row in rows:
        click.echo(
            f"{row['subject']} {row['name']} {row['branch']} since {row['since'][:16]}:"
            f" old system: {say_side(row['old'])}; Tiro: {say_side(row['new'])}\n"
            f"  {say_cause(row['cause'])}; Tiro {say_remedy(row['remedy'])};"
            f" {say_errand(row['errand'])}"
        )
    if not rows:
        click.echo("no difference is known")


def show_unequal(unequal: dict[str, Any]) -> None:
    """Print how many differences there are, and how far the comparison has come."""
    if not unequal["is_possible"]:
        click.echo("the systems are not compared: proxy.toml names no accounts for it")
        return
    branches = ", ".join(
        f"{branch or 'no branch'} {number}" for branch, number in unequal["branches"].items()
    )
    ended = f"; all was compared last at {unequal['ended']}" if unequal["ended"] else ""
    now = "; all is being compared now" if unequal["is_comparing"] else ended
    click.echo(f"unequal: {unequal['number']}{branches and f' ({branches})'}{now}")
    for each in unequal["not_compared"]:
        click.echo(f"  not compared: {say_not_compared(each)}")
    if unequal["number"]:
        click.echo("  `tiro proxy unequal` lists them, with what is to be done")
