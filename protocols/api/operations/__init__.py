"""The table: the operations of each noun, joined."""

from __future__ import annotations

from typing import Final

from protocols.api.operation import Operation
from protocols.api.operations import (
    accession,
    booking_copies,
    bookings,
    care,
    desk,
    documents,
    events,
    groups,
    holds,
    inventories,
    items,
    lists,
    loans,
    money,
    notices,
    operating,
    own,
    patrons,
    placements,
    records,
    registering,
    reports,
    rules,
    scanning,
    searching,
    second_factor,
    sessions,
    slips,
    staff,
    stock,
    titles,
    workstations,
)

_NOUNS: Final = (
    records,
    groups,
    notices,
    operating,
    rules,
    staff,
    workstations,
    scanning,
    desk,
    slips,
    patrons,
    searching,
    registering,
    care,
    money,
    holds,
    titles,
    items,
    lists,
    bookings,
    booking_copies,
    placements,
    loans,
    inventories,
    stock,
    reports,
    accession,
    own,
    events,
    sessions,
    second_factor,
)
OPERATIONS: Final[tuple[Operation, ...]] = documents.described(
    tuple(operation for noun in _NOUNS for operation in noun.OPERATIONS)
)
