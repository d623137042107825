"""The table: the operations of each noun, joined when they are asked for.

A command that asks one of them loads that noun alone (`protocols.api.addresses`).
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

from protocols.api.operation import Operation

#: The modules here, each with its ``OPERATIONS``.
_NOUNS: Final = (
    "records",
    "groups",
    "notices",
    "silence",
    "elsewhere",
    "operating",
    "copies",
    "proxy",
    "interlibrary",
    "interlibrary_answers",
    "interlibrary_cases",
    "rules",
    "staff",
    "workstations",
    "this_browser",
    "scanning",
    "desk",
    "stacks",
    "slips",
    "printing",
    "screen",
    "patrons",
    "searching",
    "registering",
    "care",
    "contacts",
    "personal_data",
    "money",
    "charges",
    "collection",
    "holds",
    "hold_sets",
    "titles",
    "library",
    "items",
    "item_changes",
    "hold_work",
    "lists",
    "bookings",
    "booking_copies",
    "placements",
    "loans",
    "inventories",
    "stock",
    "reports",
    "today",
    "accession",
    "deliveries",
    "own",
    "own_care",
    "family",
    "events",
    "sessions",
    "oauth",
    "account",
    "apps",
    "passkeys",
)
OPERATIONS: tuple[Operation, ...]


def __getattr__(name: str) -> Any:
    if name != "OPERATIONS":
        raise AttributeError(name)
    from protocols.api.operations.documents import described

    nouns = [import_module(f"{__name__}.{noun}") for noun in _NOUNS]
    table = described(tuple(operation for noun in nouns for operation in noun.OPERATIONS))
    globals()[name] = table
    return table
