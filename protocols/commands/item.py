"""`tiro item`: what an item is doing."""

from __future__ import annotations

from typing import Any

import click

from catalogue.statements import Transaction
from circulation.availability import circulation_status
from circulation.events import events_of_item
from circulation.results import CirculationStatus
from protocols.command_line import Settings
from protocols.commands.library import as_json, opened, say


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
            raise click.ClickException(f"no item has the barcode {barcode}")
        say(facts, as_json)


def _facts(status: CirculationStatus) -> dict[str, Any]:
    item = status.item
    return {
        "item": item.barcode,
        "title": item.title,
        "author": item.author,
        "record": item.record_id,
        "home": item.home_branch.isil,
        "placement": [part for part in (item.department, item.location, item.sublocation) if part],
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
    }
