"""What a set-up says of how agencies are paid, and that whoever sends bills says it.

[agencies.ISIL.payment]   self_service, account, fik: see `circulation.fees.payment_ways`
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from catalogue.database import Transaction
from circulation.dunning.steps import Does
from circulation.fees.payment_ways import (
    PaymentWays,
    payment_problems,
    read_payment_ways,
    store_payment_ways,
)
from circulation.setting_up.difference import title
from circulation.setting_up.parts import Fields, Key, Noun, Parts
from circulation.setting_up.positions import Path
from circulation.setting_up.scopes import Add, Lines
from circulation.setting_up.source import Problem, Source

#: Steps whose messages ask for money.
_ASKS_FOR_MONEY = (Does.BILL.value, Does.REMIND.value)


def read_payment(source: Source, add: Add, isil: str, path: Path, value: object) -> None:
    """Adds how an agency is paid."""
    table = source.table(path, value)
    source.only(path, table, PaymentWays._fields)
    said = {name: each for name, each in table.items() if name in PaymentWays._fields}
    for name, text in payment_problems(said).items():
        source.problem((*path, name), text)
    if not table:
        source.problem(path, "says nothing")
    add(Noun.PAYMENT, (isil,), dict(said), path)


def check_payment(parts: Parts, line: Lines) -> list[Problem]:
    """Every flow whose bills or reminders would say no way to pay."""
    return [
        Problem(
            line(Noun.DUNNING, key, ""),
            f"{title(Noun.DUNNING, key)}: its bills would say no way to pay: "
            f"[agencies.{isil}.payment] is missing",
        )
        for key, isil in unpayable(parts)
    ]


def unpayable(parts: Parts) -> list[tuple[Key, str]]:
    """The flows that ask for money in the name of an agency that says no way to pay it."""
    if not parts.of[Noun.FEES]:
        return []  # nothing is charged
    found = []
    flows = parts.of[Noun.DUNNING]
    for key, steps in flows.items():
        if not any(each["does"] in _ASKS_FOR_MONEY for each in steps.values()):
            continue
        found += [
            (key, isil)
            for isil in _agencies_of(parts, key)
            if (isil,) not in parts.of[Noun.PAYMENT]
        ]
    return found


def _agencies_of(parts: Parts, key: Key) -> list[str]:
    """In whose name the flow of this scope may speak."""
    place = key[0]
    if (place,) in parts.of[Noun.AGENCY]:
        return [place]
    if (place,) in parts.of[Noun.BRANCH]:
        agency = parts.of[Noun.BRANCH][(place,)]["agency"]
        return [agency] if (agency,) in parts.of[Noun.AGENCY] else []
    if place:
        return []  # a problem of its own
    # A flow for all does not hold where an agency has one of its own.
    return [
        isil for (isil,) in parts.of[Noun.AGENCY] if (isil, *key[1:]) not in parts.of[Noun.DUNNING]
    ]


def add_stored_payment(
    transaction: Transaction, parts: Parts, agency_isil: Mapping[int, str]
) -> None:
    """Adds what is stored to the parts."""
    for agency_id, ways in read_payment_ways(transaction).items():
        said = {name: value for name, value in ways._asdict().items() if value}
        parts.add(Noun.PAYMENT, (agency_isil[agency_id],), said)


def payment_writers(
    transaction: Transaction, agencies: Callable[[], Mapping[str, int]]
) -> tuple[dict[Noun, Callable[[Key, Fields, bool], None]], dict[Noun, Callable[[Key], None]]]:
    """What stores and what removes how an agency is paid; `agencies` tells its id."""

    def write(key: Key, fields: Fields, is_new: bool) -> None:
        store_payment_ways(transaction, agencies()[key[0]], fields)

    return {Noun.PAYMENT: write}, {
        Noun.PAYMENT: lambda key: store_payment_ways(transaction, agencies()[key[0]], {})
    }
