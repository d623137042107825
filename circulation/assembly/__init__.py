"""All features together: the one module that knows them all, and joins them in their order.

Whoever opens the engine imports it: the server, the commands, the tests. What a feature brings is
loaded when its place is asked for it, or by `circulation.kernel.parts.load_all`.
"""

from __future__ import annotations

from importlib import import_module
from typing import Final

from circulation.kernel.parts import Join, join

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
    "closures",
    "interlending",
    "booking",
    "accession",
    "stock",
    "holdings",
    "harvesting",
    "digital_post",
    "notices",
    "dunning",
    "moving",
)
#: Where features are not asked in the order above. One that joins a place more than once is named
#: as often; one that is not there is passed over.
ORDERS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    # The databases join in this order: what is there most often comes first.
    ("items.facts:ITEM", ("loans", "holds", "booking", "interlending")),
    # Whether somebody waits is asked once it is known that the item is here, and not on its way
    # back to another library.
    ("items.features:ITEM_FEATURES", ("loans", "interlending", "holds", "booking")),
    # Refusals are told, due dates bounded and follow-ups written in this order. A booking lasts
    # through its last day whatever the owner says, so bookings come after partners; partners ask
    # which hold was fulfilled.
    ("loans.features:LENDING", ("holds", "interlending", "booking", "fees")),
    ("loans.features:RENEWING", ("interlending", "holds", "booking", "fees")),
    # Fees lock the patron, and holds the queue of the title after that.
    ("loans.undo:UNDOING", ("fees", "booking", "holds", "interlending")),
    ("holds.copies:COPY_COLUMNS", ("booking", "interlending")),
    # As people read the text of a set-up.
    (
        "sections.sections:SECTIONS",
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
            its = [each for each in waiting.get(name, ()) if each.place == place]
            if its:
                _join(name, its[0])
                waiting[name].remove(its[0])
    for name, its in waiting.items():
        for each in its:
            _join(name, each)


def _join(feature: str, brought: Join) -> None:
    join(brought.place, *(f"{feature}.{address}" for address in brought.members))


_assemble()
