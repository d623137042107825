"""All kinds, in the order in which they are moved: what is referred to comes first."""

from __future__ import annotations

from typing import Final, NamedTuple

from circulation.moving.kinds.debts import DEBTS
from circulation.moving.kinds.guardians import GUARDIANS
from circulation.moving.kinds.history import HISTORY
from circulation.moving.kinds.holds import HOLDS
from circulation.moving.kinds.items import ITEMS
from circulation.moving.kinds.loans import LOANS
from circulation.moving.kinds.members import MEMBERS
from circulation.moving.kinds.messages import MESSAGES
from circulation.moving.kinds.patrons import PATRONS
from circulation.moving.kinds.persons import PERSONS
from circulation.moving.kinds.uses import USES
from circulation.moving.rows import Kind

_ALL: Final = (
    *(PATRONS, MEMBERS, GUARDIANS, PERSONS),
    *(ITEMS, USES, LOANS, HOLDS, DEBTS, MESSAGES, HISTORY),
)
KINDS: Final[dict[str, Kind]] = {each.name: each for each in _ALL}
#: Kind -> its fields, as a plan may name them, and whether it must.
FIELDS: Final = {
    name: {each: each not in kind.defaults for each in kind.cells} for name, kind in KINDS.items()
}


class FieldTold(NamedTuple):
    """A field for whoever writes a plan."""

    kind: str
    field: str
    needed: bool
    holds: str


def fields_told() -> list[FieldTold]:
    """All fields of all kinds, in the order of the kinds."""
    return [
        FieldTold(kind.name, name, name not in kind.defaults, cell.told)
        for kind in KINDS.values()
        for name, cell in kind.cells.items()
    ]
