"""What is written of an item: call number, material group, part, price, who may have it.

Where it stands is changed by `circulation.items.placement.place_item`, its title with its record.
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Any

from sqlalchemy import bindparam, update

from catalogue.schema import items
from catalogue.statements import Transaction, send
from circulation.engine import Circulation
from circulation.events import EventKind, write_event
from circulation.items.facts import item_facts, lock_item
from circulation.reasons import Reason
from circulation.results import Desk, Item, Refusal, Refused
from circulation.trees import GROUPS

_FIELDS = ("call_number", "material_group", "part", "price", "currency")
_change = send(
    update(items)
    .where(items.c.id == bindparam("of_item"))
    .values(
        {items.c[name]: bindparam(f"new_{name}", type_=items.c[name].type) for name in _FIELDS}
    ),
    "of_item",
    *(f"new_{name}" for name in _FIELDS),
)


class Keep(Enum):
    """Stands for what stays as it is."""

    KEEP = "keep"


KEEP = Keep.KEEP


class UnknownGroup(ValueError):
    """No material group has this code."""


def change_item(
    circulation: Circulation,
    transaction: Transaction,
    *,
    desk: Desk | None,
    item: str,
    now: datetime,
    call_number: str | Keep = KEEP,
    material_group: str | Keep = KEEP,
    part: str | Keep = KEEP,
    price: tuple[int, str] | Keep | None = KEEP,
) -> Item | Refused:
    """Changes what is given of the item with this barcode; `price` is in minor units of a currency.

    Refused with ITEM_UNKNOWN. Raises UnknownGroup, and ValueError for a price below nothing. A loan
    that is open keeps the rules it was lent by until it is renewed.
    """
    lock_item(transaction, item)
    facts = item_facts(transaction, item)
    if facts is None:
        return Refused((Refusal(Reason.ITEM_UNKNOWN),))
    set_up = circulation.set_up(transaction, facts.set_up_version)
    home = set_up.branches[facts.home_branch_id]
    known = facts.item(home)
    before: dict[str, Any] = {
        "call_number": known.call_number,
        "material_group": known.material_group,
        "part": facts.part,
        "price": known.price,
        "currency": known.currency,
    }
    given = {"call_number": call_number, "material_group": material_group, "part": part}
    after = before | {name: value for name, value in given.items() if value is not KEEP}
    if price is not KEEP:
        after["price"], after["currency"] = price or (None, None)
    if (after["price"] or 0) < 0:
        raise ValueError("a price is not below nothing")
    group = after["material_group"]
    if group and group != before["material_group"]:
        groups = {node.code for node in GROUPS.all(transaction)}
        if groups and group not in groups:
            raise UnknownGroup(f"there is no material group {group!r}")
    if after == before:
        return known
    _change(transaction, facts.id, *(after[name] for name in _FIELDS))
    write_event(
        transaction,
        EventKind.ITEM_CHANGED,
        desk,
        now,
        item_id=facts.id,
        before={name: value for name, value in before.items() if value != after[name]},
        after={name: value for name, value in after.items() if value != before[name]},
    )
    changed = item_facts(transaction, item)
    assert changed is not None
    return changed.item(home)
