"""`tiro charges collected`: what one agency has taken for another."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import click

from catalogue.database import Transaction
from circulation.kernel.set_up import DEFAULT_TIMEZONE, all_branches
from circulation.ledger.collected import collected_for_others
from circulation.ledger.money import amount_text
from protocols.commands.shared.library import as_json, opened, say
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import DAY


@click.command()
@click.option("--from", "first", type=DAY, required=True, help="The first day.")
@click.option("--until", "last", type=DAY, help="The last day.  [default: today]")
@as_json
@click.pass_obj
def collected(settings: Settings, first: date, last: date | None, as_json: bool) -> None:
    """What agencies have taken for each other by agreement, for them to settle.

    Less what was taken back. Days are those of the first branch by ISIL.
    """
    with opened(settings) as library:
        until = last or library.today()

        def work(transaction: Transaction) -> list[dict[str, Any]]:
            zones = [branch.timezone for branch in all_branches(transaction)]
            zone = ZoneInfo(zones[0] if zones else DEFAULT_TIMEZONE)
            found = collected_for_others(
                transaction,
                since=_midnight(first, zone),
                before=_midnight(until + timedelta(days=1), zone),
            )
            return [
                {
                    "taken_by": each.taken_by,
                    "owed_to": each.owed_to,
                    "amount": amount_text(each.amount, each.currency),
                }
                for each in found
            ]

        say(library.read(work), as_json)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(0), zone).astimezone(UTC)
