"""`tiro token`: what bots and web sites show to use the API."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

import click

from circulation.kernel.rights import Right
from protocols.commands.asking.described import Noun
from protocols.commands.shared.values import DAY, ISIL, flag

token = Noun(
    "token", help="Programs: client id and secret (OAuth2 client credentials), or a bearer token."
)
_NAME = click.argument("program", metavar="NAME")


def _expiring(expires: date | None, **wish: Any) -> dict[str, Any]:
    until = None if expires is None else datetime.combine(expires, time.max, UTC)
    return wish | {"expires": until}


token.ask(
    "add",
    "let_program_in",
    "Let a program in. What it shows is printed this once.",
    _NAME,
    click.option("--at", "branch", type=ISIL, required=True, help="The branch whose work it does."),
    click.option(
        "--right",
        "rights",
        type=click.Choice([each.value for each in Right]),
        multiple=True,
        help="What it may do; repeatable.",
    ),
    flag("--all", "all_agencies", about="At all agencies, not its branch's alone."),
    click.option("--expires", type=DAY, help="The last day on which it holds (UTC)."),
    click.option(
        "--requests-per-minute", type=click.IntRange(min=1), default=600, show_default=True
    ),
    click.option(
        "--for",
        "acts_for",
        type=click.Choice(["staff", "patron"]),
        help="An app: works in the name of whoever agrees to it. Needs --redirect.",
    ),
    click.option(
        "--redirect", "redirect_uris", multiple=True, help="Where an app's browsers come back to."
    ),
    flag("--bearer", about="Print a bearer token, too; needs --expires."),
    wish=_expiring,
    place="",
)
token.ask("list", "list_programs", "List the programs by name; those that were revoked as well.")
token.ask("revoke", "revoke", "Nothing is done for a program any more.", _NAME)
