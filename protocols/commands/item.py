"""`tiro item`: what an item is doing."""

from __future__ import annotations

from typing import Any

import click

from catalogue.statements import Transaction
from circulation.events import events_of_item
from circulation.items.availability import circulation_status
from circulation.items.placement import UnknownPlace, place_item
from circulation.organisation import find_branch
from circulation.results import CirculationStatus, Desk, Item, Refused, Stay
from protocols.command_line import Settings
from protocols.commands.library import DEVICE, as_json, opened, refusal_of, say
from protocols.commands.unknown import no_item
from protocols.commands.values import ISIL


@click.group()
def item() -> None:
    """Look up items."""


@item.command()
@click.argument("barcode")
@click.option("--events", "with_events", is_flag=True, help="What has happened to it as well.")
@as_json
@click.pass_obj
def show(settings: Settings, barcode: str, with_events: bool, as_json: bool) -> None:
    """Show an item and its state: where it is, and until when. Not who has it."""
    with opened(settings) as library:

        def work(transaction: Transaction) -> dict[str, Any] | None:
            status = circulation_status(
                library.circulation, transaction, item=barcode, now=library.now
            )
            if status is None:
                return None
            facts = _facts(status)
            if with_events:
                facts["events"] = [
                    {"at": event.at, "what": event.kind.value, "by": event.actor}
                    for event in events_of_item(transaction, status.item.id)
                ]
            return facts

        facts = library.read(work)
        if facts is None:
            raise click.ClickException(
                library.read(lambda transaction: no_item(transaction, barcode))
            )
        say(facts, as_json)


@item.command()
@click.argument("barcode")
@click.option("--at", "branch", type=ISIL, help="Another branch, where it belongs from now on.")
@click.option("--department", help="Its place within the branch; an empty word for none.")
@click.option("--location")
@click.option("--sublocation")
@click.option("--section")
@as_json
@click.pass_obj
def place(
    settings: Settings, /, barcode: str, branch: str | None, as_json: bool, **levels: str | None
) -> None:
    """Put an item into another place. What is not given stays; another branch begins with none."""
    given = {level: code for level, code in levels.items() if code is not None}
    with opened(settings) as library:

        def work(transaction: Transaction) -> Item | Refused:
            home = None if branch is None else find_branch(transaction, branch)
            desk = None
            if home is not None:
                desk = Desk(library.actor, DEVICE, home.agency_id, home.id)
            return place_item(
                library.circulation,
                transaction,
                desk=desk,
                item=barcode,
                now=library.now,
                branch=branch,
                **given,
            )

        try:
            placed = library.write(work)
        except UnknownPlace as error:
            raise click.ClickException(str(error)) from error
        if isinstance(placed, Refused):
            say(refusal_of(placed), as_json)
            raise click.exceptions.Exit(1)
        facts = {
            "item": placed.barcode,
            "title": placed.title,
            "home": placed.home_branch.isil,
            "placement": list(placed.placement),
        }
        say(facts, as_json)


def _stay(stay: Stay) -> dict[str, Any]:
    """Where the item is to be for a while; not whose booking it waits for."""
    return {
        "for": stay.kind.value,
        "name": stay.name,
        "branch": stay.branch.isil,
        "place": stay.place,
        "is_at": stay.seen_branch.isil,
        "until": stay.until,
        "is_lent": stay.loan_days != 0,
        "goes_home": stay.is_over,
    }


def _facts(status: CirculationStatus) -> dict[str, Any]:
    item = status.item
    return {
        "item": item.barcode,
        "title": item.title,
        "author": item.author,
        "record": item.record_id,
        "home": item.home_branch.isil,
        "placement": list(item.placement),
        "call_number": item.call_number,
        "material_group": item.material_group,
        "price": item.price,
        "currency": item.currency,
        "state": status.state.value,
        "lent": status.loan.checked_out if status.loan else None,
        "due": status.loan.due if status.loan else None,
        "renewals": status.loan.renewals if status.loan else None,
        "overdue": status.is_overdue,
        "to": status.to_branch.isil if status.to_branch else None,
        "since": status.since,
        "holds": status.open_holds,
        "stay": _stay(status.stay) if status.stay else None,
    }
