"""Between branches: what sending an item costs, and where items float. Part of the set-up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import delete, insert, select

from catalogue.database import Statement, Transaction, columns, many, send
from circulation.kernel.schema import float_branches, transport_costs

#: The cost of sending an item between two branches of which nothing else is said.
ORDINARY_COST = 1


class _Cost(NamedTuple):
    from_branch_id: int
    to_branch_id: int
    cost: int | None


@many(_Cost)
def _all_costs() -> Statement:
    return select(*columns(_Cost, transport_costs))


@send
def forget_transport_cost(*, from_branch_id: int, to_branch_id: int) -> Statement:
    """Sending items from one branch to the other costs as usual; see `store_transport_cost`."""
    return delete(transport_costs).where(
        transport_costs.c.from_branch_id == from_branch_id,
        transport_costs.c.to_branch_id == to_branch_id,
    )


@send
def _insert_cost(*, from_branch_id: int, to_branch_id: int, cost: int | None) -> Statement:
    return insert(transport_costs).values(locals())


class _FloatBranch(NamedTuple):
    float_group: str
    branch_id: int


@many(_FloatBranch)
def _all_floats() -> Statement:
    return select(*columns(_FloatBranch, float_branches))


@send
def _forget_float(*, float_group: str) -> Statement:
    return delete(float_branches).where(float_branches.c.float_group == float_group)


@send
def _insert_float(*, float_group: str, branch_id: int) -> Statement:
    return insert(float_branches).values(float_group=float_group, branch_id=branch_id)


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
        {(row.from_branch_id, row.to_branch_id): row.cost for row in _all_costs(transaction)},
        frozenset(_all_floats(transaction)),
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
    forget_transport_cost(transaction, from_branch_id=from_branch_id, to_branch_id=to_branch_id)
    _insert_cost(transaction, from_branch_id=from_branch_id, to_branch_id=to_branch_id, cost=cost)


def store_float_group(
    transaction: Transaction, float_group: str, branch_ids: frozenset[int]
) -> None:
    """The branches between which items of the group float, in place of those it had.

    Call `circulation.kernel.set_up.set_up_changed` afterwards. Raises ValueError for an empty name.
    """
    if not float_group:
        raise ValueError("a float group needs a name")
    _forget_float(transaction, float_group=float_group)
    for branch_id in sorted(branch_ids):
        _insert_float(transaction, float_group=float_group, branch_id=branch_id)
