"""`tiro statistics`: loans, renewals and returns by day, branch, material and who they were for."""

from __future__ import annotations

from datetime import date
from typing import Any

import click

from catalogue.database import Transaction
from circulation.kernel.set_up import all_branches
from circulation.loans.statistics import DIMENSIONS, Counted, loans_by
from protocols.commands.shared.library import as_json, opened, say
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import DAY

#: What is counted by, as it is called here.
_NAMES = {"branch": "branch_id"} | {name: name for name in DIMENSIONS if name != "branch_id"}


@click.command()
@click.option("--from", "first", type=DAY, required=True, help="The first day.")
@click.option("--until", "last", type=DAY, help="The last day.  [default: today]")
@click.option(
    "--by",
    "names",
    type=click.Choice(sorted(_NAMES)),
    multiple=True,
    default=("kind",),
    show_default=True,
    help="Repeat it for several.",
)
@as_json
@click.pass_obj
def statistics(
    settings: Settings, first: date, last: date | None, names: tuple[str, ...], as_json: bool
) -> None:
    """How much was lent, renewed and returned, on the days that `jobs run statistics` counted."""
    with opened(settings) as library:
        until = last or library.today()
        wanted = [_NAMES[name] for name in names]

        def work(transaction: Transaction) -> list[dict[str, Any]]:
            isils = {branch.id: branch.isil for branch in all_branches(transaction)}
            found = loans_by(transaction, wanted, first=first, last=until)
            return [_facts(each, names, isils) for each in found]

        say(library.read(work), as_json)


def _facts(counted: Counted, names: tuple[str, ...], isils: dict[int, str]) -> dict[str, Any]:
    figures: dict[str, Any] = counted._asdict()
    figures["branch"] = isils.get(counted.branch_id or 0)
    figures["kind"] = counted.kind and counted.kind.value
    return {**{name: figures[name] for name in _NAMES if name in names}, "number": counted.number}
