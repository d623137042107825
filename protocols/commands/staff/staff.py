"""`tiro staff`: accounts of the staff, their roles and how they get in."""

from __future__ import annotations

from typing import Any

import click

from protocols.commands.asking.answers import print_answer
from protocols.commands.asking.asked import asked, asks
from protocols.commands.asking.asker import NULL
from protocols.commands.shared.asking import secret
from protocols.commands.shared.saying import as_json
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import ISIL

_USER = click.argument("user_name", metavar="USER")
_LIMIT = click.option(
    "--waiving-limit",
    type=click.IntRange(min=0),
    help="The most that they may waive at once, in minor units.",
)


@click.group()
def staff() -> None:
    """Accounts of the staff. USER is what they sign in as; capital letters do not matter.

    An account is never deleted, since events name it: who has left is disabled.
    """


@staff.command()
@_USER
@click.option("--name", required=True)
@click.option("--at", "branch", type=ISIL, required=True, help="The branch where they work.")
@click.option("--email", default="")
@click.option("--language", default="", help="Of their pages; without it, that of the house.")
@click.option(
    "--role", "roles", multiple=True, help="ROLE, ROLE@ISIL or ROLE@all; repeatable. `tiro role`."
)
@_LIMIT
@as_json
@click.pass_obj
@asks("add_staff")
def add(settings: Settings, /, user_name: str, as_json: bool, **fields: Any) -> None:
    """Make an account. Nobody signs in with it before `tiro staff password` gives it one."""
    with asked(settings) as asker:
        print_answer(asker.ask("add_staff", user=user_name, **fields), as_json)


@staff.command()
@_USER
@as_json
@click.pass_obj
@asks("show_account")
def show(settings: Settings, user_name: str, as_json: bool) -> None:
    """Show an account."""
    with asked(settings) as asker:
        print_answer(asker.ask("show_account", account=user_name), as_json)


@staff.command("list")
@as_json
@click.pass_obj
@asks("list_accounts")
def list_(settings: Settings, as_json: bool) -> None:
    """List all accounts, by user name; those that are disabled as well."""
    with asked(settings) as asker:
        print_answer(asker.ask("list_accounts"), as_json)


def _change(settings: Settings, user_name: str, as_json: bool, **changes: Any) -> None:
    with asked(settings) as asker:
        print_answer(asker.ask("change_staff", account=user_name, **changes), as_json)


@staff.command()
@_USER
@click.option("--name")
@click.option("--at", "branch", type=ISIL, help="The branch where they work.")
@click.option("--email")
@click.option("--language")
@_LIMIT
@click.option("--no-waiving-limit", is_flag=True)
@as_json
@click.pass_obj
@asks("change_staff")
def change(
    settings: Settings,
    /,
    user_name: str,
    waiving_limit: int | None,
    no_waiving_limit: bool,
    as_json: bool,
    **fields: Any,
) -> None:
    """Change what is written of an account; what is not named stays as it is."""
    limit = NULL if no_waiving_limit else waiving_limit
    _change(settings, user_name, as_json, waiving_limit=limit, **fields)


@staff.command()
@_USER
@click.argument("given", metavar="ROLE...", nargs=-1)
@as_json
@click.pass_obj
@asks("change_staff")
def roles(settings: Settings, user_name: str, given: tuple[str, ...], as_json: bool) -> None:
    """Give USER these roles in place of those they have: ROLE, ROLE@ISIL or ROLE@all."""
    _change(settings, user_name, as_json, roles=given)


@staff.command()
@_USER
@as_json
@click.pass_obj
@asks("change_staff")
def disable(settings: Settings, user_name: str, as_json: bool) -> None:
    """Nobody gets in by the account any more, and who is in is out."""
    _change(settings, user_name, as_json, disabled=True)


@staff.command()
@_USER
@as_json
@click.pass_obj
@asks("change_staff")
def enable(settings: Settings, user_name: str, as_json: bool) -> None:
    """Let the owner of an account in again."""
    _change(settings, user_name, as_json, disabled=False)


@staff.command()
@_USER
@as_json
@click.pass_obj
@asks("give_password", "show_account")
def password(settings: Settings, user_name: str, as_json: bool) -> None:
    """Set a password. It is asked for, or read from standard input, never an argument."""
    with asked(settings) as asker:
        asker.ask("show_account", account=user_name)  # so that nobody types for nothing
        asker.ask("give_password", account=user_name, password=secret("password"))
        print_answer(asker.ask("show_account", account=user_name), as_json)


@staff.command("second-factor")
@_USER
@click.option("--remove", is_flag=True, help="Of who has lost it, and the recovery codes.")
@as_json
@click.pass_obj
@asks("show_account", "remove_factor")
def second_factor(settings: Settings, user_name: str, remove: bool, as_json: bool) -> None:
    """Tell whether USER has a second factor. They set it up themselves when they are signed in."""
    with asked(settings) as asker:
        if remove:
            asker.ask("remove_factor", account=user_name)
        print_answer(asker.ask("show_account", account=user_name), as_json)


@staff.command()
@_USER
@click.option("--remove", metavar="ID", help="Take one away, of who has lost it.")
@as_json
@click.pass_obj
@asks("list_passkeys", "take_passkey_of")
def passkeys(settings: Settings, user_name: str, remove: str | None, as_json: bool) -> None:
    """List the passkeys of USER. They make them themselves when they are signed in."""
    with asked(settings) as asker:
        if remove is not None:
            asker.ask("take_passkey_of", account=user_name, passkey=remove)
        print_answer(asker.ask("list_passkeys", account=user_name), as_json)


@staff.command()
@_USER
@click.option("--end", metavar="ID", help="End one at once: it has to ask again.")
@as_json
@click.pass_obj
@asks("list_apps_of_account", "end_app_of_account")
def apps(settings: Settings, user_name: str, end: str | None, as_json: bool) -> None:
    """List the apps that USER has let work in their name."""
    with asked(settings) as asker:
        if end is not None:
            asker.ask("end_app_of_account", account=user_name, app=end)
        print_answer(asker.ask("list_apps_of_account", account=user_name), as_json)
