"""Slips that are printed on the spot for the house: pickup notes, transit slips, labels, pick
lists, the form for the day on which nothing works; `circulation.notices.patron_slips` has those
of patrons.

They are templates like those of messages (``slip_pickup.txt``...), in the language of who reads
them: that of the house, or the patron's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from sqlalchemy import select

from catalogue.database import Statement, one
from catalogue.schema import items
from circulation.holds.closed_branches import reopens
from circulation.holds.part import WAITED_FOR
from circulation.holds.pick_list import pick_list
from circulation.holds.schema import captures, holds
from circulation.items.facts import ItemFacts, item_facts
from circulation.kernel.act import Act
from circulation.kernel.results import Branch
from circulation.languages.installed import default_language
from circulation.loans.facts import OPEN_LOAN
from circulation.notices.causes import Cause
from circulation.notices.contents import HoldTold, read_contents
from circulation.notices.rendering import Templates

#: As many items as a patron usually carries.
_LINES: Final = 10


class NothingToPrint(ValueError):
    """Such a slip would have nothing to say; the text says what is missing."""


class Slip(NamedTuple):
    """A slip in words, with a heading, and the template it was made with.

    `big` is what the hand looks for, the number on the shelf; `barcode` the item it is put into.
    """

    language: str
    heading: str
    text: str
    template: str
    big: str = ""
    barcode: str = ""


@one(tuple[int, int])
def _held(*, barcode: str) -> Statement:
    """The hold that an item on a shelf is kept for, and the branch of that shelf."""
    return (
        select(captures.c.hold_id, holds.c.pickup_branch_id)
        .select_from(captures.join(items).join(holds, holds.c.id == captures.c.hold_id))
        .where(
            items.c.barcode == barcode,
            captures.c.shelved.is_not(None),
            captures.c.released.is_(None),
        )
    )


def told(item: ItemFacts) -> dict[str, Any]:
    """The item as templates name its fields; those of its open loan begin with ``loan_``."""
    facts = item._asdict()
    del facts["present"], facts["parts"]
    loan = OPEN_LOAN.of(item)
    of_loan = {} if loan is None else loan._asdict()
    return facts | {f"loan_{name}": value for name, value in of_loan.items()}


def made(
    act: Act,
    templates: Templates,
    name: str,
    branch: Branch,
    language: str,
    facts: Mapping[str, Any],
) -> Slip:
    """The slip that the template ``slip_NAME`` makes of these facts, in the nearest language."""
    place = (branch.isil, branch.agency_isil)
    spoken = templates.language(language, f"slip_{name}", place=place)
    context = {
        "library": {"name": branch.name, "agency": branch.agency_name, "isil": branch.isil},
        "timezone": branch.timezone,
        "now": act.now,
        **facts,
    }

    def part(which: str) -> Any:
        return templates.render(f"slip_{name}", spoken, part=which, context=context, place=place)

    text = part("text")
    return Slip(spoken, part("subject").text, text.text, text.template)


def pickup_note(act: Act, templates: Templates, barcode: str) -> Slip:
    """What is put into an item on the hold shelf. It names nobody: the number is enough.

    Raises NothingToPrint where the item stands on no hold shelf.
    """
    transaction = act.transaction
    found = _held(transaction, barcode=barcode)
    if found is None:
        raise NothingToPrint(f"{barcode} stands on no hold shelf")
    hold_id, branch_id = found
    contents = read_contents(transaction, [Cause(holds=(hold_id,))])
    hold: HoldTold = contents.holds[0]
    set_up = act.circulation.current_set_up(transaction)
    item = item_facts(transaction, barcode=barcode)
    assert item is not None
    facts = {"hold": hold._asdict(), "item": told(item)}
    slip = made(act, templates, "pickup", set_up.branches[branch_id], default_language(), facts)
    return slip._replace(big=str(hold.number or ""), barcode=barcode)


def transit_slip(act: Act, templates: Templates, barcode: str) -> Slip:
    """What is put into an item that goes to another branch.

    Raises NothingToPrint where the item is not on its way.
    """
    transaction = act.transaction
    item = item_facts(transaction, barcode=barcode)
    if item is None or item.transit_to_id is None:
        raise NothingToPrint(f"{barcode} is not on its way to another branch")
    set_up = act.circulation.current_set_up(transaction)
    to = set_up.branches[item.transit_to_id]
    start = to if item.transit_from_id is None else set_up.branches[item.transit_from_id]
    waited_for = WAITED_FOR.of(item)
    is_held = waited_for is not None and waited_for.hold_id is not None
    facts = {
        "item": told(item),
        "to": {"name": to.name, "isil": to.isil},
        "is_held": is_held,
        "keep_until": reopens(set_up, to.id, act.now) if is_held else None,
    }
    slip = made(act, templates, "transit", start, default_language(), facts)
    return slip._replace(barcode=barcode)


def item_label(act: Act, templates: Templates, barcode: str) -> Slip:
    """The label of an item: where it stands, a line for each part of its call number, and its
    barcode. Raises NothingToPrint where there is no such item."""
    item = item_facts(act.transaction, barcode=barcode)
    if item is None:
        raise NothingToPrint(f"there is no item {barcode}")
    branch = act.circulation.current_set_up(act.transaction).branches[item.home_branch_id]
    lines = [*item.call_number.split(), "", item.title, branch.name]
    return Slip(default_language(), item.location, "\n".join(lines).strip(), "", barcode=barcode)


def pick_list_slip(act: Act, templates: Templates, branch_id: int) -> Slip:
    """What is to be fetched from the shelves of the branch. Raises NothingToPrint for nothing."""
    transaction, now = act.transaction, act.now
    lines = pick_list(transaction, branch_id=branch_id, now=now)
    if not lines:
        raise NothingToPrint("nothing is to be fetched")
    branch = act.circulation.current_set_up(transaction).branches[branch_id]
    facts = {"lines": [each._asdict() | {"to": each.pickup_branch.name} for each in lines]}
    return made(act, templates, "pick_list", branch, default_language(), facts)


def emergency_form(act: Act, templates: Templates, branch_id: int) -> Slip:
    """What staff write on while nothing works: a card, items, the time. `loan_days` is what the
    branch lends for where its rules say nothing else."""
    set_up = act.circulation.current_set_up(act.transaction)
    facts = {"loan_days": set_up.terms(branch_id, "", "").loan_days, "lines": _LINES}
    branch = set_up.branches[branch_id]
    return made(act, templates, "emergency", branch, default_language(), facts)
