"""`tiro staff`: accounts of the staff, their roles and how they get in."""

from __future__ import annotations

from typing import Any

import click

from protocols.commands.asking.asker import NULL, Asker
from protocols.commands.asking.described import Noun
from protocols.commands.shared.asking import secret
from protocols.commands.shared.values import ISIL, flag

staff = Noun(
    "staff",
    help="""Accounts of the staff. USER is what they sign in as; capital letters do not matter.

    An account is never deleted, since events name it: who has left is disabled.
    """,
)
_USER = click.argument("account", metavar="USER")
_LIMIT = click.option(
    "--waiving-limit",
    type=click.IntRange(min=0),
    help="The most that they may waive at once, in minor units.",
)

staff.ask(
    "add",
    "add_staff",
    "Make an account. Nobody signs in with it before `tiro staff password` gives it one.",
    click.argument("user", metavar="USER"),
    click.option("--name", required=True),
    click.option("--at", "branch", type=ISIL, required=True, help="The branch where they work."),
    click.option("--email", default=""),
    click.option("--language", default="", help="Of their pages; without it, that of the house."),
    click.option(
        "--role",
        "roles",
        multiple=True,
        help="ROLE, ROLE@ISIL or ROLE@all; repeatable. `tiro role`.",
    ),
    _LIMIT,
    place="",
)
staff.ask("show", "show_account", "Show an account.", _USER)
staff.ask(
    "list", "list_accounts", "List all accounts, by user name; those that are disabled as well."
)


def _changed(waiving_limit: int | None, no_waiving_limit: bool, **wish: Any) -> dict[str, Any]:
    return wish | {"waiving_limit": NULL if no_waiving_limit else waiving_limit}


staff.ask(
    "change",
    "change_staff",
    "Change what is written of an account; what is not named stays as it is.",
    _USER,
    click.option("--name"),
    click.option("--at", "branch", type=ISIL, help="The branch where they work."),
    click.option("--email"),
    click.option("--language"),
    _LIMIT,
    flag("--no-waiving-limit"),
    wish=_changed,
    place="",
)
staff.ask(
    "roles",
    "change_staff",
    "Give USER these roles in place of those they have: ROLE, ROLE@ISIL or ROLE@all.",
    _USER,
    click.argument("roles", metavar="ROLE...", nargs=-1),
)
staff.ask(
    "disable",
    "change_staff",
    "Nobody gets in by the account any more, and who is in is out.",
    _USER,
    disabled=True,
)
staff.ask("enable", "change_staff", "Let the owner of an account in again.", _USER, disabled=False)


@staff.doing("password", "give_password show_account", _USER)
def _password(asker: Asker, account: str) -> Any:
    """Set a password. It is asked for, or read from standard input, never an argument."""
    asker.ask("show_account", account=account)  # so that nobody types for nothing
    asker.ask("give_password", account=account, password=secret("password"))
    return asker.ask("show_account", account=account)


@staff.doing(
    "second-factor",
    "show_account remove_factor",
    _USER,
    flag("--remove", about="Of who has lost it, and the recovery codes."),
)
def _second_factor(asker: Asker, account: str, remove: bool) -> Any:
    """Tell whether USER has a second factor. They set it up themselves when they are signed in."""
    if remove:
        asker.ask("remove_factor", account=account)
    return asker.ask("show_account", account=account)


@staff.doing(
    "passkeys",
    "list_passkeys take_passkey_of",
    _USER,
    click.option("--remove", metavar="ID", help="Take one away, of who has lost it."),
)
def _passkeys(asker: Asker, account: str, remove: str | None) -> Any:
    """List the passkeys of USER. They make them themselves when they are signed in."""
    if remove is not None:
        asker.ask("take_passkey_of", account=account, passkey=remove)
    return asker.ask("list_passkeys", account=account)


@staff.doing(
    "apps",
    "list_apps_of_account end_app_of_account",
    _USER,
    click.option("--end", metavar="ID", help="End one at once: it has to ask again."),
)
def _apps(asker: Asker, account: str, end: str | None) -> Any:
    """List the apps that USER has let work in their name."""
    if end is not None:
        asker.ask("end_app_of_account", account=account, app=end)
    return asker.ask("list_apps_of_account", account=account)
