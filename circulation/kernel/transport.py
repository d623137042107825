"""Between branches: what sending an item costs, and where items float. Part of the set-up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, insert, select

from catalogue.database import Transaction, many, send
from circulation.kernel.schema import float_branches, transport_costs

#: The cost of sending an item between two branches of which nothing else is said.
ORDINARY_COST = 1

_all_costs: Callable[..., list[Any]] = many(
    select(
        transport_costs.c.from_branch_id, transport_costs.c.to_branch_id, transport_costs.c.cost
    ),
    None,
)
_forget_cost = send(
    delete(transport_costs).where(
        transport_costs.c.from_branch_id == bindparam("from_branch_id"),
        transport_costs.c.to_branch_id == bindparam("to_branch_id"),
    ),
    "from_branch_id",
    "to_branch_id",
)
_insert_cost = send(
    insert(transport_costs).values(
        from_branch_id=bindparam("new_from_branch_id"),
        to_branch_id=bindparam("new_to_branch_id"),
        cost=bindparam("new_cost", type_=transport_costs.c.cost.type),
    ),
    "new_from_branch_id",
    "new_to_branch_id",
    "new_cost",
)
_all_floats: Callable[..., list[Any]] = many(
    select(float_branches.c.float_group, float_branches.c.branch_id), None
)
_forget_float = send(
    delete(float_branches).where(float_branches.c.float_group == bindparam("float_group")),
    "float_group",
)
_insert_float = send(
    insert(float_branches).values(
        float_group=bindparam("new_float_group"), branch_id=bindparam("new_branch_id")
    ),
    "new_float_group",
    "new_branch_id",
)


class Transport(NamedTuple):
    """The cost matrix, as far as anybody has filled it in, and the branches of each float group."""

    costs: Mapping[tuple[int, int], int | None] = {}
    floats: frozenset[tuple[str, int]] = frozenset()

    def cost(self, from_branch_id: int, to_branch_id: int) -> int | None:
        """What it costs to send an item; None where it is never sent that way."""
        if from_branch_id == to_branch_id:
            return 0
        return self.costs.get((from_branch_id, to_branch_id), ORDINARY_COST)

    def floats_at(self, float_group: str, branch_id: int) -> bool:
        """Does an item of the group (empty for none) stay at the branch where it is handed in?"""
        return (float_group, branch_id) in self.floats


def read_transport(transaction: Transaction) -> Transport:
    """The matrix and the groups as stored."""
    return Transport(
        {(row[0], row[1]): row[2] for row in _all_costs(transaction)},
        frozenset((row[0], row[1]) for row in _all_floats(transaction)),
    )


def store_transport_cost(
    transaction: Transaction, from_branch_id: int, to_branch_id: int, cost: int | None
) -> None:
    """What it costs to send an item from one branch to another; None is never.

    Call `circulation.kernel.set_up.set_up_changed` afterwards. Raises ValueError for a negative
    cost.
    """
    if cost is not None and cost < 0:
        raise ValueError(f"a cost cannot be negative: {cost}")
    _forget_cost(transaction, from_branch_id, to_branch_id)
    _insert_cost(transaction, from_branch_id, to_branch_id, cost)


def forget_transport_cost(transaction: Transaction, from_branch_id: int, to_branch_id: int) -> None:
    """Sending items from one branch to the other costs as usual again; otherwise as above."""
    _forget_cost(transaction, from_branch_id, to_branch_id)


def store_float_group(
    transaction: Transaction, float_group: str, branch_ids: frozenset[int]
) -> None:
    """The branches between which items of the group float, in place of those it had.

    Call `circulation.kernel.set_up.set_up_changed` afterwards. Raises ValueError for an empty name.
    """
    if not float_group:
        raise ValueError("a float group needs a name")
    _forget_float(transaction, float_group)
    for branch_id in sorted(branch_ids):
        _insert_float(transaction, float_group, branch_id)
