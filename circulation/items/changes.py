"""What is written of an item: barcode, call number, material group, part, price, float group, and
why it is not lent.

Where it stands is changed by `circulation.items.places.place_item`, its title with its record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, NamedTuple

from sqlalchemy import update

from catalogue.database import Statement, Transaction, send
from catalogue.items import LONGEST_BARCODE, find_item, is_barcode
from catalogue.schema import items
from circulation.items.facts import item_facts, lock_item
from circulation.kernel.act import Act
from circulation.kernel.amounts import MAX_AMOUNT_MINOR_UNITS
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Item, Refusal, Refused
from circulation.kernel.set_up import SetUp
from circulation.kernel.trees import GROUPS


@send
def _change(
    *,
    item_id: int,
    barcode: str,
    call_number: str,
    material_group: str,
    part: str,
    price: int | None,
    currency: str | None,
    float_group: str,
    not_for_loan: str,
) -> Statement:
    given = locals()
    return update(items).where(items.c.id == given.pop("item_id")).values(given)


class Keep(Enum):
    """Stands for what stays as it is."""

    KEEP = "keep"


KEEP = Keep.KEEP


class ItemUnfit(ValueError):
    """An item cannot be as it was to be: all that is wrong, a sentence for each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


class ItemChange(NamedTuple):
    """What is written of an item from now on; `price` is in minor units of a currency.

    With a text in `not_for_loan` the item is not lent, and kept for no hold, until it is empty.
    """

    barcode: str | Keep = KEEP
    call_number: str | Keep = KEEP
    material_group: str | Keep = KEEP
    part: str | Keep = KEEP
    price: tuple[int, str] | Keep | None = KEEP
    float_group: str | Keep = KEEP
    not_for_loan: str | Keep = KEEP


def change_item(act: Act, item: str, change: ItemChange) -> Item | Refused:
    """Changes the item with this barcode; loans, holds and money stay with it.

    Refused with ITEM_UNKNOWN. Raises ItemUnfit. A loan that is open keeps the rules it was lent by
    until it is renewed.
    """
    transaction, circulation = act.transaction, act.circulation
    lock_item(transaction, barcode=item)
    facts = item_facts(transaction, barcode=item)
    if facts is None:
        return Refused((Refusal(Reason.ITEM_UNKNOWN),))
    set_up = circulation.set_up(transaction, facts.set_up_version)
    home = set_up.branches[facts.home_branch_id]
    known = facts.item(home)
    before: dict[str, Any] = {
        "barcode": known.barcode,
        "call_number": known.call_number,
        "material_group": known.material_group,
        "part": facts.part,
        "price": known.price,
        "currency": known.currency,
        "float_group": facts.float_group,
        "not_for_loan": facts.not_for_loan,
    }
    given = {name: value for name, value in change._asdict().items() if value is not KEEP}
    if "price" in given:
        given["price"], given["currency"] = given["price"] or (None, None)
    after = before | given
    changed = {name: value for name, value in after.items() if value != before[name]}
    if not changed:
        return known
    if problems := _problems(transaction, set_up, changed):
        raise ItemUnfit(problems)
    _change(transaction, item_id=facts.id, **after)
    append_event(
        act,
        NewEvent(
            EventKind.ITEM_CHANGED,
            item_id=facts.id,
            before={name: before[name] for name in changed},
            after=changed,
        ),
    )
    written = item_facts(transaction, barcode=after["barcode"])
    assert written is not None
    return written.item(home)


def _problems(transaction: Transaction, set_up: SetUp, changed: Mapping[str, Any]) -> list[str]:
    """What is wrong with the new values."""
    problems = []
    barcode = changed.get("barcode")
    if barcode is not None and not is_barcode(barcode):
        problems.append(f"this cannot be a barcode: {barcode[:LONGEST_BARCODE]!r}")
    elif barcode is not None and find_item(transaction, barcode) is not None:
        problems.append(f"another item has barcode {barcode!r}")
    if not 0 <= (changed.get("price") or 0) <= MAX_AMOUNT_MINOR_UNITS:
        most = MAX_AMOUNT_MINOR_UNITS
        problems.append(f"a price is not below nothing, and at most {most} minor units")
    group = changed.get("material_group")
    groups = {node.code for node in GROUPS.all(transaction)} if group else set()
    if groups and group not in groups:
        problems.append(f"there is no material group {group!r}")
    floats = changed.get("float_group")
    known = {name for name, _ in set_up.transport.floats}
    if floats and floats not in known:
        named = f"; there are {', '.join(sorted(known))}" if known else ""
        problems.append(f"there is no float group {floats!r}{named}")
    return problems
