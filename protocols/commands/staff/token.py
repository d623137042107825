"""`tiro token`: what bots and web sites show to use the API."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, date, datetime, time
from typing import Any

import click

from catalogue.database import Transaction
from circulation.kernel.rights import Right
from circulation.staff.administering import StaffUnfit
from circulation.staff.programs import (
    NewProgram,
    add_program,
    all_programs,
    program_named,
    revoke_program,
)
from protocols.api.models.staff import program_shown
from protocols.commands.shared.library import as_json, opened, say
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.unknown import branch_named
from protocols.commands.shared.values import DAY, ISIL
from protocols.process.near import did_you_mean

_RIGHTS = click.Choice([each.value for each in Right])


@click.group()
def token() -> None:
    """Programs: client id and secret (OAuth2 client credentials), or a bearer token."""


@token.command()
@click.argument("name")
@click.option("--at", "branch", type=ISIL, required=True, help="The branch whose work it does.")
@click.option("--right", "rights", type=_RIGHTS, multiple=True, help="What it may do; repeatable.")
@click.option("--all", "is_of_all", is_flag=True, help="At all agencies, not its branch's alone.")
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
def add(
    settings: Settings,
    /,
    name: str,
    branch: str,
    rights: tuple[str, ...],
    expires: date | None,
    bearer: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Let a program in. What it shows is printed this once."""
    with opened(settings) as library:

        def work(transaction: Transaction) -> dict[str, Any]:
            new = NewProgram(
                name,
                branch_named(transaction, branch).id,
                frozenset(Right(each) for each in rights),
                expires=None if expires is None else datetime.combine(expires, time.max, UTC),
                **options,
            )
            act = library.act(transaction, library.principal.desk)
            made = add_program(act, library.principal, new, with_bearer=bearer)
            return {"name": name.strip(), **made._asdict()}

        try:
            say(library.write(work), as_json)
        except StaffUnfit as error:
            raise click.ClickException(str(error)) from error


@token.command("list")
@as_json
@click.pass_obj
def list_(settings: Settings, as_json: bool) -> None:
    """List the programs by name; those that were revoked as well."""
    with opened(settings) as library:
        say([asdict(program_shown(each)) for each in library.read(all_programs)], as_json)


@token.command()
@click.argument("name")
@as_json
@click.pass_obj
def revoke(settings: Settings, name: str, as_json: bool) -> None:
    """Nothing is done for a program any more."""
    with opened(settings) as library:

        def work(transaction: Transaction) -> dict[str, Any]:
            found = program_named(transaction, name=name)
            if found is None:
                near = did_you_mean(name, [each.name for each in all_programs(transaction)])
                raise click.ClickException(f"there is no program {name}.{near}")
            revoke_program(library.act(transaction, library.principal.desk), found)
            return {"name": name, "revoked": True}

        say(library.write(work), as_json)
