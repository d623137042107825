"""The table: the operations of each noun, joined."""

from __future__ import annotations

from typing import Final

from protocols.api.operation import Operation
from protocols.api.operations import (
    care,
    desk,
    documents,
    events,
    groups,
    holds,
    items,
    lists,
    money,
    notices,
    operating,
    own,
    patrons,
    records,
    registering,
    rules,
    scanning,
    second_factor,
    sessions,
    slips,
    staff,
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
    registering,
    care,
    money,
    holds,
    titles,
    items,
    lists,
    own,
    events,
    sessions,
    second_factor,
)
OPERATIONS: Final[tuple[Operation, ...]] = documents.described(
    tuple(operation for noun in _NOUNS for operation in noun.OPERATIONS)
)
