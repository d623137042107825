"""All features together: the one module that knows them all, and joins them in their order.

Whoever opens the engine imports it: the server, the commands, the tests.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

from circulation.holds.copies import COPY_COLUMNS
from circulation.items.facts import ITEM
from circulation.items.features import ITEM_FEATURES
from circulation.kernel.parts import Join, Place
from circulation.loans.features import LENDING, RENEWING
from circulation.loans.undo import UNDOING
from circulation.sections.sections import SECTIONS

#: Each is a folder, whose ``feature.JOINS`` says what it joins.
FEATURES: Final = (
    "items",
    "patrons",
    "callers",
    "staff",
    "sections",
    "loans",
    "holds",
    "ledger",
    "fees",
    "interlending",
    "booking",
    "accession",
    "stock",
    "holdings",
    "harvesting",
    "notices",
    "dunning",
    "moving",
)
#: Where features are not asked in the order above. One that joins a place more than once is named
#: as often; one that is not there is passed over.
ORDERS: Final[tuple[tuple[Place[Any], tuple[str, ...]], ...]] = (
    # The databases join in this order: what is there most often comes first.
    (ITEM, ("loans", "holds", "booking", "interlending")),
    # Whether somebody waits is asked once it is known that the item is here, and not on its way
    # back to another library.
    (ITEM_FEATURES, ("loans", "interlending", "holds", "booking")),
    # Refusals are told, due dates bounded and follow-ups written in this order. A booking lasts
    # through its last day whatever the owner says, so bookings come after partners; partners ask
    # which hold was fulfilled.
    (LENDING, ("holds", "interlending", "booking", "fees")),
    (RENEWING, ("interlending", "holds", "booking", "fees")),
    # Fees lock the patron, and holds the queue of the title after that.
    (UNDOING, ("fees", "booking", "holds", "interlending")),
    (COPY_COLUMNS, ("booking", "interlending")),
    # As people read the text of a set-up.
    (
        SECTIONS,
        (
            *("sections", "loans", "items", "sections", "items", "sections", "fees", "notices"),
            *("dunning", "fees", "sections", "accession", "patrons", "callers", "interlending"),
            "staff",
        ),
    ),
)


def _assemble() -> None:
    waiting: dict[str, list[Join]] = {
        name: list(import_module(f"circulation.{name}.feature").JOINS) for name in FEATURES
    }
    for place, names in ORDERS:
        for name in names:
            its = [join for join in waiting.get(name, ()) if join.place is place]
            if its:
                place.add(*its[0].members)
                waiting[name] = [join for join in waiting[name] if join is not its[0]]
    for joins in waiting.values():
        for join in joins:
            join.place.add(*join.members)


_assemble()
