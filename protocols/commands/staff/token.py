"""`tiro token`: what bots and web sites show to use the API."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

import click

from circulation.kernel.rights import Right
from protocols.commands.asking.answers import print_answer
from protocols.commands.asking.asked import asked, asks
from protocols.commands.shared.saying import as_json
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import DAY, ISIL

_RIGHTS = click.Choice([each.value for each in Right])


@click.group()
def token() -> None:
    """Programs: client id and secret (OAuth2 client credentials), or a bearer token."""


@token.command()
@click.argument("name")
@click.option("--at", "branch", type=ISIL, required=True, help="The branch whose work it does.")
@click.option("--right", "rights", type=_RIGHTS, multiple=True, help="What it may do; repeatable.")
@click.option(
    "--all", "all_agencies", is_flag=True, help="At all agencies, not its branch's alone."
)
@click.option("--expires", type=DAY, help="The last day on which it holds (UTC).")
@click.option("--requests-per-minute", type=click.IntRange(min=1), default=600, show_default=True)
@click.option(
    "--for",
    "acts_for",
    type=click.Choice(["staff", "patron"]),
    help="An app: works in the name of whoever agrees to it. Needs --redirect.",
)
@click.option(
    "--redirect", "redirect_uris", multiple=True, help="Where an app's browsers come back to."
)
@click.option("--bearer", is_flag=True, help="Print a bearer token, too; needs --expires.")
@as_json
@click.pass_obj
@asks("let_program_in")
def add(settings: Settings, /, name: str, expires: date | None, as_json: bool, **wish: Any) -> None:
    """Let a program in. What it shows is printed this once."""
    until = None if expires is None else datetime.combine(expires, time.max, UTC)
    with asked(settings) as asker:
        print_answer(asker.ask("let_program_in", program=name, expires=until, **wish), as_json)


@token.command("list")
@as_json
@click.pass_obj
@asks("list_programs")
def list_(settings: Settings, as_json: bool) -> None:
    """List the programs by name; those that were revoked as well."""
    with asked(settings) as asker:
        print_answer(asker.ask("list_programs"), as_json)


@token.command()
@click.argument("name")
@as_json
@click.pass_obj
@asks("revoke")
def revoke(settings: Settings, name: str, as_json: bool) -> None:
    """Nothing is done for a program any more."""
    with asked(settings) as asker:
        print_answer(asker.ask("revoke", program=name), as_json)
