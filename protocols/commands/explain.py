"""`tiro explain`: which rules decide on a loan."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import click

from circulation.engine import Circulation
from circulation.explaining import LoanExplained, explain_loan, scope_of
from circulation.policy import PolicyRow
from circulation.results import Branch, Refused
from protocols.command_line import Settings
from protocols.commands.databases import open_configured
from protocols.commands.tables import print_table
from protocols.commands.values import ISIL
from protocols.commands.wording import for_people


@click.command()
@click.argument("patron")
@click.argument("item")
@click.option("--at", "branch", type=ISIL, help="The branch that lends.  [default: the item's]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def explain(settings: Settings, patron: str, item: str, branch: str | None, as_json: bool) -> None:
    """Show what the rules say of PATRON borrowing ITEM, and which rule decides on each field."""
    database = open_configured(settings)
    circulation = Circulation()
    now = datetime.now(UTC)
    try:
        answer = database.read(
            lambda transaction: explain_loan(
                circulation, transaction, patron=patron, item=item, branch=branch, now=now
            )
        ).result()
    finally:
        database.close()
    if isinstance(answer, Refused):
        raise click.ClickException("; ".join(reason.value for reason in answer.reasons))
    if as_json:
        click.echo(json.dumps(_as_json(answer), ensure_ascii=False, indent=2))
    else:
        _show(answer)


def _show(answer: LoanExplained) -> None:
    click.echo(f"{answer.patron.name} ({' < '.join(answer.case.categories)})")
    click.echo(
        f"{answer.item.title} ({' < '.join(filter(None, answer.case.groups)) or 'no group'})"
    )
    click.echo(f"at {answer.branch.isil} {answer.branch.name}")
    rows = [
        (
            part.field,
            "" if part.value is None else json.dumps(part.value),
            _rule(part.row, answer.branch),
        )
        for part in answer.fields
    ]
    print_table(("field", "value", "decided by"), rows)
    for refusal in answer.refusals:
        click.echo(f"refused: {refusal.reason.value}")
    if not answer.refusals:
        click.echo(f"due {for_people(answer.due, ZoneInfo(answer.branch.timezone))}")


def _rule(row: PolicyRow | None, branch: Branch) -> str:
    if row is None:
        return "no rule"
    said = " ".join(f"{name} = {value}" for name, value in scope_of(row, branch).items())
    return f"rule {said}" if said else "rule for all"


def _local(answer: LoanExplained) -> str | None:
    if answer.due is None:
        return None
    return answer.due.astimezone(ZoneInfo(answer.branch.timezone)).isoformat(timespec="minutes")


def _as_json(answer: LoanExplained) -> dict[str, Any]:
    return {
        "patron": answer.patron.identifier,
        "categories": list(answer.case.categories),
        "item": answer.item.barcode,
        "groups": list(answer.case.groups),
        "branch": answer.branch.isil,
        "fields": {
            part.field: {
                "value": part.value,
                "rule": None if part.row is None else scope_of(part.row, answer.branch),
            }
            for part in answer.fields
        },
        "due": _local(answer),
        "refusals": [refusal.reason.name for refusal in answer.refusals],
    }
