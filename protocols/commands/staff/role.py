"""`tiro role`: what the roles of the staff may do."""

from __future__ import annotations

import click

from protocols.api.near import none_called
from protocols.commands.asking.answers import print_answer
from protocols.commands.asking.asked import asked, asks
from protocols.commands.shared.saying import as_json
from protocols.commands.shared.settings import Settings


@click.group()
def role() -> None:
    """Roles are named sets of rights: four are built in, library.toml has others ([roles])."""


@role.command("list")
@as_json
@click.pass_obj
@asks("list_roles")
def list_(settings: Settings, as_json: bool) -> None:
    """List all roles, by code."""
    with asked(settings) as asker:
        print_answer(asker.ask("list_roles"), as_json)


@role.command()
@click.argument("code", metavar="ROLE")
@as_json
@click.pass_obj
@asks("list_roles")
def show(settings: Settings, code: str, as_json: bool) -> None:
    """Show the rights of ROLE."""
    with asked(settings) as asker:
        known = {each["role"]: each for each in asker.ask("list_roles")["roles"]}
    if code not in known:
        raise click.ClickException(none_called("role", code, known))
    print_answer(known[code], as_json)
