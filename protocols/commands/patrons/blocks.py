"""`tiro patron block` and `unblock`: whose block it is, and lifting it."""

from __future__ import annotations

from datetime import date

import click

from circulation.kernel.reasons import BlockReason
from protocols.commands.asking.asked import asks
from protocols.commands.patrons.changes import of_patron
from protocols.commands.shared.saying import as_json
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import DAY, ISIL

_REASON = click.Choice([reason.value for reason in BlockReason])
_AT = click.option(
    "--at",
    "branch",
    type=ISIL,
    help="A branch of the agency whose block it is.  [default: the patron's home branch]",
)


@click.command()
@click.argument("identifier", metavar="PATRON")
@click.option("--reason", type=_REASON, default=BlockReason.OTHER.value, show_default=True)
@click.option("--message", default="", help="For staff to read.")
@_AT
@click.option("--everywhere", is_flag=True, help="It concerns all agencies, not one.")
@click.option("--ends", type=DAY, help="The day on which it is lifted.  [default: none]")
@as_json
@click.pass_obj
@asks("block")
def block(
    settings: Settings,
    identifier: str,
    reason: str,
    message: str,
    branch: str | None,
    everywhere: bool,
    ends: date | None,
    as_json: bool,
) -> None:
    """Stop a patron from borrowing at one agency, or everywhere.

    A stolen card, a death, and a registration that nobody has seen concern all agencies anyway.
    """
    wish = {"reason": reason, "message": message, "everywhere": everywhere, "ends": ends}
    of_patron(settings, identifier, "block", as_json, at=branch, **wish)


@click.command()
@click.argument("identifier", metavar="PATRON")
@click.option("--reason", type=_REASON, default=BlockReason.OTHER.value, show_default=True)
@_AT
@as_json
@click.pass_obj
@asks("unblock")
def unblock(
    settings: Settings, identifier: str, reason: str, branch: str | None, as_json: bool
) -> None:
    """Lift a block of one agency, and one that concerns all. It is no error if there was none."""
    name = BlockReason(reason).name
    of_patron(settings, identifier, "unblock", as_json, at=branch, reason=name)


#: For `tiro patron`.
COMMANDS: tuple[click.Command, ...] = (block, unblock)
