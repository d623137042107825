"""`tiro explain`: which rules decide on a loan."""

from __future__ import annotations

import json
from collections.abc import Sequence
from zoneinfo import ZoneInfo

import click

import circulation.assembly  # noqa: F401  the features join before anything is done
from circulation.explaining.loans import LoanExplained, explain_loan
from circulation.kernel.events import Event
from circulation.kernel.overriding import overriding_right
from circulation.kernel.results import Branch, Refused
from circulation.kernel.rules import Explained, Rule, scope_of
from circulation.ledger.money import amount_text
from protocols.api.models.rules import explanation_shown
from protocols.commands.shared.library import opened
from protocols.commands.shared.saying import as_json, say_answer
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.tables import print_table
from protocols.commands.shared.values import ISIL
from protocols.commands.shared.wording import for_people


@click.command()
@click.argument("patron")
@click.argument("item")
@click.option("--at", "branch", type=ISIL, help="The branch that lends.  [default: the item's]")
@as_json
@click.pass_obj
def explain(settings: Settings, patron: str, item: str, branch: str | None, as_json: bool) -> None:
    """Show what the rules say of PATRON borrowing ITEM, and which rule decides on each field."""
    with opened(settings) as library:
        library.patron(patron)
        answer = library.read(
            lambda transaction: explain_loan(
                library.act(transaction), patron=patron, item=item, branch=branch
            )
        )
    if isinstance(answer, Refused):
        raise click.ClickException("; ".join(reason.value for reason in answer.reasons))
    if as_json:
        say_answer(explanation_shown(answer))
    else:
        _show(answer)


def _show(answer: LoanExplained) -> None:
    click.echo(f"{answer.patron.name} ({' < '.join(answer.case.categories)})")
    click.echo(
        f"{answer.item.title} ({' < '.join(filter(None, answer.case.groups)) or 'no group'})"
    )
    click.echo(f"at {answer.branch.isil} {answer.branch.name}")
    _show_rules(answer.fields, answer.branch)
    if answer.owner_fields:
        click.echo()
        click.echo(f"owner {answer.owner.isil} {answer.owner.name}: {_owners_say(answer)}")
        _show_rules(answer.owner_fields, answer.owner, "owner's ")
    click.echo()
    for block in answer.blocks:
        whose = block.agency_isil or "all agencies"
        click.echo(f"blocked by {whose}: {block.reason.value}{_counts(block.agency_id, answer)}")
    for debt in answer.debts:
        amount = amount_text(debt.total, debt.currency)
        whose = answer.agencies[debt.agency_id]
        click.echo(f"owes {amount} to {whose}{_counts(debt.agency_id, answer)}")
    for refusal in answer.refusals:
        why = "" if refusal.block is None else f" ({refusal.block.value})"
        click.echo(f"refused: {refusal.reason.value}{why}")
        if (right := overriding_right(refusal.reason)) is not None:
            click.echo(f"  {refusal.reason.name} is passed over by whoever has {right.value}")
    for event in answer.overrides:
        at = for_people(event.at, ZoneInfo(answer.branch.timezone))
        done = f"passed over {', '.join(event.after.get('overridden', ()))}"
        if "number_in_queue" in event.after:
            before, after = (each["number_in_queue"] for each in (event.before, event.after))
            done = f"moved the hold from place {before} to {after}"
        click.echo(f"{event.kind.value} {at}: {event.actor} {done}: {_why(event)}")
    if not answer.refusals:
        click.echo(f"due {for_people(answer.due, ZoneInfo(answer.branch.timezone))}")


def _why(event: Event) -> str:
    return str(event.after.get("why") or "it had happened already")


def _show_rules(fields: Sequence[Explained], branch: Branch, whose: str = "") -> None:
    rows = [
        (
            whose + part.field,
            "" if part.value is None else json.dumps(part.value),
            _rule(part.rule, branch),
        )
        for part in fields
    ]
    print_table(("field", "value", "decided by"), rows)


def _owners_say(answer: LoanExplained) -> str:
    if answer.lends_freely:
        return "by agreement the branch that lends decides alone"
    if answer.keeps_to_itself:
        return "lent by others to its own patrons only, who this is not"
    return "where it is stricter, it decides"


def _counts(agency_id: int | None, answer: LoanExplained) -> str:
    """What a block or a debt of another agency means here."""
    is_counted = agency_id is None or agency_id in answer.counted
    return "" if is_counted else f", which does not count at {answer.branch.agency_isil}"


def _rule(rule: Rule | None, branch: Branch) -> str:
    if rule is None:
        return "no rule"
    said = " ".join(f"{name} = {value}" for name, value in scope_of(rule, branch).items())
    return f"rule {said}" if said else "rule for all"
