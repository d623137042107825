"""`tiro role`: what the roles of the staff may do."""

from __future__ import annotations

from dataclasses import asdict

import click

from circulation.staff.roles import ROLES, Role
from protocols.api.models.staff import role_shown
from protocols.commands.shared.library import Library, as_json, opened, say
from protocols.commands.shared.settings import Settings
from protocols.process.near import did_you_mean


@click.group()
def role() -> None:
    """Roles are named sets of rights: four are built in, library.toml has others ([roles])."""


@role.command("list")
@as_json
@click.pass_obj
def list_(settings: Settings, as_json: bool) -> None:
    """List all roles, by code."""
    with opened(settings) as library:
        found = roles_of(library)
    say([asdict(role_shown(each)) for _, each in sorted(found.items())], as_json)


@role.command()
@click.argument("code", metavar="ROLE")
@as_json
@click.pass_obj
def show(settings: Settings, code: str, as_json: bool) -> None:
    """Show the rights of ROLE."""
    with opened(settings) as library:
        found = roles_of(library)
    if code not in found:
        raise click.ClickException(f"there is no role {code}.{did_you_mean(code, found)}")
    say(asdict(role_shown(found[code])), as_json)


def roles_of(library: Library) -> dict[str, Role]:
    """All roles, by code."""
    return ROLES.of(library.read(library.circulation.current_set_up)).by_code
