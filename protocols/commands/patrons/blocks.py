"""`tiro patron block` and `unblock`: whose block it is, and lifting it."""

from __future__ import annotations

from collections.abc import Callable

import click

from circulation.accounts.status import patron_status
from circulation.kernel.reasons import BlockReason
from circulation.kernel.results import PatronStatus
from circulation.patrons.blocks import block_patron, unblock_patron
from protocols.commands.shared.library import Library, as_json, opened, say
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import ISIL

_REASON = click.Choice([reason.value for reason in BlockReason])


def _whose(command: Callable[..., None]) -> Callable[..., None]:
    """The options that say whose block it is."""
    at = click.option(
        "--at",
        "branch",
        type=ISIL,
        help="A branch of the agency whose block it is.  [default: the patron's home branch]",
    )
    everywhere = click.option(
        "--everywhere", is_flag=True, help="It concerns all agencies, not one."
    )
    return at(everywhere(command))


@click.command()
@click.argument("identifier", metavar="PATRON")
@click.option("--reason", type=_REASON, default=BlockReason.OTHER.value, show_default=True)
@click.option("--message", default="", help="For staff to read.")
@_whose
@as_json
@click.pass_obj
def block(
    settings: Settings,
    identifier: str,
    reason: str,
    message: str,
    branch: str | None,
    everywhere: bool,
    as_json: bool,
) -> None:
    """Stop a patron from borrowing at one agency, or everywhere.

    A stolen card, a death, and a registration that nobody has seen concern all agencies anyway.
    """
    with opened(settings) as library:
        patron_id = library.patron(identifier)
        desk = library.desk_for(patron_id) if branch is None else library.desk(branch)
        library.perform(
            desk,
            block_patron,
            patron_id,
            BlockReason(reason),
            message=message,
            everywhere=everywhere,
        )
        _say_blocks(library, identifier, as_json)


@click.command()
@click.argument("identifier", metavar="PATRON")
@click.option("--reason", type=_REASON, default=BlockReason.OTHER.value, show_default=True)
@_whose
@as_json
@click.pass_obj
def unblock(
    settings: Settings,
    identifier: str,
    reason: str,
    branch: str | None,
    everywhere: bool,
    as_json: bool,
) -> None:
    """Lift a block, of one agency or of all. It is no error where there was none."""
    with opened(settings) as library:
        patron_id = library.patron(identifier)
        desk = library.desk_for(patron_id) if branch is None else library.desk(branch)
        library.perform(desk, unblock_patron, patron_id, BlockReason(reason), everywhere=everywhere)
        _say_blocks(library, identifier, as_json)


def _say_blocks(library: Library, identifier: str, json_wanted: bool) -> None:
    status = library.read(
        lambda transaction: patron_status(library.act(transaction), patron=identifier)
    )
    assert isinstance(status, PatronStatus)
    blocks = [{"reason": each.reason.value, "agency": each.agency_isil} for each in status.blocks]
    say({"patron": library.card(status.patron.id), "blocks": blocks}, json_wanted)
    if not blocks and not json_wanted:
        click.echo("no blocks")


#: For `tiro patron`.
COMMANDS: tuple[click.Command, ...] = (block, unblock)
