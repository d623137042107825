"""The flows as rows: reading, storing and forgetting them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, insert, select

from catalogue.database import Transaction, many, send
from circulation.dunning.schema import dunning_flows, dunning_steps
from circulation.dunning.steps import Does, Flow, Flows, Step, flow_problems
from circulation.kernel.scoped_rows import ScopedRows, check_rule
from circulation.kernel.set_up import SetUpPart


class _FlowRow(NamedTuple):
    """For whom a flow is."""

    id: int
    agency_id: int | None
    branch_id: int | None
    patron_category: str | None
    material_group: str | None


#: The columns that say for whom a flow is.
SCOPE = _FlowRow._fields[1:]
_FIELDS = tuple(Step.__dataclass_fields__)

_flows = ScopedRows(dunning_flows, _FlowRow, SCOPE)

_step_rows: Callable[..., list[Any]] = many(
    select(dunning_steps.c.flow_id, *(dunning_steps.c[name] for name in _FIELDS)).order_by(
        dunning_steps.c.flow_id, dunning_steps.c.number
    ),
    None,
)
_insert_step = send(
    insert(dunning_steps).values(
        {
            dunning_steps.c[name]: bindparam(f"new_{name}", type_=dunning_steps.c[name].type)
            for name in ("flow_id", "number", *_FIELDS)
        }
    ),
    "new_flow_id",
    "new_number",
    *(f"new_{name}" for name in _FIELDS),
)
_delete_steps = send(
    delete(dunning_steps).where(dunning_steps.c.flow_id == bindparam("of_flow")), "of_flow"
)


def read_flows(transaction: Transaction) -> list[Flow]:
    """All flows with their steps in order."""
    steps: dict[int, list[Step]] = defaultdict(list)
    for flow_id, code, does, *rest in _step_rows(transaction):
        steps[flow_id].append(Step(code, Does(does), *rest))
    return [Flow._make((*row, tuple(steps[row[0]]))) for row in _flows.read(transaction)]


DUNNING = SetUpPart("dunning", lambda transaction: Flows(read_flows(transaction)))


def store_flow(
    transaction: Transaction,
    steps: Sequence[Step],
    *,
    agency_id: int | None = None,
    branch_id: int | None = None,
    patron_category: str | None = None,
    material_group: str | None = None,
) -> int:
    """Stores the flow of one scope, in place of what that scope had; gives its id.

    Raises ValueError with all that is wrong with the steps together. Needs
    `circulation.kernel.set_up.set_up_changed` afterwards.
    """
    problems = {code: f"{code}: {text}" for code, text in flow_problems(steps).items()}
    check_rule(problems, agency_id, branch_id, "flow")
    scope = (agency_id, branch_id, patron_category, material_group)
    _forget(transaction, scope)
    flow_id = _flows.store(transaction, scope)
    for number, step in enumerate(steps, 1):
        values = [getattr(step, name) for name in _FIELDS]
        values[_FIELDS.index("does")] = step.does.value
        _insert_step(transaction, flow_id, number, *values)
    return flow_id


def forget_flow(
    transaction: Transaction,
    *,
    agency_id: int | None = None,
    branch_id: int | None = None,
    patron_category: str | None = None,
    material_group: str | None = None,
) -> None:
    """Removes the flow of one scope, where there is one; see `store_flow`."""
    _forget(transaction, (agency_id, branch_id, patron_category, material_group))


def _forget(transaction: Transaction, scope: tuple[Any, ...]) -> None:
    for flow in _flows.of(transaction, scope):
        _delete_steps(transaction, flow.id)
    _flows.forget(transaction, scope)
