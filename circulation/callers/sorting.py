"""Into which bin a sorter drops an item: rules in the order in which they are written.

A scheme is a list of rules, and each terminal that sorts follows one scheme. The first rule whose
conditions all hold names the bin; a rule without conditions, at the end, is for what is left. Part
of the set-up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import delete, insert, select

from catalogue.database import Statement, Transaction, columns, many, send, send_many
from circulation.callers.schema import sort_rules
from circulation.callers.terminals import TERMINALS
from circulation.kernel.results import Branch, Destination, Item
from circulation.kernel.rules import Tree, lineage
from circulation.kernel.set_up import SetUp, SetUpPart


class SortRule(NamedTuple):
    """A rule; a condition that is None holds always.

    `destination` is the name of a `Destination`, `to_branch_id` where the item goes and
    `home_branch_id` where it belongs; `held` tells whether somebody waits for it. A material group
    holds for those below it too. A call number from `call_number_from` on, and up to
    `call_number_to` with all that begins like it: 61 to 61 is 61, 61.2 and 61.35.
    """

    scheme: str
    number: int
    bin: str
    destination: str | None = None
    to_branch_id: int | None = None
    material_group: str | None = None
    department: str | None = None
    location: str | None = None
    sublocation: str | None = None
    section: str | None = None
    call_number_from: str | None = None
    call_number_to: str | None = None
    held: bool | None = None
    home_branch_id: int | None = None


#: Destinations of items that somebody waits for.
_HELD = (Destination.HOLD_SHELF_HERE, Destination.TRANSIT_TO_PICKUP)
#: All that a rule can ask for.
_CONDITIONS = SortRule._fields[3:]
#: Conditions that are compared with the item's own fields as they are.
PLACES = ("department", "location", "sublocation", "section")


@many(SortRule)
def _all() -> Statement:
    return select(*columns(SortRule, sort_rules)).order_by(sort_rules.c.scheme, sort_rules.c.number)


@send
def forget_sort_rule(*, scheme: str, number: int) -> Statement:
    """Removes the rule. Call `set_up_changed` afterwards."""
    return delete(sort_rules).where(sort_rules.c.scheme == scheme, sort_rules.c.number == number)


@send_many
def _insert(rule: SortRule) -> Statement:
    return insert(sort_rules).values(rule._asdict())


def read_sorting(transaction: Transaction) -> dict[str, tuple[SortRule, ...]]:
    """The rules of each scheme in their order."""
    schemes: dict[str, list[SortRule]] = {}
    for rule in _all(transaction):
        schemes.setdefault(rule.scheme, []).append(rule)
    return {scheme: tuple(rules) for scheme, rules in schemes.items()}


def store_sort_rule(transaction: Transaction, rule: SortRule) -> None:
    """The rule, in place of that with its number. Call `set_up_changed` afterwards."""
    forget_sort_rule(transaction, scheme=rule.scheme, number=rule.number)
    _insert(transaction, [rule])


def hindrance(
    rule: SortRule, item: Item, destination: Destination, to_branch: Branch, groups: Tree
) -> str | None:
    """The name of the first condition of the rule that does not hold; None where all do."""
    if rule.destination not in (None, destination.name):
        return "destination"
    if rule.to_branch_id not in (None, to_branch.id):
        return "to"
    if rule.home_branch_id not in (None, item.home_branch.id):
        return "home"
    if rule.held not in (None, destination in _HELD):
        return "hold"
    if rule.material_group is not None and rule.material_group not in lineage(
        groups, item.material_group
    ):
        return "group"
    for place in PLACES:
        if getattr(rule, place) not in (None, getattr(item, place)):
            return place
    return _call_number_hindrance(rule, item.call_number.casefold())


def _call_number_hindrance(rule: SortRule, call_number: str) -> str | None:
    first, last = rule.call_number_from, rule.call_number_to
    if first is not None and call_number < first.casefold():
        return "call_number_from"
    if last is not None and call_number[: len(last)] > last.casefold():
        return "call_number_to"
    if last is not None and not call_number:
        return "call_number_to"
    return None


def sort(
    rules: Sequence[SortRule],
    item: Item,
    destination: Destination,
    to_branch: Branch,
    groups: Tree,
) -> SortRule | None:
    """The rule that decides; None where none holds, and the machine decides by itself."""
    for rule in rules:
        if hindrance(rule, item, destination, to_branch, groups) is None:
            return rule
    return None


def sort_refused(
    rules: Sequence[SortRule], item: Item | None, here: Branch, groups: Tree
) -> SortRule | None:
    """The rule for what is not taken back: staff are to see to it, as to what has nowhere to go.

    Nothing else that a rule could ask for is known of an unknown item.
    """
    problem = Destination.PROBLEM_BIN
    if item is not None:
        return sort(rules, item, problem, here, groups)
    for rule in rules:
        asks_for_more = any(
            getattr(rule, name) is not None for name in _CONDITIONS if name != "destination"
        )
        if not asks_for_more and rule.destination in (None, problem.name):
            return rule
    return None


SORTING = SetUpPart("sorting", read_sorting)


def sort_rules_at(set_up: SetUp, login: str, scheme: str | None = None) -> tuple[SortRule, ...]:
    """The rules by which the terminal sorts, those of `scheme` if it names one; none where it
    does not sort."""
    if scheme is None:
        terminal = TERMINALS.of(set_up).get(login)
        scheme = terminal.sorting if terminal is not None else None
    return () if scheme is None else SORTING.of(set_up).get(scheme, ())


def problem_bin_at(
    set_up: SetUp, login: str, branch_id: int, item: Item | None, scheme: str | None = None
) -> str | None:
    """The bin of a sorting terminal for what it does not take back; None where the machine decides
    by itself."""
    here = set_up.branches.get(branch_id)
    rules = sort_rules_at(set_up, login, scheme)
    rule = sort_refused(rules, item, here, set_up.groups) if here and rules else None
    return None if rule is None else rule.bin
