"""Storing what a set-up says of callers and of sorting, and reading it back in parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from catalogue.database import Transaction
from circulation.callers.partners import all_partners, forget_partner, store_partner
from circulation.callers.sorting import (
    PLACES,
    SortRule,
    forget_sort_rule,
    read_sorting,
    store_sort_rule,
)
from circulation.callers.terminals import (
    all_profiles,
    all_terminals,
    forget_profile,
    forget_terminal,
    store_profile,
    store_terminal,
)
from circulation.patrons.pin_settings import said_of_pins, store_pin_settings
from circulation.setting_up.callers import DESTINATIONS, OF_TERMINAL
from circulation.setting_up.parts import Fields, Key, Noun, Parts

_WORDS = {name: word for word, name in DESTINATIONS.items()}
#: Conditions of a sort rule that are the same in the text and in the table.
_SAME = (*PLACES, "call_number_from", "call_number_to")


def add_stored_callers(
    transaction: Transaction,
    parts: Parts,
    agency_isil: Mapping[int, str],
    branch_isil: Mapping[int, str],
) -> None:
    """Adds what is stored to the parts."""
    for agency_id, said in said_of_pins(transaction).items():
        parts.add(Noun.PINS, (agency_isil[agency_id],), said)
    for code, options in all_profiles(transaction).items():
        parts.add(Noun.PROFILE, (code,), options)
    for terminal in all_terminals(transaction):
        fields: Fields = {
            "branch": branch_isil[terminal.branch_id],
            "password": terminal.password,
            "profile": terminal.profile,
            "any_branch": terminal.any_branch,
            "sorting": terminal.sorting,
            **terminal.own,
        }
        parts.add(Noun.TERMINAL, (terminal.login,), fields)
    for partner in all_partners(transaction):
        fields = {
            "name": partner.name,
            "branch": branch_isil[partner.branch_id],
            "shared_secret": partner.shared_secret,
            **partner.options,
        }
        parts.add(Noun.PARTNER, (partner.agency,), fields)
    for rules in read_sorting(transaction).values():
        for rule in rules:
            key = (rule.scheme, f"{rule.number:03}")
            parts.add(Noun.SORT_RULE, key, _conditions(rule, branch_isil))


def _conditions(rule: SortRule, branch_isil: Mapping[int, str]) -> Fields:
    fields: Fields = {"bin": rule.bin}
    if rule.destination is not None:
        fields["destination"] = _WORDS[rule.destination]
    if rule.to_branch_id is not None:
        fields["to"] = branch_isil[rule.to_branch_id]
    if rule.home_branch_id is not None:
        fields["home"] = branch_isil[rule.home_branch_id]
    if rule.held is not None:
        fields["hold"] = bool(rule.held)
    if rule.material_group is not None:
        fields["group"] = rule.material_group
    said = {name: getattr(rule, name) for name in _SAME}
    return fields | {name: value for name, value in said.items() if value is not None}


Write = Callable[[Key, Fields, bool], None]
Remove = Callable[[Key], None]


def writers(
    transaction: Transaction,
    agencies: Callable[[], Mapping[str, int]],
    branches: Callable[[], Mapping[str, int]],
) -> tuple[dict[Noun, Write], dict[Noun, Remove]]:
    """How parts of each noun are stored and removed; `agencies` and `branches` tell the ids."""

    def pins(key: Key, fields: Fields, is_new: bool) -> None:
        store_pin_settings(transaction, agencies()[key[0]], fields)

    def profile(key: Key, fields: Fields, is_new: bool) -> None:
        store_profile(transaction, key[0], fields)

    def terminal(key: Key, fields: Fields, is_new: bool) -> None:
        said = {name: fields[name] for name in OF_TERMINAL if name != "branch"}
        own = {name: value for name, value in fields.items() if name not in OF_TERMINAL}
        branch_id = branches()[fields["branch"]]
        store_terminal(transaction, login=key[0], branch_id=branch_id, options=own, **said)

    def partner(key: Key, fields: Fields, is_new: bool) -> None:
        own = {"name", "branch", "shared_secret"}
        options: dict[str, Any] = {name: each for name, each in fields.items() if name not in own}
        store_partner(
            transaction,
            agency=key[0],
            name=fields["name"],
            branch_id=branches()[fields["branch"]],
            shared_secret=fields["shared_secret"],
            options=options,
        )

    def sort_rule(key: Key, fields: Fields, is_new: bool) -> None:
        to, home, word = fields.get("to"), fields.get("home"), fields.get("destination")
        rule = SortRule(
            key[0],
            int(key[1]),
            fields["bin"],
            destination=None if word is None else DESTINATIONS[word],
            to_branch_id=None if to is None else branches()[to],
            material_group=fields.get("group"),
            held=fields.get("hold"),
            home_branch_id=None if home is None else branches()[home],
            **{name: fields.get(name) for name in _SAME},
        )
        store_sort_rule(transaction, rule)

    return (
        {
            Noun.PINS: pins,
            Noun.PROFILE: profile,
            Noun.TERMINAL: terminal,
            Noun.PARTNER: partner,
            Noun.SORT_RULE: sort_rule,
        },
        {
            Noun.PINS: lambda key: store_pin_settings(transaction, agencies()[key[0]], {}),
            Noun.PROFILE: lambda key: forget_profile(transaction, key[0]),
            Noun.TERMINAL: lambda key: forget_terminal(transaction, key[0]),
            Noun.PARTNER: lambda key: forget_partner(transaction, key[0]),
            Noun.SORT_RULE: lambda key: forget_sort_rule(transaction, key[0], int(key[1])),
        },
    )
