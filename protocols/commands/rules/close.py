"""`tiro close`: a branch closes in an emergency, and what falls due there is moved."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from typing import NamedTuple

import click

from circulation.calendars.due_dates import local_date
from circulation.closures.closing import Closure, close_branch, lift_closure, preview_closure
from circulation.fees.redating import ReckonedAgain
from circulation.fees.terms import FeeTerms
from circulation.kernel.results import Refused
from protocols.api.models.rules import closure_shown
from protocols.api.unknown import no_branch
from protocols.commands.shared.library import Library, opened
from protocols.commands.shared.saying import say_answer
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import DAY, ISIL
from protocols.commands.shared.wording import amount, day


@click.command()
@click.argument("branch", type=ISIL)
@click.argument("first", type=DAY)
@click.argument("last", type=DAY, required=False)
@click.option("--reason", default="", help="For staff and patrons to read.")
@click.option("--alternative", type=ISIL, help="The branch where holds are fetched meanwhile.")
@click.option("--check", "only_check", is_flag=True, help="Say what would move; change nothing.")
@click.option("--lift", is_flag=True, help="Withdraw a closure. Moved dates stay.")
@click.option("--yes", is_flag=True, help="Close without asking.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object; asks nothing.")
@click.pass_obj
def close(
    settings: Settings,
    branch: str,
    first: date,
    last: date | None,
    reason: str,
    alternative: str | None,
    only_check: bool,
    lift: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Close a branch from FIRST to LAST (the same day if left out), both included.

    Loans that fall due meanwhile, and items on its pickup shelf, get the next open day, and their
    patrons a message. Copies for holds wait where they are, or go to the --alternative.

    To shorten a closure, close the branch for the shorter period, then --lift the longer one.
    """
    if as_json and not (only_check or yes or lift):
        raise click.UsageError("--json asks nothing: give --check or --yes as well")
    period = _Period(branch, first, last or first)
    with opened(settings) as library:
        try:
            if lift:
                _lift(library, period, as_json)
                return
            closure = _preview(library, period)
            if not as_json:
                _show(closure)
            if not only_check:
                if not yes:
                    click.confirm("Close it?", abort=True, err=True)
                closure = _close(library, period, reason, alternative)
        except ValueError as error:
            raise click.ClickException(str(error)) from error
    if as_json:
        say_answer(closure_shown(closure, closed=not only_check))
    elif not only_check:
        click.echo(
            f"Closed. {len(closure.loans)} loans and {len(closure.pickups)} pickups were moved"
            + (f", {len(closure.fees)} late returns cost less." if closure.fees else ".")
        )


class _Period(NamedTuple):
    """What the verbs of closures are given to say which closure is meant."""

    branch: str
    first: date
    last: date


def _lift(library: Library, period: _Period, json_wanted: bool) -> None:
    was_closed = library.write(
        lambda transaction: lift_closure(library.act(transaction), **period._asdict())
    )
    if not was_closed:
        raise click.ClickException(f"{period.branch} has no closure on just these days")
    if json_wanted:
        click.echo(json.dumps({"lifted": True}))
        return
    click.echo(f"The closure of {period.branch} is withdrawn.")
    click.echo("Loans and holds keep their later dates; copies set aside for it can be sent now.")


def _preview(library: Library, period: _Period) -> Closure:
    closure = library.database.read(
        lambda transaction: preview_closure(transaction, **period._asdict()), wide=True
    ).result()
    if isinstance(closure, Refused):
        raise click.ClickException(
            library.read(lambda transaction: no_branch(transaction, period.branch))
        )
    return closure


def _close(library: Library, period: _Period, reason: str, alternative: str | None) -> Closure:
    closed = library.write(
        lambda transaction: close_branch(
            library.act(transaction), **period._asdict(), reason=reason, alternative=alternative
        )
    )
    assert isinstance(closed, Closure)
    return closed


def _show(closure: Closure) -> None:
    period = day(closure.first)
    if closure.last != closure.first:
        period += f" to {day(closure.last)}"
    click.echo(f"{closure.branch.isil} {closure.branch.name}: closed {period}")
    if closure.reopens is None:
        click.echo("Its calendar has no open day after that, so nothing is moved.")
        return
    zone = closure.branch.timezone
    for what, moved in (("loans due", closure.loans), ("pickups until", closure.pickups)):
        days = Counter(
            (local_date(each.before, zone), local_date(each.after, zone)) for each in moved
        )
        for (old, new), number in sorted(days.items()):
            click.echo(f"{number} {what} {day(old)} -> {day(new)}")
    for fee in closure.fees:
        before, after = (amount(each, _currency(fee)) for each in (fee.before, fee.after))
        click.echo(f"a late return of loan {fee.contribution.loan_id} costs {before} -> {after}")
    if not closure.loans and not closure.pickups and not closure.fees:
        click.echo("Nothing falls due there meanwhile.")


def _currency(fee: ReckonedAgain) -> str:
    return str(fee.contribution.facts["terms"].get("currency", FeeTerms().currency))
