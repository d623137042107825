"""`tiro sorter`: what a sorting machine does, and why."""

from __future__ import annotations

from typing import Any

import click

from circulation.callers.section import DESTINATIONS
from circulation.callers.sorting import SortRule, problem_bin_at
from circulation.explaining.sorting import RuleTried, SortingExplained, explain_sorting
from circulation.kernel.results import Desk, Refused
from circulation.loans.judging import tried
from protocols.commands.shared.library import Library, as_json, opened, refusal_of, say
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import ISIL
from protocols.hosting.answering import Context
from protocols.sip2.handling.holds import alert_type_of, hold_handling
from protocols.sip2.settings import Account, Sip2Settings
from protocols.sip2.terminals.accounts import Accounts
from protocols.sip2.terminals.shaping import known_alert

_WORDS = {name: word for word, name in DESTINATIONS.items()}


@click.group()
def sorter() -> None:
    """Sorting machines: which bin an item goes to."""


@sorter.command()
@click.argument("barcode")
@click.option("--terminal", required=True, metavar="LOGIN", help="The account of the machine.")
@click.option("--at", "branch", type=ISIL, help="Its branch.  [default: the account's]")
@as_json
@click.pass_obj
def explain(
    settings: Settings, barcode: str, terminal: str, branch: str | None, as_json: bool
) -> None:
    """Say into which bin the machine would drop the item BARCODE now, and by which rule.

    The item is handed in and that is taken back at once: nothing is changed.
    """
    sip2 = settings.configuration.standards["sip2"]
    with opened(settings) as library:
        account = _account(library, sip2, terminal)
        desk = library.desk(branch or account.branch, account.login)
        answer = tried(
            library.database,
            lambda transaction: explain_sorting(
                library.act(transaction, desk),
                item=barcode,
                holds=hold_handling(account),
                sorting=account.sorting,
            ),
        )
        isils = library.read(
            lambda transaction: {
                each.id: each.isil
                for each in library.circulation.current_set_up(transaction).branches.values()
            }
        )
        if isinstance(answer, Refused):
            say(
                {"bin": _problem_bin(library, desk, answer, account), **refusal_of(answer)}, as_json
            )
            raise SystemExit(1)
        returned = answer.returned
        alert = library.read(lambda transaction: alert_type_of(returned, transaction))
        alert = known_alert(alert, account.alert_types)
    say(_facts(answer, isils, alert), as_json)


def _problem_bin(library: Library, desk: Desk, refused: Refused, account: Account) -> str | None:
    return library.read(
        lambda transaction: problem_bin_at(
            library.circulation.current_set_up(transaction),
            desk.actor,
            desk.branch_id,
            refused.item,
            account.sorting,
        )
    )


def _account(library: Library, settings: Sip2Settings, login: str) -> Account:
    accounts = Accounts(settings)
    circulation, now = library.circulation, library.now
    library.read(lambda transaction: accounts.follow(Context(transaction, circulation, now, [])))
    account = accounts.by_login.get(login)
    if account is None:
        raise click.UsageError(f"there is no terminal with the login {login}")
    return account


def _facts(answer: SortingExplained, isils: dict[int, str], alert: str | None) -> dict[str, Any]:
    returned, rule = answer.returned, answer.decided
    return {
        "item": returned.item.barcode,
        "title": returned.item.title,
        "bin": returned.sort_bin,
        "destination": _WORDS[returned.destination.name],
        "to": returned.to_branch.isil,
        "held": returned.held_for is not None,
        "alert": alert,
        "scheme": answer.scheme,
        "rule": None if rule is None else _rule(rule, isils),
        "passed_over": [_passed_over(each) for each in answer.tried if each.hindrance],
    }


def _rule(rule: SortRule, isils: dict[int, str]) -> dict[str, Any]:
    said = {
        "destination": _WORDS[rule.destination] if rule.destination else None,
        "to": isils[rule.to_branch_id] if rule.to_branch_id else None,
        "home": isils[rule.home_branch_id] if rule.home_branch_id else None,
        "hold": None if rule.held is None else bool(rule.held),
        "group": rule.material_group,
        "department": rule.department,
        "location": rule.location,
        "sublocation": rule.sublocation,
        "section": rule.section,
        "call_number_from": rule.call_number_from,
        "call_number_to": rule.call_number_to,
    }
    return {"number": rule.number} | {
        name: value for name, value in said.items() if value is not None
    }


def _passed_over(tried: RuleTried) -> dict[str, Any]:
    return {"rule": tried.rule.number, "bin": tried.rule.bin, "not": tried.hindrance}
