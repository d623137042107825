"""`tiro staff`: accounts of the staff, their roles and how they get in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import click

from catalogue.database import Transaction
from circulation.kernel.act import Act
from circulation.staff.accounts import Account, account_named, all_accounts
from circulation.staff.administering import (
    AccountFields,
    StaffUnfit,
    add_account,
    change_account,
    disable_account,
    enable_account,
    set_password,
    take_passkey_away,
    take_second_factor,
)
from circulation.staff.held_roles import NoSuchPlace, held_roles
from circulation.staff.passkeys import passkeys_of
from circulation.staff.passwords import WeakPassword, hash_password
from circulation.staff.settings import staff_settings_of
from protocols.api.models.account import passkey_shown
from protocols.api.models.staff import account_shown
from protocols.commands.shared.asking import secret
from protocols.commands.shared.library import Library, as_json, opened, say
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.unknown import branch_named
from protocols.commands.shared.values import ISIL
from protocols.process.near import did_you_mean

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
def add(
    settings: Settings,
    /,
    user_name: str,
    branch: str,
    roles: tuple[str, ...],
    as_json: bool,
    **fields: Any,
) -> None:
    """Make an account. Nobody signs in with it before `tiro staff password` gives it one."""
    with opened(settings) as library:

        def work(act: Act) -> dict[str, Any]:
            at = branch_named(act.transaction, branch)
            held = held_roles(act.transaction, roles, at.agency_id)
            its = AccountFields(branch_id=at.id, **fields)
            made = add_account(act, library.principal, user_name, its, held)
            return asdict(account_shown(act.transaction, made))

        say(_done(library, work), as_json)


@staff.command()
@_USER
@as_json
@click.pass_obj
def show(settings: Settings, user_name: str, as_json: bool) -> None:
    """Show an account."""
    with opened(settings) as library:
        say(
            library.read(
                lambda transaction: asdict(
                    account_shown(transaction, _named(transaction, user_name))
                )
            ),
            as_json,
        )


@staff.command("list")
@as_json
@click.pass_obj
def list_(settings: Settings, as_json: bool) -> None:
    """List all accounts, by user name; those that are disabled as well."""
    with opened(settings) as library:
        say(
            library.read(
                lambda transaction: [
                    asdict(account_shown(transaction, each)) for each in all_accounts(transaction)
                ]
            ),
            as_json,
        )


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
def change(
    settings: Settings,
    /,
    user_name: str,
    branch: str | None,
    no_waiving_limit: bool,
    as_json: bool,
    **fields: Any,
) -> None:
    """Change what is written of an account; what is not named stays as it is."""
    said = {name: value for name, value in fields.items() if value is not None}
    if no_waiving_limit:
        said["waiving_limit"] = None

    def work(library: Library, act: Act, account: Account) -> None:
        its = {name: getattr(account, name) for name in AccountFields._fields} | said
        if branch is not None:
            its["branch_id"] = branch_named(act.transaction, branch).id
        change_account(act, library.principal, account, AccountFields(**its))

    _change(settings, user_name, work, as_json)


@staff.command()
@_USER
@click.argument("given", metavar="ROLE...", nargs=-1)
@as_json
@click.pass_obj
def roles(settings: Settings, user_name: str, given: tuple[str, ...], as_json: bool) -> None:
    """Give USER these roles in place of those they have: ROLE, ROLE@ISIL or ROLE@all."""

    def work(library: Library, act: Act, account: Account) -> None:
        held = held_roles(act.transaction, given, account.agency_id)
        its = AccountFields(**{name: getattr(account, name) for name in AccountFields._fields})
        change_account(act, library.principal, account, its, held)

    _change(settings, user_name, work, as_json)


@staff.command()
@_USER
@as_json
@click.pass_obj
def disable(settings: Settings, user_name: str, as_json: bool) -> None:
    """Nobody gets in by the account any more, and who is in is out."""
    _change(
        settings,
        user_name,
        lambda library, act, account: disable_account(act, library.principal, account),
        as_json,
    )


@staff.command()
@_USER
@as_json
@click.pass_obj
def enable(settings: Settings, user_name: str, as_json: bool) -> None:
    """Let the owner of an account in again."""
    _change(
        settings,
        user_name,
        lambda library, act, account: enable_account(act, library.principal, account),
        as_json,
    )


@staff.command()
@_USER
@as_json
@click.pass_obj
def password(settings: Settings, user_name: str, as_json: bool) -> None:
    """Set a password. It is asked for, or read from standard input, never an argument."""
    with opened(settings) as library:
        account = library.read(lambda transaction: _named(transaction, user_name))
        rules = staff_settings_of(
            library.read(library.circulation.current_set_up), account.agency_id
        )
        try:
            hashed = hash_password(
                secret("password"),
                minimum_length=rules.minimum_length,
                names=(account.user_name, account.name, account.email),
            )
        except WeakPassword as error:
            raise click.ClickException(str(error)) from error
        _done(library, lambda act: set_password(act, library.principal, account, hashed))
        say({"user": account.user_name, "has_password": True}, as_json)


@staff.command("second-factor")
@_USER
@click.option("--remove", is_flag=True, help="Of who has lost it, and the recovery codes.")
@as_json
@click.pass_obj
def second_factor(settings: Settings, user_name: str, remove: bool, as_json: bool) -> None:
    """Tell whether USER has a second factor. They set it up themselves when they are signed in."""

    def work(library: Library, act: Act, account: Account) -> None:
        if remove and not take_second_factor(act, library.principal, account):
            raise click.ClickException(f"{account.user_name} has no second factor")

    _change(settings, user_name, work, as_json)


@staff.command()
@_USER
@click.option("--remove", metavar="ID", help="Take one away, of who has lost it.")
@as_json
@click.pass_obj
def passkeys(settings: Settings, user_name: str, remove: str | None, as_json: bool) -> None:
    """List the passkeys of USER. They make them themselves when they are signed in."""
    with opened(settings) as library:

        def work(act: Act) -> list[dict[str, Any]]:
            account = _named(act.transaction, user_name)
            found = passkeys_of(act.transaction, staff_id=account.id)
            if remove is not None:
                lost = next((each for each in found if str(each.id) == remove), None)
                if lost is None:
                    raise click.ClickException(f"{account.user_name} has no passkey {remove}")
                take_passkey_away(act, library.principal, account, lost)
                found.remove(lost)
            return [asdict(passkey_shown(each)) for each in found]

        say(_done(library, work), as_json)


def _change(
    settings: Settings,
    user_name: str,
    change: Callable[[Library, Act, Account], object],
    json_wanted: bool,
) -> None:
    """Changes an account and shows it."""
    with opened(settings) as library:

        def work(act: Act) -> dict[str, Any]:
            change(library, act, _named(act.transaction, user_name))
            return asdict(account_shown(act.transaction, _named(act.transaction, user_name)))

        say(_done(library, work), json_wanted)


def _done(library: Library, work: Callable[[Act], Any]) -> Any:
    desk = library.principal.desk
    try:
        return library.write(lambda transaction: work(library.act(transaction, desk)))
    except NoSuchPlace as error:
        near = did_you_mean(error.place, error.known)
        raise click.UsageError(f"{error}.{near}") from error
    except StaffUnfit as error:
        raise click.ClickException(str(error)) from error


def _named(transaction: Transaction, user_name: str) -> Account:
    found = account_named(transaction, user_name)
    if found is None:
        known = [each.user_name for each in all_accounts(transaction)]
        near = did_you_mean(user_name, known)
        raise click.ClickException(f"there is no account {user_name}.{near}")
    return found
