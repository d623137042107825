"""`tiro role`: what the roles of the staff may do."""

from __future__ import annotations

from typing import Any

import click

from protocols.api.near import none_called
from protocols.commands.asking.asker import Asker
from protocols.commands.asking.described import Noun

role = Noun(
    "role",
    help="Roles are named sets of rights: four are built in, library.toml has others ([roles]).",
)
role.ask("list", "list_roles", "List all roles, by code.")


@role.doing("show", "list_roles", click.argument("code", metavar="ROLE"))
def _show(asker: Asker, code: str) -> Any:
    """Show the rights of ROLE."""
    known = {each["role"]: each for each in asker.ask("list_roles")["roles"]}
    if code not in known:
        raise click.ClickException(none_called("role", code, known))
    return known[code]
