"""`tiro lookups`: who has looked at which patron, from where, and in what context."""

from __future__ import annotations

from typing import Any

import click

from catalogue.database import Transaction
from circulation.patrons.identifiers import shown_as
from circulation.staff.lookups import NEWEST, LookedUp, Seen, lookups_by, lookups_of_patron
from protocols.commands.shared.library import Library, as_json, opened, say
from protocols.commands.shared.settings import Settings


@click.command()
@click.option("--patron", metavar="PATRON", help="Who has looked at this patron.")
@click.option("--actor", metavar="NAME", help="Whom somebody has looked at: of the staff, a login.")
@click.option("--before", type=int, default=NEWEST, help="Go on before the line with this number.")
@as_json
@click.pass_obj
def lookups(
    settings: Settings, patron: str | None, actor: str | None, before: int, as_json: bool
) -> None:
    """Show the log of look-ups, the newest first. It notes that you looked."""
    if (patron is None) == (actor is None):
        raise click.UsageError("one of --patron and --actor says whose")
    with opened(settings) as library:
        if patron is not None:
            patron_id = library.patron(patron, Seen.LOOKUPS)
            found = library.read(
                lambda transaction: lookups_of_patron(
                    transaction, patron_id=patron_id, before=before
                )
            )
        else:
            assert actor is not None
            found = library.read(
                lambda transaction: lookups_by(transaction, actor=actor, before=before)
            )
        lines = library.read(
            lambda transaction: [_facts(library, transaction, each) for each in found]
        )
        if actor is not None:
            library.listed(lines)
    say(lines, as_json)


def _facts(library: Library, transaction: Transaction, line: LookedUp) -> dict[str, Any]:
    branches = library.circulation.current_set_up(transaction).branches
    branch = branches.get(line.branch_id or 0)
    return {
        "line": line.id,
        "at": line.at,
        "kind": line.actor_kind,
        "actor": line.actor,
        "device": line.device,
        "branch": None if branch is None else branch.isil,
        "patron": shown_as(transaction, line.patron_id) if line.patron_id is not None else None,
        "what": line.what,
        "context": line.context,
        "hits": line.hits,
        "searched": line.searched,
    }
