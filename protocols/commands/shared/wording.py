"""How values are said: to programs in ISO 8601 and decimals, to people as they write them.

People read dates and times in the time of the branch that a fact is of (of most branches, where it
is of none), amounts with their currency, and both as the language of their terminal has it
(`LC_ALL`, `LC_TIME`, `LANG`), if it is one of `circulation.languages`: else in English. Programs
always read the same.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from enum import Enum
from typing import Any, Final
from zoneinfo import ZoneInfo

import click

from circulation.kernel.results import DEFAULT_TIMEZONE, Branch
from circulation.languages.formats import Formats
from circulation.languages.installed import language, nearest
from circulation.ledger.money import DEFAULT_CURRENCY, decimal_of, decimal_text

#: Facts that name the branch they are of by its ISIL; the first that is there counts.
_BRANCHES: Final = (
    *("branch", "at", "pickup", "home", "is_at", "to"),
    *("pickup_branch", "home_branch", "to_branch"),
)
_STORED_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d[:.\d]*(?:[+-]\d\d:\d\d|Z)")
_STORED_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
#: Where the root context of a call keeps the time zones of branches.
_ZONES: Final = "protocols.commands.shared.wording.zones"


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units of a currency (ISO 4217)."""

    units: int
    currency: str


def money(units: int | None, currency: str | None) -> Money | None:
    """An amount to be said; None where there is none."""
    return None if units is None or currency is None else Money(units, currency)


#: Names of facts that are amounts in minor units, where the facts are those of a rule or an act.
_AMOUNTS: Final = frozenset(
    {
        *("amount", "balance", "left", "owed_to_patron", "price", "step_fee", "threshold"),
        *("rate", "cap", "replacement", "handling", "loan_fee", "renewal_fee", "hold_fee"),
        *("paid", "written_off", "credit"),
        "block_threshold",
    }
)
#: Tariffs: pairs of days and amounts.
_TARIFFS: Final = frozenset({"tiers", "ceilings", "child_tiers", "child_ceilings"})


def with_money(facts: Mapping[str, Any], currency: str = DEFAULT_CURRENCY) -> dict[str, Any]:
    """Facts as they were stored, the amounts among them as `Money`, on all levels.

    A currency among the facts of a level goes before `currency`.
    """
    currency = str(facts.get("currency") or currency)

    def of(name: str, value: Any) -> Any:
        if isinstance(value, Mapping):
            return with_money(value, currency)
        if name in _AMOUNTS and isinstance(value, int) and not isinstance(value, bool):
            return Money(value, currency)
        if name in _TARIFFS and value:
            return [[days, Money(units, currency)] for days, units in value]
        if isinstance(value, list):
            return [of("", each) for each in value]
        return value

    return {name: of(name, value) for name, value in facts.items()}


def remember_zones(branches: Iterable[Branch]) -> None:
    """Has `for_people` say times as these branches have them, for the rest of this call."""
    context = click.get_current_context(silent=True)
    if context is not None:
        context.find_root().meta[_ZONES] = {each.isil: each.timezone for each in branches}


def plain(value: Any) -> Any:
    """A value as JSON has it: ISO 8601, amounts as decimals such as "50.25", enumerations by
    their names."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Money):
        return decimal_text(value.units, value.currency)
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, Mapping):
        return {plain(key): plain(each) for key, each in value.items()}
    if isinstance(value, frozenset | set):
        return sorted(plain(each) for each in value)
    if isinstance(value, tuple | list):
        return [plain(each) for each in value]
    return value


def for_people(value: Any, zone: tzinfo | None = None) -> Any:
    """The same facts, their times, dates and amounts in words."""
    zone = zone or _zone(None)
    if isinstance(value, str) and _STORED_MOMENT.fullmatch(value):
        return moment(datetime.fromisoformat(value), zone)
    if isinstance(value, str) and _STORED_DAY.fullmatch(value):
        return day(date.fromisoformat(value))
    if isinstance(value, datetime):
        return moment(value, zone)
    if isinstance(value, date):
        return day(value)
    if isinstance(value, Money):
        return amount(value.units, value.currency)
    if isinstance(value, Mapping):
        zones = [_zone(value[name]) for name in _BRANCHES if isinstance(value.get(name), str)]
        zone = next((each for each in zones if each is not None), zone)
        return {plain(key): for_people(each, zone) for key, each in value.items()}
    if isinstance(value, tuple | list):
        return [for_people(each, zone) for each in value]
    return plain(value)


def _zone(isil: str | None) -> tzinfo | None:
    """That of a branch, None for one that is not known; without one, that of most branches."""
    context = click.get_current_context(silent=True)
    zones: dict[str, str] = {} if context is None else context.find_root().meta.get(_ZONES, {})
    if isil is not None:
        return ZoneInfo(zones[isil]) if isil in zones else None
    most = Counter(zones.values()).most_common(1)
    return ZoneInfo(most[0][0] if most else DEFAULT_TIMEZONE)


def _formats() -> Formats:
    said = (os.environ.get(name) for name in ("LC_ALL", "LC_TIME", "LANG"))
    tag = next(filter(None, said), "").partition(".")[0].replace("_", "-")
    return language(nearest(tag) or "en").formats


def day(value: date) -> str:
    """``1.2.2027``, ``1 Feb 2027``."""
    return _formats().list_day(value)


def moment(value: datetime, zone: tzinfo | None = None) -> str:
    """``1.2.2027 16.30``, ``1 Feb 2027 16:30``; by default in the time of most branches."""
    local = value.astimezone(zone or _zone(None))
    return f"{day(local)} {_formats().clock(local)}"


def amount(units: int, currency: str) -> str:
    """``50,25 kr.``, ``50.25 DKK``."""
    return _formats().list_money(decimal_of(units, currency), currency)
